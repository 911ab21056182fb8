"""The pool: sessions, failures of its own servers, cancellation, and nothing left behind."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pytest
from sandbox_runner import LEVELS, ORDINARY_USER, RUN_PROGRAM, host_processes, runner

from verifiers.sandbox import End, Limits, Profile, SandboxPool, SandboxUnavailableError, Task
from verifiers.sandbox.entries import command_payload, program_payload

MARK = f"task-of-test-run-{os.getpid()}"
ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("workers", [1, 3])
def test_as_many_servers_as_workers_run_at_once(workers):
    async def go() -> int:
        async with SandboxPool(workers=workers) as pool:
            await pool.report()
            task = Task(RUN_PROGRAM, program_payload("import time; time.sleep(0.7)"))
            running = [asyncio.create_task(pool.run(task)) for _ in range(4)]
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            servers = len(pool.server_pids())
            assert all(outcome.exit_code == 0 for outcome in await asyncio.gather(*running))
            return servers

    assert asyncio.run(go()) == workers


def test_a_dead_server_is_our_failure_and_is_replaced():
    async def go():
        async with runner() as run:
            await run("pass")
            pool_servers = [pid for pid in host_processes() if _is_server_of(pid, os.getpid())]
            slow = asyncio.create_task(run("import time; time.sleep(30)"))
            await asyncio.sleep(0.3)
            for pid in pool_servers:
                os.kill(pid, signal.SIGKILL)
            return await slow, await run("print('back')")

    lost, back = asyncio.run(go())
    assert lost.end is End.INTERNAL
    assert back.stdout == b"back\n"


def _is_server_of(pid: int, parent: int) -> bool:
    try:
        status, command = (Path(f"/proc/{pid}/{name}").read_text() for name in ("status", "cmdline"))
    except OSError:
        return False  # a process of somebody else that has ended meanwhile
    return f"PPid:\t{parent}\n" in status and "verifiers.sandbox.server" in command


def test_cancelling_ends_the_task_and_the_pool_goes_on():
    async def go():
        async with runner() as run:
            waiting = asyncio.create_task(run("import time; time.sleep(60)", wall_seconds=60))
            await asyncio.sleep(0.5)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            return await run("print('next')")

    assert asyncio.run(go()).stdout == b"next\n"


def test_session_talks_both_ways_and_is_killed_when_left():
    async def go():
        payload = b"[]"
        task = Task("verifiers.sandbox.canary:attempt", payload)
        async with SandboxPool(workers=1) as pool:
            async with pool.session(task, Limits(wall_seconds=20)) as first:
                # One slot: a second task of the pool must come in beside the first, or wait for ever.
                async with pool.session(
                    Task(RUN_PROGRAM, program_payload("import time; time.sleep(60)")), beside=first
                ):
                    pass
                await first.finish()
            return await pool.run(Task(RUN_PROGRAM, program_payload("print(1)"), capture=True))

    assert asyncio.run(go()).stdout == b"1\n"


def test_commands_run_with_chosen_paths(tmp_path):
    tool = tmp_path / "tool"
    tool.mkdir(mode=0o755)
    (tool / "words.txt").write_text("readable\n")
    for parent in tmp_path.parents:
        if str(parent).startswith("/tmp/pytest"):
            parent.chmod(0o755)
    tmp_path.chmod(0o755)

    async def go():
        async with SandboxPool(workers=1, profiles=[Profile("tool", read_only_paths=(str(tool),))]) as pool:
            shown = await pool.run(
                Task("verifiers.sandbox.entries:run_command", command_payload(["cat", str(tool / "words.txt")]),
                     capture=True, profile="tool")
            )  # fmt: skip
            hidden = await pool.run(
                Task(
                    "verifiers.sandbox.entries:run_command",
                    command_payload(["cat", str(tool / "words.txt")]),
                    capture=True,
                )
            )
            missing = await pool.run(
                Task("verifiers.sandbox.entries:run_command", command_payload(["no-such-tool"]), capture=True)
            )
            return shown, hidden, missing, (await pool.report()).level

    shown, hidden, missing, level = asyncio.run(go())
    assert level == LEVELS[0], "a path below /tmp must not cost a level"
    assert (shown.exit_code, shown.stdout) == (0, b"readable\n"), shown
    assert hidden.exit_code == 1
    assert hidden.stdout == b""
    assert missing.exit_code == 127
    assert b"no-such-tool" in missing.stderr


WRITES = """
import os, sys
from pathlib import Path
seen, link = map(Path, sys.argv[1:])
print(seen.read_text(), os.listdir(), os.listdir("/tmp"))
for folder in ("/tmp", "/var/tmp", "/dev/shm", "."):
    Path(folder, "mine").write_text("x")
