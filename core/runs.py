"""The ledger of runs: the queue, every run's events and its one end, in a database.

A run is queued, then running, perhaps paused and queued again, then done, stopped or failed with a reason. Whoever
executes it works on a numbered attempt; what a lost attempt says later is dropped.
"""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Text, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from core import events, schema, transitions
from core.events import Progress, Told
from core.recipe import Recipe, too_much
from core.run import Run, State, from_row, from_rows
from core.schema import EVENTS, MOST_NAME, OWNERS, RUNS
from core.settings import settings
from core.transitions import Change
from core.turns import in_turns

MOST_WAITING = 200  # runs of everybody, for whoever throws cookies away has no other limit
MOST_PAUSED = 500  # runs of everybody; of more, those that were put into the queue first are stopped
FEW = 5  # latest events among which a run's progress is looked for


class Refused(ValueError):
    """A wish the ledger does not grant; the message says why."""


_HOW_MANY_WAIT = select(func.count()).where(RUNS.c.state == State.QUEUED)
# Built once: SQLAlchemy takes longer to build a statement than SQLite to execute it, and events come often.
_KEEP_EVENT = insert(EVENTS).from_select(
    ["run_id", "attempt", "images", "event"],
    select(RUNS.c.id, RUNS.c.attempt, bindparam("images", type_=Integer), bindparam("event", type_=Text))
    .where(RUNS.c.id == bindparam("its"), RUNS.c.state == State.RUNNING, RUNS.c.attempt == bindparam("now"))
    .with_for_update(),  # nobody changes the run before its event is kept; SQLite has one writer anyway
)


