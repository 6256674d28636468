"""Executes the ledger's runs on trainer processes, with Dask.

The engine keeps no state that matters: it looks at the ledger, gives a free trainer the next run, passes on what
people ask of it, writes down what trainers tell, keeps their checkpoints, and gives each run its end. Pages never
talk to it.
"""

import logging
import math
import threading
import time
from collections import deque
from concurrent.futures import CancelledError, Executor, ThreadPoolExecutor
from concurrent.futures import Future as Bringing
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from distributed import Future, KilledWorker
from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError

from core import checkpoints, events, library, outcomes, uploads
from core.bundle import DamagedBundle
from core.events import Control
from core.jobs import Failed, Job, Message, Outcome, TrainerDied, attempt_name
from core.run import Run, State
from core.runs import Ledger
from core.settings import settings
from core.trainers import ANSWER_WITHIN, Trainers, check_address, end_all, reached
from core.turns import making_way

LOOK_EVERY = 0.1  # seconds
START_AGAIN_AFTER = 5  # seconds
LATE_EVENTS = 5  # seconds that a finished run's last events are waited for
BROUGHT_WITHIN = 60  # seconds for a bundle of perhaps 100 MB; if it takes longer, it is asked for again
SWEEP_EVERY = 60  # seconds
CLOSED_WITHIN = 20  # seconds
MOST_STUMBLES = 50  # looks in a row that may fail before the trainers are started anew
STOOD_STILL = 5  # seconds between two looks: the process was stopped, or asleep with the whole machine
TOO_FEW_FOR = 180  # seconds without a trainer that Dask could not replace, until all are started anew
_log = logging.getLogger(__name__)


