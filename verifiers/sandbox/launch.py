"""From a profile to a running fork server: finds the strongest level that this machine gives, by trying.

launcher = Launcher(allow_weak=False, levels=None)
worker = await launcher.start(BARE, null)
launcher.report.level       # "A"
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from verifiers.sandbox import canary, cgroups, filesystem, landlock, linux, seccomp
from verifiers.sandbox.layers import LEVELS, NAMESPACES, STRONG_LEVELS, Layer, names
from verifiers.sandbox.report import IsolationReport, SandboxUnavailableError
from verifiers.sandbox.server import Configuration
from verifiers.sandbox.task import Limits, Profile, Task
from verifiers.sandbox.view import landlock_paths, visible_paths
from verifiers.sandbox.worker import Worker, WorkerStartError

__all__ = ["Launcher"]

_COMMON_MODULES: Final = (
    *("bisect", "collections", "copy", "functools", "heapq", "itertools", "json", "math", "operator", "random", "re"),
    *("string", "typing"),
)
"""What candidates import most, imported once by every server: cheaper than once a task."""
_ENTRY_MODULES: Final = ("verifiers.sandbox.entries", "verifiers.sandbox.canary")
_FIRST_OWN_UID: Final = 1_600_000_000
_OWN_UIDS: Final = 100_000_000
"""Users of this range belong to nobody; each server under root gets one of its own."""
_ROOT_CANDIDATES: Final = ("/mnt", "/media", "/srv", "/sys", "/var", "/opt")
_PROBE_SECONDS: Final = 20.0


class Launcher:
    """Starts servers, all at the level that the first one found.

    Args:
        allow_weak: accept a level that leaves a threat class uncovered.
        levels: levels to try, strongest first; None: all.
    """

    def __init__(self, *, allow_weak: bool, levels: Sequence[str] | None) -> None:
        self._allow_weak = allow_weak
        self._levels = tuple(levels or LEVELS)
        self._counter = itertools.count(os.getpid() * 64)
        self._groups: dict[Worker, cgroups.Group] = {}
        self._layers: frozenset[Layer] = frozenset()
        self._fresh_proc = True
        self.report: IsolationReport | None = None

    async def start(self, profile: Profile, entry_modules: Sequence[str], null: int) -> Worker:
        """A ready server for `profile` that knows the entries of `entry_modules`.

        Raises:
            SandboxUnavailableError: no level that is strong enough can be had.
            WorkerStartError: the level is known, but this server cannot start (a module is missing, say).
        """
        if self.report is None:
            return await self._find_level(profile, entry_modules, null)
        return await self._start(profile, entry_modules, self._layers, self._fresh_proc)

    async def start_with(self, profile: Profile, entry_modules: Sequence[str], layers: frozenset[Layer]) -> Worker:
        """A server with exactly these layers, however weak: for measuring what each one costs.

        Raises:
            WorkerStartError: they cannot be put on.
        """
        return await self._start(profile, entry_modules, layers, Layer.PID in layers and Layer.MOUNT in layers)

    def discard(self, worker: Worker) -> None:
        """Remove what a dead server used."""
        group = self._groups.pop(worker, None)
        if group is not None:
            cgroups.remove(group)

    async def _find_level(self, profile: Profile, entry_modules: Sequence[str], null: int) -> Worker:
        refused: dict[str, str] = {}
        for level in self._levels:
            missing = _missing(LEVELS[level])
            if missing:
                refused[level] = missing
                continue
            for layers, fresh_proc in _variants(LEVELS[level]):
                try:
                    worker = await self._start(profile, entry_modules, layers, fresh_proc)
                except WorkerStartError as error:
                    refused[level] = str(error)
                    continue
                probes = await self._probe(worker, null)
                refused.pop(level, None)
                report = _report(level, layers, probes, refused)
                broken = any(hole.startswith("control") for hole in report.holes)
                if broken or (report.holes and level in STRONG_LEVELS):
                    refused[level] = "; ".join(report.holes)
                    self._end(worker)
                    continue
                if level not in STRONG_LEVELS and not self._allow_weak:
                    self._end(worker)
                    break
                self._layers, self._fresh_proc, self.report = layers, fresh_proc, report
                return worker
        if len(refused) == len(LEVELS) and len({*refused.values()}) == 1:
            # Weak levels ask nothing of the machine: what they refuse too is no lack of isolation.
            raise SandboxUnavailableError(f"tasks cannot be started at any level: {refused.popitem()[1]}")
        reasons = "; ".join(f"level {level}: {reason}" for level, reason in refused.items())
        hint = "" if self._allow_weak else " Allow weak isolation explicitly (--allow-weak) to run anyway."
        raise SandboxUnavailableError(f"no sufficient isolation on this machine ({reasons}).{hint}")

    def _end(self, worker: Worker) -> None:
        worker.kill()
        self.discard(worker)

    async def _start(
        self, profile: Profile, entry_modules: Sequence[str], layers: frozenset[Layer], fresh_proc: bool
    ) -> Worker:
        group = cgroups.create() if Layer.CGROUP in layers else None
        if Layer.CGROUP in layers and group is None:
            raise WorkerStartError("no control group can be made")
        number = next(self._counter)
        uid = _FIRST_OWN_UID + number % _OWN_UIDS if Layer.OWN_UID in layers else None
        try:
            view = visible_paths([*profile.read_only_paths, *profile.import_paths], profile.packages)
            # In a root of its own the root is the view; elsewhere the rules are.
            readable, listable = (["/"], []) if Layer.MOUNT in layers else landlock_paths(view)
            worker = await Worker.start(
                Configuration(
                    layers=layers,
                    fresh_proc=fresh_proc,
                    uid=uid,
                    group=group,
                    view=view,
                    landlock_paths=tuple(readable),
                    landlock_listable=tuple(listable),
                    new_root=_root_candidate(view),
                    entry_modules=tuple(
                        dict.fromkeys((*_COMMON_MODULES, *_ENTRY_MODULES, *profile.trusted_modules, *entry_modules))
                    ),
                    modules=profile.modules,
                    import_paths=_import_paths(profile, view),
                    forget_paths=_homes_of([*profile.trusted_modules, *entry_modules]),
                ),
                names(layers),
            )
        except (WorkerStartError, ModuleNotFoundError) as error:
            if group is not None:
                cgroups.remove(group)
            raise WorkerStartError(str(error)) from None
        if group is not None:
            self._groups[worker] = group
        return worker

    async def _probe(self, worker: Worker, null: int) -> dict[str, str]:
        """Run the canary in a child of `worker`.

        Returns:
            Attempt -> empty, or what went through; one entry `control: ...` when the canary itself did not run.
        """
        with tempfile.TemporaryDirectory(prefix=f"reasoning-canary-{os.getpid()}-") as directory:
            Path(directory).chmod(0o777)
            secret = Path(directory, "secret")
            secret.write_text("canary")
            secret.chmod(0o666)
            payload = canary.payload(str(secret), directory, os.getpid())
            task = Task("verifiers.sandbox.canary:attempt", payload, capture=True)
            conversation = worker.begin(task, Limits(wall_seconds=_PROBE_SECONDS), null)
            conversation.send(payload, last=True)
            outcome = await conversation.outcome()
        if len(outcome.answers) != 1:
            tail = outcome.stderr[-300:].decode("utf-8", "replace").strip()
            return {"control: canary": f"did not finish ({outcome.end}, {outcome.detail} {tail})"}
        with contextlib.suppress(ValueError):
            results = json.loads(outcome.answers[0])
            return {str(name): str(text) for name, text in results.items()}
        return {"control: canary": "sent no readable answer"}


def _missing(layers: frozenset[Layer]) -> str:
    """Why these layers cannot even be tried here; empty when they can."""
    if sys.platform != "linux" and layers != LEVELS["E"]:
        return "needs Linux"
    if Layer.SECCOMP in layers and not (seccomp.supported() and linux.supported()):
        return "the system call numbers of this architecture are not known"
    if Layer.LANDLOCK in layers and landlock.abi() == 0:
        return "the kernel has no Landlock"
    return ""


def _variants(layers: frozenset[Layer]) -> list[tuple[frozenset[Layer], bool]]:
    """The level's layers, first with what the situation may add or need."""
    as_root = os.getuid() == 0
    with_uid = layers | {Layer.OWN_UID} if as_root else layers
    if layers & NAMESPACES:
        # A container that hides parts of /proc forbids a fresh one; the tasks then see none.
        return [(with_uid, True), (with_uid, False)]
    # Without a mount namespace, another user may be unable to read an interpreter in a private home.
    return [(with_uid, False), (layers, False)] if as_root else [(layers, False)]


