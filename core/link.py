"""A recipe as a short text for an address, and back: what one visitor sends to another."""

import base64
import binascii
import json
import re
import zlib

from pydantic import ValidationError

from core.recipe import PRESETS, Recipe, explain

MOST_CHARACTERS = 2_000  # of a link's text; thirty layers of any kind need about half of it
MOST_BYTES = 10_000  # of what is unpacked from it
_FORM = "1."  # how the rest is written; no preset's name starts like this
_REMEDY = "Ask for the link again, or choose a recipe here."


def to_link(recipe: Recipe) -> str:
    """The recipe in letters, digits and `-_.` only; a preset is its name.

    Only what differs from `Recipe()` is written, so a changed default changes what an old link means.
    """
    for name, preset in PRESETS.items():
        if preset == recipe:
            return name
    different = recipe.model_dump(mode="json", exclude_defaults=True)
    if "layers" in different:  # every layer keeps the kind that says which one it is
        different["layers"] = [
            {"kind": layer.kind, **layer.model_dump(mode="json", exclude_defaults=True)} for layer in recipe.layers
        ]
    packed = zlib.compress(json.dumps(different, separators=(",", ":")).encode(), level=9)
    return _FORM + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def from_link(text: str) -> Recipe:
    """The recipe that a link's text stands for.

    Raises:
        ValueError: If it is none; the message is a sentence for a visitor and repeats nothing that could be markup.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"This link is too long to hold a recipe: {len(text):,} characters. {_REMEDY}")
    if text in PRESETS:
        return PRESETS[text]
    if not text.startswith(_FORM):
        raise ValueError(f"This link names no recipe that is known here. {_REMEDY}")
    try:
        return Recipe.model_validate_json(_unpacked(text.removeprefix(_FORM)))
    except ValidationError as error:
        raise ValueError(f"This link holds no recipe that can be trained here: {_plain(explain(error))}") from None


def _unpacked(text: str) -> bytes:
    """At most `MOST_BYTES` bytes, however many were packed."""
    unpacker = zlib.decompressobj()
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)
        unpacked = unpacker.decompress(packed, MOST_BYTES)
    except (binascii.Error, zlib.error, ValueError):
        raise ValueError(f"This link is damaged: a part of it is missing or changed. {_REMEDY}") from None
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError(f"This link is damaged, or holds more than a recipe. {_REMEDY}")
    return unpacked


def _plain(sentence: str) -> str:
    """Without the characters that markdown or HTML are made of: a link's maker can choose names that come back here."""
    return re.sub(r"[^\w .,:;'()%-]", "", sentence)[:300]
