"""A toolchain folder whose `bin/lean` is the WebAssembly build of Lean under Node: real Lean behind an installed one's
command line (`--version`, `--print-prefix`, `--run`), where no native Lean can be installed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from verifiers.proofs.lean import install

_COMMAND = """\
#!/bin/sh
prefix={prefix}
case "$1" in
--version) echo "Lean (version 4.28.0-pre, wasm32-unknown-emscripten, commit 38f3c0c, Release)" ;;
--print-prefix) echo "$prefix" ;;
--run) exec "$prefix/node" --stack-size=8000 "$prefix/wasm_lean.js" "$prefix/prepared" "$2" ;;
*) echo "not this command line: $*" >&2; exit 1 ;;
esac
"""
_LAKE = """\
#!/bin/sh
test "$1 $2 $3" = "env printenv LEAN_PATH" && echo ".lake/build/lib/lean:nowhere"
"""


def make_toolchain(prefix: Path) -> Path:
    """Write the folder, which has to be on the same file system for its files not to be copied.

    Returns:
        Its `lean`.
    """
    installation = install.prepare()
    write_commands(prefix)
    shutil.copytree(installation.directory, prefix / "prepared", copy_function=_link)
    _link(str(installation.node), str(prefix / "node"))
    shutil.copy(Path(__file__).with_suffix(".js"), prefix)
    return prefix / "bin" / "lean"


def write_commands(prefix: Path) -> Path:
    """The commands alone, which can say where they are.

    Returns:
        The `lean` among them.
    """
    (prefix / "bin").mkdir(parents=True)
    for name, text in (("lean", _COMMAND.format(prefix=prefix)), ("lake", _LAKE)):
        (prefix / "bin" / name).write_text(text)
        (prefix / "bin" / name).chmod(0o755)
    return prefix / "bin" / "lean"


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
