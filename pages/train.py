"""Choose a recipe, watch it learn live, keep the model."""

import streamlit as st

from core.runs import ledger
from pages.parts import address
from pages.parts.live_chart import load_ahead
from pages.parts.train import recipe_form, run_controls, run_list, run_view

run_id = address.follow("run")
run = ledger().get(run_id) if run_id else None

if run_id and run is None:
    st.warning("This link names a run that is not in this lab's ledger. Start a new one below, or open an earlier one.")
if run:
    run_view.show(run)
else:
    st.title("Train a network", anchor=False)
    run_list.show_own()
    asked = recipe_form.ask()
    if asked is not None:
        run_controls.begin(asked.recipe, asked.title, probe=asked.probe, slow=asked.slow)
    load_ahead()  # the run's curves will need it
run_list.show(but=run_id)
