"""What an attempt that is over leaves: its model in the library, or its checkpoint, and the run's end in the ledger."""

import logging

from core import checkpoints, library
from core.bundle import DamagedBundle
from core.jobs import Job, Outcome
from core.run import Run, State
from core.runs import Ledger

_log = logging.getLogger(__name__)


def keep(ledger: Ledger, job: Job, outcome: Outcome, made_way: bool) -> None:
    """Keep what a trainer sent at the end of an attempt.

    Args:
        ledger: Where its run is.
        job: The attempt.
        outcome: What was sent.
        made_way: If it was put aside, then for others.
    """
    if outcome.checkpoint is not None:
        try:
            checkpoints.keep(job.run_id, outcome.checkpoint)
        except OSError:  # a full disk; the run goes on from the one before
            _log.exception("A checkpoint of run %s could not be kept", job.run_id)
        ledger.paused(job.run_id, job.attempt, made_way=made_way)
        return
    try:
        model = _published(job, outcome.files) if outcome.files else None
    except (OSError, ValueError) as error:
        reason = f"The model could not be saved: {error}"
        ledger.finish(job.run_id, job.attempt, State.FAILED, reason=reason)
        return
    ledger.finish(
        job.run_id,
        job.attempt,
        State.STOPPED if outcome.stopped or model is None else State.DONE,
        model=model,
        test_accuracy=outcome.test_accuracy,
        test_loss=outcome.test_loss,
    )


def was_published(ledger: Ledger, run: Run) -> bool:
    """Whether the server ended between publishing a run's model and writing it down; then write it down."""
    name = _model_name(run.title, run.id)
    try:
        card = library.card(name)
    except (FileNotFoundError, DamagedBundle):
        return False
    return ledger.finish(
        run.id,
        run.attempt,
        State.STOPPED if run.control.stop else State.DONE,
        model=name,
        test_accuracy=card.test_accuracy,
        test_loss=card.test_loss,
    )


def _published(job: Job, bundle: dict[str, bytes]) -> str:
    """Put a run's model into the library, once: it may have been published, and then the ledger not been written."""
    name = _model_name(job.title, job.run_id)
    try:
        library.card(name)
    except (FileNotFoundError, DamagedBundle):
        return library.publish(bundle, name)
    return name


def _model_name(title: str, run_id: str) -> str:
    return f"{title}-{run_id}"
