"""Precision, recall and F1 of the ten digits, and one digit read as a question with two answers."""

import streamlit as st

from core import evaluation
from core.charts import evaluation as charts_evaluation
from core.evaluation import DigitScores, Evaluation, TwoClasses
from core.mnist import a_digit
from pages.parts.live_chart import live_chart

HEIGHT = 400  # pixels


def by_digit(evaluated: Evaluation) -> None:
    """A table with the best and the worst marked, and bars of what is missing to 100%."""
    scores = evaluation.by_digit(evaluated.confusion)
    left, right = st.columns(2, gap="large")
    with left:
        st.html(_table(scores))
        st.caption(
            "Recall: of the digits that are a 4, how many were read as 4. Precision: of those read as 4, how many are "
            "one. F1: their harmonic mean, near the smaller one if they are far apart. ▲ the best digit, ▼ the worst."
        )
    with right:
        st.html('<p class="dl-head">What is missing to 100%</p>')
        worst = min(scores, key=lambda score: score.f1 or 0)
        alt = f"Missed and wrongly claimed shares by digit; the lowest F1 has the {worst.digit}, {_percent(worst.f1)}"
        live_chart(charts_evaluation.shortfalls(scores), key="shortfalls", height=HEIGHT, alt=alt)
        st.caption("Missed: 100% less recall. Wrongly claimed: 100% less precision.")


def _table(scores: list[DigitScores]) -> str:
    names = ("precision", "recall", "f1")
    columns = [[getattr(score, name) for score in scores] for name in names]
    known = [[value for value in column if value is not None] or [0.0] for column in columns]
    lines = []
    for digit in range(10):
        cells = []
        for column, values in zip(columns, known, strict=True):
            value = column[digit]
            mark = "▲" if value == max(values) else "▼" if value == min(values) else ""
            meaning = {"▲": "best", "▼": "worst"}.get(mark, "")
            sign = f'<i title="{meaning}" aria-label="{meaning}">{mark}</i>' if mark else "<i></i>"
            cells.append(f"<td>{_percent(value)}{sign}</td>")
        lines.append(f'<tr><th scope="row">{digit}</th>{"".join(cells)}</tr>')
    means = "".join(f"<td>{_percent(sum(values) / len(values))}<i></i></td>" for values in known)
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("Precision", "Recall", "F1"))
    return (
        f'<table class="dl-scores"><thead><tr><th scope="col">Digit</th>{heads}</tr></thead><tbody>{"".join(lines)}'
        f'<tr class="dl-mean"><th scope="row">mean</th>{means}</tr></tbody></table>'
    )


@st.fragment
def two_classes(evaluated: Evaluation) -> None:
    """One digit against the nine others: the four counts, and the formulas filled in."""
    digit = st.segmented_control(
        "The question: is it a", range(10), default=4, required=True, key="class", bind="query-params"
    )
    two = evaluation.two_classes(evaluated.confusion, digit)
    left, right = st.columns(2, gap="large")
    with left:
        st.html(_four(two, digit))
        st.caption(
            f"Positive: it is {a_digit(digit)}. Negative: it is another digit. "
            "True or false: whether the answer is right."
        )
    with right:
        _formula("precision", "TP", "FP", two.tp, two.fp, f"It never says that something is {a_digit(digit)}.")
        _formula("recall", "TP", "FN", two.tp, two.fn, f"There is no {digit} among these digits.")
        st.latex(
            rf"F_1 = \frac{{2\,TP}}{{2\,TP + FP + FN}} = "
            rf"\frac{{{2 * two.tp}}}{{{2 * two.tp} + {two.fp} + {two.fn}}} = {_latex(two.f1 or 0)}"
        )
        st.latex(
            rf"\text{{accuracy}} = \frac{{TP + TN}}{{n}} = "
            rf"\frac{{{two.tp} + {two.tn}}}{{{two.total}}} = {_latex(two.accuracy)}"
        )
    st.warning(
        f"Accuracy flatters here: who always answers no, whatever is shown, is right in {two.always_no:.2%} of cases, "
        f"and finds not a single {digit}. Precision and recall are not fooled so easily.",
        icon=":material/warning:",
    )


def _formula(name: str, first: str, second: str, one: int, other: int, undefined: str) -> None:
    if not one + other:
        st.markdown(f"No {name}: {undefined}")
        return
    share = _latex(one / (one + other))
    st.latex(rf"\text{{{name}}} = \frac{{{first}}}{{{first} + {second}}} = \frac{{{one}}}{{{one} + {other}}} = {share}")


def _latex(share: float) -> str:
    return rf"{100 * share:.2f}\,\%"


def _four(two: TwoClasses, digit: int) -> str:
    def cell(kind: str, count: int, short: str, long: str) -> str:
        return f'<td class="{kind}"><b>{count:,}</b><span>{short}</span><span>{long}</span></td>'

    return (
        '<table class="dl-four"><thead><tr><td></td>'
        f'<th scope="col">read as {digit}</th><th scope="col">read as another</th></tr></thead><tbody>'
        f'<tr><th scope="row">is {a_digit(digit)}</th>{cell("dl-right", two.tp, "TP", "true positives")}'
        f"{cell('dl-wrong', two.fn, 'FN', 'false negatives')}</tr>"
        f'<tr><th scope="row">is another</th>{cell("dl-wrong", two.fp, "FP", "false positives")}'
        f"{cell('dl-right', two.tn, 'TN', 'true negatives')}</tr></tbody></table>"
    )


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{100 * share:.1f}%"
