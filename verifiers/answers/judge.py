r"""The judgement of one text against the gold answer, without a sandbox.

    judge(r"\frac{1}{2}", "The answer is 0.5.")   ->   passed, "equal as exact rationals"

`judge` is a pure function of its arguments: no threads, no signals, no clock; every step is bounded before it starts.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from verifiers.answers.agreement import CONVENTIONS, DEFAULT, LENIENT, STRICT, Agreement, Convention, agree, differ
from verifiers.answers.cleaning import strip_invisible
from verifiers.answers.compare import Comparer, compare_readings
from verifiers.answers.extract import Extraction, places
from verifiers.answers.reading import Reading, read
from verifiers.answers.tree import Clock, Node, Number, Words, symbols_of, walk
from verifiers.answers.vocabulary import SYNONYMS
from verifiers.records import Status

__all__ = ["Judgement", "judge", "judge_bare"]

_PLAIN_INTEGER = re.compile(r"[-+]?\d+")
_SHOWN_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found and why.

    Attributes:
        status: `passed`, `wrong`, or `unparsable` when no answer stands in the text.
        rule: the comparison that decided.
        strict: verdict when nothing is forgiven.
        lenient: verdict when everything that is a matter of convention is forgiven.
        concessions: what had to be forgiven, in words.
        extracted: the answer as it stands in the text.
        extraction: how it was found, and where a next question was cut.
        gold_reading: how the gold answer was read.
        answer_reading: how the answer was read.
        convention: name of the convention that decided.
        undecided: two expressions that could be neither proved equal nor refuted, for a stronger tool.
    """

    status: Status
    rule: str
    strict: bool = False
    lenient: bool = False
    concessions: tuple[str, ...] = ()
    extracted: str = ""
    extraction: str = ""
    gold_reading: str = ""
    answer_reading: str = ""
    convention: str = "default"
    undecided: tuple[Node, Node] | None = None

    @property
    def passed(self) -> bool:
        """Whether the answer is right under the convention."""
        return self.status is Status.PASSED

    def explain(self) -> str:
        """Several lines for people."""
        lines = [
            f"verdict     {self.status.value} (strict {_yes(self.strict)}, lenient {_yes(self.lenient)})",
            f"rule        {self.rule}",
            f"extracted   {self.extracted[:_SHOWN_CHARACTERS]!r}, {self.extraction}",
            f"answer is   {self.answer_reading[:_SHOWN_CHARACTERS]}",
            f"gold is     {self.gold_reading[:_SHOWN_CHARACTERS]}",
            f"convention  {self.convention}",
        ]
        if self.concessions:
            lines.insert(2, f"forgiven    {'; '.join(self.concessions)}")
        return "\n".join(lines)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def judge(gold: str | Sequence[str], text: str, *, convention: Convention | str = DEFAULT) -> Judgement:
    """Judge a model's text.

    Args:
        gold: the right answer, or several that are each right.
        text: free text that ends in an answer, or the bare answer.
        convention: what is forgiven, or the name of one of `CONVENTIONS`.

    Returns:
        The judgement under the convention; the strict and the lenient verdict with it.

    Raises:
        KeyError: there is no convention of that name.
    """
    if isinstance(convention, str):
        convention = CONVENTIONS[convention]
    golds = [gold] if isinstance(gold, str) else list(gold)
    gold_readings = [_read_gold(one) for one in golds]
    chosen: tuple[Extraction, Reading] | None = None
    for place in places(text):
        reading = read(place.text)
        if _usable(place, reading, gold_readings):
            chosen = place, reading
            break
        chosen = chosen or (place, reading)
    if chosen is None:
        return Judgement(Status.UNPARSABLE, "the text holds no answer", convention=convention.name)
    return _judge_reading(gold_readings, *chosen, convention)


def judge_bare(gold: str, answer: str, *, convention: Convention = DEFAULT) -> Judgement:
    """Compare two bare answers, without looking for an answer in a text."""
    return _judge_reading([_read_gold(gold)], Extraction(answer, "given"), read(answer), convention)


