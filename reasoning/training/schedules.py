"""Learning rates over the steps of a run: named shapes, the refined schedule, and scaling by batch size.

>>> [round(linear_decay(step, 5), 2) for step in range(5)]
[1.0, 0.8, 0.6, 0.4, 0.2]
>>> [round(float(value), 3) for value in refined_schedule([1.0, 1.0, 1.0, 1.0, 1.0], power=1, filter_share=0)]
[1.0, 0.75, 0.5, 0.25, 0.0]

All shapes are multipliers in [0, 1] of the base rate.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "SCHEDULES",
    "GradientNorms",
    "ScaledRate",
    "Shape",
    "constant",
    "cosine_decay",
    "flat_then_linear",
    "linear_decay",
    "read_gradient_norms",
    "refined_multiplier",
    "refined_schedule",
    "scale_to_batch",
    "with_warmup",
]

RESAMPLED_POINTS = 10_000
"""Points to which a record of gradient norms is resampled before it is filtered."""
FILTER_SHARE = 0.1
"""Width of the median filter as a share of the record."""
DROPPED_AT_ENDS = 2
_SMALLEST_NORM = 1e-12
_FLAT_SHARE = 0.6
_LAST_MULTIPLIER = 0.05
_LONGEST_RECORD_BYTES = 64 << 20

Shape = Callable[[int, int], float]


def constant(step: int, steps: int) -> float:
    """1 at every step."""
    return 1.0


def linear_decay(step: int, steps: int) -> float:
    """1 - t/T: the worst-case optimal shape for the last iterate (Defazio et al., arXiv 2310.07831, section 2)."""
    return max(0.0, 1.0 - step / steps)


def cosine_decay(step: int, steps: int) -> float:
    """Half a cosine from 1 to 0."""
    return 0.5 * (1.0 + math.cos(math.pi * min(1.0, step / steps)))


def flat_then_linear(step: int, steps: int) -> float:
    """1 for the first 60 % of the steps, then linearly to 5 %."""
    return max(_LAST_MULTIPLIER, 1.0 - max(0.0, (step - steps * _FLAT_SHARE) / (steps * (1 - _FLAT_SHARE))))


SCHEDULES: dict[str, Shape] = {
    "linear": linear_decay,
    "constant": constant,
    "cosine": cosine_decay,
    "flat-linear": flat_then_linear,
}
"""Name -> multiplier at (step, steps); `refined` needs a record and is made by `refined_multiplier`."""


def with_warmup(shape: Shape, warmup_steps: int) -> Shape:
    """`shape`, times a linear rise whose first step is already above 0."""

    def multiplier(step: int, steps: int) -> float:
        rise = min(1.0, (step + 1) / warmup_steps) if warmup_steps > 0 else 1.0
        return rise * shape(step, steps)

    return multiplier


@dataclass(frozen=True, slots=True)
class GradientNorms:
    """Norms of the whole gradient before clipping, one pair a step."""

    l1: tuple[float, ...]
    l2: tuple[float, ...]

    def save(self, path: Path) -> None:
        """Write them as JSON."""
        path.write_text(json.dumps({"l1": self.l1, "l2": self.l2}) + "\n", encoding="utf-8")


def read_gradient_norms(path: Path) -> GradientNorms:
    """Read what a run saved.

    Raises:
        ValueError: the file is not there or holds something else; one clear line.
    """
    try:
        if path.stat().st_size > _LONGEST_RECORD_BYTES:
            raise ValueError("larger than any record of gradient norms")
        record = json.loads(path.read_text(encoding="utf-8"))
        return GradientNorms(tuple(map(float, record["l1"])), tuple(map(float, record["l2"])))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: no record of gradient norms: {type(error).__name__}: {error}") from None


def refined_multiplier(norms: GradientNorms, *, adaptive: bool) -> Shape:
    """The refined schedule as a shape for a run of any length, by linear interpolation.

    Args:
        norms: of one finished run with any schedule.
        adaptive: Adam-like optimisers use the l1 norm to the power -1, SGD the l2 norm to the power -2.

    Raises:
        ValueError: fewer than three usable norms.
    """
    record = np.asarray(norms.l1 if adaptive else norms.l2, dtype=np.float64)
    record = record[np.isfinite(record)]
    if len(record) > 4 * DROPPED_AT_ENDS:
        record = record[DROPPED_AT_ENDS:-DROPPED_AT_ENDS]
    if len(record) < 3:
        raise ValueError(f"{len(record)} usable gradient norms are too few to refine a schedule")
    places = np.linspace(0, len(record) - 1, RESAMPLED_POINTS)
    resampled = np.interp(places, np.arange(len(record)), record)
    curve = refined_schedule(resampled, power=1 if adaptive else 2, filter_share=FILTER_SHARE)

    def multiplier(step: int, steps: int) -> float:
        # The curve ends in 0, which would waste the last step: each step is given the middle of its interval.
        return float(np.interp((step + 0.5) / max(steps, 1) * (len(curve) - 1), np.arange(len(curve)), curve))

    return multiplier


def refined_schedule(
    norms: Sequence[float] | NDArray[np.float64], *, power: int, filter_share: float
) -> NDArray[np.float64]:
    """Multipliers from gradient norms (Defazio et al., arXiv 2310.07831, algorithm 1).

    Median filter, weights w = norm^-power, multiplier_t = w_t * sum of the later weights, divided by the largest.

    Args:
        norms: one a step, shape (steps,); zeros are raised to a small positive value.
        power: 2 for SGD with l2 norms, 1 for Adam-like optimisers with l1 norms.
        filter_share: the filter's width as a share of the steps; 0 for no filter.

    Returns:
        Shape (steps,), the largest 1 and the last 0.
    """
    values = _median_filtered(np.asarray(norms, dtype=np.float64), filter_share)
    weights = np.maximum(values, _SMALLEST_NORM) ** -float(power)
    later = np.cumsum(weights[::-1])[::-1] - weights
    # Of the last step nothing is left but rounding.
    later[-1] = 0.0
    multipliers: NDArray[np.float64] = weights * later
    multipliers /= multipliers.max()
    return multipliers


def _median_filtered(values: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Running median of odd width; the right end is continued by reflection, the left one by its first value."""
    half = int(share * len(values)) // 2
    if half == 0:
        return values
    width = 2 * half + 1
    right = values[-2 : -2 - 2 * width : -1]
    extended = np.concatenate([np.full(half, values[0]), values, right, np.full(half, right[-1] if len(right) else 0)])
    windows = np.lib.stride_tricks.sliding_window_view(extended, width)[: len(values)]
    filtered: NDArray[np.float64] = np.median(windows, axis=1)
    return filtered


