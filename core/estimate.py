"""About how long trainings take, before they begin and while they wait.

From the multiply-adds of a recipe and what two shared cores did with them, corrected by what this lab's own runs
took. Said with "about", and never used for anything but being said.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from math import inf
from statistics import median

from core.recipe import Recipe
from core.run import Run, State
from core.runs import Ledger
from core.settings import settings
from core.turns import making_way

RATE = 7e10  # multiply-adds a second, forward and backward; `first-network` and `simple-cnn` on two cores
STEP_SECONDS = 7e-5  # what a gradient step costs beside them; `ten-lines`
AROUND_SECONDS = 3  # compiling, the final test, saving
GENERATED, RECORDED = 40_800, 91_904  # images that pen drawings add to an epoch
LATELY = 10  # runs that the correction looks at


def seconds(recipe: Recipe) -> float:
    """About how long a recipe trains on two cores, everything included."""
    more = GENERATED + (RECORDED if settings().strokes.exists() else 0) if recipe.pen_drawings else 0
    images = (recipe.fitted_images + more) * recipe.epochs
    trained = 3 * recipe.multiply_adds * images / RATE + images / recipe.batch_size * STEP_SECONDS
    return AROUND_SECONDS + (min(trained, recipe.seconds) if recipe.seconds else trained)


def correction(ended: Sequence[Run]) -> float:
    """How much slower than expected this lab's latest whole runs were; 1 if there were none."""
    took = measured(ended)
    return median(took[:LATELY]) if took else 1.0


def measured(ended: Sequence[Run]) -> list[float]:
    """How many times as long as expected each of this lab's whole runs took; the others tell nothing."""
    return [
        (run.ended - run.started) / seconds(run.recipe)
        for run in ended
        if run.state == State.DONE
        and run.attempt == 1
        and not run.uploaded
        and not run.control.slow
        and run.started is not None
        and run.ended is not None
        and run.ended > run.started  # or the clock was set back
    ]


def until_start(ledger: Ledger, slots: int) -> dict[str, float]:
    """For each waiting run about how many seconds until a trainer takes it, if nobody else comes.

    Args:
        ledger: The runs.
        slots: How many runs train at once.
    """
    slower, running, waiting = correction(ledger.recent()), ledger.running(), ledger.waiting()
    turn = 60 * settings().turn + AROUND_SECONDS
    make_way = making_way(running, waiting, [run.id for run in sorted(running, key=lambda run: run.started or 0)])
    ends = defaultdict[str, list[float]](list)  # of each owner's runs
    for run in running:
        rest_of_turn = max(0, turn - _since(run.started)) if run.id in make_way else inf
        ends[run.owner].append(min(_left(ledger, run, slower), rest_of_turn))
    free_in = sorted(chain.from_iterable(ends.values()))
    free_in = [0.0] * max(0, slots - len(free_in)) + free_in
    longest = turn if len({run.owner for run in running + waiting}) > 1 else inf
    starts: dict[str, float] = {}
    for run in waiting:
        own = ends[run.owner]
        begins = free_in.pop(0)
        if run.owner and len(own) >= settings().running_each:
            begins = max(begins, own.pop(own.index(min(own))))
        starts[run.id] = begins
        own.append(begins + min(_left(ledger, run, slower), longest))
        free_in = sorted([*free_in, own[-1]])
    return starts


def _since(began: float | None) -> float:
    """Seconds that have passed since a moment, in Unix seconds; none if the clock was set back behind it."""
    return max(0, time.time() - began) if began else 0


def _left(ledger: Ledger, run: Run, slower: float) -> float:
    progress = ledger.progress(run.id) if run.attempt else None
    return AROUND_SECONDS + progress.seconds_left if progress else slower * seconds(run.recipe)
