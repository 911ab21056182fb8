"""Time, memory, processes, disk and output: each limit binds, each end is named, and the server lives on."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest
from sandbox_runner import run_at, runner

from verifiers.sandbox import End
from verifiers.sandbox.server import _HostDirectories

HANGS = {
    "sleeping": "import time\ntime.sleep(60)",
    "looping": "while True: pass",
    "in C": "'a' * 10 in ('a' * 9 + 'b') * 10**8 * 10",
    "big power": "x = 10 ** 10 ** 9",
    "swallowing": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "ignoring signals": "import signal\nfor n in range(1, 32):\n    try: signal.signal(n, signal.SIG_IGN)\n"
    "    except (OSError, ValueError): pass\nwhile True: pass",
    "stopped": "import os, signal, time\nos.kill(os.getpid(), signal.SIGSTOP)\ntime.sleep(60)",
    "waiting for input": "import os\nr, w = os.pipe()\nos.read(r, 1)",
    "thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()",
}


@pytest.mark.parametrize("name", HANGS)
def test_wall_limit(level, name):
    outcome = run_at(level, HANGS[name], wall_seconds=0.5, memory_mib=4096)
    assert outcome.end is End.TIMEOUT, (outcome.end, outcome.detail, outcome.stderr[-300:])
    assert outcome.seconds >= 0.49


def test_processor_limit_counts_time_used_not_time_passed(level):
    outcome = run_at(level, "while True: pass", wall_seconds=30, cpu_seconds=1)
    assert outcome.end is End.TIMEOUT
    assert 0.8 <= outcome.cpu_seconds < 5
    assert outcome.seconds < 20


def test_plain_allocation_is_a_memory_end(level):
    outcome = run_at(level, "x = bytearray(2 << 30)", memory_mib=256)
    assert outcome.end is End.MEMORY


def test_memory_of_children_counts_together(level):
    source = (
        "import os, time\n"
        "for _ in range(6):\n"
        "    if os.fork() == 0:\n"
        "        x = bytearray(60 << 20)\n"
        "        x[::4096] = b'1' * len(x[::4096])\n"
        "        time.sleep(20)\n"
        "time.sleep(20)\n"
    )
    outcome = run_at(level, source, memory_mib=200, wall_seconds=4)
    assert outcome.end is End.MEMORY, (outcome.end, outcome.detail)


def test_memory_below_the_limit_is_left_alone(level):
    outcome = run_at(
        level, "x = bytearray(150 << 20)\nx[::4096] = b'1' * len(x[::4096])\nprint(len(x))", memory_mib=400
    )
    assert (outcome.end, outcome.exit_code) == (End.EXITED, 0), outcome


def test_fork_bomb_and_thread_bomb_are_bounded(level):
    fork_bomb = run_at(
        level,
        "import os, time\ncount = 0\ntry:\n    while count < 500:\n        if os.fork() == 0: time.sleep(30)\n        count += 1\n"
        "except OSError: pass\nprint(count)",
        processes=20,
    )
    # Either the fork fails in the task, or the watcher ends a task that has too many.
    assert fork_bomb.end in (End.EXITED, End.LIMIT), fork_bomb
    assert fork_bomb.end is End.LIMIT or int(fork_bomb.stdout) <= 22
    threads = run_at(
        level,
        "import threading, time\ncount = 0\ntry:\n    while count < 500:\n"
        "        threading.Thread(target=time.sleep, args=(3,), daemon=True).start(); count += 1\n"
        "except RuntimeError: pass\nprint(count)",
        processes=20,
    )
    if level != "C" or os.getuid() != 0:  # there, root's threads are bounded by memory alone
        assert (threads.end, threads.exit_code) == (End.EXITED, 0), threads
        assert int(threads.stdout) <= 22


def test_disk_is_bounded_in_size_and_number(level):
    outcome = run_at(
        level,
        "import os\ntotal = 0\ntry:\n    for i in range(16):\n        with open(f'f{i}', 'wb') as f:\n"
        "            f.write(bytes(1 << 20)); f.flush(); total += 1\nexcept OSError: pass\nprint(total)\n"
        "files = 0\ntry:\n    for i in range(300):\n        open(f'g{i}', 'w').close(); files += 1\nexcept OSError: pass\nprint(files)",
        disk_mib=8,
        files=100,
    )
    if level == "C":
        # Without a mount namespace only the size of each file is bounded, as the report says.
        assert outcome.end is End.EXITED
    else:
        total, files = map(int, outcome.stdout.split())
        assert total <= 8
        assert files <= 100
    one_file = run_at(level, "open('big', 'wb').write(bytes(64 << 20))", disk_mib=8)
    assert one_file.exit_code == 1
    assert b"OSError" in one_file.stderr


def test_output_is_kept_up_to_the_limit_and_counted(level):
    outcome = run_at(level, "print('x' * 5000)", output_bytes=1000)
    assert outcome.stdout == b"x" * 1000
    assert outcome.stdout_total == 5001
    assert outcome.end is End.EXITED


def test_a_flood_is_killed(level):
    outcome = run_at(level, "while True: print('x' * 10000)", output_bytes=10_000)
    assert outcome.end is End.LIMIT
    assert "output" in outcome.detail
    assert len(outcome.stdout) == 10_000


def test_orphan_that_holds_the_output_does_not_hold_the_result(level):
    outcome = run_at(level, "import os, time\nif os.fork() == 0: time.sleep(60)\nprint('done')", wall_seconds=20)
    assert (outcome.end, outcome.stdout) == (End.EXITED, b"done\n")
    assert outcome.seconds < 10


def test_exit_statuses_and_signals(level):
    async def go():
        async with runner(level) as run:
            return [
                await run(source)
                for source in (
                    "import sys; sys.exit(7)",
                    "raise SystemExit('bye')",
                    "1/0",
                    "import os; os._exit(3)",
                    "import ctypes; ctypes.string_at(0)",
                    "def broken(:",
                )
            ]

    seven, bye, zero, three, crash, syntax = asyncio.run(go())
    assert seven.exit_code == 7
    assert (bye.exit_code, bye.stderr) == (1, b"bye\n")
    assert zero.exit_code == 1
    assert b"ZeroDivisionError" in zero.stderr
    assert three.exit_code == 3
    assert (crash.end, crash.signal) == (End.SIGNALED, 11)
    assert b"SyntaxError" in syntax.stderr


def test_large_input_and_large_output_do_not_block_each_other(level):
    data = os.urandom(3 << 20).hex().encode()
    outcome = run_at(
        level,
        "import sys\nfor chunk in iter(lambda: sys.stdin.buffer.read(65536), b''): sys.stdout.buffer.write(chunk)",
        stdin=data,
        output_bytes=len(data),
    )
    assert outcome.stdout == data


def test_shared_memory_of_children_counts_as_well(level):
    outcome = run_at(
        level,
        "import mmap, os, time\nfor _ in range(6):\n    if os.fork() == 0:\n        m = mmap.mmap(-1, 90 << 20)\n"
        "        for o in range(0, 90 << 20, 4096): m[o] = 1\n        time.sleep(60)\ntime.sleep(4)",
        memory_mib=256,
        wall_seconds=10,
    )
    assert outcome.end is End.MEMORY, outcome


def test_memory_that_children_share_counts_once(level):
    outcome = run_at(
        level,
        "import mmap, os, time\nm = mmap.mmap(-1, 90 << 20)\nfor o in range(0, 90 << 20, 4096): m[o] = 1\n"
        "for _ in range(6):\n    if os.fork() == 0:\n        sum(m[::4096]); time.sleep(1); os._exit(0)\n"
        "for _ in range(6): os.wait()\nprint('done')",
        memory_mib=256,
        wall_seconds=10,
    )
    assert outcome.stdout == b"done\n", outcome


RESISTING = (
    "import os\nprint(os.getcwd(), flush=True)\n"
    "os.mkdir('a'); os.mkdir('a/b', 0o300); open('a/b/x', 'w').close(); os.mkdir('a/c', 0); os.symlink('/', 'a/d')\n"
    "for _ in range(1200):\n    os.mkdir('dddddddd'); os.chdir('dddddddd')\n"
)
"""Deeper than Python recurses, and by a path that is longer than a path may be."""


def test_directories_that_resist_removal_are_removed(level):
    outcome = run_at(level, RESISTING)
    assert outcome.exit_code == 0, outcome
    assert level != "C" or not os.path.exists(outcome.stdout.decode().strip())


def test_removing_working_directories_leaves_nothing_anywhere(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    directories = _HostDirectories()
    subprocess.run([sys.executable, "-c", RESISTING], cwd=directories.make(), check=True, stdout=subprocess.DEVNULL)
    for directory in list(tmp_path.iterdir()):
        directories.remove(str(directory))
    assert list(tmp_path.iterdir()) == []
