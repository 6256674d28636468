"""Digit Lab without its pages: plain Python that has never heard of Streamlit."""
