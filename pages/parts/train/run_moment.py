"""What the network makes of the digits at one moment of its training: of one that is followed, and of all ten kinds."""

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
import streamlit as st

from core import charts
from core.events import Progress
from core.history import History
from core.jobs import pixels_from_text
from core.run import Run
from pages.parts.answer import data_url
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

HEIGHT = 300  # pixels
LATEST_IMAGES = 5000  # that accuracy by digit and the matrix are counted over
MOST_STOPS = 200  # of the slider


def show(run: Run, history: History) -> None:
    """Three pictures of the latest moment, or, once the run has ended, of the one chosen with a slider."""
    progress = history.progress
    if not progress or not progress[-1].confusion:  # nothing yet, or told by an earlier version
        return
    last = len(progress) - 1
    if run.state.ended and last > 0:
        last = _choose(run, progress, history.images_an_epoch(run.recipe))
    now = progress[last]
    columns = st.columns(3 if now.probe else 2, gap="medium")
    if now.probe and run.probe:
        with columns[0]:
            _followed(run.probe, now)
    matrix, images = _lately(progress, last)
    with columns[-2]:
        st.html('<p class="dl-head">Right answers by digit</p>')
        right = charts.read_right(matrix)
        alt = "Right answers by digit: " + ", ".join(f"{digit} {share}" for digit, share in enumerate(right))
        live_chart(charts.digit_bars(matrix), key="by-digit", height=HEIGHT, alt=alt)
    with columns[-1]:
        st.html('<p class="dl-head">Which digit is mistaken for which</p>')
        alt = "Confusion matrix: rows what the digits are, columns what they were read as"
        live_chart(charts.confusion_matrix(matrix), key="confusion", height=HEIGHT, alt=alt)
    table: dict[str, Sequence[object]] = {"": [f"is {digit}" for digit in range(10)]}
    table |= {str(digit): said for digit, said in enumerate(zip(*matrix, strict=True))}
    table["read right"] = right
    numbers(table, "The counts: in each row how often the digit was read as 0, 1, 2 and so on", key="counts")
    st.caption(
        f"These two count the latest {images:,} training images; each was read before the network learned from it. "
        "Blue: read right. Orange: mistakes, full colour from 5% of the row."
    )


def _choose(run: Run, progress: list[Progress], an_epoch: float) -> int:
    """The place of the event that the slider stands at."""
    images = [event.images for event in progress]
    places = np.unique(np.linspace(0, len(images) - 1, MOST_STOPS).round().astype(int)).tolist()
    stops: dict[str, int] = {}
    for place in places:
        epochs = images[place] / an_epoch
        written = (f"{epochs:.{decimals}f}" for decimals in range(2, 9))  # as few as tell it from those before
        stops[next(said for said in written if said not in stops)] = place
    chosen = st.select_slider(
        "Go back through the training", list(stops), list(stops)[-1], key=f"back-{run.id}",
        help="In epochs: what the network made of the digits at that moment.",
    )  # fmt: skip
    return stops[chosen]


def _followed(probe: str, now: Progress) -> None:
    picture = data_url(np.divide(pixels_from_text(probe), 255, dtype=np.float32))
    st.html(f'<p class="dl-head">The digit it is asked about <img alt="" src="{picture}"></p>')
    best = int(np.argmax(now.probe))
    alt = f"Most likely {best}, {charts.percentage(now.probe[best])}"
    live_chart(charts.probability_bars(now.probe), key="probe", height=HEIGHT, alt=alt)


def _lately(progress: list[Progress], last: int) -> tuple[list[list[int]], int]:
    """The confusion matrix of the latest images up to an event, and how many they are."""
    images = [event.images for event in progress[: last + 1]]
    first = min(last, bisect_left(images, images[-1] - LATEST_IMAGES + 1))
    matrix = np.sum([event.confusion for event in progress[first : last + 1] if event.confusion], axis=0)
    return matrix.tolist(), int(matrix.sum())
