"""Runs beside each other: what each has told, what differs in their recipes, what came out of them."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from pydantic import BaseModel

from core.history import History
from core.recipe import Recipe
from core.run import Run, State

MOST_RUNS = 8  # beside each other; more colours cannot be told apart
_TITLES = {"seconds": "Limit of seconds"}  # of settings whose names say too little here
_NONE_IF_0 = ("seconds", "patience", "averaged_epochs", "validation_split")
_UNFINISHED = {State.QUEUED: "waiting", State.RUNNING: "still training"}


class Row(NamedTuple):
    """One line of a table that has a column a run."""

    title: str
    values: tuple[str, ...]
    best: frozenset[int] = frozenset()  # places of the values to mark


def names(titles: Mapping[str, str]) -> dict[str, str]:
    """What to call each run: its title, and four letters of its id where titles are shared.

    Args:
        titles: By the run's id.
    """
    often = list(titles.values())
    return {run_id: title if often.count(title) == 1 else f"{title} {run_id[:4]}" for run_id, title in titles.items()}


def smoothed(points: Sequence[tuple[int, float]], span: float) -> list[tuple[int, float]]:
    """The exponential moving average of a curve, each value weighted by the images it stands for.

    An image trained on t images ago weighs exp(-t / span). A value that is not finite stays, and is not averaged.

    Args:
        points: Pairs (images so far, mean over the images since the last pair), images rising.
        span: Images after which a value weighs 1/e; 0 leaves the curve as it is.

    Raises:
        ValueError: If the span is negative.
    """
    if span < 0:
        raise ValueError(f"span must be at least 0 images, got {span}")
    if span == 0:
        return list(points)
    total = weight = 0.0
    before = 0
    averaged = []
    for images, value in points:
        fading = math.exp((before - images) / span)
        total, weight = total * fading, weight * fading
        if math.isfinite(value):
            total, weight = total + (images - before) * value, weight + (images - before)
            value = total / weight
        averaged.append((images, value))
        before = images
    return averaged


def differences(recipes: Mapping[str, Recipe]) -> list[Row]:
    """The settings in which recipes differ, in the order of the recipe's fields, one value a recipe.

    Args:
        recipes: By the run's name or id, in the order of the columns.
    """
    rows: list[Row] = []
    for name in Recipe.model_fields:
        title = _TITLES.get(name, name.replace("_", " ").capitalize())
        values = [getattr(recipe, name) for recipe in recipes.values()]
        rows += _differing(title, [value or None for value in values] if name in _NONE_IF_0 else values)
    return rows


def results(runs: Sequence[tuple[Run, History]]) -> list[Row]:
    """What came out of each run, the best scores marked."""
    accuracies = [run.test_accuracy for run, _ in runs]
    losses = [run.test_loss for run, _ in runs]
    alike = same_loss(run.recipe for run, _ in runs)
    rows = [
        Row("Test accuracy", tuple(_outcome(run) for run, _ in runs), _best(accuracies, max)),
        Row("Test loss", tuple(_or_dash(loss, ".4f") for loss in losses), _best(losses, min) if alike else frozenset()),
        Row("Seconds", tuple(_or_dash(history.seconds, ",.1f") for _, history in runs)),
        Row("Parameters", tuple(f"{run.recipe.parameters:,}" for run, _ in runs)),
        Row("Epochs", tuple(_epochs(run, history) for run, history in runs)),
    ]
    starts = tuple(run.start or "new weights" for run, _ in runs)
    return rows if set(starts) <= {"new weights"} else [*rows, Row("Began with", starts)]


def same_loss(recipes: Iterable[Recipe]) -> bool:
    """Whether all make the same quantity smaller; else their losses cannot be compared."""
    return len({recipe.loss for recipe in recipes}) <= 1


def _differing(title: str, values: Sequence[object]) -> list[Row]:
    """A row if the values differ; if all have parts of their own, such as an augmentation's, a row a part."""
    groups = [dict(value) for value in values if isinstance(value, BaseModel)]
    if groups and len(groups) == len(values):
        parts = {part.replace("_", " "): [group[part] for group in groups] for part in groups[0]}
        return [row for part, its in parts.items() for row in _differing(f"{title}: {part}", its)]
    words = tuple(map(_in_words, values))
    return [Row(title, words)] if len(set(words)) > 1 else []


def _in_words(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:g}"
        case tuple():
            return "\n".join(layer.title for layer in value)
        case BaseModel():
            return "\n".join(f"{part.replace('_', ' ')} {_in_words(its)}" for part, its in value)
    return str(value)


def _outcome(run: Run) -> str:
    if run.test_accuracy is not None:
        return f"{run.test_accuracy:.2%}"
    return _UNFINISHED.get(run.state, str(run.state))


def _epochs(run: Run, history: History) -> str:
    done = len({end.epoch for end in history.epochs})
    return f"{done}" if done == run.recipe.epochs or run.recipe.seconds else f"{done} of {run.recipe.epochs}"


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _best(values: Sequence[float | None], choose: Callable[[list[float]], float]) -> frozenset[int]:
    """The places of the best value; none if there is nothing to be better than."""
    known = [value for value in values if value is not None]
    if len(set(known)) < 2:
        return frozenset()
    return frozenset(place for place, value in enumerate(values) if value == choose(known))
