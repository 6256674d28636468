"""What a run has told, gathered."""

from core.events import Changed, EpochEnd, Progress
from core.history import History
from core.recipe import Recipe


def progress(images: int, loss: float = 1.0) -> Progress:
    return Progress(
        epoch=1 + images // 1000,
        images=images,
        images_in_all=3000,
        loss=loss,
        accuracy=0.5,
        images_per_second=100,
        seconds=images / 100,
        seconds_left=1,
    )


def epoch_end(epoch: int, loss: float = 1.0) -> EpochEnd:
    return EpochEnd(epoch=epoch, images=1000 * epoch, loss=loss, accuracy=0.5, seconds=10.0 * epoch)


def test_what_is_told_again_after_a_checkpoint_takes_the_place_of_what_was_told_before_it() -> None:
    history = History("a", attempt=2)
    before = [progress(500), progress(1000), epoch_end(1), progress(1500), progress(2000), epoch_end(2), progress(2500)]
    history.hear(enumerate(before, 1))  # a moment before the ledger forgot all after the first epoch
    history.hear(enumerate([progress(1400, 2.0), progress(1900, 2.0), progress(2000, 2.0), epoch_end(2, 2.0)], 8))
    assert [event.images for event in history.progress] == [500, 1000, 1400, 1900, 2000]
    assert [event.loss for event in history.progress] == [1, 1, 2, 2, 2]
    assert [(end.epoch, end.loss) for end in history.epochs] == [(1, 1), (2, 2)]
    assert history.seq == 11


def test_images_of_an_epoch_are_those_told() -> None:
    recipe = Recipe(epochs=2, pen_drawings=True)
    history = History("a", attempt=1)
    assert history.images_an_epoch(recipe) == 60_000
    history.hear([(1, progress(500))])
    assert history.images_an_epoch(recipe) == 1500
    assert history.images_an_epoch(recipe.with_changes(seconds=5)) == 60_000
    history.hear([(2, epoch_end(1))])
    assert history.images_an_epoch(recipe) == 1000


def test_what_was_told_since_the_learning_rate_was_changed_is_counted_from_there() -> None:
    history = History("a", attempt=1)
    told = [progress(500), progress(1000), epoch_end(1), progress(1400), progress(2000), epoch_end(2)]
    history.hear(enumerate(told, 1))
    assert history.since_change() == (history.progress, history.epochs, 0)
    later = [Changed(images=1400, learning_rate=0.1), progress(2500), progress(3000), epoch_end(3)]
    history.hear(enumerate(later, 7))
    since, epochs, before = history.since_change()
    assert before == 1400
    assert [event.images for event in since] == [600, 1100, 1600]
    assert [(end.epoch, end.images) for end in epochs] == [(3, 1600)]  # the second began before it
