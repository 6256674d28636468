"""Train a preset from a terminal: python -m core.training PRESET; --help names the rest."""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from core import events, library, mnist
from core.bundle import Card
from core.drawings import read
from core.recipe import PRESETS, explain
from core.settings import settings
from core.training import export, loop


def main() -> None:
    """Train, evaluate once on the test digits, write a bundle and say where."""
    parser = argparse.ArgumentParser(prog="python -m core.training", description="Train a recipe on MNIST.")
    parser.add_argument("preset", choices=PRESETS)
    parser.add_argument("--epochs", type=int, help="instead of the recipe's own")
    parser.add_argument("--seed", type=int, help="instead of the recipe's own")
    parser.add_argument(
        "--strokes", type=Path, default=settings().strokes, metavar="FILE",
        help="recorded pen drawings to score on; `reader` trains on them too (default: %(default)s, if there)",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, help="folder that gets the bundle's folder (default: the app's models)")
    asked = parser.parse_args()
    changes = {name: value for name in ("epochs", "seed") if (value := getattr(asked, name)) is not None}
    try:
        recipe = PRESETS[asked.preset].with_changes(**changes)
        digits = mnist.digits()
        out = (asked.out or settings().models).resolve()
        out.mkdir(parents=True, exist_ok=True)
        TemporaryDirectory(dir=out).cleanup()  # better to know now than after the training
        given = asked.strokes != settings().strokes or asked.strokes.exists()
        drawings = read(asked.strokes) if given else None
    except ValidationError as error:
        parser.error(explain(error))
    except (ValueError, OSError) as error:
        parser.error(str(error))
    console = Console(soft_wrap=True)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[figures]}"), TimeRemainingColumn(),
        console=console,
    ) as bars:  # fmt: skip
        bar = bars.add_task(asked.preset, total=1, figures="")

        def show(event: events.Told) -> None:
            if event.kind == "changed":  # nobody can, here
                return
            left = event.seconds_left if event.kind == "progress" else 0
            figures = f"epoch {event.epoch}/{recipe.epochs}  loss {event.loss:.4f}  accuracy {event.accuracy:.4f}"
            bars.update(bar, completed=event.seconds, total=event.seconds + left, figures=figures)
            if event.kind == "epoch" and not console.is_terminal:  # a log file shows no moving bar
                console.print(f"{asked.preset}  {figures}  {event.seconds:.0f} s")

        trained = loop.train(recipe, digits, show, drawings=drawings)
    console.print(f"test accuracy {trained.test_accuracy:.4f}, loss {trained.test_loss:.4f}, {trained.seconds:.1f} s")
    files = export.bundle(trained, digits, asked.preset, drawings)
    drawn = Card.model_validate_json(files["card.json"]).drawn
    if drawn is not None:
        console.print(f"drawn digits {drawn.accuracy:.4f} of {drawn.count:,}, by {drawn.whose}")
    name = library.publish(files, asked.preset, out)
    console.print(f"written to {out / name}")


if __name__ == "__main__":
    main()
