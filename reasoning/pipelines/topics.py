"""The topic of a mathematics problem by the words in it: a plain classifier that needs no model.

>>> topic_by_words("Find the probability that two dice show the same number.")
'probability'
"""

from __future__ import annotations

from reasoning.pipelines.backend.forms import words

__all__ = ["OTHER", "TOPICS", "topic_by_words"]

TOPICS: dict[str, frozenset[str]] = {
    "probability": frozenset(["probability", "dice", "die", "coin", "coins", "likely", "random", "expected"]),
    "combinatorics": frozenset(
        ["ways", "arrangements", "permutations", "combinations", "choose", "subsets", "arranged", "committee"]
    ),
    "geometry": frozenset(
        [
            "triangle",
            "circle",
            "angle",
            "radius",
            "perimeter",
            "area",
            "polygon",
            "rectangle",
            "square",
            "circumference",
            "parallel",
            "degrees",
        ]
    ),
    "number theory": frozenset(
        ["divisible", "prime", "divisor", "divisors", "remainder", "modulo", "integer", "integers", "digits", "gcd"]
    ),
    "calculus": frozenset(
        ["derivative", "integral", "limit", "differentiable", "continuous", "int", "lim", "maximum", "minimum"]
    ),
    "linear algebra": frozenset(
        ["matrix", "matrices", "vector", "vectors", "determinant", "eigenvalue", "eigenvalues", "pmatrix"]
    ),
    "sequences": frozenset(["sequence", "series", "term", "arithmetic", "geometric", "recurrence", "terms"]),
    "algebra": frozenset(
        [
            "equation",
            "polynomial",
            "solve",
            "roots",
            "root",
            "factor",
            "function",
            "expression",
            "variable",
            "log",
            "sqrt",
        ]
    ),
    "arithmetic": frozenset(
        ["how", "many", "much", "total", "each", "cost", "dollars", "left", "buys", "price", "hours", "per"]
    ),
}
"""Topic -> words that speak for it, the more telling topics first."""
OTHER = "other"


def topic_by_words(text: str) -> str:
    """The topic with the most different words in `text`; the first of equals; `other` when no word speaks for any."""
    found = set(words(text))
    counts = {topic: len(vocabulary & found) for topic, vocabulary in TOPICS.items()}
    best = max(counts, key=lambda topic: counts[topic])
    return best if counts[best] else OTHER
