"""Hypothesis measures no time: on a busy machine its deadline of 200 ms would fail examples that are right."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
