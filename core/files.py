"""Files that are there whole or not at all, even when the machine stops in the middle."""

import os
import secrets
import shutil
import time
from pathlib import Path

LEFT_AFTER = 3600  # seconds in which everything is written


def write(file: Path, data: bytes) -> None:
    """Put data into a file in one step; its folder is made if need be, and who may read a file that is replaced stays.

    Raises:
        OSError: If it cannot be written; what was there before still is.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    written = file.with_name(f".{file.name}-{secrets.token_hex(4)}")
    try:
        write_synced(written, data)
        if file.exists():
            shutil.copymode(file, written)
        os.replace(written, file)
        sync_folder(file.parent)
    finally:
        written.unlink(missing_ok=True)


def not_written(error: OSError) -> str:
    """What somebody is told whose wish came to nothing because the disk is full, or is not to be written to."""
    return f"The server could not write to its disk ({error.strerror or error}). Nothing was changed."


def write_synced(file: Path, data: bytes) -> None:
    """Write a file and wait until it is on the disk."""
    with open(file, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until what was renamed in a folder is on the disk."""
    if os.name == "nt":  # Windows cannot open folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Path, pattern: str) -> None:
    """Remove what writers left who were killed: files and folders of such a name, untouched for an hour."""
    for left in folder.glob(pattern):
        try:
            if time.time() - left.stat().st_mtime > LEFT_AFTER:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        except OSError:  # somebody else was quicker, or it is not ours to remove
            continue
