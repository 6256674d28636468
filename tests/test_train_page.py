"""The Train page without a browser: its form, the runs it lists, and what one can ask of them."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from core import runs
from core.events import Changed, EpochEnd, Progress, Told
from core.layers import OUTPUT, Dropout
from core.link import from_link, to_link
from core.recipe import PRESETS, Recipe
from core.run import Run, State
from pages.parts import address
from pages.parts.visitor import plain

ROOT = Path(__file__).parent.parent
ME, SOMEBODY = "a" * 32, "b" * 32
NAME = "![x](//y.z) $1 *two* a_b www.x.org c@d.e"
TIMED = PRESETS["first-network"].with_changes(seconds=20, epochs=200)
WILD = PRESETS["first-network"].with_changes(learning_rate=1.0)

pytestmark = pytest.mark.usefixtures("state")


def opened(**address: str) -> AppTest:
    """The page in a new tab of one visitor's browser."""
    at = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=30)
    at.session_state["visitor"] = ME
    at.run().switch_page("train.py")
    for name, value in address.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def changing(preset: str) -> AppTest:
    """The form of one's own with a preset in it."""
    at = opened(recipe=preset).button(key="change-it").click().run()
    assert not at.exception
    return at


def started(at: AppTest) -> Recipe:
    """The recipe that "Start training" submits."""
    next(button for button in at.button if button.label == "Start training").click().run()
    assert not at.exception
    return runs.ledger().recent()[0].recipe


def get(run_id: str) -> Run:
    run = runs.ledger().get(run_id)
    assert run is not None
    return run


def begun(recipe: Recipe, losses: Sequence[float] = (1.0, 0.5), owner: str = ME, start: str | None = None) -> str:
    """A run that trains, with an epoch for each loss; its id."""
    ledger = runs.ledger()
    run_id = ledger.submit(recipe, "its-title", owner, start=start)
    assert ledger.claim() is not None
    tell_epochs(run_id, losses)
    return run_id


def tell(run_id: str, event: Told) -> None:
    assert runs.ledger().record(run_id, 1, event)


def tell_epochs(run_id: str, losses: Sequence[float], since: int = 1, accuracy: float = 0.5) -> None:
    for epoch, loss in enumerate(losses, since):
        shared = {"epoch": epoch, "images": 5000 * epoch, "loss": loss, "accuracy": accuracy, "seconds": float(epoch)}
        tell(run_id, Progress(**shared, images_in_all=60_000, images_per_second=5000, seconds_left=10))
        tell(run_id, EpochEnd(**shared))


def ended(recipe: Recipe, losses: Sequence[float] = (1.0, 0.5)) -> str:
    run_id = begun(recipe, losses)
    runs.ledger().finish(run_id, 1, State.DONE, model="ten-lines", test_accuracy=0.9, test_loss=0.3)
    return run_id


def listed(at: AppTest) -> list[str]:
    """The labels of the links in the list of runs."""
    labels = [link.proto.label for link in at.get("page_link")]
    return [label for label in labels if "·" in label and "Watch" not in label]


def cures(at: AppTest) -> list[Button]:
    return [button for button in at.button if (button.key or "").startswith("cure")]


def cure(at: AppTest) -> Button:
    """The only cure that the page offers."""
    (only,) = cures(at)
    return only


def captions(at: AppTest) -> str:
    return "\n".join(caption.value for caption in at.caption)


@pytest.mark.parametrize("preset", PRESETS)
def test_form_of_every_recipe_opens_and_says_what_it_is(preset: str) -> None:
    assert opened(recipe=preset).caption[0].value  # a recipe without its line in `ABOUT` ends in an exception


def test_own_runs_that_have_not_ended_stand_first_however_many_others_came() -> None:
    ledger = runs.ledger()
    ended(WILD)
    waiting = [ledger.submit(WILD, title, ME) for title in ("first", "second")]
    ledger.request_pause(waiting[0])
    for _ in range(20):
        ledger.submit(WILD, "another")
    shown = listed(opened())
    assert [label.split(" · ")[:2] for label in shown[:3]] == [
        ["second", "queued"],
        ["first", "paused"],
        ["another", "queued"],
    ]
    assert len(shown) == 12
    assert not any(label.startswith("first") for label in listed(opened(run=waiting[0])))


