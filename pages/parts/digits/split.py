"""What a recipe trains on, what it is watched on and what it is tested on."""

import numpy as np
import pandas as pd
import streamlit as st

from core import mnist
from core.charts.digits import class_counts, split_bar
from core.recipe import PRESETS, Recipe
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

BAR_HEIGHT, COUNTS_HEIGHT = 100, 340  # pixels


def show() -> None:
    """The split of a recipe as a bar, and the digits of each class in it."""
    name = st.selectbox(
        "Recipe", list(PRESETS), list(PRESETS).index("simple-cnn"), key="digits-recipe", bind="query-params", width=280,
        help="Recipes divide the training digits differently.",
    )  # fmt: skip
    recipe = PRESETS[name]
    counts = _counts(recipe)
    sizes = {part: sum(digits) for part, digits in counts.items()}
    said = ", ".join(f"{size:,} {part}" for part, size in sizes.items() if size)
    live_chart(split_bar(sizes), key="digits-bar", height=BAR_HEIGHT, alt=f"The digits of {name}: {said}")
    st.markdown(in_words(name, recipe, sizes))
    st.subheader("How many of each digit", anchor=False)
    every = [sum(parts) for parts in zip(*counts.values(), strict=True)]
    most, least = int(np.argmax(every)), int(np.argmin(every))
    alt = f"Of all parts, the most are {most}s, {every[most]:,}; the fewest are {least}s, {every[least]:,}"
    live_chart(class_counts(counts), key="digits-counts", height=COUNTS_HEIGHT, alt=alt)
    st.caption(f"{alt}. Somebody who always said {most} would be right in {every[most] / sum(every):.1%} of cases.")
    table = pd.DataFrame({part: digits for part, digits in counts.items() if any(digits)}, index=range(10))
    table.index.name = "digit"
    numbers(table.assign(all=table.sum(axis=1)).map("{:,}".format))


def in_words(name: str, recipe: Recipe, sizes: dict[str, int]) -> str:
    """Who sees which part when, in Markdown."""
    more = ", and from pen drawings, recorded and generated, which are not shown here" if recipe.pen_drawings else ""
    first = f"The network of `{name}` learns from **{sizes['training']:,}** digits{more}. "
    if recipe.validate_on_test:
        watched = (
            "After every epoch it is watched on the test digits themselves, as its tutorial does: its test accuracy "
            "was then looked at on the way, and is no longer a surprise at the end."
        )
    elif sizes["validation"]:
        watched = (
            f"After every epoch it is watched on **{sizes['validation']:,}** validation digits: the last "
            f"{recipe.validation_split:.0%} of the training file, which it never learns from. "
            f"The **{sizes['test']:,}** test digits, by other writers, are used once, at the end."
        )
    else:
        watched = (
            "It keeps none back for validation, so nobody sees on the way whether it only learns by heart. "
            f"The **{sizes['test']:,}** test digits, by other writers, are used once, at the end."
        )
    return first + watched


def _counts(recipe: Recipe) -> dict[str, list[int]]:
    """How many of each digit a part has; test digits that are used for validation count once, as test digits."""
    digits = mnist.digits()
    split = mnist.split(recipe, digits)
    validation = split.y_validation[:0] if recipe.validate_on_test else split.y_validation
    parts: dict[str, mnist.Pixels] = {"training": split.y_train, "validation": validation, "test": digits.y_test}
    return {part: np.bincount(labels, minlength=10).tolist() for part, labels in parts.items()}
