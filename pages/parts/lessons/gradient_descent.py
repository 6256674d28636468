"""Gradient descent on a real loss of one weight, step by step, at a learning rate and momentum of one's choice."""

import numpy as np
import streamlit as st
from pandas import DataFrame

from core.charts.lessons.functions import loss_by_step, way_down
from core.lessons import gradient_descent as descent
from core.lessons.gradient_descent import Task
from pages.parts.lessons.course import columns, try_this
from pages.parts.lessons.neuron import PAIRS, points
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

PAIR = "0 and 1"
START = -2.0  # the first weight
AROUND = 4.0  # drawn to either side of the best weight
MOST_STEPS = 60
RATES = (0.01, 0.03, 0.1, 0.3, 0.5, 0.8, 0.95, 1.0, 1.05, 1.2)
MOMENTA = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9)
_WAY = "descent-way"  # of this visitor: the weights so far


def show() -> None:
    task = descent.task(points(PAIR))
    way: list[float] = st.session_state.setdefault(_WAY, [START])
    left, right = columns()
    with left:
        rate, momentum = _controls(task, way)
    w = way[-1]
    reached = [descent.loss(task, weight) for weight in way]
    lowest = descent.loss(task, task.best)
    with left:
        along = np.linspace(task.best - AROUND, task.best + AROUND, 121)
        bowl = np.array([descent.loss(task, weight) for weight in along])
        figure = way_down(along, bowl, way, reached, task.best, high=float(bowl.max()))
        alt = (
            f"After {len(way) - 1} steps the weight is {w:.4g}, the loss {reached[-1]:.4g}; lowest at {task.best:.3f}."
        )
        live_chart(figure, key="descent-bowl", height=380, alt=alt)
    with right:
        st.latex(_formula(task, way, rate, momentum))
        st.markdown(_state(task, way, momentum, reached[-1], lowest))
        first, second = PAIRS[PAIR]
        st.markdown(
            f"The network has one weight: it multiplies the ink in the middle of a real {first} or {second} (scaled) "
            f"and should give -1 for a {first}, 1 for a {second}. The loss is the mean squared error over "
            f"{len(task.x)} digits."
        )
        st.latex(
            r"\begin{aligned}\text{loss} &= \text{mean}\,(w x - t)^2 \\"
            r"\text{slope} &= \text{mean}\; 2 (w x - t)\, x\end{aligned}"
        )
        st.caption(
            "Without momentum each step multiplies the distance to the lowest point by 1 - rate x "
            f"{task.curvature:.2f}; above a rate of {descent.too_large(task):.2f} it grows. With many weights the "
            "limit is found by trying. **Momentum** lets the weight roll on like a ball: steps in one direction add "
            "up, and too much of it swings past the lowest point. With the slope of one batch at each step this is "
            "**SGD**. **RMSprop** and **Adam** also give every weight a step size of its own, by how large its slopes "
            "have been lately; Adam has momentum, too."
        )
        alt = f"The loss went from {reached[0]:.4g} to {reached[-1]:.4g} in {len(way) - 1} steps."
        live_chart(loss_by_step(reached, lowest), key="descent-steps", height=190, alt=alt)
        table = {"weight": way, "loss": reached, "slope": [descent.slope(task, weight) for weight in way]}
        numbers(DataFrame(table).rename_axis("step").map(lambda value: f"{value:.5g}"))
    try_this(
        "Start again with each rate. Which one is there in one step? Which one never comes nearer? Which jumps out? "
        "At a rate of 0.03, 60 steps are not enough without momentum. With which momentum is it there first?"
    )


def _controls(task: Task, way: list[float]) -> tuple[float, float]:
    """The learning rate and the momentum, and the buttons that take steps."""
    for_rate, for_momentum = st.columns(2)
    rate = for_rate.select_slider("Learning rate", RATES, 0.1, key="descent-rate", bind="query-params")
    momentum = for_momentum.select_slider(
        "Momentum", MOMENTA, 0.0, key="descent-momentum", bind="query-params",
        help="How much of the last step is added to the next one.",
    )  # fmt: skip
    with st.container(horizontal=True):
        ended = len(way) > MOST_STEPS
        for label, times, icon in (("Step", 1, "south_east"), ("Ten steps", 10, "fast_forward")):
            args = (task, rate, momentum, times)
            st.button(label, on_click=_step, args=args, icon=f":material/{icon}:", disabled=ended)
        st.button("Start again", on_click=_again, icon=":material/restart_alt:", disabled=len(way) == 1)
    return rate, momentum


def _formula(task: Task, way: list[float], rate: float, momentum: float) -> str:
    """The next step, with the numbers of now."""
    w, moved = way[-1], _moved(way)
    more = r" + \text{momentum} \cdot \text{last step}" if momentum else ""
    much = rf" + {momentum:g} \cdot ({_n(moved)})" if momentum else ""
    return (
        (r"\small" if momentum else "")  # so that a phone has room for it
        + rf"\begin{{aligned}}w_{{\text{{next}}}} &= w - \text{{rate}} \cdot \text{{slope}}{more} \\"
        rf"&= {_n(w)} - {rate:g} \cdot ({_n(descent.slope(task, w))}){much} \\"
        rf"&= {_n(descent.step(task, w, rate, momentum, moved))}\end{{aligned}}"
    )


def _step(task: Task, rate: float, momentum: float, times: int) -> None:
    way: list[float] = st.session_state[_WAY]
    for _ in range(min(times, MOST_STEPS + 1 - len(way))):
        way.append(descent.step(task, way[-1], rate, momentum, _moved(way)))


def _moved(way: list[float]) -> float:
    """By how much the last step moved the weight; 0 before the first."""
    return way[-1] - way[-2] if len(way) > 1 else 0.0


def _again() -> None:
    st.session_state[_WAY] = [START]


def _state(task: Task, way: list[float], momentum: float, loss: float, lowest: float) -> str:
    """Where the weight stands, in words."""
    done = f"**{len(way) - 1} step{'' if len(way) == 2 else 's'}, loss {loss:.4g}** (lowest possible: {lowest:.4f})."
    if abs(way[-1] - task.best) > AROUND:
        return f"{done} It has jumped out of the picture: the rate is too large. Start again with a smaller one."
    if abs(way[-1] - task.best) < 0.005 and abs(momentum * _moved(way)) < 0.005:
        return f"{done} It is there: the slope is next to 0, and so is every further step."
    return done


def _n(value: float) -> str:
    """Four figures, never as a power of ten, which LaTeX would take for letters."""
    return f"{value:.3f}" if abs(value) < 1000 else f"{value:.0f}"
