"""What other processes write: kept apart from our own lines, and searched for the cause of a failure."""

from __future__ import annotations

import io
import logging
import multiprocessing
import os
import sys
import threading
from multiprocessing.process import BaseProcess

import pytest

from reasoning.engines.process_output import ProcessOutput

CORE = "(EngineCore pid=71) ERROR 11-27 19:23:12 [core.py:1160] "
WORKER = "(Worker pid=75) ERROR 11-27 19:23:11 [multiproc_executor.py:865] "


def noise() -> None:
    # A forked process has the streams of pytest's capture.
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
    os.write(1, b"Loading: 100%\n")
    print("to standard output", flush=True)
    raise ValueError("no room for the cache")


def run(method: str, target: object = noise) -> None:
    process = multiprocessing.get_context(method).Process(target=target)
    process.start()
    process.join()


def holding(text: str) -> ProcessOutput:
    output = ProcessOutput()
    logger = logging.Logger("library")
    logger.addHandler(logging.StreamHandler())
    output.take_log(logger)
    logger.error(text)
    return output


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_of_the_block_write_to_the_file_and_others_to_the_terminal(method, capfd):
    output = ProcessOutput()
    with output.taken():
        run(method)
        os.write(2, b"ours\n")
    assert output.cause() == "ValueError: no room for the cache"
    assert capfd.readouterr() == ("", "ours\n")


def test_processes_of_other_threads_and_of_later_write_to_the_terminal(capfd):
    output = ProcessOutput()
    start = BaseProcess.start
    with output.taken():
        thread = threading.Thread(target=run, args=("fork",))
        thread.start()
        thread.join()
    run("fork")
    assert BaseProcess.start is start
    assert output.cause() == ""
    written = capfd.readouterr()
    assert written.out.count("to standard output") == 2
    assert written.err.count("ValueError: no room for the cache") == 2


def test_a_start_that_fails_leaves_everything_as_it_was(capfd):
    start = BaseProcess.start
    with pytest.raises(RuntimeError), ProcessOutput().taken():
        raise RuntimeError("no")
    assert BaseProcess.start is start
    os.write(2, b"ours\n")
    assert capfd.readouterr().err == "ours\n"


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        ("Loading: 100%\nTraceback (most recent call last):\n  File x\nKeyError: 'a'\n", "KeyError: 'a'"),
        (f"{WORKER}torch.cuda.OutOfMemoryError: 2 GiB\n{CORE}RuntimeError: 2\n", "OutOfMemoryError: 2 GiB"),
        (
            "Exception: WorkerProc initialization failed due to an exception in a background process. "
            f"See stack trace for root cause.\n{CORE}ValueError: too small\n",
            "ValueError: too small",
        ),
        (f"{CORE}EngineCore failed to start.\n{CORE}Traceback (most recent call last):\n", ""),
        ("WARNING 11-27 19:23:12 [x.py:1] an Error: of words\n", ""),
        ("ValueError: \x1b[2J" + "x" * 1000, "ValueError: \\x1b[2J" + "x" * 281 + "…"),
        ("", ""),
    ],
)
def test_the_cause_is_the_first_error_that_is_not_said_to_follow_from_another(lines, cause):
    assert holding(lines).cause() == cause


def test_handlers_with_streams_of_their_own_keep_them():
    mine = io.StringIO()

    class Own(logging.StreamHandler):
        pass

    logger = logging.Logger("library")
    logger.addHandler(Own(mine))
    ProcessOutput().take_log(logger)
    logger.error("KeyError: 1")
    assert mine.getvalue() == "KeyError: 1\n"


def test_a_long_output_is_forgotten():
    output = holding("KeyError: 1\n" + "x" * 100)
    output.clear(above=1000)
    assert output.cause() == "KeyError: 1"
    output.clear(above=50)
    assert output.cause() == ""
