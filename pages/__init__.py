"""The pages, one short script each."""
