"""The root directory that tasks see, made by their server in its own mount namespace, and their working directory.

Shared with the fork server, so it imports little: every page that the server holds is copied with each task.
"""

from __future__ import annotations

import os
from typing import Final, NamedTuple

from verifiers.sandbox import linux

__all__ = ["View", "build_root", "mount_process_filesystem", "mount_work", "write_file"]

BOX: Final = "/box"
"""Holds the mount point of the working directory; writable below by Landlock, itself on a read-only mount."""
WORK: Final = "/box/work"
"""Working directory, home and temporary directory of a task: a fresh tmpfs for each."""

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
    for link, target in _LINKS:
        # Something that tasks shall see may lie below /tmp itself; TMPDIR names the working directory in any case.
        if not os.path.lexists(new_root + link):
            os.symlink(target, new_root + link)
    uid, gid = os.getuid(), os.getgid()
    write_file(new_root + "/etc/passwd", f"task:x:{uid}:{gid}:task:{WORK}:/bin/sh\n")
    write_file(new_root + "/etc/group", f"task:x:{gid}:\n")
    # The host's /proc stays visible until a fresh one is put over it: the kernel asks for that.
    linux.mount("/proc", new_root + "/proc", None, linux.MS_BIND | linux.MS_REC)
    linux.pivot_root(new_root)
    _remount_read_only("/")


def mount_process_filesystem() -> None:
    """A fresh /proc for the caller's pid namespace."""
    linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)


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
