"""The numbers behind a chart, as a table that a screen reader reads and a spreadsheet takes."""

import pandas as pd
import streamlit as st


def numbers(table: pd.DataFrame, label: str = "The numbers") -> None:
    """A fold that holds a table; what it shows must be formatted as people read it."""
    with st.expander(label, icon=":material/table:"):
        st.table(table, border="horizontal")
