"""A number-independent program from a worked solution whose steps are marked `<<48/2=24>>`, as GSM8K marks them.

>>> masked = mask_numbers("Ann sold 48 clips in April and half as many in May. How many in all?")
>>> program = induce(masked, "In May 48/2 = <<48/2=24>>24, in all 48+24 = <<48+24=72>>72.", Fraction(72))
>>> print(program.source)
from fractions import Fraction
<BLANKLINE>
<BLANKLINE>
def steps(n0):
    s1 = Fraction(n0) / Fraction(2)
    s2 = Fraction(n0) + s1
    return [str(value) for value in (s1, s2)]

Each number of a step must be explained: as a number of the problem, as the result of one earlier step, or as a constant
that the text names in words or that everyone knows (7 days, 60 minutes). A number with two explanations makes the
program ambiguous, and one with none makes it incomplete; both are refused, because such a program may be right for the
seed's numbers only.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from reasoning.pipelines.masking import Masked
from verifiers.extraction import is_safe_to_parse

__all__ = ["InducedProgram", "InductionError", "induce"]

KNOWN_CONSTANTS = frozenset(map(Fraction, (7, 12, 24, 30, 52, 60, 100, 365, 1000, 3600)))
"""Days of a week, months of a year or things of a dozen, and the like."""
_WORDS = {
    Fraction(1, 2): ("half", "halves"),
    Fraction(1, 3): ("third",),
    Fraction(2): (
        "half",
        "halves",
        "twice",
        "double",
        "doubles",
        "doubled",
        "two",
        "both",
        "pair",
        "couple",
        "average",
    ),
    Fraction(3): ("third", "thirds", "triple", "triples", "three", "thrice", "times three"),
    Fraction(4): ("quarter", "quarters", "four", "square", "fourth"),
    Fraction(5): ("five", "fifth"),
    Fraction(6): ("six",),
    Fraction(8): ("eight",),
    Fraction(9): ("nine",),
    Fraction(10): ("ten", "tenth"),
    Fraction(1): ("one", "a", "an", "the"),
}
_STEP = re.compile(r"<<([^<>=]{1,200})=([^<>=]{1,50})>>")
_OPERATORS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
MAX_STEPS = 30


class InductionError(ValueError):
    """No program can be induced; the reason in words."""


@dataclass(frozen=True, slots=True)
class InducedProgram:
    """A program for any numbers.

    Attributes:
        source: defines `steps(n0, ...)`, which returns the results of all steps as text, the answer last.
        used: the problem's constants that it uses.
        lines: the steps as templates: `{n0}` stands for a constant, `{s1}` for the result of a step.
    """

    source: str
    used: tuple[int, ...]
    lines: tuple[str, ...]


def induce(masked: Masked, solution: str, answer: Fraction) -> InducedProgram:
    """The program of a worked solution.

    Raises:
        InductionError: there is none, or it would not be sure.
    """
    marked = _STEP.findall(solution)
    if not marked:
        raise InductionError("no marked steps")
    if len(marked) > MAX_STEPS:
        raise InductionError("too many steps")
    inducer = _Inducer(masked)
    for expression, result in marked:
        inducer.step(expression, result)
    if inducer.results[-1] != answer:
        raise InductionError("the last step is not the answer")
    if len(inducer.used_constants) < len(masked.constants):
        raise InductionError("a number of the problem is not used")
    idle = set(range(1, len(marked))) - inducer.used_steps
    if idle:
        raise InductionError("a step's result is not used")
    names = [f"n{number}" for number in range(len(masked.constants))]
    body = "".join(f"    s{number} = {line}\n" for number, line in enumerate(inducer.code, 1))
    shown = ", ".join(f"s{number}" for number in range(1, len(marked) + 1))
    comma = "," if len(marked) == 1 else ""
    source = (
        f"from fractions import Fraction\n\n\ndef steps({', '.join(names)}):\n{body}"
        f"    return [str(value) for value in ({shown}{comma})]\n"
    )
    return InducedProgram(source, tuple(sorted(inducer.used_constants)), tuple(inducer.lines))


class _Inducer:
    """Explains the numbers of one step after the other."""

    def __init__(self, masked: Masked) -> None:
        self.results: list[Fraction] = []
        self.code: list[str] = []
        self.lines: list[str] = []
        self.used_constants: set[int] = set()
        self.used_steps: set[int] = set()
        self._constants = masked.constants
        self._words = set(re.findall(r"[a-z]+", " ".join(masked.parts).lower()))

    def step(self, expression: str, result: str) -> None:
        text = expression.replace("$", "").replace(",", "").replace("%", "*.01").replace("x", "*")
        if not is_safe_to_parse(text):
            raise InductionError("a step is too long")
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise InductionError(f"a step does not parse: {expression[:40]}") from None
        value = _walk(tree, lambda number: number)
        code = _write(tree, self._in_code)
        line = _write(tree, self._in_text)
        if value != _number(result):
            raise InductionError(f"a step does not hold: {expression[:40]}={result[:20]}")
        self.code.append(code)
        self.lines.append(f"{line} = {{s{len(self.results) + 1}}}")
        self.results.append(value)

    def _explained(self, number: Fraction) -> tuple[str, int]:
        """What a number is: (`n`, constant), (`%`, constant in percent), (`s`, step) or (`c`, 0)."""
        found = [("n", place) for place, one in enumerate(self._constants) if one.value == number]
        found += [
            ("%", place) for place, one in enumerate(self._constants) if one.percent and one.value == 100 * number
        ]
        found += [("s", step) for step, result in enumerate(self.results, 1) if result == number]
        if len(found) > 1:
            raise InductionError(f"{number} has several explanations")
        if found:
            return found[0]
        if number in KNOWN_CONSTANTS or self._words & set(_WORDS.get(number, ())) or number in _PERCENT:
            return "c", 0
        raise InductionError(f"{number} is not explained")

    def _in_code(self, number: Fraction) -> str:
        kind, place = self._explained(number)
        if kind == "s":
            self.used_steps.add(place)
            return f"s{place}"
        if kind == "c":
            ratio = f"{number.numerator}, {number.denominator}" if number.denominator > 1 else str(number)
            return f"Fraction({ratio})"
        self.used_constants.add(place)
        return f"Fraction(n{place})" + (" / 100" if kind == "%" else "")

    def _in_text(self, number: Fraction) -> str:
        kind, place = self._explained(number)
        if kind == "c":
            return str(number)
        return f"{{{'s' if kind == 's' else 'n'}{place}}}" + ("/100" if kind == "%" else "")


_PERCENT = frozenset({Fraction(1, 100)})


def _walk(node: ast.expr, at_number: Callable[[Fraction], Fraction]) -> Fraction:
    """The value of an arithmetic expression, exactly."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return at_number(Fraction(ast.unparse(node)))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_walk(node.operand, at_number)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _walk(node.left, at_number), _walk(node.right, at_number)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            return left * right
        if right == 0:
            raise InductionError("a step divides by zero")
        return left / right
    raise InductionError("a step is no plain arithmetic")


def _write(node: ast.expr, at_number: Callable[[Fraction], str]) -> str:
    """The expression with each number replaced; brackets around every operation but the outermost."""
    if isinstance(node, ast.Constant):
        return at_number(Fraction(ast.unparse(node)))
    if isinstance(node, ast.UnaryOp):
        return f"-{_bracketed(node.operand, at_number)}"
    assert isinstance(node, ast.BinOp)
    operator = _OPERATORS[type(node.op)]
    return f"{_bracketed(node.left, at_number)} {operator} {_bracketed(node.right, at_number)}"


def _bracketed(node: ast.expr, at_number: Callable[[Fraction], str]) -> str:
    text = _write(node, at_number)
    return f"({text})" if isinstance(node, ast.BinOp) or "/" in text else text


def _number(text: str) -> Fraction:
    try:
        return Fraction(text.replace("$", "").replace(",", "").replace("%", "").strip())
    except (ValueError, ZeroDivisionError):
        raise InductionError(f"a step's result is no number: {text[:20]}") from None