class Engine:
    """Runs what the ledger holds until it is closed.

    Args:
        ledger: Where the runs are.
        trainers: How many runs at once, each in a process of its own; a remote scheduler's workers instead, if the
            settings name one.
    """

    def __init__(self, ledger: Ledger, trainers: int) -> None:
        self._ledger, self._count = ledger, trainers
        self._told: deque[dict[str, Any]] = deque()  # filled by Dask's thread, emptied by ours
        self._jobs: dict[str, _Running] = {}
        self._given_up: set[str] = set()  # addresses of trainers that hang or are spent; a new process has another
        self._all_there_at = 0.0  # seconds, monotonic, when there was no trainer missing
        self._orphans: set[str] = set()  # attempts that a scheduler's workers may still be at, though they are over
        self._bringers = ThreadPoolExecutor(64, "bring")  # outcomes; a slow line must not make others wait
        self._closing, self._reached = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._serve, name="engine", daemon=True)
        settings().state.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(settings().state / "engine.lock", timeout=0)

    def start(self) -> None:
        """Begin in the background; trainers need a few seconds to warm up.

        Raises:
            RuntimeError: If another server already works on this state folder, or the scheduler's address is one that
                anybody on the way could read and write.
        """
        if settings().scheduler:
            check_address(settings().scheduler)
        try:
            self._lock.acquire()
        except Timeout:
            raise RuntimeError(
                f"Another Digit Lab server uses {settings().state}. Stop it, or set DIGITLAB_STATE to another folder."
            ) from None
        self._thread.start()

    def close(self) -> None:
        """End the trainers; a run that was going on continues at the next start."""
        self._closing.set()
        until = time.monotonic() + CLOSED_WITHIN
        while self._thread.is_alive() and time.monotonic() < until:
            if not self._reached.is_set():
                end_all()
            self._thread.join(LOOK_EVERY)
        self._bringers.shutdown(wait=False, cancel_futures=True)  # Python would wait for them before the process ends
        self._lock.release()

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                self._work()
            except Exception:  # pages wait for this thread; it must outlive any trouble
                if self._closing.is_set():  # which ends trainers that still warm up
                    return
                _log.exception("The trainers could not be started; trying again")
                self._closing.wait(START_AGAIN_AFTER)

    def _work(self) -> None:
        """Reach the trainers and keep them busy until the engine closes."""
        self._reached.clear()
        self._jobs.clear()
        self._told.clear()
        self._given_up.clear()
        for run in self._ledger.running():
            self._orphans.add(attempt_name(run.id, run.attempt))
            if not outcomes.was_published(self._ledger, run):
                self._ledger.lost(run.id, run.attempt, "The server was stopped", blame=False)
        with reached(self._count, self._told.append) as trainers:
            self._reached.set()
            if settings().scheduler:
                trainers.call_off(self._orphans)
            self._orphans.clear()
            try:
                self._look_again_and_again(trainers)
            finally:
                if settings().scheduler:
                    with suppress(Exception):  # perhaps it is the scheduler that is gone
                        trainers.call_off({running.job.name for running in self._jobs.values()})

    def _look_again_and_again(self, trainers: Trainers) -> None:
        """Until the engine closes, or new trainers are needed."""
        stumbles, swept = 0, -math.inf
        looked = self._all_there_at = time.monotonic()
        while not self._closing.wait(LOOK_EVERY):
            stood, looked = time.monotonic() - looked, time.monotonic()
            if stood > STOOD_STILL:  # nobody can have been heard
                for running in self._jobs.values():
                    running.forgive(stood)
            try:
                if time.monotonic() - swept > SWEEP_EVERY:
                    swept = time.monotonic()
                    self._sweep()
                self._look(trainers)
                stumbles = 0
            except SQLAlchemyError:  # a full disk, a locked file: trainers can do nothing about it, and go on
                _log.exception("The ledger cannot be read or written; trying again")
                self._closing.wait(1)
            except Exception:  # one run's trouble must not end everybody's
                _log.exception("The engine stumbled; going on")
                stumbles += 1
                if not trainers.reachable or stumbles > MOST_STUMBLES:
                    raise
                self._closing.wait(1)
            if not self._jobs and looked - self._all_there_at > TOO_FEW_FOR:
                _log.error("A trainer that ended could not be replaced; starting all of them anew")
                return

    def _sweep(self) -> None:
        """Remove what is left of runs that were stopped while they waited or were paused, and of writers killed."""
        self._ledger.stop_forgotten()
        self._ledger.fail_unreadable()
        checkpoints.clear(self._ledger)
        uploads.clear(self._ledger)
        library.clear()

    def _look(self, trainers: Trainers) -> None:
        self._write_down(trainers)
        there = trainers.addresses()
        if trainers.are_all(there):
            self._all_there_at = time.monotonic()
        ended = False
        for run in self._ledger.running():
            self._write_down(trainers)  # the one before may have taken long to be kept
            running = self._jobs.get(run.id)
            if running is None:  # something went wrong while it was given to a trainer
                self._ledger.lost(run.id, run.attempt, "It could not be started")
                continue
            asked = run.control.model_copy(update={"pause": True}) if running.makes_way else run.control
            if asked != running.control:
                trainers.tell(running.job, asked)
                running.control = asked
            ended |= self._end_if_over(trainers, running, there)
        if ended:
            there = trainers.addresses()  # without the trainer whose death we may have heard of since
        free = there - self._given_up - {running.trainer for running in self._jobs.values()}
        while free and (claimed := self._ledger.claim()):
            self._start(trainers, claimed, free.pop())
        self._make_way(any_free=bool(free))

    def _make_way(self, any_free: bool) -> None:
        """Choose those that have had their turn and are to free their trainers for others."""
        had = sorted((job for job in self._jobs.values() if job.turn_is_over), key=lambda job: job.began or 0)
        chosen = set[str]()
        if had and not any_free:
            long = [running.job.run_id for running in had]
            chosen = making_way(self._ledger.running(), self._ledger.waiting(), long)
        for run_id, running in self._jobs.items():
            running.makes_way = run_id in chosen

    def _start(self, trainers: Trainers, run: Run, trainer: str) -> None:
        try:
            job = self._job(run)
        except (OSError, DamagedBundle) as error:
            what = "weights that were uploaded" if run.uploaded else f"model {run.start} to begin with"
            reason = f"The {what} cannot be read: {error}"
            self._ledger.finish(run.id, run.attempt, State.FAILED, reason=reason)
            return
        sent = trainers.begin(job, trainer, run.control)
        self._jobs[run.id] = _Running(job, sent, trainer, run.control, time.monotonic())

    def _job(self, run: Run) -> Job:
        """The next attempt at a run, from its checkpoint if there is a sound one."""
        if run.uploaded:
            return Job(run.id, run.attempt, run.title, run.recipe, weights=uploads.read(run.id))
        data, images = checkpoints.latest(run.id)
        self._ledger.rewind(run.id, images)
        start = library.file(run.start, "model.keras") if run.start and data is None else None
        return Job(run.id, run.attempt, run.title, run.recipe, run.probe, start, run.start, data)

    def _write_down(self, trainers: Trainers) -> None:
        """Put into the ledger, and on the disk, what trainers have told."""
        while self._told:
            message = Message.model_validate(self._told[0])
            running = self._jobs.get(message.run_id)
            if running is not None and running.job.attempt == message.attempt:
                if message.event is not None:
                    self._record(message)
                    running.events_heard += 1
                    running.began = running.began or time.monotonic()
                running.fatal = running.fatal or message.fatal
                running.heard_at = time.monotonic()
            if message.checkpoint:
                self._keep_checkpoints(trainers)
            self._told.popleft()

    def _record(self, message: Message) -> None:
        try:
            event = events.from_json(message.event or "")
        except ValueError:  # it would be no event the next time either
            _log.exception("Run %s told what is no event", message.run_id)
            return
        self._ledger.record(message.run_id, message.attempt, event)

    def _keep_checkpoints(self, trainers: Trainers) -> None:
        newest = {(run_id, attempt): data for run_id, attempt, data in trainers.checkpoints()}
        for (run_id, attempt), data in newest.items():
            running = self._jobs.get(run_id)
            if running is not None and running.job.attempt == attempt:
                try:
                    checkpoints.keep(run_id, data)
                except OSError:  # the run goes on; only, should its trainer die now, from an earlier point
                    _log.exception("A checkpoint of run %s could not be kept", run_id)

    def _end_if_over(self, trainers: Trainers, running: "_Running", there: set[str]) -> bool:
        """Give a run its end if its trainer has come to one, and say whether it has."""
        job, sent = running.job, running.sent
        outcome = running.brought(self._bringers)
        if outcome is not None:
            if not self._end(running, outcome):
                return False
        elif running.trainer not in there:
            self._lose(running, "The trainer process died")
        elif time.monotonic() - (running.done_at or running.heard_at) > settings().patience:
            self._given_up.add(running.trainer)
            trainers.replace(running.trainer)
            self._lose(running, f"The trainer said nothing for {settings().patience:g} seconds")
        else:
            return False
        del self._jobs[job.run_id]
        sent.release()
        trainers.call_off([job.name])  # should a trainer that was given up still be there
        if isinstance(outcome, Outcome) and outcome.spent:
            self._given_up.add(running.trainer)
            trainers.retire(running.trainer)
        run = self._ledger.get(job.run_id)
        if run is not None and run.state.ended:
            checkpoints.file(job.run_id).unlink(missing_ok=True)
            uploads.file(job.run_id).unlink(missing_ok=True)
        return True

    def _end(self, running: "_Running", outcome: Outcome | Exception) -> bool:
        """Write down how a job ended; False while some of its events are still on their way."""
        job = running.job
        match outcome:
            case KilledWorker() | CancelledError() | TrainerDied():
                _log.warning("Run %s: %r", job.run_id, outcome)
                self._lose(running, "The trainer process died")
                return True
            case Exception():
                reason = str(outcome) if isinstance(outcome, Failed) else f"{type(outcome).__name__}: {outcome}"
                _log.error("Run %s failed: %s", job.run_id, reason)
                self._ledger.finish(job.run_id, job.attempt, State.FAILED, reason=reason)
                return True
        waited = time.monotonic() - (running.done_at or 0)
        if running.events_heard < outcome.events_told and waited < LATE_EVENTS:
            return False
        outcomes.keep(self._ledger, job, outcome, running.makes_way)
        return True

    def _lose(self, running: "_Running", reason: str) -> None:
        _log.warning("Run %s, attempt %s: %s", running.job.run_id, running.job.attempt, running.fatal or reason)
        if running.fatal is not None:
            self._ledger.finish(running.job.run_id, running.job.attempt, State.FAILED, reason=running.fatal)
        else:
            self._ledger.lost(running.job.run_id, running.job.attempt, reason)


