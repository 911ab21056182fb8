import math
from fractions import Fraction

import mpmath
import pytest
from flint import arb, ctx, fmpz_poly
from hypothesis import given
from hypothesis import strategies as st

from verifiers.constants.closed_form import evaluate_to
from verifiers.constants.convergence import Kind, classify
from verifiers.constants.convergents import Convergents, enclose
from verifiers.constants.expressions import ExpressionError, parse
from verifiers.constants.judge import false_positive_bound, judge, read_claim
from verifiers.constants.polynomials import polynomial, positive_from, scaled_pair, whole_roots
from verifiers.constants.signed import SignedFraction, evaluate_signed, terms_of
from verifiers.constants.tails import accelerate
from verifiers.records import Status


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2+3*4**2", 50), ("-2**2", -4), ("2**-1", Fraction(1, 2)), ("2**3**2", 512), ("(1+2)(3+4)", 21), ("7/2/2", Fraction(7, 4)),
        ("2 - 3 - 4", -5), ("--3", 3), ("1.25*4", 5), ("2^3", 8), ("3*-2", -6), ("8/4*2", 4),
    ],
)  # fmt: skip
def test_arithmetic_binds_as_in_python(text, expected):
    ctx.prec = 100
    assert evaluate_to(parse(text), 20).contains(arb(expected.numerator) / expected.denominator)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("besseli(0,2)/besseli(1,2)", lambda: mpmath.besseli(0, 2) / mpmath.besseli(1, 2)),
        ("besselj(1/3,2)", lambda: mpmath.besselj(mpmath.mpf(1) / 3, 2)),
        ("besselk(2,1/2)", lambda: mpmath.besselk(2, 0.5)),
        ("polylog(3,1/4)", lambda: mpmath.polylog(3, 0.25)),
        ("e1(1)", lambda: mpmath.e1(1)),
        ("erfc(1/sqrt(2))+erf(2)", lambda: mpmath.erfc(1 / mpmath.sqrt(2)) + mpmath.erf(2)),
        ("gamma(1/4)**4/zeta(3)", lambda: mpmath.gamma(0.25) ** 4 / mpmath.zeta(3)),
        ("catalan+euler+phi+e+pi", lambda: mpmath.catalan + mpmath.euler + mpmath.phi + mpmath.e + mpmath.pi),
        ("atanh(1/2)-asin(1/3)+acos(1/3)*atan(2)", lambda: mpmath.atanh(0.5) - mpmath.asin(mpmath.mpf(1) / 3) + mpmath.acos(mpmath.mpf(1) / 3) * mpmath.atan(2)),
        ("sinh(1)+cosh(1)/tanh(1)+sin(1)*cos(1)+tan(1)", lambda: mpmath.sinh(1) + mpmath.cosh(1) / mpmath.tanh(1) + mpmath.sin(1) * mpmath.cos(1) + mpmath.tan(1)),
        ("2**(1/3)+5**pi-ln(3)", lambda: mpmath.mpf(2) ** (mpmath.mpf(1) / 3) + mpmath.mpf(5) ** mpmath.pi - mpmath.log(3)),
    ],
)  # fmt: skip
def test_closed_forms_agree_with_mpmath(text, expected):
    mpmath.mp.dps = 60
    ours = evaluate_to(parse(text), 50)
    ctx.prec = 220
    assert abs(mpmath.mpf(ours.mid().str(60, radius=False)) - expected()) < mpmath.mpf(10) ** -48


def test_cancelling_forms_are_worked_out_with_more_bits():
    ours = evaluate_to(parse("exp(1/10**60) - 1 - 1/10**60"), 30)
    assert ours.rel_accuracy_bits() >= 100
    assert math.isclose(float(ours * 10**120), 0.5)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=5), st.integers(-20, 20))
def test_a_polynomial_is_read_as_it_is_written(coefficients, at):
    text = "+".join(f"({c})*n**{power}" for power, c in enumerate(coefficients))
    assert polynomial(text)(at) == sum(c * at**power for power, c in enumerate(coefficients))


def test_denominators_are_cleared_by_inflation():
    a, b, factor = scaled_pair(polynomial("n/2+1/3"), polynomial("n**2/5"))
    assert (a, b, factor) == (fmpz_poly([10, 15]), fmpz_poly([0, 0, 180]), 30)


def test_roots_and_signs():
    assert whole_roots(fmpz_poly([6, -5, 1]) * fmpz_poly([2, 1]), 1) == [2, 3]
    assert whole_roots(fmpz_poly([1, 0, 1]), 1) == []
    assert positive_from(fmpz_poly([-100, 1]), 1024) == 128
    assert positive_from(fmpz_poly([-100, 1]), 64) is None
    assert positive_from(fmpz_poly([1, -1]), 1024) is None


