"""Every threat class of the sandbox, attacked at every level that this machine gives.

Each attack prints what it got hold of; the test asserts that it got nothing and, where the host could be changed, that
the host is unchanged. The honest controls at the end must pass: a sandbox that breaks correct programs is no judge.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from sandbox_runner import LEVELS, run_at, runner

from verifiers.sandbox import End

PRELUDE = """
import os, sys, json
got = {}
def attempt(name, call):
    try:
        value = call()
    except BaseException as error:
        return
    got[name] = repr(value)[:200]
"""


def results(outcome) -> dict[str, str]:
    assert outcome.end is End.EXITED, (outcome.end, outcome.detail, outcome.stderr[-500:])
    assert outcome.exit_code == 0, outcome.stderr[-800:]
    return json.loads(outcome.stdout.splitlines()[-1])


def attack(level: str, body: str, **options) -> dict[str, str]:
    return results(run_at(level, PRELUDE + textwrap.dedent(body) + "\nprint(json.dumps(got))\n", **options))


def test_levels_found():
    assert LEVELS, "no strong level could be started on this machine"


def test_host_files_are_neither_read_nor_written(level, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    for parent in [tmp_path, *tmp_path.parents]:
        if parent.stat().st_uid == os.getuid() and str(parent).startswith("/tmp/pytest"):
            parent.chmod(0o777)
    secret.chmod(0o666)
    got = attack(
        level,
        f"""
        secret, folder = {str(secret)!r}, {str(tmp_path)!r}
        attempt("read", lambda: open(secret).read())
        attempt("read through root link", lambda: open("/proc/self/root" + secret).read())
        attempt("read through init", lambda: open("/proc/1/root" + secret).read())
        attempt("read through cwd link", lambda: open("/proc/self/cwd/../.." + secret).read())
        attempt("list", lambda: os.listdir(folder))
        attempt("write", lambda: open(folder + "/planted", "w").write("x"))
        attempt("append", lambda: open(secret, "a").write("x"))
        attempt("truncate", lambda: os.truncate(secret, 0))
        attempt("rename", lambda: os.rename(secret, secret + "2"))
        attempt("delete", lambda: os.unlink(secret))
        attempt("hard link", lambda: os.link(secret, "stolen"))
        os.symlink(secret, "pointer")
        attempt("read through own symlink", lambda: open("pointer").read())
        os.symlink(folder, "folder")
        attempt("write through own symlink", lambda: open("folder/planted2", "w").write("x"))
        attempt("chmod", lambda: os.chmod(secret, 0))
        attempt("passwords", lambda: open("/etc/shadow").read())
        attempt("home", lambda: os.listdir(os.path.expanduser("~root")))
        attempt("device", lambda: open("/dev/mem", "rb").read(1))
        attempt("disk", lambda: open("/dev/vda", "rb").read(1))
        attempt("make device", lambda: (os.mknod("dev", 0o60600, os.makedev(8, 0)), open("dev", "rb").read(1)))
        """,
    )
    assert got == {}
    assert secret.read_text() == "the secret"
    assert secret.stat().st_mode & 0o777 == 0o666
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret.txt"]


def test_project_sources_data_and_tests_are_not_visible(level):
    root = Path(__file__).resolve().parents[3]
    got = attack(
        level,
        f"""
        root = {str(root)!r}
        for path in ("verifiers/puzzles.py", "verifiers/sandbox/server.py", "data", "tests", "data/puzzles/puzzles.jsonl"):
            attempt(path, lambda: os.listdir(f"{{root}}/{{path}}") if os.path.isdir(f"{{root}}/{{path}}")
                    else open(f"{{root}}/{{path}}").read())
        attempt("import more of the harness", lambda: __import__("verifiers.registry"))
        attempt("import reasoning", lambda: __import__("reasoning.runs"))
        attempt("source of the entry", lambda: __import__("inspect").getsource(
            sys.modules["verifiers.sandbox.entries"].run_program))
        """,
    )
    assert got == {}


def test_installed_prefix_and_library_are_read_only(level):
    got = attack(
        level,
        """
        import json as module
        library = os.path.dirname(os.path.dirname(module.__file__))
        for folder in (library, os.path.dirname(module.__file__), "/", "/usr", "/usr/lib", "/etc", "/dev", "/box", "/proc"):
            attempt(folder, lambda: open(os.path.join(folder, "planted.py"), "w").write("x"))
        attempt("overwrite a module", lambda: open(module.__file__, "a").write("#"))
        """,
    )
    assert got == {}


def test_no_secret_reaches_a_task(level, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "hunter2-environment")
    leak = os.open("/etc/hostname", os.O_RDONLY)
    os.set_inheritable(leak, True)
    try:
        got = attack(
            level,
            """
            attempt("environment", lambda: 1 / ("hunter2" in str(dict(os.environ))))
            def other_environments():
                found = []
                for name in os.listdir("/proc"):
                    if name.isdigit():
                        try:
                            found.append(b"hunter2" in open(f"/proc/{name}/environ", "rb").read())
                        except OSError:
                            pass
                return 1 / any(found)
            attempt("environment of others", other_environments)
            def descriptors():
                held = []
                for number in range(3, 4096):
                    try:
                        os.fstat(number)
                        held.append(number)
                    except OSError:
                        pass
                assert held
                return held
            attempt("descriptors", descriptors)
            attempt("command line", lambda: 1 / (b"hunter2" in open("/proc/self/cmdline", "rb").read()))
            """,
        )
    finally:
        os.close(leak)
    assert got == {}


@pytest.fixture
def listener():
    """A server on loopback that notes whether anybody ever connected."""
    connections: list[object] = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)
    stop = threading.Event()

    def accept() -> None:
        while not stop.is_set():
            try:
                connections.append(server.accept())
            except TimeoutError:
                continue

    thread = threading.Thread(target=accept)
    thread.start()
    yield server.getsockname()[1], connections
    stop.set()
    thread.join()
    server.close()


def test_no_network_of_any_kind(level, listener, tmp_path):
    port, connections = listener
    path = tmp_path / "service"
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(str(path))
    unix.listen()
    os.chmod(path, 0o777)
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind("\0reasoning-sandbox-test")
    abstract.listen()
    try:
        got = attack(
            level,
            f"""
            import socket, ctypes, subprocess, urllib.request
            attempt("tcp", lambda: socket.create_connection(("127.0.0.1", {port}), 1))
            attempt("tcp6", lambda: socket.create_connection(("::1", {port}), 1))
            attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", {port})))
            attempt("listen", lambda: socket.create_server(("127.0.0.1", 0)))
            attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
            attempt("packet", lambda: socket.socket(17, socket.SOCK_RAW))
            attempt("netlink", lambda: socket.socket(16, socket.SOCK_RAW, 0))
            attempt("vsock", lambda: socket.socket(40, socket.SOCK_STREAM))
            attempt("unix path", lambda: socket.socket(socket.AF_UNIX).connect({str(path)!r}))
            attempt("unix abstract", lambda: socket.socket(socket.AF_UNIX).connect("\\0reasoning-sandbox-test"))
            attempt("own abstract", lambda: socket.socket(socket.AF_UNIX).bind("\\0mine"))
            attempt("urllib", lambda: urllib.request.urlopen("http://127.0.0.1:{port}", timeout=1))
            libc = ctypes.CDLL(None, use_errno=True)
            def raw_call(number, *arguments):
                result = libc.syscall(number, *arguments)
                assert result >= 0
                return result
            attempt("raw socket call", lambda: raw_call(41 if os.uname().machine == "x86_64" else 198, 2, 1, 0))
            attempt("shell", lambda: subprocess.run(
                ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/{port} && echo in"], check=True, capture_output=True))
            """,
        )
    finally:
        unix.close()
        abstract.close()
    assert got == {}
    assert connections == []


def test_processes_outside_cannot_be_signalled_seen_or_traced(level):
    victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        outcome = run_at(
            level,
            PRELUDE
            + textwrap.dedent(
                f"""
            import signal, resource, ctypes
            victim = {victim.pid}
            own = os.getpid()
            for target in {{victim, 1, {os.getpid()}, -1}} - {{own, 0}}:
                attempt(f"kill {{target}}", lambda: os.kill(target, signal.SIGKILL) if target != 1 else None)
            attempt("kill group", lambda: os.killpg(os.getpgid(victim), signal.SIGKILL))
            attempt("limits of another", lambda: resource.prlimit(victim, resource.RLIMIT_CPU, (1, 1)))
            attempt("priority of another", lambda: os.setpriority(os.PRIO_PROCESS, victim, 19))
            attempt("memory of another", lambda: open(f"/proc/{{victim}}/mem", "rb").read(1))
            libc = ctypes.CDLL(None, use_errno=True)
            attempt("ptrace", lambda: 1 / (libc.ptrace(16, victim, 0, 0) == 0))
            print(json.dumps(got))
            """
            ),
        )
        # Signalling one's own world (kill -1) is allowed where there is a pid namespace: it may be the task's end.
        if outcome.stdout:
            got = json.loads(outcome.stdout.splitlines()[-1])
            assert not {name for name in got if str(victim.pid) in name or name in ("kill group", "ptrace")}
            assert not {name for name in got if "another" in name}
        assert victim.poll() is None
    finally:
        victim.kill()
        victim.wait()


KERNEL_SURFACE = {
    "x86_64": {
        "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308, "ptrace": 101,
        "process_vm_readv": 310, "kcmp": 312, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "add_key": 248,
        "request_key": 249, "keyctl": 250, "io_uring_setup": 425, "memfd_create": 319, "open_by_handle_at": 304,
        "personality": 135, "kexec_load": 246, "init_module": 175, "reboot": 169, "swapon": 167, "sethostname": 170,
        "settimeofday": 164, "quotactl": 179, "acct": 163, "syslog": 103, "shmget": 29, "semget": 64, "msgget": 68,
        "mq_open": 240, "fsopen": 430, "open_tree": 428, "move_mount": 429, "mount_setattr": 442, "pidfd_getfd": 438,
        "pidfd_send_signal": 424, "clone3": 435, "seccomp": 317, "modify_ldt": 154, "iopl": 172, "fanotify_init": 300,
        "memfd_secret": 447, "not yet made": 600, "x32": 0x40000000 + 39,
    },
}  # fmt: skip


def test_kernel_surface_is_closed(level):
    numbers = KERNEL_SURFACE.get(os.uname().machine)
    if numbers is None:
        pytest.skip("system call numbers are listed for x86_64 only")
    got = attack(
        level,
        f"""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        libc.syscall.restype = ctypes.c_long
        for name, number in {numbers!r}.items():
            result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(0)] * 6)
            error = ctypes.get_errno()
            # 1 EPERM, 38 ENOSYS: refused before the kernel looked at the arguments
            if result >= 0 or error not in (1, 38):
                got[name] = f"{{result}} errno {{error}}"
        NEWUSER = 0x10000000
        pid = libc.syscall(ctypes.c_long(56), ctypes.c_long(NEWUSER | 17), 0, 0, 0, 0)
        if pid == 0:
            os._exit(0)
        if pid > 0:
            got["clone into a user namespace"] = str(pid)
        import fcntl
        attempt("type into the terminal", lambda: fcntl.ioctl(0, 0x5412, b"x"))
        """,
    )
    assert got == {}


def test_nothing_persists_between_tasks(level):
    async def go():
        async with runner(level) as run:
            first = await run(
                "import os, sys, builtins, json, tempfile\n"
                "open('left', 'w').write('x'); open(os.environ['TMPDIR'] + '/left2', 'w').write('x')\n"
                "os.environ['LEFT'] = 'x'; builtins.LEFT = 1; json.dumps = None; sys.path.insert(0, '/left')\n"
                "os.chdir('/'); os.umask(0)\n"
            )
            second = await run(
                "import os, sys, builtins, json\n"
                "print(os.listdir('.'), os.listdir(os.environ['TMPDIR']), 'LEFT' in os.environ, hasattr(builtins, 'LEFT'),"
                " json.dumps is None, '/left' in sys.path, os.getcwd() == '/')"
            )
            return first, second

    first, second = asyncio.run(go())
    assert first.exit_code == 0, first.stderr
    assert second.stdout.decode().strip() == "[] [] False False False False False"


SCAN = r"""
import re
pattern = re.compile(rb"needle-[0-9]{20}")
count = 0
for line in open("/proc/self/maps"):
    span, flags = line.split()[:2]
    if flags.startswith("rw"):
        low, high = (int(part, 16) for part in span.split("-"))
        with open("/proc/self/mem", "rb") as memory:
            memory.seek(low)
            count += len(pattern.findall(memory.read(high - low)))