def test_own_runs_that_go_on_stand_above_the_form_and_are_called_yours() -> None:
    done, going_on = ended(WILD), begun(WILD)
    others = begun(WILD, owner=SOMEBODY)
    at = opened()
    watched = [link.proto for link in at.get("page_link") if "Watch" in link.proto.label]
    assert [(link.label, link.query_string) for link in watched] == [
        ("**its-title** is training · Watch", f"run={going_on}")
    ]
    assert ["yours" in label for label in listed(at)] == [True, False, True]
    assert "Watch" not in " ".join(link.proto.label for link in opened(run=others).get("page_link"))
    assert done


@pytest.mark.parametrize(("epochs", "patience", "averaged"), [(12, 0, 0), (13, 0, 12), (13, 2, 0)])
def test_averaged_epochs_are_given_up_when_they_do_not_fit(epochs: int, patience: int, averaged: int) -> None:
    at = changing("reader")
    at.number_input(key="own-1-epochs").set_value(epochs)
    at.number_input(key="own-1-patience").set_value(patience).run()
    assert not at.error
    assert started(at).averaged_epochs == averaged


def test_limit_of_seconds_gives_up_averaged_epochs() -> None:
    at = changing("reader")
    at.selectbox(key="own-1-schedule").select("constant").run()
    at.toggle(key="limited").set_value(True).run()
    assert not at.error
    recipe = started(at)
    assert (recipe.seconds, recipe.averaged_epochs) == (20, 0)


def test_numbers_of_ones_own_network_say_their_bounds_and_the_form_what_will_be_trained() -> None:
    at = opened(recipe="your-own")
    assert at.number_input(key="own-learning_rate").label == "Learning rate (0.000001 to 10)"
    assert at.number_input(key="own-batch_size").label == "Batch size (1 to 4,096)"
    assert next(box for box in at.number_input if box.label == "Units").help == "1 to 4,096"
    assert "5 epochs over 54,000 images, in batches of 128" in captions(at)


@pytest.mark.parametrize(
    ("units", "shown"), [(64, "Dense 10 softmax giving 10"), (4096, "Network: a 28x28 image, Conv 16")]
)
def test_network_that_cannot_be_is_drawn_up_to_its_fault_with_the_problem_above(units: int, shown: str) -> None:
    at = opened(recipe="your-own")
    next(box for box in at.number_input if box.label == "Units").set_value(units).run()
    (drawing,) = (part.value for part in at.markdown if "<svg" in part.value)
    assert shown in drawing
    assert ("Dense 4096" in drawing, len(at.error)) == (False, 0 if units == 64 else 2)
    assert all("at most 5,000,000" in error.value for error in at.error)


@pytest.mark.parametrize(
    ("label", "typed", "sentence"),
    [
        ("Units", 5000, "Units of layer 4 must be 1 to 4,096, not 5,000."),
        ("Learning rate (0.000001 to 10)", 0.0, "Learning rate must be 0.000001 to 10, not 0."),
        ("Epochs (1 to 200)", -3, "Epochs must be 1 to 200, not -3."),
        ("Seconds (1 to 3,600)", 4000, "Seconds must be 1 to 3,600, not 4,000."),
    ],
)
def test_number_beyond_its_bounds_is_refused_with_a_sentence_and_can_be_mended(
    label: str, typed: float, sentence: str
) -> None:
    at = opened(recipe="your-own")
    at.toggle(key="limited").set_value(label.startswith("Seconds")).run()

    def type_in(value: float) -> None:
        next(box for box in at.number_input if box.label == label).set_value(value).run()
        assert not at.exception

    before = next(box for box in at.number_input if box.label == label).value
    type_in(typed)
    assert {error.value for error in at.error} == {sentence}
    start = next(button for button in at.button if button.label == "Start training")
    assert start.disabled
    type_in(before)
    assert not at.error
    started(at)


