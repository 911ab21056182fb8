"""More sections of `bench_solvers.py`: data, words, knots, plans under uncertainty, archives.

Peers that no extra of the package brings are asked where they are installed: `pip install ribs pysindy`.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

__all__ = ["SECTIONS", "target", "timed"]


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result and the CPU seconds."""
    started = time.process_time()
    result = work()
    return result, time.process_time() - started


def target(name: str, met: bool) -> None:
    """Say what was wanted and whether it came."""
    print(f"    {'met   ' if met else 'MISSED'}  {name}", flush=True)


def directions(long: bool) -> None:
    """Von Mises-Fisher fits beside SciPy, up to dimensions in which its Bessel functions end."""
    from scipy.stats import vonmises_fisher

    from reasoning.solvers.fit_vmf import fit_vmf

    random = np.random.default_rng(0)
    for p, kappa in ((3, 20.0), (64, 100.0), (512, 2000.0), (2048, 4000.0), (8192, 20000.0), (32768, 50000.0)):
        # Directions with about this concentration: a mean and noise whose norm is about 1 / sqrt(kappa / p).
        samples = np.eye(1, p) * np.sqrt(kappa / p) + random.normal(size=(400, p)) / np.sqrt(p)
        samples /= np.linalg.norm(samples, axis=1, keepdims=True)
        ours, took = timed(lambda: fit_vmf(samples))  # noqa: B023
        try:
            with np.errstate(all="ignore"):
                (_, theirs), peer = timed(lambda: vonmises_fisher.fit(samples))  # noqa: B023
            said = f"{theirs:.6g}, {peer:.3f} s"
        except (ValueError, RuntimeError) as error:
            theirs, said = np.nan, f"{type(error).__name__}: {str(error).splitlines()[0][:60]}"
        concentration, residual = ours.solution.concentration, ours.certificate.residual
        print(f"  p = {p}: kappa {concentration:.6g}, residual {residual:.0e}, {took:.3f} s; SciPy {said}")
        target("converged, residual at most 1e-12", ours.status == "converged" and residual <= 1e-12)
        if theirs > 1e-6:  # where its ratio of Bessel functions ends SciPy gives the lower end of its search, 1e-8
            target("SciPy's kappa to 1e-6", bool(abs(theirs / concentration - 1) < 1e-6))


def least_squares(long: bool) -> None:
    """Sketched least squares beside LAPACK, and rows drawn by Lewis weights beside rows drawn uniformly."""
    from reasoning.solvers.coreset_rows import coreset_rows
    from reasoning.solvers.sketched_lstsq import sketched_lstsq

    random = np.random.default_rng(0)
    for rows, columns in ((20_000, 50), (50_000, 200)) if not long else ((50_000, 200), (200_000, 200)):
        matrix = random.normal(size=(rows, columns)) * np.logspace(0, 4, columns)
        right = matrix @ random.normal(size=columns) + random.normal(size=rows)
        (best, *_), peer = timed(lambda: np.linalg.lstsq(matrix, right, rcond=None))  # noqa: B023
        least = np.linalg.norm(matrix @ best - right)
        for mode in ("refined", "sketch"):
            result, took = timed(lambda: sketched_lstsq(matrix, right, mode=mode))  # noqa: B023
            excess = np.linalg.norm(matrix @ result.solution.x - right) / least - 1
            print(
                f"  {rows} x {columns}, {mode}: {result.solution.sketch_rows} rows, {took:.2f} s, excess {excess:.1e}; "
                f"LAPACK {peer:.2f} s; LAPACK / ours {peer / took:.1f}"
            )
            if mode == "refined":
                target("full accuracy: excess of the residual below 1e-12", bool(excess < 1e-12))
    heavy = random.normal(size=(20_000, 8))
    heavy[:20] *= 1000
    for p in (1.0, 2.0, 3.0):
        chosen, took = timed(lambda: coreset_rows(heavy, 800, p=p))  # noqa: B023
        picked = random.integers(len(heavy), size=800)
        probes = random.normal(size=(8, 200))
        whole = (np.abs(heavy @ probes) ** p).sum(axis=0)
        ours = (chosen.solution.weights[:, None] * np.abs(heavy[chosen.solution.rows] @ probes) ** p).sum(axis=0)
        uniform = (np.abs(heavy[picked] @ probes) ** p).sum(axis=0) * len(heavy) / 800
        miss, plain = np.abs(ours / whole - 1).max(), np.abs(uniform / whole - 1).max()
        print(
            f"  800 of 20000 rows, p = {p:g}: largest error {miss:.3f} of 200 norms, uniform {plain:.3f}; {took:.2f} s"
        )
        target("below a quarter of the error of uniform rows", bool(miss < plain / 4))


