"""The network as a picture: its layers, one below the other, with one digit's values in them."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import streamlit as st

from core import charts
from core.insight import Network, anatomy, pictures, units
from core.insight.anatomy import Band
from core.model import Model
from pages.parts.answer import png_url
from pages.parts.assets import LOOKS_URL

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "network_view",
    html='<div class="network-view"><p class="nv-note nv-above"></p><div class="nv-bands"></div>'
    '<div class="nv-panel" aria-live="polite"></div></div>',
    css=(_HERE / "network_view.css").read_text("utf-8"),
    js=(_HERE / "network_view.js").read_text("utf-8"),
    isolate_styles=False,
)


def network_view(model: Model, network: Network, bands: list[Band]) -> None:
    """Show the bands of one model."""
    shown = [_band(model, network, band) for band in bands]
    first = next((place for place, band in enumerate(bands) if band.kind != "note"), 0)
    seen = f"{units.COUNT:,} of MNIST's test digits"
    looks = f"pieces of up to {seen} to which it answers most strongly: what it looks for."
    data = {"model": model.name, "bands": shown, "first": {"place": first, "number": 0}, "looksAt": looks}
    _component(key="network-view", data=data)


def _band(model: Model, network: Network, band: Band) -> dict[str, Any]:
    data: dict[str, Any] = {
        "number": band.number,
        "kind": band.kind,
        "title": band.title,
        "caption": band.caption,
        "count": band.count,
    }
    if band.image is None:
        return data
    tiles = anatomy.strip(network, band.number)
    return data | {
        "width": band.width,
        "height": band.height,
        "columns": band.columns,
        "image": png_url(pictures.png(band.image)),
        "values": [float(f"{value:.3g}") for value in band.values],
        "places": band.places,
        "words": [charts.percentage(value) for value in band.values] if band.kind == "answer" else [],
        "looks": {
            "url": f"{LOOKS_URL}/{quote(model.name)}/{band.number}.png?of={model.card.fingerprint}",
            "tiles": tiles,
            "strips": anatomy.STRIPS,
            "tile": anatomy.TILE,
            "own": tiles > units.BEST,
        },
    }
