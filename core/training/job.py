"""What a trainer process does with one job: train or measure, tell, listen, end itself rather than fill the machine."""

import logging
import os
import tempfile
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import psutil
import tensorflow as tf
from distributed import Event, Queue, Variable, get_client, get_worker
from distributed.system import MEMORY_LIMIT
from numpy.typing import NDArray

from core import drawings, mnist
from core import weights as stored
from core.checkpoint import Checkpoint, from_bytes, to_bytes
from core.events import Control, Told
from core.jobs import CHECKPOINTS, TOPIC, Failed, Job, Message, Outcome, TrainerDied, pixels_from_text
from core.settings import settings
from core.training import export, loop
from core.training.fit import Diverged
from core.training.ready import shelf

LISTEN_EVERY = 0.1  # seconds
SIGN_EVERY = 1  # seconds
PARTING_SECONDS = 1  # for the last message of a trainer that ends itself
TRAINERS_SHARE = 0.75  # of the memory of this machine, or of this container, for all its trainers together


def _used() -> float:
    """GiB of memory that this process has."""
    return float(psutil.Process().memory_info().rss / 2**30)


# TensorFlow keeps about 10 MB of every network that it has ever compiled.
_AT_FIRST = _used()  # before this process has done any job


def run(job: Job) -> Outcome:
    """Do one job; called by Dask in the thread of a trainer's tasks.

    Raises:
        TrainerDied: If another trainer already worked on this attempt.
        Failed: Whatever ended the training.
    """
    begun = Event(f"{job.name}-begun")
    if begun.is_set():
        raise TrainerDied
    begun.set()
    line = _Line(job)
    try:
        with shelf.in_use:
            return replace(_train(job, line), spent=_filled(_used()) > 0.5)
    except Diverged as diverged:
        reason = str(diverged)
    except Exception as error:
        logging.getLogger(__name__).exception("Run %s failed", job.run_id)
        reason = _reason(error)
    finally:
        line.close()
    raise Failed(reason)  # out here, where it takes no other exception along


def _most_memory() -> float:
    """GiB that this process may have."""
    here = float(MEMORY_LIMIT / 2**30)
    return min(settings().trainer_memory, TRAINERS_SHARE * here / settings().trainers)


def _filled(used: float) -> float:
    """What share of the memory that jobs may take is taken, if this process has so many GiB."""
    return (used - _AT_FIRST) / max(_most_memory() - _AT_FIRST, 1e-9)


def _reason(error: Exception) -> str:
    match error:
        case export.Differs():
            return str(error)
        case OSError():
            return f"The trainer could not read or write a file: {error}"
        case MemoryError() | tf.errors.ResourceExhaustedError():
            return "It needed more memory than the trainer's machine has."
    return f"{type(error).__name__}: {error}"


def _train(job: Job, line: "_Line") -> Outcome:
    digits, drawn = mnist.digits(), drawings.recorded()
    try:
        if job.weights is not None:
            arrays = list(stored.from_bytes(job.weights, job.recipe).values())
            trained = loop.measure(job.recipe, arrays, digits, line.control)
        else:
            trained = loop.train(
                job.recipe,
                digits,
                line.report,
                line.control,
                drawings=drawn,
                ready=shelf.take(job.recipe),
                probe=None if job.probe is None else pixels_from_text(job.probe),
                weights=None if job.start is None else _weights(job.start),
                further=job.start_name is not None,
                resume=None if job.checkpoint is None else from_bytes(job.checkpoint),
                keep=line.keep,
            )
    except loop.Paused as paused:
        return Outcome(line.told, checkpoint=to_bytes(paused.checkpoint))
    except loop.Discarded:
        return Outcome(line.told)
    try:
        files = export.bundle(trained, digits, job.title, drawn, job.start_name, loop.heeding(line.control))
    except loop.Discarded:
        return Outcome(line.told)
    return Outcome(line.told, files, trained.stopped, test_accuracy=trained.test_accuracy, test_loss=trained.test_loss)


def _weights(model: bytes) -> list[NDArray[np.float32]]:
    """The weights in the `model.keras` of one of our own bundles."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.keras")
        file.write_bytes(model)
        weights: list[NDArray[np.float32]] = keras.models.load_model(file).get_weights()
        return weights


class _Line:
    """The line between a training and the engine: messages there, what people ask back, without making it wait."""

    def __init__(self, job: Job) -> None:
        self.told = 0
        self._job, self._worker = job, get_worker()
        client = get_client()
        self._asked, self._checkpoints = Variable(job.name, client=client), Queue(CHECKPOINTS, client=client)
        self._control = Control()
        self._sending: Future[None] | None = None
        self._sender = ThreadPoolExecutor(1)
        self._closed = threading.Event()
        self._said_at = time.monotonic()
        self._hear()
        for watch in (self._listen, self._watch_memory):
            threading.Thread(target=watch, daemon=True).start()

    def control(self) -> Control:
        """What people ask; asking is a sign of life, for work that has nothing to report."""
        if time.monotonic() - self._said_at > SIGN_EVERY:
            self._say()
        return self._control

    def report(self, event: Told) -> None:
        self.told += 1
        self._say(event=event.model_dump_json())

    def keep(self, checkpoint: Checkpoint) -> None:
        """Send a checkpoint in the background; one that comes while the last is still on its way is left out."""
        if self._sending is None or self._sending.done():
            self._sending = self._sender.submit(self._send, checkpoint)

    def close(self) -> None:
        self._closed.set()
        self._sender.shutdown(wait=True)

    def _send(self, checkpoint: Checkpoint) -> None:
        self._checkpoints.put((self._job.run_id, self._job.attempt, to_bytes(checkpoint)))
        self._say(checkpoint=True)

    def _say(self, **what: object) -> None:
        self._said_at = time.monotonic()
        message = Message.model_validate({"run_id": self._job.run_id, "attempt": self._job.attempt, **what})
        self._worker.log_event(TOPIC, message.model_dump(exclude_defaults=True))

    def _listen(self) -> None:
        while not self._closed.wait(LISTEN_EVERY):
            self._hear()

    def _watch_memory(self) -> None:
        most, before = _most_memory(), _filled(_used())
        while not self._closed.wait(LISTEN_EVERY):
            if _used() <= most:
                continue
            if before < 0.25:  # else it is repeated in a new process
                self._say(fatal=f"It needed more than the {most:.3g} GiB of memory a trainer may use")
                time.sleep(PARTING_SECONDS)
            os._exit(1)  # the training's own thread is deep in TensorFlow and hears nothing

    def _hear(self) -> None:
        with suppress(Exception):  # a busy or closing scheduler: what was asked before still holds
            self._control = Control.model_validate_json(self._asked.get(timeout=5))
