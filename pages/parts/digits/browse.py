"""Twenty digits at a time, in order or by chance, of which one is shown as its numbers. All choices are in the URL."""

import numpy as np
import streamlit as st

from core import classes, mnist
from core.classes import Numbers
from pages.parts import address
from pages.parts.answer import data_url
from pages.parts.digits import one

SETS = ("Training", "Test")
EVERY = "All"
CLASSES = (EVERY, *(str(digit) for digit in range(10)))
SEEDS = 10_000  # orders that "Twenty at random" chooses from
SET, CLASS, NUMBER, SEED = "digits-set", "digits-class", "digits-number", "digits-seed"


def show() -> None:
    """The choice, the twenty, and the chosen one large."""
    _check_link()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        which = st.segmented_control(
            "Digits", SETS, default=SETS[0], required=True, key=SET, bind="query-params",
            help="60,000 digits to learn from, and 10,000 by other writers to test with.",
        )  # fmt: skip
        only = st.pills(
            "Class", CLASSES, default=EVERY, required=True, key=CLASS, bind="query-params", wrap=True,
            help="Show one digit only.",
        )  # fmt: skip
        images, labels = of(which)
        asked = st.number_input(
            "Number", 0, len(labels) - 1, key=NUMBER, bind="query-params", width=140,
            help=f"Go to a digit by its place in the file, 0 to {len(labels) - 1:,}.",
        )  # fmt: skip
    numbers = classes.order(labels, None if only == EVERY else int(only), _seed())
    number, block = classes.twenty(numbers, asked)
    with st.container(key="digits-twenty"):
        _chosen(images[number], f"{which} digit {number:,}: {mnist.a_digit(int(labels[number]))}")
        _buttons(numbers, block)
        _grid(images, labels, block, number)
    if number != asked:
        there, here = mnist.a_digit(int(labels[asked])), mnist.a_digit(int(only))
        st.caption(f"Number {asked:,} is {there}; shown is number {number:,}, {here}.")
    one.show(images[number], int(labels[number]), f"{which} digit {number:,}")


def of(which: str) -> tuple[mnist.Pixels, mnist.Pixels]:
    """The images and labels of "Training" or "Test"."""
    digits = mnist.digits()
    return (digits.x_train, digits.y_train) if which == SETS[0] else (digits.x_test, digits.y_test)


def visit(number: int, digit: int) -> None:
    """Show a training digit large, among its class; for a button's `on_click`."""
    st.query_params.pop(SEED, None)
    st.session_state.update({"digits-view": "Browse", SET: SETS[0], CLASS: str(digit), NUMBER: number})


def _check_link() -> None:
    """Say what of a link cannot be shown; Streamlit takes the usual choice instead."""
    set_, class_, number = (st.query_params.get(name) for name in (SET, CLASS, NUMBER))
    last = len(of(set_ if set_ in SETS else SETS[0])[1]) - 1
    numbered = number is None or (number.isascii() and number.isdigit() and len(number) < 6 and int(number) <= last)
    no_set = "This link asks for digits that are neither Training nor Test; shown are those to train on."
    no_class = "This link asks for a class that is none of the ten digits; all are shown."
    address.warn(SET, None if set_ in (None, *SETS) else no_set)
    address.warn(CLASS, None if class_ in (None, *CLASSES) else no_class)
    address.warn(NUMBER, None if numbered else f"This link's number must be from 0 to {last:,}.")


def _seed() -> int | None:
    """Of the order by chance; None: in the order of the file."""
    asked = st.query_params.get(SEED)
    if asked is None:
        return None
    if asked.isascii() and asked.isdigit() and len(asked) < 5:
        return int(asked)
    st.warning(f"This link's order by chance must be a number from 0 to {SEEDS - 1:,}; shown is the file's order.")
    return None


def _buttons(numbers: Numbers, block: Numbers) -> None:
    first = int(np.flatnonzero(numbers == block[0])[0])
    before, after = first - classes.TWENTY, first + classes.TWENTY
    with st.container(horizontal=True, vertical_alignment="center", key="digits-steps"):
        st.button(
            "Previous twenty", icon=":material/chevron_left:", key="icon-digits-before", disabled=before < 0,
            on_click=_go, args=(int(numbers[max(before, 0)]),), help="Previous twenty",
        )  # fmt: skip
        st.button(
            "Next twenty", icon=":material/chevron_right:", key="icon-digits-after", disabled=after >= len(numbers),
            on_click=_go, args=(int(numbers[min(after, len(numbers) - 1)]),), help="Next twenty",
        )  # fmt: skip
        st.button("Twenty at random", icon=":material/casino:", on_click=_by_chance, key="digits-chance")
        if SEED in st.query_params:
            st.button("In order again", icon=":material/sort:", on_click=_in_order, key="digits-order")
        st.caption(f"{first + 1:,} to {first + len(block):,} of {len(numbers):,}; below each its label and its number")


def _chosen(image: mnist.Pixels, said: str) -> None:
    """The chosen digit in a line that a phone shows above the grid, for it is large only below."""
    picture = data_url(mnist.scaled(image))
    with st.container(key="digits-chosen"):
        st.html(
            f'<p class="dl-head"><img alt="" src="{picture}"><span>{said}<br>'
            f'<a href="#{one.ANCHOR}">Its numbers</a></span></p>'
        )


def _grid(images: mnist.Pixels, labels: mnist.Pixels, block: Numbers, chosen: int) -> None:
    with st.container(key="digits-grid"):
        for place, number in enumerate(block.tolist()):
            with st.container(key=f"digits-cell-{'chosen-' if number == chosen else ''}{place}", gap=None):
                picture = mnist.scaled(images[number])
                st.html(f'<img class="dl-cell" alt="" src="{data_url(picture)}">')
                st.button(
                    f"**{labels[number]}** :gray[#{number}]", type="tertiary", width="stretch", on_click=_go,
                    args=(number,), key=f"digits-go-{place}",
                )  # fmt: skip


def _go(number: int) -> None:
    st.session_state[NUMBER] = number


def _by_chance() -> None:
    seed = int(np.random.default_rng().integers(SEEDS))
    _, labels = of(st.session_state[SET])
    only = st.session_state[CLASS]
    st.query_params[SEED] = str(seed)
    _go(int(classes.order(labels, None if only == EVERY else int(only), seed)[0]))


def _in_order() -> None:
    st.query_params.pop(SEED, None)
