"""The ledger: a queue in order, events of the right attempt, exactly one end."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from core import runs
from core.events import Changed, Control, Progress
from core.layers import OUTPUT, Conv, Flatten
from core.recipe import PRESETS, Recipe
from core.run import Run, State
from core.runs import Ledger, Refused
from core.schema import RUNS
from core.transitions import MOST_DEATHS
from tests.lab import lab

RECIPE = PRESETS["ten-lines"]


def progress(images: int) -> Progress:
    return Progress(
        epoch=1, images=images, loss=1.5, accuracy=0.5, images_per_second=1e4, seconds=1.0, seconds_left=2.0
    )


def get(ledger: Ledger, run_id: str) -> Run:
    run = ledger.get(run_id)
    assert run is not None
    return run


def claimed(ledger: Ledger) -> str:
    run = ledger.claim()
    assert run is not None
    return run.id


def state(ledger: Ledger, run_id: str) -> State:
    return get(ledger, run_id).state


def somebody_is_quicker(monkeypatch: pytest.MonkeyPatch, wish: Callable[[], None]) -> None:
    """Have somebody else's wish arrive, once, between the reading of a run and its change."""
    change, coming = runs._change, [wish]

    def late(*asked: Any, **values: Any) -> bool:
        if coming:
            coming.pop()()
        return change(*asked, **values)

    monkeypatch.setattr(runs, "_change", late)


def test_submitted_run_waits_with_its_recipe(ledger: Ledger) -> None:
    run = ledger.get(ledger.submit(RECIPE, "ten-lines"))
    assert run is not None
    assert (run.state, run.recipe, run.title, run.attempt) == (State.QUEUED, RECIPE, "ten-lines", 0)


def test_unknown_run_is_none(ledger: Ledger) -> None:
    assert ledger.get("nonsense") is None
    assert ledger.position("nonsense") is None
    assert ledger.events("nonsense") == []


