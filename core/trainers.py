"""The processes that train, by way of Dask: started on this machine, or the workers of a scheduler."""

import asyncio
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import dask
from distributed import Client, Future, LocalCluster, Queue, Variable
from distributed.gc import disable_gc_diagnosis

from core.events import Control
from core.jobs import CHECKPOINTS, TOPIC, Job, Outcome
from core.settings import settings

ANSWER_WITHIN = 10  # seconds for the scheduler
WARM_UP = "core.training.warm"  # what a trainer does first
DASK = {
    # One death of a trainer is reported at once: whether to try again is the ledger's business, not Dask's.
    "distributed.scheduler.allowed-failures": 0,
    # A trainer that has to wait for a processor is slow to answer, and not dead.
    "distributed.comm.timeouts.tcp": "120s",
    # A new process in a dead one's place may take long to import TensorFlow; by default Dask gives it up after 15 s.
    "distributed.deploy.lost-worker-timeout": "1 day",
    # A trainer that hangs is noticed by the engine; after a laptop's sleep all of them have been silent.
    "distributed.scheduler.worker-ttl": None,
    # Pages are served by this process: Dask need not look at itself fifty times a second.
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "10s",
}


class Trainers:
    """All that a client reaches, each known by its address."""

    def __init__(self, client: Client, count: int) -> None:
        self._client, self._count = client, count

    @property
    def reachable(self) -> bool:
        return bool(self._client.status == "running")

    def addresses(self) -> set[str]:
        """Those that are there now."""
        # Not `scheduler_info`: between its question and its answer Dask may put one without workers in its place.
        return set(self._client.sync(self._client.scheduler.identity, callback_timeout=ANSWER_WITHIN)["workers"])

    def are_all(self, there: set[str]) -> bool:
        """Whether none is missing; of a scheduler nobody knows how many it should have."""
        return bool(settings().scheduler) or len(there) >= self._count

    def begin(self, job: Job, trainer: str, control: Control) -> Future:
        """Give a job to a trainer, and with it what people ask of its run; what it gives is an `Outcome`."""
        self.tell(job, control)
        return self._client.submit(_train, job, pure=False, retries=0, workers=[trainer], key=job.name)

    def tell(self, job: Job, control: Control) -> None:
        """Say what people ask of a job's run now."""
        self._say(job.name, control)

    def call_off(self, attempts: Iterable[str]) -> None:
        """Tell the trainers of these attempts, if there are any left, to throw away what they do."""
        for name in attempts:
            self._say(name, Control(stop="discard"))

    def _say(self, attempt: str, control: Control) -> None:
        Variable(attempt, client=self._client).set(control.model_dump_json(), timeout=ANSWER_WITHIN)

    def checkpoints(self) -> list[tuple[str, int, bytes]]:
        """The checkpoints that have come: a run's id, its attempt, the bytes."""
        found: list[tuple[str, int, bytes]] = Queue(CHECKPOINTS, client=self._client).get(
            batch=True, timeout=ANSWER_WITHIN
        )
        return found

    def replace(self, trainer: str) -> None:
        """End one that hangs, for another in its place."""
        self._client.restart_workers([trainer], timeout=ANSWER_WITHIN, raise_for_error=False)

    def retire(self, trainer: str) -> None:
        """Have one that has nothing to do end itself, without waiting for the other that comes in its place."""
        self._client.run(_end_soon, workers=[trainer], wait=False, on_error="ignore")


@contextmanager
def reached(count: int, hear: Callable[[dict[str, Any]], object]) -> Iterator[Trainers]:
    """Trainers on this machine, so many, or those of the scheduler that the settings name.

    Args:
        count: How many to start here.
        hear: Called by Dask's thread with each `jobs.Message` of a trainer, as a dictionary.
    """
    dask.config.set(DASK)
    with _client(count) as client:
        disable_gc_diagnosis(force=True)  # it weighs the process twice at every collection: after every rerun
        client.subscribe_topic(TOPIC, lambda event: hear(event[1]))
        yield Trainers(client, count)


@contextmanager
def _client(count: int) -> Iterator[Client]:
    if settings().scheduler:
        with Client(settings().scheduler, timeout=ANSWER_WITHIN, set_as_default=False) as client:
            yield client
        return
    with (
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",  # any free port; without an address it takes a fixed one
            scheduler_kwargs={"dashboard": False},
            memory_limit=0,  # a trainer watches its own: then a run that needs too much is told why
            preload=[WARM_UP],
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def end_all() -> None:
    """Kill the trainers of this machine; Dask would first wait for those that still warm up."""
    for process in multiprocessing.active_children():
        process.kill()


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


async def _end_soon() -> None:
    await asyncio.sleep(0.2)  # its answer goes first
    os._exit(1)


def _train(job: Job) -> Outcome:
    """Do one job; this is what travels to a trainer process, the only place that has TensorFlow."""
    from core.training import job as work

    return work.run(job)
