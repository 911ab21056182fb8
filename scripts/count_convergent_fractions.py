"""How many fractions of the unsupervised paper's space converge, by the rules that may lie behind its 1,543,926.

    .venv/bin/python scripts/count_convergent_fractions.py          # half a minute of one core

The space holds all quadratic a and b with coefficients in [-5, 5], neither of them 0: 1,768,900 fractions. The program
that the authors published drops a fraction where some b(m) is 0, where a(n)^2 + 4 b(n) is negative at n = 10^9, and
where the last of 2000 convergents is 1000 or more in size. Each line below adds one rule to these three, and says what
it removes, what is left, and by how much that exceeds the paper's count. At the end stand, with and without the rule
that gives the paper's count, the slow fractions whose denominators lose their factorial growth to common divisors, and
those that a negative a(n)^2 + 4 b(n) drops.

Source: "Unsupervised Discovery of Formulas for Mathematical Constants" (arXiv 2412.16818).
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from flint import fmpz_poly

from reasoning.discovery.box_values import classes_of
from reasoning.discovery.boxes import Box
from reasoning.discovery.dynamics import log_of
from reasoning.discovery.exact import Blocks
from verifiers.constants.convergence import Kind
from verifiers.constants.tails import NoLimitError, accelerate

PAPER: Final = 1_543_926
LARGEST: Final = 1_000.0
DEPTHS: Final = (499, 500, 999, 1000, 1998, 1999)
FAST_DEPTH: Final = 200
"""At which everything geometric or faster of the space has settled: its slowest ratio is 2/3."""
DENOMINATOR: Final = 100_000
"""Up to which a rational value is recognised."""
EXACT_DIGITS: Final = 20
FIT: Final = (6, 125, 250, 500, 1000)
"""Where the published program fits the growth of the denominators by c n + d n ln n."""
FLAT: Final = 0.05
SLOW: Final = (Kind.DOUBLE_ROOT, Kind.ROOT_EXPONENTIAL, Kind.POWER)

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Coefficients = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Convergents:
    """Of each fraction its last convergent, and the distance of those at two depths (NaN where it was not asked)."""

    last: Array
    at: dict[int, Array]

    def apart(self, first: int, second: int) -> Array:
        """|x_first - x_second|; 0 for fractions that settle early."""
        return np.abs(self.at[first] - self.at[second])


def convergents(a: Coefficients, b: Coefficients, slow: Flags) -> Convergents:
    """Convergents in float64, of slow fractions at all depths; a division by 0 gives an infinite one."""
    last = np.zeros(len(a))
    at = {depth: np.zeros(len(a)) for depth in DEPTHS}
    for rows, depths in ((np.flatnonzero(~slow), (FAST_DEPTH,)), (np.flatnonzero(slow), DEPTHS)):
        for depth, values in forward(a[rows].astype(np.float64), b[rows].astype(np.float64), depths):
            last[rows] = values
            if depth in at:
                at[depth][rows] = values
    return Convergents(last, at)


def forward(a: Array, b: Array, depths: tuple[int, ...]) -> Iterable[tuple[int, Array]]:
    """The convergents at ascending depths, by the recurrence."""
    p, before_p = a[:, 0].copy(), np.ones(len(a))
    q, before_q = np.ones(len(a)), np.zeros(len(a))
    for n in range(1, depths[-1] + 1):
        term, numerator = value_at(a, n), value_at(b, n)
        p, before_p = term * p + numerator * before_p, p
        q, before_q = term * q + numerator * before_q, q
        if n % 8 == 0:
            size = np.abs(p) + np.abs(q) + np.abs(before_p) + np.abs(before_q)
            scale = np.ldexp(1.0, -np.frexp(size)[1])
            p, q, before_p, before_q = p * scale, q * scale, before_p * scale, before_q * scale
        if n in depths:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                yield n, p / q


def value_at(coefficients: npt.NDArray[Any], n: int) -> npt.NDArray[Any]:
    value: npt.NDArray[Any] = coefficients[:, -1].copy()
    for power in range(coefficients.shape[1] - 2, -1, -1):
        value = value * n + coefficients[:, power]
    return value


def has_real_roots(a: Coefficients, b: Coefficients) -> Flags:
    """Whether a(n)^2 + 4 b(n) is not negative at n = 10^9: there, the first coefficient that is not 0 decides."""
    degree = max(2 * (a.shape[1] - 1), b.shape[1] - 1)
    total = np.zeros((len(a), degree + 1), dtype=np.int64)
    for i in range(a.shape[1]):
        total[:, i : i + a.shape[1]] += a[:, i : i + 1] * a
    total[:, : b.shape[1]] += 4 * b
    sign = np.zeros(len(a), dtype=np.int64)
    for power in range(degree, -1, -1):
        sign = np.where(sign == 0, np.sign(total[:, power]), sign)
    found: Flags = sign >= 0
    return found


def zero_denominators(a: Coefficients, b: Coefficients, first: int, last: int = 8) -> Flags:
    """Whether q_n is 0 for some n from `first` to `last`: exact, since such small terms fit in 64 bits."""
    q, before = np.ones(len(a), dtype=np.int64), np.zeros(len(a), dtype=np.int64)
    found = np.zeros(len(a), dtype=bool)
    for n in range(1, last + 1):
        terms, numerators = (value_at(side, n).astype(np.int64) for side in (a, b))
        q, before = terms * q + numerators * before, q
        if n >= first:
            found |= q == 0
    return found


def rational(a: Coefficients, b: Coefficients, values: Array, slow: Flags) -> Flags:
    """Whether the value is a rational number with a small denominator: a guess from float64, checked exactly."""
    found = np.zeros(len(a), dtype=bool)
    guess, near = nearest_rational(values)
    fast = np.flatnonzero(near & ~slow)
    blocks = Blocks.of(a[fast], b[fast], (FAST_DEPTH,))
    for place, index in enumerate(fast.tolist()):
        p, q, _, _ = next(iter(blocks.convergents(place)))
        found[index] = is_near(p, q, int(guess[index]))
    for index in np.flatnonzero(slow).tolist():
        found[index] = slow_is_rational(a[index].tolist(), b[index].tolist())
    return found


def nearest_rational(values: Array) -> tuple[Coefficients, Flags]:
    """Of each value the first denominator of its regular continued fraction that meets it within rounding."""
    rest, before, denominator = np.abs(values), np.zeros(len(values)), np.ones(len(values))
    going = np.isfinite(values) & (rest < LARGEST)
    whole = np.floor(np.where(going, rest, 0.0))
    rest = np.where(going, rest - whole, 0.0)
    found = np.zeros(len(values), dtype=bool)
    for _ in range(30):
        scaled = values * denominator
        with np.errstate(invalid="ignore"):
            near = np.abs(scaled - np.rint(scaled)) <= 1e-13 * np.maximum(denominator, np.abs(scaled))
        found |= going & near
        going &= ~near & (rest > 0) & (denominator <= DENOMINATOR)
        inverse = 1 / np.where(going, rest, 1.0)
        whole = np.floor(inverse)
        rest = np.where(going, inverse - whole, rest)
        following = whole * denominator + before
        before, denominator = np.where(going, denominator, before), np.where(going, following, denominator)
    return denominator.astype(np.int64), found & (denominator <= DENOMINATOR)


def is_near(p: Any, q: Any, denominator: int) -> bool:
    """Whether p/q is a fraction with this denominator, to twenty digits."""
    numerator, whole = int(p) * denominator, abs(int(q))
    rest = numerator % whole
    return bool(min(rest, whole - rest) * 10**EXACT_DIGITS < whole)


def slow_is_rational(a: list[int], b: list[int]) -> bool:
    try:
        tail = accelerate(fmpz_poly(a), fmpz_poly(b), EXACT_DIGITS + 10)
    except (NoLimitError, ZeroDivisionError):
        return False
    if tail.agreed < EXACT_DIGITS + 5:
        return False
    middle = tail.value.mid()
    guess, near = nearest_rational(np.array([float(middle)]))
    mantissa, exponent = map(int, middle.man_exp())
    p, q = mantissa << max(exponent, 0), 1 << max(-exponent, 0)
    return bool(near[0]) and is_near(p, q, int(guess[0]))


def growth(a: Coefficients, b: Coefficients) -> Array:
    """The coefficient of n ln n in the growth of the reduced denominators."""
    n = np.array(FIT, dtype=np.float64)
    fit = np.linalg.pinv(np.stack([n, n * np.log(n)], axis=1))[1]
    blocks = Blocks.of(a, b, FIT)
    found = np.full(len(a), np.nan)
    for index in range(len(a)):
        logs = [log_of(q) - log_of(p.gcd(q)) if q else np.nan for p, q, _, _ in blocks.convergents(index)]
        found[index] = fit @ np.array(logs)
    return found


def count(box: Box) -> tuple[int, Counter[str], Counter[str]]:
    """Fractions left by the published rules; what each further rule removes of them; and how many of some settle."""
    left = 0
    removed: Counter[str] = Counter()
    settling: Counter[str] = Counter()
    for number in range(box.chunks):
        a, b = box.chunk(number)
        kinds, ends = classes_of(a, b)
        real = has_real_roots(a, b)
        turning = np.flatnonzero(~ends & ~real)
        at = dict(forward(a[turning].astype(np.float64), b[turning].astype(np.float64), (999, 1000)))
        settling["turning"] += 2 * len(turning)
        settling["turning, settled"] += 2 * int((np.abs(at[999] - at[1000]) <= 1e-10).sum())
        kept = np.flatnonzero(~ends & real)
        a, b, kinds = a[kept], b[kept], kinds[kept]
        slow = np.isin(kinds, [kind.value for kind in SLOW])
        found = convergents(a, b, slow)
        small = np.abs(found.last) < LARGEST
        a, b, kinds, slow = a[small], b[small], kinds[small], slow[small]
        found = Convergents(found.last[small], {depth: values[small] for depth, values in found.at.items()})
        # The box lists fractions up to sign, and no rule depends on it.
        left += 2 * len(a)
        for name, flags in rules(a, b, kinds, slow, found).items():
            removed[name] += 2 * int(flags.sum())
        steep = np.flatnonzero(np.isin(kinds, [Kind.ROOT_EXPONENTIAL.value, Kind.POWER.value]))
        flat = np.abs(growth(a[steep], b[steep])) < FLAT
        settled = found.apart(999, 1000)[steep] <= 1e-10
        settling["cancelling"] += 2 * int(flat.sum())
        settling["cancelling, settled"] += 2 * int((flat & settled).sum())
    return left, removed, settling


def rules(
    a: Coefficients, b: Coefficients, kinds: npt.NDArray[np.str_], slow: Flags, found: Convergents
) -> dict[str, Flags]:
    """What each rule would remove."""
    double = kinds == Kind.DOUBLE_ROOT
    unlimited = double & (found.apart(999, 1999) > 0.01)
    whole = rational(a, b, found.last, slow)
    apart = found.apart(999, 1000)
    return {
        "a double root without a limit": unlimited,
        "a rational value": whole,
        "a rational value, or no limit": whole | unlimited,
        "the value 0": np.abs(found.last) < 1e-12,
        "any double root": double,
        "deg b > 2 deg a": slow & ~double,
        "not geometric or faster": slow,
        "q_n = 0 for an n from 2 to 8": zero_denominators(a, b, 2),
        "q_n = 0 for an n from 3 to 8": zero_denominators(a, b, 3),
        "a value of 200 or more": np.abs(found.last) >= 200,
        "a value of 100 or more": np.abs(found.last) >= 100,
        "|x_999 - x_1999| > 10^-10": found.apart(999, 1999) > 1e-10,
        "|x_499 - x_500| > 10^-10": found.apart(499, 500) > 1e-10,
        "|x_1998 - x_1999| > 10^-10": found.apart(1998, 1999) > 1e-10,
        "|x_999 - x_1000| > 10^-9": apart > 1e-9,
        "|x_999 - x_1000| > 10^-11": apart > 1e-11,
        "|x_999 - x_1000| > 10^-10": apart > 1e-10,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coefficients", type=int, default=5, help="largest size of a coefficient (default 5)")
    size = parser.parse_args().coefficients
    try:
        box = Box(2, size, 2, size)
    except ValueError as error:
        parser.error(str(error))
    left, removed, settling = count(box)
    print(f"{'rule':36}{'removes':>10}{'leaves':>12}{'above the paper':>17}")
    print(f"{'the three of the published program':36}{2 * box.fractions - left:>10,}{left:>12,}{left - PAPER:>17,}")
    for name, number in removed.items():
        print(f"{'+ ' + name:36}{number:>10,}{left - number:>12,}{left - number - PAPER:>17,}")
    for name, text in (
        ("cancelling", "deg b > 2 deg a, and common divisors cancel the factorial growth"),
        ("turning", "no end, and a(n)^2 + 4 b(n) < 0"),
    ):
        print(f"{text}: {settling[name]:,}; with |x_999 - x_1000| <= 10^-10: {settling[name + ', settled']:,}")


if __name__ == "__main__":
    main()
