"""The figures that advice goes by."""

import math

import pytest

from core.events import Progress
from core.recipe import PRESETS
from core.symptoms import NOTHING_LEARNED, Symptoms, each_image_once, stretches, three_figures

NOTHING = NOTHING_LEARNED["categorical_crossentropy"]


def told(*losses: float, every: int = 1000) -> list[Progress]:
    """Progress events, one each so many images, with these losses as shares of the loss with nothing learned."""
    return [
        Progress(
            epoch=1, images=every * number, loss=loss * NOTHING, accuracy=0.5, images_per_second=1e4, seconds=number,
            seconds_left=0,
        )
        for number, loss in enumerate(losses, 1)
    ]  # fmt: skip


def symptoms(*losses: float) -> Symptoms:
    return Symptoms(PRESETS["keras-intro"], stretches(told(*losses)), (), "", ended=False, before=0, an_epoch=60_000)


def test_what_is_told_again_takes_the_place_of_what_was_told_before() -> None:
    first, second, third = told(1, 0.9, 0.8)
    again = second.model_copy(update={"loss": 0.5})
    assert each_image_once([first, second, third, again]) == (first, again)


def test_loss_over_some_images_is_weighed_by_how_many_of_them_a_stretch_has() -> None:
    shown = symptoms(0.9, 0.6, 0.3)
    assert shown.mean(500, 2000) == pytest.approx((0.9 + 2 * 0.6) / 3)
    assert (shown.middle_third, shown.last_third) == pytest.approx((0.6, 0.3))


def test_loss_now_is_that_of_the_last_thousand_images_or_of_the_last_fifth() -> None:
    assert symptoms(0.9, 0.6, 0.3).now == pytest.approx(0.3)
    assert symptoms(*[0.9] * 8, 0.5, 0.3).now == pytest.approx(0.4)


def test_last_step_of_an_epoch_may_have_fewer_images() -> None:
    shown = Symptoms(PRESETS["keras-intro"], stretches(told(1, 1)), (), "", ended=False, before=0, an_epoch=950)
    assert shown.steps == 2 * math.ceil(950 / 100) + 1


@pytest.mark.parametrize(
    ("loss", "text"), [(2.3026, "2.30"), (0.08841, "0.0884"), (1330.4, "1,330"), (99.96, "100"), (1.0, "1.00")]
)
def test_loss_is_told_with_three_figures(loss: float, text: str) -> None:
    assert three_figures(loss) == text
