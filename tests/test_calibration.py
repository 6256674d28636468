import numpy as np
import pytest

from core import calibration

RANDOM = np.random.default_rng(0)


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return (powers / powers.sum(1, keepdims=True)).astype(np.float32)


def logits_and_labels(count: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose softmax says exactly how likely each label is."""
    logits = RANDOM.normal(0, 2, (count, 10))
    exact = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = np.array([RANDOM.choice(10, p=row) for row in exact], np.uint8)
    return logits, labels


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_tempering_divides_the_logits(temperature: float) -> None:
    logits = RANDOM.normal(0, 3, (50, 10))
    found = calibration.tempered(softmax(logits), temperature)
    np.testing.assert_allclose(found, softmax(logits / temperature), atol=1e-5)
    assert found.dtype == np.float32


def test_tempering_copes_with_certainty() -> None:
    sure = np.eye(10, dtype=np.float32)
    found = calibration.tempered(sure, 1.5)
    assert np.isfinite(found).all()
    assert np.array_equal(found.argmax(1), np.arange(10))


@pytest.mark.parametrize("overconfidence", [0.5, 2.0])
def test_temperature_finds_how_overconfident_a_network_is(overconfidence: float) -> None:
    logits, labels = logits_and_labels()
    assert calibration.temperature(softmax(logits * overconfidence), labels) == pytest.approx(overconfidence, rel=0.05)


def test_calibration_error_is_small_where_confidence_is_right_and_large_where_it_is_not() -> None:
    logits, labels = logits_and_labels()
    assert calibration.calibration_error(softmax(logits), labels) < 0.015
    assert calibration.calibration_error(softmax(logits * 3), labels) > 0.1


def test_calibration_error_of_a_network_that_is_always_sure_is_its_error() -> None:
    sure = np.eye(10, dtype=np.float32)[[1, 1, 1, 1]]
    assert calibration.calibration_error(sure, np.array([1, 1, 1, 7], np.uint8)) == pytest.approx(0.25)
