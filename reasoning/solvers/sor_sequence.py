"""A sequence of linear systems by successive over-relaxation whose parameter is learnt on the way.

>>> result = sor_sequence([[[4.0, -1.0], [-1.0, 4.0]]], [[1.0, 2.0], [3.0, 4.0]], shifts=[0.0, 1.0])
>>> result.status
<Status.CONVERGED: 'converged'>
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.arguments import Matrix, Seed, Sparse, SparseMatrix, Vector
from reasoning.solvers.definition import solver
from reasoning.solvers.linear_systems import SystemsCertificate, SystemsSolution, check_systems
from reasoning.solvers.results import Result, SolverInputError

__all__ = ["RelaxedSolution", "TsallisBandit", "relax", "sor_sequence"]

Array = NDArray[np.float64]

MAX_SYSTEMS = 20_000
MAX_SIDE = 5000
MAX_OMEGA = 1.95
MAX_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class RelaxedSolution(SystemsSolution):
    """What was found, system by system.

    Attributes:
        omegas: T relaxation parameters that were used.
    """

    omegas: NDArray[np.float64]


@solver
def sor_sequence(
    matrices: list[SparseMatrix],
    right_sides: Matrix,
    shifts: Vector | None = None,
    policy: Literal["bandit", "context", "fixed"] = "bandit",
    omegas: Vector | None = None,
    tolerance: float = 1e-8,
    max_sweeps: int = 1000,
    seconds: float = 20.0,
    seed: Seed = 0,
) -> Result[RelaxedSolution, SystemsCertificate]:
    """Solve a sequence of symmetric positive definite systems by SOR with a learnt relaxation parameter.

    A_t x_t = b_t with A_t = A + c_t I (one matrix and shifts) or A_t = matrices[t]. Each system is solved from 0 by
    sweeps (D / omega + L) x' = b - (U + (1 - 1 / omega) D) x; the number of sweeps is the cost from which the policy
    learns which omega to draw next. A sparse Cholesky factorisation or conjugate gradients is usually faster: this tool
    is for sequences where only the numbers of sweeps are seen.

    Args:
        matrices: one n x n matrix for all systems, or one for each; symmetric with a positive diagonal.
        right_sides: T x n.
        shifts: T numbers c_t >= 0 that are added to the diagonal; default 0.
        policy: "bandit" (Tsallis-INF over the grid), "context" (a cubic Chebyshev fit of the sweeps to the shift for
            each omega, inverse gap weighting) or "fixed" (the first omega).
        omegas: the grid, from 1 to 1.95; default 1, 1.1, ..., 1.9.
        tolerance: relative residual, from 1e-14 to 0.1.
        max_sweeps: most sweeps for one system, at most 100000.
        seconds: most wall time, at most 60.
        seed: of the draws.

    Returns:
        `converged`, or `limit` when some system took too many sweeps or time is up (its residual says which).

    Raises:
        SolverInputError: shapes do not fit, a matrix is not symmetric or its diagonal is not positive.

    Source:
        Khodak, Chow, Balcan and Talwalkar 2024, "Learning to Relax", arXiv 2310.02246; Zimmert and Seldin 2021 for
        Tsallis-INF.

    Example:
        {"matrices": [[[4, -1, 0], [-1, 4, -1], [0, -1, 4]]], "right_sides": [[1, 2, 3], [0, 1, 0], [1, 1, 1]],
         "shifts": [0, 0.5, 1]}
    """
    count = len(right_sides)
    grid = np.linspace(1.0, 1.9, 10) if omegas is None else omegas
    moved = np.zeros(count) if shifts is None else shifts
    check_systems(matrices, right_sides, MAX_SYSTEMS, MAX_SIDE)
    _check(count, moved, grid, tolerance, max_sweeps, seconds)
    bases = [_symmetric(number, matrix) for number, matrix in enumerate(matrices)]
    chooser = _chooser(policy, grid, moved, max_sweeps, seed)
    solutions = np.zeros_like(right_sides)
    used, sweeps = np.zeros(count), np.zeros(count, dtype=np.int64)
    residuals = np.ones(count)
    residuals[~right_sides.any(axis=1)] = 0.0
    deadline = time.perf_counter() + seconds
    done = 0
    for done in range(1, count + 1):
        index = done - 1
        arm = chooser.draw(moved[index])
        base = bases[index % len(bases)]
        if moved[index]:
            base = _shifted(base, float(moved[index]))
        solutions[index], residuals[index], sweeps[index] = relax(
            base, right_sides[index], float(grid[arm]), tolerance, max_sweeps
        )
        used[index] = grid[arm]
        chooser.learn(arm, moved[index], float(sweeps[index]))
        if time.perf_counter() > deadline:
            break
    certificate = SystemsCertificate(residuals, int(sweeps.sum()))
    status, message = certificate.end(tolerance, done)
    found = RelaxedSolution(solutions, sweeps, used)
    return Result(status, found, certificate, certificate.total_work, seed, message=message)


def _check(count: int, shifts: Array, grid: Array, tolerance: float, max_sweeps: int, seconds: float) -> None:
    if len(shifts) != count or shifts.min() < 0:
        raise SolverInputError(f"shifts: expected {count} numbers that are not negative")
    if grid.size == 0 or grid.min() < 1 or grid.max() > MAX_OMEGA:
        raise SolverInputError(f"omegas: expected numbers from 1 to {MAX_OMEGA}")
    if not 1e-14 <= tolerance <= 0.1 or not 1 <= max_sweeps <= 100_000 or not 0 < seconds <= MAX_SECONDS:
        raise SolverInputError(f"limits: expected tolerance 1e-14..0.1, max_sweeps 1..1e5, seconds 0..{MAX_SECONDS:g}")


def _symmetric(number: int, matrix: Sparse) -> Any:
    found = matrix.scipy()
    difference = abs(found - found.T)
    if difference.nnz and difference.max() > 1e-12 * abs(found).max():
        raise SolverInputError(f"matrices[{number}]: not symmetric")
    diagonal = found.diagonal()
    if diagonal.min() <= 0:
        raise SolverInputError(f"matrices[{number}]: its diagonal is not positive at {int(diagonal.argmin())}")
    return found


def _shifted(matrix: Any, shift: float) -> Any:
    from scipy.sparse import eye_array

    return (matrix + shift * eye_array(matrix.shape[0])).tocsr()


def relax(matrix: Any, right: Array, omega: float, tolerance: float, max_sweeps: int) -> tuple[Array, float, int]:
    """SOR from 0 for one system.

    Args:
        matrix: n x n, SciPy sparse, symmetric positive definite.
        right: n numbers.
        omega: relaxation parameter, 0 < omega < 2.
        tolerance: relative residual to stop at.
        max_sweeps: most sweeps.

    Returns:
        The solution, its relative residual, the number of sweeps.
    """
    from scipy.sparse import diags_array, tril
    from scipy.sparse.linalg import splu

    size = float(np.linalg.norm(right))
    if size == 0.0:
        return np.zeros_like(right), 0.0, 0
    lower = tril(matrix, -1) + diags_array(matrix.diagonal() / omega)
    factor = splu(lower.tocsc(), permc_spec="NATURAL", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    solution = np.zeros_like(right)
    residual = right.copy()
    sweeps = 0
    while sweeps < max_sweeps:
        sweeps += 1
        solution += factor.solve(residual)
        residual = right - matrix @ solution
        relative = float(np.linalg.norm(residual)) / size
        if relative <= tolerance or not np.isfinite(relative):
            break
    return solution, relative, sweeps


class TsallisBandit:
    """Tsallis-INF: adversarial bandit with p_i = 4 (eta (L_i - x))^-2, eta = 2 / sqrt(t).

    Args:
        arms: number of choices.
        most: the largest cost; costs are divided by it.
        seed: of the draws.
    """

    def __init__(self, arms: int, most: float, seed: int) -> None:
        self._losses = np.zeros(arms)
        self._most = most
        self._random = np.random.default_rng(seed)
        self._round = 0
        self._chances = np.full(arms, 1.0 / arms)

    def draw(self, context: float) -> int:
        """An arm; the context is not used."""
        self._round += 1
        self._chances = self.chances(2.0 / self._round**0.5)
        return int(self._random.choice(len(self._losses), p=self._chances))

    def chances(self, eta: float) -> Array:
        """The probabilities of the arms, by Newton's method on x < min L so that they add up to 1."""
        x = float(self._losses.min()) - 2.0 / eta
        for _ in range(100):
            chances: Array = 4.0 / (eta * (self._losses - x)) ** 2
            excess = float(chances.sum()) - 1.0
            if abs(excess) < 1e-13:
                break
            x -= excess / float(eta * (chances**1.5).sum())
        return chances / float(chances.sum())

    def learn(self, arm: int, context: float, cost: float) -> None:
        """What the last draw cost."""
        self._losses[arm] += cost / (self._most * self._chances[arm])


