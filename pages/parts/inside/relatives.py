"""The eight training digits that the network finds most like this one."""

import pandas as pd
import streamlit as st

from core import mnist
from core.insight import Network
from core.insight.relatives import COUNT, Relatives
from core.model import Model
from pages.parts.answer import data_url
from pages.parts.numbers import numbers
from pages.parts.subject import Subject
from pages.parts.waiting import wait_for


def show(model: Model, network: Network, shown: Subject) -> None:
    """Their pictures, nearest first."""
    found = wait_for(
        f"Looking through {COUNT:,} training digits",
        ("relatives", model.card.fingerprint),
        lambda report: Relatives(network, mnist.digits(), report),
    )
    if found is None:
        return
    near = found.nearest(shown.picture)
    same = sum(one.label == near[0].label for one in near)
    telling = [layer.title for layer in network.recipe.layers[:-1] if layer.says_more]
    layer = telling[-1] if telling else "the pixels"
    alike = (
        f"All eight are labelled {near[0].label}"
        if same == 8
        else f"{same} of them are labelled {near[0].label}, as the nearest is"
        if same > 1
        else f"Only the nearest is labelled {near[0].label}"
    )
    st.markdown(
        f"**The eight training digits nearest to this one**, by what the network holds just before its answer "
        f"({layer}). {alike}. Where the labels are mixed, the network stands between two digits."
    )
    images = mnist.digits().x_train
    figures = "".join(
        f'<figure><img alt="" src="{data_url(mnist.scaled(images[one.number]))}"><figcaption><b>{one.label}</b><br>'
        f"training digit {one.number:,}<br>distance {one.distance:.2f}</figcaption></figure>"
        for one in near
    )
    st.html(f'<div class="in-relatives">{figures}</div>')
    table = pd.DataFrame(
        {
            "Training digit": [f"{one.number:,}" for one in near],
            "Label": [one.label for one in near],
            "Distance": [f"{one.distance:.3f}" for one in near],
        }
    )
    numbers(table.set_index("Training digit"))
    st.caption(f"Of the first {found.count:,} of MNIST's 60,000 training digits; Euclidean distance.")