def splines(long: bool) -> None:
    """Evaluations of adaptive splines beside uniform ones of the same error (SciPy's CubicSpline)."""
    from scipy.interpolate import CubicSpline

    from reasoning.solvers.adaptive_spline import adaptive_spline
    from reasoning.solvers.numeric_expressions import read_function

    cases = [
        ("sin(x)", 0.0, 10.0),
        ("1 / (1 + 25 x^2)", -1.0, 1.0),
        ("exp(-x^2 / 0.001)", -1.0, 1.0),
        ("sqrt(x^2 + 1/10000)", -1.0, 1.0),
    ]
    points = np.random.default_rng(0).random(20_000)
    for text, low, high in cases:
        parsed = read_function(text, "expression", ["x"])
        at = low + (high - low) * points
        want = parsed({"x": at})

        def worst(spline: Any) -> float:
            return float((np.abs(spline(at) - want) / (np.abs(want) + scale)).max())  # noqa: B023

        result, took = timed(lambda: adaptive_spline(text, low, high, tolerance=1e-6))  # noqa: B023
        scale = result.certificate.scale
        error = worst(CubicSpline(result.solution.knots, result.solution.values))
        uniform = 8
        while uniform < 1 << 16:
            knots = np.linspace(low, high, uniform)
            if worst(CubicSpline(knots, parsed({"x": knots}))) <= error:
                break
            uniform = uniform * 5 // 4
        used = result.certificate.evaluations
        print(f"  {text}: {used} evaluations, error {error:.1e}, {took:.2f} s; uniform knots for that: {uniform}")
        target("within three tolerances at 20000 random points", result.status == "converged" and error < 3e-6)


