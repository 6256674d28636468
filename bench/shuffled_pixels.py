"""Train a dense and a convolutional network on ordinary digits and on digits whose pixels have all changed places.

    python bench/shuffled_pixels.py [--epochs N] [--images N]

One permutation for all digits, training and test alike (`core.robustness.order_of_pixels`). The result goes to
data/shuffled_pixels.json, which the Models page shows.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import keras
import tensorflow as tf

from core import files, mnist
from core.recipe import PRESETS
from core.robustness import MEASURED, ShuffledPixels, Trained, order_of_pixels
from core.training import loop

NETWORKS = ("first-network", "simple-cnn")
SEED = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=3, metavar="N")
    parser.add_argument("--images", type=int, default=60_000, metavar="N", help="training images")
    options = parser.parse_args()
    ordinary = mnist.digits()
    both = {False: ordinary, True: shuffled(ordinary)}
    networks = []
    for preset in NETWORKS:
        for mixed, digits in both.items():
            recipe = PRESETS[preset].with_changes(
                epochs=options.epochs, training_images=options.images, validation_split=0.0, seed=SEED
            )
            network = loop.train(recipe, digits, lambda event: None)
            right = int((network.test_probabilities.argmax(1) == digits.y_test).sum())
            networks.append(Trained(preset=preset, shuffled=mixed, right=right, seconds=round(network.seconds, 1)))
            print(networks[-1], flush=True)
    measured = ShuffledPixels(
        command=f"python bench/shuffled_pixels.py --epochs {options.epochs} --images {options.images}",
        made=time.strftime("%Y-%m-%d"),
        epochs=options.epochs,
        training_images=options.images,
        test_images=len(ordinary.x_test),
        seed=SEED,
        versions={"keras": keras.__version__, "tensorflow": tf.__version__},
        networks=tuple(networks),
    )
    files.write(MEASURED, (measured.model_dump_json(indent=2) + "\n").encode())


def shuffled(digits: mnist.Digits) -> mnist.Digits:
    """The same digits, all pixels of each in another place."""
    places = order_of_pixels(1.0)
    x_train, x_test = (x.reshape(-1, 784)[:, places].reshape(-1, 28, 28) for x in (digits.x_train, digits.x_test))
    return mnist.Digits(x_train, digits.y_train, np.ascontiguousarray(x_test), digits.y_test)


if __name__ == "__main__":
    main()
