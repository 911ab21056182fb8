r"""Speed of the search for constants' formulas, on one core, beside plain mpmath and plain Python integers.

    python scripts/bench_constants.py                # everything, about half a minute
    python scripts/bench_constants.py --fractions 500

prints one line a rate: items for each second of CPU time of this process, the target, and the same work done with
mpmath or with Python's integers in the same run (the ratio of the two means more than either on a busy machine). The
fractions are random quadratics a, b with coefficients in [-5, 5] that have a limit and no end.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
from flint import arb, ctx

from reasoning.discovery import floats
from reasoning.discovery.esma import Settings as EsmaSettings
from reasoning.discovery.esma import _Searcher
from reasoning.discovery.exact import Blocks, to_digits
from reasoning.discovery.floats import evaluate_many
from reasoning.discovery.moebius import MoebiusTable
from reasoning.discovery.relations import find_relation

DEPTH = 200
DIGITS = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--fractions", type=int, default=2_000, help="Fractions of the exact measurements.")
    parser.add_argument("--seed", type=int, default=0, help="Seed of the fractions.")
    options = parser.parse_args()
    a, b = fractions(max(100 * options.fractions, 20_000), options.seed)
    some_a, some_b = a[: options.fractions], b[: options.fractions]
    print(f"{'what':44} {'ours/s':>10} {'target':>8} {'plain/s':>9}  ratio  plain is")
    bench_values(a, b, options.fractions)
    reached = bench_digits(some_a, some_b)
    bench_relations()
    bench_esma()
    print(f"{sum(one is not None for one in reached)} of {len(reached)} random fractions reached {DIGITS} digits")


def bench_values(a: Any, b: Any, few_of: int) -> None:
    """Values of fractions: all of them as floats, the first `few_of` exactly."""
    some_a, some_b = a[:few_of], b[:few_of]
    few = list(zip(some_a[:200].tolist(), some_b[:200].tolist(), strict=True))
    table = MoebiusTable("pi", 20)
    line(
        "first stage: value, table of pi's images",
        300_000,
        lambda: first_stage(a, b, table),
        len(a),
        lambda: [backward_ints(*pair, 32) for pair in few],
        len(few),
        "Python integers, depth 32, no table",
    )
    line(
        f"float64 at depth {DEPTH}",
        50_000,
        lambda: float_values(a, b),
        len(a),
        lambda: [backward_mpmath(*pair, DEPTH) for pair in few],
        len(few),
        "mpmath at 15 digits",
    )
    line(
        f"exact convergents at depth {DEPTH}",
        2_500,
        lambda: exact(some_a, some_b),
        len(some_a),
        lambda: [forward_ints(*pair, DEPTH) for pair in few],
        len(few),
        "Python integers",
    )


def bench_digits(some_a: Any, some_b: Any) -> list[Any]:
    """Digits of each fraction by exact convergents; None for one that does not reach them."""
    few = list(zip(some_a[:200].tolist(), some_b[:200].tolist(), strict=True))
    reached = to_digits(some_a, some_b, DIGITS)
    line(
        f"{DIGITS} digits by convergents",
        1_000,
        lambda: to_digits(some_a, some_b, DIGITS),
        len(some_a),
        lambda: [digits_ints(*pair) for pair in few],
        len(few),
        "Python integers, doubling",
    )
    return reached


def bench_relations() -> None:
    """Identification of constants."""
    for hit in (True, False):
        pairs = relations(hit)
        line(
            f"identification at 50 digits, a {'hit' if hit else 'miss'}",
            500,
            lambda pairs=pairs: [find_relation(pair, 50) for pair in pairs],
            len(pairs),
            lambda pairs=pairs: [pslq(pair) for pair in pairs[:20]],
            20,
            "mpmath.pslq",
        )


def bench_esma() -> None:
    """Pairs of the expansions by ESMA's matches."""
    for constant in ("pi", "e"):
        searcher = _Searcher(EsmaSettings(constants=(constant,), degree=1, coefficients=2, period=2))
        pairs = sum(searcher.work(number)["counts"]["pairs"] for number in range(4))
        line(
            f"ESMA pairs of {constant}, with all tests",
            300,
            lambda searcher=searcher: [searcher.work(number) for number in range(4)],
            pairs,
            lambda constant=constant: [regular_terms(constant) for _ in range(3)],
            3,
            "mpmath: the terms alone",
        )


