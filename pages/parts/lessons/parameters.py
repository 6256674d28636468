"""Where a network's parameters are, counted layer by layer; two sizes can be changed."""

import streamlit as st
from pandas import DataFrame

from core.charts.lessons.bars import layer_bars
from core.layers import Conv, Dense
from core.lessons.parameters import Term, terms
from core.recipe import PRESETS, Recipe
from pages.parts.lessons import lesson_digit
from pages.parts.lessons.course import columns, try_this
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

ROW_HEIGHT = 36  # pixels of a bar
MOST_UNITS, MOST_FILTERS, MOST_KERNEL = 1024, 128, 7
BYTES = 4  # of a float32 number


def show() -> None:
    lesson_digit.styles()
    left, right = columns()
    with left:
        name = st.selectbox("Network", list(PRESETS), 0, key="parameters-network", bind="query-params")
        recipe = _changed(name, PRESETS[name])
        counted = terms(recipe)
        titles = [row.title for row in counted]
        total = recipe.parameters
        most = max(counted, key=lambda row: row.parameters)
        figure = layer_bars(titles, [row.parameters for row in counted])
        alt = f"{total:,} parameters; most of them, {most.parameters:,}, in {most.title}."
        live_chart(figure, key="parameters-bars", height=ROW_HEIGHT * len(counted) + 8, alt=alt)
    with right:
        st.latex(_formula(recipe))
        _sum(counted, total)
        st.markdown(
            f"As 32-bit numbers they take {total * BYTES / 1e6:.2f} MB. **{most.title}** holds "
            f"{most.parameters / total:.0%} of them. A convolution uses the same few weights at every place; a dense "
            "layer has a weight of its own for every pair of an input and an output. k is the kernel's side; channels "
            "are the maps that a layer is given: 1 for the pixels, then as many as the layer before has filters."
        )
        st.caption("Unchanged: " + ", ".join(f"{preset} {PRESETS[preset].parameters:,}" for preset in PRESETS) + ".")
    try_this(
        "In *simple-cnn*, double the filters of the first layer: why does the second convolution grow, but not the "
        "dense layer? In *first-network*, which number of units comes nearest to 100,000 parameters?"
    )
    rows = [(row.title, row.shape, row.told, f"{row.parameters:,}") for row in counted]
    numbers(DataFrame(rows, columns=["layer", "gives", "weights + biases", "parameters"]), "The numbers, with shapes")


def _changed(name: str, recipe: Recipe) -> Recipe:
    """The recipe with the sizes of its first layer as the sliders say."""
    first = recipe.layers[0]
    with st.container(horizontal=True):
        if isinstance(first, Conv):
            sizes = {
                "filters": _slider("Filters", name, MOST_FILTERS, first.filters),
                "kernel": _slider("Kernel side", name, MOST_KERNEL, first.kernel),
            }
        elif isinstance(first, Dense):
            sizes = {"units": _slider("Units", name, MOST_UNITS, first.units)}
        else:
            return recipe
    return recipe.with_changes(layers=(first.model_copy(update=sizes), *recipe.layers[1:]))


def _slider(what: str, name: str, most: int, value: int) -> int:
    key = f"parameters-{name}-{what.split()[0].lower()}"
    chosen: int = st.slider(f"{what} of the first layer", 1, most, value, key=key, bind="query-params", width=230)
    return chosen


def _formula(recipe: Recipe) -> str:
    """The rule for each kind of layer that has parameters and stands in the recipe."""
    dense = r"\text{dense} &= \text{inputs} \times \text{units} + \text{units}"
    conv = r"\text{convolution} &= k \times k \times \text{channels} \times \text{filters} + \text{filters}"
    norm = r"\text{batch normalisation} &= 4 \times \text{channels}"
    kinds = {layer.kind for layer in recipe.layers}
    lines = [line for kind, line in (("conv", conv), ("batch-norm", norm), ("dense", dense)) if kind in kinds]
    return r"\begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}"


def _sum(counted: list[Term], total: int) -> None:
    rows = "".join(
        f"<tr><th>{row.title}</th><td>{row.told}</td><td>{row.parameters:,}</td></tr>"
        for row in counted
        if row.parameters
    )
    end = f'<tr class="dl-all"><th>In all</th><td></td><td>{total:,}</td></tr>'
    st.html(f'<div class="dl-wide"><table class="dl-sum"><tbody>{rows}{end}</tbody></table></div>')
