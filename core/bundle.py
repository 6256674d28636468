"""What a model's files are, what its card says of it, and whether the one fits the other."""

import hashlib
import os
from functools import lru_cache
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ValidationError

from core.recipe import Recipe

FILES = ("model.onnx", "model.keras", "recipe.json", "history.csv", "card.json")
MORE_FILES = ("model.tflite", "weights.safetensors", "test_probabilities.npy")  # missing in bundles of early versions
MOST_REMEMBERED = 16_384  # bundles whose checksums hold; with more than that, each look would read all of them anew


class DrawnScore(BaseModel, frozen=True):
    """How many pen drawings were read right, prepared by `ink.to_mnist`, and whose they are."""

    right: int
    count: int
    whose: str

    @property
    def accuracy(self) -> float:
        """Share in [0, 1]."""
        return self.right / self.count


class Card(BaseModel, frozen=True):
    """What was measured when a bundle was made."""

    title: str
    test_accuracy: float  # share of the 10,000 MNIST test digits, in [0, 1]
    test_loss: float
    temperature: float = 1.0  # divides the logits; fitted on the validation digits
    calibration_error: float | None = None  # expected, on the test digits, with that temperature; share in [0, 1]
    drawn: DrawnScore | None = None  # None: there was no file of pen strokes to score on
    trained_on: str = "MNIST's training digits"
    parameters: int
    epochs: int  # trained to their end; fewer than the recipe's if it was stopped
    remarks: tuple[str, ...] = ()  # sentences about what went otherwise than one may think
    as_asked: bool | None = None  # trained as the recipe says and to its end; None on cards of early versions
    training_images: int  # an epoch
    seconds: float  # training, without the final test
    seconds_to: dict[str, float] = {}  # until the validation accuracy was reached at an epoch's end: {"98%": 7.1}
    seed: int
    created: AwareDatetime
    versions: dict[str, str]
    sha256: dict[str, str]  # of every other file of the bundle

    @property
    def uploaded(self) -> bool:
        """Whether its weights were brought from elsewhere, and only measured here."""
        return not self.seconds

    @property
    def fingerprint(self) -> str:
        """Another one for a bundle that takes this one's place under its name; a new title changes nothing."""
        return sha256(self.model_dump_json(exclude={"title"}).encode())


class DamagedBundle(ValueError):
    """A bundle whose files are not the ones its card describes."""


def verified(folder: Path) -> tuple[Card, Recipe]:
    """A bundle's card and recipe.

    Raises:
        FileNotFoundError: If there is no such folder; `NotADirectoryError` if it is something else.
        DamagedBundle: If its files are not the ones its card describes.
    """
    try:
        with os.scandir(folder) as entries:
            stats = {entry.name: entry.stat() for entry in entries if entry.name in (*FILES, *MORE_FILES)}
        if missing := [file for file in FILES if file not in stats]:
            raise DamagedBundle(f"{missing[0]} is missing")
        checked = _check(folder, frozenset((file, stat.st_mtime_ns, stat.st_size) for file, stat in stats.items()))
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:  # not remembered: too many open files, say, is over in a moment
        raise DamagedBundle(f"its files cannot be read ({error.strerror})") from error
    if isinstance(checked, str):
        raise DamagedBundle(checked)
    return checked


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@lru_cache(maxsize=MOST_REMEMBERED)
def _check(folder: Path, _stamp: frozenset[tuple[str, int, int]]) -> tuple[Card, Recipe] | str:
    """Read a bundle's card and recipe, or say what is wrong; read again only when a file's stamp changes."""
    try:
        card = Card.model_validate_json((folder / "card.json").read_bytes())
        for file in {*FILES, *(card.sha256.keys() & set(MORE_FILES))} - {"card.json"}:
            if not (folder / file).exists():
                return f"{file} is missing"
            if sha256((folder / file).read_bytes()) != card.sha256.get(file):
                return f"{file} does not match its checksum"
        return card, Recipe.model_validate_json((folder / "recipe.json").read_bytes())
    except ValidationError as error:
        return f"its card or recipe cannot be read ({type(error).__name__})"
