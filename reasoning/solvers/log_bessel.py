"""Logarithms of the modified Bessel functions, finite where the functions themselves overflow.

>>> log_bessel([1000], [100]).solution.values
array([-1997.61077281])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.arguments import Vector
from reasoning.solvers.bessel_core import METHODS, bessel_ratio, log_bessel_values
from reasoning.solvers.definition import solver
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["BesselCertificate", "BesselValues", "log_bessel"]

MAX_ORDER = 1e7
MAX_ARGUMENT = 1e12
MIN_ARGUMENT = 1e-100
MAX_VALUES = 2_000_000
_CHECKED = 32


@dataclass(frozen=True, slots=True)
class BesselValues:
    """Values and how they were found.

    Attributes:
        values: n logarithms.
        methods: n names: "uniform", "scipy", "series" or "hankel".
    """

    values: NDArray[np.float64]
    methods: list[str]


@dataclass(frozen=True, slots=True)
class BesselCertificate:
    """What anybody can check with the values of both kinds.

    Attributes:
        wronskian_error: largest |x (I_{v+1} K_v + I_v K_{v+1}) - 1| over the first 32 points, from logarithms
            (rounding of a logarithm of size L shows as L * 2.2e-16).
        error_estimate: largest expected absolute error of a logarithm: 4e-15 of the largest of 1, v and x.
    """

    wronskian_error: float
    error_estimate: float


@solver
def log_bessel(
    orders: Vector, arguments: Vector, kind: Literal["I", "K"] = "I"
) -> Result[BesselValues, BesselCertificate]:
    """Logarithm of a modified Bessel function: log I_v(x) or log K_v(x).

    Finite for every v and x in the range, also where I underflows and K overflows.

    Args:
        orders: n numbers v, from 0 to 1e7.
        arguments: n numbers x, from 1e-100 to 1e12; or a single one for all orders.
        kind: "I" (first kind) or "K" (second kind).

    Returns:
        n values; always `converged`.

    Raises:
        SolverInputError: lengths do not fit, or a number is outside its range.

    Source:
        NIST DLMF 10.41 (uniform expansions, for v >= 15), 10.40 (large arguments), 10.25 (series); the choice of
        methods follows Plesner, Sorensen and Hauberg 2024, arXiv 2409.08729.

    Example:
        {"orders": [0, 1000, 1e7], "arguments": [1.5, 0.001, 1e6], "kind": "K"}
    """
    if orders.size == 0:
        raise SolverInputError("orders: expected at least one number")
    if orders.size > MAX_VALUES:
        raise SolverInputError(f"orders: at most {MAX_VALUES} numbers are taken, got {orders.size}")
    if len(arguments) not in (1, len(orders)):
        raise SolverInputError(f"arguments: expected {len(orders)} numbers or one, got {len(arguments)}")
    if orders.min() < 0 or orders.max() > MAX_ORDER:
        raise SolverInputError(f"orders: expected numbers from 0 to {MAX_ORDER:g}")
    if arguments.min() < MIN_ARGUMENT or arguments.max() > MAX_ARGUMENT:
        raise SolverInputError(f"arguments: expected numbers from {MIN_ARGUMENT:g} to {MAX_ARGUMENT:g}")
    points = np.broadcast_to(arguments, orders.shape).copy()
    log_i, log_k, method = log_bessel_values(orders, points)
    values = log_i if kind == "I" else log_k
    scale = float(max(1.0, orders.max(), points.max()))
    certificate = BesselCertificate(_wronskian(orders[:_CHECKED], points[:_CHECKED]), 4e-15 * scale)
    return Result(Status.CONVERGED, BesselValues(values, [METHODS[index] for index in method]), certificate)


def _wronskian(v: NDArray[np.float64], x: NDArray[np.float64]) -> float:
    """DLMF 10.28.2; the ratio of the I comes from `bessel_ratio`, the rest from the logarithms."""
    log_i, log_k, _ = log_bessel_values(v, x)
    _, next_k, _ = log_bessel_values(v + 1, x)
    ratio = np.array([bessel_ratio(*pair) for pair in zip(v, x, strict=True)])
    with np.errstate(divide="ignore"):
        one = np.exp(np.log(x) + log_i + log_k + np.log(ratio)) + np.exp(np.log(x) + log_i + next_k)
    return float(np.abs(one - 1.0).max())
