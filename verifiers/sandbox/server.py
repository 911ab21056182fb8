"""The warm fork server: isolated once, preloaded once, then one fresh child a task.

Started by `worker.py` as a clean interpreter (scrubbed environment, no site start-up) with one socket. It takes on its
layers first, imports its profile's modules, collects and freezes the heap, and then serves orders. It never reads a
task's payload and never runs untrusted code, so nothing of one task can be found in the next.

The wall clock, the kill and (without a control group) the memory watch are here, outside the child. If this process
itself hangs or dies, the pool's own deadline ends it and everything below it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import mmap
import os
import select
import signal
import socket
import sys
import time
from typing import Any, Final, NamedTuple

from verifiers.sandbox import cgroups, child, filesystem, linux, wire
from verifiers.sandbox.child import ChildPlan
from verifiers.sandbox.layers import NAMESPACES, Layer
from verifiers.sandbox.tree import Tree

__all__ = ["Configuration", "main"]

_WATCH_SECONDS: Final = 0.025
"""How often the watcher looks, where no control group binds."""
_LIMIT_ACCURACY: Final = 0.7
"""The kernel counts a limit in clock ticks, and so may end a task before its exact time says so."""
_STARTUP_MESSAGE_LIMIT: Final = 1 << 20
MIB: Final = 1 << 20


class Configuration(NamedTuple):
    """What the pool tells a server at its start.

    Attributes:
        layers: names of the layers to put on.
        fresh_proc: whether tasks get their own /proc.
        uid: user to become, or None to stay.
        group: control group to use, or None.
        view: what tasks see of the host's files.
        landlock_paths: the same as paths that may be read.
        landlock_listable: directories that may be listed as well.
        new_root: an empty directory for the new root.
        entry_modules: trusted modules, imported before isolation.
        modules: the profile's modules, imported from inside.
        import_paths: put on `sys.path` for `modules` (kept: tasks import from there too).
        forget_paths: where trusted modules are found; put on `sys.path` for them, and taken off before the first task.
    """

    layers: frozenset[Layer]
    fresh_proc: bool
    uid: int | None
    group: cgroups.Group | None
    view: filesystem.View
    landlock_paths: tuple[str, ...]
    landlock_listable: tuple[str, ...]
    new_root: str
    entry_modules: tuple[str, ...]
    modules: tuple[str, ...]
    import_paths: tuple[str, ...]
    forget_paths: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; `from_json` reads it back."""
        return {
            "layers": sorted(layer.value for layer in self.layers),
            "fresh_proc": self.fresh_proc,
            "uid": self.uid,
            "group": [self.group.version, self.group.memory, self.group.processes] if self.group else None,
            "view": [list(self.view.read_only), list(self.view.masked), list(self.view.packages)],
            "landlock_paths": list(self.landlock_paths),
            "landlock_listable": list(self.landlock_listable),
            "new_root": self.new_root,
            "entry_modules": list(self.entry_modules),
            "modules": list(self.modules),
            "import_paths": list(self.import_paths),
            "forget_paths": list(self.forget_paths),
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Configuration:
        """Read what `to_json` wrote."""
        return cls(
            layers=frozenset(Layer(name) for name in record["layers"]),
            fresh_proc=record["fresh_proc"],
            uid=record["uid"],
            group=cgroups.Group(*record["group"]) if record["group"] else None,
            view=filesystem.View(*(tuple(paths) for paths in record["view"])),
            landlock_paths=tuple(record["landlock_paths"]),
            landlock_listable=tuple(record["landlock_listable"]),
            new_root=record["new_root"],
            entry_modules=tuple(record["entry_modules"]),
            modules=tuple(record["modules"]),
            import_paths=tuple(record["import_paths"]),
            forget_paths=tuple(record["forget_paths"]),
        )


def main(descriptor: int) -> None:
    """Serve on the socket `descriptor` until the pool closes its end; does not return."""
    connection = socket.socket(fileno=descriptor)
    try:
        configuration = _read_configuration(connection)
        # A trusted entry may itself build on the profile's packages, and be another package's.
        sys.path.extend([*configuration.import_paths, *configuration.forget_paths])
        for name in configuration.entry_modules:
            importlib.import_module(name)
        plan, memory_limits, events = _isolate(configuration)
        sys.path[:] = [path for path in sys.path if path not in configuration.forget_paths]
        # Installed packages may lie beside this one, in the directory that was just taken off.
        sys.path.extend(path for path in configuration.import_paths if path not in sys.path)
        for name in configuration.modules:
            importlib.import_module(name)
        plan.prepare(configuration.landlock_paths, configuration.landlock_listable)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the pool must be told why
        with contextlib.suppress(OSError):
            connection.sendall((json.dumps({"error": f"{type(error).__name__}: {error}"}) + "\n").encode())
        os._exit(1)
    child.prepare_streams()
    gc.collect()
    gc.freeze()
    if configuration.modules:
        linux.collapse_memory()
    connection.sendall(b'{"ready": true}\n')
    _Server(connection, plan, memory_limits, events).serve()
    os._exit(0)


def _read_configuration(connection: socket.socket) -> Configuration:
    data = b""
    while not data.endswith(b"\n"):
        part = connection.recv(65536)
        if not part or len(data) > _STARTUP_MESSAGE_LIMIT:
            os._exit(1)
        data += part
    return Configuration.from_json(json.loads(data))


def _isolate(configuration: Configuration) -> tuple[ChildPlan, cgroups.LimitFiles | None, int]:
    """Take on the layers that the server shares with its children, before any import that could start a thread."""
    layers, group = configuration.layers, configuration.group
    limits = cgroups.LimitFiles(group) if group else None
    events = cgroups.open_events(group) if group else -1
    entrances = cgroups.open_entrances(group) if group else []
    root_made = Layer.MOUNT in layers and os.getuid() == 0
    links: dict[str, str] = {}
    if root_made:
        # With root's rights: another user could not reach an interpreter below a private home directory.
        linux.unshare(linux.CLONE_NEWNS)
        links = filesystem.build_root(configuration.new_root, configuration.view)
    if configuration.uid is not None:
        os.setgroups([])
        os.setresgid(configuration.uid, configuration.uid, configuration.uid)
        os.setresuid(configuration.uid, configuration.uid, configuration.uid)
        linux.prctl(linux.PR_SET_DUMPABLE, 1)
    if layers & NAMESPACES:
        _enter_namespaces(layers)
        if Layer.MOUNT in layers and not root_made:
            links = filesystem.build_root(configuration.new_root, configuration.view)
        if Layer.PID in layers and Layer.MOUNT in layers:
            filesystem.mount_process_filesystem()
    else:
        linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
    linux.drop_capability_bounding_set()
    linux.no_new_privileges()
    os.environ.update(HOME=filesystem.WORK, TMPDIR=filesystem.WORK) if Layer.MOUNT in layers else None
    return ChildPlan(layers, entrances, links, fresh_proc=configuration.fresh_proc), limits, events


def _enter_namespaces(layers: frozenset[Layer]) -> None:
    flags = 0
    for layer, flag in (
        (Layer.USER, linux.CLONE_NEWUSER),
        (Layer.PID, linux.CLONE_NEWPID),
        (Layer.MOUNT, linux.CLONE_NEWNS),
        (Layer.NETWORK, linux.CLONE_NEWNET),
        (Layer.IPC, linux.CLONE_NEWIPC),
        (Layer.UTS, linux.CLONE_NEWUTS),
    ):
        if layer in layers:
            flags |= flag
    uid, gid = os.getuid(), os.getgid()
    linux.unshare(flags)
    if Layer.USER in layers:
        filesystem.write_file("/proc/self/setgroups", "deny")
        filesystem.write_file("/proc/self/uid_map", f"{uid} {uid} 1")
        filesystem.write_file("/proc/self/gid_map", f"{gid} {gid} 1")
    if Layer.PID not in layers:
        return
    pid = os.fork()
    if pid:
        # Only a guard: when it is killed, the server (first of its pid namespace) dies, and with it every task.
        linux.close_all_but([])
        os.waitpid(pid, 0)
        os._exit(0)
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)


