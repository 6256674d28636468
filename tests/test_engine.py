"""Runs on real trainer processes, on this machine and by way of a scheduler: control, and trouble of every kind."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import replace

import numpy as np
import psutil
import pytest

from core import library, mnist, packing, runs, uploads
from core.engine import Engine, _Running
from core.events import EpochEnd, Progress
from core.jobs import Outcome
from core.layers import OUTPUT, Conv, Dense, Flatten
from core.recipe import PRESETS, Recipe
from core.run import State
from core.runs import Ledger
from core.settings import ROOT, settings
from tests.lab import cluster, ended, lab, running, trainers, wait_for

QUICK = PRESETS["ten-lines"].with_changes(training_images=2000, epochs=2)
LONG = PRESETS["express-mlp"].with_changes(epochs=200)
PATIENCE = 20  # seconds; more than a trainer needs to begin, or to export, on a busy machine
MEMORY = 3  # GiB


@pytest.fixture(scope="module", params=["local", "remote"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A running engine; its trainers are its own, or two workers of a scheduler that share no folder with it."""
    folder = tmp_path_factory.mktemp("lab")
    limits = {"patience": PATIENCE, "trainer_memory": MEMORY}
    if request.param == "local":
        with lab(folder, **limits) as ledger, running(ledger) as engine:
            yield engine
    else:
        with (
            cluster(folder, workers=2, memory=MEMORY) as address,
            lab(folder, **limits, scheduler=address) as ledger,
            running(ledger) as engine,
        ):
            yield engine


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    return runs.ledger()


def images(ledger: Ledger, run_id: str) -> int:
    """How many images a run has told of."""
    told = ledger.events(run_id)
    return told[-1][1].images if told else 0


def epochs(ledger: Ledger, run_id: str) -> list[int]:
    return [event.epoch for _, event in ledger.events(run_id) if isinstance(event, EpochEnd)]


def its_trainer(engine: Engine, ledger: Ledger, run_id: str) -> int:
    """The process that works on a run: the one that listens at the address it was sent to."""
    wait_for(ledger, run_id, lambda run: run.state == State.RUNNING and run_id in engine._jobs)
    port = int(engine._jobs[run_id].trainer.rpartition(":")[2])
    return next(pid for pid in trainers() if port in [c.laddr.port for c in psutil.Process(pid).net_connections()])


