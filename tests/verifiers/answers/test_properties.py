"""What holds for all answers: reflexive, symmetric where both sides are exact, the same in every presentation."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verifiers.answers import judge, judge_bare, read

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

integers = st.integers(-10_000, 10_000)
fractions = st.builds(Fraction, integers, st.integers(1, 500))


def latex(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    sign = "-" if value < 0 else ""
    return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    """LaTeX of an exact expression in x, built from its grammar."""
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(["x", "2", "3", r"\pi", r"\frac{1}{2}", "y", r"\sqrt{2}"]))
    left, right = draw(expressions(depth=depth - 1)), draw(expressions(depth=depth - 1))
    shape = draw(
        st.sampled_from(
            ["({a})+({b})", "({a})({b})", r"\frac{{{a}}}{{{b}}}", "({a})^{{2}}", "({a})-({b})", r"\sin({a})"]
        )
    )
    return shape.format(a=left, b=right)


@QUICK
@given(expressions())
def test_reflexive(text: str) -> None:
    assert judge_bare(text, text).passed
    assert judge(text, rf"\boxed{{{text}}}").passed


@QUICK
@given(expressions(), expressions())
def test_symmetric(first: str, second: str) -> None:
    assert judge_bare(first, second).passed is judge_bare(second, first).passed


@QUICK
@given(expressions())
def test_spacing_and_layout_change_nothing(text: str) -> None:
    spaced = text.replace("+", r" \, + \; ").replace("(", r"\left( ").replace(")", r" \right)")
    assert judge_bare(text, spaced).passed
    assert judge_bare(text, f"$ {text} $").passed
    assert judge_bare(text, text.replace(r"\frac", r"\dfrac")).passed


PRESENTATIONS = (
    "{}",
    "${}$",
    "$$\n{}\n$$",
    r"\[{}\]",
    r"So it is $\boxed{{{}}}$.",
    "The answer is ${}$.",
    "**Final answer:** ${}$",
    "### Answer\n\n\\({}\\)",
    "答案是 ${}$。",
)


@QUICK
@given(expressions(), expressions(), st.sampled_from(PRESENTATIONS))
def test_the_presentation_changes_nothing(gold: str, answer: str, presentation: str) -> None:
    assert judge(gold, presentation.format(answer)).passed is judge_bare(gold, answer).passed


@QUICK
@given(expressions())
def test_plus_one_is_never_equal(text: str) -> None:
    if "frac" not in text:
        assert not judge_bare(text, f"({text})+1").passed


@QUICK
@given(fractions)
def test_a_fraction_in_all_its_forms(value: Fraction) -> None:
    gold = latex(value)
    assert judge(gold, f"The answer is {value}.").passed
    assert judge(gold, f"{2 * value.numerator}/{2 * value.denominator}").passed
    assert judge(gold, rf"\boxed{{{latex(value)}}}").passed
    assert not judge(gold, latex(value + 1)).passed
    assert not judge(gold, latex(value * 10 + 1)).passed


@QUICK
@given(integers, integers)
def test_different_integers_differ(first: int, second: int) -> None:
    assert judge(str(first), rf"\boxed{{{second}}}").passed is (first == second)


@QUICK
@given(st.lists(integers, min_size=2, max_size=6, unique=True), st.randoms(use_true_random=False))
def test_order_matters_in_tuples_and_not_in_sets(values: list[int], source: object) -> None:
    shuffled = sorted(values, key=lambda value: (value * 7_919) % 101)
    inside, other = ", ".join(map(str, values)), ", ".join(map(str, shuffled))
    assert judge_bare(rf"\{{{inside}\}}", rf"\{{{other}\}}").passed
    assert judge_bare(f"({inside})", f"({other})").passed is (values == shuffled)
    assert not judge_bare(rf"\{{{inside}\}}", rf"\{{{inside}, 20001\}}").passed


@QUICK
@given(st.text(max_size=60))
def test_no_text_is_too_strange(text: str) -> None:
    read(text)
    judge("5", text)
    judge(text or "5", "5")


@QUICK
@given(st.text(alphabet=r"\{}()[]^_$&|!.,:;+-*/=<>0123456789abfricsqxd ", max_size=80))
def test_no_formula_is_too_strange(text: str) -> None:
    judge("5", text)
    judge(rf"\frac{{1}}{{2}} {text}", text)