def test_network_of_ones_own_is_called_by_its_layers_until_it_is_given_a_name() -> None:
    started(opened(recipe="your-own"))
    assert runs.ledger().recent()[0].title == "conv16-dense64"
    at = opened(recipe="your-own")
    at.text_input(key="own-name").set_value("  Ada's *best*, Nº 1 ").run()
    next(box for box in at.number_input if box.label == "Units").set_value(32).run()
    started(at)
    assert runs.ledger().recent()[0].title == "ada-s-best-n-1"
    assert started(changing("sprint")) == PRESETS["sprint"]
    assert runs.ledger().recent()[0].title == "conv16-conv32-dense64"


def test_form_says_how_long_it_will_take_and_how_it_knows() -> None:
    assert re.search(r"Takes about \d+ s, as measured on two processor cores\.", captions(opened(recipe="sprint")))
    ended(PRESETS["first-network"])
    assert "going by the runs that ended here" in captions(opened(recipe="sprint"))


def test_settings_without_a_control_are_named() -> None:
    said = captions(changing("reader"))
    for words in ("and pen drawings", "the last 12 epochs averaged", "in 5 glances"):
        assert words in said


def test_validation_split_takes_the_place_of_the_test_digits() -> None:
    at = changing("express-mlp")
    assert not at.error
    at.number_input(key="own-1-validation_split").set_value(0.1)
    at.number_input(key="own-1-patience").set_value(2).run()
    assert not at.error
    recipe = started(at)
    assert (recipe.validation_split, recipe.patience, recipe.validate_on_test) == (0.1, 2, False)
    assert started(changing("express-mlp")).validate_on_test


def test_cure_takes_the_place_of_a_run_that_still_trains() -> None:
    ill = begun(WILD, losses=(9.0, 9.0))
    at = opened(run=ill)
    assert cure(at).label == "Stop this and train again with learning rate 0.001"
    cure(at).click().run()
    assert not at.exception
    assert get(ill).control.stop == "discard"
    (cured, _) = runs.ledger().recent()
    assert cured.recipe.learning_rate == 0.001
    assert at.query_params["run"] == cured.id


def test_click_on_a_cure_does_not_apply_the_one_that_took_its_place() -> None:
    run_id = begun(PRESETS["ten-lines"].with_changes(epochs=5, learning_rate=1.0), losses=(9.0, 9.0))
    read = cure(at := opened(run=run_id))
    assert read.label.endswith("learning rate 0.1")
    tell(run_id, Changed(images=10_000, learning_rate=0.1))
    tell_epochs(run_id, (2.0, 1.5, 0.8), since=3)
    runs.ledger().finish(run_id, 1, State.DONE, model="ten-lines", test_accuracy=0.8, test_loss=0.8)
    read.click().run()
    assert not at.exception
    assert cure(at).label == "Train again with 10 epochs"
    assert len(runs.ledger().recent()) == 1


def test_slow_motion_asked_for_in_another_tab_is_seen_and_can_be_ended() -> None:
    run_id = begun(WILD)
    first, second = opened(run=run_id), opened(run=run_id)
    first.toggle(key=f"slow-{run_id}").set_value(True).run()
    assert get(run_id).control.slow
    second.run()
    assert second.toggle(key=f"slow-{run_id}").value
    second.toggle(key=f"slow-{run_id}").set_value(False).run()
    assert not get(run_id).control.slow
    assert not first.run().toggle(key=f"slow-{run_id}").value
    assert not [*first.warning, *second.warning]


def test_refused_cure_says_why_where_it_stays_and_stops_nothing() -> None:
    ill = begun(WILD, losses=(9.0, 9.0))
    for _ in range(3):
        runs.ledger().submit(WILD, "another", ME)
    at = cure(opened(run=ill)).click().run()
    assert "You have 3 runs waiting or paused." in at.toast[0].value
    assert not get(ill).stop_requested
    assert len(runs.ledger().recent()) == 4


