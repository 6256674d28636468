"""The confusion matrix: what the digits are against what they were read as, each mistake with examples."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from core import charts, evaluation, mnist
from core.evaluation import Evaluation
from core.mnist import a_digit
from pages.parts.answer import data_url
from pages.parts.evaluation import answers
from pages.parts.numbers import numbers

COUNTS, SHARES = "Counts", "Percent of the row"
EXAMPLES = 6  # pictures a cell
SHEET = 24  # pictures beside each other on the sheet that they are cut from
DIGITS = list(range(10))


class Example(NamedTuple):
    """A misread digit, and where its picture stands on the sheet."""

    column: int
    row: int
    confidence: float


class Examples(NamedTuple):
    """A few pictures of every mistake, all on one sheet."""

    sheet: str  # data URL
    rows: int
    by_cell: dict[tuple[int, int], list[Example]]  # (what they are, what they were read as)


@st.fragment
def show(name: str, fingerprint: str, evaluated: Evaluation) -> None:
    """The matrix, with examples of the mistake that is pointed at or chosen; also of a model deleted meanwhile."""
    worst = evaluation.worst_pair(evaluated.confusion) or (0, 0)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cells = st.segmented_control(
            "The cells show", [COUNTS, SHARES], default=COUNTS, required=True, key="cells", bind="query-params"
        )
        with st.container(horizontal=True, width=250):
            digit = st.selectbox("True digit", DIGITS, worst[0], key=f"confused-is-{name}", width=110)
            answer = st.selectbox("Read as", DIGITS, worst[1], key=f"confused-as-{name}", width=110)
    st.html(_html(_examples(name, fingerprint), evaluated, cells == SHARES, digit, answer))
    table = pd.DataFrame(evaluated.confusion, index=[f"is {digit}" for digit in DIGITS])
    numbers(table.rename(columns=lambda digit: f"as {digit}"), "The counts as a table")


@st.cache_resource(max_entries=16, show_spinner=False)
def _examples(name: str, fingerprint: str) -> Examples:
    """The surest examples of every mistake of a model."""
    evaluated = answers.of(name)
    by_cell: dict[tuple[int, int], list[Example]] = {}
    indices: list[int] = []  # among the test digits
    for digit, answer in np.argwhere(evaluated.confusion > 0).tolist():
        if digit == answer:
            continue
        found = []
        for index in evaluated.taken_for(digit, answer)[:EXAMPLES].tolist():
            place = len(indices)
            found.append(Example(place % SHEET, place // SHEET, float(evaluated.confidence[index])))
            indices.append(index)
        by_cell[digit, answer] = found
    rows = max(1, -(-len(indices) // SHEET))
    sheet = np.zeros((rows, SHEET, 28, 28), np.float32)
    sheet.reshape(-1, 28, 28)[: len(indices)] = mnist.scaled(mnist.digits().x_test[indices])
    return Examples(data_url(sheet.swapaxes(1, 2).reshape(rows * 28, SHEET * 28)), rows, by_cell)


def _html(examples: Examples, evaluated: Evaluation, shares: bool, digit: int, answer: int) -> str:
    """The table, and beside it the examples of the chosen cell, which those of a cell pointed at cover."""
    head = "".join(f'<th scope="col">{column}</th>' for column in DIGITS)
    lines = "".join(
        f'<tr><th scope="row">{row}</th>'
        + "".join(
            _cell(evaluated, examples, shares, row, column, (row, column) == (digit, answer)) for column in DIGITS
        )
        + "</tr>"
        for row in DIGITS
    )
    sheet = f"--sheet:url({examples.sheet});--columns:{SHEET}"
    return (
        f'<div class="dl-confusion" style="{sheet}"><div><table>'
        f'<thead><tr><td></td><th colspan="10" class="dl-axis">read as</th></tr>'
        f'<tr><th class="dl-axis">true digit</th>{head}</tr></thead><tbody>{lines}</tbody></table></div>'
        f'<div class="dl-shown">{_words(evaluated, examples, digit, answer)}'
        "<p>Point at a cell or tap it, or choose a pair above, to see its digits. Blue: read right. Orange: "
        "mistakes, full colour from 5% of the row.</p></div></div>"
    )


def _cell(evaluated: Evaluation, examples: Examples, shares: bool, digit: int, answer: int, chosen: bool) -> str:
    count, whole = int(evaluated.confusion[digit, answer]), int(evaluated.confusion[digit].sum())
    share = count / whole if whole else 0.0
    text = f"{100 * share:.1f}" if shares else str(count)
    shade = round(100 * min(1.0, share if digit == answer else share * 20))
    kind = "dl-right" if digit == answer else "dl-wrong" if count else "dl-none"
    mark = " dl-chosen" if chosen else ""
    words = _words(evaluated, examples, digit, answer)
    return (
        f'<td class="{kind}{mark}" style="--shade:{shade}" tabindex="-1">{text}<div class="dl-peek">{words}</div></td>'
    )


def _words(evaluated: Evaluation, examples: Examples, digit: int, answer: int) -> str:
    """What a cell says, with the pictures of its surest examples."""
    count, whole = int(evaluated.confusion[digit, answer]), int(evaluated.confusion[digit].sum())
    were = "was" if count == 1 else "were"
    said = f"{count:,} of {whole:,} digits that are {a_digit(digit)} {were} read as {answer}."
    if digit == answer:
        return f"<p><b>{said}</b> These are right.</p>"
    if not count:
        return f"<p><b>No digit that is {a_digit(digit)} was read as {answer}.</b></p>"
    found = examples.by_cell[digit, answer]
    pictures = "".join(
        f'<span><i style="--x:{one.column};--y:{one.row}"></i>{charts.percentage(one.confidence)}</span>'
        for one in found
    )
    which = "It" if count == 1 else "All of them" if count == len(found) else f"The {len(found)} surest"
    return f'<p><b>{said}</b> {which}, with how sure it was:</p><div class="dl-cuts">{pictures}</div>'
