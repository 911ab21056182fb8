"""What FunCoder says to a model; every text is this project's own.

divide_ladder(code, "median", "The middle of a list.")     # conversations, longest first, for prompts that must fit
"""

from __future__ import annotations

from reasoning.engines.base import Message
from reasoning.methods.funcoder.worked_examples import ASSERTIONS, CALLERS, CONQUER, DIVIDE, UNIT_TESTS
from verifiers.code_blocks import fenced

__all__ = [
    "assertions_ladder",
    "callers_ladder",
    "conquer_ladder",
    "divide_ladder",
    "unit_tests_ladder",
]

Ladder = list[tuple[Message, ...]]
Shots = tuple[tuple[str, str], ...]

_DIVIDE_SYSTEM = """\
You write Python, one function per turn. Rules:
- Complete the function that the user names. Keep its name, the names of its arguments and its docstring as they are.
- You may import modules.
- If the function is easy, write it out in full.
- If it is hard, split it: call new functions that each do one part. Put them after the function, in the same code \
block. They may stay unfinished (`raise NotImplementedError()`), but each needs type annotations and a docstring that \
says exactly what it does. A new function must not call functions that are already there.
- Think step by step first, then answer with one ```python code block."""

_CONQUER_SYSTEM = """\
You write Python. The user shows a program in which one function is left to write; the functions that it may call are \
finished. Think step by step about how to use them, then answer with one ```python code block that holds that \
function, complete, under the same name, with the same arguments and docstring. You may import modules and add small \
helpers."""

_CALLERS_SYSTEM = """\
You probe Python functions. Given a function, write several small functions that call it. Each takes one argument, the \
integer `seed`, calls `random.seed(seed)` first, makes valid arguments and returns the result of the call. Cover the \
edge cases (empty, smallest, equal, negative) and ordinary random cases; keep the arguments small. Do not write the \
function itself and do not check results. Answer with one ```python code block."""

_UNIT_TESTS_SYSTEM = """\
You copy examples. Given a Python function, turn the examples that stand in its docstring into assert statements, one \
a line, in one ```python code block. Copy, do not invent: if the docstring holds no example of a call with its result, \
answer with an empty code block."""

_ASSERTIONS_SYSTEM = """\
You test Python functions. Given a function's name, arguments and docstring, write assert statements of the form \
`assert f(arguments) == result` with constants only, one a line, in one ```python code block. Cover ordinary and edge \
cases, and be sure of every result. Do not write the function itself."""

_DIVIDE_SHOT_SETS = ((0, 1, 2, 3), (0, 1, 2), (0, 3), (0,))
"""Which worked examples are shown, the most first; fewer where the prompt is too long."""


def divide_ladder(code: str, name: str, docstring: str) -> Ladder:
    """Asks for a function that may be split into new ones."""
    shown = _divide_turn(code, name, docstring)
    shots = [(_divide_turn(shot.code, shot.name, shot.docstring), shot.reply) for shot in DIVIDE]
    chosen = [tuple(shots[number] for number in numbers) for numbers in _DIVIDE_SHOT_SETS]
    return [_conversation(_DIVIDE_SYSTEM, some, shown) for some in chosen]


def conquer_ladder(code: str, name: str, docstring: str) -> Ladder:
    """Asks for a function whose parts are finished."""
    shots = tuple((_conquer_turn(shot.code, shot.name, shot.docstring), shot.reply) for shot in CONQUER)
    return _with_and_without(_CONQUER_SYSTEM, shots, _conquer_turn(code, name, docstring))


def callers_ladder(code: str, name: str) -> Ladder:
    """Asks for functions that call a function with generated arguments."""
    shots = tuple((_callers_turn(shot.code, shot.name), shot.reply) for shot in CALLERS)
    return _with_and_without(_CALLERS_SYSTEM, shots, _callers_turn(code, name))


def unit_tests_ladder(code: str, name: str) -> Ladder:
    """Asks for the examples that already stand in a docstring."""
    shots = tuple((_unit_tests_turn(shot.code, shot.name), shot.reply) for shot in UNIT_TESTS)
    return _with_and_without(_UNIT_TESTS_SYSTEM, shots, _unit_tests_turn(code, name))


def assertions_ladder(code: str, name: str) -> Ladder:
    """Asks for assert statements about a function."""
    shots = tuple((_assertions_turn(shot.code, shot.name), shot.reply) for shot in ASSERTIONS)
    return _with_and_without(_ASSERTIONS_SYSTEM, shots, _assertions_turn(code, name))


def _divide_turn(code: str, name: str, docstring: str) -> str:
    task = f"Think step by step and complete the function `{name}`, which solves:\n{docstring}"
    return f"Current code:\n\n{fenced(code.strip(), 'python')}\n\n{task}"


def _conquer_turn(code: str, name: str, docstring: str) -> str:
    return (
        f"Current code:\n\n{fenced(code.strip(), 'python')}\n\nWrite the function `{name}`, which solves:\n{docstring}"
    )


def _callers_turn(code: str, name: str) -> str:
    return f"Write functions that call `{name}`:\n\n{fenced(code.strip(), 'python')}"


def _unit_tests_turn(code: str, name: str) -> str:
    return f"Copy the examples in the docstring of `{name}`:\n\n{fenced(code.strip(), 'python')}"


def _assertions_turn(code: str, name: str) -> str:
    return f"Write assert statements about `{name}`:\n\n{fenced(code.strip(), 'python')}"


def _python(code: str) -> str:
    return fenced(code.strip(), "python")


def _with_and_without(system: str, shots: Shots, turn: str) -> Ladder:
    return [_conversation(system, shots, turn), _conversation(system, (), turn)]


def _conversation(system: str, shots: Shots, turn: str) -> tuple[Message, ...]:
    turns = [part for asked, reply in shots for part in (Message("user", asked), Message("assistant", reply))]
    return (Message("system", system), *turns, Message("user", turn))
