"""The README's tree is the project's."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
TREE = (ROOT / "README.md").read_text(encoding="utf-8").split("## What is where", 1)[1].split("\n## ", 1)[0]
SUMMED_UP = ("charts", "lessons", "parts")  # folders with a line for all that is in them


def test_every_module_is_named() -> None:
    scripts = [*(ROOT / "core").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
    modules = {file.stem for file in scripts if file.stem != "__init__" and file.parent.name not in SUMMED_UP}
    assert modules - set(re.findall(r"\w+", TREE)) == set()


def test_every_name_is_that_of_a_module() -> None:
    there = {file.name for folder in ("core", "pages") for file in (ROOT / folder).rglob("*.py")}
    assert set(re.findall(r"\w+\.py\b", TREE)) - there == {"app.py"}
