"""The views of the page Models: the library, one model, several side by side, and how much they bear."""
