"""Samples that are made together by one model: rows of one key-value cache, which end and join while it runs.

    batch = RowBatch(rows, device=torch.device("cpu"), drawing=torch.device("cpu"))
    logits, batch.cache = model(batch.tokens, batch.positions, batch.mask, batch.cache)
    batch.advance(logits)                   # each row has one token more
    batch.keep([0, 2])                      # row 1 has ended
    batch.join(another)                     # rows that began later; only where `batch.open`

Rows are padded on the left, so that the newest token of all is in the last column; what no row needs is cut off.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reasoning.engines.base import Completion, Request
from reasoning.engines.batching import Job
from reasoning.engines.sampling import BatchSampler

if TYPE_CHECKING:
    import torch

__all__ = ["Row", "RowBatch", "Sample"]


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample to draw, or a given completion to score."""

    request: Request
    seed: int
    given: str | None = None


@dataclass(slots=True)
class Row:
    """One sample in the making.

    Attributes:
        job: who waits for it.
        prompt: its tokens.
        limit: most tokens to draw.
        tokens: those drawn so far.
        logprobs: theirs, where the request wants them.
    """

    job: Job[Sample, Completion]
    prompt: list[int]
    limit: int
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)

    @property
    def request(self) -> Request:
        """What is asked."""
        return self.job.item.request


class RowBatch:
    """Rows with what the model needs for their next token.

    Args:
        rows: new ones, at least one.
        device: of the model.
        drawing: where tokens are drawn.

    Attributes:
        rows: those that have not ended.
        tokens: inputs of the next forward pass, shape (rows, columns): the prompts, later one token a row.
        positions: of these tokens in their rows; the same shape.
        mask: 1 for each token of a row, 0 for padding, shape (rows, columns so far).
        cache: keys and values of all columns before `tokens`; None at first.
    """

    def __init__(self, rows: list[Row], *, device: torch.device, drawing: torch.device) -> None:
        import torch

        width = max(len(row.prompt) for row in rows)
        padding = [width - len(row.prompt) for row in rows]
        self.rows = rows
        self.tokens = torch.tensor(
            [[0] * empty + row.prompt for empty, row in zip(padding, rows, strict=True)], device=device
        )
        self.mask = (torch.arange(width) >= torch.tensor(padding)[:, None]).long().to(device)
        self.positions = (self.mask.cumsum(dim=1) - 1).clamp(min=0)
        self.cache: Any = None
        self._sampler = BatchSampler(
            seeds=[row.job.item.seed for row in rows],
            temperatures=[row.request.temperature for row in rows],
            top_ps=[row.request.top_p for row in rows],
            device=drawing,
        )

    def advance(self, logits: torch.Tensor) -> None:
        """Draw the next token of every row; it is in the row, and the input of the next pass.

        Args:
            logits: after the last token, shape (rows, vocabulary), float32, on the drawing device.
        """
        import torch

        chosen = self._sampler.draw(logits)
        if any(row.request.logprobs for row in self.rows):
            logprobs = torch.log_softmax(logits, dim=-1).gather(1, chosen[:, None])[:, 0].tolist()
            for row, logprob in zip(self.rows, logprobs, strict=True):
                row.logprobs.append(logprob)
        for row, token in zip(self.rows, chosen.tolist(), strict=True):
            row.tokens.append(token)
        self.tokens = chosen[:, None].to(self.mask.device)
        self.positions = self.positions[:, -1:] + 1
        self.mask = torch.cat([self.mask, self.mask.new_ones(len(self.rows), 1)], dim=1)

    def keep(self, places: list[int]) -> None:
        """Go on with the rows at these places only, at least one."""
        import torch

        self.rows = [self.rows[place] for place in places]
        selected = torch.tensor(places, device=self.mask.device)
        # Made for beams, and the one way to select rows that layers of all kinds know.
        self.cache.reorder_cache(selected)
        self.mask, self.positions, self.tokens = self.mask[selected], self.positions[selected], self.tokens[selected]
        self._sampler.keep(selected.to(self._sampler.device))
        if self.open:
            self._cut_padding()

    @property
    def open(self) -> bool:
        """Whether rows can join: every layer keeps all keys and values, as they are."""
        from transformers.cache_utils import DynamicCache, DynamicLayer

        # Layers that keep a window or a state have places that depend on when their rows began.
        return type(self.cache) is DynamicCache and all(type(layer) is DynamicLayer for layer in self.cache.layers)

    def join(self, other: RowBatch) -> None:
        """Take in the rows of another batch that has come as far: both are open, and have drawn a token at least."""
        import torch

        width = max(self.mask.shape[1], other.mask.shape[1])
        self._pad(width)
        other._pad(width)
        for mine, theirs in zip(self.cache.layers, other.cache.layers, strict=True):
            mine.keys = torch.cat([mine.keys, theirs.keys])
            mine.values = torch.cat([mine.values, theirs.values])
        self.rows = self.rows + other.rows
        self.mask = torch.cat([self.mask, other.mask])
        self.tokens = torch.cat([self.tokens, other.tokens])
        self.positions = torch.cat([self.positions, other.positions])
        self._sampler.join(other._sampler)

    def _pad(self, width: int) -> None:
        """Add empty columns on the left."""
        from torch.nn.functional import pad

        more = width - self.mask.shape[1]
        if more:
            self.mask = pad(self.mask, (more, 0))
            for layer in self.cache.layers:
                layer.keys = pad(layer.keys, (0, 0, more, 0))
                layer.values = pad(layer.values, (0, 0, more, 0))

    def _cut_padding(self) -> None:
        """Drop the columns on the left that are empty in all rows, now that the longest ones have left."""
        surplus = self.mask.shape[1] - max(len(row.prompt) + len(row.tokens) for row in self.rows)
        if surplus:
            self.mask = self.mask[:, surplus:]
            for layer in self.cache.layers:
                layer.keys = layer.keys[..., surplus:, :]
                layer.values = layer.values[..., surplus:, :]
