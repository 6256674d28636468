"""Who makes way for whom when more people want to train than there are trainers."""

from collections import Counter
from collections.abc import Sequence

from core.runs import Run


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
