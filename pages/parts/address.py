"""What a link asks for: tidied before its page's boxes take it, followed where a page links to itself, or missed."""

import math
import time

import streamlit as st

FIRST = 10.0  # seconds in which a page may be run again by itself, for what its tab brings back


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


def follow(name: str) -> str | None:
    """What a page is asked for by this parameter, once the browser's address says so, too; None if by none.

    A link from a page to itself leaves the address as it was, and by that the browser would ask the next time.
    """
    asked, told = st.query_params.get(name), f"told-{name}"
    if st.session_state.setdefault(told, asked) != asked:
        st.session_state[told] = asked
        if asked is not None:
            st.query_params[name] = asked
        elif not st.query_params:  # what else is asked for was told by whoever set it
            st.query_params.clear()
    return asked


def miss(count: int, kind: str, place: str) -> None:
    """Say that a link names something that is not here.

    Args:
        count: How many of what it names are missing; of none nothing is said.
        kind: What one of them is: "run".
        place: Where it was looked for: "ledger".
    """
    these = f"a {kind} that is" if count == 1 else f"{count} {kind}s that are"
    warn(kind, f"This link names {these} not in this lab's {place}. Choose others below." if count else None)


def warn(about: str, sentence: str | None) -> None:
    """Say what of a link cannot be shown, and stay with it for a moment: a box that heeds the address tidies it.

    Args:
        about: What of a page it concerns.
        sentence: None if nothing is wrong now.
    """
    said, when = st.session_state.get(f"warned-{about}", ("", 0.0))
    if sentence and sentence != said:
        said, when = sentence, time.monotonic()
        st.session_state[f"warned-{about}"] = said, when
    if sentence or (said and time.monotonic() - when < FIRST):
        st.warning(said)


def _usable(value: str) -> bool:
    try:
        return value != "" and not math.isinf(float(value))
    except ValueError:
        return True
