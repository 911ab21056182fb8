"""The worked examples that FunCoder shows a model before its own task.

>>> DIVIDE[1].name
'is_vowel_heavy'
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ASSERTIONS", "CALLERS", "CONQUER", "DIVIDE", "UNIT_TESTS", "WorkedExample"]


@dataclass(frozen=True, slots=True)
class WorkedExample:
    """One turn: the code that is shown, the function that is meant, and a good reply."""

    code: str
    name: str
    docstring: str
    reply: str


_REPORT_DOCSTRING = """Summarise the temperatures of a station.

    Each line is `DAY,DEGREES`; lines that are not of this form are skipped. Return the days whose temperature is above
    the median of all days, warmest first."""

_WARM_DAYS = f'''\
def warm_days(lines: List[str]) -> List[str]:
    """{_REPORT_DOCSTRING}
    """
'''

DIVIDE = (
    WorkedExample(
        f"from typing import List\n\n\n{_WARM_DAYS}    raise NotImplementedError()",
        "warm_days",
        _REPORT_DOCSTRING,
        f'''\
There are two separate parts: reading the lines, and finding the median. The rest is a filter and a sort.

```python
{_WARM_DAYS}    readings = parse_readings(lines)
    middle = median([degrees for _, degrees in readings])
    warm = [(degrees, day) for day, degrees in readings if degrees > middle]
    return [day for degrees, day in sorted(warm, reverse=True)]


def parse_readings(lines: List[str]) -> List[Tuple[str, float]]:
    """The (day, degrees) pair of every line of the form `DAY,DEGREES`, in order; other lines are skipped."""
    raise NotImplementedError()


def median(values: List[float]) -> float:
    """The middle of the sorted values, the mean of the two middle ones for an even number, 0.0 for none."""
    raise NotImplementedError()
```''',
    ),
    WorkedExample(
        '''\
def is_vowel_heavy(word: str) -> bool:
    """Whether more than half of the letters of a word are vowels (a, e, i, o, u), whatever their case."""
    raise NotImplementedError()''',
        "is_vowel_heavy",
        "Whether more than half of the letters of a word are vowels (a, e, i, o, u), whatever their case.",
        '''\
This is short: count the vowels, count the letters, compare. No new functions are needed.

```python
def is_vowel_heavy(word: str) -> bool:
    """Whether more than half of the letters of a word are vowels (a, e, i, o, u), whatever their case."""
    letters = [letter for letter in word.lower() if letter.isalpha()]
    vowels = [letter for letter in letters if letter in "aeiou"]
    return 2 * len(vowels) > len(letters)
```''',
    ),
    WorkedExample(
        '''\
from typing import Dict, List


def cheapest_route(roads: Dict[str, Dict[str, int]], stops: List[str]) -> int:
    """Least cost of driving from the first stop to the last through all stops in order, -1 if that is impossible."""
    raise NotImplementedError()''',
        "cheapest_route",
        "Least cost of driving from the first stop to the last through all stops in order, -1 if that is impossible.",
        '''\
Between two stops this is a shortest path, which is a task of its own. Then the costs are added up.

```python
def cheapest_route(roads: Dict[str, Dict[str, int]], stops: List[str]) -> int:
    """Least cost of driving from the first stop to the last through all stops in order, -1 if that is impossible."""
    total = 0
    for start, end in zip(stops, stops[1:]):
        cost = shortest_path(roads, start, end)
        if cost < 0:
            return -1
        total += cost
    return total


def shortest_path(roads: Dict[str, Dict[str, int]], start: str, end: str) -> int:
    """Cost of the cheapest path from `start` to `end`, where roads[a][b] is the cost of a to b; -1 if there is none."""
    raise NotImplementedError()
```''',
    ),
    WorkedExample(
        '''\
def digit_root(number: int) -> int:
    """Add up the decimal digits of a number that is not negative until one digit is left."""
    raise NotImplementedError()''',
        "digit_root",
        "Add up the decimal digits of a number that is not negative until one digit is left.",
        '''\
Repeat the sum of digits while there are several. That fits into one function.

```python
def digit_root(number: int) -> int:
    """Add up the decimal digits of a number that is not negative until one digit is left."""
    while number > 9:
        number = sum(int(digit) for digit in str(number))
    return number
```''',
    ),
)

CONQUER = (
    WorkedExample(
        f'''\
from typing import List, Tuple


def parse_readings(lines: List[str]) -> List[Tuple[str, float]]:
    """The (day, degrees) pair of every line of the form `DAY,DEGREES`, in order; other lines are skipped."""
    readings = []
    for line in lines:
        day, comma, degrees = line.partition(",")
        try:
            readings.append((day.strip(), float(degrees)))
        except ValueError:
            continue
    return readings


def median(values: List[float]) -> float:
    """The middle of the sorted values, the mean of the two middle ones for an even number, 0.0 for none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