def test_queue_has_an_end(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_WAITING", 2)
    for owner in ("ada", "bob"):
        ledger.submit(RECIPE, "ten-lines", owner)
    with pytest.raises(Refused, match="2 runs wait already"):
        ledger.submit(RECIPE, "ten-lines", "cid")
    ledger.claim()
    ledger.submit(RECIPE, "ten-lines", "cid")


def test_paused_runs_do_not_fill_the_queue_of_everybody(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_WAITING", 2)
    for owner in ("ada", "bob"):
        ledger.request_pause(ledger.submit(RECIPE, "ten-lines", owner))
    ledger.submit(RECIPE, "ten-lines", "cid")


def test_of_very_many_paused_runs_the_oldest_are_stopped(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_PAUSED", 2)
    ids = [ledger.submit(RECIPE, "ten-lines", owner) for owner in ("ada", "bob", "cid", "dan")]
    for run_id in ids[:3]:
        ledger.request_pause(run_id)
    ledger.stop_forgotten()
    assert [get(ledger, run_id).state for run_id in ids] == [State.STOPPED, State.PAUSED, State.PAUSED, State.QUEUED]


def test_recipe_that_is_too_much_for_a_shared_machine_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Refused, match="million multiplications"):
        ledger.submit(
            Recipe(layers=(Conv(filters=1024 // 8, kernel=15, padding="same"),) * 2 + (Flatten(), OUTPUT)), "a"
        )
    assert ledger.recent() == []


def test_queue_is_in_order_of_submission(ledger: Ledger) -> None:
    ids = [ledger.submit(RECIPE, "ten-lines") for _ in range(3)]
    assert [ledger.position(run_id) for run_id in ids] == [1, 2, 3]
    claimed = [ledger.claim() for _ in range(4)]
    assert [run and run.id for run in claimed] == [*ids, None]
    assert [ledger.position(run_id) for run_id in ids] == [None, None, None]


def test_newest_run_is_listed_first(ledger: Ledger) -> None:
    ids = [ledger.submit(RECIPE, "ten-lines") for _ in range(3)]
    assert [run.id for run in ledger.recent(2)] == ids[:0:-1]


def test_owner_s_unfinished_runs_are_listed_newest_first(ledger: Ledger) -> None:
    ids = [ledger.submit(RECIPE, "ten-lines", "me") for _ in range(4)]
    ledger.submit(RECIPE, "ten-lines", "somebody")
    ledger.claim()
    ledger.request_pause(ids[1])
    ledger.request_stop(ids[2])
    assert [run.id for run in ledger.unfinished("me")] == [ids[3], ids[1], ids[0]]


def test_events_come_back_in_order_after_a_sequence_number(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    told = [progress(images) for images in (32, 64, 96)]
    assert all(ledger.record(run_id, 1, event) for event in told)
    everything = ledger.events(run_id)
    assert [event for _, event in everything] == told
    assert ledger.events(run_id, after=everything[0][0]) == everything[1:]


def test_events_of_an_older_attempt_are_dropped(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    ledger.record(run_id, 1, progress(32))
    ledger.lost(run_id, 1, "The trainer process died")
    assert not ledger.record(run_id, 1, progress(64))
    again = ledger.claim()
    assert again is not None
    assert (again.id, again.attempt, again.reason) == (run_id, 2, "The trainer process died")
    assert [event for _, event in ledger.events(run_id)] == [progress(32)]
    assert not ledger.record(run_id, 1, progress(64))
    assert not ledger.finish(run_id, 1, State.DONE)
    assert state(ledger, run_id) == State.RUNNING


def test_lost_run_goes_before_those_that_wait(ledger: Ledger) -> None:
    first, second = (ledger.submit(RECIPE, "ten-lines") for _ in range(2))
    ledger.claim()
    ledger.lost(first, 1, "The trainer process died")
    assert [ledger.position(run_id) for run_id in (first, second)] == [1, 2]


def test_run_whose_trainer_died_three_times_has_failed(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    for attempt in range(1, MOST_DEATHS + 1):
        assert ledger.claim() is not None
        ledger.lost(run_id, attempt, "The trainer process died")
    run = ledger.get(run_id)
    assert run is not None
    assert run.state == State.FAILED
    assert run.reason == "The trainer process died 3 times"


def test_restarts_of_the_server_are_not_held_against_a_run(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    for attempt in range(1, 10):
        ledger.claim()
        ledger.lost(run_id, attempt, "The server was stopped", blame=False)
    assert (state(ledger, run_id), get(ledger, run_id).deaths) == (State.QUEUED, 0)


def test_rewound_run_forgets_what_came_after_its_checkpoint(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    for images in (32, 64, 96):
        ledger.record(run_id, 1, progress(images))
    ledger.rewind(run_id, 64)
    assert [event.images for _, event in ledger.events(run_id)] == [32, 64]


def test_lost_run_that_was_asked_to_stop_is_stopped(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    ledger.request_stop(run_id)
    ledger.lost(run_id, 1, "The trainer process died")
    assert state(ledger, run_id) == State.STOPPED


def test_stop_while_queued_ends_it_at_once(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.request_stop(run_id)
    assert state(ledger, run_id) == State.STOPPED
    assert ledger.claim() is None


def test_stop_while_running_is_a_wish_the_trainer_fulfils(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    ledger.request_stop(run_id)
    ledger.request_stop(run_id)
    (run,) = ledger.running()
    assert run.stop_requested


def test_stop_that_keeps_waits_for_a_trainer_to_make_the_model(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    ledger.request_pause(run_id)
    assert ledger.paused(run_id, 1)
    ledger.request_stop(run_id, keep=True)
    claimed = ledger.claim()
    assert claimed is not None
    assert (claimed.id, claimed.control.stop, claimed.control.pause) == (run_id, "keep", False)


def test_stop_that_keeps_just_stops_what_has_not_begun(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.request_stop(run_id, keep=True)
    assert state(ledger, run_id) == State.STOPPED


def test_discarding_wins_over_keeping_and_not_the_other_way_round(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    for keep, stop in ((True, "keep"), (False, "discard"), (True, "discard")):
        ledger.request_stop(run_id, keep=keep)
        assert get(ledger, run_id).control.stop == stop


def test_paused_run_waits_for_nobody_until_it_is_resumed_at_its_old_place(ledger: Ledger) -> None:
    first, second = (ledger.submit(RECIPE, "ten-lines") for _ in range(2))
    ledger.claim()
    ledger.request_pause(first)
    assert get(ledger, first).control.pause
    ledger.paused(first, 1)
    assert (state(ledger, first), ledger.position(first), ledger.position(second)) == (State.PAUSED, None, 1)
    ledger.resume(first)
    assert (ledger.position(first), ledger.position(second)) == (1, 2)
    again = ledger.claim()
    assert again is not None
    assert (again.id, again.attempt, again.control.pause) == (first, 2, False)


def test_run_that_made_way_comes_after_those_who_waited_and_before_those_who_came_later(ledger: Ledger) -> None:
    long, own, other = (ledger.submit(RECIPE, "ten-lines", owner) for owner in "aab")
    assert claimed(ledger) == long
    ledger.paused(long, 1, made_way=True)
    late = ledger.submit(RECIPE, "ten-lines", "c")
    assert [run.id for run in ledger.waiting()] == [other, own, late, long]
    assert get(ledger, long).made_way
    assert [claimed(ledger), claimed(ledger)] == [other, own]
    ledger.finish(own, 1, State.DONE)
    assert [claimed(ledger), claimed(ledger)] == [late, long]
    assert not get(ledger, long).made_way


def test_whoever_has_just_had_a_trainer_comes_after_those_who_waited(ledger: Ledger) -> None:
    first, second, third = (ledger.submit(RECIPE, "ten-lines", "a") for _ in range(3))
    other = ledger.submit(RECIPE, "ten-lines", "b")
    order = []
    for _ in range(4):
        order.append(claimed(ledger))
        ledger.finish(order[-1], 1, State.DONE)
    assert order == [first, other, second, third]


def test_run_that_made_way_and_shall_be_kept_is_kept_first(ledger: Ledger) -> None:
    long, other = (ledger.submit(RECIPE, "ten-lines", owner) for owner in "ab")
    assert claimed(ledger) == long
    ledger.paused(long, 1, made_way=True)
    ledger.request_stop(long, keep=True)
    assert [run.id for run in ledger.waiting()] == [long, other]
    assert claimed(ledger) == long
    ledger.paused(long, 2, made_way=True)  # which somebody asked for before
    assert [run.id for run in ledger.waiting()] == [long, other]


def test_run_has_told_when_its_latest_attempt_has(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    assert not ledger.has_told(get(ledger, run_id))
    ledger.record(run_id, 1, progress(32))
    assert ledger.has_told(get(ledger, run_id))
    ledger.lost(run_id, 1, "The trainer died")
    ledger.claim()
    assert not ledger.has_told(get(ledger, run_id))


def test_run_that_was_to_make_way_and_was_paused_stays_paused(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines", "a")
    ledger.claim()
    ledger.request_pause(run_id)
    ledger.paused(run_id, 1, made_way=True)
    assert state(ledger, run_id) == State.PAUSED


def test_waiting_run_is_paused_and_stopped_without_a_trainer(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.request_pause(run_id)
    assert state(ledger, run_id) == State.PAUSED
    ledger.request_stop(run_id)
    assert state(ledger, run_id) == State.STOPPED


@pytest.mark.parametrize(
    ("then", "end"),
    [("resume", State.QUEUED), ("stop", State.STOPPED)],
)
def test_last_wish_counts_when_a_trainer_pauses_late(then: str, end: State, ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    ledger.request_pause(run_id)
    ledger.resume(run_id) if then == "resume" else ledger.request_stop(run_id)
    ledger.paused(run_id, 1)
    assert state(ledger, run_id) == end


def test_wishes_add_up(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.ask(run_id, slow=True)
    ledger.ask(run_id, learning_rate=0.5)
    assert get(ledger, run_id).control == Control(slow=True, learning_rate=0.5)
    ledger.ask(run_id, slow=False)
    assert get(ledger, run_id).control == Control(learning_rate=0.5)


def test_ended_run_hears_no_wish(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.request_stop(run_id)
    ended = get(ledger, run_id)
    ledger.ask(run_id, slow=True)
    ledger.request_pause(run_id)
    ledger.resume(run_id)
    ledger.request_stop(run_id, keep=True)
    assert get(ledger, run_id) == ended


def test_owners_take_turns(ledger: Ledger) -> None:
    ada = [ledger.submit(RECIPE, "ten-lines", "ada") for _ in range(3)]
    bob = [ledger.submit(RECIPE, "ten-lines", "bob") for _ in range(2)]
    cid = [ledger.submit(RECIPE, "ten-lines", "cid")]
    fair = [ada[0], bob[0], cid[0], ada[1], bob[1], ada[2]]
    assert [run.id for run in ledger.waiting()] == fair
    assert [ledger.position(run_id) for run_id in fair] == [1, 2, 3, 4, 5, 6]


def test_owner_with_a_run_going_on_comes_after_those_without(ledger: Ledger) -> None:
    first, second = (ledger.submit(RECIPE, "ten-lines", "ada") for _ in range(2))
    ledger.claim()
    other = ledger.submit(RECIPE, "ten-lines", "bob")
    assert [run.id for run in ledger.waiting()] == [other, second]
    assert ledger.get(first) is not None


def test_owner_has_one_run_going_on_however_many_trainers_are_free(ledger: Ledger) -> None:
    ada = [ledger.submit(RECIPE, "ten-lines", "ada") for _ in range(2)]
    bob = ledger.submit(RECIPE, "ten-lines", "bob")
    claimed = [ledger.claim() for _ in range(3)]
    assert [run and run.id for run in claimed] == [ada[0], bob, None]
    ledger.finish(ada[0], 1, State.DONE)
    again = ledger.claim()
    assert again is not None
    assert again.id == ada[1]


def test_owner_has_three_runs_waiting_at_most(ledger: Ledger) -> None:
    ids = [ledger.submit(RECIPE, "ten-lines", "ada") for _ in range(4)]  # one of them is about to run
    with pytest.raises(Refused, match="You have 3 runs waiting"):
        ledger.submit(RECIPE, "ten-lines", "ada")
    ledger.submit(RECIPE, "ten-lines", "bob")
    ledger.claim()
    with pytest.raises(Refused):
        ledger.submit(RECIPE, "ten-lines", "ada")
    ledger.request_stop(ids[3])
    ledger.submit(RECIPE, "ten-lines", "ada")


def test_owner_who_asks_for_many_at_once_has_no_more(ledger: Ledger) -> None:
    together = threading.Barrier(12)

    def submit(_: int) -> bool:
        together.wait()
        try:
            return bool(ledger.submit(RECIPE, "ten-lines", "ada"))
        except Refused:
            return False

    with ThreadPoolExecutor(12) as threads:
        assert sum(threads.map(submit, range(12))) == 4  # one of them is about to run


def test_paused_runs_count_as_waiting(ledger: Ledger) -> None:
    for run_id in [ledger.submit(RECIPE, "ten-lines", "ada") for _ in range(4)]:
        ledger.request_pause(run_id)
    with pytest.raises(Refused, match="waiting or paused"):
        ledger.submit(RECIPE, "ten-lines", "ada")


def test_owners_have_names_if_they_say_so(ledger: Ledger) -> None:
    ledger.rename("ada", "  Ada   L. ")
    ledger.rename("bob", "B" * 500)
    assert ledger.names(["ada", "bob", "cid"]) == {"ada": "Ada L.", "bob": "B" * 40}
    ledger.rename("ada", "")
    assert (ledger.name("ada"), ledger.name("bob")) == ("", "B" * 40)


def test_ledger_of_an_earlier_version_is_read_on(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(file)) as db, db:
        db.execute(
            "CREATE TABLE runs (number INTEGER PRIMARY KEY, id VARCHAR(16) UNIQUE NOT NULL, title VARCHAR(80) NOT NULL,"
            "recipe TEXT NOT NULL, state VARCHAR(8) NOT NULL, reason TEXT, attempt INTEGER NOT NULL,"
            "stop_requested BOOLEAN NOT NULL, created FLOAT NOT NULL, started FLOAT, ended FLOAT,"
            "model VARCHAR(80), test_accuracy FLOAT, test_loss FLOAT)"
        )
        db.execute(
            "INSERT INTO runs (id, title, recipe, state, attempt, stop_requested, created)"
            "VALUES ('old', 'own', ?, 'queued', 0, 0, 1)",
            [RECIPE.model_dump_json()],
        )
    ledger = Ledger(f"sqlite:///{file}")
    claimed = ledger.claim()
    assert claimed is not None
    assert (claimed.id, claimed.recipe, claimed.control, claimed.owner) == ("old", RECIPE, Control(), "")
    assert ledger.record("old", 1, progress(32))
    assert ledger.submit(RECIPE, "own", "ada")
    ledger.close()


def test_stop_that_comes_while_a_run_is_put_aside_is_heeded(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    ledger.request_pause(run_id)
    somebody_is_quicker(monkeypatch, lambda: ledger.request_stop(run_id))
    assert ledger.paused(run_id, 1)
    assert state(ledger, run_id) == State.STOPPED


def test_two_wishes_at_once_are_both_kept(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    somebody_is_quicker(monkeypatch, lambda: ledger.ask(run_id, slow=True))
    ledger.ask(run_id, learning_rate=0.5)
    assert get(ledger, run_id).control == Control(slow=True, learning_rate=0.5)


def test_progress_is_the_latest(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    assert ledger.progress(run_id) is None
    for event in (progress(32), progress(64), Changed(images=64, learning_rate=0.5)):
        ledger.record(run_id, 1, event)
    assert ledger.progress(run_id) == progress(64)


@pytest.fixture
def unreadable(ledger: Ledger) -> tuple[str, list[str]]:
    """A run of ada's that cannot be read, and two that can: hers and another's."""
    ids = [ledger.submit(RECIPE, "ten-lines", owner) for owner in ("ada", "ada", "bob")]
    damage(ledger, ids[0])
    return ids[0], ids[1:]


def damage(ledger: Ledger, run_id: str) -> None:
    with ledger._engine.begin() as db:
        db.execute(update(RUNS).where(RUNS.c.id == run_id).values(recipe='{"layers": ["of tomorrow"]}'))


def end_and_reason(ledger: Ledger, run_id: str) -> tuple[str, str | None]:
    with ledger._engine.begin() as db:
        row = db.execute(select(RUNS.c.state, RUNS.c.reason).where(RUNS.c.id == run_id)).one()
    return row.state, row.reason


def test_run_that_cannot_be_read_is_none_and_in_no_list(
    ledger: Ledger, unreadable: tuple[str, list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    run_id, others = unreadable
    assert ledger.get(run_id) is None
    assert [run.id for run in ledger.recent()] == others[::-1]
    assert [run.id for run in ledger.unfinished("ada")] == others[:1]
    assert {run.id for run in ledger.waiting()} == set(others)
    ledger.request_stop(run_id)
    assert f"Run {run_id} cannot be read" in caplog.text


def test_run_that_cannot_be_read_fails_when_its_turn_comes_and_blocks_nobody(
    ledger: Ledger, unreadable: tuple[str, list[str]]
) -> None:
    run_id, others = unreadable
    assert {claimed(ledger), claimed(ledger)} == set(others)
    assert end_and_reason(ledger, run_id) == (State.FAILED, "It was damaged, or another version of Digit Lab wrote it")


def test_runs_that_cannot_be_read_do_not_count_for_ever(ledger: Ledger) -> None:
    going, paused, waiting, sound = (ledger.submit(RECIPE, "ten-lines", "ada") for _ in range(4))
    assert claimed(ledger) == going
    ledger.request_pause(paused)
    for run_id in (going, paused, waiting):
        damage(ledger, run_id)
    assert ledger.running() == []
    ledger.fail_unreadable()
    assert {end_and_reason(ledger, run_id)[0] for run_id in (going, paused, waiting)} == {State.FAILED}
    assert claimed(ledger) == sound


@pytest.mark.parametrize("damaged", [True, False])
def test_ledger_that_cannot_be_opened_is_named_with_what_to_do(damaged: bool, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    if damaged:
        folder.mkdir()
        (folder / "ledger.sqlite").write_bytes(b"no database " * 1000)
    else:
        folder.write_bytes(b"no folder")
    why = "file is not a database" if damaged else "File exists"
    with pytest.raises(RuntimeError, match=rf"ledger\.sqlite cannot be opened: {why}\. .* moved away"), lab(tmp_path):
        pass


def test_columns_that_another_program_added_stay(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    Ledger(f"sqlite:///{file}").close()
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("ALTER TABLE runs ADD COLUMN remark TEXT")
    ledger = Ledger(f"sqlite:///{file}")
    run_id = ledger.submit(RECIPE, "ten-lines")
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE runs SET remark = 'kept'")
    ledger.close()
    Ledger(f"sqlite:///{file}").close()
    with closing(sqlite3.connect(file)) as db, db:
        assert db.execute("SELECT id, remark FROM runs").fetchall() == [(run_id, "kept")]


def test_ended_run_keeps_its_first_end(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    assert ledger.finish(run_id, 1, State.DONE, model="ten-lines-1", test_accuracy=0.9, test_loss=0.4)
    assert not ledger.finish(run_id, 1, State.FAILED, reason="late")
    ledger.request_stop(run_id)
    ledger.lost(run_id, 1, "late")
    run = ledger.get(run_id)
    assert run is not None
    assert (run.state, run.model, run.reason, run.test_accuracy) == (State.DONE, "ten-lines-1", None, 0.9)


def test_run_cannot_be_finished_with_a_state_that_is_no_end(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="must be done, stopped or failed"):
        ledger.finish("any", 1, State.RUNNING)


def test_ledger_is_the_same_after_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    before = Ledger(url)
    run_id = before.submit(Recipe(seed=7), "own")
    before.close()
    after = Ledger(url)
    run = after.get(run_id)
    after.close()
    assert run is not None
    assert run.recipe.seed == 7


def test_uploaded_run_waits_like_any_under_the_id_of_its_weights(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "uploaded", "ada", upload="0123456789")
    assert run_id == "0123456789"
    assert get(ledger, run_id).uploaded
    assert not get(ledger, ledger.submit(RECIPE, "ten-lines", "ada")).uploaded
    assert [run.id for run in ledger.uploads("ada", since=0)] == [run_id]
    assert ledger.uploads("bob", since=0) == []


def test_upload_that_ended_is_listed_for_a_while(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "uploaded", "ada", upload="0123456789")
    ledger.request_stop(run_id)
    ended = get(ledger, run_id).ended
    assert ended is not None
    assert [run.id for run in ledger.uploads("ada", since=ended - 1)] == [run_id]
    assert ledger.uploads("ada", since=ended + 1) == []


def test_makers_of_models_are_the_owners_of_their_runs(ledger: Ledger) -> None:
    for owner in ("ada", "bob"):
        ledger.submit(RECIPE, "ten-lines", owner)
        run = ledger.claim()
        assert run is not None
        ledger.finish(run.id, run.attempt, State.DONE, model=f"of-{owner}" if owner == "ada" else None)
    assert ledger.makers() == {"of-ada": "ada"}
