r"""How an answer is read: from its text to one or a few trees.

    read(r"\frac{3}{4}\text{ hours}")   ->   Quantity(3/4, hour)
    read("x = 1 or x = 2")              ->   a bare list of two relations
    read("1,234")                       ->   1234, or the list 1, 234

Ambiguous text gives several readings, the usual one first. Text that is no mathematics is kept as words.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from verifiers.answers.cleaning import clean
from verifiers.answers.lexer import LexError, Token, tokenize
from verifiers.answers.limits import MAX_ANSWER_CHARACTERS, MAX_ITEMS, MAX_READINGS, AnswerTooLargeError
from verifiers.answers.parser import ParseError, Parser
from verifiers.answers.parser_tools import multiply, negate
from verifiers.answers.tree import (
    Based,
    Call,
    Collection,
    Constant,
    Node,
    Number,
    Quantity,
    Relation,
    Sum,
    Symbol,
    Unit,
    Words,
    show,
    symbols_of,
    walk,
)
from verifiers.answers.units import compound_unit, money
from verifiers.answers.vocabulary import SYNONYMS, find_unit
from verifiers.answers.words import clock, day, normal_words, option

__all__ = ["Reading", "read"]

_INTEGER = re.compile(r"[-+]?\d{1,18}")
_DECIMAL = re.compile(r"[-+]?\d{0,18}\.\d{1,18}")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,]|\.\d*,)")
_INDIAN = re.compile(r"(?<![\d.,])\d{1,2}(?:,\d{2})+,\d{3}(?![\d,])")
_EUROPEAN = re.compile(
    r"(?<![\d.,])\d{1,3}(?:(?:\.\d{3})+|(?: \d{3})+)(?:,\d{1,2})(?![\d,.])|(?<![\d.,])\d{1,3}(?:\.\d{3}){2,}(?![\d,.])"
)
_POINT = re.compile(r"[A-Z]'?\s*(\([^()]*,[^()]*\))")
"""A point with its name: `P(3, 4)`."""

_REMARK = re.compile(r"[\s,]*\b(?:where|for (?:all|any|some|every|each))\b.*")
_DECIMAL_COMMA = re.compile(r"-?(?:\d+,\d{2}|\d{4,},\d{1,2}|0,\d{1,8})(?: ?(?:\\dollar|€|£|\\%|%|[a-z]{1,3}\b\.?))?")
MAX_BASE = 36
_PREFIXED = re.compile(r"0([box])([0-9a-f]{1,400})", re.IGNORECASE)
_LETTER_NUMERAL = re.compile(
    r"(?:([A-Z]{2,40})|\\(?:text|mathrm|texttt)\s*\{\s*([A-Z]{2,40})\s*\})\s*_\s*\{?\s*(\d{2})\s*\}?", re.IGNORECASE
)
_PADDED_GROUP = re.compile(r"\d,0\d")
"""`1,050` is a number and no list: nobody writes a member of a list as 050."""

_SPACED = re.compile(r"(?<![\d.,^_{}])\d{1,3}(?: \d{3})+(?![\d ]*[\d/])")
_FILLERS = frozenset(
    [
        "approximately",
        "about",
        "exactly",
        "around",
        "roughly",
        "nearly",
        "almost",
        "approx",
        "just",
        "only",
        "is",
        "are",
        "equals",
        "the",
        "a",
        "an",
        "be",
        "to",
        "total",
        "of",
        "simply",
        "总共",
        "共",
        "约",
        "大约",
        "为",
        "是",
    ]
)
_NO_SOLUTION = re.compile(
    r"(?:there (?:are|is|exist|exists) |it has |equation has |has )?no (?:such )?(?:real |integer )?"
    r"(?:solutions?|roots?)(?: exists?)?|[\u4e00-\u9fff]{0,6}无(?:实数)?[解根]"
)
_SAID = re.compile(
    r"(?:it|this|that|he|she|they) (?:is|are|was|were) (?!not\b|no\b|never\b|true\b|false\b)([a-z][a-z -]+)"
)
"""Words after a mere pointer: `it is circle`."""

_LEADING_VERDICT = re.compile(r"(yes|no|true|false)\b\s*[,.;:!](?!.*\b(?:yes|no)\b)", re.IGNORECASE)
_IN_WORDS = re.compile(
    r"(?<=[\d}])\s*(?:\\text\s*\{\s*)?\("
    r"(?![A-Za-z -]*\b(?:not?|rejected|extraneous|invalid|wrong|incorrect|impossible)\b)[A-Za-z -]{2,}\)(?:\s*\})?$"
)
_EXCEPT = re.compile(
    r"^(\\text\s*\{\s*)?all real numbers? (?:except|but|other than) (?:for )?(\}\s*)?(?:[a-z] ?= ?)?"
    r"([-\d\\].*?)(?(1)(?(2)|\}?))$",
    re.IGNORECASE,
)
_RATIO = re.compile(r"(?<![\d.])(\d{1,40}(?:\.\d{1,40})?) to (\d+(?:\.\d+)?)")
_SHARE = re.compile(r"(?<![\d.,])(\d+) out of (?:every )?(\d+)(?![\d.,]*\d)")
_ASIDE = re.compile(
    r"(?<=[\w}%)\]])\s*(?:\\(?:text|mathrm)\s*\{\s*)?\(\s*(?:i\.e\.|since\b|because\b|as (?!long|well)|approximately\b"
    r"|about\b|\\approx|roughly\b)(?:(?! or ).)*\)\s*\}?$"
)
"""A remark in brackets after a value that says it again or why: `3/4 (i.e., 75%)`."""

_CONDITION_SIGN = re.compile(r"integer|\\(?:in|ne)|!=")
_CONDITION = re.compile(
    r"\s*[,(]\s*(?:\\(?:text|mathrm)\s*\{\s*(?:where|for|with)?\s*\}\s*|(?:where|for|with) )?(?:"
    r"[a-z]\s*\\in\s*(?:\\(?:mathbb|mathbf|Bbb)\s*\{?\s*)?[ZN](?![A-Za-z])\s*\}?(?:\s*[\^_]\s*(?:[+*]|\{\s*[+*]\s*\}))?"
    r"|(?:\\text\s*\{\s*)?[a-z]\s*(?:\\text\s*\{\s*)?(?:is )?an(?:y)? integer\.?\s*\}?"
    r"|(?P<excluded>[a-z]\s*(?:\\neq?(?![a-z])|!=)\s*[-+]?[\w.\\{}/ ]{1,20})"
    r")\s*\)?$"
)
"""What a letter of the answer before it ranges over: `, k \\in \\mathbb{Z}`, `(x \\ne 1)`."""

_OF_A_SET = re.compile(r"[<>,]|\\(?:l|g|n)?(?:e|t|eq|eqslant|in|otin)(?![A-Za-z])|\\mathbb|\\c[au]p|\\infty|\bR\b")
"""Signs of a condition or a set, which loses its meaning with a part of its condition."""

_INDEX = r"(\d+|\{\s*\d+\s*\})"
_SELECTION_LETTER = re.compile(r"[CPA]\s*[}_^(]")
_SELECTION = re.compile(
    rf"(?:\{{\s*\}})?\s*(?:_\s*{_INDEX}\s*)?(?<![A-Za-z\\])"
    r"(?:\\(?:mathrm|text|rm|operatorname)\s*\{\s*)?([CPA])(?:\s*\})?(?![A-Za-z])\s*"
    rf"(?:_\s*{_INDEX}(?:\s*\^\s*{_INDEX})?|\^\s*{_INDEX}\s*_\s*{_INDEX}|\(\s*(\d+)\s*,\s*(\d+)\s*\))"
)
"""`C_{10}^{3}`, `C(10,3)`, `{}_{10}C_{3}`, `A_5^2`, `P(5,2)`: combinations and permutations."""
_ARTICLE = re.compile(r"^(?:an?|An|[Tt]he) (?=[a-z]{3})")
_LETTER_UNITS = frozenset(["m", "g", "s", "h", "L", "l", "N", "J", "W", "V", "A", "K"])
_SENTENCE_STARTS = (Symbol("I"), Symbol("A"))
"""Before other words a word of English and no variable: `I give up` counts nothing."""
_NO_UNIT = frozenset((
    "no", "not", "never", "wrong", "incorrect", "impossible", "invalid", "extraneous", "rejected", "fails", "fail",
    "false", "plus", "minus", "factorial",
))  # fmt: skip
"""Words that change or deny the value before them."""

_MAX_UNIT_WORDS = 7
_TRAILING = " .,;:\\\u3002\uff0c"


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer as read.

    Attributes:
        text: as it stood.
        cleaned: in one spelling.
        words: normalised words, for comparison as a name or sentence.
        nodes: the ways in which it can be read, the usual one first; empty when it is no mathematics.
        choice: letter of a multiple-choice option and the text after it, when it looks like one.
        problem: why it could not be read as mathematics.
        too_large: it goes over a limit.
        reason: the mathematics after a leading verdict (`Yes. F(x, y) = x^2 y`), when all that follows is such.
    """

    text: str
    cleaned: str
    words: str
    nodes: tuple[Node, ...]
    choice: tuple[str, str] | None = None
    problem: str = ""
    too_large: bool = False
    reason: Node | None = None

    def shown(self) -> str:
        """The usual reading as one line."""
        return show(self.nodes[0]) if self.nodes else repr(self.words)


