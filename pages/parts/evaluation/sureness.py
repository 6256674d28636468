"""How sure a model is: whether its percentages hold, and the mistakes it was surest of."""

import pandas as pd
import streamlit as st

from core import calibration, charts, evaluation
from core.bundle import Card
from core.charts import evaluation as charts_evaluation
from core.evaluation import Evaluation
from core.mnist import digits
from core.words import many
from pages.parts.answer import data_url
from pages.parts.evaluation import answers
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

HEIGHT = 380  # pixels
AT_ONCE = 20  # mistakes


def calibrated(evaluated: Evaluation, card: Card) -> None:
    """The reliability diagram, and how to read it."""
    bins = evaluation.reliability(evaluated)
    right, error = float(evaluated.right.mean()), evaluated.calibration_error
    sure = float(evaluated.confidence.mean())
    chart, words = st.columns([3, 2], gap="large", vertical_alignment="center")
    with chart:
        alt = f"Reliability diagram: on average {sure:.1%} sure and {right:.1%} right, in {len(bins)} bins"
        live_chart(charts_evaluation.reliability_diagram(bins), key="reliability", height=HEIGHT, alt=alt)
    with words:
        st.markdown(
            "Of the answers given with 80% confidence, 80% should be right: then the dots lie on the dotted line. "
            "Below it a model is too sure of itself, above it too modest. Beside each dot stands how many digits it "
            "was counted over; the bar is a 95% interval, long where there were few."
        )
        st.markdown(
            f"This one is {sure:.1%} sure on average, and right in {right:.1%} of cases. Confidence and accuracy are "
            f"**{100 * error:.2f} points** apart: the expected calibration error, the mean gap over {calibration.BINS} "
            "bins of confidence, narrower than the chart's, each weighted by its digits."
        )
        st.markdown(_temperature(card.temperature, evaluated))
    table = pd.DataFrame(
        {
            "Confidence": [f"{found.low:.0%} to {found.high:.0%}" for found in bins],
            "Digits": [f"{found.count:,}" for found in bins],
            "Mean confidence": [f"{found.confidence:.2%}" for found in bins],
            "Read right": [f"{found.share:.2%}" for found in bins],
        }
    )
    numbers(table.set_index("Confidence"))


def _temperature(temperature: float, evaluated: Evaluation) -> str:
    if temperature == 1:
        return "Its temperature is 1: the softmax's own percentages, as they are."
    effect = "less" if temperature > 1 else "more"
    raw = calibration.tempered(evaluated.probabilities, 1 / temperature)
    without = calibration.calibration_error(raw, evaluated.labels)
    worse = (
        ": the lowest cross-entropy there need not be the smallest gap here"
        if without < evaluated.calibration_error and temperature > 1
        else ""
    )
    return (
        f"Its temperature is {temperature:.2f}: the values before the softmax are divided by it, which makes every "
        f"answer {effect} sure and changes none. It was fitted on validation digits, not on these: without it the gap "
        f"here would be {100 * without:.2f} points{worse}."
    )


@st.fragment
def mistakes(name: str, evaluated: Evaluation) -> None:
    """Every misread digit, the surest mistake first, twenty at a time."""
    every = evaluated.mistakes
    if not len(every):
        st.success("Not one mistake.")
        return
    pages = -(-len(every) // AT_ONCE)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        few = many(len(every), "mistake")
        st.markdown(f"{few}, the surest first. Choose one to see why.")
        page = st.pagination(pages, key=f"mistakes-{name}") if pages > 1 else 1
    with st.container(horizontal=True, key="mistakes"):
        for index in every[(page - 1) * AT_ONCE : page * AT_ONCE].tolist():
            label, answer = int(digits().y_test[index]), int(evaluated.answers[index])
            said = f"is {label}, read as {answer}, {charts.percentage(float(evaluated.confidence[index]))}"
            with st.container(width=104, gap=None, key=f"mistake-{index}"):
                st.html(f'<img class="dl-digit-small" alt="" src="{data_url(answers.picture(index))}">')
                st.page_link(
                    "inside.py", label=said, query_params={"digit": str(index), "model": name},
                    help=f"Test digit {index}: look inside",
                )  # fmt: skip
