r"""How a puzzle is put to a model, and how its reply becomes a program.

`chat` asks an instructed model for a function `sol`. The other three continue text, for base models:

    short   `def f(...)` and `assert True == f(`; the reply is one expression, up to the bracket that closes it
    medium  five solved puzzles, then the puzzle as `f6` and the header of its solution `g6`
    long    as medium, each solution with a docstring in English

The formats are those of Schuster et al., "Programming Puzzles" (2021), appendix on language models; the five solved
puzzles are our own.
"""

from __future__ import annotations

import re

from reasoning.engines.base import Message
from reasoning.methods.base import Prompt, PromptStyle
from verifiers.records import Problem

__all__ = ["CHAT", "LONG", "MEDIUM", "SHORT", "balanced_expression", "indented_body"]

_INSTRUCTION = """\
Solve this Python puzzle: find an answer for which the function `{name}` returns True.

```python
{sat}
```
{statement}
Reply with one Python code block that defines `{header}` and returns the answer, of type `{type}`. Use only the \
standard library; do not call `{name}` and print nothing."""

_TUTORIAL = (
    (
        "def f1(word: str, letter='z', count=7):\n    return word.startswith(letter) and len(word) == count",
        "def g1(letter='z', count=7):",
        '    """Find a word of `count` characters that begins with `letter`."""',
        "    return letter * count",
    ),
    (
        "def f2(n: int, floor=500):\n    return n > floor and n % 7 == 3 and n % 11 == 5",
        "def g2(floor=500):",
        '    """Find a number above `floor` that leaves 3 when divided by 7 and 5 when divided by 11."""',
        "    n = floor + 1\n    while n % 7 != 3 or n % 11 != 5:\n        n += 1\n    return n",
    ),
    (
        "def f3(steps: List[int], total=40):\n"
        "    return sum(steps) == total and all(b == 3 * a for a, b in zip(steps, steps[1:])) and len(steps) == 4",
        "def g3(total=40):",
        '    """Find four numbers, each three times the one before, that add up to `total`."""',
        "    first = total // (1 + 3 + 9 + 27)\n    return [first * 3 ** i for i in range(4)]",
    ),
    (
        "def f4(pairs: List[List[int]], limit=12):\n"
        "    return pairs[3:] == [[0, limit]] and all(a * b == limit and 0 < a < b for a, b in pairs[:3])",
        "def g4(limit=12):",
        '    """Write `limit` in three ways as a product of a smaller and a larger number; end with [0, limit]."""',
        "    pairs = [[a, limit // a] for a in range(1, limit) if limit % a == 0 and a < limit // a]\n"
        "    return pairs[:3] + [[0, limit]]",
    ),
    (
        "def f5(text: str, parts=['sun', 'rain', 'snow']):\n"
        "    return sorted(text.split()) == sorted(parts) and text == text.upper().lower()",
        "def g5(parts=['sun', 'rain', 'snow']):",
        '    """Find a text in lower case whose words are the given parts."""',
        "    return ' '.join(parts)",
    ),
)
"""Puzzle, header, docstring and body of each solved example."""

_NUMBER = len(_TUTORIAL) + 1
_HEADER_NAME = re.compile(r"^def\s+sol\s*\(")
_SAT_NAME = re.compile(r"^(\s*def\s+)sat\s*\(", re.MULTILINE)
_WHOLE_SOLUTION = re.compile(r"\n*def (?:sol|g)\s*\(")


def indented_body(text: str) -> str:
    """The reply up to its first line that is not indented: the body of a function whose header came before it.

    What follows the header on its own line (a comment, say) belongs to the body, and so do blank lines at its end (one
    may be what a backslash before it continues to).
    """
    first, *rest = text.splitlines(keepends=True) or [""]
    body = first
    for line in rest:
        if line.strip() and line[0] not in " \t":
            break
        body += line
    return body


