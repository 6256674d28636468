"""How a model learned, epoch by epoch, from the history that it was saved with."""

import pandas as pd
import streamlit as st

from core import evaluation, library
from core.charts import METRICS
from core.charts import evaluation as charts_evaluation
from core.events import EpochEnd
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

HEIGHT = 260  # pixels


def show(name: str) -> None:
    """Two curves and the table."""
    told = evaluation.epochs(library.file(name, "history.csv"))
    if not told:
        st.info(
            "It was uploaded: how it learned is not known here."
            if library.card(name).uploaded
            else "It was saved before its first epoch had ended, so there is no history."
        )
        return
    for column, metric in zip(st.columns(2), METRICS, strict=True):
        with column:
            first, last = (getattr(told[place], metric) for place in (0, -1))
            alt = f"Training {metric}, from {first:.4f} after the first epoch to {last:.4f} after the last"
            live_chart(charts_evaluation.learning_curve(told, metric), key=f"past-{metric}", height=HEIGHT, alt=alt)
    numbers(pd.DataFrame([epoch_as_row(end) for end in told]).set_index("Epoch"), "Epoch by epoch")


def epoch_as_row(end: EpochEnd) -> dict[str, str]:
    """One line of a table of epochs."""
    row = {
        "Epoch": str(end.epoch),
        "Images": f"{end.images:,}",
        "Loss": f"{end.loss:.4f}",
        "Accuracy": f"{end.accuracy:.2%}",
    }
    if end.val_loss is not None and end.val_accuracy is not None:
        row |= {"Validation loss": f"{end.val_loss:.4f}", "Validation accuracy": f"{end.val_accuracy:.2%}"}
    return {**row, "Seconds": f"{end.seconds:,.1f}"}
