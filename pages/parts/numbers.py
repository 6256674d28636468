"""Tables: the numbers behind a chart, which a screen reader reads and a spreadsheet takes."""

from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

Columns = Mapping[str, Sequence[object]]  # a small table by its columns, of which the first names the rows


def numbers(table: pd.DataFrame | Columns, label: str = "The numbers", *, key: str | None = None) -> None:
    """A fold that holds a table; what it shows must be formatted as people read it.

    Args:
        table: To show; as columns where it is made after every stroke, for pandas takes longer than all the rest of it.
        label: Of the fold.
        key: Of a fold whose table is sent only while it is open: for numbers that change several times a second.
    """
    fold = st.expander(label, icon=":material/table:", key=key, on_change="rerun" if key else "ignore")
    if key is None or fold.open:
        show_table(table, place=fold)


def show_table(table: pd.DataFrame | Columns, *, index: bool = True, place: DeltaGenerator | None = None) -> None:
    """A table as plain HTML: for Streamlit's own a browser first loads 0.7 MB of Arrow.

    Args:
        table: To show, formatted as people read it.
        index: Whether its index is a column, with the index's name above it.
        place: Where; else where the script is.
    """
    if isinstance(table, pd.DataFrame):
        names, lines = [table.index.name or "", *table.columns], table.itertuples(name=None)
    else:
        names, lines = list(table), zip(*table.values(), strict=True)
    corner = f"<td>{escape(str(names[0]))}</td>" if index else ""
    head = corner + "".join(f'<th scope="col">{escape(str(name))}</th>' for name in names[1:])
    rows = []
    for line in lines:
        first, *cells = (escape(str(cell)) for cell in line)
        named = f'<th scope="row">{first}</th>' if index else ""
        rows.append(f"<tr>{named}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    (place or st).html(
        f'<div class="dl-table" role="group" aria-label="Table" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
