r"""The answer rules published with Qwen2.5-Math, written anew as a peer for `bench_answers.py`.

    accepts("10", r"So it is \boxed{1000}.")        ->   True   (its percentage rule)
    accepts("[1,2]", r"\boxed{(1,2)}")              ->   True   (brackets are stripped)

A reimplementation from the description of its extraction, normalisation and comparison rules; no line of it is theirs,
and what it says is not what their program says in every case. Where theirs hands text to an evaluating parser, this
one uses our bounded reader and prover. Not a judge for anything but the bench: see `verifiers.answers` for that.
"""

from __future__ import annotations

import re

from verifiers.answers.proof import Answer, Prover
from verifiers.answers.reading import read
from verifiers.answers.tree import is_expression

__all__ = ["accepts", "extracted", "normalised"]

RELATIVE_TOLERANCE = 1e-4
MAX_CHARACTERS = 40_000
MAX_COMPARED = 2_000
"""Longest strings that are compared beyond letter by letter."""

_UNITS = (
    "degrees?|units?|cm|centimeters?|meters?|m|km|kilometers?|miles?|mi|mph|feet|foot|ft|inch(?:es)?|in|yards?|seconds?"
    "|s|sec|minutes?|min|hours?|h|hr|days?|weeks?|months?|years?|dollars?|cents?|percent|pounds?|lbs?|kg|kilograms?"
    "|grams?|g|liters?|ml|gallons?|points?|people|students?|square|cubic|apples?|books?|times?|ways?|edges?|sides?"
)
_UNIT_WORDS = re.compile(rf"(?<=[\d\s}}])(?:{_UNITS})(?=\W|$)")
_WORD_DIGITS = {
    word: str(value)
    for value, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    )
}
_NUMBER = re.compile(r"-?\d*\.?\d+")
_LAST_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_ENVIRONMENT = re.compile(r"\\begin\{pmatrix\}(.*)\\end\{pmatrix\}", re.DOTALL)


def extracted(text: str) -> str:
    """The answer in a completion, by the order of attempts."""
    text = text[-MAX_CHARACTERS:]
    if "final answer is $" in text and "$. I hope" in text:
        return text.split("final answer is $", 1)[1].split("$. I hope", 1)[0].strip()
    if "boxed" in text:
        return _boxed(text.rsplit("boxed", 1)[1])
    for cue in ("he answer is", "final answer is"):
        if cue in text:
            return text.rsplit(cue, 1)[1].strip()
    if "答案是" in text:
        return text.split("答案是", 1)[1].split("\n\n", 1)[0].strip()
    numbers = _LAST_NUMBER.findall(text.replace(",", ""))
    return numbers[-1] if numbers else ""


def _boxed(rest: str) -> str:
    if not rest.startswith("{"):
        return rest.split("$", 1)[0].strip()
    depth = 0
    for index, character in enumerate(rest):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return rest[1:index]
    return rest[1:]


def normalised(text: str) -> str:
    """An answer in the spelling that the rules compare."""
    text = text.replace("\n", "").strip().lstrip(":").rstrip("./").strip()
    text = text.replace(r"\!", "").replace(r"\left", "").replace(r"\right", "")
    text = text.replace("tfrac", "frac").replace("dfrac", "frac")
    text = text.replace("bmatrix", "pmatrix").replace(r"\neq", r"\ne").replace(r"\leq", r"\le").replace(r"\geq", r"\ge")
    text = re.sub(r"\\begin\{array\}\{[^}]*\}", r"\\begin{pmatrix}", text).replace(r"\end{array}", r"\end{pmatrix}")
    text = re.sub(r"\\text\{[^{}]*\}$", "", text) if not re.fullmatch(r"\\text\{[^{}]*\}", text) else text
    text = re.sub(r"\\(?:text|mathrm|mathbf|textbf)\{([^{}]*)\}", r"\1", text)
    for _ in range(2):
        text = _UNIT_WORDS.sub("", text)
    text = re.sub(r"\^\s*\{?\\circ\}?", "", text).replace("°", "")
    text = text.replace(r"\$", "").replace("$", "").replace(r"\%", "").replace("%", "").replace(r"\mbox", "")
    text = re.sub(r"\b(" + "|".join(_WORD_DIGITS) + r")\b", lambda found: _WORD_DIGITS[found[1]], text)
    text = re.sub(r"^\s*[A-Za-z]{1,2}\s*(?:=|\\in)\s*", "", text)
    if "j" in text and "i" not in text:
        text = text.replace("j", "i")
    text = re.sub(r"(\d+)\.0+(?!\d)", r"\1", text)
    text = re.sub(r"\\sqrt\s*(\w)", r"\\sqrt{\1}", text)
    text = re.sub(r"\\frac\s*(\d)\s*(\d)", r"\\frac{\1}{\2}", text)
    text = re.sub(r"^(-?\d+)/(\d+)$", r"\\frac{\1}{\2}", text.strip())
    return text.replace(" ", "")


