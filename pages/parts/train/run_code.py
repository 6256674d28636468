"""A recipe to take away: as a Keras script, as a notebook, as a link."""

from collections.abc import Sequence

import streamlit as st

from core import link, program
from core.recipe import Recipe


def show(recipe: Recipe, title: str, remarks: Sequence[str] = ()) -> None:
    """The code of a recipe in a fold, with downloads; remarks say how a run of it went otherwise."""
    fold = st.expander("The same in Keras", icon=":material/code:", key="code", on_change="rerun")
    if not fold.open:  # what colours the code weighs 1.5 MB
        return
    with fold:
        script = program.script(recipe, title, remarks)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.download_button(
                "Script", script, f"{title}.py", "text/x-python", icon=":material/download:", on_click="ignore"
            )
            st.download_button(
                "Notebook", program.notebook(recipe, title, remarks), f"{title}.ipynb", "application/x-ipynb+json",
                icon=":material/download:", on_click="ignore",
            )  # fmt: skip
            st.page_link(
                "train.py", label="Link to these settings", icon=":material/link:",
                query_params={"recipe": link.to_link(recipe)},
            )  # fmt: skip
        st.code(script, language="python")