@pytest.mark.parametrize(
    ("a", "b", "kind", "digits"),
    [
        ([1, 1], [0, 1], Kind.FASTER, 0),
        ([1], [1], Kind.GEOMETRIC, 2 * math.log10((1 + 5**0.5) / 2)),
        ([5, 27, 51, 34], [0, 0, 0, 0, 0, 0, -1], Kind.GEOMETRIC, 8 * math.log10(1 + 2**0.5)),
        ([1, 2], [0, 0, -1], Kind.DOUBLE_ROOT, 0),
        ([1], [0, 1], Kind.ROOT_EXPONENTIAL, 0),
        ([2], [1, -4, 4], Kind.POWER, 0),
        ([1], [-1], Kind.NONE, 0),
        ([1], [0, 0, 0, 1], Kind.NONE, 0),
        ([1], [0, -1], Kind.NONE, 0),
        ([10**400], [10**799], Kind.GEOMETRIC, math.log10((1 + 1.4**0.5) / (1.4**0.5 - 1))),
    ],
)
def test_convergence_is_told_from_the_coefficients(a, b, kind, digits):
    found = classify(fmpz_poly(a), fmpz_poly(b))
    assert found.kind is kind
    assert math.isclose(found.digits_per_term, digits, abs_tol=1e-9)


def test_convergents_keep_the_determinant_identity():
    pairs = Convergents(fmpz_poly([1, 2]), fmpz_poly([3, 0, 2]))
    pairs.advance_to(7)
    product = math.prod(3 + 2 * n * n for n in range(1, 8))
    assert pairs.determinant() == product  # (-1)^(n-1) with n = 7


@pytest.mark.parametrize(
    ("a", "b"),
    [([1, 1], [0, 1]), ([3, 1], [0, -1]), ([1, 2], [0, 0, 1]), ([2, 3], [0, 0, -2]), ([-50, 3], [-7, 0, -2])],
)
def test_enclosures_hold_the_value_that_backward_evaluation_gives(a, b):
    enclosure = enclose(fmpz_poly(a), fmpz_poly(b), 40)
    mpmath.mp.dps = 80
    value = mpmath.mpf(0)
    for n in range(1500, 0, -1):
        value = mpmath.mpf(sum(c * n**k for k, c in enumerate(b))) / (sum(c * n**k for k, c in enumerate(a)) + value)
    value += a[0]
    ctx.prec = 300
    assert enclosure.value.rel_accuracy_bits() >= 40 * 3.32
    assert enclosure.value.contains(arb(mpmath.nstr(value, 70)) + arb(0, "1e-68"))


def test_a_double_root_gets_no_enclosure():
    assert enclose(fmpz_poly([1, 2]), fmpz_poly([0, 0, -1]), 10) is None


def test_the_exact_identity_of_the_zeta_fractions():
    # p_N/q_N = 1 / sum_{k <= N+1} k^-s: what plain depth gives, and why it is not enough.
    pairs = Convergents(polynomial("n**3+(n+1)**3").numer(), polynomial("-n**6").numer())
    pairs.advance_to(59)
    assert Fraction(int(pairs.p), int(pairs.q)) == 1 / sum(Fraction(1, k**3) for k in range(1, 61))


def test_the_tail_of_a_slow_fraction_gives_its_digits():
    found = accelerate(fmpz_poly([2]), fmpz_poly([1, -4, 4]), 100)
    assert found.agreed >= 100
    ctx.prec = 400
    assert abs(found.value - (arb.pi() + 4) / arb.pi()) < arb("1e-105")


def test_signed_terms_follow_their_recurrence():
    e_minus_one = SignedFraction((-1, 1), (2, 3, 2, 5), (1, 0, -2, 0, 1))
    terms = terms_of(e_minus_one)
    assert [int(next(terms)) for _ in range(8)] == [2, 3, 2, 5, 2, 7, 2, 9]
    value, agreed, _ = evaluate_signed(e_minus_one, 60)
    ctx.prec = 250
    assert agreed >= 60
    assert abs(value - (arb.const_e() - 1)) < arb("1e-58")
    with pytest.raises(ExpressionError, match="not whole"):
        list(zip(range(9), terms_of(SignedFraction((1,), (1, 2), (3, -1, -1))), strict=False))


@pytest.mark.parametrize(("initial", "status"), [("[0, 0, 1]", Status.REJECTED), ("[1]", Status.LIMIT)])
def test_a_signed_fraction_that_goes_round_has_no_value(initial, status):
    # 1 - 1/(1 - 1/(1 - ...)) has the period 6, and a denominator of 0 at every third place.
    claim = read_claim(f'{{"sign_period": [-1], "initial": {initial}, "lfsr": [1, -1], "value": "e"}}')
    assert judge(claim, None, 30).status is status


def test_false_positive_bound_of_the_specifications_example():
    # 1.8e6 fractions, 30 constants, H = 100: 8.8e16 tries, so 50 digits leave about 1e-33.
    assert math.isclose(false_positive_bound(1.8e6, 30, 100, 0), 1.8e6 * 30 * 201**4)
    assert 5e-34 < false_positive_bound(1.8e6, 30, 100, 50) < 1.2e-33