def _report(level: str, layers: frozenset[Layer], probes: dict[str, str], refused: dict[str, str]) -> IsolationReport:
    memory = "tree" if Layer.CGROUP in layers else "tree-sampled"
    return IsolationReport(level, names(layers), probes, dict(refused), memory)


def _root_candidate(view: filesystem.View) -> str:
    """An existing directory that nothing in the view lies below: the new root is mounted there, out of sight."""
    for directory in _ROOT_CANDIDATES:
        below = directory.rstrip("/") + "/"
        if Path(directory).is_dir() and not any(
            path.startswith(below) or path == directory for path in (*view.read_only, *view.packages)
        ):
            return directory
    raise WorkerStartError(f"none of {', '.join(_ROOT_CANDIDATES)} can hold the new root")


def _homes_of(modules: Iterable[str]) -> tuple[str, ...]:
    """The directories in which trusted modules are found: this project's own, and those of other packages."""
    homes = [str(Path(__file__).resolve().parents[2])]
    for name in dict.fromkeys(module.partition(".")[0] for module in modules):
        spec = None if name in sys.stdlib_module_names else find_spec(name)
        if spec is not None:
            places = [*(spec.submodule_search_locations or ()), spec.origin]
            homes += [str(Path(place).resolve().parent) for place in places[:1] if place is not None]
    return tuple(dict.fromkeys(homes))


def _import_paths(profile: Profile, view: filesystem.View) -> tuple[str, ...]:
    """The profile's own, and where its packages were found: beside this one, in the system's, behind a .pth file."""
    return tuple(dict.fromkeys((*profile.import_paths, *(str(Path(path).parent) for path in view.packages))))