def read(text: str) -> Reading:
    """Read one answer; never raises.

    Args:
        text: LaTeX, plain mathematics or words, without the sentence around it.
    """
    stripped = text.strip()
    if _INTEGER.fullmatch(stripped):
        return Reading(text, stripped, stripped, (Number(Fraction(int(stripped))),))
    if _DECIMAL.fullmatch(stripped):
        number = Number(Fraction(stripped), len(stripped.partition(".")[2]))
        return Reading(text, stripped, stripped, (number,))
    if len(stripped) > MAX_ANSWER_CHARACTERS:
        compact = re.sub(r"[\s,]", "", stripped)
        return Reading(text, compact, compact, (), None, f"longer than {MAX_ANSWER_CHARACTERS} characters", True)
    cleaned = clean(stripped)
    cleaned = _without_final_marks(cleaned)
    words = normal_words(cleaned)
    choice = option(cleaned)
    special = clock(cleaned) or day(cleaned)
    if special is not None:
        return Reading(text, cleaned, words, (special,), choice)
    nodes: list[Node] = []
    reason: Node | None = None
    problem = ""
    for variant in _variants(cleaned):
        try:
            for node in _parse(variant):
                if node not in nodes:
                    nodes.append(node)
        except (LexError, ParseError) as error:
            problem = problem or str(error)
        except AnswerTooLargeError as error:
            return Reading(text, cleaned, words, (), choice, str(error), True)
        except RecursionError:
            return Reading(text, cleaned, words, (), choice, "nested too deeply for the caller's stack", True)
    numeral = _numeral(cleaned)
    if numeral is not None and numeral not in nodes:
        nodes.append(numeral)
    if _NO_SOLUTION.fullmatch(words):
        words = "no solution"
    elif (said := _SAID.fullmatch(words)) is not None:
        words = said[1]
    if (leading := _LEADING_VERDICT.match(cleaned)) is not None:
        nodes.insert(0, Words(SYNONYMS[leading[1].lower()]))
        reason = _reason(cleaned[leading.end() :])
    if words in SYNONYMS and (not nodes or len(words) > 1):
        nodes.insert(0, Words(SYNONYMS[words]))
    return Reading(text, cleaned, words, tuple(nodes[:MAX_READINGS]), choice, problem, reason=reason)


