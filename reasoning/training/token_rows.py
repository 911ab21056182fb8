r"""Prompts and solutions as flat arrays of token ids: a million rows, batches of like length in milliseconds.

    rows = TokenRows.of([("Q:1+1=?\nA:", "####2\n"), ("Q:2+3=?\nA:", "####5\n")])
    ids, labels = next(rows.batches(size=2, seed=1))        # (rows, longest) each, int64; only solutions are learned
    rows.save(Path("rows.npz"), note="how they were made")

One byte is one token (`reasoning.training.nano.make_tokenizer`), so nothing is tokenized one by one. Padding is on the
right, where causal attention never looks: no mask is needed. Of rows as long as 500 tokens and 170 in the mean, two
thirds of a batch taken at random would be padding; of rows sorted by length within a window of batches, a few per cent.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from reasoning.engines.base import derive_seed
from reasoning.runs.files import replaced_file

__all__ = ["IGNORED_LABEL", "TokenRows"]

IGNORED_LABEL = -100
"""What PyTorch's cross entropy passes over."""
_WINDOW = 64
"""Batches among which rows are sorted by length."""


@dataclass(frozen=True, slots=True)
class TokenRows:
    """Rows of tokens, one behind the other.

    Attributes:
        tokens: ids of all rows, prompt, solution and end token each, uint16, shape (tokens,).
        ends: where each row ends, int64, shape (rows,).
        prompts: tokens of each row's prompt, int64, shape (rows,).
    """

    tokens: NDArray[np.uint16]
    ends: NDArray[np.int64]
    prompts: NDArray[np.int64]

    @classmethod
    def of(cls, pairs: Sequence[tuple[str, str]]) -> Self:
        """The rows of (prompt, solution) pairs, in their order, with nano's tokenizer."""
        table, end_token = _byte_ids()
        text = b"".join(f"{prompt}{solution}".encode() + b"\0" for prompt, solution in pairs)
        prompts = np.array([len(prompt.encode()) for prompt, _ in pairs], np.int64)
        lengths = np.array([len(f"{prompt}{solution}".encode()) + 1 for prompt, solution in pairs], np.int64)
        ends = np.cumsum(lengths)
        tokens = table[np.frombuffer(text, np.uint8)]
        tokens[ends - 1] = end_token
        return cls(tokens, ends, prompts)

    def __len__(self) -> int:
        return len(self.ends)

    def batches(self, size: int, seed: int, skip: int = 0) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Batches for ever: token ids and labels, padded on the right, each row once a pass but for the last few.

        Args:
            size: rows of a batch.
            seed: of the order, which differs from pass to pass.
            skip: so many are left out at the beginning.

        Raises:
            ValueError: there are fewer rows than a batch takes.
        """
        if len(self) < size:
            raise ValueError(f"{len(self)} rows are less than one batch of {size}")
        turn = 0
        while True:
            stream = random.Random(derive_seed("token rows", seed, turn))
            for rows in self._order(size, stream):
                if skip:
                    skip -= 1
                else:
                    yield self._padded(rows)
            turn += 1

    def save(self, path: Path, note: str) -> None:
        """Write everything to one compressed file, with a note that says what it is."""
        with replaced_file(path) as file:
            np.savez_compressed(
                file.buffer,
                tokens=self.tokens,
                lengths=np.diff(self.ends, prepend=0).astype(np.uint16),
                prompts=self.prompts.astype(np.uint16),
                note=np.array(note),
            )

    @classmethod
    def load(cls, path: Path) -> tuple[Self, str]:
        """What `save` wrote, and the note.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is not such a file.
        """
        with np.load(path, allow_pickle=False) as stored:
            ends = np.cumsum(stored["lengths"].astype(np.int64))
            return cls(stored["tokens"], ends, stored["prompts"].astype(np.int64)), str(stored["note"])

    def _order(self, size: int, stream: random.Random) -> Iterator[NDArray[np.int64]]:
        """The rows of each batch of one pass."""
        order = np.random.default_rng(stream.getrandbits(64)).permutation(len(self))
        lengths = np.diff(self.ends, prepend=0)
        batches: list[NDArray[np.int64]] = []
        for start in range(0, len(order), size * _WINDOW):
            window = order[start : start + size * _WINDOW]
            window = window[np.argsort(lengths[window], kind="stable")]
            batches += [window[first : first + size] for first in range(0, len(window) - size + 1, size)]
        stream.shuffle(batches)
        return iter(batches)

    def _padded(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        starts = np.where(rows > 0, self.ends[rows - 1], 0)
        lengths = self.ends[rows] - starts
        columns = np.arange(lengths.max())
        inside = columns < lengths[:, None]
        where = np.where(inside, starts[:, None] + columns, 0)
        ids = np.where(inside, self.tokens[where], 0).astype(np.int64)
        labels = np.where(inside & (columns >= self.prompts[rows][:, None]), ids, IGNORED_LABEL)
        return ids, labels


def _byte_ids() -> tuple[NDArray[np.uint16], int]:
    """The id of each byte, and that of the end of text."""
    from tokenizers.pre_tokenizers import ByteLevel

    from reasoning.training.nano import make_tokenizer

    tokenizer: Any = make_tokenizer()
    by_symbol = tokenizer.get_vocab()
    # The symbols of bytes in the order of their code points: printable bytes stand for themselves, the others, in
    # their order, for the code points from 256 on.
    symbols = sorted(ByteLevel.alphabet(), key=ord)
    own = [ord(symbol) for symbol in symbols if ord(symbol) < 256]
    others = [byte for byte in range(256) if byte not in set(own)]
    table = np.zeros(256, np.uint16)
    for byte, symbol in zip([*own, *others], symbols, strict=True):
        table[byte] = by_symbol[symbol]
    return table, int(tokenizer.eos_token_id)
