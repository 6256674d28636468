"""The numbers behind a chart, as a table that a screen reader reads and a spreadsheet takes."""

import pandas as pd
import streamlit as st


def numbers(table: pd.DataFrame, label: str = "The numbers", *, key: str | None = None) -> None:
    """A fold that holds a table; what it shows must be formatted as people read it.

    Args:
        table: To show.
        label: Of the fold.
        key: Of a fold whose table is sent only while it is open: for numbers that change several times a second.
    """
    fold = st.expander(label, icon=":material/table:", key=key, on_change="rerun" if key else "ignore")
    if key is None or fold.open:
        fold.table(table, border="horizontal")