class _HostDirectories:
    """Working directories on the host's file system, where tasks have no mount namespace."""

    def __init__(self) -> None:
        # Here and not above: a server with mount namespaces has no use for this module and the pages it takes.
        import tempfile

        self._make = tempfile.mkdtemp

    def make(self) -> str:
        """A new private one."""
        return self._make(prefix="reasoning-task-")

    def remove(self, path: str) -> None:
        """Delete it with all that a task, whose processes are gone, left there; links are not followed.

        Directories within are first moved to one place: a task may nest them deeper than a path or the stack
        reaches, and take all rights on them away.
        """
        place = ""
        moved = 0
        pending = [path]
        while pending:
            directory = pending.pop()
            with contextlib.suppress(OSError), os.scandir(directory) as entries:
                for entry in entries:
                    if not entry.is_dir(follow_symlinks=False):
                        os.unlink(entry.path)
                        continue
                    place = place or self._make(prefix="reasoning-task-")
                    moved += 1
                    os.chmod(entry.path, 0o700)
                    os.rename(entry.path, f"{place}/{moved}")
                    pending.append(f"{place}/{moved}")
            with contextlib.suppress(OSError):
                os.rmdir(directory)
        if place:
            with contextlib.suppress(OSError):
                os.rmdir(place)


class _Server:
    """One order after another; one task at a time."""

    def __init__(
        self, connection: socket.socket, plan: ChildPlan, limits: cgroups.LimitFiles | None, events: int
    ) -> None:
        self._connection = connection
        self._plan = plan
        self._limits = limits
        self._events = events
        self._kills = 0
        self._poller = select.poll()
        self._poller.register(connection.fileno(), select.POLLIN)
        self._tree = Tree(contained=plan.own_processes)
        self._watch = Layer.WATCHER in plan.layers
        self._directories = None if plan.own_mounts else _HostDirectories()
        # Shared with each child until it has put on its layers: a task cannot reach it to pass for our failure.
        self._set_up = mmap.mmap(-1, 1)
        self._clone_flags = 0
        if plan.own_processes:
            self._clone_flags |= linux.CLONE_NEWPID
        if plan.own_mounts:
            self._clone_flags |= linux.CLONE_NEWNS

    def serve(self) -> None:
        """Until the pool closes its end."""
        while True:
            received = wire.receive_order(self._connection)
            if received is None:
                return
            order, descriptors = received
            try:
                ending = self._run(order, descriptors)
            except Exception as error:  # noqa: BLE001 - the pool must hear of it and replace this server
                self._tree.kill_all()
                ending = wire.Ending(wire.CAUSE_FAILED, 0, 0.0, 0.0, 0, f"{type(error).__name__}: {error}")
            wire.send_ending(self._connection, ending)

    def _run(self, order: wire.Order, descriptors: list[int]) -> wire.Ending:
        entry = self._plan.resolve(order.entry)
        if self._limits is not None:
            self._limits.set(order.memory_mib, order.processes)
        work = None if self._directories is None else self._directories.make()
        self._set_up[0] = 0
        started = time.monotonic()
        pid, pidfd = self._fork()
        if pid == 0:
            self._become_child(order, descriptors, entry, work)
        try:
            wire.close_all(descriptors)
            cause = self._wait(pid, pidfd, started + order.wall_seconds, order)
            _, status, usage = os.wait4(pid, 0)
            self._tree.kill_all()
        finally:
            if pidfd >= 0:
                self._poller.unregister(pidfd)
                os.close(pidfd)
            if work is not None and self._directories is not None:
                self._directories.remove(work)
        seconds = time.monotonic() - started
        cpu = usage.ru_utime + usage.ru_stime
        code = os.waitstatus_to_exitcode(status)
        if self._events >= 0:
            kills = cgroups.memory_kills(self._events)
            if kills > self._kills:
                cause = wire.CAUSE_MEMORY
            self._kills = kills
        cause = cause or _cause(code, cpu, order.cpu_seconds, set_up=bool(self._set_up[0]))
        if cause == wire.CAUSE_FAILED:
            return wire.Ending(cause, code, seconds, cpu, usage.ru_maxrss, "a layer could not be put on in the child")
        return wire.Ending(cause, abs(code), seconds, cpu, usage.ru_maxrss)

    def _fork(self) -> tuple[int, int]:
        return linux.clone_child(self._clone_flags) if self._clone_flags else linux.fork_child()

    def _become_child(self, order: wire.Order, descriptors: list[int], entry: Any, work: str | None) -> None:
        try:
            channel = self._plan.become_task(order, descriptors, work)
        except BaseException as error:  # noqa: BLE001 - nothing may run without its layers
            with contextlib.suppress(OSError):
                os.write(2, f"sandbox set-up: {error}\n".encode())
            os._exit(child.SETUP_FAILED)
        self._set_up[0] = 1
        self._set_up.close()
        child.finish(child.run_entry(entry, channel))

    def _wait(self, pid: int, pidfd: int, deadline: float, order: wire.Order) -> int:
        """Until the child is dead; returns why *we* killed it, or 0."""
        poller = self._poller
        poller.register(pidfd, select.POLLIN)
        control = self._connection.fileno()
        cause = 0
        while True:
            remaining = deadline - time.monotonic()
            if remaining <= 0 and not cause:
                cause = wire.CAUSE_WALL
                self._kill(pid)
            timeout = max(remaining, 0.0) if not cause else 1.0
            if self._watch:
                timeout = min(timeout, _WATCH_SECONDS)
            # Rounded up: a poll of zero would spin until the deadline.
            events = poller.poll(int(timeout * 1000) + 1)
            if any(descriptor == pidfd for descriptor, _ in events):
                return cause
            if any(descriptor == control for descriptor, _ in events) and not cause:
                if not self._connection.recv(1):
                    self._kill(pid)
                    os._exit(0)
                cause = wire.CAUSE_KILLED
                self._kill(pid)
            if self._watch and not cause:
                excess = self._tree.excess(pid, order.memory_mib * MIB, order.processes)
                if excess:
                    cause = wire.CAUSE_MEMORY if excess == "memory" else wire.CAUSE_KILLED
                    self._kill(pid)

    def _kill(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self._tree.kill_all(spare=pid)


def _cause(code: int, cpu: float, cpu_limit: float, *, set_up: bool) -> int:
    """The reason for an end that was not of our doing."""
    if code == child.SETUP_FAILED and not set_up:
        return wire.CAUSE_FAILED
    if code == child.OUT_OF_MEMORY:
        return wire.CAUSE_MEMORY
    if code >= 0:
        return wire.CAUSE_EXITED
    if -code in (signal.SIGKILL, signal.SIGXCPU) and cpu >= cpu_limit * _LIMIT_ACCURACY:
        return wire.CAUSE_CPU
    return wire.CAUSE_SIGNALED
