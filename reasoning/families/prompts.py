r"""How a model is asked for a family: the interface, a worked example, the seed problem and its solution.

EFA_STYLE.write(efa_problem("s1", "What is 2 + 3?", "2 + 3 = 5", "5")).messages[0].content
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reasoning.engines.base import Message
from reasoning.methods.base import Prompt, PromptStyle
from verifiers.records import Problem

__all__ = ["EFA_STYLE", "KIND", "efa_problem"]

KIND = "efa"
"""Kind of the problem of writing a family for a seed."""

_INSTRUCTIONS = """\
Write a Python class that turns one mathematics problem into a family of problems with the same structure.

The class has fields for the quantities that may vary, and these methods:

- `original(cls)`, a class method: the object whose fields have the values of the given problem;
- `sample(cls, rng)`, a class method: an object with random fields, drawn with `rng`, a `random.Random`; the fields
  must make sense (counts are positive integers, a part is not larger than its whole, a division that has to come out
  even does); it may return None to say that this draw is no good;
- `render(self)`: the problem as text, with the values of the fields in it;
- `solve(self)`: the answer, computed from the fields; an int, a `fractions.Fraction`, a sympy expression, a string, or
  a tuple of these. It must not be random.

`EFA.original().render()` is the given problem and `EFA.original().solve()` its answer. `BaseModel` of pydantic, the
standard library and sympy may be imported. Reply with the class in one code block and nothing else.
"""

_EXAMPLE_PROBLEM = "A shop receives 8 boxes of 24 candles each and sells 37 candles. How many candles are left?"
_EXAMPLE_SOLUTION = "The boxes hold 8 * 24 = 192 candles. After the sale 192 - 37 = 155 candles are left."
_EXAMPLE_ANSWER = "155"
_EXAMPLE_CLASS = """\
```python
from pydantic import BaseModel


class EFA(BaseModel):
    boxes: int
    each: int
    sold: int

    @classmethod
    def original(cls):
        return cls(boxes=8, each=24, sold=37)

    @classmethod
    def sample(cls, rng):
        boxes, each = rng.randint(2, 20), rng.randint(6, 60)
        return cls(boxes=boxes, each=each, sold=rng.randint(1, boxes * each - 1))

    def render(self):
        return (
            f"A shop receives {self.boxes} boxes of {self.each} candles each and sells {self.sold} candles. "
            "How many candles are left?"
        )

    def solve(self):
        return self.boxes * self.each - self.sold
```"""


def _seed(problem: str, solution: str, answer: str) -> str:
    return f"Problem: {problem}\n\nSolution: {solution or '(none given)'}\n\nAnswer: {answer}"


def efa_problem(id: str, seed: str, solution: str, gold: str, meta: Mapping[str, Any] | None = None) -> Problem:
    """The problem of kind `efa` for a seed: its prompt is everything that a model is told, so that it trains as it is.

    Args:
        id: of the seed.
        seed: its text.
        solution: its worked solution, or nothing.
        gold: its answer.
        meta: kept beside it.
    """
    prompt = (
        f"{_INSTRUCTIONS}\n{_seed(_EXAMPLE_PROBLEM, _EXAMPLE_SOLUTION, _EXAMPLE_ANSWER)}\n\n{_EXAMPLE_CLASS}\n\n"
        f"Now the problem for which the class is wanted.\n\n{_seed(seed, solution, gold)}"
    )
    return Problem(id, KIND, prompt, {"seed": seed, "solution": solution, "gold": gold}, dict(meta or {}))


EFA_STYLE = PromptStyle(
    "efagen",
    "asks for a class that generates variants of the problem, after a worked example",
    lambda problem: Prompt(messages=(Message("user", problem.prompt),)),
    lambda problem, reply: reply if reply.strip() else None,
)
