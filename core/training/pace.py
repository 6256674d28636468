"""How fast a training goes: how many steps a call may take, and where a limit of seconds will end it."""

import math
import sys
import time
from collections import deque

CALL_SECONDS = 0.2  # aimed at, so that an event comes every quarter of a second or sooner
MEASURED_SECONDS = 0.5  # of training, without the compiling call, before a limit of seconds becomes one of images


class Pace:
    """The clock of one training.

    Args:
        limit: Seconds that it may take; 0: as many as it needs.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.steps_a_call = 1
        self.most_images: int | None = None  # where the limit is to end the run, as measured last
        self._began = time.perf_counter()
        self._calls = 0
        self._lately: deque[tuple[int, float]] = deque(maxlen=15)  # images and seconds of the latest calls

    def go_on(self, seconds: float, most_images: int | None) -> None:
        """Be where a training stood after so many seconds."""
        self._began = time.perf_counter() - seconds
        self.most_images = most_images

    @property
    def seconds(self) -> float:
        """Since the run began, pauses left out."""
        return time.perf_counter() - self._began

    @property
    def seconds_left(self) -> float:
        """Of the limit; infinite without one."""
        return max(0.0, self._limit - self.seconds) if self._limit else math.inf

    def room(self, images: int) -> int:
        """How many more images there is time for, after so many."""
        return sys.maxsize if self.most_images is None else self.most_images - images

    def is_over(self, images: int, batch: int) -> bool:
        """Whether the limit leaves no room for a batch of so many images."""
        return bool(self._limit) and (self.seconds >= self._limit or batch > self.room(images))

    def adapt(self, steps: int, seconds: float) -> None:
        """Let a call take as many steps as last as long as one should, by how long so many have lasted."""
        if steps == self.steps_a_call:
            self.steps_a_call = max(1, min(4 * steps, int(steps * CALL_SECONDS / seconds)))

    def measure(self, images: int, trained: int, seconds: float, slow: bool) -> float:
        """Images a second, lately; the first call compiled, too, and is forgotten.

        Args:
            images: Trained on since the run began.
            trained: Trained on in the latest call.
            seconds: That it took.
            slow: It is in slow motion, which says nothing about the time it needs.
        """
        self._calls += 1
        if self._calls == 2:
            self.forget()
        self._lately.append((trained, seconds))
        took = sum(seconds for _, seconds in self._lately)
        rate = sum(images for images, _ in self._lately) / took
        if self._limit and self._calls > 1 and took >= MEASURED_SECONDS and not slow:
            self.most_images = images + int(rate * self.seconds_left)  # again and again: the first calls are slow
        return rate

    def forget(self) -> None:
        """Measure anew: what comes is faster or slower than what was."""
        self._lately.clear()

    def waited(self, seconds: float) -> None:
        """Count a wait to the latest call, or the time left would be far too short."""
        images, took = self._lately.pop()
        self._lately.append((images, took + seconds))