def _reason(text: str) -> Node | None:
    """`text` when it is mathematics without words."""
    try:
        node = _parse(text)[0]
    except (LexError, ParseError, AnswerTooLargeError, RecursionError):
        return None
    return None if any(isinstance(part, Words | Quantity) for part in walk(node)) else node


def _numeral(text: str) -> Node | None:
    """`0x1F`, `0b101`, and numerals made of letters alone (`FF_{16}`)."""
    prefixed = _PREFIXED.fullmatch(text)
    if prefixed is not None:
        base = {"b": 2, "o": 8, "x": 16}[prefixed[1].lower()]
        digits = prefixed[2].upper()
    elif (lettered := _LETTER_NUMERAL.fullmatch(text)) is not None:
        digits, base = (lettered[1] or lettered[2]).upper(), int(lettered[3])
    else:
        return None
    try:
        return Based(digits, base, int(digits, base)) if 2 <= base <= MAX_BASE else None
    except ValueError:
        return None


def _without_final_marks(text: str) -> str:
    while text and text[-1] in _TRAILING and not text.endswith("..."):
        text = text[:-1]
    if text.endswith("...") and not re.search(r"\d\.\.\.$|,\s*\.\.\.$", text):
        text = text[:-3]
    return text.strip("* ")


def _variants(text: str) -> list[str]:
    """`text` with digit groups joined, and as it stands when that is another list."""
    if not any(character.isdigit() for character in text):
        return [_ARTICLE.sub("", text)]
    variants = []
    if "(" in text:
        text = _ASIDE.sub("", text)
    if " out of " in text:
        text = _SHARE.sub(r"\\frac{\1}{\2}", text)
    text = _EXCEPT.sub(r"\\mathbb{R} \\setminus \\{\3\\}", text)
    joined = text = _IN_WORDS.sub("", _RATIO.sub(r"\1:\2", _ARTICLE.sub("", text)))
    if "," in text or "." in text:
        joined = _outside_brackets(_EUROPEAN, joined, lambda found: re.sub("[. ]", "", found).replace(",", "."))
        joined = _outside_brackets(_THOUSANDS, joined, lambda found: found.replace(",", ""))
        joined = _outside_brackets(_INDIAN, joined, lambda found: found.replace(",", ""))
    joined = _SPACED.sub(lambda match: match[0].replace(" ", ""), joined)
    variants.append(joined)
    if joined != text and not _PADDED_GROUP.search(text):
        variants.append(text)
    if (match := _REMARK.search(text)) is not None and match.start() > 0:
        variants.append(text[: match.start()])
    if _CONDITION_SIGN.search(joined) and (match := _CONDITION.search(joined)) is not None and match.start() > 0:
        before = joined[: match.start()]
        if not (match["excluded"] and _OF_A_SET.search(before)):
            variants.append(before)
    if _SELECTION_LETTER.search(joined) and (selected := _SELECTION.sub(_selection, joined)) != joined:
        variants.append(selected)
    if (point := _POINT.fullmatch(text)) is not None:
        variants.append(point[1])
    if _DECIMAL_COMMA.fullmatch(text):
        variants.append(text.replace(",", "."))
    return variants


