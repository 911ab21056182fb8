"""What a task may see of the host's files: the interpreter, the system libraries, a few devices, and nothing else.

`visible_paths` says which; `build_root` makes a root directory of them, read-only, for a process in its own mount
namespace. Without mount namespaces the same list becomes the Landlock rules.
"""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from verifiers.sandbox import linux

BOX: Final = "/box"
"""Holds the mount point of the working directory; writable below by Landlock, itself on a read-only mount."""
WORK: Final = "/box/work"
"""Working directory, home and temporary directory of a task: a fresh tmpfs for each."""

_SYSTEM_PATHS: Final = (
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/bin",
    "/usr/share/zoneinfo",
    "/usr/share/nodejs",
    "/lib",
    "/lib32",
    "/lib64",
    "/bin",
    "/etc/ld.so.cache",
    "/etc/alternatives",
)
_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_PASSWD: Final = "task:x:{uid}:{gid}:task:/box/work:/bin/sh\n"
_PACKAGE_DIRECTORIES: Final = ("site-packages", "dist-packages")


@dataclass(frozen=True, slots=True)
class View:
    """Host paths that tasks see.

    Attributes:
        read_only: files and directories, each at its own path.
        masked: directories below them that are shown empty (installed packages, which could hold reference
            solutions), unless a path of `packages` lies inside.
        packages: files and directories of the packages that tasks may import.
    """

    read_only: tuple[str, ...]
    masked: tuple[str, ...]
    packages: tuple[str, ...]

    def landlock_paths(self) -> Iterable[str]:
        """The same view as a list of allowed paths; Landlock cannot mask, so a parent of a masked one is split."""
        for path in self.read_only:
            if any(_inside(masked, path) for masked in self.masked):
                yield from _split(Path(path), [Path(masked) for masked in self.masked])
            else:
                yield path
        yield from self.packages


def visible_paths(extra: Iterable[str], packages: Iterable[str]) -> View:
    """The view of a task that may also read `extra` paths and import `packages`.

    Args:
        extra: host paths.
        packages: names of top-level modules; found on the current `sys.path`.

    Raises:
        ModuleNotFoundError: a package is not installed.
    """
    library = sysconfig.get_paths()["stdlib"]
    base = Path(sys.base_prefix)
    interpreter = [Path(library), Path(sysconfig.get_paths()["platstdlib"]), Path(os.path.realpath(sys.executable))]
    interpreter += [path for path in (base / "lib").glob("libpython*") if base != Path("/usr")]
    candidates = [*_SYSTEM_PATHS, *map(str, interpreter), *extra]
    shown: list[str] = []
    for path in dict.fromkeys(candidates):
        if Path(path).exists() and not any(_inside(path, other) for other in shown):
            shown = [other for other in shown if not _inside(other, path)] + [path]
    packages_found = [path for name in packages for path in _package_paths(name)]
    masked = [
        directory
        for directory in dict.fromkeys(
            [
                *site.getsitepackages(),
                *(str(path) for parent in (library, "/usr/lib/python3") for path in _masked_below(Path(parent))),
            ]
        )
        if Path(directory).is_dir() and any(_inside(directory, other) for other in shown)
    ]
    return View(tuple(shown), tuple(masked), tuple(dict.fromkeys(packages_found)))


def _masked_below(parent: Path) -> list[Path]:
    return [parent / name for name in _PACKAGE_DIRECTORIES]


def _inside(path: str, parent: str) -> bool:
    return path == parent or path.startswith(parent.rstrip("/") + "/")


def _split(directory: Path, masked: list[Path]) -> Iterable[str]:
    """The entries below `directory` that hold no masked one, as few as possible."""
    for entry in sorted(directory.iterdir()):
        if entry in masked:
            continue
        if any(_inside(str(path), str(entry)) for path in masked):
            yield from _split(entry, masked)
        else:
            yield str(entry)


