"""How many steps an epoch has, and how far the gradient of a batch can be trusted."""

import math

import streamlit as st
from pandas import DataFrame

from core import mnist
from core.charts.lessons.bars import cosine_marks
from core.lessons import batches
from core.lessons.batches import SIZES, Scatter
from core.recipe import PRESETS
from core.words import many
from pages.parts.answer import data_url
from pages.parts.lessons.course import columns, try_this
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

IMAGES = 1000  # of which the gradients are computed
RECIPES = [name for name, recipe in PRESETS.items() if not recipe.pen_drawings]  # of which all images are MNIST's
START, LATER = "At its start", f"After {batches.STEPS} steps"


@st.cache_resource(show_spinner=False)
def _scatter(learned: bool) -> Scatter:
    digits = mnist.digits()
    return batches.scatter(digits.x_train[:IMAGES], digits.y_train[:IMAGES], learned=learned)


def show() -> None:
    left, right = columns()
    with left:
        size = st.select_slider("Images a batch", SIZES, 32, key="batches-size", bind="query-params")
    with right:
        with st.container(horizontal=True):
            preset = st.selectbox("Recipe", RECIPES, key="batches-recipe", bind="query-params", width=180)
            moment = st.segmented_control(
                "The network", [START, LATER], default=START, required=True, key="batches-moment", bind="query-params"
            )
        _steps(preset, size)
    scatter = _scatter(moment == LATER)
    with left:
        cosines = scatter.cosines[size]
        alt = (
            f"{len(cosines)} batches of {size}: their gradients agree with that of all images by "
            f"{cosines.mean():.2f} on average, from {cosines.min():.2f} to {cosines.max():.2f}."
        )
        live_chart(cosine_marks(scatter.cosines, size), key="batches-agreement", height=340, alt=alt)
        st.caption(
            f"Each mark is a batch, drawn by chance from {IMAGES:,} real digits. 1: its gradient points the same way "
            "as that of all of them; 0: across; below 0: partly against it. "
            f"The network has {scatter.full.shape[0]} inputs and {scatter.full.shape[1]} outputs, nothing between."
        )
        each = [[f"{value:.3f}" for value in (of.mean(), of.min(), of.max())] for of in scatter.cosines.values()]
        table = DataFrame(each, columns=["mean", "lowest", "highest"], index=[str(size) for size in SIZES])
        numbers(table.rename_axis("images a batch"))
    with right:
        st.latex(rf"g = \frac{{1}}{{B}} \sum_{{i=1}}^{{B}} \nabla L_i, \qquad B = {size}")
        st.markdown(
            "A step follows the mean **gradient** of one **batch**: the slopes of the loss L by all weights together, "
            f"written ∇L. With {many(size, 'image')} it agrees with the gradient of all "
            f"by **{cosines.mean():.2f}** on average. Larger batches point more surely; smaller ones give more steps "
            "for the same work. An **epoch** is over when every image was in one batch."
        )
        _pictures(scatter, size)
    try_this(
        "Four times the images a batch: how many steps does an epoch then have, and how much surer is each? "
        "Is it worth it?"
    )


def _steps(preset: str, size: int) -> None:
    """The count of steps, as the app's own training has it."""
    recipe = PRESETS[preset]
    images = recipe.fitted_images
    steps = math.ceil(images / size)
    left_over = images - (steps - 1) * size
    st.latex(
        r"\begin{aligned}"
        rf"\left\lceil \frac{{{_n(images)}}}{{{size}}} \right\rceil &= {_n(steps)} &&\text{{ steps an epoch}} \\"
        rf"{recipe.epochs} \cdot {_n(steps)} &= {_n(recipe.epochs * steps)} &&\text{{ in all}}\end{{aligned}}"
    )
    last = f" The last batch of an epoch holds the {left_over:,} left over." if left_over < size else ""
    st.caption(f"The recipe itself takes {recipe.batch_size} images a batch and {recipe.epochs} epochs.{last}")


def _pictures(scatter: Scatter, size: int) -> None:
    """The push on the weights of one output, from one image, from a batch, from all."""
    digit = st.segmented_control(
        "What a step does to the weights for this digit (white: more, black: less)", range(10), default=0,
        required=True, key="batches-digit", bind="query-params", width="stretch",
    )  # fmt: skip
    shown = {"1 image": scatter.examples[1], f"a batch of {size}": scatter.examples[size], "all images": scatter.full}
    figures = "".join(
        f'<figure><img alt="" src="{data_url(batches.as_picture(slopes, digit))}">'
        f"<figcaption>{title}</figcaption></figure>"
        for title, slopes in shown.items()
    )
    st.html(f'<div class="dl-strip">{figures}</div>')


def _n(count: int) -> str:
    """With a thousands separator that LaTeX does not space like a list."""
    return f"{count:,}".replace(",", "{,}")
