r"""Enumerative program synthesis for Python programming puzzles, with no model.

>>> from reasoning.engines.search import Budget, synthesize
>>> puzzle = "def sat(xs: List[int], old=[4, 7, 9]):\n    return [x - 1 for x in xs] == old"
>>> result = synthesize(puzzle, None, Budget(steps=200_000, seconds=None))
>>> eval(result.expression, {"old": [4, 7, 9]})
[5, 8, 10]

A portfolio of strategies over one puzzle (synthesis.py): bottom-up enumeration of typed expressions with
observational equivalence and a learned bigram prior (enumeration.py, prior.py, grammar.py), comprehensions whose
bodies are enumerated the same way (comprehensions.py), small values in order (values.py), local search along the
distances of the puzzle's conditions (climb.py, instrument.py, distances.py), and beam search over beginnings of
lists and strings (prefixes.py). Standard library only. It runs the puzzle's code: give it a disposable process.
"""

from reasoning.engines.search.prior import Prior
from reasoning.engines.search.synthesis import Budget, SearchResult, synthesize

__all__ = ["Budget", "Prior", "SearchResult", "synthesize"]
