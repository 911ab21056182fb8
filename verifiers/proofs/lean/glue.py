"""Cuts the JavaScript side of Lean's WebAssembly build down to what it needs, and takes its access to the host away.

    slim = slim_glue(text)
    slim.exports        # names that the module must go on exporting

Emscripten's start-up code spends 90 MB on one variable for each of 201,109 exports; it mounts the host's /home and
/tmp and can run a shell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from verifiers.proofs.lean.webassembly import PackageError

__all__ = ["SlimGlue", "slim_glue"]

_LOOKUP = """var __symtab;var __dlsym_js=(handle,symbol,symbolIndex)=>{symbol=UTF8ToString(symbol);
__symtab??=new Map(Object.entries(JSON.parse(require("fs").readFileSync(__dirname+"/syms.json","utf8"))));
var r=__symtab.get(symbol);if(r===undefined){dlSetError("unknown symbol "+symbol);return 0}return r};
"""
_MOST_CUT = 4_000
"""Longest piece that one cut may take out."""


@dataclass(frozen=True, slots=True)
class SlimGlue:
    """The result.

    Attributes:
        text: the script.
        exports: what it reads of the module.
        statements: how many exports it assigned before.
        kept: how many it assigns now.
    """

    text: str
    exports: set[str]
    statements: int
    kept: int


def slim_glue(glue: str) -> SlimGlue:
    """The script with only the export variables that it reads itself, and without access to the host.

    Raises:
        PackageError: it is not of the expected form.
    """
    assign_at = glue.find("function assignWasmExports(wasmExports)")
    variables_at = glue.rfind("var _main,", 0, assign_at)
    rest_at = glue.find("var wasmImports;", assign_at)
    if not 0 < variables_at < assign_at < rest_at:
        raise PackageError("glue: export bookkeeping not found")
    head, assign, tail = glue[:variables_at], glue[assign_at:rest_at], glue[rest_at:]
    words = set(re.findall(r"[A-Za-z_$][\w$]*", head + tail))
    body = assign[assign.index("{") + 1 : assign.rindex("}")]
    statements = [statement for statement in body.split(";") if statement]
    kept = [statement for statement in statements if statement[: statement.index("=")] in words]
    exports = {name for text in (head, tail, *kept) for name in re.findall(r'wasmExports\["([^"]+)"\]', text)}
    head = _cut(head, "var __dlsym_js=", "__dlsym_js.sig", _LOOKUP)
    variables = ",".join(statement[: statement.index("=")] for statement in kept)
    text = f"{head}var {variables},wasmTable;function assignWasmExports(wasmExports){{{';'.join(kept)}}}{tail}"
    # Node's permission model refuses process.binding.
    text = _cut(text, 'process.binding("constants")["fs"]', ";", 'require("fs").constants')
    # No shell: libc's system() would run one on the host.
    text = _cut(text, 'require("child_process")', ";", "{spawnSync:()=>({status:127,signal:null})}")
    # No host directories: the start-up code mounts /home and /tmp read-write and enters the host's current one.
    text = _cut(text, 'FS.mount(NODEFS,{root:"/home"}', "}else{function mkdirSafe", 'FS.chdir("/")')
    if any(left in text for left in ("FS.mount(NODEFS", "process.binding", "child_process")):
        raise PackageError("glue: access to the host is left after patching")
    return SlimGlue(text, exports, len(statements), len(kept))


def _cut(text: str, begin: str, end: str, new: str) -> str:
    """Replace from `begin` up to the next `end` (exclusive); `begin` must occur exactly once."""
    if text.count(begin) != 1:
        raise PackageError(f"glue: {begin!r} found {text.count(begin)} times, expected once")
    start = text.index(begin)
    stop = text.find(end, start)
    if stop < 0 or stop - start > _MOST_CUT:
        raise PackageError(f"glue: {end!r} not found close behind {begin!r}")
    return text[:start] + new + text[stop:]
