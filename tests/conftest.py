"""What many tests start from: few digits, an empty library, one small trained network."""

import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit import config
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner import script_runner

from core import mnist
from core.layers import OUTPUT, Dense
from core.recipe import Recipe
from core.runs import Ledger
from core.settings import settings
from tests.lab import lab

LONGEST = (
    "test_engine.py", "test_engine_server.py", "test_access.py", "test_train.py", "test_draw.py", "test_loop.py",
    "test_engine_trouble.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: where two run at a time, none of them shall be left for the end."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Streamlit's AppTest leaves another `__main__` behind, and trainers cannot be spawned from that one."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session", autouse=True)
def pages_without_housekeeping() -> Iterator[None]:
    """What Streamlit's AppTest does before and after every page, and which takes longer than most pages, is left out.

    It looks for components in all that is installed, clears Keras's session where a test has imported Keras, and goes
    through all that is in memory for garbage.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        patch.setattr(script_runner, "_clean_problem_modules", lambda: None)
        config.set_option("runner.postScriptGC", False)
        yield


@pytest.fixture(scope="session")
def few_digits() -> mnist.Digits:
    """The first 2,000 training and the first 500 test digits of MNIST."""
    every = mnist.digits()
    return mnist.Digits(every.x_train[:2000], every.y_train[:2000], every.x_test[:500], every.y_test[:500])


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger in a real file."""
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield ledger
    ledger.close()


@pytest.fixture
def state(tmp_path: Path) -> Iterator[None]:
    """A state folder of its own beside the shipped models."""
    with lab(tmp_path, models=settings().models):
        yield


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder that is the library during the test."""
    folder = tmp_path / "models"
    monkeypatch.setenv("DIGITLAB_MODELS", str(folder))
    settings.cache_clear()
    yield folder
    settings.cache_clear()


@pytest.fixture(scope="session")
def make_bundle(few_digits: mnist.Digits) -> Callable[..., dict[str, bytes]]:
    """Make a bundle of one small trained network, its card changed as asked."""
    from core.library import Card
    from core.training import export, loop

    recipe = Recipe(layers=(Dense(units=16), OUTPUT), epochs=1, training_images=2000)
    files = export.bundle(loop.train(recipe, few_digits, lambda event: None), few_digits, "small")

    def make(**changes: object) -> dict[str, bytes]:
        card = Card.model_validate_json(files["card.json"]).model_copy(update=changes)
        return {**files, "card.json": card.model_dump_json().encode()}

    return make