@dataclass
class _Running:
    """A job on a trainer, as the engine sees it."""

    job: Job
    sent: Future
    trainer: str  # its address
    control: Control  # as it was told last
    heard_at: float  # seconds, monotonic
    events_heard: int = 0  # and written down
    fatal: str | None = None  # why the trainer said it would end itself
    began: float | None = None  # to tell, seconds, monotonic
    makes_way: bool = False  # for others
    done_at: float | None = None  # seconds, monotonic
    bringing: Bringing[Outcome] | None = None  # its outcome

    @property
    def turn_is_over(self) -> bool:
        return self.began is not None and time.monotonic() - self.began > 60 * settings().turn

    def forgive(self, seconds: float) -> None:
        """Do not count so many seconds as silence."""
        self.heard_at += seconds
        if self.done_at is not None:
            self.done_at += seconds

    def brought(self, bringers: Executor) -> Outcome | Exception | None:
        """What came of a job, or the exception that ended it; None while it goes on or its outcome is on its way."""
        if not self.sent.done():  # or not any more: Dask lost what a trainer held that died
            self.done_at = self.bringing = None
            return None
        self.done_at = self.done_at or time.monotonic()
        if self.sent.status == "error":
            error: Exception = self.sent.exception(timeout=ANSWER_WITHIN)
            return error
        if self.sent.cancelled():
            return CancelledError()
        if self.bringing is None:
            self.bringing = bringers.submit(self.sent.result, timeout=BROUGHT_WITHIN)
        if not self.bringing.done():
            return None
        if self.bringing.exception() is None:
            return self.bringing.result()
        self.bringing = None  # a slow line, or one that broke: it is asked for again
        return None