def matching(long: bool) -> None:
    """Hamming distances at all shifts beside a vectorised count."""
    from reasoning.solvers.pattern_hamming import pattern_hamming

    random = np.random.default_rng(0)
    for letters, n, m in ((4, 200_000, 20_000), (30, 200_000, 20_000), (20_000, 200_000, 20_000)):
        codes = random.integers(0x100, 0x100 + letters, n)
        wanted = codes[n // 3 : n // 3 + m].copy()
        wanted[::5000] = 0x100
        text, pattern = ("".join(map(chr, one)) for one in (codes, wanted))
        windows = np.lib.stride_tricks.sliding_window_view(codes, m)
        some = windows[: 2_000 if not long else 20_000]
        naive, peer = timed(lambda: np.array([(row != wanted).sum() for row in some]))  # noqa: B023
        peer *= len(windows) / len(some)
        exact, took = timed(lambda: pattern_hamming(text, pattern))  # noqa: B023
        bounded, leaps = timed(lambda: pattern_hamming(text, pattern, most=5))  # noqa: B023
        rough, guess = timed(lambda: pattern_hamming(text, pattern, error=0.5))  # noqa: B023
        print(
            f"  {n} letters of {letters}, pattern {m}: {took:.2f} s, at most 5 {leaps:.2f} s, error 0.5 {guess:.2f} s "
            f"({rough.certificate.relative_error:.2f}); counting {peer:.1f} s"
        )
        target("agrees with counting", bool((exact.solution.distances[: len(naive)] == naive).all()))
        same = np.minimum(exact.solution.distances, 6) == bounded.solution.distances
        target("the bounded distances agree", bool(same.all()))
        target("at least twice as fast as counting", peer >= 2 * took)


def graphs(long: bool) -> None:
    """Structural Hamming distance and score of learn_dag beside NOTEARS (Zheng et al. 2018), n = 1000."""
    from reasoning.solvers.learn_dag import dag_score, learn_dag

    cases = [(10, 1), (10, 2), (20, 2)] + ([(30, 4), (50, 2)] if long else [])
    for nodes, factor in cases:
        random = np.random.default_rng(nodes + factor)
        order = random.permutation(nodes)
        pairs = [(order[i], order[j]) for i in range(nodes) for j in range(i + 1, nodes)]
        weights = np.zeros((nodes, nodes))
        for index in random.choice(len(pairs), size=min(factor * nodes, len(pairs)), replace=False):
            weights[pairs[index]] = random.uniform(0.5, 2) * random.choice([-1, 1])
        data = random.normal(size=(1000, nodes)) @ np.linalg.inv(np.eye(nodes) - weights)
        covariance = np.cov(data.T, bias=True)
        ours, took = timed(lambda: learn_dag(data))  # noqa: B023
        found, peer = timed(lambda: notears(covariance, 0.1))  # noqa: B023
        shd = [int(((one != 0) != (weights != 0)).sum()) for one in (ours.solution.weights, found)]
        scores = [dag_score(covariance, one) for one in (ours.solution.weights, found)]
        print(
            f"  ER{factor}, {nodes} nodes: distance {shd[0]}, loss {scores[0]:.3f}, {took:.2f} s; NOTEARS distance "
            f"{shd[1]}, loss {scores[1]:.3f}, {peer:.2f} s"
        )
        target("acyclic, no worse a distance and loss than NOTEARS", bool(
            ours.certificate.acyclic and shd[0] <= shd[1] and scores[0] <= scores[1] + 1e-9
        ))  # fmt: skip


def notears(covariance: Array, penalty: float) -> Array:
    """Least squares + l1 with tr exp(W * W) = d, by an augmented Lagrangian, small weights dropped as in the paper."""
    from scipy.linalg import expm
    from scipy.optimize import minimize

    size = len(covariance)
    eye = np.eye(size)

    def value(both: Array, multiplier: float, weight: float) -> tuple[float, Array]:
        plus, minus = both.reshape(2, size, size)
        w = plus - minus
        exponential = expm(w * w)
        h = np.trace(exponential) - size
        rest = (eye - w).T @ covariance @ (eye - w)
        smooth = -covariance @ (eye - w) + (multiplier + weight * h) * exponential.T * 2 * w
        total = 0.5 * np.trace(rest) + multiplier * h + 0.5 * weight * h * h + penalty * both.sum()
        return total, np.concatenate([(smooth + penalty).ravel(), (penalty - smooth).ravel()])

    bounds = [(0, 0) if i == j else (0, None) for _ in range(2) for i in range(size) for j in range(size)]
    both, multiplier, weight, before = np.zeros(2 * size * size), 0.0, 1.0, np.inf
    for _ in range(100):
        while True:
            found = minimize(value, both, (multiplier, weight), method="L-BFGS-B", jac=True, bounds=bounds).x
            w = np.subtract(*found.reshape(2, size, size))
            h = np.trace(expm(w * w)) - size
            if h <= 0.25 * before or weight >= 1e16:
                break
            weight *= 10
        both, before, multiplier = found, h, multiplier + weight * h
        if h <= 1e-8 or weight >= 1e16:
            break
    return np.where(np.abs(w) > 0.3, w, 0.0)


def equations(long: bool) -> None:
    """The Lorenz system from a noisy trajectory beside thresholded least squares (SINDy; PySINDy's where installed)."""
    from scipy.integrate import solve_ivp

    from reasoning.solvers.discover_equation import discover_equation

    def field(_: float, state: Array) -> list[float]:
        x, y, z = state
        return [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]

    truth = {"x": {"x", "y"}, "y": {"x", "y", "x*z"}, "z": {"z", "x*y"}}
    times = np.linspace(0, 8, 4001)
    clean = solve_ivp(field, (0, 8), [-8, 7, 27], t_eval=times, rtol=1e-9, atol=1e-9).y
    random = np.random.default_rng(0)
    names = ["1", "x", "y", "z"] + [
        "*".join(p) for k in (2, 3) for p in itertools.combinations_with_replacement("xyz", k)
    ]
    for noise in (0.0, 0.01):
        observed = clean + noise * random.normal(size=clean.shape)
        data = dict(zip("xyz", observed, strict=True))
        columns = np.stack([np.prod([data[v] for v in name.split("*") if v != "1"] or [np.ones(len(times))], axis=0)
                            for name in names], axis=1)  # fmt: skip
        ours, took, theirs, peer = 0, 0.0, 0, 0.0
        for state in "xyz":
            result, spent = timed(lambda: discover_equation(data, times=times, state=state, noise=noise))  # noqa: B023
            took += spent
            ours += {canonical(term) for term in result.solution.terms} == truth[state]
            slope = np.gradient(data[state], times)
            found, spent = timed(lambda: thresholded(columns, slope, 0.1))  # noqa: B023
            peer += spent
            theirs += {name for name, value in zip(names, found, strict=True) if value} == truth[state]
        print(
            f"  noise {noise:g}: {ours} of 3 equations, {took:.2f} s; "
            f"thresholded least squares {theirs} of 3, {peer:.2f} s"
        )
        if find_spec("pysindy") is not None:
            import pysindy

            model = pysindy.SINDy(optimizer=pysindy.STLSQ(threshold=0.1), feature_library=pysindy.PolynomialLibrary(3))
            _, spent = timed(lambda: model.fit(observed.T, t=times))  # noqa: B023
            kept = [int(np.count_nonzero(row)) for row in model.coefficients()]
            print(f"    PySINDy: {kept} terms (2, 3, 2 are right), {spent:.2f} s")
        target("all three equations, exactly their terms", ours == 3)


def canonical(term: str) -> str:
    """A monomial with its factors in order."""
    factors = []
    for factor in term.replace(" ", "*").replace("**", "^").split("*"):
        name, _, power = factor.partition("^")
        factors += [name] * int(power or 1)
    return "*".join(sorted(factors))


def thresholded(columns: Array, wanted: Array, threshold: float) -> Array:
    """Sequentially thresholded least squares (Brunton, Proctor and Kutz 2016)."""
    active = np.ones(columns.shape[1], dtype=bool)
    found = np.zeros(columns.shape[1])
    for _ in range(20):
        found = np.zeros(columns.shape[1])
        if not active.any():
            break
        found[active] = np.linalg.lstsq(columns[:, active], wanted, rcond=None)[0]
        keep = np.abs(found) >= threshold
        if (keep == active).all():
            break
        active = keep
    return found


def uncertainty(long: bool) -> None:
    """Two-stage robust programs beside one linear program over all corners of the budget set."""
    from reasoning.solvers.robust_two_stage import robust_two_stage

    for size, budget in ((6, 2), (10, 3)) if not long else ((10, 3), (14, 4)):
        random = np.random.default_rng(size)
        cost, later = random.uniform(2, 4, size), random.uniform(5, 9, size)
        right, slope = random.uniform(1, 2, size), np.diag(random.uniform(2, 5, size))
        eye = np.eye(size)
        result, took = timed(
            lambda: robust_two_stage(cost, later, eye, eye, right, slope, budget=float(budget), seconds=60.0)  # noqa: B023
        )
        corners = [one for k in range(budget + 1) for one in itertools.combinations(range(size), k)]

        best, peer = timed(lambda: over_all(cost, later, right, slope, corners))  # noqa: B023
        value = result.solution.worst_value
        print(
            f"  {size} items, budget {budget}: {value:.4f} from {len(result.solution.scenarios)} scenarios, "
            f"{took:.2f} s; all {len(corners)} corners {best:.4f}, {peer:.2f} s"
        )
        target("the optimum over all corners, to the gap of 1e-4", abs(value - best) <= 1.01e-4 * max(1, best))


def over_all(cost: Array, later: Array, right: Array, slope: Array, corners: list[tuple[int, ...]]) -> float:
    """The least cost x + eta with eta >= later y_s and x + y_s >= right + slope xi_s for every corner s."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    size, count = len(cost), len(corners)
    eye, rows, sides = np.eye(size), [], []
    for number, corner in enumerate(corners):
        place = size + 1 + number * size
        row, block = np.zeros((1, size + 1 + count * size)), np.zeros((size, size + 1 + count * size))
        row[0, size], row[0, place : place + size] = -1, later
        block[:, :size] = block[:, place : place + size] = -eye
        rows += [row, block]
        sides += [np.zeros(1), -(right + slope[:, list(corner)].sum(axis=1))]
    goal = np.concatenate([cost, [1.0], np.zeros(count * size)])
    return float(linprog(goal, csr_array(np.vstack(rows)), np.concatenate(sides)).fun)


def sparse_transport(long: bool) -> None:
    """Plans with few nonzeros beside POT's solver of the same problem and the exact plan."""
    import ot

    from reasoning.solvers.sparse_ot import sparse_ot

    random = np.random.default_rng(0)
    n = 60
    weights = np.full(n, 1 / n)
    cost = ((random.random((n, 1, 2)) - random.random((1, n, 2))) ** 2).sum(-1)
    exact = float((ot.emd(weights, weights, cost) * cost).sum())
    for most in (2, 4):
        ours, took = timed(lambda: sparse_ot(cost, weights, weights, reg=0.5, most=most))  # noqa: B023
        options = {"reg": 0.5, "reg_type": "sparsity_constrained", "max_nz": most, "numItermax": 2000}
        plan, peer = timed(lambda: ot.smooth.smooth_ot_dual(weights, weights, cost, **options))  # noqa: B023
        nonzeros = int((plan > 1e-12).sum(axis=0).max())
        error = float(np.abs(plan.sum(1) - weights).sum() + np.abs(plan.sum(0) - weights).sum())
        c = ours.certificate
        print(
            f"  at most {most}: {c.column_nonzeros} nonzeros, cost {ours.solution.cost:.5f}, marginal error "
            f"{c.marginal_error:.1e}, gap {c.gap:.1e}, {took:.2f} s; POT {nonzeros} nonzeros, cost "
            f"{float((plan * cost).sum()):.5f}, marginal error {error:.1e}, {peer:.2f} s; exact plan {exact:.5f}"
        )
        target("no more nonzeros than asked for", c.column_nonzeros <= most)
        target("as small a marginal error as POT's", c.marginal_error <= max(1e-6, 1.01 * error))


def derivatives(long: bool) -> None:
    """Sensitivities beside closed forms and central differences."""
    from reasoning.solvers.solution_sensitivity import solution_sensitivity

    cases: list[tuple[str, dict[str, Any], list[list[float]]]] = [
        ("x^2 = a", {"solution": {"x": 2.0}, "parameters": {"a": 4.0}, "conditions": ["x^2 - a"]}, [[0.25]]),
        (
            "x = cos(a x)",
            {"solution": {"x": 0.7390851332151607}, "parameters": {"a": 1.0}, "conditions": ["cos(a x)"],
             "kind": "fixed_point"},
            [[-0.7390851332151607 * np.sin(0.7390851332151607) / (1 + np.sin(0.7390851332151607))]],
        ),
        (
            "least (x - a)^2 + (y - b)^2 with x + y = 1",
            {"solution": {"x": 1.0, "y": 0.0}, "parameters": {"a": 2.0, "b": 1.0},
             "objective": "(x - a)^2 + (y - b)^2", "equalities": ["x + y - 1"]},
            [[0.5, -0.5], [-0.5, 0.5]],
        ),
    ]  # fmt: skip
    for name, arguments, want in cases:
        result, took = timed(lambda: solution_sensitivity(**arguments))  # noqa: B023
        error = float(np.abs(result.solution.jacobian - np.array(want)).max())
        difference = result.certificate.difference
        print(f"  {name}: error {error:.1e}, central differences {difference:.1e}, {took:.2f} s")
        target("closed form to 1e-9, central differences to 1e-5", error < 1e-9 and difference < 1e-5)


def knots(long: bool) -> None:
    """Jones polynomials beside the sum over all 2^crossings states, and the time by the number of strands."""
    from reasoning.solvers.jones_polynomial import jones_polynomial

    for name, word in (("figure eight", [1, -2, 1, -2]), ("T(3, 5)", [1, 2] * 5), ("T(2, 13)", [1] * 13)):
        ours, took = timed(lambda: jones_polynomial(word))  # noqa: B023
        want, peer = timed(lambda: all_states(word))  # noqa: B023
        got = {float(exponent): value for exponent, value in ours.solution.terms}
        print(f"  {name}: {ours.solution.text[:60]}, {took:.3f} s; {2 ** len(word)} states {peer:.2f} s")
        target("agrees with the sum over states", got == want)
    for strands in (4, 6, 8, 10) if long else (4, 6, 8):
        word = list(range(1, strands)) * (strands + 1)
        ours, took = timed(lambda: jones_polynomial(word, seconds=60.0))  # noqa: B023
        print(f"  T({strands}, {strands + 1}), {len(word)} crossings: {took:.2f} s, {ours.status}")


def all_states(word: list[int]) -> dict[float, int]:
    """The Jones polynomial of a closed braid from the Kauffman bracket of every state."""
    bracket: dict[int, int] = {}
    for state in itertools.product((1, -1), repeat=len(word)):
        loops = loops_of(word, state) - 1
        # A^(sum of the choices) (-A^2 - A^-2)^loops
        for twos in range(loops + 1):
            power = sum(state) + 2 * loops - 4 * twos
            bracket[power] = bracket.get(power, 0) + (-1) ** loops * math.comb(loops, twos)
    writhe = sum(1 if letter > 0 else -1 for letter in word)
    return {-(power - 3 * writhe) / 4: (-1) ** writhe * value for power, value in bracket.items() if value}


def loops_of(word: list[int], state: tuple[int, ...]) -> int:
    """Closed curves when each crossing is smoothed as the state says; A is the identity at a positive generator."""
    strands = max(map(abs, word)) + 1
    parent = list(range(strands * (len(word) + 1)))

    def root(x: int) -> int:
        while parent[x] != x:
            x = parent[x]
        return x

    def join(x: int, y: int) -> None:
        parent[root(x)] = root(y)

    for level, (letter, chosen) in enumerate(zip(word, state, strict=True)):
        top, bottom, at = level * strands, (level + 1) * strands, abs(letter) - 1
        through = (chosen > 0) == (letter > 0)
        for strand in range(strands):
            if through or strand not in (at, at + 1):
                join(top + strand, bottom + strand)
        if not through:
            join(top + at, top + at + 1)
            join(bottom + at, bottom + at + 1)
    for strand in range(strands):
        join(strand, len(word) * strands + strand)
    return len({root(x) for x in range(len(parent))})


def archives(long: bool) -> None:
    """MAP-Elites on Rastrigin's function of 10 variables beside pyribs, where it is installed: equal evaluations."""
    from reasoning.solvers.map_elites import map_elites

    evaluations, bins, size = (20_000, 20, 10) if not long else (100_000, 40, 10)
    names = [f"x{i}" for i in range(size)]
    fitness = "0 - (" + " + ".join(f"{v}^2 - 10 cos(2 pi {v}) + 10" for v in names) + ")"
    bounds = dict.fromkeys(names, (-5.12, 5.12))
    ranges = [(-5.12, 5.12)] * 2
    result, took = timed(
        lambda: map_elites(fitness, ["x0", "x1"], bounds, ranges, bins=bins, evaluations=evaluations, step=0.05)
    )
    found = result.solution
    mean = float(found.fitness.mean())
    print(f"  coverage {found.coverage:.2f}, best {found.fitness.max():.3f}, mean {mean:.2f}, {took:.2f} s")
    if find_spec("ribs") is None:
        print("  pyribs is not installed: pip install ribs")
        return
    from ribs.archives import GridArchive
    from ribs.emitters import GaussianEmitter

    def run() -> Any:
        first = np.random.default_rng(0).uniform(-5.12, 5.12, (100, size))
        archive = GridArchive(solution_dim=size, dims=[bins, bins], ranges=ranges)
        emitter = GaussianEmitter(
            archive, sigma=0.5, initial_solutions=first, bounds=[(-5.12, 5.12)] * size, batch_size=100
        )
        for _ in range(evaluations // 100):
            points = emitter.ask()
            values = -(points**2 - 10 * np.cos(2 * np.pi * points) + 10).sum(axis=1)
            emitter.tell(points, values, points[:, :2], archive.add(points, values, points[:, :2]))
        return archive

    archive, peer = timed(run)
    theirs = float(archive.data("objective").mean())
    stats = archive.stats
    print(f"  pyribs: coverage {stats.coverage:.2f}, best {stats.obj_max:.3f}, mean {theirs:.2f}, {peer:.2f} s")
    target("coverage and mean fitness no worse than pyribs'", bool(
        found.coverage >= 0.99 * stats.coverage and mean >= theirs
    ))  # fmt: skip


def constants(long: bool) -> None:
    """Identification of constants beside mpmath's identify."""
    import mpmath

    from reasoning.solvers.identify_constant import identify_constant

    cases = [("(2+3*pi)/7", "pi"), ("log(2)/3+5*zeta(3)", "zeta(3)"), ("1/(4*zeta(3)-1)", "zeta(3)")]
    for text, needed in cases:
        with mpmath.workdps(45):
            number = mpmath.nstr(mpmath.mpf(eval(text, vars(mpmath))), 40)  # noqa: S307 - texts of this file
            theirs, peer = timed(lambda: mpmath.identify(number, ["pi", "log(2)", "zeta(3)"]))  # noqa: B023
        ours, took = timed(lambda: identify_constant(number, ["pi", "log(2)", "zeta(3)"]))  # noqa: B023
        form = ours.solution.forms[0].expression if ours.solution else None
        print(f"  {text}: {form}, {1000 * took:.0f} ms; mpmath.identify {theirs}, {1000 * peer:.0f} ms")
        target("found", form is not None and needed in form)


SECTIONS: dict[str, Callable[[bool], None]] = {
    "directions": directions,
    "least-squares": least_squares,
    "splines": splines,
    "matching": matching,
    "graphs": graphs,
    "equations": equations,
    "uncertainty": uncertainty,
    "sparse-transport": sparse_transport,
    "derivatives": derivatives,
    "knots": knots,
    "archives": archives,
    "constants": constants,
}
