"""A sequence of related linear systems by Krylov methods that recycle the subspace of the system before.

>>> result = linear_sequence([[[4.0, 1.0], [0.0, 3.0]], [[4.1, 1.0], [0.0, 3.0]]], [[1.0, 2.0], [1.0, 2.0]])
>>> result.status
<Status.CONVERGED: 'converged'>
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.arguments import Matrix, SparseMatrix
from reasoning.solvers.definition import solver
from reasoning.solvers.linear_systems import SystemsCertificate, SystemsSolution, check_systems, relative_residual
from reasoning.solvers.results import Result, SolverInputError, Status
from verifiers.wording import counted

__all__ = ["RecycledSolution", "linear_sequence", "nearest_order"]

Array = NDArray[np.float64]

MAX_SYSTEMS = 10_000
MAX_SECONDS = 60.0
_MAX_CYCLES = 500


@dataclass(frozen=True, slots=True)
class RecycledSolution(SystemsSolution):
    """What was found, system by system.

    Attributes:
        order: T indices, the order in which the systems were solved.
    """

    order: NDArray[np.int64]


@solver
def linear_sequence(
    matrices: list[SparseMatrix],
    right_sides: Matrix,
    parameters: Matrix | None = None,
    recycle: int = 10,
    inner: int = 30,
    preconditioner: Literal["none", "ilu"] = "none",
    tolerance: float = 1e-8,
    seconds: float = 30.0,
) -> Result[RecycledSolution, SystemsCertificate]:
    """Solve a sequence of related linear systems, each with the help of the ones before.

    A_t x_t = b_t, t = 1..T, any square matrices. The systems are put in an order in which neighbours have near
    parameters, and GCROT(m, k) keeps k directions from one to the next; their products with the new matrix are computed
    afresh and count.

    Args:
        matrices: T matrices, n x n, dense or sparse; or one for all right sides.
        right_sides: T x n.
        parameters: T x d numbers that describe the systems, for the order; default: the order given.
        recycle: k, the directions kept, from 0 (none: every system on its own) to 100.
        inner: m, the steps between restarts, from 1 to 500.
        preconditioner: "none", or "ilu": an incomplete factorisation of the first system solved, for all.
        tolerance: relative residual, from 1e-14 to 0.1.
        seconds: most wall time, at most 60.

    Returns:
        `converged`, or `limit` when a residual stayed above the tolerance; `singular` when the incomplete factorisation
        meets a singular matrix.

    Raises:
        SolverInputError: shapes do not fit, or there is nothing to solve.

    Source:
        Wang, Hao, Wang, Wang et al. 2024, "Accelerating Data Generation for Neural Operators via Krylov Subspace
        Recycling", arXiv 2401.09516; Hicken and Zingg 2010 for GCROT(m, k), as in SciPy's `gcrotmk`.

    Example:
        {"matrices": [[[4, 1], [0, 3]], [[4.2, 1], [0, 3]]], "right_sides": [[1, 2], [1, 2]],
         "parameters": [[0], [0.2]]}
    """
    count = len(right_sides)
    check_systems(matrices, right_sides, MAX_SYSTEMS)
    _check(count, parameters, recycle, inner, tolerance, seconds)
    order = np.arange(count) if parameters is None else nearest_order(parameters)
    loaded = [matrix.scipy() for matrix in matrices]
    inverse: Any = None
    if preconditioner == "ilu":
        inverse = _ilu(loaded[order[0] % len(loaded)])
        if inverse is None:
            return Result(Status.SINGULAR, message="the incomplete factorisation met a singular matrix")
    sequence = _Sequence(recycle, inner, tolerance, inverse)
    solutions = np.zeros_like(right_sides)
    products = np.zeros(count, dtype=np.int64)
    deadline = time.perf_counter() + seconds
    tried = 0
    for index in order:
        tried += 1
        solutions[index], products[index] = sequence.solve(loaded[index % len(loaded)], right_sides[index])
        if time.perf_counter() > deadline:
            break
    residuals = np.array(
        [relative_residual(loaded[index % len(loaded)], solutions[index], right_sides[index]) for index in range(count)]
    )
    certificate = SystemsCertificate(residuals, int(products.sum()))
    status, message = certificate.end(tolerance, tried)
    found = RecycledSolution(solutions, products, order)
    return Result(status, found, certificate, certificate.total_work, message=message)


def _check(count: int, parameters: Array | None, recycle: int, inner: int, tolerance: float, seconds: float) -> None:
    if parameters is not None and len(parameters) != count:
        raise SolverInputError(f"parameters: expected {counted(count, 'row')}, got {len(parameters)}")
    if not 0 <= recycle <= 100 or not 1 <= inner <= 500:
        raise SolverInputError("recycle and inner: expected 0..100 and 1..500")
    if not 1e-14 <= tolerance <= 0.1 or not 0 < seconds <= MAX_SECONDS:
        raise SolverInputError(f"limits: expected tolerance 1e-14..0.1 and seconds 0..{MAX_SECONDS:g}")


def nearest_order(parameters: Array) -> NDArray[np.int64]:
    """Greedy: start at index 0, go on to the nearest that is left.

    Args:
        parameters: T x d.

    Returns:
        T indices.
    """
    left = np.arange(1, len(parameters))
    order = [0]
    while left.size:
        nearest = int(((parameters[left] - parameters[order[-1]]) ** 2).sum(axis=1).argmin())
        order.append(int(left[nearest]))
        left = np.delete(left, nearest)
    return np.array(order, dtype=np.int64)


def _ilu(matrix: Any) -> Any:
    from scipy.sparse.linalg import LinearOperator, spilu

    try:
        factor = spilu(matrix.tocsc())
    except RuntimeError:
        return None
    return LinearOperator(matrix.shape, matvec=factor.solve)


class _Sequence:
    """GCROT(m, k) with what it keeps."""

    def __init__(self, recycle: int, inner: int, tolerance: float, inverse: Any) -> None:
        self._recycle = recycle
        self._inner = inner
        self._tolerance = tolerance
        self._inverse = inverse
        self._kept: list[tuple[Any, Any]] = []

    def solve(self, matrix: Any, right: Array) -> tuple[Array, int]:
        """The solution, and the products with the matrix that it took."""
        from scipy.sparse.linalg import LinearOperator, gcrotmk

        products = 0

        def multiply(vector: Array) -> Array:
            nonlocal products
            products += 1
            image: Array = matrix @ vector
            return image

        if not right.any():
            return np.zeros_like(right), 0
        kept = self._kept if self._recycle else []
        found, _ = gcrotmk(
            LinearOperator(matrix.shape, matvec=multiply, dtype=float),
            right,
            rtol=0.5 * self._tolerance,
            atol=0.0,
            maxiter=_MAX_CYCLES,
            M=self._inverse,
            m=self._inner,
            k=self._recycle or self._inner,
            CU=kept,
            discard_C=True,
        )
        return np.asarray(found), products
