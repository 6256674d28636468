"""Several models' scores beside each other, and against what they cost."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from core import library
from core.bundle import Card
from core.charts.agreement import Cost, Dot, accuracy_against
from core.charts.compare import PALETTE
from core.scoring import interval
from pages.parts.live_chart import live_chart
from pages.parts.subject import TEST_DIGITS

HEIGHT = 320  # pixels


def show(names: Sequence[str]) -> None:
    """The table, and two charts of labelled dots; the table holds the charts' numbers."""
    cards = [library.card(name) for name in names]
    _table(names, cards)
    costs: dict[Cost, list[float]] = {
        "parameters": [card.parameters for card in cards],
        "seconds": [card.seconds for card in cards],
    }
    for column, (what, values) in zip(st.columns(2), costs.items(), strict=True):
        with column:
            dots = [
                Dot(name, max(float(value), 0.01), card.test_accuracy, place)
                for place, (name, value, card) in enumerate(zip(names, values, cards, strict=True))
                if value
            ]
            said = "; ".join(f"{dot.name} {dot.accuracy:.2%}, {dot.cost:,.6g} {what}" for dot in dots)
            live_chart(accuracy_against(dots, what), key=f"against-{what}", height=HEIGHT, alt=f"Accuracy: {said}")
    st.caption(
        "Accuracy on MNIST's test digits, drawn by the share of errors, so that 90%, 99% and 99.9% are equally far "
        "apart. Seconds were measured on the machine that trained the model, perhaps beside other work."
    )


def _table(names: Sequence[str], cards: Sequence[Card]) -> None:
    tests = [(round(card.test_accuracy * TEST_DIGITS), TEST_DIGITS) for card in cards]
    drawn = [(card.drawn.right, card.drawn.count) if card.drawn else None for card in cards]
    best = [
        max((right / count for right, count in scores if count), default=0.0)
        for scores in (tests, [d for d in drawn if d])
    ]
    lines = [
        f'<tr><th scope="row"><i style="background:{color}"></i>{escape(name)}</th>{_score(test, best[0])}'
        f"{_score(pen, best[1])}<td>{card.parameters:,}</td><td>{_seconds(card)}</td></tr>"
        for name, card, test, pen, color in zip(names, cards, tests, drawn, PALETTE, strict=False)
    ]
    heads = ("Model", "MNIST's test digits", "Pen drawings", "Parameters", "Seconds")
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    st.html(
        f'<div class="dl-beside"><table><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
    )
    st.caption(
        "Behind each score its 95% interval: how far it may be off by the luck of which digits were in the test. "
        "Pen drawings are by writers held out of every training. Seconds: the training that "
        "ended with this model; what came before it, elsewhere or in the model it began with, is not counted."
    )


def _seconds(card: Card) -> str:
    if card.uploaded:
        return "uploaded"
    return f"{card.seconds:,.0f}" if card.seconds >= 100 else f"{card.seconds:.1f}"


def _score(score: tuple[int, int] | None, best: float) -> str:
    if score is None:
        return "<td>not measured</td>"
    right, count = score
    low, high = interval(right, count)
    share = f"{right / count:.2%}"
    shown = f"<b>{share}</b>" if right / count == best else share
    return f"<td>{shown}<span>{low:.2%} to {high:.2%}</span></td>"
