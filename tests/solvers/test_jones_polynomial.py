from fractions import Fraction

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.jones_polynomial import jones_polynomial


def jones(*args, **kwargs):
    """The polynomial as a dict, after a check of the certificate."""
    result = jones_polynomial(*args, **kwargs)
    assert result.status is Status.CONVERGED
    terms = dict(result.solution.terms)
    assert result.certificate.value_at_one == abs(sum(terms.values())) == 2 ** (result.solution.components - 1)
    assert result.certificate.determinant == result.certificate.value_at_minus_one
    return terms


def mirror(terms):
    return {-exponent: value for exponent, value in terms.items()}


KNOTS = {  # braid word -> exponents and coefficients, from the tables of knots (right-handed ones have t > 0)
    "unknot": ([], {0: 1}),
    "3_1": ([1, 1, 1], {1: 1, 3: 1, 4: -1}),
    "4_1": ([1, -2, 1, -2], {-2: 1, -1: -1, 0: 1, 1: -1, 2: 1}),
    "5_1": ([1] * 5, {2: 1, 4: 1, 5: -1, 6: 1, 7: -1}),
    "5_2": ([1, 1, 1, 2, -1, 2], {1: 1, 2: -1, 3: 2, 4: -1, 5: 1, 6: -1}),
    "6_3": ([1, 1, -2, 1, -2, -2], {-3: -1, -2: 2, -1: -2, 0: 3, 1: -2, 2: 2, 3: -1}),
    "7_1": ([1] * 7, {3: 1, 5: 1, 6: -1, 7: 1, 8: -1, 9: 1, 10: -1}),
    "8_19": ([1, 1, 1, 2, 1, 1, 1, 2], {3: 1, 5: 1, 8: -1}),
}


@pytest.mark.parametrize("name", KNOTS)
def test_knots_of_the_tables(name):
    word, want = KNOTS[name]
    assert jones(word) == want


def test_links():
    half = Fraction(1, 2)
    assert jones([1, 1]) == {half: -1, 5 * half: -1}  # the Hopf link
    assert jones([-1, -1]) == {-half: -1, -5 * half: -1}
    assert jones([], strands=2) == {-half: -1, half: -1}  # two circles apart
    assert jones([1, -2, 1, -2, 1, -2]) == {-3: -1, -2: 3, -1: -2, 0: 4, 1: -2, 2: 3, 3: -1}  # Borromean rings
    assert jones_polynomial([1, 1]).solution.text == "-t^(1/2) - t^(5/2)"


def test_the_left_handed_trefoil_of_the_paper():
    assert jones_polynomial([-1, -1, -1]).solution.text == "-t^-4 + t^-3 + t^-1"


def test_torus_knots_have_a_closed_form():
    # V of T(p, q) = t^((p-1)(q-1)/2) (1 - t^(p+1) - t^(q+1) + t^(p+q)) / (1 - t^2).
    for p, q in ((2, 9), (3, 4), (3, 5), (4, 5), (5, 6)):
        got = jones(list(range(1, p)) * q)
        product = {}
        for exponent, value in got.items():
            for shift, sign in ((0, 1), (2, -1)):
                product[exponent + shift] = product.get(exponent + shift, 0) + sign * value
        low = (p - 1) * (q - 1) // 2
        want = {}
        for exponent, sign in ((0, 1), (p + 1, -1), (q + 1, -1), (p + q, 1)):
            want[low + exponent] = want.get(low + exponent, 0) + sign
        assert {e: v for e, v in product.items() if v} == want


WORDS = st.lists(st.integers(1, 3).flatmap(lambda i: st.sampled_from([i, -i])), max_size=9)


