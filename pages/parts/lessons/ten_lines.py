"""The ten-line program, line by line, with what each line does to real arrays."""

import io
from html import escape

import numpy as np
import streamlit as st
from pandas import DataFrame, read_csv

from core import library, mnist
from core.bundle import Card
from core.charts import percentage, probability_bars
from core.charts.lessons.functions import curves
from core.charts.lessons.grids import Grid, grids
from core.lessons.parameters import terms
from core.lessons.ten_lines import LINES, RECIPE, arrays, labels, pixels
from pages.parts.lessons import lesson_digit
from pages.parts.lessons.course import columns, try_this
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

NAME = "ten-lines"
SHOWN_ROW = 12  # of the 28: one that crosses the first digit's ink

WORDS = (
    "Loads Keras, the library that does the work. No array is there yet.",
    "Loads MNIST: pictures of 28 x 28 pixels from 0 (paper) to 255 (ink), and what digit each one is.",
    "Lays the 28 rows of each picture one after the other. A dense layer takes a list, and does not know who is whose "
    "neighbour.",
    "Brings pixels to 0 to 1. NumPy makes 64-bit numbers of them: eight times the memory. Keras later takes 32 bits "
    "of each.",
    "Writes each label as ten numbers, 1 at its place and 0 elsewhere: the ten probabilities that are wanted.",
    "Stacks two layers. Keras draws their weights at random when it sees the first pictures.",
    "Says how to learn: in which way weights are moved, what is to become small, and what is to be shown meanwhile.",
    "Learns: every epoch takes all training digits once, a batch for each step.",
    "Reads the test digits, which it has never seen, and compares: the honest mark.",
    "Reads them once more and gives ten probabilities for each.",
)


def show() -> None:
    lesson_digit.styles()
    card = lesson_digit.card(NAME)
    if card is None:
        return
    left, right = columns()
    with left:
        line = st.slider("Line", 1, len(LINES), 2, key="ten-line", bind="query-params")
        _program(line)
    with right:
        st.markdown(f"**Line {line}.** {WORDS[line - 1]}")
        if line == 1:
            made = " and ".join(f"{what} {card.versions[what]}" for what in ("keras", "tensorflow"))
            st.markdown(f"The network that is looked at here was made with {made}.")
        elif line < 6:
            _arrays(line)
        elif line < 8:
            _network(line)
        elif line == 8:
            _losses()
        else:
            _answers(card, line)
    try_this(
        "Before you move on to a line, say what shape each array will have after it. Then train this very network on "
        "the Train page: its recipe is called *ten-lines*."
    )


def _program(now: int) -> None:
    rows = "".join(
        f'<li class="{"dl-now" if line == now else "dl-later" if line > now else ""}"'
        f"{' aria-current=step' if line == now else ''}>{escape(code)}</li>"
        for line, code in enumerate(LINES, 1)
    )
    st.html(f'<ol class="dl-program">{rows}</ol>')


def _arrays(line: int) -> None:
    """Shape, kind and range of the four arrays before and after the line, and what became of the first digit."""
    digits = mnist.digits()
    before = {facts.name: facts for facts in arrays(digits, line - 1)}
    rows = ""
    for facts in arrays(digits, line):
        old = before.get(facts.name)
        was = f"{_shape(old.shape)} {old.dtype}" if old else "-"
        now = f"{_shape(facts.shape)} {facts.dtype}"
        changed = f"<b>{now}</b>" if old != facts else "as before"
        rows += (
            f"<tr><th>{facts.name}</th><td>{was}</td><td>{changed}</td><td>{facts.low:g} to "
            f"{facts.high:g}</td><td>{facts.megabytes:,.2f} MB</td></tr>"
        )
    if rows:
        head = "<thead><tr><th>array</th><th>before</th><th>after</th><th>range</th><th>memory</th></tr></thead>"
        st.html(f'<div class="dl-wide"><table class="dl-sum">{head}<tbody>{rows}</tbody></table></div>')
        _first(line)


def _first(line: int) -> None:
    """The first training digit after the line: its picture, one row of its numbers, its label."""
    digits = mnist.digits()
    picture = mnist.scaled(digits.x_train[0])
    made = pixels(digits.x_train[:1], line)[0]
    row = made.reshape(28, 28)[SHOWN_ROW]
    label = labels(digits.y_train[:1], line)[0]
    where = f"x_train[0, {28 * SHOWN_ROW}:{28 * SHOWN_ROW + 28}]" if made.ndim == 1 else f"x_train[0, {SHOWN_ROW}]"
    shown = Grid(f"The first digit, {mnist.a_digit(digits.y_train[0])}", picture)
    if made.ndim == 1:
        shown = Grid(f"Its {made.size} numbers, here in seven lines", picture.reshape(7, -1))
    height = 190 if made.ndim == 2 else 70
    live_chart(grids([shown]), key=f"ten-first-{made.ndim}", height=height, alt=f"{shown.title}, as pixels")
    told = "  ".join(f"{value:.3g}" for value in row)
    st.html(f'<p class="dl-raw"><b>{where}</b> = {told}</p>')
    answer = "  ".join(f"{value:.0f}" for value in np.atleast_1d(label))
    st.html(f'<p class="dl-raw"><b>y_train[0]</b> = {answer}</p>')


