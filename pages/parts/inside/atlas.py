"""A map of the test digits by any layer, with this digit in it."""

import numpy as np
import pandas as pd
import streamlit as st

from core import mnist
from core.charts.inside import digit_map
from core.insight import Network
from core.insight.atlas import COUNT, NEIGHBOURS, Atlas
from core.model import Model
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers
from pages.parts.subject import Subject
from pages.parts.waiting import wait_for

HEIGHT = 520  # pixels
PLAIN, FINE = "Principal components", "t-SNE"


def show(model: Model, network: Network, shown: Subject) -> None:
    """The map, its layer and its kind."""
    layers = {"The pixels": 0} | {
        f"{place}. {row.title}": place
        for place, (row, layer) in enumerate(zip(network.rows, network.recipe.layers, strict=True), 1)
        if layer.says_more
    }
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "As seen by", layers, index=len(layers) - 2, key=f"inside-layer-{model.name}", width=280,
            help="Each layer's values are one long list for each digit; the map is what is left of it on paper.",
        )  # fmt: skip
        kind = st.segmented_control("Laid out by", [PLAIN, FINE], default=PLAIN, required=True, key="inside-kind")
    layer = layers[chosen]
    atlas: Atlas | None = wait_for(
        f"Looking at {COUNT:,} test digits",
        ("atlas", model.card.fingerprint, layer),
        lambda report: Atlas(network, layer, mnist.digits(), report),
    )
    if atlas is None:
        return
    if kind == FINE:
        points = wait_for(
            "Laying the digits out anew", ("fine", model.card.fingerprint, layer), lambda report: atlas.fine()
        )
        if points is None:
            return
        own = atlas.place_finely(shown.picture, points)
        read = (
            "Near neighbours stay near here; how far apart the groups lie means nothing. This digit is put in the "
            f"middle of its {NEIGHBOURS} nearest."
        )
    else:
        points, own = atlas.points, atlas.place(shown.picture)
        held = f"{atlas.explained:.0%} of the variance"
        read = f"The two directions in which the layer's values differ most; they hold {held}."
    st.markdown(
        f"**Every dot is one of MNIST's first {len(points):,} test digits; the orange ring is this digit.** What the "
        f"layer finds alike lies together: deeper layers part the ten digits more and more. {read}"
    )
    there = np.unique(atlas.labels).tolist()  # a layer so wide that few digits fit may have none of some
    middles = np.array([np.median(points[atlas.labels == digit], axis=0) for digit in there])
    near = there[int(np.linalg.norm(middles - own, axis=1).argmin())]
    alt = f"Map of {len(points)} test digits; this digit lies nearest to the middle of the {near}s"
    live_chart(digit_map(points, atlas.labels.tolist(), own), key="inside-map", height=HEIGHT, alt=alt)
    table = pd.DataFrame(
        {
            "Digit": [*map(str, there), "this digit"],
            "Across": [f"{x:.2f}" for x in [*middles[:, 0], own[0, 0]]],
            "Up": [f"{y:.2f}" for y in [*middles[:, 1], own[0, 1]]],
        }
    )
    numbers(table.set_index("Digit"), "The middles of the ten digits")
