"""How a class comes along: the address of the page that is shown, for the cameras of phones."""

from html import escape
from ipaddress import ip_address
from urllib.parse import SplitResult, urlencode, urlsplit

import segno
import streamlit as st
from streamlit import net_util

EVERY_HOST = ("0.0.0.0", "::")  # what a server is told that listens at all of a machine's addresses


@st.fragment
def offer() -> None:
    """On any page, a button that shows its address."""
    with st.container(key="join"):
        if st.button("Join", icon=":material/qr_code_2:", type="tertiary", help="This page's address, for phones"):
            _show()


@st.dialog("Join with a phone", width="medium")
def _show() -> None:
    query = urlencode([(name, value) for name in st.query_params for value in st.query_params.get_all(name)])
    here = urlsplit(st.context.url or "")._replace(query=query)
    bound = st.get_option("server.address") or EVERY_HOST[0]
    address = reachable(here, bound, net_util.get_internal_ip() or "localhost")
    if address is None:
        st.info(
            "So far only this machine can open this page. On a network, start the lab with `make run HOST=0.0.0.0` "
            "(or `streamlit run app.py --server.address 0.0.0.0`); then its address is here, for everybody's camera."
        )
        return
    try:
        code = segno.make(address, micro=False).svg_data_uri(omitsize=True, dark="#000", light="#fff")
        picture = f'<img alt="The address as a QR code" src="{code}"><br>'
        how = "Point a phone's camera at the square; the phone must be on the same network as this machine."
    except segno.DataOverflowError:  # a link to a network of many layers
        picture, how = "", "This address is too long for a QR code: send it as a message."
    st.html(f'<p class="dl-join">{picture}{escape(address)}</p>')
    st.caption(how)


def reachable(page: SplitResult, bound: str, machine: str) -> str | None:
    """The address at which others on the network find a page; None if they cannot.

    Args:
        page: Where a browser has it. Any host but a machine's own name for itself is right for others, too.
        bound: The host that the server listens at.
        machine: This machine's address on the network, of its own kind if it has none.
    """
    page = page._replace(path=page.path or "/")
    if not _is_own(page.hostname or "") and page.hostname not in EVERY_HOST:
        return page.geturl()
    if _is_own(bound) or _is_own(machine):
        return None
    return page._replace(netloc=f"{machine}:{page.port}" if page.port else machine).geturl()


def _is_own(host: str) -> bool:
    """Whether every machine calls itself so."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