def test_cure_of_a_paused_run_has_its_place_among_those_that_wait() -> None:
    ledger = runs.ledger()
    ill = begun(WILD, losses=(9.0, 9.0))
    for _ in range(3):
        ledger.submit(WILD, "another", ME)
    ledger.request_pause(ill)
    ledger.paused(ill, 1)
    assert ledger.claim() is not None
    at = cure(opened(run=ill)).click().run()
    assert not at.toast
    assert get(ill).state == State.STOPPED
    assert len(ledger.recent()) == 5


def test_cure_of_somebody_else_s_run_leaves_it_alone() -> None:
    ill = begun(WILD, losses=(9.0, 9.0), owner=SOMEBODY)
    at = opened(run=ill)
    assert cure(at).label == "Train again with learning rate 0.001"
    cure(at).click().run()
    assert not get(ill).stop_requested
    assert runs.ledger().recent()[0].owner == ME


def test_any_learning_rate_and_dropout_of_a_link_can_be_shown_and_changed() -> None:
    recipe = Recipe(layers=(Dropout(rate=0.97), OUTPUT), learning_rate=1e-8)
    at = opened(recipe=to_link(recipe))
    assert started(at) == recipe
    at = opened(recipe=to_link(recipe))
    at.number_input(key="own-1-learning_rate").set_value(0.01).run()
    assert started(at) == recipe.with_changes(learning_rate=0.01)


def test_link_opens_in_a_tab_that_shows_the_form_already(monkeypatch: pytest.MonkeyPatch) -> None:
    at = opened()
    at.query_params["recipe"] = to_link(WILD)
    at.run()
    assert not at.exception
    assert at.query_params["recipe"] == "your-own"
    at.query_params["recipe"] = "1.nonsense"
    at.run()
    assert at.warning[0].value.startswith("This link")
    assert at.query_params["recipe"] == "your-own"
    assert at.run().warning[0].value.startswith("This link")  # the tab has brought something back
    monkeypatch.setattr(address, "FIRST", 0)
    assert not at.run().warning
    assert started(at) == WILD


def test_run_whose_cycle_ended_at_a_tiny_rate_can_be_trained_on() -> None:
    at = opened(run=ended(PRESETS["sprint"].with_changes(learning_rate=2e-5)))
    (rate,) = (box for box in at.number_input if box.label == "Learning rate")
    assert rate.value == 8e-7
    at.button(key="further-start").click().run()
    assert runs.ledger().recent()[0].recipe.learning_rate == 8e-7


def changed(recipe: Recipe, rate: float, losses: Sequence[float]) -> str:
    """A run whose learning rate was changed after its first epoch, with these losses in the epochs since; its id."""
    run_id = begun(recipe, losses=(9.0,))
    tell(run_id, Changed(images=5000, learning_rate=rate))
    tell_epochs(run_id, losses, since=2, accuracy=0.9)
    return run_id


def test_advice_is_gone_once_it_was_followed() -> None:
    ill = begun(WILD, losses=(9.0, 9.0))
    assert cure(opened(run=ill)).label.endswith("learning rate 0.001")
    runs.ledger().finish(ill, 1, State.STOPPED)
    at = opened(run=changed(WILD, 0.001, losses=(0.4, 0.3)))
    assert not any("learning rate" in button.label for button in cures(at))


def test_one_more_epoch_begins_with_the_rate_that_the_run_ended_with_and_another_seed() -> None:
    run_id = changed(WILD, 0.001, losses=(0.4, 0.3))
    runs.ledger().finish(run_id, 1, State.DONE, model="ten-lines", test_accuracy=0.97, test_loss=0.1)
    opened(run=run_id).button(key="one-more").click().run()
    run = runs.ledger().recent()[0]
    assert (run.recipe.learning_rate, run.recipe.epochs, run.start) == (0.001, 1, "ten-lines")
    assert run.recipe.seed == WILD.seed + 1


def test_cure_of_ruined_weights_begins_with_new_ones_and_says_so() -> None:
    ledger = runs.ledger()
    ill = ledger.submit(WILD, "its-title", ME, start="ten-lines")
    ledger.claim()
    ledger.finish(ill, 1, State.FAILED, reason="The loss stopped being a number in epoch 1")
    at = opened(run=ill)
    assert cure(at).label == "Train again with learning rate 0.001, from new weights"
    cure(at).click().run()
    assert ledger.recent()[0].start is None