def accepts(gold: str, text: str) -> bool:
    """Whether the rules call `text` right."""
    if re.fullmatch(r"[A-E]", gold.strip()):
        letters = re.findall(r"\b([A-E])\b", text[-MAX_CHARACTERS:])
        return bool(letters) and letters[-1] == gold.strip()
    found = extracted(text)
    if found and equal(normalised(gold), normalised(found)):
        return True
    # A bare answer without any mark is outside of what the extraction is made for; give it every chance.
    marked = any(mark in text for mark in ("boxed", "answer is", "答案是"))
    return not marked and equal(normalised(gold), normalised(text[:MAX_COMPARED]))


def equal(gold: str, answer: str) -> bool:
    """Whether two normalised answers are the same by the rules."""
    if gold.lower() == answer.lower():
        return True
    if not answer or max(len(gold), len(answer)) > MAX_COMPARED:
        return False
    numbers = _float(gold), _float(answer)
    if numbers[0] is not None and numbers[1] is not None:
        return any(_close(scaled, numbers[1]) for scaled in (numbers[0], numbers[0] / 100, numbers[0] * 100))
    bare = gold.strip("()[]{}"), answer.strip("()[]{}")
    if bare[0].lower() == bare[1].lower():
        return True
    matrices = _ENVIRONMENT.fullmatch(gold), _ENVIRONMENT.fullmatch(answer)
    if matrices[0] is not None and matrices[1] is not None:
        return _members(matrices[0][1], matrices[1][1], r"\\\\|&")
    if gold[:1] in "([{" and answer[:1] in "([{" and "," in gold:
        return _members(bare[0], bare[1], ",")
    sides = gold.split("="), answer.split("=")
    if len(sides[0]) == len(sides[1]) == 2:
        difference = [f"({left})-({right})" for left, right in sides]
        return _symbolic(difference[0], difference[1]) or _symbolic(f"-({difference[0]})", difference[1])
    for first, second in ((0, 1), (1, 0)):
        if len(sides[first]) == 2 and len(sides[first][0]) <= 2 and len(sides[second]) == 1:
            return equal(sides[0][-1], sides[1][-1])
    return _symbolic(gold, answer)


def _members(gold: str, answer: str, separator: str) -> bool:
    parts = re.split(separator, gold), re.split(separator, answer)
    return len(parts[0]) == len(parts[1]) and all(map(equal, *parts))


def _float(text: str) -> float | None:
    bare = text.replace(",", "")
    return float(bare) if len(bare) < 300 and _NUMBER.fullmatch(bare) else None


def _close(gold: float, answer: float) -> bool:
    return abs(gold - answer) <= RELATIVE_TOLERANCE * max(abs(gold), abs(answer))


def _symbolic(gold: str, answer: str) -> bool:
    """Proved equal, or numbers that are close: by our bounded reader, which evaluates nothing that is over a limit."""
    readings = read(gold), read(answer)
    if not readings[0].nodes or not readings[1].nodes:
        return False
    left, right = readings[0].nodes[0], readings[1].nodes[0]
    if not is_expression(left) or not is_expression(right):
        return False
    prover = Prover()
    if prover.equal(left, right).answer is Answer.EQUAL:
        return True
    value = prover.number(right)
    return value is not None and prover.within(left, value, abs(value) / 10_000)