def fractions(count: int, seed: int) -> tuple[Any, Any]:
    generator = np.random.default_rng(seed)
    a, b = (generator.integers(-5, 6, size=(2 * count, 3)) for _ in range(2))
    a[:, 2] = np.where(a[:, 2] == 0, 1, a[:, 2])
    values, _ = evaluate_many(a, b)
    kept = np.flatnonzero(np.isfinite(values))[:count]
    return a[kept], b[kept]


def line(
    name: str, target: float, work: Callable[[], object], items: int, plain: Callable[[], object], plain_items: int,
    what: str,
) -> None:  # fmt: skip
    ours, theirs = items / seconds(work), plain_items / seconds(plain)
    missed = "" if ours >= target else "  MISSED"
    print(f"{name:44} {ours:10,.0f} {target:8,} {theirs:9,.0f} {ours / theirs:6.1f}  {what}{missed}")
    sys.stdout.flush()


def seconds(work: Callable[[], object]) -> float:
    """CPU time, the better of two runs."""
    times = []
    for _ in range(2):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return max(min(times), 1e-9)


def first_stage(a: Any, b: Any, table: MoebiusTable) -> int:
    values, trusted = evaluate_many(a, b)
    values[~trusted] = np.nan
    return len(table.matches(values))


def float_values(a: Any, b: Any) -> None:
    """Plain evaluation to the depth, without the tail's series that the first stage begins with."""
    upper, lower = a.astype(np.float64), b.astype(np.float64)
    with np.errstate(all="ignore"):
        for start in range(0, len(a), 20_000):
            part = slice(start, start + 20_000)
            zero = floats._Series(0.0, 1.0, [np.zeros(len(upper[part]))])
            floats._backward(upper[part], lower[part], zero, DEPTH)


def exact(a: Any, b: Any) -> None:
    blocks = Blocks.of(a, b, (DEPTH,))
    for index in range(len(a)):
        for _ in blocks.convergents(index):
            pass


def relations(hit: bool) -> list[list[arb]]:
    ctx.prec = 260
    pi = arb.pi()
    found = []
    for k in range(1, 101):
        value = (k * pi + 3) / (7 * pi - k) if hit else (arb(k) + arb(2).sqrt()).log() * arb.const_e()
        found.append([value * pi, value, pi, arb(1)])
    return found


def pslq(numbers: list[arb]) -> object:
    with mpmath.workdps(50):
        return mpmath.pslq([mpmath.mpf(x.mid().str(60, radius=False)) for x in numbers], maxcoeff=10**7, maxsteps=500)


def regular_terms(constant: str) -> list[int]:
    with mpmath.workdps(500):
        x = +getattr(mpmath, constant)
        terms = []
        for _ in range(100):
            terms.append(int(mpmath.floor(x)))
            x = 1 / (x - terms[-1])
        return terms


def at(coefficients: list[int], n: int) -> int:
    return (coefficients[2] * n + coefficients[1]) * n + coefficients[0]


def backward_ints(a: list[int], b: list[int], depth: int) -> tuple[int, int]:
    numerator, denominator = at(a, depth), 1
    for n in range(depth - 1, -1, -1):
        numerator, denominator = at(a, n) * numerator + at(b, n + 1) * denominator, numerator
    return numerator, denominator


def backward_mpmath(a: list[int], b: list[int], depth: int) -> object:
    with mpmath.workdps(15):
        tail = mpmath.mpf(0)
        for n in range(depth, 0, -1):
            below = at(a, n) + tail
            tail = at(b, n) / below if below else mpmath.mpf(0)
        return at(a, 0) + tail


def forward_ints(a: list[int], b: list[int], depth: int) -> tuple[int, int, int, int]:
    p, before_p, q, before_q = at(a, 0), 1, 1, 0
    for n in range(1, depth + 1):
        term, numerator = at(a, n), at(b, n)
        p, before_p = term * p + numerator * before_p, p
        q, before_q = term * q + numerator * before_q, q
    return p, before_p, q, before_q


def digits_ints(a: list[int], b: list[int]) -> bool:
    for depth in (32, 64, 128, 256, 512, 1024):
        p, before_p, q, before_q = forward_ints(a, b, depth)
        if abs(p * before_q - before_p * q) * 10**DIGITS < abs(q * before_q):
            return True
    return False


if __name__ == "__main__":
    main()
