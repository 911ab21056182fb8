"""Logarithms and ratios of modified Bessel functions over the whole range of orders, on arrays.

>>> import numpy as np
>>> log_i, log_k, _ = log_bessel_values(np.array([1000.0]), np.array([100.0]))
>>> round(float(log_i[0]), 6), round(float(log_k[0]), 6)
(-1997.610773, 1990.004895)
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["METHODS", "bessel_ratio", "log_bessel_values"]

Array = NDArray[np.float64]

METHODS = ("uniform", "scipy", "series", "hankel")
"""How a value was found: Debye's uniform expansion, SciPy's scaled functions, the series at 0, Hankel's expansion."""
SMALLEST_UNIFORM = 15.0
"""Orders from which the uniform expansion is used."""
_ZERO = 1e-300
"""Orders below this one count as 0: SciPy's functions are not numbers at denormal orders."""
_TERMS = 14
_CHUNK = 8192
"""Values at a time: what the polynomials touch stays in the cache."""
_LARGE = 1e5
"""Arguments from which Hankel's expansion serves the orders below `SMALLEST_UNIFORM`."""


@cache
def _debye() -> tuple[tuple[float, ...], ...]:
    """U_k(t) / t^k as polynomials in t^2, lowest power first, from the recurrence in DLMF 10.41.9."""
    current = {0: Fraction(1)}
    found = []
    for order in range(_TERMS):
        found.append(tuple(float(current.get(order + 2 * index, Fraction(0))) for index in range(order + 1)))
        following: dict[int, Fraction] = {}
        for power, value in current.items():
            # t^2 (1 - t^2) U' / 2, and (1/8) times the integral of (1 - 5 u^2) U.
            for at, share in (
                (power + 1, Fraction(power, 2) + Fraction(1, 8 * (power + 1))),
                (power + 3, -Fraction(power, 2) - Fraction(5, 8 * (power + 3))),
            ):
                following[at] = following.get(at, Fraction(0)) + share * value
        current = following
    return tuple(found)