def test_cure_of_a_run_that_ended_too_early_goes_on_from_the_weights_that_it_began_with() -> None:
    ledger = runs.ledger()
    short = begun(PRESETS["ten-lines"].with_changes(epochs=3), losses=(2.0, 1.5, 0.8), start="ten-lines")
    ledger.finish(short, 1, State.DONE, model="ten-lines", test_accuracy=0.8, test_loss=0.8)
    at = opened(run=short)
    assert cure(at).label == "Train again with 6 epochs"
    cure(at).click().run()
    assert ledger.recent()[0].start == "ten-lines"


def test_epochs_come_back_when_the_limit_of_seconds_is_taken_away() -> None:
    at = changing("first-network")
    at.number_input(key="own-1-epochs").set_value(7).run()
    at.toggle(key="limited").set_value(True).run()
    assert from_link(at.session_state["own-made"]) == PRESETS["first-network"].with_changes(epochs=7, seconds=20)
    refreshed = opened(recipe=at.session_state["own-made"])
    assert started(refreshed).epochs == 200
    refreshed = opened(recipe=at.session_state["own-made"])
    refreshed.toggle(key="limited").set_value(False).run()
    assert started(refreshed) == PRESETS["first-network"].with_changes(epochs=7)


def test_one_cycle_takes_the_place_of_a_limit_of_seconds() -> None:
    at = opened(recipe=to_link(TIMED.with_changes(epochs=5)))
    at.selectbox(key="own-1-schedule").select("one-cycle").run()
    assert not at.error
    assert started(at) == PRESETS["first-network"].with_changes(schedule="one-cycle")


def test_whoever_started_a_paused_run_is_told_to_let_it_go_on_and_others_are_not() -> None:
    run_id = begun(WILD)
    runs.ledger().request_pause(run_id)
    runs.ledger().paused(run_id, 1)
    assert "Press Go on" in opened(run=run_id).get("progress")[0].proto.text
    at = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=30)
    at.session_state["visitor"] = SOMEBODY
    at.run().switch_page("train.py")
    at.query_params["run"] = run_id
    at.run()
    assert "Whoever started it can" in at.get("progress")[0].proto.text


def test_every_moment_of_a_short_run_can_be_gone_back_to() -> None:
    ledger = runs.ledger()
    run_id = ledger.submit(WILD, "its-title", ME)
    ledger.claim()
    matrix = tuple(tuple(int(one == other) for other in range(10)) for one in range(10))
    for batch in range(1, 6):
        shared = {"epoch": 1, "images": 64 * batch, "loss": 2.0, "accuracy": 0.1, "seconds": float(batch)}
        told = Progress(**shared, images_in_all=300_000, images_per_second=160, seconds_left=10, confusion=matrix)
        ledger.record(run_id, 1, told)
    ledger.finish(run_id, 1, State.STOPPED)
    (slider,) = opened(run=run_id).select_slider
    assert slider.options == ["0.00", "0.002", "0.003", "0.004", "0.01"]


def test_nothing_jumps_when_a_run_begins_or_pauses() -> None:
    run_id = runs.ledger().submit(WILD, "its-title", ME)
    at = opened(run=run_id)
    compare = next(link.proto for link in at.get("page_link") if link.proto.label == "Compare")
    assert compare.disabled
    assert at.toggle(key=f"slow-{run_id}").disabled
    assert [metric.value for metric in at.metric] == ["-", "-", "-"]
    assert runs.ledger().claim() is not None
    runs.ledger().request_pause(run_id)
    at.run()
    assert not at.exception
    assert at.toggle(key=f"slow-{run_id}").disabled
    assert all(button.disabled for button in at.button if button.label in ("÷10", "x2"))


def test_slow_motion_says_which_batch_it_is_and_no_time_left() -> None:
    run_id = begun(PRESETS["first-network"], losses=())
    runs.ledger().ask(run_id, slow=True)
    shared = {"epoch": 1, "images": 64, "loss": 2.0, "accuracy": 0.1, "seconds": 0.4}
    runs.ledger().record(run_id, 1, Progress(**shared, images_per_second=160, seconds_left=900))
    at = opened(run=run_id)
    assert at.get("progress")[0].proto.text == "Epoch 1, batch 1 of 938, 64 images"
    assert at.metric[2].value == "-"


