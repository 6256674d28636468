"""Accuracy, confusion matrix, precision and recall of a real model's answers to MNIST's test digits."""

import streamlit as st
from pandas import DataFrame

from core import library, mnist
from core.charts import confusion_matrix
from core.charts.lessons.functions import precision_recall
from core.evaluation import Counts, TwoClasses, two_classes
from core.lessons.scores import at_threshold
from pages.parts.evaluation import answers
from pages.parts.lessons import lesson_digit
from pages.parts.lessons.course import choose_model, columns, try_this
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

CHART_HEIGHT = 300  # pixels
THRESHOLDS = tuple(percent / 100 for percent in range(1, 100))


@st.cache_resource(show_spinner=False, max_entries=320)
def _curve(name: str, fingerprint: str, digit: int) -> list[TwoClasses]:
    """What each of `THRESHOLDS` gives."""
    evaluated = answers.of(name)
    return [at_threshold(evaluated.probabilities, evaluated.labels, digit, threshold) for threshold in THRESHOLDS]


def show() -> None:
    lesson_digit.styles()
    left, right = columns()
    with left, st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=165):
            name = choose_model("metrics-model", "ten-lines")
        digit = st.segmented_control(
            "Digit", list(range(10)), default=7, required=True, key="metrics-digit", bind="query-params"
        )
    if name is None:
        return
    try:
        evaluated, fingerprint = answers.ask(name), library.card(name).fingerprint
    except FileNotFoundError as error:  # deleted just now
        st.info(str(error))
        return
    if evaluated is None:
        return
    trade_off = _curve(name, fingerprint, digit)
    with right:
        threshold = st.slider(
            f'Say "this is {mnist.a_digit(digit)}" from this probability on', THRESHOLDS[0], THRESHOLDS[-1], 0.5, 0.01,
            key="metrics-threshold", bind="query-params",
        )  # fmt: skip
    case = at_threshold(evaluated.probabilities, evaluated.labels, digit, threshold)
    table, right_ones, every = evaluated.confusion, int(evaluated.right.sum()), len(evaluated.labels)
    plain = two_classes(table, digit)
    with left:
        matrix, curve = st.tabs(["Confusion matrix", "Precision against recall"])
        with matrix:
            alt = f"{name} reads {right_ones:,} of {every:,} test digits right: those on the diagonal."
            live_chart(confusion_matrix(table.tolist()), key="metrics-matrix", height=CHART_HEIGHT, alt=alt)
        with curve:
            _trade(trade_off, case, plain)
        st.markdown(
            r"$\text{accuracy} = \dfrac{\text{right ones}}{\text{all}} = "
            rf"\dfrac{{{right_ones}}}{{{every}}} = {right_ones / every:.4f}$. It does not say which digits go wrong; "
            f"the row of {digit} does: {_worst(table, digit)}."
        )
    with right:
        _cases(case, digit)
        st.latex(_formulas(case))
        st.markdown(
            f"A high threshold makes it say {digit} only when it is sure: **precision** rises, **recall** falls. If it "
            f"simply says the likeliest digit, precision is {_percent(plain.precision)} and recall "
            f"{_percent(plain.recall)}. $F_1$ is their harmonic mean: one number for both."
        )
    others = case.tn + case.fp
    try_this(
        f"Set the threshold so that recall and precision are alike. Never saying {digit} at all would be right for "
        f"{others:,} of {every:,} digits, {others / every:.1%}: what would its recall be?"
    )
    rows = DataFrame(table, index=[f"is {d}" for d in range(10)], columns=[f"read as {d}" for d in range(10)])
    numbers(rows.map(lambda count: f"{count:,}"), "The numbers of the confusion matrix")
    _table(trade_off)


def _worst(table: Counts, digit: int) -> str:
    """The commonest mistake of a digit, in words."""
    row = table[digit].copy()
    whole, row[digit] = int(row.sum()), 0
    return f"of {whole:,} it reads {table[digit, digit]:,} right, and {row.max():,} as {row.argmax()}"


def _percent(share: float | None) -> str:
    return "not defined" if share is None else f"{share:.1%}"


def _trade(curve: list[TwoClasses], case: TwoClasses, plain: TwoClasses) -> None:
    points = [
        (threshold, counts.recall, counts.precision)
        for threshold, counts in zip(THRESHOLDS, curve, strict=True)
        if counts.recall is not None and counts.precision is not None
    ]
    figure = precision_recall(points, _point(case), _point(plain))
    alt = f"At this threshold precision is {_percent(case.precision)} and recall {_percent(case.recall)}."
    live_chart(figure, key="metrics-trade", height=CHART_HEIGHT, alt=alt)


def _point(counts: TwoClasses) -> tuple[float, float] | None:
    return None if counts.recall is None or counts.precision is None else (counts.recall, counts.precision)


def _cases(case: TwoClasses, digit: int) -> None:
    """The four counts as a table of two by two."""
    st.html(
        '<div class="dl-wide"><table class="dl-sum dl-cases">'
        f"<thead><tr><td></td><th>it is {mnist.a_digit(digit)}</th><th>it is another digit</th></tr></thead><tbody>"
        f'<tr><th>says "a {digit}"</th><td>TP = {case.tp:,}</td><td>FP = {case.fp:,}</td></tr>'
        f"<tr><th>does not say so</th><td>FN = {case.fn:,}</td><td>TN = {case.tn:,}</td></tr>"
        "</tbody></table></div>"
    )
    st.caption("TP: true positives, FP: false positives, FN: false negatives, TN: true negatives.")


def _formulas(case: TwoClasses) -> str:
    tp, fp, fn = case.tp, case.fp, case.fn
    precision = rf"\dfrac{{TP}}{{TP + FP}} = \dfrac{{{tp}}}{{{tp} + {fp}}} = {_number(case.precision)}"
    recall = rf"\dfrac{{TP}}{{TP + FN}} = \dfrac{{{tp}}}{{{tp} + {fn}}} = {_number(case.recall)}"
    f1 = rf"\dfrac{{{2 * tp}}}{{{2 * tp} + {fp} + {fn}}} = {_number(case.f1)}"
    return (
        rf"\begin{{aligned}}\text{{precision}} &= {precision} \\[1.2em] \text{{recall}} &= {recall} \\[1.2em]"
        rf"F_1 &= \dfrac{{2\,TP}}{{2\,TP + FP + FN}} \\[1.2em] &= {f1}\end{{aligned}}"
    )


def _number(share: float | None) -> str:
    return r"\text{not defined}" if share is None else f"{share:.3f}"


def _table(curve: list[TwoClasses]) -> None:
    rows = [
        (f"{threshold:.2f}", _percent(counts.precision), _percent(counts.recall))
        for threshold, counts in list(zip(THRESHOLDS, curve, strict=True))[4::5]
    ]
    numbers(DataFrame(rows, columns=["threshold", "precision", "recall"]), "The numbers of the curve")