def _horner(coefficients: tuple[float, ...], square: Array) -> Array:
    total = np.full_like(square, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total *= square
        total += coefficient
    return total


def log_bessel_values(order: Array, argument: Array) -> tuple[Array, Array, NDArray[np.int64]]:
    """Log I_v(x) and log K_v(x).

    Args:
        order: v >= 0, any shape.
        argument: x > 0, the same shape.

    Returns:
        log I, log K, and for each value the index of its method in `METHODS`.
    """
    shape = order.shape
    v, x = (np.asarray(values, dtype=np.float64).ravel() for values in (order, argument))
    v = np.where(v < _ZERO, 0.0, v)
    log_i, log_k = np.empty_like(v), np.empty_like(v)
    method = np.zeros(len(v), dtype=np.int64)
    for start in range(0, len(v), _CHUNK):
        part = slice(start, start + _CHUNK)
        large = v[part] >= SMALLEST_UNIFORM
        if large.all():
            log_i[part], log_k[part] = _uniform(v[part], x[part])
            continue
        at = np.arange(start, start + len(large))
        if large.any():
            log_i[at[large]], log_k[at[large]] = _uniform(v[at[large]], x[at[large]])
        small = at[~large]
        log_i[small], log_k[small], method[small] = _small_orders(v[small], x[small])
    return log_i.reshape(shape), log_k.reshape(shape), method.reshape(shape)


def _uniform(v: Array, x: Array) -> tuple[Array, Array]:
    """Debye's expansion, DLMF 10.41.3 and 10.41.4."""
    z = x / v
    s = np.hypot(1.0, z)
    # eta = s + log(z / (1 + s)), written so that a small or large z loses nothing.
    exponent = v * (s - np.arcsinh(1.0 / z))
    quarter = 0.5 * np.log(s)
    even, odd = _debye_sums(v, s)
    log_i = exponent - 0.5 * np.log(2 * np.pi * v) - quarter + np.log1p(even + odd)
    log_k = 0.5 * np.log(np.pi / (2 * v)) - exponent - quarter + np.log1p(even - odd)
    return log_i, log_k


def _debye_sums(v: Array, s: Array) -> tuple[Array, Array]:
    """Sums of U_k(1/s) / v^k over even k >= 2 and over odd k."""
    square = 1.0 / (s * s)
    step = 1.0 / (s * v)
    even, odd = np.zeros_like(v), np.zeros_like(v)
    for k in range(_TERMS - 1, 0, -1):
        term = _horner(_debye()[k], square) * step**k
        if k % 2:
            odd += term
        else:
            even += term
    return even, odd


def _small_orders(v: Array, x: Array) -> tuple[Array, Array, NDArray[np.int64]]:
    from scipy.special import ive, kve

    with np.errstate(all="ignore"):
        scaled_i, scaled_k = ive(v, x), kve(v, x)
        log_i, log_k = np.log(scaled_i) + x, np.log(scaled_k) - x
    method = np.full(len(v), METHODS.index("scipy"), dtype=np.int64)
    large = x >= _LARGE
    if large.any():
        log_i[large], log_k[large] = _hankel(v[large], x[large])
        method[large] = METHODS.index("hankel")
    small = x < np.minimum(1e-3, np.sqrt(v + 1) * 1e-3)
    if small.any():
        log_i[small], log_k[small] = _series(v[small], x[small], log_k[small])
        method[small] = METHODS.index("series")
    return log_i, log_k, method


def _hankel(v: Array, x: Array) -> tuple[Array, Array]:
    """DLMF 10.40.1 and 10.40.2; at x >= 1e5 and v < 15 four terms are more than enough."""
    mu = 4 * v * v
    sum_i, sum_k, term = np.zeros_like(x), np.zeros_like(x), np.ones_like(x)
    for k in range(1, 6):
        term = term * (mu - (2 * k - 1) ** 2) / (8 * k) / x
        sum_i += term if k % 2 == 0 else -term
        sum_k += term
    log_i = x - 0.5 * np.log(2 * np.pi * x) + np.log1p(sum_i)
    log_k = -x + 0.5 * np.log(np.pi / (2 * x)) + np.log1p(sum_k)
    return log_i, log_k


def _series(v: Array, x: Array, log_k: Array) -> tuple[Array, Array]:
    """The series at 0 with two corrections; K only where SciPy's value is infinite, which needs v > 1."""
    from scipy.special import gammaln

    with np.errstate(under="ignore"):
        quarter = 0.25 * x * x
    log_half = np.log(0.5) + np.log(x)
    log_i = v * log_half - gammaln(v + 1) + np.log1p(quarter / (v + 1) * (1 + quarter / (2 * (v + 2))))
    infinite = ~np.isfinite(log_k)
    if infinite.any():
        order = v[infinite]
        # K ~ Gamma(v) / 2 (2/x)^v (1 - q / (v - 1) (1 - ...)); v > 1 wherever K overflows at a positive double.
        correction = -quarter[infinite] / np.maximum(order - 1, 1e-3)
        log_k = log_k.copy()
        log_k[infinite] = gammaln(order) - np.log(2.0) - order * log_half[infinite] + np.log1p(correction)
    return log_i, log_k


def bessel_ratio(order: float, argument: float) -> float:
    """I_{v+1}(x) / I_v(x), without a difference of logarithms.

    For v >= 15 from the uniform expansions of I_v and its derivative (DLMF 10.41.3 and 10.41.5): with z = x / v and
    s = sqrt(1 + z^2) = 1 / t the ratio is z / (1 + s) - (z / s) N / D, where D is the sum of U_k(t) v^-k over k >= 0
    and N that of (t U_{k-1}(t) / 2 + t^2 U'_{k-1}(t)) v^-k over k >= 1.

    Args:
        order: v >= 0.
        argument: x >= 0.

    Returns:
        The ratio, from 0 to 1.
    """
    v, x = (float(order) if order >= _ZERO else 0.0), float(argument)
    if x == 0.0:
        return 0.0
    if v < SMALLEST_UNIFORM:
        return _small_ratio(v, x)
    z = x / v
    s = float(np.hypot(1.0, z))
    t = 1.0 / s
    total = below = 0.0
    for k, coefficients in enumerate(_debye()):
        value = sum(c * t ** (k + 2 * i) for i, c in enumerate(coefficients))
        total += value / v**k
        slope = sum(c * (k + 2 * i) * t ** (k + 2 * i - 1) for i, c in enumerate(coefficients) if k + i)
        below += (0.5 * t * value + t * t * slope) / v ** (k + 1)
    return z / (1 + s) - (z / s) * below / total


def _small_ratio(v: float, x: float) -> float:
    from scipy.special import ive

    if x >= _LARGE:
        upper, lower = (_hankel(np.array([one]), np.array([x]))[0][0] for one in (v + 1, v))
        return float(np.exp(upper - lower)) if x < 1e9 else 1.0 - (2 * v + 1) / (2 * x)
    below = float(ive(v, x))
    if x < 1e-3 or below == 0.0:
        quarter = 0.25 * x * x
        return x / (2 * (v + 1)) * (1 + quarter / (v + 2)) / (1 + quarter / (v + 1))
    return float(ive(v + 1, x)) / below
