import pytest
import tensorflow as tf

from core.training import job
from core.training.export import Differs


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Differs("It answers otherwise."), "It answers otherwise."),
        (
            OSError(28, "No space left on device"),
            "The trainer could not read or write a file: [Errno 28] No space left on device",
        ),
        (tf.errors.ResourceExhaustedError(None, None, "OOM"), "It needed more memory than the trainer's machine has."),
        (IndexError("unknown"), "IndexError: unknown"),
    ],
)
def test_reason_is_a_sentence_where_the_trouble_is_a_known_one(error: Exception, reason: str):
    assert job._reason(error) == reason
