"""The ledger of runs: the queue, every run's events and its one end, in a database.

A run is queued, then running, then done, stopped or failed with a reason. Whoever executes it works on a numbered
attempt; what a lost attempt says later is dropped.
"""

import secrets
import time
from enum import StrEnum
from functools import cache
from typing import Any

from pydantic import BaseModel
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    func,
    insert,
    select,
    update,
)

from core import events
from core.events import EpochEnd, Progress
from core.recipe import Recipe
from core.settings import settings

MOST_ATTEMPTS = 3


class State(StrEnum):
    """Where a run is; the last three are its ends."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        return self in (State.DONE, State.STOPPED, State.FAILED)


class Run(BaseModel, frozen=True):
    """One row of the ledger, as it was when it was read."""

    id: str
    title: str  # the recipe's name on the page
    recipe: Recipe
    state: State
    reason: str | None = None  # why it failed, or is tried again
    attempt: int  # 0 before the first
    stop_requested: bool
    created: float  # Unix seconds, as the two below
    started: float | None = None  # of the latest attempt
    ended: float | None = None
    model: str | None = None  # the bundle it became
    test_accuracy: float | None = None  # share of the 10,000 test digits
    test_loss: float | None = None


_tables = MetaData()
_runs = Table(
    "runs",
    _tables,
    Column("number", Integer, primary_key=True),  # the order of submission is the order of the queue
    Column("id", String(16), unique=True, nullable=False),
    Column("title", String(80), nullable=False),
    Column("recipe", Text, nullable=False),
    Column("state", String(8), nullable=False, index=True),
    Column("reason", Text),
    Column("attempt", Integer, nullable=False, default=0),
    Column("stop_requested", Boolean, nullable=False, default=False),
    Column("created", Float, nullable=False),
    Column("started", Float),
    Column("ended", Float),
    Column("model", String(80)),
    Column("test_accuracy", Float),
    Column("test_loss", Float),
)
_events = Table(
    "events",
    _tables,
    Column("seq", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("event", Text, nullable=False),
)


class Ledger:
    """The runs of one installation; safe to use from any thread.

    Args:
        url: A SQLAlchemy URL, such as `sqlite:///var/ledger.sqlite`. Its tables are made when missing.
    """

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _prepare_sqlite)
        _tables.create_all(self._engine)

    def submit(self, recipe: Recipe, title: str) -> str:
        """Put a recipe at the end of the queue and return its run's id."""
        run_id = secrets.token_hex(5)
        row = {"id": run_id, "title": title, "recipe": recipe.model_dump_json(), "created": time.time()}
        with self._engine.begin() as db:
            db.execute(insert(_runs).values(state=State.QUEUED, **row))
        return run_id

    def get(self, run_id: str) -> Run | None:
        """A run as it is now; None if there is none of that id."""
        with self._engine.connect() as db:
            row = db.execute(select(_runs).where(_runs.c.id == run_id)).mappings().first()
        return None if row is None else _run(row)

    def recent(self, limit: int = 50) -> list[Run]:
        """The newest runs, newest first."""
        with self._engine.connect() as db:
            rows = db.execute(select(_runs).order_by(_runs.c.number.desc()).limit(limit)).mappings().all()
        return [_run(row) for row in rows]

    def running(self) -> list[Run]:
        """The runs that trainers work on."""
        with self._engine.connect() as db:
            rows = db.execute(select(_runs).where(_runs.c.state == State.RUNNING)).mappings().all()
        return [_run(row) for row in rows]

    def position(self, run_id: str) -> int | None:
        """A queued run's place in the queue, from 1; None if it does not wait."""
        its = _runs.alias()
        number = select(its.c.number).where(its.c.id == run_id, its.c.state == State.QUEUED).scalar_subquery()
        ahead = select(func.count()).where(_runs.c.state == State.QUEUED, _runs.c.number <= number)
        with self._engine.connect() as db:
            return db.execute(ahead).scalar_one() or None

    def events(self, run_id: str, after: int = 0) -> list[tuple[int, Progress | EpochEnd]]:
        """What the run's latest attempt has told since `after`, each with its sequence number, oldest first."""
        attempt = select(_runs.c.attempt).where(_runs.c.id == run_id).scalar_subquery()
        said = select(_events.c.seq, _events.c.event).where(
            _events.c.run_id == run_id, _events.c.attempt == attempt, _events.c.seq > after
        )
        with self._engine.connect() as db:
            rows = db.execute(said.order_by(_events.c.seq)).all()
        return [(seq, events.from_json(text)) for seq, text in rows]

    def request_stop(self, run_id: str) -> None:
        """End a waiting run at once, a running one as soon as its trainer looks; an ended one stays as it is."""
        with self._engine.begin() as db:
            if not _change(db, run_id, State.QUEUED, state=State.STOPPED, ended=time.time()):
                _change(db, run_id, State.RUNNING, stop_requested=True)

    def claim(self) -> Run | None:
        """Take the next waiting run to execute it, as its next attempt; None if nobody waits."""
        first = select(_runs).where(_runs.c.state == State.QUEUED).order_by(_runs.c.number).limit(1)
        with self._engine.begin() as db:
            row = db.execute(first).mappings().first()
            if row is None or not _change(
                db, row["id"], State.QUEUED, state=State.RUNNING, attempt=row["attempt"] + 1, started=time.time()
            ):
                return None
        return self.get(row["id"])

    def record(self, run_id: str, attempt: int, event: Progress | EpochEnd) -> bool:
        """Keep an event; False, and nothing kept, if that attempt is not the one that runs."""
        with self._engine.begin() as db:
            if not _change(db, run_id, State.RUNNING, attempt, attempt=attempt):
                return False
            db.execute(insert(_events).values(run_id=run_id, attempt=attempt, event=event.model_dump_json()))
        return True

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
            return _change(db, run_id, State.RUNNING, attempt, state=state, ended=time.time(), **outcome)

    def lost(self, run_id: str, attempt: int, reason: str) -> None:
        """Say that an attempt's trainer is gone: the run goes back to its place at the head of the queue.

        One that was asked to stop is stopped; one that was lost three times has failed.
        """
        run = self.get(run_id)
        if run is None:
            return
        if run.stop_requested:
            self.finish(run_id, attempt, State.STOPPED)
        elif attempt >= MOST_ATTEMPTS:
            self.finish(run_id, attempt, State.FAILED, reason=f"{reason} {MOST_ATTEMPTS} times")
        else:
            with self._engine.begin() as db:
                _change(db, run_id, State.RUNNING, attempt, state=State.QUEUED, reason=reason)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


@cache
def ledger() -> Ledger:
    """The ledger that the settings name."""
    here = settings()
    if here.database:
        return Ledger(here.database)
    here.state.mkdir(parents=True, exist_ok=True)
    return Ledger(f"sqlite:///{here.state / 'ledger.sqlite'}")


def _change(db: Connection, run_id: str, now: State, in_attempt: int | None = None, /, **values: Any) -> bool:
    """Update a run only while it is in that state (and attempt); False if it is not."""
    row = update(_runs).where(_runs.c.id == run_id, _runs.c.state == now)
    if in_attempt is not None:
        row = row.where(_runs.c.attempt == in_attempt)
    return db.execute(row.values(**values)).rowcount == 1


def _run(row: Any) -> Run:
    return Run.model_validate({**row, "recipe": Recipe.model_validate_json(row["recipe"])})


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
