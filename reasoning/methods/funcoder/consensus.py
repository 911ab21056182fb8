"""Which of several candidates for one function is taken: what they did on the same inputs decides.

>>> table = [["5", "7"], ["5", "8"], ["5", "7"], [None, "7"]]      # candidates x inputs, None: failed
>>> functional_scores(table)
[4, 2, 4, -98]
>>> leaders(functional_scores(table))
[0, 2]

Source: FunCoder (arXiv 2405.20092), section 2.2. There f* maximises the sum over the other candidates of sim(f, g),
the share of inputs on which f and g give the same value. Here, as in the authors' program, the sum is over inputs of
the number of *other* candidates with the same value, an input on which a candidate fails costs it `FAILED_INPUT`, and
a failed unit test costs `FAILED_UNIT_TEST` once. Without failures the two orders are the same, because the score is
the number of inputs times the sum of similarities.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from verifiers.plain_data import Foreign

__all__ = [
    "FAILED_INPUT",
    "FAILED_UNIT_TEST",
    "cluster_scores",
    "functional_scores",
    "leaders",
    "value_text",
]

FAILED_INPUT = -100
"""What an input on which a candidate raised, ran out of time or gave no JSON value adds to its score."""
FAILED_UNIT_TEST = -10_000
"""What failing any of the unit tests adds to a candidate's score."""
MAX_VALUE_CHARACTERS = 200
"""A longer value is kept as its beginning and a digest of the whole."""
MAX_DEPTH = 60

Table = Sequence[Sequence[str | None]]
_JSON_MAPPINGS = frozenset({"collections.Counter", "collections.OrderedDict", "collections.defaultdict"})
_JSON_LIKE = _JSON_MAPPINGS | {"namedtuple", "numpy.float64"}


def functional_scores(table: Table, unit_tests_failed: Sequence[bool] = ()) -> list[int]:
    """The score of each candidate.

    Args:
        table: candidates x inputs; the text of the value, or None where the candidate failed.
        unit_tests_failed: for each candidate whether it failed a unit test; empty: there were none.
    """
    inputs = len(table[0]) if table else 0
    scores = [0] * len(table)
    for column in range(inputs):
        same = Counter(row[column] for row in table)
        for number, row in enumerate(table):
            value = row[column]
            scores[number] += FAILED_INPUT if value is None else same[value] - 1
    for number, failed in enumerate(unit_tests_failed):
        scores[number] += FAILED_UNIT_TEST if failed else 0
    return scores


def cluster_scores(table: Table) -> list[int]:
    """For each candidate the number of candidates with its row; failures count as one value."""
    sizes = Counter(tuple(row) for row in table)
    return [sizes[tuple(row)] for row in table]


def leaders(scores: Sequence[int]) -> list[int]:
    """The candidates with the highest score."""
    best = max(scores)
    return [number for number, score in enumerate(scores) if score == best]


def value_text(value: Any) -> str | None:
    """The JSON text of a decoded value (keys in their order, ASCII), or None where JSON has none.

    So 1 and 1.0 differ, a tuple is a list, NaN equals NaN, and sets, bytes and objects have no text. Long texts are
    cut and end in a digest, which differs where the texts do.
    """
    try:
        text = json.dumps(_json_form(value, 0))
    except (TypeError, ValueError, RecursionError):
        return None
    if len(text) <= MAX_VALUE_CHARACTERS:
        return text
    return f"{text[:MAX_VALUE_CHARACTERS]}... sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _json_form(value: Any, depth: int) -> Any:
    """The value as `json.dumps` in the child would have seen it; its own checks do the rest."""
    if depth > MAX_DEPTH:
        raise ValueError("too deep")
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 14_000:
        # Longer than the interpreter writes in decimal without being told to: a failure there as well.
        raise ValueError("too large")
    if isinstance(value, list | tuple):
        return [_json_form(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {key: _json_form(item, depth + 1) for key, item in value.items()}
    if isinstance(value, Foreign):
        if value.type_name not in _JSON_LIKE and value.type_name != "enum":
            raise TypeError(value.type_name)
        return _json_form(value.plain, depth + 1)
    if isinstance(value, float) and math.isnan(value):
        return math.nan
    return value