@contextmanager
def patience(seconds: int) -> Iterator[None]:
    """The engine is less patient, for a while in which no trainer has to begin or to export."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITLAB_PATIENCE", str(seconds))
        settings.cache_clear()
        yield
    settings.cache_clear()


def test_run_becomes_a_model_that_can_be_loaded(ledger: Ledger) -> None:
    run_id = ledger.submit(QUICK, "own")
    run = wait_for(ledger, run_id, ended)
    assert run.state == State.DONE, run.reason
    assert run.model == f"own-{run_id}"
    assert run.model in library.names()
    model = library.load(run.model)
    assert model.recipe == QUICK
    assert model.card.test_accuracy == run.test_accuracy
    assert library.trained(QUICK) == run.model
    told = [event for _, event in ledger.events(run_id)]
    assert epochs(ledger, run_id) == [1, 2]
    assert sum(isinstance(event, Progress) for event in told) >= 2
    assert told[-1].images == 4000


def test_training_goes_on_from_another_model(ledger: Ledger) -> None:
    first = wait_for(ledger, ledger.submit(QUICK, "own"), ended)
    second = wait_for(ledger, ledger.submit(QUICK.with_changes(epochs=1), "own", start=first.model), ended)
    assert second.state == State.DONE, second.reason
    loss = [next(e.loss for _, e in ledger.events(run.id) if isinstance(e, EpochEnd)) for run in (first, second)]
    assert loss[1] < loss[0]
    assert second.model is not None
    assert library.card(second.model).remarks == (f"It began with the weights of {first.model}.",)


def test_downloaded_model_is_uploaded_and_predicts_the_same(ledger: Ledger) -> None:
    first = "ten-lines"
    shutil.copytree(ROOT / "trained_models" / first, settings().models / first)
    recipe, weights = packing.unpack(packing.pack(first))
    run = wait_for(ledger, uploads.submit(ledger, recipe, weights), ended)
    assert run.state == State.DONE, run.reason
    assert run.model == f"uploaded-{run.id}"
    assert ledger.events(run.id) == []
    wait_for(ledger, run.id, lambda run: not uploads.file(run.id).exists())  # swept right after the end
    old, new = library.load(first), library.load(run.model)
    images = mnist.digits().x_test[:500] / np.float32(255)
    np.testing.assert_allclose(new.predict(images), old.predict(images), atol=1e-5)
    assert new.card.test_accuracy == old.card.test_accuracy == run.test_accuracy
    assert (new.recipe, new.card.epochs) == (old.recipe, 0)
    assert new.card.trained_on == "unknown digits: it was uploaded, and only measured here"
    assert library.trained(recipe) == first
    more = ledger.submit(recipe.with_changes(epochs=1, training_images=2000), "own", start=run.model)
    assert wait_for(ledger, more, ended).state == State.DONE


def test_uploaded_model_is_measured_again_if_its_trainer_dies(engine: Engine, ledger: Ledger) -> None:
    recipe = PRESETS["reader"]
    arrays = library.weights.from_bytes(
        (ROOT / "trained_models" / "reader" / "weights.safetensors").read_bytes(), recipe
    )
    run_id = uploads.submit(ledger, recipe, arrays)
    os.kill(its_trainer(engine, ledger, run_id), signal.SIGKILL)
    wait_for(ledger, run_id, lambda run: run.attempt == 2)
    ledger.request_stop(run_id)
    run = wait_for(ledger, run_id, ended)
    assert (run.state, run.deaths, run.model) == (State.STOPPED, 1, None)
    wait_for(ledger, run_id, lambda run: not uploads.file(run_id).exists())


def test_upload_whose_weights_are_gone_fails_with_the_reason(ledger: Ledger) -> None:
    run = wait_for(ledger, ledger.submit(QUICK, "uploaded", upload="0123456789"), ended)
    assert run.state == State.FAILED
    assert run.reason == "The weights that were uploaded cannot be read: they are not here any more; upload them again."


def test_model_to_begin_with_that_is_gone_fails_with_the_reason(ledger: Ledger) -> None:
    run = wait_for(ledger, ledger.submit(QUICK, "own", start="gone"), ended)
    assert run.state == State.FAILED
    assert run.reason == "The model gone to begin with cannot be read: There is no model named 'gone'."


def test_stopped_run_keeps_no_model_unless_asked(ledger: Ledger) -> None:
    for keep in (False, True):
        run_id = ledger.submit(LONG, "own")
        wait_for(ledger, run_id, lambda run, run_id=run_id: images(ledger, run_id) > 0)
        for _ in range(2):
            ledger.request_stop(run_id, keep=keep)
        run = wait_for(ledger, run_id, ended)
        assert (run.state, run.model) == (State.STOPPED, f"own-{run_id}" if keep else None)
        if run.model:
            assert library.card(run.model).remarks[0].endswith("of 200 epochs before it ended.")
            assert library.load(run.model).card.test_accuracy == run.test_accuracy


def test_paused_run_frees_its_trainer_and_goes_on_where_it_was(ledger: Ledger) -> None:
    recipe = LONG.with_changes(epochs=6)
    run_id = ledger.submit(recipe, "own")
    wait_for(ledger, run_id, lambda run: len(epochs(ledger, run_id)) >= 2)
    ledger.request_pause(run_id)
    paused = wait_for(ledger, run_id, lambda run: run.state == State.PAUSED)
    stood = images(ledger, run_id)
    assert not paused.state.ended
    others = [ledger.submit(QUICK, "own") for _ in range(2)]
    assert [wait_for(ledger, other, ended).state for other in others] == [State.DONE] * 2
    assert images(ledger, run_id) == stood
    ledger.resume(run_id)
    run = wait_for(ledger, run_id, ended)
    assert (run.state, run.attempt, run.deaths) == (State.DONE, 2, 0)
    told = [event.images for _, event in ledger.events(run_id)]
    assert told == sorted(told)
    assert epochs(ledger, run_id) == [1, 2, 3, 4, 5, 6]


def test_learning_rate_changes_and_slow_motion_are_heard(ledger: Ledger) -> None:
    run_id = ledger.submit(LONG, "own")
    wait_for(ledger, run_id, lambda run: images(ledger, run_id) > 0)
    ledger.ask(run_id, slow=True, learning_rate=0.002)
    wait_for(ledger, run_id, lambda run: any(e.kind == "changed" for _, e in ledger.events(run_id)))
    before = images(ledger, run_id)
    wait_for(ledger, run_id, lambda run: images(ledger, run_id) > before)
    sizes = [event.images for _, event in ledger.events(run_id)][-2:]
    assert sizes[1] - sizes[0] == LONG.batch_size
    ledger.request_stop(run_id)
    wait_for(ledger, run_id, ended)


def test_run_that_diverges_fails_with_the_reason(ledger: Ledger) -> None:
    linear = Dense(units=64, activation="linear")
    wild = Recipe(layers=(linear, linear, linear, OUTPUT), optimizer="sgd", learning_rate=10)
    run = wait_for(ledger, ledger.submit(wild, "own"), ended)
    assert run.state == State.FAILED
    assert "stopped being a number" in (run.reason or "")


def test_run_that_needs_too_much_memory_fails_with_the_reason(ledger: Ledger) -> None:
    conv = Conv(filters=80, kernel=3, padding="same")
    greedy = Recipe(layers=(conv, conv, conv, Flatten(), OUTPUT), batch_size=4096, epochs=1)
    run = wait_for(ledger, ledger.submit(greedy, "own"), ended)
    assert run.state == State.FAILED
    assert run.reason == f"It needed more than the {MEMORY} GiB of memory a trainer may use"
    assert wait_for(ledger, ledger.submit(QUICK, "own"), ended).state == State.DONE


def test_trainer_whose_memory_is_half_full_gives_way_to_a_new_one(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = []
    brought = _Running.brought

    def spent(running: _Running, bringers: Executor) -> Outcome | Exception | None:
        outcome = brought(running, bringers)
        if not isinstance(outcome, Outcome):
            return outcome
        used.append(running.trainer)
        return replace(outcome, spent=True)

    monkeypatch.setattr(_Running, "brought", spent)
    for _ in range(3):
        run = wait_for(ledger, ledger.submit(QUICK, "own"), ended)
        assert (run.state, run.attempt) == (State.DONE, 1)
    assert len(set(used)) == 3


def test_killed_trainers_run_goes_on_from_its_last_epoch(engine: Engine, ledger: Ledger) -> None:
    recipe = PRESETS["simple-cnn"].with_changes(training_images=12_000, epochs=3)
    run_id = ledger.submit(recipe, "own")
    wait_for(ledger, run_id, lambda run: 1 in epochs(ledger, run_id) and images(ledger, run_id) > 10_800)
    time.sleep(0.5)  # the checkpoint is on its way
    os.kill(its_trainer(engine, ledger, run_id), signal.SIGKILL)
    run = wait_for(ledger, run_id, lambda run: run.attempt == 2)
    assert (run.reason, run.deaths) == ("The trainer process died", 1)
    assert epochs(ledger, run_id)[0] == 1
    assert images(ledger, run_id) >= 10_800
    run = wait_for(ledger, run_id, ended)
    assert (run.state, run.attempt) == (State.DONE, 2)
    assert epochs(ledger, run_id) == [1, 2, 3]


def test_run_whose_trainer_dies_three_times_has_failed(engine: Engine, ledger: Ledger) -> None:
    run_id = ledger.submit(LONG, "own")
    for attempt in (1, 2, 3):
        wait_for(ledger, run_id, lambda run, attempt=attempt: run.attempt == attempt)
        heard = images(ledger, run_id)
        wait_for(ledger, run_id, lambda run, heard=heard: images(ledger, run_id) > heard)
        os.kill(its_trainer(engine, ledger, run_id), signal.SIGKILL)
    run = wait_for(ledger, run_id, ended)
    assert (run.state, run.reason) == (State.FAILED, "The trainer process died 3 times")
    assert wait_for(ledger, ledger.submit(QUICK, "own"), ended).state == State.DONE


def test_trainer_that_hangs_is_given_up_and_changes_nothing_when_it_wakes(engine: Engine, ledger: Ledger) -> None:
    run_id = ledger.submit(LONG, "own")
    wait_for(ledger, run_id, lambda run: images(ledger, run_id) > 0)
    trainer = its_trainer(engine, ledger, run_id)
    with patience(5):
        os.kill(trainer, signal.SIGSTOP)
        run = wait_for(ledger, run_id, lambda run: run.attempt == 2)
    assert run.reason == "The trainer said nothing for 5 seconds"
    with suppress(ProcessLookupError):
        os.kill(trainer, signal.SIGCONT)
    heard = images(ledger, run_id)
    wait_for(ledger, run_id, lambda run: images(ledger, run_id) > heard)
    ledger.request_stop(run_id, keep=True)
    run = wait_for(ledger, run_id, ended)
    assert (run.state, run.attempt) == (State.STOPPED, 2)
    told = [event.images for _, event in ledger.events(run_id)]
    assert told == sorted(told)
    assert sum(name.startswith(f"own-{run_id}") for name in library.names()) == 1


@pytest.mark.parametrize("moment", ["waiting", "starting", "saving"])
def test_stop_at_any_moment_gives_one_end_and_no_half_model(moment: str, ledger: Ledger) -> None:
    moments = {
        "waiting": lambda run: True,
        "starting": lambda run: run.state == State.RUNNING,
        "saving": lambda run: images(ledger, run.id) == 4000,
    }
    before = set(library.names())
    run_id = ledger.submit(LONG if moment == "starting" else QUICK, "own")  # a quick one may be over by then
    wait_for(ledger, run_id, moments[moment])
    ledger.request_stop(run_id)
    ledger.request_stop(run_id)
    run = wait_for(ledger, run_id, ended)
    assert run.state in ({State.DONE, State.STOPPED} if moment == "saving" else {State.STOPPED})
    assert set(library.names()) - before == ({run.model} if run.model else set())
    assert library.contents()[1] == {}
    time.sleep(0.5)
    assert ledger.get(run_id) == run
    assert wait_for(ledger, ledger.submit(QUICK, "own"), ended).state == State.DONE


def test_second_server_on_one_state_folder_refuses(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError, match="Another Digit Lab server uses"):
        Engine(ledger, trainers=1).start()
