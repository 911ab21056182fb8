"""Processes that heed Ctrl-C, however the tests were started."""

import signal


def heed_interrupts():
    """For `preexec_fn`: a shell starts background jobs with the interrupt ignored, and so would everything below them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
