"""The saved models as a table that sorts, and on a phone as a list."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from math import inf
from urllib.parse import quote

import pandas as pd
import streamlit as st

from core.bundle import Card
from core.recipe import PRESETS, Recipe
from core.runs import ledger
from pages.parts.visitor import time_zone

COLUMNS = {
    "Name": st.column_config.TextColumn(help="By which links know it; it stays."),
    "Parameters": st.column_config.NumberColumn(format="localized", help="The numbers it learned."),
    "MNIST": st.column_config.NumberColumn(format="%.2f %%", help="Share of MNIST's 10,000 test digits read right."),
    "Drawn": st.column_config.NumberColumn(
        format="%.2f %%", help="Share read right of digits that were drawn with a pen by people nobody trains on."
    ),
    "Of how many": st.column_config.NumberColumn(
        format="localized", help="How many drawn digits that was measured on."
    ),
    "Seconds": st.column_config.NumberColumn(format="%.1f", help="Of training, without the final test."),
    "When": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
    "Layers": st.column_config.TextColumn(width="large"),
}


@dataclass(frozen=True)
class _Row:
    """What the list says of a model."""

    name: str
    card: Card
    layers: str
    maker: str  # as people call them
    when: datetime  # where the visitor is

    @property
    def drawn(self) -> float | None:
        return self.card.drawn.accuracy if self.card.drawn else None


ORDERS: dict[str, Callable[[_Row], float | str]] = {
    "Best on drawn digits": lambda row: -(row.drawn or 0),
    "Best on MNIST": lambda row: -row.card.test_accuracy,
    "As shipped, then the newest": lambda row: 0,
    "Newest": lambda row: -row.card.created.timestamp(),
    "Fewest parameters": lambda row: row.card.parameters,
    "Shortest training": lambda row: inf if row.card.uploaded else row.card.seconds,
    "Title": lambda row: row.card.title.casefold(),
}


def show(described: Mapping[str, tuple[Card, Recipe]]) -> None:
    """List the models; a wide screen gets a table, a narrow one cards, both in the chosen order.

    Args:
        described: As `library.described` gives them.
    """
    order = st.selectbox("Order", ORDERS, key="library-order", bind="query-params", width=280)
    rows = sorted(_rows(described), key=ORDERS[order])
    with st.container(key="library-table"):
        st.dataframe(_table(rows), hide_index=True, column_config=COLUMNS, placeholder="-", alt="The saved models")
    st.html(f'<ul class="dl-models">{"".join(map(_card, rows))}</ul>')


def _rows(described: Mapping[str, tuple[Card, Recipe]]) -> list[_Row]:
    makers = ledger().makers()
    called = ledger().names({makers[name] for name in described if makers.get(name)})
    here = time_zone()
    return [
        _Row(
            name,
            card,
            " · ".join(layer.title for layer in recipe.layers),
            "Digit Lab" if name in PRESETS else called.get(makers.get(name, ""), "somebody"),
            card.created.astimezone(here),
        )
        for name, (card, recipe) in described.items()
    ]


def _table(rows: list[_Row]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Title": [_no_formula(row.card.title) for row in rows],
            "Name": [row.name for row in rows],
            "MNIST": [100 * row.card.test_accuracy for row in rows],
            "Drawn": [None if row.drawn is None else 100 * row.drawn for row in rows],
            "Of how many": [row.card.drawn.count if row.card.drawn else None for row in rows],
            "Parameters": [row.card.parameters for row in rows],
            "Seconds": [None if row.card.uploaded else row.card.seconds for row in rows],
            "When": [row.when.replace(tzinfo=None) for row in rows],
            "By": [_no_formula(row.maker) for row in rows],
            "Layers": [row.layers for row in rows],
        }
    )


def _no_formula(text: str) -> str:
    """As it is, unless the spreadsheet that opens the table's CSV would calculate it."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text


def _card(row: _Row) -> str:
    card = row.card
    drawn = f" · <b>{row.drawn:.2%}</b> of {card.drawn.count:,} drawn ones" if card.drawn else ""
    took = "uploaded" if card.uploaded else f"trained in {card.seconds:,.1f} s"
    code = "" if card.title == row.name else f" <code>{escape(row.name)}</code>"
    asked = f"model={quote(row.name)}"
    return (
        f'<li><p><a href="models?view=One+model&amp;{asked}"><b>{escape(card.title)}</b></a>{code}</p>'
        f"<p><b>{card.test_accuracy:.2%}</b> of MNIST's test digits{drawn}</p>"
        f"<p>{card.parameters:,} parameters, {took}</p><p class=dl-small>{escape(row.layers)}</p>"
        f"<p class=dl-small>{row.when.day} {row.when:%b %Y, %H:%M}, by {escape(row.maker)}</p>"
        f'<p><a href="./?{asked}">Draw with it</a></p></li>'
    )
