"""Which constants of library and header an exported proof refers to, read from the bytes that the kernel is given.

    premises_of(export)      # of `exact Nat.dvd_add h g`      # ('Dvd.dvd', 'HAdd.hAdd', 'Nat', 'Nat.dvd_add', ...)

The form of the bytes is that of `decode` in `runtime/checker.lean`. They come from a process that is believed in
nothing: what is read here says which terms the kernel was asked about, so it is worth something for an accepted proof
only.
"""

from __future__ import annotations

from typing import Final

__all__ = ["premises_of"]

_WORD: Final = 3
_NAME_TEXT, _NAME_NUMBER, _CONSTANT, _ITEM = 1, 2, 22, 40
_WORDS_OF: Final = {10: 1, 11: 2, 12: 2, 13: 1, 20: 1, 21: 1, 23: 2, 24: 2, 25: 2, 26: 3, 29: 3}
"""Records of a fixed number of words."""
_LITERALS: Final = (27, 28)
MOST_BYTES: Final = 32 << 20
"""Of an export that are read."""


def premises_of(export: bytes) -> tuple[str, ...]:
    """Names that occur as constants and are not declared in the export itself, sorted; bytes that end early end it."""
    names, used, declared = [""], set[int](), set[int]()
    place, size = 0, min(len(export), MOST_BYTES)

    def word(number: int) -> int:
        start = place + 1 + _WORD * number
        return int.from_bytes(export[start : start + _WORD], "little")

    while place < size:
        tag = export[place]
        fixed = _WORDS_OF.get(tag)
        if fixed is not None:
            place += 1 + _WORD * fixed
        elif tag == _CONSTANT:
            used.add(word(0))
            place += 1 + _WORD * (2 + word(1))
        elif tag in (_NAME_TEXT, _NAME_NUMBER):
            start = place + 1 + 2 * _WORD
            names.append(_joined(names, word(0), export[start : start + word(1)].decode("utf-8", "replace")))
            place = start + word(1)
        elif tag in _LITERALS:
            place += 1 + _WORD + word(0)
        elif tag == _ITEM:
            declared.add(word(1))
            parameters = word(2)
            place += 1 + _WORD * (7 + parameters + 2 * word(6 + parameters))
        else:
            break
    return tuple(sorted({names[index] for index in used - declared if 0 < index < len(names)}))


def _joined(names: list[str], parent: int, part: str) -> str:
    above = names[parent] if parent < len(names) else ""
    return f"{above}.{part}" if above else part