def _selection(match: re.Match[str]) -> str:
    """The number of combinations or permutations in commands that the parser knows; anything else as it stands."""
    left, letter, below, above, first_above, then_below, top, bottom = (
        group and group.strip("{} ") for group in match.groups()
    )
    pairs = ((left, below if above is None else None), (below, above), (then_below, first_above), (top, bottom))
    for total, chosen in pairs:
        if total is not None and chosen is not None and int(chosen[:5]) <= int(total[:5]):
            if letter == "C":
                return rf"\binom{{{total}}}{{{chosen}}}"
            return rf"\frac{{{total}!}}{{({total}-{chosen})!}}"
    return match[0]


def _outside_brackets(pattern: re.Pattern[str], text: str, change: Callable[[str], str]) -> str:
    """Replace matches that are not members of a tuple, list or set."""

    def replace(match: re.Match[str]) -> str:
        before = text[: match.start()]
        for opening, closing in (("(", ")"), ("[", "]"), (r"\{", r"\}")):
            if before.count(opening) > before.count(closing):
                return match[0]
        return change(match[0])

    return pattern.sub(replace, text)


def _parse(text: str) -> list[Node]:
    tokens = tokenize(text)
    if not tokens:
        raise ParseError("nothing to read")
    reader = _ItemReader(tokens)
    items = reader.items()
    usual = items[0] if len(items) == 1 else Collection("", "", tuple(items), reader.joiner)
    usual = _merged_quantities(usual)
    return [usual, *_with_letter_unit(tokens)]