def _shape(shape: tuple[int, ...]) -> str:
    return "(" + ", ".join(f"{size}" for size in shape) + ("," if len(shape) == 1 else "") + ")"


def _network(line: int) -> None:
    counted = terms(RECIPE)
    rows = "".join(
        f"<tr><th>{row.title}</th><td>(None, {row.shape})</td><td>{row.told}</td><td>{row.parameters:,}</td></tr>"
        for row in counted
    )
    head = "<thead><tr><th>layer</th><th>gives</th><th>weights + biases</th><th>parameters</th></tr></thead>"
    end = f'<tr class="dl-all"><th>In all</th><td></td><td></td><td>{RECIPE.parameters:,}</td></tr>'
    st.html(f'<div class="dl-wide"><table class="dl-sum">{head}<tbody>{rows}{end}</tbody></table></div>')
    if line == 6:
        st.markdown("*None* stands for the number of pictures, which is open.")
        return
    st.latex(rf"w \leftarrow w - {RECIPE.learning_rate:g} \cdot \frac{{\partial\,\text{{loss}}}}{{\partial w}}")
    st.latex(r"\text{loss} = -\frac{1}{n}\sum_{k=1}^{n} \ln p_k(\text{right digit})")
    st.markdown(
        f"*{RECIPE.optimizer}* moves every one of the {RECIPE.parameters:,} weights a little downhill; "
        f"{RECIPE.learning_rate:g} is the learning rate that Keras takes if nobody says otherwise. Nothing is learnt "
        "on this line yet."
    )


def _losses() -> None:
    """What the shipped network of this recipe told after each epoch."""
    history = read_csv(io.BytesIO(library.file(NAME, "history.csv")))
    epochs, losses = history["epoch"].to_numpy(float), history["loss"].to_numpy(float)
    steps = -(-RECIPE.fitted_images // RECIPE.batch_size)
    figure = curves(
        epochs, {"training": losses}, title="Loss by epoch", along="epoch",
        points={"training": (epochs[-1], losses[-1])}, high=float(np.ceil(losses.max())),
    )  # fmt: skip
    live_chart(figure, key="ten-losses", height=250, alt=f"The loss falls from {losses[0]:.3f} to {losses[-1]:.3f}.")
    st.markdown(
        f"{RECIPE.fitted_images:,} pictures in batches of {RECIPE.batch_size} are **{steps:,} steps** an epoch, "
        f"{steps * len(history):,} in all. This is the network that comes with this app: its loss fell from "
        f"{losses[0]:.3f} to **{losses[-1]:.3f}**, and at the end it read {history['accuracy'].iloc[-1]:.1%} of its "
        "training digits."
    )
    told = history[["epoch", "loss", "accuracy"]]
    numbers(DataFrame({name: [f"{value:.4g}" for value in told[name]] for name in told}), "The numbers, epoch by epoch")


def _answers(card: Card, line: int) -> None:
    digits = mnist.digits()
    if line == 9:
        right = round(card.test_accuracy * len(digits.y_test))
        st.latex(
            rf"\text{{accuracy}} = \frac{{{right}}}{{{len(digits.y_test)}}} = {card.test_accuracy:.4f} "
            rf"\qquad \text{{loss}} = {card.test_loss:.4f}"
        )
        st.markdown(
            f"So the network of this app misreads {len(digits.y_test) - right:,} of {len(digits.y_test):,} test "
            "digits. Whoever runs the ten lines gets about this, not just this: the weights start at random."
        )
        return
    place = st.number_input("Test digit", 0, len(digits.y_test) - 1, 0, key="ten-digit", bind="query-params", width=160)
    picture = mnist.scaled(digits.x_test[place])
    answer = library.test_probabilities(NAME)[place]
    best = int(answer.argmax())
    shown, bars = st.columns([1, 2])
    with shown:
        it_is = mnist.a_digit(digits.y_test[place])
        figure = grids([Grid(f"x_test[{place}], {it_is}", picture)])
        live_chart(figure, key="ten-digit-shown", height=170, alt=f"Test digit {place}, {it_is}")
    with bars:
        alt = f"Most likely {best}, {percentage(float(answer[best]))}"
        live_chart(probability_bars(answer.tolist()), key="ten-bars", height=250, alt=alt)
    st.html(f'<p class="dl-raw"><b>probabilities[{place}]</b> = {"  ".join(f"{value:.3f}" for value in answer)}</p>')
    st.markdown(
        f"*probabilities* has the shape {_shape((len(digits.x_test), len(answer)))}. These ten add up to "
        f"{answer.sum():.3f}; the largest stands at place {best}, so the network reads a **{best}**."
    )
