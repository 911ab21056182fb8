r"""Chinese numerals in the usual digits.

>>> with_digits("共有十二个苹果")
'共有12个苹果'
>>> with_digits("百分之五十"), with_digits("二分之一"), with_digits("3.5万"), with_digits("负二")
('50%', '1/2', '35000', '-2')
>>> with_digits("5千克一共"), with_digits("统一")
('5千克一共', '统一')
"""

from __future__ import annotations

import re
from fractions import Fraction

__all__ = ["with_digits"]

_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_SCALES = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 10**8}
_NUMERAL = "[零〇一二两三四五六七八九十百千万亿]{1,20}"
_NUMBER = rf"(?:\d{{1,20}}(?:\.\d{{1,20}})?|{_NUMERAL})"
_COUNTED = r"个只条本人元块天年月周次种岁支张棵辆件千克米厘公斤里吨升度名把头朵双倍颗页位台间套座枚平方立毫时分秒小"
_PERCENT = re.compile(rf"百分之({_NUMBER})")
_PART = re.compile(rf"({_NUMBER})分之({_NUMBER})")
_SCALED = re.compile(r"(?<![\d.])(\d{1,12}(?:\.\d{1,12})?)\s?(万亿|亿|万|百万|千万|千(?![克米瓦卡焦帕伏赫])|百(?!分))")
_BEFORE = r"(?<![\u4e00-\u9fff\d.])(?<!\d )|(?<=[是为有得共约了第于剩需])|(?P<minus>负)"
_SPELLED = re.compile(
    rf"(?:{_BEFORE})(?P<numeral>(?=[百千万亿]*[零〇一二两三四五六七八九十]){_NUMERAL})"
    rf"(?=[{_COUNTED}]|[^\u4e00-\u9fff]|$)"
)
_SIGNS = re.compile("[零〇一二两三四五六七八九十百千万亿]")


def with_digits(text: str) -> str:
    """`text` with its Chinese numerals in digits; characters that belong to other words stay.

    Args:
        text: an answer, or a short sentence that holds one.
    """
    if _SIGNS.search(text) is None:
        return text
    text = _PERCENT.sub(lambda match: f"{_value(match[1])}%", text)
    text = _PART.sub(lambda match: f"{_value(match[2])}/{_value(match[1])}", text)
    text = _SCALED.sub(_scaled, text)
    return _SPELLED.sub(lambda match: f"{'-' if match['minus'] else ''}{_value(match['numeral'])}", text)


def _scaled(match: re.Match[str]) -> str:
    factor = 1
    for sign in match[2]:
        factor *= _SCALES[sign]
    value = Fraction(match[1]) * factor
    return str(value.numerator) if value.denominator == 1 else str(float(value))


def _value(numeral: str) -> str:
    """The number that a numeral in digits or in characters stands for, in digits."""
    if numeral[0].isdigit():
        return numeral
    if all(sign in _DIGITS for sign in numeral):
        return str(int("".join(str(_DIGITS[sign]) for sign in numeral)))
    total = section = current = 0
    for sign in numeral:
        if sign in _DIGITS:
            current = _DIGITS[sign]
            continue
        scale = _SCALES[sign]
        if scale < _SCALES["万"]:
            section += (current or 1) * scale
        else:
            total, section = (total + section + current or 1) * scale, 0
        current = 0
    return str(total + section + current)
