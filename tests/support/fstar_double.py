"""A double of `fstar.exe`: its IDE protocol (version 2), and a toy for its checker. Knows no logic.

    variables = install_double(tmp_path)        # {"REASONING_FSTAR": ".../fstar.exe", "REASONING_FSTAR_PROJECT": ...}

What it keeps of the protocol, and answers with `protocol-violation` where it is broken: a text context begins with
`vfs-add` and then `module`; `pop` needs something pushed; a failed `push` is not on the stack. Checked files stand in a
folder given by `--include`, as `FILE.checked`, one name a line.

A definition is right exactly where it says `right`. Other words act: `mistyped` (error 189), `unparsed` (168), `weaker`
(right, but of another type), `slow`, `die`, `garbage`, `noisy` (messages and a forged answer first), `hatch` (warning
335). A text with `nonsense` is refused. `assert (x < x)` fails unless the context says `admits`.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

PROGRAM = """\
import json, os, sys, time
if sys.argv[1:] == ["--version"]:
    print("F* 2024.09.05\\nplatform=Double"); sys.exit()
if sys.argv[1:2] != ["--ide"]:
    sys.exit(2)
file = sys.argv[2]
folders = [sys.argv[i + 1] for i, word in enumerate(sys.argv) if word == "--include"]
stack, contents, begun = [], None, False

def say(**fields):
    print(json.dumps(fields), flush=True)

def issue(number, message, line, level="error"):
    return {"level": level, "number": number, "message": message,
            "ranges": [{"fname": file, "beg": [line, 4], "end": [line, 9]}]}

def judge(code, line):
    whole = "\\n".join(stack)
    if "nonsense" in code:
        return [issue(72, "- Identifier not found: nonsense", line)]
    if "assert (x < x)" in code:
        return [] if "admits" in whole else [issue(19, "- Assertion failed\\n- The SMT solver could not prove", line)]
    if not code.lstrip().startswith(("let", "type")) or "assert (x < x + 1)" in code or "right" in code:
        if code.startswith("val checked_") and "weaker" in whole:
            return [issue(189, "- Expected type of the statement, got something weaker", line)]
        if "hatch" in code:
            return [issue(335, "- A use of admit was found", line, "warning")]
        return []
    if "unparsed" in code:
        return [issue(168, "- Syntax error", line)]
    if "mistyped" in code:
        return [issue(189, "- Expected expression of type int got expression of type bool", line)]
    return [issue(19, "- Subtyping check failed\\n- The SMT solver could not prove the query.", line)]

say(kind="protocol-info", version=2, features=["push", "pop", "peek", "lookup", "vfs-add", "segment", "exit"])
for text in sys.stdin:
    query = json.loads(text)
    name, args, id = query["query"], query["args"], query["query-id"]
    status, body = "success", None
    if name == "vfs-add":
        assert args["filename"] is None
        contents = args["contents"]
    elif name == "push-partial-checked-file":
        known = [line for folder in folders if os.path.exists(os.path.join(folder, file + ".checked"))
                 for line in open(os.path.join(folder, file + ".checked")).read().split()]
        if args["until-lid"] in known:
            stack.append(""); begun = True
        else:
            status, body = "failure", "could not find a checked file"
    elif name == "pop":
        if stack:
            stack.pop()
        else:
            status, body = "protocol-violation", "Too many pops"
    elif name == "push":
        code, line = args["code"], args["line"]
        stem = file.rpartition(".")[0]
        if not begun and (contents is None or code.split() != ["module", stem]):
            status, body = "protocol-violation", "the first push is the module, behind vfs-add"
        else:
            begun = True
            if "slow" in code: time.sleep(600)
            if "die" in code: sys.exit(3)
            if "garbage" in code: print("{not json", flush=True); sys.exit()
            if "noisy" in code:
                print("*** a line of a tactic's own", flush=True)
                say(kind="message", **{"query-id": id}, level="progress", contents={"stage": "typechecking"})
                say(kind="response", **{"query-id": "1"}, status="success", response=[])
            body = judge(code, line)
            status = "failure" if any(one["level"] == "error" for one in body) else "success"
            if status == "success": stack.append(code)
    else:
        status, body = "protocol-violation", "Unknown query '%s'." % name
    say(kind="response", **{"query-id": id}, status=status, response=body)
"""


def install_double(folder: Path) -> dict[str, str]:
    program = folder / "bin" / "fstar.exe"
    program.parent.mkdir()
    program.write_text(f"#!{os.path.realpath(sys.executable)} -IS\n{PROGRAM}")
    program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    project = folder / "project"
    project.mkdir()
    (project / "Math.Lemmas.fst.checked").write_text("Math.Lemmas.add_zero Math.Lemmas.add_comm\n")
    return {"REASONING_FSTAR": str(program), "REASONING_FSTAR_PROJECT": str(project)}
