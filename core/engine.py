"""Executes the ledger's runs on trainer processes, with Dask.

The engine keeps no state that matters: it looks at the ledger, gives a free trainer the next run, writes down what
trainers tell, and gives each run its end. Pages never talk to it.
"""

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import dask
from distributed import Client, Event, Future, KilledWorker, LocalCluster, get_worker
from filelock import FileLock, Timeout

from core import events, library
from core.recipe import Recipe
from core.runs import Ledger, Run, State
from core.settings import settings

LOOK_EVERY = 0.1  # seconds
START_AGAIN_AFTER = 5  # seconds
LATE_EVENTS = 5  # seconds that a finished run's last events are waited for
TOPIC = "digit-lab"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What a trainer sends back at a run's end; no files if it was stopped."""

    files: dict[str, bytes]
    events_told: int
    test_accuracy: float
    test_loss: float


class Engine:
    """Runs what the ledger holds until it is closed.

    Args:
        ledger: Where the runs are.
        trainers: How many runs at once, each in a process of its own.
    """

    def __init__(self, ledger: Ledger, trainers: int) -> None:
        self._ledger, self._trainers = ledger, trainers
        self._told: deque[dict[str, Any]] = deque()  # filled by Dask's thread, emptied by ours
        self._jobs: dict[str, _Job] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="engine", daemon=True)
        settings().state.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(settings().state / "engine.lock", timeout=0)

    def start(self) -> None:
        """Begin in the background; trainers need a few seconds to warm up.

        Raises:
            RuntimeError: If another server already works on this state folder.
        """
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
        if self._thread.is_alive():
            self._thread.join(timeout=20)
        self._lock.release()

    def _serve(self) -> None:
        # One death of a trainer is reported at once: whether to try again is the ledger's business, not Dask's.
        dask.config.set({"distributed.scheduler.allowed-failures": 0})
        while not self._closing.is_set():
            try:
                self._work()
            except Exception:  # pages wait for this thread; it must outlive any trouble
                _log.exception("The trainers could not be started; trying again")
                self._closing.wait(START_AGAIN_AFTER)

    def _work(self) -> None:
        """Start the trainers and keep them busy until the engine closes."""
        self._jobs.clear()
        for run in self._ledger.running():
            self._ledger.lost(run.id, run.attempt, "The server was stopped")
        with (
            LocalCluster(
                n_workers=self._trainers,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",  # any free port; without an address it takes a fixed one
                scheduler_kwargs={"dashboard": False},
                memory_limit="6GiB",
                preload=["core.training.warm"],
            ) as cluster,
            Client(cluster) as client,
        ):
            client.subscribe_topic(TOPIC, lambda event: self._told.append(event[1]))
            while not self._closing.wait(LOOK_EVERY):
                try:
                    self._look(client)
                except Exception:  # one run's trouble must not end everybody's
                    _log.exception("The engine stumbled; going on")

    def _look(self, client: Client) -> None:
        self._write_down()
        for run in self._ledger.running():
            job = self._jobs.get(run.id)
            if job is None:
                continue
            if run.stop_requested and not job.stopping:
                Event(_stop_name(run.id, run.attempt), client=client).set()
                job.stopping = True
            if job.future.done() and self._end(job):
                del self._jobs[run.id]
        while len(self._jobs) < self._trainers and (claimed := self._ledger.claim()):
            what = (claimed.recipe.model_dump_json(), claimed.id, claimed.attempt, claimed.title)
            self._jobs[claimed.id] = _Job(claimed, client.submit(_train, *what, pure=False, retries=0))

    def _write_down(self) -> None:
        while self._told:
            told = self._told[0]
            job = self._jobs.get(told["run"])
            if job is not None and job.run.attempt == told["attempt"]:
                self._ledger.record(job.run.id, job.run.attempt, events.from_json(told["event"]))
                job.heard += 1
            self._told.popleft()

    def _end(self, job: "_Job") -> bool:
        """Write down how a job ended; False while some of its events are still on their way."""
        run = job.run
        if job.future.cancelled():  # the scheduler has forgotten it
            self._ledger.lost(run.id, run.attempt, "The trainer was lost")
            return True
        error = job.future.exception()
        if isinstance(error, KilledWorker):
            self._ledger.lost(run.id, run.attempt, "The trainer process died")
        elif error is not None:
            _log.error("Run %s failed: %r", run.id, error)
            known = str(error) if isinstance(error, ArithmeticError) else f"{type(error).__name__}: {error}"
            self._ledger.finish(run.id, run.attempt, State.FAILED, reason=known)
        else:
            outcome: Outcome = job.future.result()
            job.done_at = job.done_at or time.monotonic()
            if job.heard < outcome.events_told and time.monotonic() - job.done_at < LATE_EVENTS:
                return False
            self._keep(run, outcome)
        return True

    def _keep(self, run: Run, outcome: Outcome) -> None:
        if not outcome.files:
            self._ledger.finish(run.id, run.attempt, State.STOPPED)
            return
        try:
            model = library.publish(outcome.files, f"{run.title}-{run.id}")
        except (OSError, ValueError) as error:
            reason = f"The model could not be saved: {error}"
            self._ledger.finish(run.id, run.attempt, State.FAILED, reason=reason)
            return
        self._ledger.finish(
            run.id,
            run.attempt,
            State.DONE,
            model=model,
            test_accuracy=outcome.test_accuracy,
            test_loss=outcome.test_loss,
        )


@dataclass
class _Job:
    """A run on a trainer, as the engine sees it."""

    run: Run
    future: Future
    heard: int = 0  # events written down
    stopping: bool = False
    done_at: float | None = None  # seconds, monotonic


def _stop_name(run_id: str, attempt: int) -> str:
    return f"stop-{run_id}-{attempt}"


def _train(recipe_json: str, run_id: str, attempt: int, title: str) -> Outcome:
    """Do one run; this is what travels to a trainer process."""
    from core import drawings, mnist
    from core.training import export, loop

    stop = Event(_stop_name(run_id, attempt))
    told = 0

    def report(event: events.Progress | events.EpochEnd) -> None:
        nonlocal told
        told += 1
        message = {"run": run_id, "attempt": attempt, "event": event.model_dump_json()}
        get_worker().log_event(TOPIC, message)

    digits, drawn = mnist.digits(), drawings.recorded()
    trained = loop.train(Recipe.model_validate_json(recipe_json), digits, report, stop.is_set, drawn)
    files = {} if trained.stopped else export.bundle(trained, digits, title, drawn)
    return Outcome(files, told, trained.test_accuracy, trained.test_loss)
