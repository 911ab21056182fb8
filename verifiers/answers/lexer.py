r"""From the text of an answer to tokens.

    \frac12 \text{ cm}   ->   command 'frac', number 1, number 2, word 'cm'
    3(x+1)**2            ->   number 3, '(', symbol x, '+', number 1, ')', '^', number 2

`clean` first maps the many spellings of one thing (unicode signs, spacing commands, thousands separators, markdown)
to one. Neither function looks at meaning beyond single words.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from verifiers.answers.limits import MAX_DIGITS, MAX_TOKENS, AnswerTooLargeError
from verifiers.answers.tree import Number
from verifiers.answers.vocabulary import FUNCTIONS, GREEK, NUMBER_WORDS, PART_WORDS, find_unit, number_from_words, scale_of

__all__ = ["LexError", "Token", "clean", "strip_invisible", "tokenize"]


class LexError(ValueError):
    """A character or word that no answer holds."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        kind: `number`, `symbol`, `constant`, `function`, `command`, `word`, `relation`, `environment`, or the sign itself.
        text: name, operator or digits.
        number: value of a `number`.
        spaced: whether white space stands before it.
    """

    kind: str
    text: str
    number: Number | None = None
    spaced: bool = False


_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱˣ", "0123456789+-nix")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋ₙₓ", "0123456789+-nx")
_SUPERSCRIPT_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱˣ]+")
_SUBSCRIPT_RUN = re.compile("[₀₁₂₃₄₅₆₇₈₉₊₋ₙₓ]+")
_VULGAR = re.compile("([0-9]?)\\s*([¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])")
_CIRCLED = {chr(0x2460 + index): rf"\textcircled{{{index + 1}}}" for index in range(20)}
_SIGNS = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "﹣": "-", "×": r" \times ", "✕": r" \times ", "✖": r" \times ",
    "÷": r" \div ", "·": r" \cdot ", "⋅": r" \cdot ", "∙": r" \cdot ", "∗": "*", "√": r" \sqrt ", "∛": r" \cbrt ",
    "π": r" \pi ", "∞": r" \infty ", "≤": r" \le ", "≦": r" \le ", "⩽": r" \le ", "≥": r" \ge ", "≧": r" \ge ",
    "⩾": r" \ge ", "≠": r" \ne ", "≈": r" \approx ", "≡": r" \equiv ", "±": r" \pm ", "∓": r" \mp ", "∪": r" \cup ",
    "∩": r" \cap ", "∈": r" \in ", "∉": r" \notin ", "∅": r" \emptyset ", "Ø": r" \emptyset ", "°": r" \degree ",
    "º": r" \degree ", "˚": r" \degree ", "ℝ": r" \mathbb{R} ", "ℤ": r" \mathbb{Z} ", "ℚ": r" \mathbb{Q} ",
    "ℕ": r" \mathbb{N} ", "ℂ": r" \mathbb{C} ", "⌊": r" \lfloor ", "⌋": r" \rfloor ", "⌈": r" \lceil ",
    "⌉": r" \rceil ", "′": "'", "’": "'", "‘": "'", "″": "''", "⟨": r" \langle ", "⟩": r" \rangle ", "〈": r" \langle ",
    "〉": r" \rangle ", "→": r" \to ", "⇒": r" \Rightarrow ", "∠": r" \angle ", "△": r" \triangle ", "∥": r" \parallel ",
    "⊥": r" \perp ", "“": '"', "”": '"', "⁄": "/", "∕": "/", "∶": ":", "、": ",", "。": ".", "；": ";", "∖": r" \setminus ",
    "℃": r" \degree C", "℉": r" \degree F", "∣": "|", "∑": r"\sum ", "∫": r"\int ", "∧": r" \land ", "∨": r" \lor ",
    "【": "[", "】": "]", "…": "...", "⋯": "...", "ⅈ": "i", "ℯ": "e", "∘": r"\circ ",
}  # fmt: skip
_SIGN_TABLE = str.maketrans(_SIGNS)
_GREEK_SIGNS = str.maketrans(
    {
        character: rf" \{name} "
        for character, name in zip(
            "αβγδεζηθικλμνξρστυφχψωΓΔΘΛΞΣΦΨΩϕ",
            (
                "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi "
                "psi omega Gamma Delta Theta Lambda Xi Sigma Phi Psi Omega phi"
            ).split(),
            strict=True,
        )
    }
)

_SPACING = re.compile(r"\\(?:[,;:! >]|q?quad(?!rant)|thinspace\b|medspace\b|enspace\b|hspace\*?\{[^{}]*\}|vspace\*?\{[^{}]*\})|~")
_DROPPED = re.compile(
    r"\\(?:displaystyle|textstyle|scriptstyle|limits|nolimits|boldsymbol|bm|mathbf|mathit|mathsf|mathcal|mathscr|mathfrak|"
    r"vec|overrightarrow|overleftrightarrow|widehat|hat|tilde|widetilde|mathop|mathord|mathbin|mathrel|rm|bf|it|"
    r"bigg?[lrm]?|Bigg?[lrm]?|phantom|strut|nonumber|hline|triangle|angle|underline|ensuremath|normalsize|large|Large|"
    r"color\{[^{}]*\}|textcolor\{[^{}]*\})(?![A-Za-z])"
)
_LEFT_RIGHT = re.compile(r"\\(?:left|right|middle)(?![A-Za-z])\s*(\.(?!\d))?")
_MATH_DELIMITERS = re.compile(r"(?<!\\)\\[()\[\]]")
_DEGREE = re.compile(r"\^\s*(?:\{\s*\\(?:circ|degree|deg)\s*\}|\\(?:circ|degree)(?![A-Za-z])|o(?![A-Za-z]))|\\textdegree(?![A-Za-z])|\{\s*\\degree\s*\}")
_TEMPERATURE = re.compile(r"\\degree\s*(?:\\(?:text|mathrm)\s*\{\s*)?([CF])(?![A-Za-z])\s*\}?")
_GROUPED = re.compile(r"(?<![\d.])(\d{1,3})((?:\s*(?:\{\s*,\s*\}|,?\s*\\[,!;: ]|,\s*\\!|~|\{,\}\s*)\s*\d{3})+)(?!\d)")
_BOLD_POWER = re.compile(r"(?<=[\w)\]}])\s?\*\*\s?(?=[\w(\\{-])")
_BOXED = re.compile(r"\\(?:boxed|fbox|framebox)(?![A-Za-z])")
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]")
_DOUBLED = re.compile(r"\\\\(?=(?:frac|dfrac|tfrac|left|right|sqrt|text|pi|infty|cdot|times|le|ge|leq|geq|in|cup|cap|circ|mathrm|begin|end|pm|sin|cos|tan|ln|log|boxed|angle|mathbb|quad)(?![a-z]))")
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?")


def strip_invisible(text: str) -> str:
    """`text` without characters that print as nothing (zero-width spaces, direction marks, variation selectors)."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def clean(text: str) -> str:
    """`text` in one spelling: ASCII signs and LaTeX commands, one kind of space, no layout commands."""
    if _PLAIN.fullmatch(text):
        return text
    if not text.isascii():
        text = _unicode(text)
    text = text.replace("\r", " ").replace("\t", " ")
    if "\\" in text:
        if "\\\\" in text and "\\begin" not in text:
            text = _DOUBLED.sub(r"\\", text)
        text = _BOXED.sub(" ", text)
        text = text.replace(r"\$", " \\dollar ").replace(r"\#", " ").replace(r"\_", " ")
        text = _GROUPED.sub(lambda match: match[1] + re.sub(r"\D", "", match[2]), text)
        text = text.replace("\\\\", " \\newline ")
        text = _MATH_DELIMITERS.sub(" ", text)
        text = _LEFT_RIGHT.sub(" ", text)
        text = _SPACING.sub(" ", text)
        text = _DROPPED.sub(" ", text)
        text = _DEGREE.sub(r" \\degree ", text)
        text = _TEMPERATURE.sub(lambda match: r" \text{" + {"C": "celsius", "F": "fahrenheit"}[match[1]] + "} ", text)
    elif "^" in text or "{" in text:
        text = _GROUPED.sub(lambda match: match[1] + re.sub(r"\D", "", match[2]), text)
        text = _DEGREE.sub(r" \\degree ", text)
    if "$" in text:
        text = _dollars(text)
    if "**" in text or "`" in text:
        text = _BOLD_POWER.sub("^", text).replace("**", " ").replace("`", " ")
    text = text.replace("~", " ")
    return re.sub(r"\s+", " ", text).strip()


