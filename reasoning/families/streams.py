r"""Which random numbers an instance gets, and which split it belongs to.

>>> stream_seed("algebra/linear", 1, 7, "train", 0, 0) != stream_seed("algebra/linear", 1, 8, "train", 0, 0)
True
>>> split_of("algebra/linear", "Solve 3x = 12.") == split_of("algebra/linear", "Solve 3y  = 12.")
True

Each draw's stream is a hash of (family, version, seed, split, index, attempt), so no two of them share numbers as
`seed + index` would. That alone does not keep equal problems apart, so a second rule does: the numbers (and words in
capitals) that stand in a problem's text decide its split, whatever the seed. A draw that belongs to another split is
thrown away and drawn again. Two problems of a family that differ in names and things only are therefore always in the
same split.

This module runs on both sides of the sandbox and imports the standard library only.
"""

from __future__ import annotations

import hashlib
import re

__all__ = ["ANY_SPLIT", "SHARES", "SPLITS", "content_key", "split_of", "stream_seed"]

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
"""Split -> share of the space of every family."""
SPLITS = tuple(SHARES)
ANY_SPLIT = "any"
"""For draws that need no split, such as the variants of one seed problem."""

_TOKEN = re.compile(r"\d+(?:\.\d+)?|\b[A-Z]{4,}\b")
_RESOLUTION = 1 << 32


def stream_seed(family: str, version: int, seed: int, split: str, index: int, attempt: int) -> int:
    """The 63-bit seed of one draw, by SHA-256.

    Args:
        family: its name.
        version: of the family.
        seed: of the run.
        split: that is drawn from.
        index: of the item.
        attempt: draws of this item before this one.
    """
    text = "\x1f".join(map(str, (family, version, seed, split, index, attempt)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def split_of(family: str, text: str) -> str:
    """The split that a problem text of `family` belongs to, decided by its numerals in order."""
    tokens = " ".join(_TOKEN.findall(text))
    digest = hashlib.sha256(f"{family}\x1f{tokens}".encode("utf-8", "surrogatepass")).digest()
    point = int.from_bytes(digest[:4], "big") / _RESOLUTION
    for name, share in SHARES.items():
        if point < share:
            return name
        point -= share
    return SPLITS[-1]


def content_key(text: str) -> bytes:
    """Equal for texts that differ in case and white space only; 16 bytes."""
    plain = " ".join(text.casefold().split())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).digest()[:16]