def _package_paths(name: str) -> list[str]:
    """The package or module file of `name`, and the shared libraries that its wheel keeps beside it."""
    spec = find_spec(name)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    if spec.submodule_search_locations:
        root = Path(next(iter(spec.submodule_search_locations)))
        libraries = root.with_name(root.name + ".libs")
        return [str(root), *([str(libraries)] if libraries.is_dir() else [])]
    return [spec.origin] if spec.origin and Path(spec.origin).is_file() else []


def build_root(new_root: str, view: View) -> None:
    """Make `new_root` a read-only tree that shows `view`, and enter it.

    The caller has a mount namespace of its own and the right to mount in it.

    Args:
        new_root: an empty directory.
        view: what to show.

    Raises:
        OSError: a mount was refused.
    """
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    linux.mount("tmpfs", new_root, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=4m,mode=755")
    root = Path(new_root)
    for path in view.read_only:
        _bind(path, root)
    for path in view.masked:
        linux.mount("tmpfs", str(root) + path, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=1m,mode=755")
    for path in view.packages:
        _bind(path, root)
    for path in view.masked:
        _remount_read_only(str(root) + path)
    for path in _DEVICES:
        _bind(path, root, read_only=False)
    for link, target in (
        ("dev/fd", "/proc/self/fd"),
        ("dev/stdin", "/proc/self/fd/0"),
        ("dev/stdout", "/proc/self/fd/1"),
        ("dev/stderr", "/proc/self/fd/2"),
        ("dev/shm", WORK),
        ("tmp", WORK),
        ("var/tmp", WORK),
    ):
        (root / link).parent.mkdir(parents=True, exist_ok=True)
        (root / link).symlink_to(target)
    for directory in (WORK, "/proc", "/etc"):
        (root / directory.lstrip("/")).mkdir(parents=True, exist_ok=True)
    (root / "etc/passwd").write_text(_PASSWD.format(uid=os.getuid(), gid=os.getgid()))
    (root / "etc/group").write_text(f"task:x:{os.getgid()}:\n")
    # The host's /proc stays visible until a fresh one is put over it: the kernel asks for that.
    linux.mount("/proc", str(root / "proc"), None, linux.MS_BIND | linux.MS_REC)
    linux.pivot_root(new_root)
    _remount_read_only("/")


def mount_process_filesystem(target: str = "/proc") -> None:
    """A fresh /proc for the caller's pid namespace."""
    linux.mount("proc", target, "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)


def mount_work(disk_mib: int, files: int) -> None:
    """A fresh working directory of the given size (MiB) and number of files; becomes the current directory."""
    linux.mount(
        "tmpfs",
        WORK,
        "tmpfs",
        linux.MS_NOSUID | linux.MS_NODEV,
        f"size={disk_mib}m,nr_inodes={files},mode=700",
    )
    os.chdir(WORK)


def _bind(path: str, root: Path, *, read_only: bool = True) -> None:
    source = Path(path)
    target = root / path.lstrip("/")
    if source.is_symlink():
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() and not target.is_symlink():
            target.symlink_to(os.readlink(source))
        return
    if not source.exists():
        return
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    elif not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    linux.mount(path, str(target), None, linux.MS_BIND | linux.MS_REC)
    if read_only:
        _remount_read_only(str(target))


def _remount_read_only(target: str) -> None:
    flags = linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | linux.MS_NOSUID
    try:
        linux.mount("none", target, None, flags | linux.MS_NODEV)
    except PermissionError:
        # In a user namespace the flags of the original mount are locked and must be repeated.
        locked = os.statvfs(target).f_flag
        kept = sum(flag for flag in (linux.MS_NODEV, linux.MS_NOEXEC) if locked & flag)
        noatime, nodiratime, relatime = 1 << 10, 1 << 11, 1 << 21
        for statvfs_flag, mount_flag in ((0x400, noatime), (0x800, nodiratime), (0x1000, relatime)):
            kept |= mount_flag if locked & statvfs_flag else 0
        linux.mount("none", target, None, flags | kept)
