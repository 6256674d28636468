"""The views of the page Digits."""
