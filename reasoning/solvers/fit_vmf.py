"""Fit of a von Mises-Fisher distribution on the sphere, in any dimension.

>>> round(fit_vmf([[1, 0], [0.8, 0.6], [0.8, -0.6]]).solution.concentration, 3)
4.084
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.arguments import Matrix
from reasoning.solvers.bessel_core import bessel_ratio, log_bessel_values
from reasoning.solvers.definition import solver
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["SphereFit", "SphereFitCertificate", "fit_vmf"]

MAX_DIMENSION = 10**6
_STEPS = 50


@dataclass(frozen=True, slots=True)
class SphereFit:
    """Density C_p(kappa) exp(kappa mu . x) on the unit sphere.

    Attributes:
        direction: mu, p numbers of norm 1.
        concentration: kappa >= 0.
        log_likelihood: mean of the log density over the samples, with the sphere's surface measure.
    """

    direction: NDArray[np.float64]
    concentration: float
    log_likelihood: float


@dataclass(frozen=True, slots=True)
class SphereFitCertificate:
    """What anybody can check.

    Attributes:
        mean_length: R, the norm of the samples' mean.
        residual: |I_{p/2}(kappa) / I_{p/2-1}(kappa) - R|, the condition for the maximum of the likelihood.
    """

    mean_length: float
    residual: float


@solver
def fit_vmf(samples: Matrix, tolerance: float = 1e-12) -> Result[SphereFit, SphereFitCertificate]:
    """Fit a von Mises-Fisher distribution to directions.

    Maximum likelihood for the density C_p(kappa) exp(kappa mu . x) on the unit sphere of R^p: mu is the direction of
    the samples' mean, and kappa solves A_p(kappa) = I_{p/2}(kappa) / I_{p/2-1}(kappa) = R, R the length of the mean.

    Args:
        samples: n x p, p >= 2, no row all zeros; rows are scaled to norm 1.
        tolerance: largest |A_p(kappa) - R|, from 1e-14 to 0.1.

    Returns:
        `converged`; `singular` when the mean is 0 (any direction fits as well); `unbounded` when all samples are equal
        (the likelihood grows without end in kappa).

    Raises:
        SolverInputError: no samples, fewer than two dimensions, or a row of zeros.

    Source:
        Banerjee, Dhillon, Ghosh and Sra 2005 (first guess), Sra 2012 (Newton's method); Bessel functions as in
        `log_bessel`.

    Example:
        {"samples": [[1, 0, 0], [0.9, 0.1, 0.2], [0.8, -0.3, 0.1]]}
    """
    if samples.size == 0:
        raise SolverInputError("samples: expected at least one row")
    dimension = samples.shape[1]
    if not 2 <= dimension <= MAX_DIMENSION:
        raise SolverInputError(f"samples: expected 2 to {MAX_DIMENSION} columns, got {dimension}")
    if not 1e-14 <= tolerance <= 0.1:
        raise SolverInputError("tolerance: expected a number from 1e-14 to 0.1")
    largest = np.abs(samples).max(axis=1, keepdims=True)
    if not largest.all():
        raise SolverInputError(f"samples[{int(np.argmin(largest))}]: a row of zeros has no direction")
    directions = samples / largest
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    mean = directions.mean(axis=0)
    length = float(np.linalg.norm(mean))
    if length < 1e-15 * dimension**0.5:
        message = "the mean of the samples is 0: every direction fits as well, with concentration 0"
        return Result(Status.SINGULAR, certificate=SphereFitCertificate(length, length), message=message)
    if 1.0 - length < 1e-15 * dimension**0.5:
        message = "the samples are equal: the likelihood grows without end with the concentration"
        return Result(Status.UNBOUNDED, certificate=SphereFitCertificate(length, 1.0 - length), message=message)
    kappa, residual, steps = _concentration(length, dimension, tolerance)
    fit = SphereFit(mean / length, kappa, _log_constant(kappa, dimension) + kappa * length)
    status = Status.CONVERGED if residual <= tolerance else Status.LIMIT
    message = "" if status is Status.CONVERGED else f"the residual is {residual:.1e}"
    return Result(status, fit, SphereFitCertificate(length, residual), steps, message=message)


def _concentration(length: float, dimension: int, tolerance: float) -> tuple[float, float, int]:
    """Kappa with A_p(kappa) = length, |A_p(kappa) - length|, and the number of steps."""
    kappa = length * (dimension - length**2) / ((1 - length) * (1 + length))
    best = (kappa, np.inf)
    steps = 0
    for _ in range(_STEPS):
        steps += 1
        ratio = bessel_ratio(dimension / 2 - 1, kappa)
        if abs(ratio - length) < best[1]:
            best = (kappa, abs(ratio - length))
        if best[1] <= min(tolerance, 1e-14):
            break
        slope = 1 - ratio**2 - (dimension - 1) / kappa * ratio
        if slope <= 0:
            break
        following = kappa - (ratio - length) / slope
        following = following if following > 0 else kappa / 2
        if following == kappa:
            break
        kappa = following
    return best[0], float(best[1]), steps


def _log_constant(kappa: float, dimension: int) -> float:
    """Log C_p(kappa) = (p/2 - 1) log kappa - (p/2) log(2 pi) - log I_{p/2-1}(kappa)."""
    order = dimension / 2 - 1
    log_i, _, _ = log_bessel_values(np.array([order]), np.array([kappa]))
    return order * float(np.log(kappa)) - dimension / 2 * float(np.log(2 * np.pi)) - float(log_i[0])