print(count)
"""


def test_later_tasks_cannot_find_earlier_payloads_in_memory():
    needle = "needle-" + "4711" * 5

    async def go():
        async with runner(LEVELS[0]) as run:
            if (await run("open('/proc/self/maps').close()")).exit_code != 0:
                pytest.skip("tasks see no /proc at the strongest level of this machine")
            await run(f"marker = '{needle}'")
            return await run(SCAN), await run(SCAN + f"\nmarker = '{needle}'")

    later, control = asyncio.run(go())
    assert int(control.stdout) > 0, "the scan finds what its own text holds, so it can find something"
    assert int(later.stdout) == 0


HONEST = {
    "threads": "import threading\nt = threading.Thread(target=print, args=('ok',)); t.start(); t.join()",
    "temporary files": "import tempfile\nwith tempfile.TemporaryFile() as f: f.write(b'ok'); f.seek(0); print(f.read().decode())",
    "subprocess": "import subprocess\nprint(subprocess.run(['echo', 'ok'], capture_output=True, text=True).stdout.strip())",
    "multiprocessing": "import multiprocessing as m\nif __name__ == '__main__':\n    ctx = m.get_context('fork')\n"
    "    with ctx.Pool(2) as p: print('ok' if p.map(abs, [-1]) == [1] else 'no')",
    "asyncio": "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 'ok'\nprint(asyncio.run(f()))",
    "200 MB": "x = bytearray(200 << 20)\nx[::4096] = b'1' * len(x[::4096])\nprint('ok')",
    "recursion": "import sys\nsys.setrecursionlimit(30000)\ndef f(n): return n and 1 + f(n - 1)\nprint('ok' if f(20000) == 20000 else '')",
    "standard input": "print(input())",
    "unicode": "print('ok' if 'é漢😀'.encode() else '')",
    "exec": "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', 'print(\"ok\")'])",
    "alarm": "import signal, time\nsignal.signal(signal.SIGALRM, lambda *a: print('ok'))\nsignal.setitimer(signal.ITIMER_REAL, 0.01)\ntime.sleep(0.2)",
    "library": "import decimal, fractions, statistics, sqlite3, hashlib, zlib, datetime\nprint('ok')",
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_programs_run(level, name):
    if level == "C" and name == "multiprocessing":
        pytest.skip("semaphores need /dev/shm, which tasks share with the host where there are no mount namespaces")
    outcome = run_at(level, HONEST[name], stdin=b"ok\n" if name == "standard input" else None)
    assert outcome.end is End.EXITED, (outcome.end, outcome.detail, outcome.stderr[-500:])
    assert (outcome.exit_code, outcome.stdout.strip()) == (0, b"ok"), outcome.stderr[-500:]
