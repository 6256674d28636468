"""What a link asks for: tidied before its page's boxes take it from the address, and missed where it is not here."""

import math

import streamlit as st


def tidy() -> None:
    """On a tab's first page, leave out what Streamlit's boxes cannot take: nothing at all, and infinity.

    Of an empty parameter it makes an empty choice where there has to be one, and a whole number of infinity.
    """
    if st.session_state:
        return
    unusable = [name for name in st.query_params if not all(map(_usable, st.query_params.get_all(name)))]
    for name in unusable:
        del st.query_params[name]
    if unusable:
        st.rerun()  # the boxes of this run would still be given them


def miss(count: int, kind: str, place: str) -> None:
    """Say that a link names something that is not here.

    Args:
        count: How many of what it names are missing; of none nothing is said.
        kind: What one of them is: "run".
        place: Where it was looked for: "ledger".
    """
    if count:
        these = f"a {kind} that is" if count == 1 else f"{count} {kind}s that are"
        st.warning(f"This link names {these} not in this lab's {place}. Choose others below.")


def _usable(value: str) -> bool:
    try:
        return value != "" and not math.isinf(float(value))
    except ValueError:
        return True
