"""What a task may see of the host's files: the interpreter, the system libraries, its packages, and nothing else.

    view = visible_paths(extra=(), packages=("numpy",))
    view.read_only          # ("/usr/lib", "/usr/bin", ..., "/opt/python/lib/python3.11")

In a mount namespace the view becomes a root directory of its own; elsewhere it becomes the Landlock rules.
"""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from verifiers.sandbox.filesystem import View

__all__ = ["landlock_paths", "visible_paths"]

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
_PACKAGE_DIRECTORIES: Final = ("site-packages", "dist-packages")


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
    extensions = sysconfig.get_config_var("DESTSHARED")
    interpreter = [Path(library), Path(os.path.realpath(sys.executable)), *([Path(extensions)] if extensions else [])]
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
        roots = dict.fromkeys(
            [root, root.resolve()]
        )  # a link may lead to it, and its programs be named by the real path
        # Named after the distribution, which may be longer than the package: python_flint.libs beside flint.
        return [str(path) for root in roots for path in (root, *sorted(root.parent.glob(f"*{root.name}.libs")))]
    return [spec.origin] if spec.origin and Path(spec.origin).is_file() else []


def landlock_paths(view: View) -> tuple[list[str], list[str]]:
    """The view as Landlock rules, which cannot mask: a directory with a masked one inside is split.

    Returns:
        Paths that may be read and executed; directories that may only be listed (the interpreter looks modules up by
        listing its library).
    """
    readable: list[str] = []
    listable: list[str] = []
    for path in view.read_only:
        if any(_inside(masked, path) for masked in view.masked):
            listable.append(path)
            readable += _split(Path(path), [Path(masked) for masked in view.masked])
        else:
            readable.append(path)
    return [*readable, *view.packages], listable
