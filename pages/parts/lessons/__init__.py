"""The lessons of the course, one a module; each has a `show()`."""
