"""What becomes of a network that is trained on digits whose pixels have all changed places: as it was measured."""

import pandas as pd
import streamlit as st

from core.recipe import PRESETS
from core.robustness import ShuffledPixels, shuffled_pixels
from core.scoring import interval
from pages.parts.numbers import show_table


def show() -> None:
    """Both networks, trained and tested on ordinary and on shuffled digits."""
    measured = shuffled_pixels()
    if measured is None:
        return
    st.subheader("And if they are trained on shuffled digits?", anchor=False)
    st.markdown(
        "The curves above are of models that learned from ordinary digits: each expects every pixel at its place, and "
        "with all of them moved it can only guess. It is another matter to **train** on shuffled digits, the same "
        "shuffling for all of them."
    )
    rows = {preset: _row(measured, preset) for preset in dict.fromkeys(each.preset for each in measured.networks)}
    show_table(pd.DataFrame.from_dict(rows, orient="index"))
    st.markdown(" ".join(_in_words(measured, preset) for preset in rows))
    images = measured.training_images
    versions = ", ".join(f"{name} {version}" for name, version in measured.versions.items())
    st.caption(
        f"Measured on {measured.made} by `{measured.command}`: {measured.epochs} epochs on {images:,} training digits "
        f"each, tested once on {measured.test_images:,} test digits, with 95% intervals; initial weights of seed "
        f"{measured.seed}; {versions}."
    )


def _right(measured: ShuffledPixels, preset: str, shuffled: bool) -> int:
    return next(each.right for each in measured.networks if (each.preset, each.shuffled) == (preset, shuffled))


def _row(measured: ShuffledPixels, preset: str) -> dict[str, str]:
    count = measured.test_images
    row = {"layers": "convolutional" if PRESETS[preset].convolutional else "dense"}
    for shuffled, title in ((False, "ordinary digits"), (True, "shuffled digits")):
        right = _right(measured, preset, shuffled)
        low, high = interval(right, count)
        row[title] = f"{right / count:.2%} ({low:.2%} to {high:.2%})"
    return row


def _in_words(measured: ShuffledPixels, preset: str) -> str:
    """A sentence on what shuffling did; intervals that overlap are called the same."""
    count = measured.test_images
    before, after = (_right(measured, preset, shuffled) for shuffled in (False, True))
    same = (
        interval(after, count)[1] >= interval(before, count)[0]
        and interval(before, count)[1] >= interval(after, count)[0]
    )
    why = (
        "A convolutional layer looks at small neighbourhoods, and shuffled pixels have lost their neighbours."
        if PRESETS[preset].convolutional
        else "A dense layer has one weight for every pixel, wherever it stands: it does not know which are neighbours."
    )
    change = (
        "reads shuffled digits as well as ordinary ones, as far as chance lets one tell"
        if same
        else f"{'loses' if after < before else 'gains'} {abs(before - after) / count * 100:.1f} points by it"
    )
    return f"`{preset}` {change}. {why}"