{_WARM_DAYS}    raise NotImplementedError()''',
        "warm_days",
        _REPORT_DOCSTRING,
        f"""\
`parse_readings` gives the pairs and `median` the limit; what is left is to filter and to sort by temperature.

```python
{_WARM_DAYS}    readings = parse_readings(lines)
    limit = median([degrees for _, degrees in readings])
    warm = [reading for reading in readings if reading[1] > limit]
    warm.sort(key=lambda reading: reading[1], reverse=True)
    return [day for day, _ in warm]
```""",
    ),
)

_CLAMP = '''\
def clamp_all(values: list, low: int, high: int) -> list:
    """Each value, but not below `low` and not above `high`.

    >>> clamp_all([1, 5, 9], 2, 6)
    [2, 5, 6]
    """
    return [min(max(value, low), high) for value in values]'''

CALLERS = (
    WorkedExample(
        _CLAMP,
        "clamp_all",
        "",
        """\
```python
import random


def call_with_nothing(seed: int):
    random.seed(seed)
    return clamp_all([], 0, 1)


def call_with_equal_limits(seed: int):
    random.seed(seed)
    limit = random.randint(-5, 5)
    return clamp_all([limit - 1, limit, limit + 1], limit, limit)


def call_with_random_values(seed: int):
    random.seed(seed)
    values = [random.randint(-20, 20) for _ in range(random.randint(1, 8))]
    return clamp_all(values, -5, random.randint(-5, 10))
```""",
    ),
    WorkedExample(
        '''\
def is_vowel_heavy(word: str) -> bool:
    """Whether more than half of the letters of a word are vowels (a, e, i, o, u), whatever their case."""
    letters = [letter for letter in word.lower() if letter.isalpha()]
    return 2 * sum(letter in "aeiou" for letter in letters) > len(letters)''',
        "is_vowel_heavy",
        "",
        """\
```python
import random
import string


def call_with_empty_word(seed: int):
    random.seed(seed)
    return is_vowel_heavy("")


def call_with_exactly_half(seed: int):
    random.seed(seed)
    return is_vowel_heavy(random.choice("aeiou") + random.choice("bcdfg"))


def call_with_mixed_case(seed: int):
    random.seed(seed)
    return is_vowel_heavy("".join(random.choice(string.ascii_letters) for _ in range(random.randint(1, 7))))
```""",
    ),
)

UNIT_TESTS = (WorkedExample(_CLAMP, "clamp_all", "", "```python\nassert clamp_all([1, 5, 9], 2, 6) == [2, 5, 6]\n```"),)

ASSERTIONS = (
    WorkedExample(
        _CLAMP.rpartition("    return")[0] + "    raise NotImplementedError()",
        "clamp_all",
        "",
        """\
```python
assert clamp_all([1, 5, 9], 2, 6) == [2, 5, 6]
assert clamp_all([], 0, 1) == []
assert clamp_all([-3, 0, 3], 0, 0) == [0, 0, 0]
assert clamp_all([4], 4, 9) == [4]
```""",
    ),
)