def _with_letter_unit(tokens: list[Token]) -> list[Node]:
    """`5 m` and `8 m/s^2` can be quantities: the letters at the end read as units."""
    start = len(tokens)
    while start > 0 and (
        tokens[start - 1].text in _LETTER_UNITS
        or tokens[start - 1].kind in ("/", "*", "^", "{", "}", "-")
        or (tokens[start - 1].kind == "word" and find_unit(tokens[start - 1].text))
        or (tokens[start - 1].kind == "number" and start > 1 and tokens[start - 2].kind in ("^", "{", "-"))
    ):
        start -= 1
    while start < len(tokens) and not (
        tokens[start].kind in ("symbol", "word")
        and (
            tokens[start].spaced
            or (tokens[start].text == "m" and tokens[start + 1 : start + 2] and tokens[start + 1].kind == "^")
        )
    ):
        start += 1
    if not 0 < start < len(tokens) or all(token.kind != "symbol" for token in tokens[start:]):
        return []
    words = [Token("word", token.text, None, True) if token.kind == "symbol" else token for token in tokens[start:]]
    try:
        items = _ItemReader([*tokens[:start], *words]).items()
    except ParseError:
        return []
    if len(items) == 1 and isinstance(items[0], Quantity) and not symbols_of(items[0]):
        return [items[0]]
    return []


def _merged_quantities(node: Node) -> Node:
    """`2 hours and 30 minutes` is one quantity."""
    if not isinstance(node, Collection) or node.opening or not all(isinstance(item, Quantity) for item in node.items):
        return node
    units = [item.unit for item in node.items if isinstance(item, Quantity)]
    decreasing = all(first.factor > second.factor for first, second in itertools.pairwise(units))
    if len({unit.dimension for unit in units}) > 1 or not units[0].dimension or not decreasing:
        return node
    terms = [
        multiply([Number(item.unit.factor / units[0].factor), item.value])
        for item in node.items
        if isinstance(item, Quantity)
    ]
    return Quantity(Sum(tuple(terms)), units[0])


