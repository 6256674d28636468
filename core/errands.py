"""Long work of the web process: done once for everybody, one errand after the other, in a thread of its own."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

MOST_KEPT = 12  # results; the one longest not asked for is forgotten first
MANY = 6  # errands that wait; with more, those that nobody asks for any more are left out
FORGOTTEN_AFTER = 30  # seconds

Report = Callable[[float], None]  # told the share that is done, in [0, 1]


@dataclass
class Errand:
    """One piece of work: how far it is, and what came of it."""

    share: float = 0.0
    result: Any = None
    error: Exception | None = None
    done: bool = False
    asked_at: float = 0.0  # seconds, monotonic, when somebody wanted it last
    left_out: bool = False  # nobody seemed to want it any more; who does asks anew


class Errands:
    """Work by its key; safe to share between threads."""

    def __init__(self, most_kept: int = MOST_KEPT) -> None:
        self._most_kept = most_kept
        self._known: OrderedDict[Hashable, Errand] = OrderedDict()
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, "errands")

    def ask(self, key: Hashable, work: Callable[[Report], Any]) -> Errand:
        """The errand of this key, begun now if it is new; one that failed stays so until `try_again`."""
        with self._lock:
            errand = self._known.get(key)
            if errand is None:
                errand = self._known[key] = Errand()
                self._worker.submit(self._do, key, errand, work)
            errand.asked_at = time.monotonic()
            self._known.move_to_end(key)
            done = [old for old, kept in self._known.items() if kept.done]
            for old in done[: max(0, len(done) - self._most_kept)]:
                del self._known[old]
        return errand

    def try_again(self, key: Hashable) -> None:
        """Forget the failure of an errand, so that it is begun anew when it is asked for."""
        with self._lock:
            errand = self._known.get(key)
            if errand is not None and errand.error is not None:
                del self._known[key]

    def close(self) -> None:
        """Begin nothing more: Python would do all that waits before it lets the process end."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _do(self, key: Hashable, errand: Errand, work: Callable[[Report], Any]) -> None:
        with self._lock:
            waiting = sum(not known.done for known in self._known.values())
            if waiting > MANY and time.monotonic() - errand.asked_at > FORGOTTEN_AFTER:
                del self._known[key]
                errand.left_out = True
                return

        def report(share: float) -> None:
            errand.share = share

        try:
            errand.result = work(report)
        except Exception as error:
            logging.getLogger(__name__).exception("An errand failed")
            errand.error = error
        errand.done = True


errands = Errands()  # of this process