class _ChebyshevChooser:
    """For each arm a cubic fit of the cost to the context; inverse gap weighting between the predictions."""

    def __init__(self, arms: int, low: float, high: float, seed: int) -> None:
        self._low, self._high = low, high
        self._normal = np.zeros((arms, 4, 4)) + 0.01 * np.eye(4)
        self._moments = np.zeros((arms, 4))
        self._pulls = np.zeros(arms, dtype=np.int64)
        self._random = np.random.default_rng(seed)
        self._round = 0

    def _features(self, context: float) -> Array:
        span = self._high - self._low
        x = 2.0 * (context - self._low) / span - 1.0 if span > 0 else 0.0
        return np.array([1.0, x, 2 * x * x - 1, 4 * x**3 - 3 * x])

    def draw(self, context: float) -> int:
        self._round += 1
        untried = np.nonzero(self._pulls == 0)[0]
        if untried.size:
            return int(untried[0])
        features = self._features(context)
        predictions = np.array(
            [np.linalg.solve(n, m) @ features for n, m in zip(self._normal, self._moments, strict=True)]
        )
        best = int(predictions.argmin())
        gaps = (predictions - predictions[best]) / max(1.0, abs(predictions[best]))
        chances = 1.0 / (len(gaps) + 10.0 * self._round**0.5 * gaps)
        chances[best] = 0.0
        chances[best] = 1.0 - chances.sum()
        return int(self._random.choice(len(chances), p=chances))

    def learn(self, arm: int, context: float, cost: float) -> None:
        features = self._features(context)
        self._normal[arm] += np.outer(features, features)
        self._moments[arm] += cost * features
        self._pulls[arm] += 1


class _Fixed:
    """Always the first arm."""

    def draw(self, context: float) -> int:
        return 0

    def learn(self, arm: int, context: float, cost: float) -> None:
        """Nothing to learn."""


def _chooser(
    policy: str, grid: Array, shifts: Array, max_sweeps: int, seed: int
) -> TsallisBandit | _ChebyshevChooser | _Fixed:
    if policy == "bandit":
        return TsallisBandit(len(grid), float(max_sweeps), seed)
    if policy == "context":
        return _ChebyshevChooser(len(grid), float(shifts.min()), float(shifts.max()), seed)
    return _Fixed()