def test_slow_motion_can_be_asked_for_before_the_start() -> None:
    at = opened(recipe="first-network")
    at.toggle(key="begin-slow").set_value(True).run()
    started(at)
    assert runs.ledger().recent()[0].control.slow


def test_code_of_a_run_that_went_otherwise_says_so() -> None:
    run_id = changed(WILD, 0.001, losses=(0.4,))
    runs.ledger().request_stop(run_id, keep=True)
    runs.ledger().finish(run_id, 1, State.STOPPED, model="ten-lines", test_accuracy=0.97, test_loss=0.1)
    at = opened(run=run_id)
    at.session_state["code"] = True
    at.run()
    text = " ".join(code.value for code in at.code)
    assert "Its learning rate was changed to 0.001 on the way. It was stopped before its end." in " ".join(text.split())


def test_limit_of_seconds_is_said_instead_of_epochs() -> None:
    at = opened(recipe="first-network")
    assert "5 epochs over 60,000 images" in captions(at)
    at.toggle(key="limited").set_value(True).run()
    assert "20 seconds over 60,000 images" in captions(at)
    assert "epochs" not in captions(at)


def test_page_of_a_run_whose_rate_was_next_to_nothing_can_be_looked_at() -> None:
    at = opened(run=ended(PRESETS["sprint"].with_changes(learning_rate=1e-323)))
    (rate,) = (box for box in at.number_input if box.label == "Learning rate")
    assert rate.value == 1e-6


@pytest.mark.parametrize(("recipe", "words"), [(TIMED, "Epoch 3 ·"), (PRESETS["first-network"], "Epoch 3 of 5 ·")])
def test_timed_run_does_not_count_to_the_epochs_it_will_not_reach(recipe: Recipe, words: str) -> None:
    at = opened(run=begun(recipe, losses=(1.0, 0.5, 0.3)))
    assert at.get("progress")[0].proto.text.startswith(words)


@pytest.mark.parametrize(("losses", "further"), [((), 1), ((1.0, 0.5, 0.3), 3)])
def test_as_many_further_epochs_are_offered_as_were_trained(losses: tuple[float, ...], further: int) -> None:
    at = opened(run=ended(TIMED, losses))
    assert next(box for box in at.number_input if box.label == "Further epochs").value == further
    at.button(key="further-start").click().run()
    recipe = runs.ledger().recent()[0].recipe
    assert (recipe.epochs, recipe.seconds) == (further, 0)


def test_every_run_offers_its_own_further_epochs() -> None:
    at = opened(run=ended(TIMED, (1.0, 0.5, 0.3)))
    at.query_params["run"] = ended(TIMED, (1.0, 0.5))
    at.run()
    assert next(box for box in at.number_input if box.label == "Further epochs").value == 2


def test_another_tab_opened_without_a_name_does_not_take_it_away() -> None:
    first, second = opened(), opened()
    first.text_input(key="name").set_value("Ada").run()
    assert runs.ledger().name(ME) == "Ada"
    second.selectbox(key="recipe").select("sprint").run()
    assert runs.ledger().name(ME) == "Ada"
    first.text_input(key="name").set_value("").run()
    assert runs.ledger().name(ME) == ""


def test_name_is_shown_as_it_was_written_whatever_markdown_it_looks_like() -> None:
    runs.ledger().rename(SOMEBODY, NAME)
    run_id = begun(WILD, owner=SOMEBODY)
    shown = plain(NAME)
    assert re.sub(r"\\(.)|\N{WORD JOINER}", r"\1", shown) == NAME
    assert not re.search(r"(?<!\\)[!$*_~\[\]()]", shown)
    assert not re.search(r"www\\?\.|\w\\?@|https?\\?:", shown)  # what becomes a link though nobody asked
    assert f" · {shown} · " in listed(opened())[0]
    assert f"by {shown}" in captions(opened(run=run_id))
