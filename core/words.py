"""Numbers as sentences have them."""


def many(count: int, name: str) -> str:
    """A count and what was counted: "1 epoch", "12,000 images"."""
    return f"{count:,} {name}" if count == 1 else f"{count:,} {name}s"
