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
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from concurrent.futures import Future as Bringing
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, Queue, Variable
from distributed.gc import disable_gc_diagnosis
from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError

from core import checkpoint, events, files, library, uploads
from core.events import Control
from core.jobs import CHECKPOINTS, TOPIC, Failed, Job, Message, Outcome, TrainerDied, attempt_name
from core.run import Run, State
from core.runs import Ledger
from core.settings import settings
from core.turns import making_way

LOOK_EVERY = 0.1  # seconds
START_AGAIN_AFTER = 5  # seconds
LATE_EVENTS = 5  # seconds that a finished run's last events are waited for
ANSWER_WITHIN = 10  # seconds for the scheduler
BROUGHT_WITHIN = 60  # seconds for a bundle of perhaps 100 MB; if it takes longer, it is asked for again
SWEEP_EVERY = 60  # seconds
MOST_STUMBLES = 50  # looks in a row that may fail before the trainers are started anew
STOOD_STILL = 5  # seconds between two looks: the process was stopped, or asleep with the whole machine
TOO_FEW_FOR = 180  # seconds without a trainer that Dask could not replace, until all are started anew
DASK = {
    # One death of a trainer is reported at once: whether to try again is the ledger's business, not Dask's.
    "distributed.scheduler.allowed-failures": 0,
    # A trainer that has to wait for a processor is slow to answer, and not dead.
    "distributed.comm.timeouts.tcp": "120s",
    # A new process in a dead one's place may take long to import TensorFlow; by default Dask gives it up after 15 s.
    "distributed.deploy.lost-worker-timeout": "1 day",
    # A trainer that hangs is noticed here; after a laptop's sleep all of them have been silent.
    "distributed.scheduler.worker-ttl": None,
    # Pages are served by this process: Dask need not look at itself fifty times a second.
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "10s",
}
_log = logging.getLogger(__name__)


