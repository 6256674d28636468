"""A short course of one-screen lessons; `?lesson=` names one, so that a teacher can link to it."""

from pages.parts.lessons import course

course.show()
