"""The page that lays runs over each other, without a browser: whatever a link names, it answers."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import runs
from core.events import EpochEnd, Progress
from core.recipe import PRESETS, Recipe
from core.run import State
from pages.parts.train.watching import catch_up

ROOT = Path(__file__).parent.parent
SPRINT = PRESETS["sprint"]

pytestmark = pytest.mark.usefixtures("state")


def trained(recipe: Recipe = SPRINT, title: str = "sprint", accuracy: float = 0.98, *, end: bool = True) -> str:
    """A run of one epoch, told in four parts; its id."""
    ledger = runs.ledger()
    run_id = ledger.submit(recipe, title)
    claimed = ledger.claim()
    assert claimed is not None
    for part in range(1, 5):
        tell(run_id, 1000 * part)
    done = EpochEnd(epoch=1, images=4000, loss=1, accuracy=0.7, val_loss=0.8, val_accuracy=0.8, seconds=4)
    ledger.record(run_id, 1, done)
    if end:
        ledger.finish(run_id, 1, State.DONE, model=title, test_accuracy=accuracy, test_loss=0.1)
    return run_id


def tell(run_id: str, images: int) -> None:
    told = Progress(
        epoch=1,
        images=images,
        images_in_all=16_000,
        loss=2000 / images,
        accuracy=images / (1000 + images),
        images_per_second=1000,
        seconds=images / 1000,
        seconds_left=1,
    )
    assert runs.ledger().record(run_id, 1, told)


def compare(asked: str | None = None, **others: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=30)
    at.run().switch_page("compare.py")
    if asked is not None:
        at.query_params["runs"] = asked
    for name, value in others.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    assert not at.error
    return at


def tables(at: AppTest) -> str:
    return "".join(html.proto.body for html in at.get("html") if "dl-compare" in html.proto.body[:40])


def test_empty_ledger_says_what_to_do() -> None:
    at = compare()
    assert "Train two networks" in at.info[0].value
    assert not at.multiselect
    assert not tables(at)


def test_waiting_run_is_none_to_compare_yet() -> None:
    runs.ledger().submit(SPRINT, "sprint")
    assert "nothing to compare yet" in compare().info[0].value


def test_one_run_is_shown_with_the_advice_to_train_a_second() -> None:
    trained(accuracy=0.9812)
    at = compare()
    assert "Train a second one" in at.info[0].value
    assert "98.12%" in tables(at)
    assert [header.value for header in at.subheader] == ["Results"]


def test_without_a_choice_the_latest_two_are_laid_over_each_other_and_the_link_says_so() -> None:
    trained(title="reader")
    older, newer = trained(), trained(SPRINT.with_changes(seed=7))
    at = compare()
    assert at.query_params["runs"] == f"{newer},{older}"
    assert at.multiselect(key="compared").value == [newer, older]
    assert '<th scope="row">Seed</th><td>7</td><td>0</td>' in tables(at)


def test_link_chooses_the_runs_and_their_order() -> None:
    one, _, three = trained(title="ten-lines"), trained(), trained(title="reader")
    at = compare(f"{one},{three}")
    assert at.multiselect(key="compared").value == [one, three]
    assert tables(at).index("ten-lines") < tables(at).index("reader")


def test_another_choice_goes_into_the_link() -> None:
    one, two = trained(), trained()
    at = compare(one)
    at.multiselect(key="compared").select(two).run()
    assert at.query_params["runs"] == f"{one},{two}"
    at.multiselect(key="compared").set_value([]).run()
    assert not at.exception
    assert "Choose the runs" in at.info[0].value
    assert not tables(at)


def test_equal_recipes_are_said_to_be_the_same() -> None:
    trained(), trained()
    assert any("all the same" in text.value for text in compare().markdown)


def test_run_older_than_the_list_is_found_by_its_link() -> None:
    old = trained(title="ten-lines")
    for _ in range(50):
        run_id = runs.ledger().submit(SPRINT, "sprint")
        runs.ledger().claim()
        runs.ledger().finish(run_id, 1, State.FAILED, reason="It was too long ago")
    assert compare(old).multiselect(key="compared").value == [old]


def test_unknown_run_is_said_and_the_known_one_shown() -> None:
    known = trained()
    at = compare(f"0123456789,{known}")
    assert "names a run that is not in this lab's ledger" in at.warning[0].value
    assert at.multiselect(key="compared").value == [known]


@pytest.mark.parametrize(
    "asked",
    [
        *("", ",", ",,,", "x", "../../etc/passwd", "\x00", "' or 1=1 --", "é,ß", "a" * 9999),
        "<img src=x onerror=alert(1)>",
        ",".join(f"{number:x}" for number in range(2000)),
    ],
)
def test_hostile_link_is_answered_with_a_sentence(asked: str) -> None:
    trained(), trained()
    at = compare(asked)
    assert at.multiselect(key="compared").value == []
    assert all("<" not in warning.value for warning in at.warning)
    assert "Choose the runs" in at.info[0].value


@pytest.mark.parametrize("name", ["by", "smooth", "log"])
def test_hostile_settings_are_passed_over(name: str) -> None:
    trained(), trained()
    assert tables(compare(**{name: "<script>"}))


def test_a_link_of_nine_runs_shows_eight() -> None:
    every = [trained() for _ in range(9)]
    at = compare(",".join(every))
    assert "At most 8 runs" in at.warning[0].value
    assert at.multiselect(key="compared").value == every[:8]


def test_title_is_text_and_never_markup() -> None:
    trained(title="<b>bold</b>")
    assert "&lt;b&gt;bold" in tables(compare())


def test_running_run_is_followed_from_the_last_event_read() -> None:
    trained()
    going = trained(title="reader", end=False)
    at = compare(going)
    assert "still training" in tables(at)
    run = runs.ledger().get(going)
    assert run is not None
    read = catch_up(run)
    assert (len(read.progress), len(read.epochs)) == (4, 1)
    tell(going, 5000)
    at.run()
    assert [event.images for event in read.progress] == [1000, 2000, 3000, 4000, 5000]


def test_run_keeps_its_place_in_the_choice_when_its_label_changes_at_its_end() -> None:
    other = trained()
    going = trained(title="reader", end=False)
    at = compare(f"{going},{other}")
    runs.ledger().finish(going, 1, State.DONE, model="reader", test_accuracy=0.9954, test_loss=0.01)
    at.run()
    box = at.multiselect(key="compared")
    assert box.value == [going, other]
    assert box.proto.set_value  # or the browser's next rerun would send the label it was shown before
    assert "99.54%" in tables(at)


def test_run_that_told_nothing_is_named() -> None:
    trained()
    silent = runs.ledger().submit(SPRINT, "reader")
    runs.ledger().claim()
    runs.ledger().finish(silent, 1, State.FAILED, reason="Its trainer died")
    at = compare()
    assert not at.exception
    assert any("reader told nothing so far" in caption.value for caption in at.caption)


def test_different_losses_are_not_to_be_compared() -> None:
    trained(), trained(SPRINT.with_changes(loss="mean_squared_error"))
    assert any("different losses" in caption.value for caption in compare().caption)
