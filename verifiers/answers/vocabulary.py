"""Words that answers use: units, number words, functions, letters, and phrases that mean the same.

>>> number_from_words(["twenty", "one"])
Fraction(21, 1)
>>> find_unit("centimeters").dimension
'length'
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from verifiers.answers.tree import Unit

__all__ = [
    "CURRENCY_SIGNS",
    "FUNCTIONS",
    "GREEK",
    "MONTHS",
    "NUMBER_WORDS",
    "OPEN_FUNCTIONS",
    "PART_WORDS",
    "SYNONYMS",
    "UNIT_WORDS",
    "find_unit",
    "number_from_words",
    "scale_of",
]

_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_PARTS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4,
    "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6, "seventh": 7, "sevenths": 7, "eighth": 8, "eighths": 8,
    "ninth": 9, "ninths": 9, "tenth": 10, "tenths": 10, "hundredth": 100, "hundredths": 100,
}  # fmt: skip

NUMBER_WORDS: dict[str, int] = {
    **{word: value for value, word in enumerate(_SMALL)},
    **{word: 20 + 10 * index for index, word in enumerate(_TENS)},
}
"""English words that can begin a number."""

PART_WORDS = frozenset(_PARTS)
_CHINESE_SCALES = {"百": 100, "千": 1_000, "万": 10_000, "亿": 10**8}


def scale_of(word: str) -> int | None:
    """The factor that a word such as `million` or `万` stands for."""
    return _SCALES.get(word) or _CHINESE_SCALES.get(word)


def number_from_words(words: Sequence[str]) -> Fraction | None:
    """The number that English words spell, or None.

    Args:
        words: lower case, without hyphens: `["two", "thirds"]`, `["one", "hundred", "and", "five"]`.
    """
    total = current = 0
    seen = False
    for index, word in enumerate(words):
        if word in NUMBER_WORDS:
            value = NUMBER_WORDS[word]
            if seen and current % 100 and not (value < 10 and current % 100 >= 20 and current % 10 == 0):
                return None
            current += value
            seen = True
        elif word in _SCALES:
            scale = _SCALES[word]
            current = max(current, 1) * scale
            seen = True
            if scale >= 1_000:
                total, current = total + current, 0
        elif word in _PARTS and index == len(words) - 1 and seen:
            return Fraction(total + current, _PARTS[word])
        elif word != "and" or not seen:
            return None
    return Fraction(total + current) if seen else None


OPEN_FUNCTIONS = frozenset((
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "arccot", "arcsec", "arccsc", "sinh",
    "cosh", "tanh", "coth", "sech", "csch", "arcsinh", "arccosh", "arctanh", "ln", "log", "lg", "exp", "cis", "det",
))  # fmt: skip
"""Functions whose argument may follow without parentheses."""

FUNCTIONS = OPEN_FUNCTIONS | {
    "asin", "acos", "atan", "asinh", "acosh", "atanh", "sqrt", "cbrt", "abs", "floor", "ceil", "ceiling", "gcd",
    "lcm", "max", "min", "sgn", "sign", "gamma", "arg", "Re", "Im", "re", "im", "tg", "ctg", "arctg", "binom",
    "binomial", "factorial", "round",
}  # fmt: skip
"""Names read as functions in plain text and in LaTeX."""

GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "varepsilon",
        "zeta",
        "eta",
        "theta",
        "vartheta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "rho",
        "varrho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "varphi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Sigma",
        "Upsilon",
        "Phi",
        "Psi",
        "Omega",
        "ell",
        "hbar",
    ]
)
"""Letters with a name of their own."""

CURRENCY_SIGNS = {"$": "dollar", "€": "euro", "£": "pound sterling", "¥": "yuan", "￥": "yuan", "₹": "rupee"}

MONTHS = {
    name: index
    for index, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
            "september sep sept", "october oct", "november nov", "december dec",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip

_UNIT_TABLE = """
length 1: m meter meters metre metres 米
length 1/100: cm centimeter centimeters centimetre centimetres 厘米
length 1/10: dm decimeter decimeters 分米
length 1/1000: mm millimeter millimeters millimetre millimetres 毫米
length 1000: km kilometer kilometers kilometre kilometres 千米 公里
length 0.0254: inch inches in
length 0.3048: ft foot feet
length 0.9144: yd yard yards
length 1609.344: mi mile miles
length 1/1000000: micrometer micrometers micron microns
length 1/1000000000: nm nanometer nanometers
mass 1: g gram grams 克
mass 1000: kg kilogram kilograms kilo kilos 千克 公斤
mass 1/1000: mg milligram milligrams 毫克
mass 1000000: tonne tonnes 吨
mass 453.59237: lb lbs pound pounds
mass 28.349523125: oz ounce ounces
time 1: s sec secs second seconds 秒
time 60: min mins minute minutes 分钟
time 3600: h hr hrs hour hours 小时
time 86400: day days 天
time 604800: week weeks 周
month 1: month months 月
month 12: year years yr yrs 年
volume 1: L liter liters litre litres 升
volume 1/1000: mL ml milliliter milliliters cc 毫升
volume 3.785411784: gal gallon gallons
money 1: dollar dollars usd bucks 美元
money 1/100: cent cents ¢
euro 1: euro euros eur
pence 1: pence
yuan 1: yuan rmb 元 块
yuan 1/10: 角
yen 1: yen 日元
rupee 1: rupee rupees rs
pound sterling 1: gbp
angle 1: degree degrees deg 度
radian 1: radian radians rad rads
energy 1: J joule joules
energy 1000: kJ kilojoule kilojoules
power 1: W watt watts
power 1000: kW kilowatt kilowatts
force 1: N newton newtons
pressure 1: Pa pascal pascals
frequency 1: Hz hertz
voltage 1: V volt volts
current 1: A ampere amperes amp amps
resistance 1: ohm ohms
celsius 1: celsius ℃
fahrenheit 1: fahrenheit ℉
kelvin 1: K kelvin kelvins
speed 0.44704: mph
speed 1/3.6: kph kmh
area 10000: hectare hectares ha 公顷
area 4046.8564224: acre acres
square 1: squareunit sq
percentage 1: percent percentage pct
amount 1: mol moles mole
"""


def _factor(text: str) -> Fraction:
    top, _, bottom = text.partition("/")
    return Fraction(top) / Fraction(bottom or 1)


def _table() -> dict[str, Unit]:
    units = {}
    for line in _UNIT_TABLE.strip().splitlines():
        head, _, names = line.partition(":")
        dimension, _, factor = head.rpartition(" ")
        first, *others = names.split()
        unit = Unit(first, dimension, _factor(factor))
        units.update(dict.fromkeys((first, *others), unit))
    return units


_UNITS = _table()
_LOWER_UNITS = {name: unit for name, unit in _UNITS.items() if len(name) > 1 or not name.isascii()}
_LOWER_UNITS |= {name.lower(): unit for name, unit in _LOWER_UNITS.items()}


UNIT_WORDS = frozenset(name for name in _UNITS if name.isascii() and name.isalpha() and len(name) > 1) - {
    *("in", "rs", "sq", "ha", "pa", "squareunit", "pct", "percent", "percentage"),
}
"""Names that are units wherever they stand after a number in a sentence (`in` is mostly no inch)."""


def find_unit(name: str) -> Unit | None:
    """The unit called `name`, or None; single letters are case-sensitive."""
    return _UNITS.get(name) or _LOWER_UNITS.get(name.lower())


SYNONYMS: dict[str, str] = {
    alias: canonical
    for canonical, aliases in {
        "yes": ("yes", "true", "correct", "right", "是", "对", "正确", "是的", "能", "t"),
        "no": ("no", "false", "incorrect", "wrong", "否", "错", "错误", "不是", "不能", "不对", "f"),
        "no solution": (
            "no solution", "no solutions", "no real solution", "no real solutions", "none", "there is no solution",
            "there are no solutions", "has no solution", "no such number", "no such numbers", "empty set",
            "empty", "null set", "无解", "空集", "no roots", "no real roots", "there are none", "impossible",
            "no integer solutions", "no integer solution", "inconsistent", "no answer", "no such integers", "null",
            "no solution exists", "no solutions exist",
        ),
        "undefined": (
            "undefined", "does not exist", "dne", "doesnt exist", "not defined", "不存在",
            "limit does not exist",
        ),
        "diverges": ("diverges", "divergent", "diverge", "series diverges", "does not converge", "发散"),
        "converges": ("converges", "convergent", "converge", "series converges", "收敛"),
        "infinitely many": (
            "infinitely many", "infinitely many solutions", "infinite", "无数", "无穷多",
            "infinite solutions", "infinite number of solutions", "there are infinitely many solutions",
            "there are infinitely many", "it has infinitely many solutions", "there are infinite solutions",
            "无穷多个", "infinite number",
        ),
        "cannot be determined": (
            "cannot be determined", "it cannot be determined", "cant be determined", "can not be determined",
            "not enough information", "there is not enough information", "insufficient information", "undetermined",
            "indeterminate", "无法确定", "不能确定",
        ),
        "all real numbers": (
            "all real numbers", "all reals", "reals", "real numbers", "all real number", "全体实数",
            "any real number", "set of all real numbers", "set of real numbers", "every real number", "实数集",
            "all real values", "r",
        ),
    }.items()
    for alias in aliases
}  # fmt: skip
"""Phrases that say the same thing, each with one spelling for all."""
