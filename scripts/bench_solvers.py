"""Numeric solvers beside other libraries in the same run, with the targets and whether they are met.

    python scripts/bench_solvers.py                     # a minute or two
    python scripts/bench_solvers.py --only schedules --long   # proves ft10 and la16 too: minutes

Times are CPU seconds of this process; ratios are of times taken in one run.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from bench_solvers_more import SECTIONS as MORE
from bench_solvers_more import target, timed
from numpy.typing import NDArray

Array = NDArray[np.float64]


def marginal_error(plan: Array, weights: Array) -> float:
    return float(np.abs(plan.sum(1) - weights).sum() + np.abs(plan.sum(0) - weights).sum())


def transport(long: bool) -> None:
    """Entropic transport, n = 500, beside POT."""
    import ot

    from reasoning.solvers.entropic_ot import entropic_ot

    n = 500
    weights = np.full(n, 1 / n)
    random = np.random.default_rng(0)
    noise = random.random((n, n))
    left, right = random.random((n, 2)), random.random((n, 2))
    points = ((left[:, None] - right[None]) ** 2).sum(-1)
    cases = [
        ("(i) random, 1e-2", noise, 1e-2),
        ("(ii) random, 1/1200", noise, 1 / 1200),
        ("(iii) points, 1e-2", points, 1e-2),
        ("(iv) points, 2e-3", points, 2e-3),
        ("(iv) points, 1e-3", points, 1e-3),
    ]
    entropic_ot(noise[:9, :9], np.full(9, 1 / 9), np.full(9, 1 / 9), 0.01)  # imports
    for name, cost, reg in cases:
        hard = name.startswith("(ii)")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            plan, peer = timed(lambda: ot.sinkhorn(weights, weights, cost, reg, numItermax=30000, stopThr=1e-9))  # noqa: B023
        error = marginal_error(plan, weights)
        equal = min(1e-9, max(error, 1e-13)) if hard else max(error, 1e-13)
        ours, took = timed(lambda: entropic_ot(cost, weights, weights, reg, tolerance=equal))  # noqa: B023
        c = ours.certificate
        print(
            f"  {name}: POT {peer:.3f} s, error {error:.1e}; ours {took:.3f} s, error {c.marginal_error:.1e} "
            f"({c.sweeps} sweeps, {c.newton_steps} Newton steps, {c.cg_steps} CG steps, keep {c.keep:g}); "
            f"POT / ours {peer / took:.1f}"
        )
        if hard:
            target("error at most 1e-9", c.marginal_error <= 1e-9)
            target("below 4 s", took < 4)
            target("POT at least 20 times slower", peer >= 20 * took)
        else:
            target("converged, at most twice POT's time at its error", ours.status == "converged" and took <= 2 * peer)


def bessel(long: bool) -> None:
    """Logarithms of I and K beside SciPy and mpmath."""
    import mpmath
    from scipy.special import ive, kve

    from reasoning.solvers.bessel_core import log_bessel_values

    worst = {"I": 0.0, "K": 0.0}
    for v in (0, 0.5, 3.7, 14.9, 15, 50, 100, 300, 1000):
        for x in (1e-3, 0.1, 1, 10, 100, 1000):
            values = log_bessel_values(np.array([float(v)]), np.array([float(x)]))
            for kind, got in zip(("I", "K"), values, strict=False):
                with mpmath.workdps(40):
                    function = mpmath.besseli if kind == "I" else mpmath.besselk
                    want = mpmath.log(function(mpmath.mpf(v), mpmath.mpf(x)))
                    miss = float(abs(mpmath.mpf(float(got[0])) - want) / max(1, abs(want)))
                worst[kind] = max(worst[kind], miss)
    print(f"  largest error against mpmath at 40 digits, 54 points: I {worst['I']:.1e}, K {worst['K']:.1e}")
    target("error at most 4e-15 of max(1, |log|)", max(worst.values()) <= 4e-15)
    random = np.random.default_rng(0)
    v, x = 10 ** random.uniform(0, 7, 10**6), 10 ** random.uniform(-3, 6, 10**6)
    (log_i, log_k, _), took = timed(lambda: log_bessel_values(v, x))
    with np.errstate(all="ignore"):
        (peer_i, peer_k), peer = timed(lambda: (np.log(ive(v, x)) + x, np.log(kve(v, x)) - x))
    lost = 1 - np.mean(np.isfinite(peer_i) & np.isfinite(peer_k))
    print(f"  10^6 points, v to 1e7, both kinds: {took:.2f} s; SciPy {peer:.2f} s, of which {lost:.0%} are not finite")
    target("always finite", bool(np.isfinite(log_i).all() and np.isfinite(log_k).all()))
    target("at most 5 s for 10^6 values", took <= 5)


def krylov(long: bool) -> None:
    """Recycled subspaces beside GMRES for each system alone: products with the matrices."""
    from scipy.sparse import csr_array, diags_array, eye_array, kron
    from scipy.sparse.linalg import LinearOperator, gmres

    from reasoning.solvers.linear_sequence import linear_sequence

    n, count = 24, 20
    second = diags_array([-np.ones(n - 1), 2 * np.ones(n), -np.ones(n - 1)], offsets=[-1, 0, 1])
    first, one = diags_array([-np.ones(n - 1), np.ones(n)], offsets=[-1, 0]), eye_array(n)
    parameters = np.random.default_rng(0).uniform(0, 1, (count, 2))
    matrices = [
        csr_array(kron(second, one) + kron(one, second) + (5 + w) / n * kron(one, first) + 0.02 * c * eye_array(n * n))
        for w, c in parameters
    ]
    sides = np.ones((count, n * n))
    products = 0

    def counted(matrix: Any) -> LinearOperator:
        def multiply(vector: Array) -> Array:
            nonlocal products
            products += 1
            image: Array = matrix @ vector
            return image

        return LinearOperator(matrix.shape, matvec=multiply, dtype=float)

    _, peer = timed(
        lambda: [gmres(counted(a), b, rtol=1e-8, restart=30, maxiter=500) for a, b in zip(matrices, sides, strict=True)]
    )
    ours, took = timed(lambda: linear_sequence(matrices, sides, parameters))
    mine = ours.certificate.total_work
    print(
        f"  {count} convection-diffusion systems of {n * n}: GMRES(30) alone {products} products, {peer:.2f} s; "
        f"recycled {mine} products, {took:.2f} s, largest residual {ours.certificate.residuals.max():.1e}"
    )
    target("converged with fewer products", ours.status == "converged" and mine < products)


def relaxation(long: bool) -> None:
    """The bandit's regret against the best fixed omega in hindsight, as a plot in text."""
    from reasoning.solvers.sor_sequence import sor_sequence

    n, count = 12, 1000 if long else 400
    random = np.random.default_rng(0)
    matrix = 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)
    sides, shifts = random.normal(size=(count, n)), random.uniform(0, 0.1, count)
    grid = np.linspace(1.0, 1.9, 10)

    def sweeps(**options: Any) -> NDArray[np.int64]:
        result = sor_sequence([matrix], sides, shifts=shifts, max_sweeps=300, seconds=60.0, **options)
        counts: NDArray[np.int64] = result.solution.work
        return counts

    fixed = {round(float(omega), 2): sweeps(policy="fixed", omegas=[omega]) for omega in grid}
    best = min(fixed, key=lambda omega: int(fixed[omega].sum()))
    print(f"  best fixed omega {best}: {fixed[best].sum()} sweeps; omega 1: {fixed[1.0].sum()}")
    for policy in ("bandit", "context"):
        used = sweeps(policy=policy, omegas=grid)
        regret = np.cumsum(used - fixed[best])
        print(f"  {policy}: {used.sum()} sweeps; regret for each system, over ten stretches of the sequence:")
        for part in np.array_split(np.arange(count), 10):
            mean = float((used - fixed[best])[part].mean())
            print(f"    {part[-1] + 1:5d}  regret {regret[part[-1]]:7d}  {mean:6.1f} " + "#" * max(0, round(mean)))
        target(
            "regret for a system falls (last tenth below half the first tenth)",
            bool((used - fixed[best])[-count // 10 :].mean() < 0.5 * (used - fixed[best])[: count // 10].mean()),
        )


def completion(long: bool) -> None:
    """500 x 500 of rank 5, a fifth known."""
    from reasoning.solvers.arguments import Sparse
    from reasoning.solvers.complete_matrix import complete_matrix

    random = np.random.default_rng(0)
    truth = random.normal(size=(500, 5)) @ random.normal(size=(5, 500))
    rows, columns = np.nonzero(random.random((500, 500)) < 0.2)
    values = truth[rows, columns]
    wrong = values + (random.random(len(values)) < 0.1) * random.normal(scale=30, size=len(values))
    for name, known, robust, goal in (("noise-free", values, False, 1e-6), ("10% outliers", wrong, True, 1e-3)):
        entries = Sparse((500, 500), rows, columns, known)
        result, took = timed(lambda: complete_matrix(entries, 5, robust=robust))  # noqa: B023
        error = np.linalg.norm(result.solution.left @ result.solution.right.T - truth) / np.linalg.norm(truth)
        print(f"  {name}: relative error {error:.1e}, {took:.2f} s, {result.iterations} sweeps")
        target(f"relative error below {goal:g}", bool(error < goal))


def schedules(long: bool) -> None:
    """Job shops of the literature, proved optimal."""
    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
    from shops import OPTIMA, read_shop

    from reasoning.solvers.job_shop import job_shop

    for name in ("ft06", "la01", "la16", "ft10") if long else ("ft06", "la01"):
        jobs = read_shop(name)
        rules, quick = timed(lambda: job_shop(jobs, method="rules"))  # noqa: B023
        result, took = timed(lambda: job_shop(jobs, seconds=300.0))  # noqa: B023
        print(
            f"  {name}: {result.solution.objective}, bound {result.certificate.lower_bound}, {took:.2f} s; "
            f"rules and local search {rules.solution.objective}, {quick:.2f} s"
        )
        target(f"{OPTIMA[name]} proved", result.solution.objective == result.certificate.lower_bound == OPTIMA[name])


SECTIONS: dict[str, Callable[[bool], None]] = {
    "transport": transport,
    "bessel": bessel,
    "krylov": krylov,
    "relaxation": relaxation,
    "completion": completion,
    "schedules": schedules,
    **MORE,
}


def main() -> None:
    """Run the sections asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=sorted(SECTIONS), action="append", help="a section; may be repeated")
    parser.add_argument("--long", action="store_true", help="the long cases too")
    arguments = parser.parse_args()
    for name in arguments.only or SECTIONS:
        print(f"{name}: {(SECTIONS[name].__doc__ or '').strip()}", flush=True)
        SECTIONS[name](arguments.long)


if __name__ == "__main__":
    main()
