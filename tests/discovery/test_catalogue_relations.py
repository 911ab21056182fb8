"""Shifts, foldings and families: what the catalogue says of fractions that belong together."""

import json
from fractions import Fraction

import pytest
from flint import fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.discovery.conjectures import gather
from reasoning.discovery.families import Member, find_families
from reasoning.discovery.meet_in_the_middle import Settings, search
from reasoning.discovery.transformations import fold, folded, shift_form, shifted

coefficients = st.lists(st.integers(-6, 6), min_size=1, max_size=3).filter(any)


def convergents(a, b, count):
    p, before_p, q, before_q = int(a(0)), 1, 1, 0
    found = [(p, q)]
    for n in range(1, count):
        p, before_p = int(a(n)) * p + int(b(n)) * before_p, p
        q, before_q = int(a(n)) * q + int(b(n)) * before_q, q
        found.append((p, q))
    return found


@settings(deadline=None, max_examples=60)
@given(coefficients, coefficients)
def test_a_folded_fraction_has_every_second_convergent_exactly(a, b):
    a, b = fmpz_poly(a), fmpz_poly(b)
    if any(int(a(n)) == 0 for n in range(0, 22, 2)):
        return
    found = fold(a, b)
    whole = convergents(a, b, 21)
    half = convergents(found.a, found.b, 9)
    for n, (p, q) in enumerate(half):
        # x = factor y / (y - offset), with y = p/q, as fractions that may be infinite.
        upper, lower = found.factor * p, p - found.offset * q
        wanted_p, wanted_q = whole[2 * n + 2]
        if (upper, lower) != (0, 0) and (wanted_p, wanted_q) != (0, 0):
            assert upper * wanted_q == lower * wanted_p


@settings(deadline=None, max_examples=60)
@given(coefficients, coefficients, st.integers(0, 9))
def test_a_fraction_and_its_later_beginnings_have_one_form(a, b, terms):
    a, b = fmpz_poly(a), fmpz_poly(b)
    if any(int(b(m)) == 0 for m in range(1, 40)):
        return
    form_a, form_b, first = shift_form(a, b)
    later_a, later_b, later = shift_form(*shifted(a, b, terms))
    if a.degree() > 0 or b.degree() > 0:
        assert later - first in (terms, 0)
    # A factor c(n) of a and c(n) c(n-1) of b may be one for the later beginning alone, where c(0) is 0 at first.
    if (form_a, form_b) != (later_a, later_b):
        assert form_a.degree() > later_a.degree()
    else:
        assert later - first == terms or (a.degree() <= 0 and b.degree() <= 0)
    assert all(int(form_b(m)) != 0 for m in range(1, 40))


def test_known_relations():
    e = shift_form(fmpz_poly([3, 1]), fmpz_poly([0, -1]))
    assert shift_form(fmpz_poly([7, 1]), fmpz_poly([-4, -1])) == (e[0], e[1], 4)
    # The even part of 4/pi's fraction has the cubic and the sextic of the contraction.
    a, b = folded(fmpz_poly([1, 2]), fmpz_poly([0, 0, 1]))
    assert (a.degree(), b.degree()) == (3, 6)
    # a = n has a(0) = 0, so that its even part is none; begun one term later it has one.
    assert folded(fmpz_poly([0, 1]), fmpz_poly([0, 1])) is None
    assert folded(fmpz_poly([1, 1]), fmpz_poly([1, 1])) is not None


def hit(a, b, constant, value):
    return [a, b, constant, value, 100, True, "faster than geometric", 0.0]


def test_the_catalogue_names_shifts_and_foldings():
    hits = [
        hit("n+3", "-n", "e", "e"),
        hit("n+4", "-n-1", "e", "1/(3-e)"),
        hit("1", "n", "erfc(1)", "erfc(1)"),
        hit("4*n+4", "-4*n**2-2*n", "erfc(1)", "2*erfc(1)"),
    ]
    found = {one.a: one for one in gather(hits, 1e-80)}
    assert found["n+3"].shift_class == found["n+4"].shift_class
    assert (found["n+3"].shift, found["n+4"].shift) == (0, 1)
    assert found["1"].folded == ("4*n+4 ; -4*n**2-2*n",)
    assert found["4*n+4"].folded == ()
    assert len({one.shift_class for one in found.values()}) == 3


def test_families_are_lines_of_one_constant():
    members = [Member((k, 1), (0, -1), "e", k) for k in (3, 4, 5, 6)]
    members += [Member((2 * k + 1, 2), (0, -k), "pi", 9) for k in (-2, -1, 1, 2)]
    members += [Member((50, 1), (0, -1), "e", 50), Member((7, 1), (0, -1), "pi", 50)]
    members += [Member((1, 2), (0, 0, k), "log(2)", 60) for k in range(-2, 3) if k]
    (family,) = find_families(members)
    assert (family.a, family.b, family.constant, family.least, family.most) == ("n+k", "-n", "e", 3, 6)
    assert family.members == (0, 1, 2, 3)
    assert not family.by_shift
    lines = [Member((2 * k + 1, 2), (0, 0, k), "pi", 9) for k in range(1, 6)]
    (family,) = find_families(lines)
    assert (family.a, family.b, family.least, family.most, family.by_shift) == ("2*n+2*k+1", "k*n**2", 1, 5, True)
    assert find_families([]) == []


@pytest.mark.parametrize("step", [1, 2])
def test_a_family_s_polynomials_give_its_members(step):
    members = [Member((1, step * k + 3), (0, k), "e", k) for k in range(-3, 4) if k * step + 3]
    for family in find_families(members):
        for k, place in zip(range(family.least, family.most + 1), family.members, strict=True):
            for side, text in (("a", family.a), ("b", family.b)):
                wanted = sum(c * Fraction(7) ** i for i, c in enumerate(getattr(members[place], side)))
                assert eval(text, {"n": 7, "k": k}) == wanted  # our own text


def test_a_search_writes_its_families(tmp_path):
    settings = Settings(("e",), a="n+k", b="-n", ranges=("k=2:8",), height=6)
    outcome = search(settings, tmp_path / "run", jobs=1, quiet=True)
    (family,) = map(json.loads, (tmp_path / "run" / "families.jsonl").read_text().splitlines())
    assert outcome.counts["families"] == 1
    assert (family["a"], family["b"], family["constant"]) == ("n+k", "-n", "e")
    assert (family["least"], family["most"]) == (2, 5)
    assert family["members"][1] == {"fraction": "n+3 ; -n", "value": "e"}