class Engine:
    """Runs what the ledger holds until it is closed.

    Args:
        ledger: Where the runs are.
        trainers: How many runs at once, each in a process of its own; a remote scheduler's workers instead, if the
            settings name one.
    """

    def __init__(self, ledger: Ledger, trainers: int) -> None:
        self._ledger, self._trainers = ledger, trainers
        self._told: deque[dict[str, Any]] = deque()  # filled by Dask's thread, emptied by ours
        self._jobs: dict[str, _Running] = {}
        self._given_up: set[str] = set()  # addresses of trainers that hang; a new process has another address
        self._all_there_at = 0.0  # seconds, monotonic, when there was no trainer missing
        self._orphans: set[str] = set()  # attempts that a scheduler's workers may still be at, though they are over
        self._bringers = ThreadPoolExecutor(64, "bring")  # outcomes; a slow line must not make others wait
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="engine", daemon=True)
        self._checkpoints = settings().state / "checkpoints"
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
        if self._thread.is_alive():
            self._thread.join(timeout=20)
        self._bringers.shutdown(wait=False, cancel_futures=True)  # Python would wait for them before the process ends
        self._lock.release()

    def _serve(self) -> None:
        dask.config.set(DASK)
        while not self._closing.is_set():
            try:
                self._work()
            except Exception:  # pages wait for this thread; it must outlive any trouble
                _log.exception("The trainers could not be started; trying again")
                self._closing.wait(START_AGAIN_AFTER)

    def _work(self) -> None:
        """Reach the trainers and keep them busy until the engine closes."""
        self._jobs.clear()
        self._told.clear()
        self._given_up.clear()
        for run in self._ledger.running():
            self._orphans.add(attempt_name(run.id, run.attempt))
            if not self._was_published(run):
                self._ledger.lost(run.id, run.attempt, "The server was stopped", blame=False)
        with self._client() as client:
            disable_gc_diagnosis(force=True)  # it weighs the process twice at every collection: after every rerun
            client.subscribe_topic(TOPIC, lambda event: self._told.append(event[1]))
            if settings().scheduler:
                self._call_off(client, self._orphans)
            self._orphans.clear()
            try:
                self._look_again_and_again(client)
            finally:
                if settings().scheduler:
                    with suppress(Exception):  # perhaps it is the scheduler that is gone
                        self._call_off(client, {running.job.name for running in self._jobs.values()})

    def _look_again_and_again(self, client: Client) -> None:
        """Until the engine closes, or new trainers are needed."""
        stumbles, swept = 0, -math.inf
        looked = self._all_there_at = time.monotonic()
        while not self._closing.wait(LOOK_EVERY):
            stood, looked = time.monotonic() - looked, time.monotonic()
            if stood > STOOD_STILL:  # nobody can have been heard
                for running in self._jobs.values():
                    running.heard_at += stood
                    if running.done_at is not None:
                        running.done_at += stood
            try:
                if time.monotonic() - swept > SWEEP_EVERY:
                    swept = time.monotonic()
                    self._sweep()
                self._look(client)
                stumbles = 0
            except SQLAlchemyError:  # a full disk, a locked file: trainers can do nothing about it, and go on
                _log.exception("The ledger cannot be read or written; trying again")
                self._closing.wait(1)
            except Exception:  # one run's trouble must not end everybody's
                _log.exception("The engine stumbled; going on")
                stumbles += 1
                if client.status != "running" or stumbles > MOST_STUMBLES:
                    raise
                self._closing.wait(1)
            if not self._jobs and looked - self._all_there_at > TOO_FEW_FOR:
                _log.error("A trainer that ended could not be replaced; starting all of them anew")
                return

    def _sweep(self) -> None:
        """Remove what is left of runs that were stopped while they waited or were paused, and of writers killed."""
        self._ledger.stop_forgotten()
        self._ledger.fail_unreadable()
        for file in self._checkpoints.glob("*.npz"):
            of = self._ledger.get(file.stem)
            if of is None or of.state.ended:
                file.unlink(missing_ok=True)
        uploads.clear(self._ledger)
        for folder, left in (
            (self._checkpoints, ".*.npz-*"),
            (uploads.folder(), ".*.safetensors-*"),
            (settings().models, ".new-*"),
            (settings().models, ".gone-*"),
        ):
            files.sweep(folder, left)

    @contextmanager
    def _client(self) -> Iterator[Client]:
        """Trainers on this machine, or those of the scheduler that the settings name."""
        if settings().scheduler:
            with Client(settings().scheduler, timeout=ANSWER_WITHIN, set_as_default=False) as client:
                yield client
            return
        with (
            LocalCluster(
                n_workers=self._trainers,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",  # any free port; without an address it takes a fixed one
                scheduler_kwargs={"dashboard": False},
                memory_limit=0,  # a trainer watches its own: then a run that needs too much is told why
                preload=["core.training.warm"],
            ) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            yield client

    def _look(self, client: Client) -> None:
        self._write_down(client)
        # Not `scheduler_info`: between its question and its answer Dask may put one without workers in its place.
        there = set(client.sync(client.scheduler.identity, callback_timeout=ANSWER_WITHIN)["workers"])
        if settings().scheduler or len(there) >= self._trainers:
            self._all_there_at = time.monotonic()
        for run in self._ledger.running():
            self._write_down(client)  # the one before may have taken long to be kept
            running = self._jobs.get(run.id)
            if running is None:  # something went wrong while it was given to a trainer
                self._ledger.lost(run.id, run.attempt, "It could not be started")
                continue
            asked = run.control.model_copy(update={"pause": True}) if running.makes_way else run.control
            if asked != running.control:
                self._tell(client, running.job, asked)
                running.control = asked
            self._end_if_over(client, running, there)
        free = there - self._given_up - {running.trainer for running in self._jobs.values()}
        while free and (claimed := self._ledger.claim()):
            self._start(client, claimed, free.pop())
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

    def _start(self, client: Client, run: Run, trainer: str) -> None:
        try:
            job = self._job(run)
        except (OSError, library.DamagedBundle) as error:
            what = "weights that were uploaded" if run.uploaded else f"model {run.start} to begin with"
            reason = f"The {what} cannot be read: {error}"
            self._ledger.finish(run.id, run.attempt, State.FAILED, reason=reason)
            return
        self._tell(client, job, run.control)
        sent = client.submit(_train, job, pure=False, retries=0, workers=[trainer], key=job.name)
        self._jobs[run.id] = _Running(job, sent, trainer, run.control, time.monotonic())

    def _job(self, run: Run) -> Job:
        """The next attempt at a run, from its checkpoint if there is a sound one."""
        if run.uploaded:
            return Job(run.id, run.attempt, run.title, run.recipe, weights=uploads.read(run.id))
        done, data = 0, None
        try:
            data = self._checkpoint_file(run.id).read_bytes()
            done = checkpoint.from_bytes(data).at.images
        except FileNotFoundError:
            pass
        except (OSError, ValueError):
            _log.exception("Run %s begins again", run.id)
            data = None
        self._ledger.rewind(run.id, done)
        start = library.file(run.start, "model.keras") if run.start and data is None else None
        return Job(run.id, run.attempt, run.title, run.recipe, run.probe, start, run.start, data)

    def _tell(self, client: Client, job: Job, control: Control) -> None:
        Variable(job.name, client=client).set(control.model_dump_json(), timeout=ANSWER_WITHIN)

    def _call_off(self, client: Client, names: Iterable[str]) -> None:
        """Tell the trainers of these attempts, if there are any left, to throw away what they do."""
        for name in names:
            Variable(name, client=client).set(Control(stop="discard").model_dump_json(), timeout=ANSWER_WITHIN)

    def _write_down(self, client: Client) -> None:
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
                self._keep_checkpoints(client)
            self._told.popleft()

    def _record(self, message: Message) -> None:
        try:
            event = events.from_json(message.event or "")
        except ValueError:  # it would be no event the next time either
            _log.exception("Run %s told what is no event", message.run_id)
            return
        self._ledger.record(message.run_id, message.attempt, event)

    def _keep_checkpoints(self, client: Client) -> None:
        for run_id, attempt, data in Queue(CHECKPOINTS, client=client).get(batch=True, timeout=ANSWER_WITHIN):
            running = self._jobs.get(run_id)
            if running is not None and running.job.attempt == attempt:
                try:
                    files.write(self._checkpoint_file(run_id), data)
                except OSError:  # the run goes on; only, should its trainer die now, from an earlier point
                    _log.exception("A checkpoint of run %s could not be kept", run_id)

    def _checkpoint_file(self, run_id: str) -> Path:
        return self._checkpoints / f"{run_id}.npz"

    def _end_if_over(self, client: Client, running: "_Running", there: set[str]) -> None:
        """Give a run its end if its trainer has come to one."""
        job, sent = running.job, running.sent
        outcome = self._brought(running)
        if outcome is not None:
            if not self._end(running, outcome):
                return
        elif running.trainer not in there:
            self._lose(running, "The trainer process died")
        elif time.monotonic() - (running.done_at or running.heard_at) > settings().patience:
            self._given_up.add(running.trainer)
            client.restart_workers([running.trainer], timeout=ANSWER_WITHIN, raise_for_error=False)
            self._lose(running, f"The trainer said nothing for {settings().patience:g} seconds")
        else:
            return
        del self._jobs[job.run_id]
        sent.release()
        self._call_off(client, [job.name])  # should a trainer that was given up still be there
        run = self._ledger.get(job.run_id)
        if run is not None and run.state.ended:
            self._checkpoint_file(job.run_id).unlink(missing_ok=True)
            uploads.file(job.run_id).unlink(missing_ok=True)

    def _brought(self, running: "_Running") -> Outcome | Exception | None:
        """What came of a job, or the exception that ended it; None while it goes on or its outcome is on its way."""
        if not running.sent.done():  # or not any more: Dask lost what a trainer held that died
            running.done_at = running.bringing = None
            return None
        running.done_at = running.done_at or time.monotonic()
        if running.sent.status == "error":
            error: Exception = running.sent.exception(timeout=ANSWER_WITHIN)
            return error
        if running.sent.cancelled():
            return CancelledError()
        if running.bringing is None:
            running.bringing = self._bringers.submit(running.sent.result, timeout=BROUGHT_WITHIN)
        if not running.bringing.done():
            return None
        if running.bringing.exception() is None:
            return running.bringing.result()
        running.bringing = None  # a slow line, or one that broke: it is asked for again
        return None

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
        self._keep(running, outcome)
        return True

    def _lose(self, running: "_Running", reason: str) -> None:
        _log.warning("Run %s, attempt %s: %s", running.job.run_id, running.job.attempt, running.fatal or reason)
        if running.fatal is not None:
            self._ledger.finish(running.job.run_id, running.job.attempt, State.FAILED, reason=running.fatal)
        else:
            self._ledger.lost(running.job.run_id, running.job.attempt, reason)

    def _keep(self, running: "_Running", outcome: Outcome) -> None:
        job = running.job
        try:
            if outcome.checkpoint is not None:
                files.write(self._checkpoint_file(job.run_id), outcome.checkpoint)
                self._ledger.paused(job.run_id, job.attempt, made_way=running.makes_way)
                return
            model = _published(job, outcome.files) if outcome.files else None
        except (OSError, ValueError) as error:
            what = "model" if outcome.files else "checkpoint"
            reason = f"The {what} could not be saved: {error}"
            self._ledger.finish(job.run_id, job.attempt, State.FAILED, reason=reason)
            return
        self._ledger.finish(
            job.run_id,
            job.attempt,
            State.STOPPED if outcome.stopped or model is None else State.DONE,
            model=model,
            test_accuracy=outcome.test_accuracy,
            test_loss=outcome.test_loss,
        )

    def _was_published(self, run: Run) -> bool:
        """Whether the server ended between publishing a run's model and writing it down; then write it down."""
        name = _bundle_name(run.title, run.id)
        try:
            card = library.card(name)
        except (FileNotFoundError, library.DamagedBundle):
            return False
        return self._ledger.finish(
            run.id,
            run.attempt,
            State.STOPPED if run.control.stop else State.DONE,
            model=name,
            test_accuracy=card.test_accuracy,
            test_loss=card.test_loss,
        )


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


def check_address(address: str) -> None:
    """Refuse a scheduler to which anybody in between could send code: one off this machine without TLS.

    Raises:
        RuntimeError: With a sentence that says what to do.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        here = ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    if parts.scheme not in ("tcp", "tls") or not host or not parts.port:
        raise RuntimeError(f"DIGITLAB_SCHEDULER must look like tls://HOST:PORT or tcp://127.0.0.1:PORT, got {address}.")
    if parts.scheme == "tcp" and not here:
        raise RuntimeError(
            f"The scheduler {address} is on another machine and speaks without encryption: anybody on the way could "
            "run code here. Give it TLS certificates and an address with tls://, or reach it through a tunnel."
        )


def _bundle_name(title: str, run_id: str) -> str:
    return f"{title}-{run_id}"


def _published(job: Job, bundle: dict[str, bytes]) -> str:
    """Put a run's model into the library, once: it may have been published, and then the ledger not been written."""
    name = _bundle_name(job.title, job.run_id)
    try:
        library.card(name)
    except (FileNotFoundError, library.DamagedBundle):
        return library.publish(bundle, name)
    return name


def _train(job: Job) -> Outcome:
    """Do one job; this is what travels to a trainer process, the only place that has TensorFlow."""
    from core.training import job as work

    return work.run(job)
