"""Whose turn it is when more people want to train than there are trainers, and who makes way for whom."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from core.run import Run

Row = Mapping[Any, Any]  # of the table `runs`; one that holds no run has its turn, too: then it fails


def in_turns(waiting: Sequence[Row], running: Mapping[str, int], served: Mapping[str, float]) -> list[Row]:
    """The queue in its order.

    An owner's first waiting run has the turn after those of theirs that are running, the second the one after, and so
    on; everybody's first turn comes before anybody's second, and whoever has just had a trainer comes after those who
    waited by then. Runs of nobody in particular each have the first turn. Those whose trainers were lost come first.

    Args:
        waiting: All that wait, in any order.
        running: How many runs of each owner are running.
        served: When a trainer last left a run of an owner, Unix seconds.
    """
    turns = Counter(running)
    places: dict[int, tuple[bool, int, float, int]] = {}
    for row in sorted(waiting, key=lambda row: (not row["first"], _since(row), row["number"])):
        turn = turns[row["owner"]] if row["owner"] else 0
        turns[row["owner"]] += 1
        places[row["number"]] = not row["first"], turn, max(_since(row), served.get(row["owner"], 0)), len(places)
    return sorted(waiting, key=lambda row: places[row["number"]])


def _since(row: Row) -> float:
    """Since when it waits, Unix seconds."""
    return float(row["made_way"] or row["created"])


def making_way(running: Sequence[Run], waiting: Sequence[Run], long: Sequence[str]) -> set[str]:
    """The runs that should free their trainers, if none is free.

    Each for one waiting run, of somebody who has fewer going on: nobody stops for a run that could not begin then.

    Args:
        running: All that trainers work on.
        waiting: The queue, in its order.
        long: The ids of those that have trained as long as anybody may while others wait, the longest first.
    """
    owners = {run.id: run.owner for run in running}
    going_on, left, found = Counter(owners.values()), list(waiting), set[str]()
    for run_id in filter(owners.__contains__, long):
        own = owners[run_id]
        mine = going_on[own] if own else 1
        for other in left:
            if not other.owner or (other.owner != own and going_on[other.owner] < mine):
                left.remove(other)
                going_on.subtract([own])
                going_on.update([other.owner])
                found.add(run_id)
                break
    return found