for write in (lambda: (seen.parent / "more").write_text("x"), lambda: seen.write_text("x"), lambda: Path("/more").write_text("x")):
    try:
        write()
    except OSError:
        print("refused")
Path("/tmp/large").write_bytes(b"x" * (3 << 20))
try:
    Path("large").write_bytes(b"x" * (3 << 20))
except OSError:
    print("full")
link.unlink()
print(sorted(os.listdir("/tmp")))
"""


def test_temporary_directories_are_writable_though_something_is_shown_below_them():
    """FLINT's quadratic sieve, for one, dies where it can make no file in /tmp; environments may lie there."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="reasoning-shown-") as folder:
        seen = Path(folder) / "words.txt"
        seen.write_text("readable")
        Path(folder).chmod(0o755)

        async def go():
            task = Task(
                "verifiers.sandbox.entries:run_command",
                command_payload([os.path.realpath(sys.executable), "-c", WRITES, str(seen), folder]), capture=True, profile="tool",
            )  # fmt: skip
            limits = Limits(disk_mib=4)
            async with SandboxPool(
                workers=1, levels=LEVELS[:1], profiles=[Profile("tool", read_only_paths=(folder,))]
            ) as pool:
                mounts = "mount-namespace" in (await pool.report()).layers
                return mounts, [await pool.run(task, limits) for _ in range(2)]

        mounts, outcomes = asyncio.run(go())
        if not mounts:
            pytest.skip("no mount namespaces here: /tmp is the host's, and closed")
        name = Path(folder).name
        for outcome in outcomes:
            assert outcome.exit_code == 0, outcome
            assert outcome.stdout.decode().splitlines() == [
                f"readable [] ['{name}']", "refused", "refused", "refused", "full", "['large', 'mine']",
            ]  # fmt: skip
        assert os.listdir(folder) == ["words.txt"]
        assert seen.read_text() == "readable"


def test_numeric_profile_has_numpy_and_sympy_and_bare_has_not():
    async def go():
        async with runner() as run:
            source = "import numpy, sympy\nprint(numpy.arange(4).sum(), sympy.integrate('x**2'))"
            return await run(source, profile="numeric"), await run(source)

    numeric, bare = asyncio.run(go())
    assert numeric.stdout == b"6 x**3/3\n", numeric.stderr
    assert b"ModuleNotFoundError" in bare.stderr


def test_weak_isolation_is_refused_unless_asked_for():
    async def go(allow_weak: bool) -> str:
        async with SandboxPool(workers=1, levels=["D", "E"], allow_weak=allow_weak) as pool:
            outcome = await pool.run(Task(RUN_PROGRAM, program_payload("print(2)"), capture=True))
            assert outcome.stdout == b"2\n"
            return (await pool.report()).level

    with pytest.raises(SandboxUnavailableError, match="--allow-weak"):
        asyncio.run(go(False))
    assert asyncio.run(go(True)) == "D"


