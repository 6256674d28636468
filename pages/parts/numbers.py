"""Tables: the numbers behind a chart, which a screen reader reads and a spreadsheet takes."""

from html import escape

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def numbers(table: pd.DataFrame, label: str = "The numbers", *, key: str | None = None) -> None:
    """A fold that holds a table; what it shows must be formatted as people read it.

    Args:
        table: To show.
        label: Of the fold.
        key: Of a fold whose table is sent only while it is open: for numbers that change several times a second.
    """
    fold = st.expander(label, icon=":material/table:", key=key, on_change="rerun" if key else "ignore")
    if key is None or fold.open:
        show_table(table, place=fold)


def show_table(table: pd.DataFrame, *, index: bool = True, place: DeltaGenerator | None = None) -> None:
    """A table as plain HTML: for Streamlit's own a browser first loads 0.7 MB of Arrow.

    Args:
        table: To show, formatted as people read it.
        index: Whether its index is a column, with the index's name above it.
        place: Where; else where the script is.
    """
    corner = f"<td>{escape(str(table.index.name or ''))}</td>" if index else ""
    head = corner + "".join(f'<th scope="col">{escape(str(name))}</th>' for name in table.columns)
    rows = []
    for row in table.itertuples():
        first, *cells = (escape(str(cell)) for cell in row)
        named = f'<th scope="row">{first}</th>' if index else ""
        rows.append(f"<tr>{named}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    (place or st).html(
        f'<div class="dl-table" role="group" aria-label="Table" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