class _ItemReader:
    """Reads the items of a whole answer, with their labels and units."""

    def __init__(self, tokens: list[Token]) -> None:
        self._parser = Parser(tokens)
        self.joiner = ","

    def items(self) -> list[Node]:
        items = [self._item()]
        parser = self._parser
        while parser.next.kind != "end":
            kind = parser.next.kind
            if kind in (",", ";", "and", "newline", "&"):
                while parser.next.kind in (",", ";", "and", "newline", "&"):
                    separator = parser.take()
                    if separator.kind == "and":
                        self.joiner = separator.text
                if parser.next.kind == "end":
                    break
                if parser.next.kind == "dots":
                    parser.take()
                    items.append(Symbol("..."))
                    continue
            elif not isinstance(items[-1], Quantity) or kind != "number":
                raise ParseError(f"unexpected {parser.next.text}")
            items.append(self._item())
            if len(items) > MAX_ITEMS:
                raise AnswerTooLargeError(f"more than {MAX_ITEMS} members")
        return items

    def _item(self) -> Node:
        parser = self._parser
        self._skip_label()
        start = parser.position
        sign = self._currency_ahead()
        if sign is not None:
            parser.position = start
            negative = parser.accept("-")
            parser.take()
            value = parser.sum()
            self._unit()
            return Quantity(negate(value) if negative else value, money(sign))
        if parser.next.kind == "word" and not self._word_is_letter():
            return self._words()
        node = parser.chain()
        if parser.next.kind == "currency":
            return Quantity(node, money(parser.take().text))
        unit = self._unit()
        if unit is None:
            return node
        if node in _SENTENCE_STARTS and not unit.dimension:
            parser.position = start
            return self._words()
        if isinstance(node, Relation):
            return Relation(node.operators, (*node.operands[:-1], _with_unit(node.operands[-1], unit)))
        return _with_unit(node, unit)

    def _currency_ahead(self) -> str | None:
        offset = 1 if self._parser.next.kind == "-" else 0
        token = self._parser.peek(offset)
        return token.text if token.kind == "currency" else None

    def _word_is_letter(self) -> bool:
        """A letter, or capitals such as `ABC`, in text: a variable's or an option's name, unless a word follows."""
        token = self._parser.next
        following = self._parser.peek(1)
        return (len(token.text) == 1 or token.text.isupper()) and token.text.isascii() and following.kind != "word"

    def _skip_label(self) -> None:
        """Words before the value: `Area = `, `radius: `, `approximately`."""
        parser = self._parser
        while True:
            offset = 0
            while parser.peek(offset).kind == "word":
                offset += 1
            following = parser.peek(offset)
            value_follows = parser.peek(offset + 1).kind not in ("end", "word")
            if (
                offset
                and value_follows
                and (following.kind == ":" or (following.kind == "relation" and following.text in ("=", "approx")))
            ):
                parser.position += offset + 1
                return
            if (parser.next.kind == "relation" and parser.next.text in ("approx", "=", "=>", "->")) or (
                parser.next.kind == "word" and self._is_filler(parser.next.text) and parser.peek(1).kind != "end"
            ):
                parser.take()
            else:
                return

    def _is_filler(self, word: str) -> bool:
        return word.lower() in _FILLERS and not (len(word) == 1 and word.isupper())

    def _words(self) -> Node:
        words: list[str] = []
        while self._parser.next.kind in ("word", "constant", "symbol", "number") and len(words) < 2 * _MAX_UNIT_WORDS:
            words.append(self._parser.take().text)
        if self._parser.next.kind not in ("end", ",", ";", "and"):
            raise ParseError(f"words before {self._parser.next.text}")
        text = normal_words(" ".join(words))
        return Words(SYNONYMS.get(text, text))

    def _unit(self) -> Unit | None:
        """The unit that follows a value, if one does."""
        parser = self._parser
        parts: list[tuple[str, int]] = []
        sign = 1
        while len(parts) <= _MAX_UNIT_WORDS:
            token = parser.next
            if token.kind == "word" and token.text.lower() == "per":
                parser.take()
                sign = -1
            elif token.kind == "word":
                parser.take()
                parts.append((token.text, sign * self._exponent()))
            elif parts and token.kind in ("/", "*", "-") and parser.peek(1).kind in ("word", "symbol"):
                sign = -1 if parser.take().kind == "/" else sign
                parts.append((parser.take().text, sign * self._exponent()))
            elif token.kind in ("/",) and not parts and parser.peek(1).kind == "word":
                parser.take()
                sign = -1
            elif parts and token.kind == "symbol" and token.text in _LETTER_UNITS:
                parser.take()
                parts.append((token.text, sign * self._exponent()))
            else:
                break
        if _NO_UNIT & {word.lower() for word, _ in parts} or (parts and parts[0][0].lower() in ("squared", "cubed")):
            raise ParseError("words that change or deny the value before them")
        return compound_unit(parts) if parts else None

    def _exponent(self) -> int:
        parser = self._parser
        if parser.next.kind != "^":
            return 1
        parser.take()
        group = parser.accept("{")
        negative = parser.accept("-")
        token = parser.expect("number")
        if group:
            parser.expect("}")
        if token.text not in ("1", "2", "3", "4"):
            raise ParseError(f"a unit to the power {token.text}")
        return -int(token.text) if negative else int(token.text)


def _with_unit(node: Node, unit: Unit) -> Node:
    """`node` with its unit; degrees, radians and percent are part of the number."""
    if unit.dimension == "angle":
        return multiply([node, Constant("deg")])
    if unit.dimension == "percentage":
        return Call("percent", (node,))
    if isinstance(node, Collection) and not node.opening:
        return Collection("", "", tuple(_with_unit(item, unit) for item in node.items))
    return Quantity(node, unit)
