r"""Enumerative program synthesis for Python programming puzzles, with no model.

>>> from reasoning.engines.search import Budget, synthesize
>>> puzzle = "def sat(xs: List[int], old=[4, 7, 9]):\n    return [x - 1 for x in xs] == old"
>>> result = synthesize(puzzle, None, Budget(steps=200_000, seconds=None))
>>> eval(result.expression, {"old": [4, 7, 9]})
[5, 8, 10]

A portfolio of strategies over one puzzle takes turns (synthesis.py):

- bottom-up enumeration of typed expressions with observational equivalence, ordered by a learned bigram prior
  (enumeration.py, grammar.py, prior.py), and comprehensions whose bodies are enumerated the same way
  (comprehensions.py, binders.py); sub-expressions of the puzzle are building blocks (lift.py)
- small values in order (values.py)
- local search along the distances of the puzzle's conditions (climb.py, instrument.py, distances.py), which also
  solves the linear equations that the puzzle asks of traced numbers (tracing.py)
- beam search over beginnings of lists and strings (prefixes.py)
- repeated blocks and arithmetic sequences whose numbers are climbed (patterns.py)
- collections of all elements that fit (collecting.py)

Standard library only. It runs the puzzle's code: give it a disposable, isolated process with a memory limit.
"""

from reasoning.engines.search.prior import Prior
from reasoning.engines.search.synthesis import Budget, SearchResult, synthesize

__all__ = ["Budget", "Prior", "SearchResult", "synthesize"]
