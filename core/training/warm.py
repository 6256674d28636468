"""Loaded by every trainer process before it takes work: TensorFlow, the digits and a first compiled step."""

import multiprocessing
import os
import signal
import threading
import time
from contextlib import suppress

import tensorflow as tf

from core import mnist
from core.recipe import PRESETS, Recipe
from core.settings import settings
from core.training import loop
from core.training.ready import shelf

PAUSE = 1.0  # seconds before each recipe that is compiled ahead


def dask_setup(_worker: object) -> None:
    """Make the process polite to the pages' server, and train a moment so that the first visitor waits less."""
    if multiprocessing.parent_process() is not None:  # Ctrl+C reaches both; whoever started this process closes it
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(10)
    tf.config.threading.set_intra_op_parallelism_threads(max(1, (os.cpu_count() or 1) // settings().trainers))
    tf.get_logger().setLevel("ERROR")  # it warns of every new network's compiling
    with suppress(FileNotFoundError, ValueError):  # no digits: each run will say so
        loop.train(Recipe(training_images=1000, epochs=1), mnist.digits(), lambda event: None)
    if settings().ahead:
        threading.Thread(target=_compile_presets, name="compile-presets", daemon=True).start()


def _compile_presets() -> None:
    """While nobody trains, have every published recipe ready to begin at once."""
    for recipe in PRESETS.values():
        time.sleep(PAUSE)  # who waits for a run goes first
        with shelf.in_use:
            shelf.prepare(recipe)