def _unicode(text: str) -> str:
    text = _INVISIBLE.sub("", text)
    text = _VULGAR.sub(_vulgar, text)
    text = _SUPERSCRIPT_RUN.sub(lambda match: "^{" + match[0].translate(_SUPERSCRIPTS) + "}", text)
    text = _SUBSCRIPT_RUN.sub(lambda match: "_{" + match[0].translate(_SUBSCRIPTS) + "}", text)
    for sign, command in _CIRCLED.items():
        if sign in text:
            text = text.replace(sign, command)
    text = text.translate(_SIGN_TABLE)
    text = re.sub("(\\d)\u0305", r"\\overline{\1}", text)
    text = unicodedata.normalize("NFKC", text)
    return text.translate(_SIGN_TABLE).translate(_GREEK_SIGNS)


def _vulgar(match: re.Match[str]) -> str:
    value = Fraction(unicodedata.numeric(match[2])).limit_denominator(10)
    fraction = rf"\frac{{{value.numerator}}}{{{value.denominator}}}"
    return f"{match[1]}{fraction}"


def _dollars(text: str) -> str:
    """Math delimiters vanish; a lone sign before a number is money."""
    if text.count("$") % 2 == 0:
        return text.replace("$", " ")
    head, _, tail = text.rpartition("$")
    if re.match(r"\s*-?\d|\s*\.\d", tail):
        return head.replace("$", " ") + " \\dollar " + tail
    return text.replace("$", " ")


