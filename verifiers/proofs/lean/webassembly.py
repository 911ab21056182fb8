"""Rewrites the WebAssembly module of Lean: every function reachable through the function table, few exports.

    module = Module(Path("lean.wasm").read_bytes())
    slim = module.slim(keep={"main"})
    slim.symbols["lean_io_mark_end_initialization"]     # its place in the table

The module exports 201,110 names, which costs each of its threads seconds at every start. Only the sections that matter
are read (WebAssembly core specification, section 5); the rest is copied as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["Module", "PackageError", "Slim"]

LEAN_SYMBOL: Final = re.compile(r"(?:l_|lean_|initialize_|_init_)")
"""Published symbols. Lean source can name the compiled symbol that it wants (`export`, `extern`): libc's `system`,
`popen` or `dlopen` are to stay out of reach."""


class PackageError(RuntimeError):
    """The package is not the one that this code knows; one clear line."""


def _read_uleb(data: bytes, pos: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = data[pos]
        pos += 1
        result |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return result, pos


def _read_sleb(data: bytes, pos: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = data[pos]
        pos += 1
        result |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return (result - (1 << shift) if byte & 0x40 else result), pos


def _uleb(value: int) -> bytes:
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        if not value:
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)


def _sleb(value: int) -> bytes:
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        if (value == 0 and not byte & 0x40) or (value == -1 and byte & 0x40):
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)


IMPORT, TABLE, GLOBAL, EXPORT, ELEMENT = 2, 4, 6, 7, 9
"""Numbers of the sections that matter."""
KIND_FUNC, KIND_TABLE, KIND_MEMORY, KIND_GLOBAL, KIND_TAG = range(5)
"""Kinds of imports and exports."""


@dataclass(frozen=True, slots=True)
class Slim:
    """A module with few exports.

    Attributes:
        binary: its bytes.
        symbols: name -> index in the function table, or address in memory, of what it no longer exports.
        appended: how many functions got a new place in the table.
    """

    binary: bytes
    symbols: dict[str, int]
    appended: int


class Module:
    """The few sections of a module that matter, and the raw bytes of the rest.

    Args:
        data: the module.

    Raises:
        PackageError: it is not of the expected form.
    """

    def __init__(self, data: bytes) -> None:
        if data[:8] != b"\0asm\x01\0\0\0":
            raise PackageError("lean.wasm is not a WebAssembly 1 binary")
        self.data = data
        self.sections: list[tuple[int, int, int]] = []  # id, first byte, end
        pos = 8
        while pos < len(data):
            ident = data[pos]
            size, start = _read_uleb(data, pos + 1)
            self.sections.append((ident, start, start + size))
            pos = start + size
        self.imported_globals = self._count_imported_globals()
        self.globals = self._read_globals()
        self.exports = self._read_exports()
        self.table_min = self._read_table()
        self.elements_at, self.elements = self._read_elements()

    def _section(self, ident: int) -> tuple[int, int]:
        found = [(start, end) for i, start, end in self.sections if i == ident]
        if len(found) != 1:
            raise PackageError(f"expected exactly one section {ident}, found {len(found)}")
        return found[0]

    def _count_imported_globals(self) -> int:
        data, (pos, _) = self.data, self._section(IMPORT)
        count, pos = _read_uleb(data, pos)
        found = 0
        for _ in range(count):
            for _name in range(2):
                size, pos = _read_uleb(data, pos)
                pos += size
            kind = data[pos]
            pos += 1
            if kind == KIND_FUNC:
                _, pos = _read_uleb(data, pos)
            elif kind in (KIND_TABLE, KIND_MEMORY):
                if kind == KIND_TABLE:
                    raise PackageError("the function table is imported; expected an internal one")
                flags = data[pos]
                _, pos = _read_uleb(data, pos + 1)
                if flags & 1:
                    _, pos = _read_uleb(data, pos)
            elif kind == KIND_GLOBAL:
                pos += 2
                found += 1
            elif kind == KIND_TAG:
                _, pos = _read_uleb(data, pos + 1)
            else:
                raise PackageError(f"unknown import kind {kind}")
        return found

    def _read_globals(self) -> list[int]:
        data, (pos, _) = self.data, self._section(GLOBAL)
        count, pos = _read_uleb(data, pos)
        values = []
        for _ in range(count):
            if data[pos + 2] != 0x41:  # i32.const
                raise PackageError("a global has no constant i32 initialiser")
            value, pos = _read_sleb(data, pos + 3)
            if data[pos] != 0x0B:
                raise PackageError("malformed global initialiser")
            pos += 1
            values.append(value)
        return values

    def _read_exports(self) -> list[tuple[str, int, int]]:
        data, (pos, _) = self.data, self._section(EXPORT)
        count, pos = _read_uleb(data, pos)
        out = []
        for _ in range(count):
            size, pos = _read_uleb(data, pos)
            name = data[pos : pos + size].decode()
            kind = data[pos + size]
            index, pos = _read_uleb(data, pos + size + 1)
            out.append((name, kind, index))
        return out

    def _read_table(self) -> int:
        start, end = self._section(TABLE)
        data = self.data[start:end]
        if data[:3] != b"\x01\x70\x00":
            raise PackageError("expected one growable funcref table")
        return _read_uleb(data, 3)[0]

    def _read_elements(self) -> tuple[int, list[int]]:
        data, (pos, _) = self.data, self._section(ELEMENT)
        count, pos = _read_uleb(data, pos)
        if count != 1 or data[pos : pos + 2] != b"\x00\x41":
            raise PackageError("expected one active element segment")
        offset, pos = _read_sleb(data, pos + 2)
        if data[pos] != 0x0B:
            raise PackageError("malformed element segment")
        size, pos = _read_uleb(data, pos + 1)
        out = []
        for _ in range(size):
            index, pos = _read_uleb(data, pos)
            out.append(index)
        return offset, out

    def slim(self, keep: set[str]) -> Slim:
        """The module with only the exports in `keep`, and the symbol table that replaces the others."""
        slot: dict[int, int] = {}
        for number, function in enumerate(self.elements):
            slot.setdefault(function, self.elements_at + number)
        appended: list[int] = []
        symbols: dict[str, int] = {}
        for name, kind, index in self.exports:
            if kind == KIND_FUNC:
                if index not in slot:
                    slot[index] = self.table_min + len(appended)
                    appended.append(index)
                symbols[name] = slot[index]
            elif kind == KIND_GLOBAL:
                symbols[name] = self.globals[index - self.imported_globals]
        published = {name: value for name, value in symbols.items() if LEAN_SYMBOL.match(name)}
        return Slim(self._rewritten(keep, appended), published, len(appended))

    def _rewritten(self, keep: set[str], appended: list[int]) -> bytes:
        kept = [export for export in self.exports if export[0] in keep or export[1] == KIND_TABLE]
        exports = b"".join(
            _uleb(len(name.encode())) + name.encode() + bytes([kind]) + _uleb(index) for name, kind, index in kept
        )
        start, end = self._section(ELEMENT)
        _, first = _read_uleb(self.data, start)
        second = b"\x00\x41" + _sleb(self.table_min) + b"\x0b" + _uleb(len(appended)) + b"".join(map(_uleb, appended))
        replacement = {
            TABLE: b"\x01\x70\x00" + _uleb(self.table_min + len(appended)),
            EXPORT: _uleb(len(kept)) + exports,
            ELEMENT: _uleb(2) + self.data[first:end] + second,
        }
        out = bytearray(self.data[:8])
        for identifier, start, end in self.sections:
            body = replacement.get(identifier, self.data[start:end])
            out += bytes([identifier]) + _uleb(len(body)) + body
        return bytes(out)
