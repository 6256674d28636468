"""A small network that was trained on few digits: its two losses part, and one chooses where to stop."""

import streamlit as st
from pandas import DataFrame

from core import mnist
from core.charts.lessons.functions import parting_curves
from core.lessons.overfitting import RECIPE, Recorded, Run, recorded
from pages.parts.lessons import lesson_digit
from pages.parts.lessons.course import columns, try_this
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

CURVES_HEIGHT = 380  # pixels
SIZES = [str(images) for images in recorded().runs]


def show() -> None:
    lesson_digit.styles()
    runs = recorded()
    left, right = columns()
    with left:
        size = st.segmented_control(
            "Training digits", SIZES, default=SIZES[1], required=True, key="overfitting-digits", bind="query-params"
        )
        images, run = int(size), runs.runs[int(size)]
        last = len(run.loss) - 1
        stop = st.slider("Stop after epoch", 0, last, last, key="overfitting-epoch", bind="query-params")
        figure = parting_curves(run.loss, run.val_loss, stop, run.best_epoch)
        lowest = f"{run.val_loss[run.best_epoch]:.3f}, at epoch {run.best_epoch}"
        alt = f"Training loss falls to {run.loss[-1]:.3f}; validation loss is lowest, {lowest}."
        live_chart(figure, key="overfitting-curves", height=CURVES_HEIGHT, alt=alt)
    with right:
        _formula(run, stop)
        _at(run, stop, images, runs)
        _words(run)
    try_this(
        "Stop where the validation loss is lowest, not where the training loss is. Then give the network more digits: "
        "how does the gap change? In earnest nobody looks at the test digits until the very end; here they show what "
        "stopping was worth."
    )
    st.caption(_how(runs))
    columns_shown = {
        "training loss": run.loss, "validation loss": run.val_loss, "test loss": run.test_loss,
        "validation accuracy": run.val_accuracy, "test accuracy": run.test_accuracy,
    }  # fmt: skip
    table = DataFrame({name: [f"{value:.4f}" for value in values] for name, values in columns_shown.items()})
    numbers(table.rename_axis("epoch"), "The numbers, epoch by epoch")


def _formula(run: Run, stop: int) -> None:
    gap = run.val_loss[stop] - run.loss[stop]
    st.latex(
        r"\begin{aligned}\text{loss} &= -\frac{1}{n}\sum_{k=1}^{n} \ln p_k(\text{right digit}) \\"
        rf"\text{{gap}} &= \text{{loss}}_\text{{validation}} - \text{{loss}}_\text{{training}} \\"
        rf"&= {run.val_loss[stop]:.3f} - {run.loss[stop]:.3f} = {gap:.3f}\end{{aligned}}"
    )


def _at(run: Run, stop: int, images: int, runs: Recorded) -> None:
    """What each kind of digits says at the chosen epoch."""
    kinds = (
        ("training", images, "learns from them", run.loss[stop], run.accuracy[stop]),
        ("validation", runs.validation_images, "says when to stop", run.val_loss[stop], run.val_accuracy[stop]),
        ("test", runs.test_images, "only for the final mark", run.test_loss[stop], run.test_accuracy[stop]),
    )
    rows = "".join(
        f"<tr><th>{kind}</th><td>{count:,}</td><td>{role}</td><td>{loss:.3f}</td><td>{accuracy:.1%}</td></tr>"
        for kind, count, role, loss, accuracy in kinds
    )
    head = "<thead><tr><th>digits</th><th>how many</th><th>what for</th><th>loss</th><th>right</th></tr></thead>"
    st.html(f'<div class="dl-wide"><table class="dl-sum">{head}<tbody>{rows}</tbody></table></div>')


def _words(run: Run) -> None:
    best, last = run.best_epoch, len(run.loss) - 1
    st.markdown(
        f"The validation loss is lowest after **epoch {best}**. From there to epoch {last} the training loss goes on "
        f"falling, by a factor of {run.loss[best] / run.loss[-1]:.0f}, while the validation loss rises by "
        f"{run.val_loss[-1] / run.val_loss[best] - 1:.0%}: the network learns its digits **by heart**. Its test "
        f"accuracy only goes from {run.test_accuracy[best]:.1%} to {run.test_accuracy[-1]:.1%}, but where it is wrong "
        "it gets ever surer, and that the loss sees."
    )


def _how(runs: Recorded) -> str:
    split = mnist.split(RECIPE, mnist.digits())
    return (
        f"A network of 784, {runs.hidden} and 10 values, trained with Adam in batches of {runs.batch_size} by "
        f"`{runs.command}`, which anybody can run again. The digits are cut as this app cuts them for a validation "
        f"split of {RECIPE.validation_split:.0%}: {len(split.x_train):,} to train on, the last "
        f"{len(split.x_validation):,} to watch; here only the first few are trained on, so that it shows soon."
    )
