"""Hypothesis draws the same examples every time, and measures no time; PyTorch's threads sleep while they wait.

On a busy machine its deadline of 200 ms would fail examples that are right. To look for new examples:
`pytest --hypothesis-profile=searching`.
"""

import os

from hypothesis import settings

# Suites run side by side: see `reasoning.cli.main`.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

settings.register_profile("searching", deadline=None)
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")