REPORT_SCRIPT = """
import asyncio, json, sys
from verifiers.sandbox import SandboxPool, Task
from verifiers.sandbox.entries import program_payload
async def main():
    async with SandboxPool(workers=1) as pool:
        report = await pool.report()
        outcome = await pool.run(Task("verifiers.sandbox.entries:run_program", program_payload("print(6*7)"), capture=True))
        print(json.dumps({"level": report.level, "refused": dict(report.refused), "out": outcome.stdout.decode(),
                          "holes": report.holes}))
asyncio.run(main())
"""


def _readable_interpreter() -> str | None:
    """A Python that an ordinary user may run; the one of the tests may lie in a private home."""
    for path in (os.path.realpath(sys.executable), "/usr/bin/python3", "/usr/local/bin/python3", "/usr/bin/python3.11"):
        probe = subprocess.run(
            [path, "-c", "import sys, typing; sys.exit(sys.version_info < (3, 11))"],
            user=ORDINARY_USER if os.getuid() == 0 else None,
            cwd="/",
            capture_output=True,
            check=False,
        ) if os.path.exists(path) and _may_run(path) else None  # fmt: skip
        if probe is not None and probe.returncode == 0:
            return path
    return None


def _may_run(path: str) -> bool:
    if os.getuid() != 0:
        return os.access(path, os.X_OK)
    return all(os.stat(parent).st_mode & 0o001 for parent in Path(path).parents) and bool(os.stat(path).st_mode & 1)


