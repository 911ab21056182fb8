r"""One spelling for what is written in many ways: unicode signs, spacing and layout commands, digit groups, markdown.

clean("$10{,}000$")      ->   "10000"
clean("x² ≤ 5")          ->   "x^{2} \\le 5"
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

from verifiers.answers.chinese_numerals import with_digits
from verifiers.answers.vocabulary import NUMBER_WORDS

__all__ = ["clean", "strip_invisible"]

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱˣ", "0123456789+-nix")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋ₙₓ", "0123456789+-nx")
_SUPERSCRIPT_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱˣ]+")
_SUBSCRIPT_RUN = re.compile("[₀₁₂₃₄₅₆₇₈₉₊₋ₙₓ]+")
_VULGAR = re.compile("([0-9]?)\\s*([¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])")
_CIRCLED = {chr(0x2460 + index): rf"\textcircled{{{index + 1}}}" for index in range(20)}
_SIGNS = {
    "−": "-",
    "–": "-",
    "—": "-",
    "‐": "-",
    "‑": "-",
    "﹣": "-",
    "×": r" \times ",
    "✕": r" \times ",
    "✖": r" \times ",
    "÷": r" \div ",
    "·": r" \cdot ",
    "⋅": r" \cdot ",
    "∙": r" \cdot ",
    "∗": "*",
    "√": r" \sqrt ",
    "∛": r" \cbrt ",
    "π": r" \pi ",
    "∞": r" \infty ",
    "≤": r" \le ",
    "≦": r" \le ",
    "⩽": r" \le ",
    "≥": r" \ge ",
    "≧": r" \ge ",
    "⩾": r" \ge ",
    "≠": r" \ne ",
    "≈": r" \approx ",
    "≡": r" \equiv ",
    "±": r" \pm ",
    "∓": r" \mp ",
    "∪": r" \cup ",
    "∩": r" \cap ",
    "∈": r" \in ",
    "∉": r" \notin ",
    "∅": r" \emptyset ",
    "Ø": r" \emptyset ",
    "°": r" \degree ",
    "º": r" \degree ",
    "˚": r" \degree ",
    "ℝ": r" \mathbb{R} ",
    "ℤ": r" \mathbb{Z} ",
    "ℚ": r" \mathbb{Q} ",
    "ℕ": r" \mathbb{N} ",
    "ℂ": r" \mathbb{C} ",
    "⌊": r" \lfloor ",
    "⌋": r" \rfloor ",
    "⌈": r" \lceil ",
    "⌉": r" \rceil ",
    "′": "'",
    "’": "'",
    "‘": "'",
    "″": "''",
    "⟨": r" \langle ",
    "⟩": r" \rangle ",
    "〈": r" \langle ",
    "〉": r" \rangle ",
    "→": r" \to ",
    "⇒": r" \Rightarrow ",
    "∠": r" \angle ",
    "△": r" \triangle ",
    "∥": r" \parallel ",
    "⊥": r" \perp ",
    "“": '"',
    "”": '"',
    "⁄": "/",
    "∕": "/",
    "∶": ":",
    "、": ",",
    "。": ".",
    "；": ";",
    "∖": r" \setminus ",
    "℃": r" \degree C",
    "℉": r" \degree F",
    "∣": "|",
    "∑": r"\sum ",
    "∫": r"\int ",
    "∧": r" \land ",
    "∨": r" \lor ",
    "【": "[",
    "】": "]",
    "…": "...",
    "⋯": "...",
    "ⅈ": "i",
    "ℯ": "e",
    "∘": r"\circ ",
}
_SIGN_TABLE = str.maketrans(_SIGNS)
_GREEK_SIGNS = str.maketrans(
    {
        character: rf" \{name} "
        for character, name in zip(
            "αβγδεζηθικλμνξρστυφχψωΓΔΘΛΞΣΦΨΩϕ",
            [
                "alpha",
                "beta",
                "gamma",
                "delta",
                "epsilon",
                "zeta",
                "eta",
                "theta",
                "iota",
                "kappa",
                "lambda",
                "mu",
                "nu",
                "xi",
                "rho",
                "sigma",
                "tau",
                "upsilon",
                "phi",
                "chi",
                "psi",
                "omega",
                "Gamma",
                "Delta",
                "Theta",
                "Lambda",
                "Xi",
                "Sigma",
                "Phi",
                "Psi",
                "Omega",
                "phi",
            ],
            strict=True,
        )
    }
)

_SPACING = re.compile(
    r"\\(?:[,;:! >]|q?quad(?!rant)|thinspace\b|medspace\b|enspace\b|hspace\*?\{[^{}]*\}|vspace\*?\{[^{}]*\})|~"
)
_QUAD = re.compile(r"(?:\\q?quad(?!rant)\s*)+")
_RELATION = re.compile(r"[=<>]|\\(?:[lgn]e|[lg]eq|neq|equiv|approx)(?![A-Za-z])")
_DROPPED = re.compile(
    r"\\(?:displaystyle|textstyle|scriptstyle|limits|nolimits|boldsymbol|bm|mathbf|mathit|mathsf|mathcal|mathscr|mathfrak|"
    r"vec|overrightarrow|overleftrightarrow|widehat|hat|tilde|widetilde|mathop|mathord|mathbin|mathrel|rm|bf|it|"
    r"bigg?[lrm]?|Bigg?[lrm]?|phantom|strut|nonumber|hline|triangle|angle|underline|ensuremath|normalsize|large|Large|"
    r"color\{[^{}]*\}|textcolor\{[^{}]*\})(?![A-Za-z])"
)
_LEFT_RIGHT = re.compile(r"\\(?:left|right|middle)(?![A-Za-z])\s*(?:\.(?!\d)|(?=[^A-Za-z\s]))")
_MATH_DELIMITERS = re.compile(r"(?<!\\)\\[()\[\]]")
_DEGREE = re.compile(
    r"\^\s*(?:\{\s*\\(?:circ|degree|deg)\s*\}|\\(?:circ|degree)(?![A-Za-z])|o(?![A-Za-z]))|\\textdegree(?![A-Za-z])|\{\s*\\degree\s*\}"
)
_TEMPERATURE = re.compile(r"\\degree\s*(?:\\(?:text|mathrm)\s*\{\s*)?([CF])(?![A-Za-z])\s*\}?")
_GROUPED = re.compile(
    r"(?<![\d.])(\d{1,3})"
    r"((?:\s*(?:(?:\\!\s*)?\{\s*,\s*\}(?:\s*\\!)?|(?:\\!\s*)?,?\s*\\[,!;: ]|\\!\s*,|~)\s*\d{3})+)(?!\d)"
)
_BOLD_POWER = re.compile(r"(?<=[\w)\]}])\s?\*\*\s?(?=[\w(\\{-])")
_BRACED_ARRAY = re.compile(
    r"\\left\s*\\\{\s*\\begin\{(?:array|aligned|matrix)\}(?:\s*\{[lcr ]*\})?"
    r"(.{1,3000}?)\\end\{(?:array|aligned|matrix)\}\s*\\right\s*\.",
    re.DOTALL,
)
_PRIMES = re.compile(r"\s*\^\s*(?:\{\s*(?:\\prime\s*){1,3}\}|\\prime(?![A-Za-z]))")
_UNIT_QUOTIENT = re.compile(
    r"(?<=[\d\s}),;:!])\\[dt]?frac\s*"
    + r"\s*".join([r"\{\s*(\\(?:text|mathrm)\s*\{[^{}]*\}(?:\s*\^\s*(?:\d|\{\d\}))?)\s*\}"] * 2)
    + r"(?!\s*\^)"
)
r"""`\frac{\text{m}}{\text{s}^2}`, a unit."""

_TRANSPOSED = re.compile(
    r"(?<=[)}\]])\s*\^\s*(?:\{\s*)?(?:\\top|\\intercal|\\(?:mathrm|mathsf|text)\s*\{\s*T\s*\})(?![A-Za-z])(?:\s*\})?"
)
_TEXT_DIGITS = re.compile(r"(?<=\d)\s*\\(?:text|mathrm|texttt)\s*\{\s*([A-Z]+)\s*\}(?=[0-9A-Z]*\s*_)")
"""`2\\text{A}_{16}`: digits that are letters."""

_ALIGNMENT = re.compile(r"&\s*(=|<|>|\\(?:le|leq|ge|geq|ne|neq|approx|equiv|in)(?![A-Za-z]))(?:\s*&)?")
"""The mark before a relation in lines that are set under one another."""

_LINES = re.compile(r"\\(?:begin|end)\s*\{(?:aligned|align|split)\*?\}")
_CONTINUED = re.compile(r"\\\\\s*&?\s*=")
"""A line that goes on with an equality sign."""

_EACH = re.compile(
    r"(?<=[\w}])\s+an? (?=(?:second|minute|hour|day|night|week|weekend|month|year|quarter|piece|person|dozen|pound|"
    r"gallon|mile|kilogram)\b)"
)
"""`$18 a day` is $18 per day."""

_BRACED_UNIT = re.compile(r"(?<=\d)\s*\{\s*(m|cm|mm|km|g|kg|ft|in|s|min|h|L|ml)\s*\}")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_ESCAPED_DELIMITERS = re.compile(r"\s*\\\$([^$]*)\\\$\s*")
_AND_A_HALF = re.compile(rf"(?<![\d.\w-])(\d+|{'|'.join(NUMBER_WORDS)})\s+and\s+(?:a|one)[ -]half\b", re.IGNORECASE)
_TIMES_TEN = re.compile(r"(\d)\s*[xX]\s*10\s*\^")
_BOXED = re.compile(r"\\(?:boxed|fbox|framebox)(?![A-Za-z])")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_DOUBLED = re.compile(
    r"\\\\(?=(?:frac|dfrac|tfrac|left|right|sqrt|text|pi|infty|cdot|times|le|ge|leq|geq|in|cup|cap|circ|mathrm|begin|end|pm|sin|cos|tan|ln|log|boxed|angle|mathbb|quad)(?![a-z]))"
)
_DECIMAL_COMMA = re.compile(r"(?<=\d)\{\s*,\s*\}(?=\d{1,2}(?!\d)|\d{4})")
"""`3{,}14`: a comma without the space of a list; before three digits it parts groups."""

_IN_BASE = re.compile(r"\(?([0-9A-F]{1,60})\)?,? \(?(?:in )?base[ -](\d{1,2}|[a-z]{3,7})\)?", re.IGNORECASE)
_EITHER = re.compile(r"either (?=.{1,200}\bor\b)", re.IGNORECASE)
_MODULE_NAME = re.compile(r"\b(?:c?math|np|numpy|sympy|sp)\.(?=[a-z])")
_PYTHON_MATRIX = re.compile(r"(?:(?:Immutable|Mutable)?(?:Dense)?Matrix|array)\((\[.*\])\)")
_PYTHON_QUOTIENT = re.compile(r"\b(?:Fraction|Rational)\(\s*(-?\d+)\s*,\s*(-?\d+)\s*\)")
_PYTHON_LOGARITHM = re.compile(r"\blog(2|10)\(")
_PYTHON_COMPLEX = re.compile(r"\(?\s*((?:[-+]?[\d.]+\s*(?=[-+]))?[-+]?\s*[\d.]*)j\s*\)?")
_SYMPY_IMAGINARY = re.compile(r"(?<=[*/+-])(\s*)I(?![A-Za-z_])|(?<![A-Za-z_])I(?=\s*\*)")
_LETTER = re.compile(r"(?<![A-Za-z])(?![IEe]\b)[A-Za-z](?![A-Za-z])")
"""Another variable, beside which `I` is a variable too."""

_HALF_LINE = re.compile(
    r"\\(?:mathbb|mathbf|Bbb)\s*\{?\s*R\s*\}?\s*(?:\^\s*\{?\s*([-+])|_\s*\{\s*([<>])\s*0)\s*(?:\}|(?<=[-+]))"
)
_OUTWARD = re.compile(r"([\[\]])([^\[\]()]+,[^\[\]()]+)([\[\]])")
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
    if "+/-" in text:
        text = text.replace("+/-", r" \pm ")
    if "base" in text and (numeral := _IN_BASE.fullmatch(text.rstrip("."))) is not None:
        base = NUMBER_WORDS.get(numeral[2].lower(), numeral[2])
        text = f"{numeral[1]}_{{{base}}}" if str(base).isdigit() else text
    if "\\" in text:
        if "\\\\" in text and "\\begin" not in text:
            text = _DOUBLED.sub(r"\\", text)
        text = _BOXED.sub(" ", text)
        if (delimited := _ESCAPED_DELIMITERS.fullmatch(text)) is not None:
            text = delimited[1]
        text = text.replace(r"\$", " \\dollar ").replace(r"\#", " ").replace(r"\_", " ")
        text = _GROUPED.sub(lambda match: match[1] + re.sub(r"\D", "", match[2]), text)
        text = _DECIMAL_COMMA.sub(".", text)
        text = _BRACED_ARRAY.sub(r"\\begin{cases}\1\\end{cases}", text)
        if "{align" in text or "{split" in text:
            text = _CONTINUED.sub(" = ", _LINES.sub(" ", text))
        if "&" in text:
            text = _ALIGNMENT.sub(r"\1", text)
        if "frac" in text:
            text = _UNIT_QUOTIENT.sub(r"\1/\2", text)
        text = _TEXT_DIGITS.sub(r"\1", _TRANSPOSED.sub("^T", text))
        text = _PRIMES.sub(lambda match: "'" * match[0].count("prime"), text)
        text = text.replace("\\\\", " \\newline ")
        text = _MATH_DELIMITERS.sub(" ", text)
        text = _LEFT_RIGHT.sub("", text)
        if "quad" in text:
            text = _parted(text)
        text = _SPACING.sub(" ", text)
        text = _HALF_LINE.sub(lambda match: r"(0,\infty)" if (match[1] or match[2]) in "+>" else r"(-\infty,0)", text)
        text = _DROPPED.sub(" ", text)
        text = _DEGREE.sub(r" \\degree ", text)
        text = _TEMPERATURE.sub(lambda match: r" \text{" + {"C": "celsius", "F": "fahrenheit"}[match[1]] + "} ", text)
    elif "^" in text or "{" in text:
        text = _GROUPED.sub(lambda match: match[1] + re.sub(r"\D", "", match[2]), text)
        text = _DECIMAL_COMMA.sub(".", text)
        text = _DEGREE.sub(r" \\degree ", text)
    if "$" in text:
        text = _dollars(text)
    if "{" in text:
        text = _BRACED_UNIT.sub(r" \\text{\1}", text)
    if " a" in text:
        text = _EACH.sub(" per ", text)
    text = _ORDINAL.sub("", text)
    if text[:1] in "eE":
        text = _EITHER.sub("", text, count=1)
    if "half" in text:
        text = _AND_A_HALF.sub(lambda m: rf"{NUMBER_WORDS.get(m[1].lower(), m[1])} \frac{{1}}{{2}}", text)
    if "10" in text:
        text = _TIMES_TEN.sub(r"\1 \\times 10^", text)
    if "**" in text or "`" in text:
        text = _BOLD_POWER.sub("^", text).replace("**", " ").replace("`", " ")
    text = text.replace("~", " ")
    if "\\" not in text and ("(" in text or "j" in text or "*" in text):
        text = _programmed(text)
    if text[:1] in ("[", "]") and text[-1:] in ("[", "]"):
        text = _turned_brackets(text)
    return re.sub(r"\s+", " ", text).strip()


def _parted(text: str) -> str:
    r"""`y=1 \\quad y=x`: a wide space between two relations is a comma."""
    parts = [part.strip() for part in _QUAD.split(text)]
    apart = all(_RELATION.search(part) and part.count("{") == part.count("}") for part in parts)
    if len(parts) < 2 or not apart or any(part[-1] in ",;" for part in parts[:-1]):
        return text
    return " , ".join(parts)


def _unicode(text: str) -> str:
    text = with_digits(_INVISIBLE.sub("", text))
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


def _programmed(text: str) -> str:
    """What Python and SymPy print, in mathematical spelling: `Fraction(1, 2)`, `2*I`, `(3+2j)`, `log10(5)`."""
    if "j" in text and (match := _PYTHON_COMPLEX.fullmatch(text)) is not None:
        return f"{match[1]}i"
    text = _MODULE_NAME.sub("", text)
    if (matrix := _PYTHON_MATRIX.fullmatch(text)) is not None:
        return matrix[1]
    text = _PYTHON_QUOTIENT.sub(r"(\1)/(\2)", text)
    text = _PYTHON_LOGARITHM.sub(r"log_{\1}(", text)
    return _SYMPY_IMAGINARY.sub(r"\1i", text) if "I" in text and _LETTER.search(text) is None else text


def _turned_brackets(text: str) -> str:
    """`]1,3[` is the open interval (1,3): brackets that look away from it leave the end out."""
    parts = re.split(r"(\\cup)", text)
    matches = [_OUTWARD.fullmatch(part.strip()) for part in parts[::2]]
    if not all(matches) or not any(match and (match[1] == "]" or match[3] == "[") for match in matches):
        return text
    turned = [f"{'[' if m[1] == '[' else '('}{m[2]}{']' if m[3] == ']' else ')'}" for m in matches if m]
    return " \\cup ".join(turned)


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