class Ledger:
    """The runs of one installation; safe to use from any thread.

    Args:
        url: A SQLAlchemy URL, such as `sqlite:///var/ledger.sqlite`. Its tables are made when missing.
    """

    def __init__(self, url: str) -> None:
        self._engine = schema.opened(url)
        self._submitting = threading.Lock()  # or two at once would both find the last free place

    def submit(
        self,
        recipe: Recipe,
        title: str,
        owner: str = "",
        *,
        start: str | None = None,
        probe: str | None = None,
        upload: str | None = None,
    ) -> str:
        """Put a recipe into the queue and return its run's id.

        Args:
            recipe: What to train.
            title: Its name on the page.
            owner: Who asks.
            start: The model to begin with, instead of with the recipe's own first weights.
            probe: A digit whose probabilities to follow: `jobs.pixels_to_text`.
            upload: An id from `uploads` whose weights are to be measured instead of training; the run gets it too.

        Raises:
            Refused: If the owner has enough runs waiting, or everybody together; or if the recipe is `too_much`.
        """
        if problem := too_much(recipe):
            raise Refused(problem)
        run_id = upload or new_id()
        row = {"id": run_id, "title": title, "recipe": recipe.model_dump_json(), "created": time.time()}
        row |= {"start": start, "probe": probe, "uploaded": upload is not None}
        with self._submitting, self._engine.begin() as db:
            if db.execute(_HOW_MANY_WAIT).scalar_one() >= MOST_WAITING:
                raise Refused(f"{MOST_WAITING} runs wait already, and no more can. Try again later.")
            if owner and self._full(db, owner):
                most = settings().waiting_each
                raise Refused(f"You have {most} runs waiting or paused. Stop one, or start this when one has begun.")
            db.execute(insert(RUNS).values(state=State.QUEUED, owner=owner, **row))
        return run_id

    def _full(self, db: Connection, owner: str) -> bool:
        """Whether an owner's further run would be one more than may run and wait; paused ones wait, too."""
        its = Counter(db.execute(select(RUNS.c.state).where(RUNS.c.owner == owner)).scalars())
        running, waiting = its[State.RUNNING], its[State.QUEUED] + its[State.PAUSED]
        about_to_run = max(0, settings().running_each - running)  # a free trainer takes it in a moment
        return waiting >= settings().waiting_each + about_to_run

    def get(self, run_id: str) -> Run | None:
        """A run as it is now; None if there is none of that id, or none that can be read."""
        with self._engine.connect() as db:
            return _get(db, run_id)

    def recent(self, limit: int = 50) -> list[Run]:
        """The newest runs, newest first."""
        with self._engine.connect() as db:
            rows = db.execute(select(RUNS).order_by(RUNS.c.number.desc()).limit(limit)).mappings().all()
        return from_rows(rows)

    def stop_forgotten(self) -> None:
        """Stop the oldest paused runs if there are more than `MOST_PAUSED`: their visitors will not come back."""
        paused = select(RUNS.c.id).where(RUNS.c.state == State.PAUSED).order_by(RUNS.c.number.desc())
        with self._engine.connect() as db:
            forgotten = db.execute(paused.offset(MOST_PAUSED)).scalars().all()
        for run_id in forgotten:
            self.request_stop(run_id)

    def fail_unreadable(self) -> None:
        """Give runs that cannot be read their end, or they would count as running or waiting for ever."""
        with self._engine.begin() as db:
            for row in db.execute(select(RUNS).where(RUNS.c.ended.is_(None))).mappings().all():
                if from_row(row) is None:
                    _change(db, row["id"], row["state"], **transitions.unreadable())

    def unfinished(self, owner: str) -> list[Run]:
        """An owner's runs that have not ended, newest first."""
        its = select(RUNS).where(RUNS.c.owner == owner, RUNS.c.ended.is_(None))
        with self._engine.connect() as db:
            return from_rows(db.execute(its.order_by(RUNS.c.number.desc())).mappings().all())

    def uploads(self, owner: str, since: float) -> list[Run]:
        """An owner's uploaded models that are not yet measured, or were since then (Unix seconds), newest first."""
        going_on = RUNS.c.ended.is_(None) | (RUNS.c.ended > since)
        its = select(RUNS).where(RUNS.c.owner == owner, RUNS.c.uploaded, going_on)
        with self._engine.connect() as db:
            return from_rows(db.execute(its.order_by(RUNS.c.number.desc())).mappings().all())

    def makers(self) -> dict[str, str]:
        """Whose run each model came from: the owner by the model's name."""
        with self._engine.connect() as db:
            rows = db.execute(select(RUNS.c.model, RUNS.c.owner).where(RUNS.c.model.is_not(None))).all()
        return {row.model: row.owner for row in rows}

    def running(self) -> list[Run]:
        """The runs that trainers work on."""
        with self._engine.connect() as db:
            rows = db.execute(select(RUNS).where(RUNS.c.state == State.RUNNING)).mappings().all()
        return from_rows(rows)

    def waiting(self) -> list[Run]:
        """The queue: those whose trainers were lost, then by turns between owners, each one's oldest run first."""
        with self._engine.connect() as db:
            return from_rows(_in_turns(db))

    def position(self, run_id: str) -> int | None:
        """A queued run's place in the queue, from 1; None if it does not wait."""
        with self._engine.connect() as db:
            ids = [row["id"] for row in _in_turns(db)]
        return ids.index(run_id) + 1 if run_id in ids else None

    def events(self, run_id: str, after: int = 0) -> list[tuple[int, Told]]:
        """What the run has told since `after`, each with its sequence number, oldest first."""
        said = select(EVENTS.c.seq, EVENTS.c.event).where(EVENTS.c.run_id == run_id, EVENTS.c.seq > after)
        with self._engine.connect() as db:
            rows = db.execute(said.order_by(EVENTS.c.seq)).all()
        return [(seq, events.from_json(text)) for seq, text in rows]

    def has_told(self, run: Run) -> bool:
        """Whether a run's latest attempt has told anything."""
        latest = select(EVENTS.c.attempt).where(EVENTS.c.run_id == run.id).order_by(EVENTS.c.seq.desc()).limit(1)
        with self._engine.connect() as db:
            return db.execute(latest).scalar() == run.attempt

    def progress(self, run_id: str) -> Progress | None:
        """The last part of an epoch that a run told of; None if it told of none lately."""
        latest = select(EVENTS.c.event).where(EVENTS.c.run_id == run_id).order_by(EVENTS.c.seq.desc()).limit(FEW)
        with self._engine.connect() as db:
            told = map(events.from_json, db.execute(latest).scalars().all())
        return next((event for event in told if isinstance(event, Progress)), None)

    def request_stop(self, run_id: str, keep: bool = False) -> None:
        """End a run: a running one as soon as its trainer looks, any other at once; an ended one stays as it is.

        Args:
            run_id: The run.
            keep: Make a model of what was learned so far. What has not begun to learn is just stopped.
        """
        self._decide(run_id, lambda run: transitions.stop(run, keep))

    def request_pause(self, run_id: str) -> None:
        """Put a run aside where it stands, so that its trainer is free for others."""
        self._decide(run_id, transitions.pause)

    def resume(self, run_id: str) -> None:
        """Let a paused run go on, at its old place in the queue."""
        self._decide(run_id, transitions.resume)

    def ask(self, run_id: str, *, slow: bool | None = None, learning_rate: float | None = None) -> None:
        """Change how a run goes on: slow motion on or off, another learning rate; None leaves it as it is."""
        self._decide(run_id, lambda run: transitions.ask(run, slow=slow, learning_rate=learning_rate))

    def claim(self) -> Run | None:
        """Take the next waiting run to execute it, as its next attempt; None if nobody may go on.

        An owner with as many running as are allowed waits for the others. A run that cannot be read has failed.
        """
        with self._engine.begin() as db:
            busy = _running_each(db)
            for row in _in_turns(db):
                if row["owner"] and busy[row["owner"]] >= settings().running_each:
                    continue
                if from_row(row) is None:
                    _change(db, row["id"], State.QUEUED, **transitions.unreadable())
                    continue
                taken = transitions.claimed(row["attempt"] + 1)
                return _get(db, row["id"]) if _change(db, row["id"], State.QUEUED, **taken) else None
        return None

    def rewind(self, run_id: str, images: int) -> None:
        """Forget what a run told after so many images: it goes on from there."""
        with self._engine.begin() as db:
            db.execute(delete(EVENTS).where(EVENTS.c.run_id == run_id, EVENTS.c.images > images))

    def record(self, run_id: str, attempt: int, event: Told) -> bool:
        """Keep an event; False, and nothing kept, if that attempt is not the one that runs."""
        row = {"its": run_id, "now": attempt, "images": event.images, "event": event.model_dump_json()}
        with self._engine.begin() as db:
            return db.execute(_KEEP_EVENT, row).rowcount == 1

    def finish(
        self,
        run_id: str,
        attempt: int,
        state: State,
        *,
        reason: str | None = None,
        model: str | None = None,
        test_accuracy: float | None = None,
        test_loss: float | None = None,
    ) -> bool:
        """Give a running run its one end; False if that attempt does not run any more.

        Raises:
            ValueError: If the state is not an end.
        """
        if not state.ended:
            raise ValueError(f"state must be done, stopped or failed, got {state}")
        outcome = {"reason": reason, "model": model, "test_accuracy": test_accuracy, "test_loss": test_loss}
        with self._engine.begin() as db:
            return _change(db, run_id, State.RUNNING, RUNS.c.attempt == attempt, **transitions.ended(state), **outcome)

    def paused(self, run_id: str, attempt: int, made_way: bool = False) -> bool:
        """Say that a trainer has put a run aside; False if that attempt does not run any more.

        Args:
            run_id: The run.
            attempt: The attempt that is over.
            made_way: For others, and not because somebody asked for a pause: it waits again, behind them, unless it
                is to be kept now.
        """
        return self._decide(run_id, lambda run: transitions.put_aside(run, attempt, made_way))

    def lost(self, run_id: str, attempt: int, reason: str, blame: bool = True) -> None:
        """Say that an attempt's trainer is gone: the run goes back to the head of the queue.

        One that was asked to stop for good is stopped; one whose trainers died three times has failed.

        Args:
            run_id: The run.
            attempt: The attempt that is over.
            reason: What happened, as a sentence without its full stop.
            blame: Whether the run itself may be why its trainer died.
        """
        self._decide(run_id, lambda run: transitions.lose(run, attempt, reason, blame))

    def _decide(self, run_id: str, change: Callable[[Run], Change]) -> bool:
        """Change a run by what it is at that moment; False if there is no such run, or nothing to change.

        What somebody else changed since it was read is never overwritten: then it is read, and decided, anew.
        """
        while True:
            with self._engine.begin() as db:
                row = db.execute(select(RUNS).where(RUNS.c.id == run_id)).mappings().first()
                run = None if row is None else from_row(row)
                changed = {} if run is None else change(run)
                if row is None or not changed:
                    return False
                as_read = RUNS.c.attempt == row["attempt"], RUNS.c.control == row["control"]
                if _change(db, run_id, row["state"], *as_read, **changed):
                    return True

    def name(self, owner: str) -> str:
        """What an owner is called; empty if they never said."""
        with self._engine.connect() as db:
            return db.execute(select(OWNERS.c.name).where(OWNERS.c.id == owner)).scalar() or ""

    def names(self, owners: Iterable[str]) -> dict[str, str]:
        """What these owners are called, those who said."""
        with self._engine.connect() as db:
            rows = db.execute(select(OWNERS).where(OWNERS.c.id.in_(list(owners)))).all()
        return {row.id: row.name for row in rows}

    def rename(self, owner: str, name: str) -> None:
        """Call an owner by another name; what is too long for a name is cut."""
        tidy = " ".join(name.split())[:MOST_NAME]
        with self._engine.begin() as db:
            db.execute(delete(OWNERS).where(OWNERS.c.id == owner))
            if tidy:
                db.execute(insert(OWNERS).values(id=owner, name=tidy))

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


