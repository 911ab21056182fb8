"""The root directory that tasks see, made by their server in its own mount namespace, and their working directory.

Shared with the fork server, so it imports little: every page that the server holds is copied with each task.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, NamedTuple

from verifiers.sandbox import linux

__all__ = ["View", "build_root", "mount_process_filesystem", "mount_work", "write_file"]

BOX: Final = "/box"
"""Holds all that a task can write; writable below by Landlock, itself on a read-only mount."""
WORK: Final = f"{BOX}/work"
"""Working directory, home and temporary directory of a task: a fresh tmpfs for each."""
_TEMPORARY: Final = f"{BOX}/temporary"
"""Where tasks shall see something below /tmp or its like: a tmpfs of such directories, with links to what is seen, and
of the working directory, so that both have one limit."""
_SHOWN: Final = "/.shown"
"""Where what is seen there lies in truth, since nothing can be written beside a mount point on a read-only mount."""

_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_LINKS: Final = (  # paths inside the new root, where every temporary directory is the task's own
    ("/dev/fd", "/proc/self/fd"),
    ("/dev/stdin", "/proc/self/fd/0"),
    ("/dev/stdout", "/proc/self/fd/1"),
    ("/dev/stderr", "/proc/self/fd/2"),
    ("/dev/shm", WORK),  # noqa: S108
    ("/tmp", WORK),  # noqa: S108
    ("/var/tmp", WORK),  # noqa: S108
)


class View(NamedTuple):
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


def build_root(new_root: str, view: View) -> dict[str, str]:
    """Make `new_root` a read-only tree that shows `view`, and enter it.

    The caller has a mount namespace of its own and the right to mount in it.

    Args:
        new_root: an empty directory.
        view: what to show.

    Returns:
        The links that a task needs in its own temporary directories, for `mount_work`.

    Raises:
        OSError: a mount was refused.
    """
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    linux.mount("tmpfs", new_root, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=4m,mode=755")
    for path in view.read_only:
        _bind(path, new_root)
    for path in view.masked:
        linux.mount("tmpfs", new_root + path, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=1m,mode=755")
    for path in view.packages:
        _bind(path, new_root)
    for path in view.masked:
        _remount_read_only(new_root + path)
    for path in _DEVICES:
        _bind(path, new_root, read_only=False)
    for directory in (WORK, "/proc", "/etc", "/dev", "/var"):
        os.makedirs(new_root + directory, exist_ok=True)
    links: dict[str, str] = {}
    for link, target in _LINKS:
        if os.path.ismount(new_root + link):
            continue  # a task shall see all of it
        if os.path.lexists(new_root + link):
            links |= _set_apart(link, new_root)
            target = _TEMPORARY + link
        os.symlink(target, new_root + link)
    uid, gid = os.getuid(), os.getgid()
    write_file(new_root + "/etc/passwd", f"task:x:{uid}:{gid}:task:{WORK}:/bin/sh\n")
    write_file(new_root + "/etc/group", f"task:x:{gid}:\n")
    # The host's /proc stays visible until a fresh one is put over it: the kernel asks for that.
    linux.mount("/proc", new_root + "/proc", None, linux.MS_BIND | linux.MS_REC)
    linux.pivot_root(new_root)
    _remount_read_only("/")
    return links


def _set_apart(directory: str, new_root: str) -> dict[str, str]:
    """Move a temporary directory with what is seen in it; its place then has links to that, which are returned."""
    os.makedirs(os.path.dirname(new_root + _SHOWN + directory), exist_ok=True)
    os.rename(new_root + directory, new_root + _SHOWN + directory)
    names = os.listdir(new_root + _SHOWN + directory)
    links = {f"{_TEMPORARY}{directory}/{name}": f"{_SHOWN}{directory}/{name}" for name in names}
    _make_links(links, new_root)
    return links


def _make_links(links: Mapping[str, str], root: str = "") -> None:
    for link, target in links.items():
        os.makedirs(os.path.dirname(root + link), exist_ok=True)
        os.symlink(target, root + link)


def mount_process_filesystem() -> None:
    """A fresh /proc for the caller's pid namespace."""
    linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)


def mount_work(disk_mib: int, files: int, links: Mapping[str, str]) -> None:
    """A fresh working directory, which becomes the current one.

    Args:
        disk_mib: its size, MiB.
        files: how many files it may hold.
        links: what `build_root` returned.
    """
    place = _TEMPORARY if links else WORK
    options = f"size={disk_mib}m,nr_inodes={files + 8 * len(links)},mode=700"
    linux.mount("tmpfs", place, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)
    if links:
        _make_links(links)
        work = f"{_TEMPORARY}/work"
        os.mkdir(work, 0o700)
        linux.mount(work, WORK, None, linux.MS_BIND)
    os.chdir(WORK)


def write_file(path: str, text: str) -> None:
    """Write a small file, also one of the kernel's."""
    with open(path, "w") as stream:
        stream.write(text)


def _bind(path: str, root: str, *, read_only: bool = True) -> None:
    target = root + path
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(path):
        if not os.path.lexists(target):
            os.symlink(os.readlink(path), target)
        return
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    elif os.path.exists(path):
        write_file(target, "")
    else:
        return
    linux.mount(path, target, None, linux.MS_BIND | linux.MS_REC)
    if read_only:
        _remount_read_only(target)


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