@given(WORDS, st.integers(1, 3), st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_markov_and_reidemeister_moves_change_nothing(word, letter, at):
    want = jones(word, strands=4)
    at = min(at, len(word))
    assert jones([letter, *word, -letter], strands=4) == want  # conjugation
    assert jones(word[at:] + word[:at], strands=4) == want
    assert jones([*word[:at], -letter, letter, *word[at:]], strands=4) == want  # Reidemeister II
    assert jones([*word, 4]) == want  # stabilisation, Reidemeister I
    assert jones([*word, -4]) == want
    low = min(letter, 2)
    left, right = [low, low + 1, low], [low + 1, low, low + 1]
    assert jones(word[:at] + left + word[at:], strands=4) == jones(word[:at] + right + word[at:], strands=4)


@given(WORDS)
@settings(max_examples=25, deadline=None)
def test_the_mirror_image_has_the_inverse_variable(word):
    assert jones([-letter for letter in word], strands=4) == mirror(jones(word, strands=4))


@given(WORDS, WORDS)
@settings(max_examples=15, deadline=None)
def test_the_skein_relation_holds(before, after):
    """t^-1 V(+) - t V(-) = (t^1/2 - t^-1/2) V(0) at a crossing of a closed braid."""
    plus, minus, none = (jones([*before, *middle, *after], strands=4) for middle in ([2], [-2], []))
    half, total = Fraction(1, 2), {}
    for terms, shift, sign in ((plus, -1, 1), (minus, 1, -1), (none, half, -1), (none, -half, 1)):
        for exponent, value in terms.items():
            total[exponent + shift] = total.get(exponent + shift, 0) + sign * value
    assert not any(total.values())


def test_planar_diagrams_and_plats():
    left_trefoil = [[1, 4, 2, 5], [3, 6, 4, 1], [5, 2, 6, 3]]
    assert jones(pd_code=left_trefoil) == {-1: 1, -3: 1, -4: -1}
    figure_eight = [[4, 2, 5, 1], [8, 6, 1, 5], [6, 3, 7, 4], [2, 7, 3, 8]]
    assert jones(pd_code=figure_eight) == KNOTS["4_1"][1]
    # The plat of sigma_2^n on four strands is the two-bridge torus link T(2, n).
    plat = jones([2, 2, 2], closure="plat")
    assert plat in (KNOTS["3_1"][1], mirror(KNOTS["3_1"][1]))
    assert jones([], closure="plat", strands=2) == {0: 1}
    assert jones([1, 1, -1], closure="plat") == {0: 1}


def test_the_value_at_the_fifth_root_of_unity():
    result = jones_polynomial([1, 1, 1], digits=40)
    with mpmath.workdps(60):
        t = mpmath.expjpi(mpmath.mpf(2) / 5)
        want = t + t**3 - t**4
        real, imaginary = (mpmath.mpf(part) for part in result.solution.value_at_fifth_root)
        assert abs(mpmath.mpc(real, imaginary) - want) < mpmath.mpf(10) ** -39


def test_wide_braids():
    # The closure of 1, 2, ..., 9 is the unknot; so is every plat of one long strand.
    assert jones(list(range(1, 10))) == {0: 1}
    assert jones_polynomial(list(range(1, 12)) * 8, seconds=0.05).status is Status.LIMIT


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "braid and pd_code: give one"),
        ({"braid": [1, 0]}, r"braid\[1\]: 0 is no generator"),
        ({"braid": [3], "strands": 3}, "strands: expected 4 to"),
        ({"braid": [1], "strands": 3, "closure": "plat"}, "even number"),
        ({"braid": [1] * 301}, "at most 300 crossings"),
        ({"pd_code": [[1, 2, 3]]}, "rows of four edges"),
        ({"pd_code": [[1, 2, 3, 4]]}, "edge 1 occurs 1 time,"),
        ({"pd_code": [[1, 4, 2, 5], [4, 6, 3, 1], [5, 2, 6, 3]]}, "runs against"),
        ({"braid": [1], "digits": 0}, "digits"),
    ],
)
def test_bad_input_is_one_clear_line(arguments, message):
    with pytest.raises(SolverInputError, match=message):
        jones_polynomial(**arguments)
