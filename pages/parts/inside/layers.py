"""The network from the first layer to softmax, with the values of this digit in it."""

import pandas as pd
import streamlit as st

from core.insight import Network, anatomy
from core.model import Model
from pages.parts.inside.network_view import network_view
from pages.parts.numbers import numbers
from pages.parts.subject import Subject


def show(model: Model, network: Network, shown: Subject) -> None:
    """All bands, and how to read them."""
    st.markdown(
        "From top to bottom, what every layer makes of this digit. **A bright cell answers strongly**; where a layer "
        "can answer below zero, blue is above and red below. Tap or point at a cell to see what it looks for."
    )
    bands = anatomy.bands(network, shown.picture)
    network_view(model, network, bands)
    numbers(
        pd.DataFrame(
            {
                "Layer": [f"{band.number}. {band.title}" for band in bands],
                "What it is": [band.caption for band in bands],
                "Largest value": [f"{band.largest:.3g}" if band.units else "" for band in bands],
                "Silent cells": [f"{band.silent:,} of {band.units:,}" if band.units else "" for band in bands],
            }
        ).set_index("Layer")
    )
