"""What the processes of a library write: kept in a file without a name, instead of among our own lines on a terminal.

output = ProcessOutput()
with output.taken():
    engine = library.start()        # the processes that it starts here, and theirs, write to the file
output.cause()                      # "ValueError: no room for the cache", the first error that one of them wrote
"""

from __future__ import annotations

import logging
import os
import re
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from typing import Final

from verifiers.answer_frames import readable

__all__ = ["ProcessOutput"]

_ONE_START: Final = threading.Lock()
"""Descriptors 1 and 2 are those of the whole process."""
_MOST_READ: Final = 1 << 20
_MOST_SHOWN: Final = 300
_ERROR: Final = re.compile(
    r"^(?:\([^)\n]*\) )?(?:[A-Z]+ [\d-]+ [\d:.]+ \[[^\]\n]*\] )?((?:\w+\.)*\w*(?:Error|Exception)): (\S.*)$",
    re.MULTILINE,
)
"""The last line of a traceback, as Python prints it or behind the marks of a log."""
_CONSEQUENCE: Final = re.compile(r"initialization failed|root cause|stack trace|background process", re.IGNORECASE)
"""Of an error that only says that there was another one."""


class ProcessOutput:
    """Standard output and standard error of processes."""

    def __init__(self) -> None:
        """Open the file; it is gone with this object and the processes."""
        with tempfile.TemporaryFile(mode="ab+", buffering=0) as file:
            self._descriptor = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._descriptor)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Processes that this thread starts in the block with `multiprocessing` write to the file.

        One block at a time: another thread waits for its end.
        """
        here = threading.get_ident()
        with _ONE_START:
            start = BaseProcess.start

            def starting(process: BaseProcess) -> None:
                with self._instead() if threading.get_ident() == here else nullcontext():
                    start(process)

            with self._instead():
                # It is started with the first thing that it tracks, and tells what killed processes have left.
                resource_tracker.ensure_running()
            BaseProcess.start = starting  # type: ignore[method-assign, assignment]
            try:
                yield
            finally:
                BaseProcess.start = start  # type: ignore[method-assign]

    def take_log(self, logger: logging.Logger) -> None:
        """What a logger of this process would write stands there as well."""
        stream = open(os.dup(self._descriptor), "a", encoding="utf-8", errors="replace")  # noqa: SIM115 - it stays
        for handler in logger.handlers:
            if type(handler) is logging.StreamHandler:  # those derived from it have their own streams
                handler.setStream(stream)

    def clear(self, above: int = 0) -> None:
        """Empty the file where it is longer than so many bytes."""
        if os.fstat(self._descriptor).st_size > above:
            os.ftruncate(self._descriptor, 0)

    def cause(self) -> str:
        """The first error that a process wrote, as one line; empty where there was none."""
        text = os.pread(self._descriptor, _MOST_READ, 0).decode("utf-8", "replace")
        for found in _ERROR.finditer(text):
            if not _CONSEQUENCE.search(found.group(2)):
                return readable(f"{found.group(1).rpartition('.')[2]}: {found.group(2).strip()}", _MOST_SHOWN)
        return ""

    @contextmanager
    def _instead(self) -> Iterator[None]:
        """Descriptors 1 and 2 are the file for the moment of a start."""
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        saved = []
        for number in (1, 2):
            with suppress(OSError):  # it may be closed
                saved.append((number, os.dup(number)))
                os.dup2(self._descriptor, number)
        try:
            yield
        finally:
            for number, copy in saved:
                os.dup2(copy, number)
                os.close(copy)
