import os
import stat
from pathlib import Path

import pytest

from core import files

posix = pytest.mark.skipif(os.name == "nt", reason="Windows knows no such modes")


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@posix
def test_replaced_file_is_read_by_whoever_could_read_it(tmp_path: Path) -> None:
    file = tmp_path / "card.json"
    file.write_bytes(b"old")
    file.chmod(0o604)
    files.write(file, b"new")
    assert (file.read_bytes(), mode(file)) == (b"new", 0o604)


@posix
def test_new_file_is_as_open_as_any_other(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.touch()
    files.write(tmp_path / "made" / "card.json", b"new")
    assert mode(tmp_path / "made" / "card.json") == mode(other)


def test_file_that_cannot_be_written_is_as_before_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "card.json"
    file.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        files.write(file, b"new")
    assert [(left.name, left.read_bytes()) for left in tmp_path.iterdir()] == [("card.json", b"old")]