def test_as_an_ordinary_user(tmp_path):
    if os.getuid() != 0:
        pytest.skip("the tests run as an ordinary user already: every other test shows this")
    interpreter = _readable_interpreter()
    if interpreter is None:
        pytest.skip("no Python 3.11 that an ordinary user may execute")
    copy = Path("/var/tmp") / f"reasoning-test-{os.getpid()}"
    subprocess.run(["cp", "-r", str(ROOT / "verifiers"), f"{copy}/"] if copy.mkdir() is None else [], check=True)
    try:
        subprocess.run(["chmod", "-R", "a+rX", str(copy)], check=True)
        done = subprocess.run(
            [interpreter, "-c", REPORT_SCRIPT], user=ORDINARY_USER, group=ORDINARY_USER, extra_groups=[], cwd="/",
            env={"PYTHONPATH": str(copy), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        subprocess.run(["rm", "-r", str(copy)], check=True)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["out"] == "42\n"
    assert result["level"] in ("B", "C")
    assert result["holes"] == []


def test_a_package_that_is_not_installed_is_not_called_a_lack_of_isolation():
    async def go():
        async with SandboxPool(workers=1, profiles=[Profile("far", packages=("no_such_package",))]) as pool:
            await pool.run(Task(RUN_PROGRAM, program_payload("1"), profile="far"))

    with pytest.raises(SandboxUnavailableError) as caught:
        asyncio.run(go())
    assert str(caught.value) == "tasks cannot be started at any level: No module named 'no_such_package'"


INSTALLED_BESIDE = (
    """
import asyncio
from verifiers.sandbox import Profile, SandboxPool, Task
from verifiers.sandbox.entries import program_payload

PROGRAM = """
    + repr(
        "import helper_of_a_test\nprint(helper_of_a_test.VALUE)\n"
        "try:\n    import verifiers.records\nexcept ImportError:\n    print('hidden')\n"
    )
    + """
PROFILE = Profile("helped", modules=("helper_of_a_test",), packages=("helper_of_a_test",))

async def go():
    async with SandboxPool(workers=1, profiles=[PROFILE]) as pool:
        payload = program_payload(PROGRAM)
        return await pool.run(Task("verifiers.sandbox.entries:run_program", payload, capture=True, profile="helped"))

outcome = asyncio.run(go())
print(outcome.stdout.decode() or outcome)
"""
)


def test_packages_installed_beside_this_one_are_found(tmp_path):
    """As in site-packages after `pip install`: the directory is taken off the path, its packages are not."""
    site = tmp_path / "site"
    shutil.copytree(ROOT / "verifiers", site / "verifiers", ignore=shutil.ignore_patterns("__pycache__"))
    (site / "helper_of_a_test.py").write_text("VALUE = 42\n")
    for folder in (site, *itertools.takewhile(lambda parent: str(parent).startswith("/tmp/pytest"), site.parents)):
        folder.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", INSTALLED_BESIDE], cwd="/", env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["42", "hidden"], done


def _block_namespaces() -> None:
    """As a container's default profile does: namespaces and mounts end in EPERM, for this process and all below it."""
    import struct

    from verifiers.sandbox import seccomp
    from verifiers.sandbox.linux import no_new_privileges

    def op(code, operand, if_true=0, if_false=0):
        return struct.pack("HBBI", code, if_true, if_false, operand)

    table = {"x86_64": (272, 165, 435), "aarch64": (97, 40, 435)}[os.uname().machine]
    code = op(0x20, 0)
    for number in table[:2]:
        code += op(0x15, number, 0, 1) + op(0x06, 0x00050001)
    code += op(0x15, table[2], 0, 1) + op(0x06, 0x00050000 | 38) + op(0x06, 0x7FFF0000)
    no_new_privileges()
    seccomp.PreparedFilter(seccomp.Filter(code)).enforce()


def test_in_a_container_without_user_namespaces():
    script = textwrap.dedent(
        """
        import sys
        sys.path[:0] = [sys.argv[1], sys.argv[1] + "/tests/support", sys.argv[1] + "/tests/verifiers/sandbox"]
        from test_pool import _block_namespaces
        _block_namespaces()
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script + REPORT_SCRIPT, str(ROOT)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["level"] == "C"
    assert set(result["refused"]) == {"A", "B"}
    assert (result["out"], result["holes"]) == ("42\n", [])


def leftovers() -> dict[str, set[str]]:
    """What tasks of this process could leave on the host."""
    cgroup = Path("/sys/fs/cgroup")
    own_groups = f"reasoning-sandbox-{os.getpid()}-*"
    own_canary = f"reasoning-canary-{os.getpid()}-"
    return {
        "processes": {f"{pid}" for pid in host_processes() if _is_server_of(pid, os.getpid()) or _is_marked(pid)},
        "mounts": {line for line in Path("/proc/self/mountinfo").read_text().splitlines() if "/box" in line},
        "temporary files": {name for name in os.listdir("/tmp") if name.startswith(own_canary)},
        "shared memory": set(os.listdir("/dev/shm")),
        "control groups": {str(path) for root in ("memory", "pids", ".") for path in (cgroup / root).glob(own_groups)},
        "system v": set(subprocess.run(["ipcs"], capture_output=True, text=True, check=False).stdout.splitlines()),
    }


def _is_marked(pid: int) -> bool:
    """Whether a process carries the mark that this test run's tasks inherit, wherever it has been reparented to."""
    try:
        return MARK.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


MIXED = (
    "print(sum(range(100)))",
    "x = [i * i for i in range(1000)]",
    "1 / 0",
    "import os; os._exit(9)",
    "import ctypes; ctypes.string_at(0)",
    "import time; time.sleep(30)",
    "while True: pass",
    f"import subprocess\nsubprocess.Popen(['sh', '-c', 'sleep 60', '{MARK}'], start_new_session=True)",
    "import os, time\nfor _ in range(5):\n    if os.fork() == 0:\n        os.setsid(); time.sleep(60)",
    "import os\ntry:\n    while True: os.fork()\nexcept OSError: pass",
    "while True: print('x' * 100000)",
    "open('/tmp/left', 'w').write('x' * 1000); open('/dev/shm/left', 'w').write('x')",
    "import ctypes; print(ctypes.CDLL(None).shmget(4711, 4096, 0o1600))",
    "x = bytearray(1 << 31)",
    "import threading, time\nfor _ in range(5): threading.Thread(target=time.sleep, args=(30,), daemon=True).start()",
    "import sys\nsys.stdout.close(); sys.stderr.close()",
    "import os\nfor fd in range(64):\n    try: os.close(fd)\n    except OSError: pass",
)
EXPENSIVE = {5, 6, 9, 10}


async def _run_mixed(level: str, count: int, seed: int) -> dict[str, int]:
    order = random.Random(seed)
    ends: dict[str, int] = {}
    limits = Limits(wall_seconds=0.3, memory_mib=256, processes=16, output_bytes=10_000)
    async with SandboxPool(levels=[level]) as pool:

        async def one() -> None:
            index = order.randrange(len(MIXED))
            if index in EXPENSIVE and order.random() < 0.8:
                index = 0
            outcome = await pool.run(Task(RUN_PROGRAM, program_payload(MIXED[index]), capture=True), limits)
            ends[outcome.end] = ends.get(outcome.end, 0) + 1

        for _ in range(0, count, 100):
            await asyncio.gather(*[one() for _ in range(min(100, count))])
    return ends


def _assert_comes_back_to(before: dict[str, set[str]], seconds: float = 10) -> None:
    """What is left stays; what another test's process holds in a table of the whole host for a moment goes."""
    deadline = time.monotonic() + seconds
    while True:
        left = {name: found - before[name] for name, found in leftovers().items()}
        if not any(left.values()) or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    assert left == {name: set() for name in left}


def _assert_nothing_left(level: str, count: int) -> None:
    before = leftovers()
    ends = asyncio.run(_run_mixed(level, count, seed=count))
    assert ends.get(End.INTERNAL, 0) == 0, ends
    assert sum(ends.values()) == count
    # A flood is stopped by its limit or, on a busy machine, by the deadline that comes first.
    assert {End.EXITED, End.TIMEOUT, End.SIGNALED} <= set(ends), ends
    _assert_comes_back_to(before)


def test_mixed_tasks_leave_nothing_behind(level):
    _assert_nothing_left(level, 200)


@pytest.mark.slow
def test_ten_thousand_mixed_tasks_leave_nothing_behind():
    """One in ten; all with REASONING_EVERY=1."""
    _assert_nothing_left(LEVELS[0], 10_000 // int(os.environ.get("REASONING_EVERY", "10")))


def test_kill_of_the_client_leaves_no_process():
    script = textwrap.dedent(
        """
        import asyncio, os, signal, sys
        from verifiers.sandbox import SandboxPool, Task, Limits
        from verifiers.sandbox.entries import program_payload
        async def main():
            async with SandboxPool(workers=2) as pool:
                task = Task("verifiers.sandbox.entries:run_program", program_payload("import time; time.sleep(100)"))
                running = [asyncio.create_task(pool.run(task, Limits(wall_seconds=100))) for _ in range(2)]
                await asyncio.sleep(1)
                os.kill(os.getpid(), signal.SIGKILL)
        asyncio.run(main())
        """
    )
    done = subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(ROOT)})
    done.wait()
    for _ in range(100):
        if not _pool_number_servers(done.pid):
            break
        time.sleep(0.05)
    assert _pool_number_servers(done.pid) == []


def _pool_number_servers(pid: int) -> list[int]:
    """Servers and tasks in the session that a pool of process `pid` started, found by their control group or user."""
    numbers = {str(1_600_000_000 + (pid * 64 + offset) % 100_000_000) for offset in range(8)}
    found = []
    for process in host_processes():
        try:
            uid = os.stat(f"/proc/{process}").st_uid
        except OSError:
            continue
        if str(uid) in numbers:
            found.append(process)
    return found


def test_a_shared_helper_is_made_once_and_anew_after_closing():
    made = []

    def helper(pool):
        made.append(pool)
        return object()

    async def run():
        pool = SandboxPool(workers=1)
        first, again = pool.shared(helper), pool.shared(helper)
        await pool.close()
        return first, again, pool.shared(helper)

    first, again, later = asyncio.run(run())
    assert first is again
    assert later is not first
    assert len(made) == 2