@dataclass(frozen=True, slots=True)
class ScaledRate:
    """Settings for another batch size."""

    learning_rate: float
    beta1: float
    beta2: float
    epsilon: float


def scale_to_batch(
    learning_rate: float, factor: float, *, rule: str, betas: tuple[float, float] = (0.0, 0.0), epsilon: float = 0.0
) -> ScaledRate:
    """Settings for a batch `factor` times larger, at the same number of epochs.

    Valid below the critical batch size only. `linear` (SGD): rate times the factor. `root` (Adam and other adaptive or
    sign methods; Malladi et al., arXiv 2205.10287): rate times its square root, 1 - beta times the factor, epsilon
    divided by the root.

    Args:
        learning_rate: that suits the batch size at hand.
        factor: new batch size over the one at hand.
        rule: `linear` or `root`.
        betas: of Adam, which `root` scales; `linear` leaves them.
        epsilon: of Adam, likewise.

    Raises:
        ValueError: an unknown rule, a factor that is not positive, or one that leaves no momentum.
    """
    if not factor > 0:
        raise ValueError(f"batch factor is {factor}, expected more than 0")
    if rule == "linear":
        return ScaledRate(learning_rate * factor, *betas, epsilon)
    if rule != "root":
        raise ValueError(f"no scaling rule '{rule}'; known: linear, root")
    beta1, beta2 = (1 - factor * (1 - beta) if beta > 0 else 0.0 for beta in betas)
    if (betas[0] > 0 and beta1 <= 0) or (betas[1] > 0 and beta2 <= 0):
        raise ValueError(f"a batch {factor:g} times larger leaves no momentum (betas {beta1:g}, {beta2:g})")
    root = math.sqrt(factor)
    return ScaledRate(learning_rate * root, beta1, beta2, epsilon / root)
