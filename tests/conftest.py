"""Hypothesis draws the same examples every time, and measures no time.

On a busy machine its deadline of 200 ms would fail examples that are right. To look for new examples:
`pytest --hypothesis-profile=searching`.
"""

from hypothesis import settings

settings.register_profile("searching", deadline=None)
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")
