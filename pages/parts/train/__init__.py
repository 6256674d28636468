"""The form of a training and the page of a run."""