_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>(?:\d+(?:_\d{3})+(?![\d_])|\d+(?:'\d{3})+(?!\d)|\d+)(?:\.\d+|\.(?!\.))?|\.\d+)
    |(?P<dots>\.\.\.+|\\(?:l|c|)dots[cbmio]?(?![A-Za-z]))
    |(?P<command>\\[A-Za-z]+\*?|\\[{}|%&])
    |(?P<letters>[A-Za-z]+)
    |(?P<relation><=>|<=|>=|=>|->|==|!=|:=|<>|[<>=])
    |(?P<prime>'+)
    |(?P<other>[-+*/^_(){}\[\]|!,;:&%$])
    |(?P<money>[€£¥₹¢])
    |(?P<foreign>[^\W\d_a-zA-Z]+)
    """,
    re.VERBOSE,
)
_RELATIONS = {
    "=": "=", "==": "=", ":=": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "!=": "!=", "<>": "!=", "=>": "=>",
    "->": "->", "<=>": "<=>",
    "lt": "<", "gt": ">", "le": "<=", "leq": "<=", "leqslant": "<=", "leqq": "<=", "ge": ">=", "geq": ">=",
    "geqslant": ">=", "geqq": ">=", "ne": "!=", "neq": "!=", "in": "in", "notin": "notin", "approx": "approx",
    "simeq": "approx", "doteq": "approx", "equiv": "equiv", "to": "->", "rightarrow": "->", "mapsto": "->", "longrightarrow": "->",
    "Rightarrow": "=>", "implies": "=>", "Longrightarrow": "=>", "iff": "<=>", "Leftrightarrow": "<=>", "perp": "perp",
    "parallel": "parallel", "subset": "subset", "subseteq": "subseteq", "sim": "sim", "cong": "cong", "propto": "propto",
    "thickapprox": "approx", "supset": "supset", "supseteq": "supseteq", "eq": "=",
}  # fmt: skip
_TEXT_COMMANDS = frozenset(
    "text textbf textit textrm textsf texttt textnormal textup mathrm mbox hbox operatorname rm mathtt emph textsc".split()
)
_COMMAND_ALIASES = {
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "nicefrac": "frac", "sfrac": "frac", "dbinom": "binom",
    "tbinom": "binom", "cdot": "*", "times": "*", "ast": "*", "div": "/", "%": "%", "lbrace": "{{", "rbrace": "}}", "{": "{{",
    "}": "}}", "lvert": "|", "rvert": "|", "vert": "|", "|": "|", "lVert": "|", "rVert": "|", "Vert": "|", "newline": "newline",
    "cr": "newline", "lbrack": "[", "rbrack": "]", "lparen": "(", "rparen": ")", "colon": ":", "mid": "mid", "langle": "<<",
    "rangle": ">>", "setminus": "setminus", "backslash": "setminus", "cup": "cup", "bigcup": "cup", "cap": "cap",
    "bigcap": "cap", "land": "and", "wedge": "and", "lor": "or", "vee": "or", "&": "&", "bullet": "*", "degree": "degree",
    "deg": "degree", "dollar": "currency", "euro": "currency", "pounds": "currency", "prime": "prime", "textasciicircum": "^",
    "lt": "<", "over": "over", "choose": "choose", "pmod": "pmod", "bmod": "mod", "mod": "mod", "pm": "pm", "mp": "mp",
    "frac": "frac", "sqrt": "sqrt", "cbrt": "cbrt", "binom": "binom", "overline": "overline", "bar": "overline",
    "dot": "dot", "lfloor": "lfloor", "rfloor": "rfloor", "lceil": "lceil", "rceil": "rceil", "sum": "sum", "prod": "sum",
    "int": "integral", "iint": "integral", "oint": "integral", "lim": "limit", "textcircled": "circled", "circled": "circled",
    "stackrel": "stackrel", "substack": "stackrel", "circ": "compose", "percent": "%", "therefore": "skip", "because": "skip",
    "tag": "tag", "overset": "stackrel", "underset": "stackrel", "partial": "partial", "neg": "not", "lnot": "not",
}  # fmt: skip
_CONSTANT_COMMANDS = {
    "pi": "pi", "infty": "oo", "emptyset": "empty", "varnothing": "empty", "imath": "i", "R": "R", "N": "N", "Z": "Z",
    "Q": "Q", "C": "C", "e": "e", "i": "i", "exponentialE": "e", "reals": "R", "nothing": "empty",
}  # fmt: skip
_CONSTANT_WORDS = {"pi": "pi", "Pi": "pi", "PI": "pi", "inf": "oo", "infinity": "oo", "infty": "oo", "oo": "oo", "Infinity": "oo"}
_CONNECTIVES = {"and": "and", "or": "or", "&": "and", "和": "and", "或": "or", "与": "and", "及": "and", "或者": "or", "且": "and"}
_FUNCTION_ALIASES = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
    "tg": "tan", "ctg": "cot", "arctg": "arctan", "ceiling": "ceil", "sign": "sgn", "binomial": "binom", "Re": "re", "Im": "im",
}  # fmt: skip
_FUNCTION_COMMANDS = FUNCTIONS - {"re", "im", "sqrt", "gamma", "binom"}
_FUNCTIONS_OR_WORDS = frozenset({"min", "max", "sec", "sign", "round", "re", "im", "Re", "Im", "det", "floor", "ceiling", "arg"})
_MAX_PRODUCT_LETTERS = 3
_ENGLISH_SHORT = frozenset(
    """is are be was the per for all any not an at by of on so we he she it its if no yes do has had but can may you old new
    day men man boy ten six one two sum odd net tax few out up as to in my pm am dne ams end off set way box top red cat dog bus
    car cup egg pen bag own""".split()
)


class _Lexer:
    def __init__(self, text: str, *, prose: bool) -> None:
        self.text = text
        self.prose = prose
        self.position = 0
        self.tokens: list[Token] = []

    def run(self) -> list[Token]:
        spaced = False
        while self.position < len(self.text):
            match = _TOKEN.match(self.text, self.position)
            if match is None:
                character = self.text[self.position]
                if character in '."?':
                    self.position += 1
                    spaced = True
                    continue
                raise LexError(f"unexpected character {character!r}")
            self.position = match.end()
            kind = match.lastgroup
            if kind == "space":
                spaced = True
                continue
            self._one(kind or "", match[0], spaced)
            if len(self.tokens) > MAX_TOKENS:
                raise AnswerTooLargeError(f"more than {MAX_TOKENS} tokens")
            spaced = False
        return self.tokens

    def _add(self, kind: str, text: str, spaced: bool, number: Number | None = None) -> None:
        self.tokens.append(Token(kind, text, number, spaced))

    def _one(self, kind: str, text: str, spaced: bool) -> None:
        if kind == "number":
            self._number(text, spaced)
        elif kind == "letters":
            self._letters(text, spaced)
        elif kind == "command":
            self._command(text[1:].rstrip("*"), spaced)
        elif kind == "relation":
            self._add("relation", _RELATIONS[text], spaced)
        elif kind == "foreign":
            connective = _CONNECTIVES.get(text)
            self._add("and" if connective else "word", connective or text, spaced)
        elif kind == "prime":
            self._add("prime", text, spaced)
        elif text == "¢":
            self._add("word", "cents", True)
        elif kind == "money":
            self._add("currency", text, spaced)
        elif kind == "dots":
            self._add("dots", "...", spaced)
        elif text == "$":
            self._add("currency", "$", spaced)
        else:
            self._add(text, text, spaced)

    def _number(self, text: str, spaced: bool) -> None:
        digits = text.replace("_", "").replace("'", "")
        if len(digits) > MAX_DIGITS:
            raise AnswerTooLargeError(f"a number of more than {MAX_DIGITS} digits")
        whole, point, decimals = digits.partition(".")
        if text.endswith("."):
            point = ""
        places = len(decimals) if point else None
        # 1.5e-3: an exponent directly after the digits, not followed by more letters.
        exponent = re.compile(r"[eE]([-+]?\d{1,5})(?![\w.])").match(self.text, self.position)
        value = Fraction(int((whole + decimals) or "0"), 10 ** len(decimals))
        if exponent is not None and not self.prose:
            self.position = exponent.end()
            power = int(exponent[1])
            if abs(power) > MAX_DIGITS:
                raise AnswerTooLargeError(f"exponent {power} of a number is over {MAX_DIGITS}")
            value *= Fraction(10) ** power
            places = len(decimals) - power
        self._add("number", digits, spaced, Number(value, places))

    def _letters(self, text: str, spaced: bool) -> None:
        lower = text.lower()
        if lower in ("and", "or"):
            self._add("and", lower, spaced)
        elif lower in NUMBER_WORDS or lower in ("half", "dozen"):
            self._number_words(lower, text, spaced)
        elif scale_of(lower) and self.tokens and self.tokens[-1].kind == "number":
            self._scale(scale_of(lower) or 1)
        elif text in FUNCTIONS and self._is_function(text):
            self._function(text, spaced)
        elif text in _CONSTANT_WORDS:
            self._add("constant", _CONSTANT_WORDS[text], spaced)
        elif text in GREEK and not self.prose:
            self._add("symbol", text, spaced)
        elif lower == "mod":
            self._add("mod", lower, spaced)
        elif len(text) == 1:
            self._letter(text, spaced)
        elif self.prose or len(text) > _MAX_PRODUCT_LETTERS or lower in _ENGLISH_SHORT or find_unit(text):
            self._word_or_product(text, spaced)
        else:
            for index, letter in enumerate(text):
                self._letter(letter, spaced and index == 0)

    def _is_function(self, name: str) -> bool:
        """Some functions are also words or units, unless brackets follow: `min`, `sec`, `sign`."""
        if name not in _FUNCTIONS_OR_WORDS:
            return True
        return re.compile(r"\s*[_^({\[]").match(self.text, self.position) is not None

    def _word_or_product(self, text: str, spaced: bool) -> None:
        for name in ("sqrt", "pi"):
            rest = text[: -len(name)]
            if text.endswith(name) and 0 < len(rest) <= 2 and not self.prose:
                self._letters(rest, spaced)
                self._letters(name, False)
                return
        self._add("word", text, spaced)

    def _letter(self, letter: str, spaced: bool) -> None:
        if self.prose and letter not in "ei":
            self._add("word", letter, spaced)
        elif letter in "ei":
            self._add("constant", letter, spaced)
        else:
            self._add("symbol", letter, spaced)

    def _function(self, name: str, spaced: bool) -> None:
        name = _FUNCTION_ALIASES.get(name, name)
        if name in ("sqrt", "cbrt", "binom"):
            self._add(name, "plain", spaced)
        else:
            self._add("function", name, spaced)

    def _number_words(self, first: str, original: str, spaced: bool) -> None:
        words, end = [first], self.position
        follow = re.compile(r"(?:\s+|-)([A-Za-z]+)")
        best, best_end = number_from_words(words), end
        if first == "half":
            best = Fraction(1, 2)
        while (match := follow.match(self.text, end)) is not None and len(words) < 12:
            word = match[1].lower()
            if word not in NUMBER_WORDS and word not in PART_WORDS and not scale_of(word) and word != "and":
                break
            words.append(word)
            end = match.end()
            value = number_from_words(words)
            if value is not None and word != "and":
                best, best_end = value, end
            elif value is None:
                break
        if best is None:
            self._add("word", original, spaced)
            return
        self.position = best_end
        self._add("number", str(best), spaced, Number(best))

    def _scale(self, factor: int) -> None:
        last = self.tokens.pop()
        assert last.number is not None
        value = last.number.value * factor
        places = None if last.number.places is None else last.number.places - len(str(factor)) + 1
        self._add("number", str(value), last.spaced, Number(value, places))

    def _command(self, name: str, spaced: bool) -> None:
        if name in _TEXT_COMMANDS:
            self._text(spaced)
        elif name in ("mathbb", "mathbf", "Bbb"):
            match = re.compile(r"\s*\{?\s*([A-Za-z])\s*\}?").match(self.text, self.position)
            if match is None:
                raise LexError(f"\\{name} without a letter")
            self.position = match.end()
            self._add("constant", match[1].upper(), spaced)
        elif name in ("begin", "end"):
            match = re.compile(r"\s*\{\s*([A-Za-z]+)\*?\s*\}(\s*\{[lcr|@{} ]*\})?(\[[lcr]\])?").match(self.text, self.position)
            if match is None:
                raise LexError(f"\\{name} without an environment")
            self.position = match.end()
            self._add(name, match[1], spaced)
        elif name in _COMMAND_ALIASES:
            kind = _COMMAND_ALIASES[name]
            if kind == "tag":
                raise LexError("a tag is not part of an answer")
            if kind in ("and", "or"):
                self._add("and", kind, spaced)
            elif kind == "currency":
                self._add("currency", {"dollar": "$", "euro": "€", "pounds": "£"}[name], spaced)
            elif kind == "prime":
                self._add("prime", "'", spaced)
            elif kind != "skip":
                self._add(kind, name, spaced)
        elif name in _RELATIONS:
            self._add("relation", _RELATIONS[name], spaced)
        elif name in _CONSTANT_COMMANDS:
            self._add("constant", _CONSTANT_COMMANDS[name], spaced)
        elif name in _FUNCTION_COMMANDS:
            self._function(name, spaced)
        elif name in GREEK:
            self._add("symbol", name, spaced)
        else:
            raise LexError(f"unknown command \\{name}")

    def _text(self, spaced: bool) -> None:
        """The words of a \\text{...}: read as prose, so that letters are not variables."""
        while self.position < len(self.text) and self.text[self.position] == " ":
            self.position += 1
        if self.position >= len(self.text):
            return
        if self.text[self.position] != "{":
            self._letters(self.text[self.position], spaced)
            self.position += 1
            return
        depth, end = 0, self.position
        for end in range(self.position, len(self.text)):
            depth += {"{": 1, "}": -1}.get(self.text[end], 0)
            if depth == 0:
                break
        inside = self.text[self.position + 1 : end]
        self.position = end + 1
        stripped = inside.strip()
        if (stripped in FUNCTIONS and stripped not in ("min", "sec")) or (stripped in "ei" and len(stripped) == 1):
            self._letters(stripped, spaced)
            return
        inner = _Lexer(inside, prose="\\" not in inside).run()
        for index, token in enumerate(inner):
            self._add(token.kind, token.text, token.spaced or (index == 0 and spaced) or token.kind == "word", token.number)


def tokenize(text: str) -> list[Token]:
    """Tokens of a cleaned answer.

    Raises:
        LexError: something in it is no mathematics and no word.
        AnswerTooLargeError: too many tokens or digits.
    """
    return _Lexer(text, prose=False).run()