def _usable(place: Extraction, reading: Reading, golds: list[Reading]) -> bool:
    """Whether the answer at `place` can be read; words count when a gold answer is of words."""
    if any(gold.words == reading.words or (gold.choice and reading.choice) for gold in golds):
        return True
    if not reading.nodes:
        return reading.too_large
    if any(isinstance(part, Words) for part in walk(reading.nodes[0])):
        worded = [gold for gold in golds if _is_words(gold)]
        if SYNONYMS.get(reading.words) == "yes" and not place.certain and not worded:
            # "So x = 3. That is correct!" speaks of an answer that stands before it.
            return False
        named = any(gold.words not in SYNONYMS for gold in worded)
        return reading.words in SYNONYMS or _verdict_first(reading) or (place.certain and named)
    numeric = any(isinstance(part, Number | Clock) for part in walk(reading.nodes[0]))
    return place.certain or numeric or any(map(_is_symbolic, golds))


def _verdict_first(reading: Reading) -> bool:
    """`Yes, because ...`: the sentence begins with the answer."""
    first = reading.nodes[0]
    return isinstance(first, Words) and first.text in ("yes", "no")


def _is_words(gold: Reading) -> bool:
    return not gold.nodes or any(isinstance(part, Words) for part in walk(gold.nodes[0]))


def _is_symbolic(gold: Reading) -> bool:
    return bool(gold.nodes) and bool(symbols_of(gold.nodes[0]))


def _read_gold(gold: str) -> Reading:
    """The gold answer, which may itself stand in a box or after a mark."""
    text = strip_invisible(gold).strip()
    if "\\boxed" in text or "\\fbox" in text or "####" in text or (len(text) > 80 and "nswer" in text):
        place = next(places(text), None)
        if place is not None:
            return read(place.text)
    return read(text)


def _judge_reading(golds: list[Reading], place: Extraction, answer: Reading, convention: Convention) -> Judgement:
    best: tuple[Agreement, Reading, Reading] | None = None
    for gold, given in itertools.chain.from_iterable(_pairs(gold, answer) for gold in golds):
        agreement = _literal(gold, given) or compare_readings(gold, given, Comparer())
        if best is None or _rank(agreement, convention) > _rank(best[0], convention):
            best = agreement, gold, given
        if agreement.under_strict:
            break
    if best is None:
        raise ValueError("expected at least one gold answer, got none")
    agreement, gold, answer = best
    passed = agreement.under(convention)
    readable = bool(answer.nodes or answer.words)
    status = Status.PASSED if passed else Status.WRONG if readable else Status.UNPARSABLE
    return Judgement(
        status,
        agreement.rule,
        strict=agreement.under(STRICT),
        lenient=agreement.under(LENIENT),
        concessions=tuple(sorted(concession.value for concession in agreement.concessions)),
        extracted=place.text[:_SHOWN_CHARACTERS],
        extraction=place.how(),
        gold_reading=gold.shown()[:_SHOWN_CHARACTERS],
        answer_reading=answer.shown()[:_SHOWN_CHARACTERS],
        convention=convention.name,
        undecided=agreement.undecided if not agreement.equal else None,
    )


def _pairs(gold: Reading, answer: Reading) -> Iterable[tuple[Reading, Reading]]:
    """What is compared: the two, and the texts of their options unless the letters already tell them apart."""
    choices = gold.choice, answer.choice
    if choices == (None, None) or (choices[0] and choices[1] and choices[0][0] != choices[1][0]):
        return [(gold, answer)]
    return itertools.product(_with_option_text(gold), _with_option_text(answer))


def _with_option_text(reading: Reading) -> list[Reading]:
    """`reading`, and for an option with its text (`(B) 12`) the text alone."""
    if reading.choice is None or not reading.choice[1]:
        return [reading]
    return [reading, read(reading.choice[1])]


def _rank(agreement: Agreement, convention: Convention) -> tuple[bool, bool, int]:
    return agreement.under(convention), agreement.equal, -len(agreement.concessions)


def _literal(gold: Reading, answer: Reading) -> Agreement | None:
    """Integers of any length, compared as text."""
    ignored = r"[\s,$]" if answer.too_large else r"[,$]"
    first, second = (re.sub(ignored, "", side.cleaned) for side in (gold, answer))
    if not (gold.nodes and answer.nodes) and _PLAIN_INTEGER.fullmatch(first) and _PLAIN_INTEGER.fullmatch(second):
        same = _canonical(first) == _canonical(second)
        return agree("the same digits") if same else differ("other digits")
    return None


def _canonical(digits: str) -> str:
    sign = "-" if digits.startswith("-") else ""
    bare = digits.lstrip("+-").lstrip("0")
    return sign + bare if bare else "0"
