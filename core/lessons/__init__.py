"""The mathematics of the course's lessons, small enough to be read beside them; nothing here trains a real model."""
