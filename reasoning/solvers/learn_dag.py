"""A directed acyclic graph of linear effects, learnt from data by swaps in a topological order.

>>> import numpy as np
>>> first = np.random.default_rng(0).normal(size=500)
>>> second = 2 * first + np.random.default_rng(1).normal(size=500)
>>> learn_dag(np.column_stack([second, first])).solution.edges
[(1, 0)]
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.arguments import IntegerVector, Matrix, Seed
from reasoning.solvers.definition import solver
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["Dag", "DagCertificate", "dag_score", "learn_dag"]

Array = NDArray[np.float64]

MAX_NODES = 200
MAX_CELLS = 5_000_000
MAX_SECONDS = 60.0
GAIN = 1e-9
"""Least relative decrease of the score that counts as one."""


@dataclass(frozen=True, slots=True)
class Dag:
    """A weighted graph without cycles.

    Attributes:
        weights: d x d; the entry [i, j] is the effect of i on j, 0 where there is no edge.
        edges: pairs (i, j), i on j.
        order: a topological order of the nodes.
    """

    weights: NDArray[np.float64]
    edges: list[tuple[int, int]]
    order: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DagCertificate:
    """What anybody can check.

    Attributes:
        acyclic: whether repeated removal of nodes without parents empties the graph.
        score: of the order: the least 1/2 tr((I - W)^T S (I - W)) + penalty sum |W| over W that respect it, S the
            covariance; before small weights were dropped.
        pruned_loss: 1/2 tr((I - W)^T S (I - W)) of the weights returned.
        swaps: the score after each accepted move; the first is that of the first order.
    """

    acyclic: bool
    score: float
    pruned_loss: float
    swaps: list[float]


@solver
def learn_dag(
    data: Matrix | None = None,
    covariance: Matrix | None = None,
    penalty: float = 0.0,
    threshold: float = 0.3,
    start: Literal["variance", "random"] = "variance",
    order: IntegerVector | None = None,
    seconds: float = 20.0,
    seed: Seed = 0,
) -> Result[Dag, DagCertificate]:
    """Learn a linear structural equation model: who acts on whom, by topological swaps.

    x_j = sum_i W_ij x_i + noise of one variance for all j. For an order of the nodes the best W is a lasso regression
    (least squares when penalty is 0) of each node on those before it. Pairs whose edge against the order has a
    gradient beyond the penalty are exchanged, or one is moved behind the other, while the score falls; at the end
    weights up to the threshold are dropped and the others fitted again by least squares.

    Args:
        data: n rows of d variables; centred here. Give either data or a covariance.
        covariance: d x d, symmetric positive semidefinite.
        penalty: weight of the l1 norm, >= 0.
        threshold: edges of at most this absolute weight are dropped, >= 0.
        start: first order: "variance" (next comes the node with the least residual variance) or "random".
        order: a first order, such as another algorithm's; overrides start.
        seconds: most wall time, at most 60.
        seed: of a random start.

    Returns:
        `converged` at a local minimum: no move of a candidate pair lowers the score; or `limit`.

    Raises:
        SolverInputError: shapes do not fit, or a variable is constant.

    Source:
        Deng, Bello, Aragam and Ravikumar 2023, "Optimizing NOTEARS Objectives via Topological Swaps", arXiv 2305.17277;
        Chen, Drton and Wang 2019 (first order).

    Example:
        {"covariance": [[1, 2, 2], [2, 5, 5], [2, 5, 6]]}
    """
    matrix = _covariance(data, covariance)
    if penalty < 0 or threshold < 0 or not 0 < seconds <= MAX_SECONDS:
        raise SolverInputError(f"limits: expected penalty and threshold >= 0, seconds 0..{MAX_SECONDS:g}")
    nodes = len(matrix)
    if order is not None:
        if sorted(order.tolist()) != list(range(nodes)):
            raise SolverInputError(f"order: expected each node from 0 to {nodes - 1} once")
        first = order
    elif start == "random":
        first = np.random.default_rng(seed).permutation(nodes)
    else:
        first = _by_variance(matrix)
    search = _Search(matrix, penalty, first, time.perf_counter() + seconds)
    done = search.run()
    weights = _pruned(matrix, search.weights, threshold)
    edges = [(int(i), int(j)) for i, j in np.argwhere(weights)]
    certificate = DagCertificate(
        _is_acyclic(weights), search.score, dag_score(matrix, weights), [float(one) for one in search.history]
    )
    message = "" if done else "time is up, other moves may lower the score"
    found = Dag(weights, edges, search.order)
    return Result(
        Status.CONVERGED if done else Status.LIMIT, found, certificate, len(search.history) - 1, seed, message
    )


def dag_score(covariance: Array, weights: Array, penalty: float = 0.0) -> float:
    """1/2 tr((I - W)^T S (I - W)) + penalty sum |W|."""
    rest = np.eye(len(weights)) - weights
    return float(0.5 * np.sum(rest * (covariance @ rest)) + penalty * np.abs(weights).sum())


def _covariance(data: Array | None, covariance: Array | None) -> Array:
    if (data is None) == (covariance is None):
        raise SolverInputError("data: expected either data or a covariance")
    if data is not None:
        if data.size > MAX_CELLS or len(data) < 2:
            raise SolverInputError(f"data: expected at least 2 rows and at most {MAX_CELLS} numbers")
        centred = data - data.mean(axis=0)
        matrix = centred.T @ centred / len(data)
    else:
        assert covariance is not None
        matrix = covariance
        if matrix.shape[0] != matrix.shape[1]:
            raise SolverInputError(f"covariance: expected a square matrix, got {matrix.shape[0]} x {matrix.shape[1]}")
    if not 1 <= len(matrix) <= MAX_NODES:
        raise SolverInputError(f"data: expected from 1 to {MAX_NODES} variables, got {len(matrix)}")
    size = float(np.abs(matrix).max())
    if np.abs(matrix - matrix.T).max() > 1e-10 * size or np.linalg.eigvalsh(matrix)[0] < -1e-8 * size:
        raise SolverInputError("covariance: expected a symmetric positive semidefinite matrix")
    if np.diag(matrix).min() <= 1e-14 * size:
        raise SolverInputError(f"data: variable {int(np.diag(matrix).argmin())} is constant")
    return np.asarray(matrix)


def _by_variance(matrix: Array) -> NDArray[np.int64]:
    """Next always the node whose variance, given those before it, is least: pivoted elimination."""
    rest, left, order = matrix.copy(), list(range(len(matrix))), []
    while left:
        chosen = min(left, key=lambda node: rest[node, node])
        left.remove(chosen)
        order.append(chosen)
        if rest[chosen, chosen] > 1e-12 * matrix[chosen, chosen]:
            rest = rest - np.outer(rest[:, chosen], rest[chosen]) / rest[chosen, chosen]
    return np.array(order, dtype=np.int64)


class _Search:
    """The order, its best weights and its score; `run` moves nodes while that lowers the score."""

    def __init__(self, matrix: Array, penalty: float, order: NDArray[np.int64], deadline: float) -> None:
        self._matrix, self._penalty, self._deadline = matrix, penalty, deadline
        nodes = len(matrix)
        self.order = order
        self.weights = np.zeros((nodes, nodes))
        self._parts = np.zeros(nodes)  # of the score, by node
        for place in range(nodes):
            self._fit(order, place, self.weights, self._parts)
        self.history = [self.score]

    @property
    def score(self) -> float:
        return float(self._parts.sum())

    def _fit(self, order: NDArray[np.int64], place: int, weights: Array, parts: Array) -> None:
        """Regress the node at a place of the order on those before it."""
        node, before = order[place], order[:place]
        row = self._matrix[before, node]
        inner = self._matrix[np.ix_(before, before)]
        found = _lasso(inner, row, self._penalty, weights[before, node])
        weights[:, node] = 0.0
        weights[before, node] = found
        loss = self._matrix[node, node] - 2 * found @ row + found @ inner @ found
        parts[node] = 0.5 * max(float(loss), 0.0) + self._penalty * float(np.abs(found).sum())

    def _loss(self, order: NDArray[np.int64]) -> float:
        """The score of an order without a penalty: residual variances are the pivots of a Cholesky factorisation."""
        try:
            factor = np.linalg.cholesky(self._matrix[np.ix_(order, order)])
        except np.linalg.LinAlgError:
            return -np.inf  # dependent variables: the regressions have to tell
        return 0.5 * float(np.sum(np.diag(factor) ** 2))

    def run(self) -> bool:
        """Whether a local minimum was reached in time."""
        nodes = len(self._matrix)
        few = 2 * nodes
        while True:
            moved = self._try(self._candidates(few))
            if moved is None:
                return False
            if moved:
                few = 2 * nodes
            elif few < nodes * nodes:
                few = nodes * nodes
            else:
                return True

    def _candidates(self, count: int) -> list[tuple[int, int]]:
        """Places (p, q), p < q, whose edge from q to p violates the optimality condition; the largest gain first."""
        gradient = self._matrix @ (self.weights - np.eye(len(self._matrix)))
        excess = np.abs(gradient) - self._penalty - 1e-8 * np.abs(self._matrix).max()
        gain = np.maximum(excess, 0.0) ** 2 / np.diag(self._matrix)[:, None]
        by_place = gain[np.ix_(self.order, self.order)].T  # [p, q]: the edge from the node at q to the node at p
        by_place[np.tril_indices(len(by_place))] = 0.0
        places = np.argsort(by_place, axis=None, kind="stable")[::-1][:count]
        p, q = np.unravel_index(places[by_place.ravel()[places] > 0], by_place.shape)
        return list(zip(p.tolist(), q.tolist(), strict=True))

    def _try(self, candidates: list[tuple[int, int]]) -> bool | None:
        """Accept the first move that lowers the score; None when time is up."""
        for p, q in candidates:
            if time.perf_counter() > self._deadline:
                return None
            span = self.order[p : q + 1]
            swapped = np.concatenate([span[-1:], span[1:-1], span[:1]])
            for moved in (swapped, np.roll(span, -1), np.roll(span, 1))[: 1 if q == p + 1 else 3]:
                order = self.order.copy()
                order[p : q + 1] = moved
                if self._penalty == 0.0 and self._loss(order) >= self.score * (1 - GAIN):
                    continue
                weights, parts = self.weights.copy(), self._parts.copy()
                for place in range(p, q + 1):  # the other nodes have the same nodes before them
                    self._fit(order, place, weights, parts)
                if parts.sum() < self.score * (1 - GAIN):
                    self.order, self.weights, self._parts = order, weights, parts
                    self.history.append(self.score)
                    return True
        return False


def _lasso(inner: Array, row: Array, penalty: float, start: Array) -> Array:
    """Minimise over w 1/2 w^T G w - r^T w + penalty |w|_1, by coordinate descent from `start`."""
    if not len(row):
        return row
    if penalty == 0.0:
        try:
            return np.asarray(np.linalg.solve(inner, row))
        except np.linalg.LinAlgError:
            return np.asarray(np.linalg.lstsq(inner, row, rcond=None)[0])
    found = start.copy()
    rest = row - inner @ found
    diagonal = np.diag(inner)
    for _ in range(1000):
        largest = 0.0
        for index in range(len(row)):
            pull = rest[index] + diagonal[index] * found[index]
            fresh = np.sign(pull) * max(abs(pull) - penalty, 0.0) / diagonal[index]
            step = fresh - found[index]
            if step:
                rest -= step * inner[:, index]
                found[index] = fresh
                largest = max(largest, abs(step) * float(diagonal[index]) ** 0.5)
        if largest <= 1e-10:
            break
    return found


def _pruned(matrix: Array, weights: Array, threshold: float) -> Array:
    """The weights above the threshold, fitted again by least squares."""
    kept = np.zeros_like(weights)
    for node in range(len(weights)):
        parents = np.nonzero(np.abs(weights[:, node]) > threshold)[0]
        if parents.size:
            inner = matrix[np.ix_(parents, parents)]
            kept[parents, node] = np.linalg.lstsq(inner, matrix[parents, node], rcond=None)[0]
    return kept


def _is_acyclic(weights: Array) -> bool:
    left = weights != 0
    nodes = np.arange(len(weights))
    while nodes.size:
        roots = ~left[np.ix_(nodes, nodes)].any(axis=0)
        if not roots.any():
            return False
        nodes = nodes[~roots]
    return True