@cache
def ledger() -> Ledger:
    """The ledger that the settings name.

    Raises:
        RuntimeError: If its file cannot be opened, which says what to do about it.
    """
    here = settings()
    if here.database:
        return Ledger(here.database)
    file = here.state / "ledger.sqlite"
    try:
        here.state.mkdir(parents=True, exist_ok=True)
        return Ledger(f"sqlite:///{file}")
    except (OSError, DBAPIError) as error:
        why = error.orig if isinstance(error, DBAPIError) else error.strerror
        raise RuntimeError(
            f"The ledger {file} cannot be opened: {why}. Its folder must be one that can be written to, with room on "
            "its disk; a damaged file can be moved away, and then the lab begins without runs. Models are not in it."
        ) from None


def new_id() -> str:
    """An id that no run has."""
    return secrets.token_hex(5)


def _change(db: Connection, run_id: str, now: State, *conditions: ColumnElement[bool], **values: Any) -> bool:
    """Update a run only while it is in that state and the conditions hold; False if it is not so."""
    row = update(RUNS).where(RUNS.c.id == run_id, RUNS.c.state == now, *conditions)
    return db.execute(row.values(**values)).rowcount == 1


def _get(db: Connection, run_id: str) -> Run | None:
    row = db.execute(select(RUNS).where(RUNS.c.id == run_id)).mappings().first()
    return None if row is None else from_row(row)


def _running_each(db: Connection) -> Counter[str]:
    """How many runs of each owner are running."""
    rows = db.execute(select(RUNS.c.owner).where(RUNS.c.state == State.RUNNING)).scalars()
    return Counter(rows)


def _in_turns(db: Connection) -> list[Any]:
    """The rows that wait, in the order of the queue."""
    waiting = db.execute(select(RUNS).where(RUNS.c.state == State.QUEUED)).mappings().all()
    owners = {row["owner"] for row in waiting} - {""}
    return in_turns(waiting, _running_each(db), _last_served(db, owners))


def _last_served(db: Connection, owners: Collection[str]) -> dict[str, float]:
    """When a trainer last left a run of each of these owners, Unix seconds."""
    left = func.max(func.coalesce(RUNS.c.ended, RUNS.c.made_way))
    theirs = RUNS.c.owner.in_(owners), RUNS.c.attempt > 0
    rows = db.execute(select(RUNS.c.owner, left).where(*theirs).group_by(RUNS.c.owner)).all() if owners else []
    return {owner: when for owner, when in rows if when is not None}
