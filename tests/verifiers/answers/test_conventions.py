"""What a convention decides, and that every named one decides it."""

from __future__ import annotations

import pytest

from verifiers.answers import CONVENTIONS, judge


@pytest.mark.parametrize(
    ("gold", "text", "convention", "passed"),
    [
        ("5 cm", "5", "default", True),
        ("5 cm", "5", "units-required", False),
        ("5 cm", "5", "strict", False),
        ("1, 2", "2, 1", "default", True),
        ("1, 2", "2, 1", "ordered", False),
        (r"\sqrt{2}", "1.414", "default", False),
        (r"\sqrt{2}", "1.414", "decimal", True),
        (r"\sqrt{2}", "1.41", "lenient", True),
        (r"\sqrt{2}", "1.42", "lenient", False),
        ("664_7", "664", "default", False),
        ("664_7", "664", "any-base", True),
        ("3.14", r"\pi", "default", True),
        ("3.14", r"\pi", "exact", False),
        ("x^2+1", "t^2+1", "default", False),
        ("x^2+1", "t^2+1", "lenient", True),
        ("50\\%", "50", "default", True),
        ("50\\%", "50", "strict", False),
        ("50\\%", r"\frac{1}{2}", "strict", True),
        ("95", "37+58", "default", True),
        ("95", "37+58", "computed", False),
        ("95", "So it is \\boxed{37+58}.", "computed", False),
        ("95", "190/2", "default", True),
        ("95", "190/2", "computed", False),
        ("95", r"\frac{190}{2}", "computed", False),
        ("95 cm", "37+58 cm", "computed", False),
        ("1, 95", "1, 37+58", "computed", False),
        ("95", "37 + 58 = 95", "computed", True),
        ("95", "95.0", "computed", True),
        ("95 km/h", "95 km/h", "computed", True),
        (r"\frac{3}{2}", "6/4", "computed", True),
        (r"\frac{3}{2}", "1 1/2", "computed", True),
        (r"\frac{3}{2}", "1 + 1/2", "computed", False),
        ("320000", r"3.2 \times 10^5", "computed", True),
        ("-1000", "-10^3", "computed", True),
        ("50\\%", r"\frac{1}{2}", "computed", True),
        ("1024", "2^{10}", "computed", False),
        ("3", r"\sqrt{9}", "computed", False),
        ("2^{10}", "2^{10}", "computed", True),
        (r"2\sqrt{3}", r"\sqrt{12}", "computed", True),
        ("x+2", "2+x", "computed", True),
    ],
)
def test_convention(gold: str, text: str, convention: str, passed: bool) -> None:
    assert judge(gold, text, convention=convention).passed is passed


def test_strict_implies_every_other_and_every_other_implies_lenient() -> None:
    pairs = [("5 cm", "5"), ("1,2", "2,1"), ("1,2", "1,2"), (r"\pi", "3.1416"), ("7", "8"), ("(1,2)", "1,2")]
    for gold, text in pairs:
        verdicts = {name: judge(gold, text, convention=name).passed for name in CONVENTIONS}
        assert not verdicts["strict"] or all(verdicts.values())
        assert verdicts["lenient"] or not any(verdicts.values())


def test_gold_decimals_tolerate_what_they_do_not_say() -> None:
    assert judge("3.14", "3.1416").passed
    assert not judge("3.1416", "3.14").passed
    assert not judge("0.5", "0.49").passed
    assert not judge("0.25", "0.254").passed
    assert judge("0.6666666666666666", "2/3").passed


def test_no_factor_of_a_hundred() -> None:
    for gold, text in (("5", "0.05"), ("1", "100"), ("0.35", "35"), ("80.64", "8064.0"), ("-2", "-200")):
        assert not judge(gold, text).passed


def test_several_golds() -> None:
    assert judge(["3", "4"], "4").passed
    assert not judge(["3", "4"], "5").passed


def test_explanation_names_the_parts() -> None:
    text = judge(r"30^\circ", r"so it is \boxed{30}").explain()
    for part in ("passed", "30*deg", "the last box", "degree sign", "strict no"):
        assert part in text
