"""Inline SVG on a page: `st.html` strips it, and in an image it could not take the theme's colours."""

import streamlit as st

_component = st.components.v2.component(
    "picture",
    html="<div></div>",
    js="export default ({ data, parentElement }) => { parentElement.querySelector('div').innerHTML = data }",
    isolate_styles=False,
)


def picture(markup: str, *, key: str) -> None:
    """Show markup of our own making; nothing a visitor typed may reach it unescaped."""
    _component(data=markup, key=key)
