"""A Plotly chart that is updated in place: bars glide and curves grow where `st.plotly_chart` blinks."""

from pathlib import Path

import streamlit as st

from core.charts import Figure
from pages.parts.assets import PLOTLY_URL

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "live_chart",
    html='<div class="live-chart"></div>',
    css=(_HERE / "live_chart.css").read_text("utf-8"),
    js=(_HERE / "live_chart.js").read_text("utf-8"),
    isolate_styles=False,  # Plotly's own styles do not reach into a shadow root
)

_ahead = st.components.v2.component(
    "live_chart_ahead", html="<span></span>", js=(_HERE / "live_chart_ahead.js").read_text("utf-8")
)


def live_chart(figure: Figure, *, key: str, height: int, alt: str) -> None:
    """Show a figure, or bring the chart already shown under this key to it.

    Args:
        figure: From `core.charts`.
        key: Names the chart on its page; the same key keeps the same chart.
        height: Pixels, kept free from the first moment.
        alt: What the chart says, for those who cannot see it.
    """
    data = {"figure": figure, "height": height, "alt": alt, "plotly": plotly_url()}
    _component(key=key, height=height, data=data)


def load_ahead() -> None:
    """Have the browser fetch what a chart needs, on a page that has none yet."""
    _ahead(key="chart-ahead", data={"plotly": plotly_url()})


def plotly_url() -> str:
    """Where this server keeps Plotly's JavaScript."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}{PLOTLY_URL}" if base else PLOTLY_URL