def balanced_expression(text: str) -> str:
    """The reply up to the bracket that closes the call which it continues, or all of it when none does.

    Only the first such bracket can make the text so far parse, so nothing needs to be parsed to find it.
    """
    depth = 0
    position = 0
    while position < len(text):
        character = text[position]
        if character in "\"'":
            position = _string_end(text, position)
            continue
        if character in "([{":
            depth += 1
        elif character in ")]}":
            if depth == 0:
                return text[:position].strip()
            depth -= 1
        position += 1
    return text.strip()


def _string_end(text: str, start: int) -> int:
    quote = text[start]
    if text.startswith(quote * 3, start):
        quote *= 3
    position = start + len(quote)
    while position < len(text):
        if text[position] == "\\":
            position += 2
        elif text.startswith(quote, position):
            return position + len(quote)
        else:
            position += 1
    return position


def _chat_prompt(problem: Problem) -> Prompt:
    statement = f"\nIn words: {problem.prompt.strip()}\n" if problem.prompt.strip() else ""
    text = _INSTRUCTION.format(
        name="sat",
        sat=problem.text("sat"),
        statement=statement,
        header=_header(problem),
        type=problem.text("ans_type", "the annotated one"),
    )
    return Prompt(messages=(Message("user", text),))


def _chat_reply(problem: Problem, reply: str) -> str | None:
    return reply if reply.strip() else None


def _short_prompt(problem: Problem) -> Prompt:
    return Prompt(text=f"{_renamed_sat(problem, 'f')}\n\nassert True == f(", stop=("\n",))


def _short_reply(problem: Problem, reply: str) -> str | None:
    return balanced_expression(reply) or None


def _medium_prompt(problem: Problem) -> Prompt:
    return _few_shot(problem, english=False)


def _long_prompt(problem: Problem) -> Prompt:
    return _few_shot(problem, english=True)


def _few_shot(problem: Problem, english: bool) -> Prompt:
    blocks = []
    for number, (puzzle, header, docstring, body) in enumerate(_TUTORIAL, 1):
        head = f"{header}\n{docstring}" if english else header
        blocks.append(f"{puzzle}\n\n{head}\n{body}\n\nassert f{number}(g{number}())")
    sat = _renamed_sat(problem, f"f{_NUMBER}")
    blocks.append(f"{sat}\n\n{_head(problem, f'g{_NUMBER}', english)}")
    return Prompt(text="from typing import List\n\n" + "\n\n".join(blocks), stop=("\nassert",))


def _medium_reply(problem: Problem, reply: str) -> str | None:
    return _continued(problem, reply, english=False)


def _long_reply(problem: Problem, reply: str) -> str | None:
    return _continued(problem, reply, english=True)


def _continued(problem: Problem, reply: str, english: bool) -> str | None:
    if _WHOLE_SOLUTION.match(reply):
        # An engine that does not continue text (the search, or a chat model) gives the whole function.
        return reply
    body = indented_body(reply)
    if not body.strip():
        return None
    body = re.sub(rf"\bf{_NUMBER}\b", "f", re.sub(rf"\bg{_NUMBER}\b", "g", body))
    return f"{_head(problem, 'g', english)}{body}"


def _head(problem: Problem, name: str, english: bool) -> str:
    header = _HEADER_NAME.sub(f"def {name}(", _header(problem), count=1)
    docstring = problem.meta.get("sol_docstring")
    return f"{header}\n{docstring}" if english and isinstance(docstring, str) and docstring else header


def _header(problem: Problem) -> str:
    header = problem.meta.get("sol_header")
    return header if isinstance(header, str) else "def sol():"


def _renamed_sat(problem: Problem, name: str) -> str:
    return _SAT_NAME.sub(rf"\g<1>{name}(", problem.text("sat"), count=1)


CHAT = PromptStyle("chat", "an instruction to write sol(); for instructed models", _chat_prompt, _chat_reply)
SHORT = PromptStyle("short", "continues `assert True == f(`; one expression", _short_prompt, _short_reply)
MEDIUM = PromptStyle("medium", "five solved puzzles, then the header of the next", _medium_prompt, _medium_reply)
LONG = PromptStyle("long", "as medium, with docstrings in English", _long_prompt, _long_reply)
