"""Child side of the puzzle judge: one child runs the candidate, another one, clean, runs the puzzle.

    run_candidate: payload [sat, its name, the candidate's text]  ->  one answer frame with the value
    run_puzzle:    payload [sat, its name] and an encoded value   ->  SOLVED, or why not

P3 writes its programs in two conventions, and each sees the puzzle under its own name only: `sol` beside `sat` in the
data set; `g`, or a bare expression, beside `f` in the prompts of the language-model experiments.
Both lift the limits on decimal digits and on recursion as P3's own judge and data need it.
"""

from __future__ import annotations

import builtins
import os
import struct
import sys
import typing
from collections.abc import Callable
from functools import partial
from types import CodeType
from typing import TYPE_CHECKING, Any

from verifiers.answer_frames import NOT_CODE, failed_frame, raised_frame, read_answer, value_frame
from verifiers.extraction import extract_solution
from verifiers.plain_data import decode, encode
from verifiers.untrusted_code import MODULE_NAME, new_module, run_source

if TYPE_CHECKING:
    from verifiers.sandbox.channel import Channel

__all__ = ["ENTRY_NAMES", "PUZZLE_NAME", "SOLVED", "candidate_payload", "puzzle_payload", "run_candidate", "run_puzzle"]

ENTRY_NAMES = ("sol", "g")
"""Names of the function that gives the answer, the first one found is called."""
PUZZLE_NAME = "f"
"""The puzzle's name beside `g` and expressions, under which prompts show it."""
RECURSION_LIMIT = 5000
"""As in P3's own judge."""
SOLVED = b"T"
"""The frame of a puzzle that returned True itself."""

_LENGTH = struct.Struct("!I")
_TYPING = {
    name: getattr(typing, name) for name in ("Any", "Dict", "FrozenSet", "List", "Optional", "Set", "Tuple", "Union")
}


def candidate_payload(sat: str, name: str, text: str) -> bytes:
    """The payload of `run_candidate`.

    Raises:
        PlainDataError: the texts are too long.
    """
    return encode([sat, name, text])


def puzzle_payload(sat: str, name: str, answer: bytes) -> bytes:
    """The payload of `run_puzzle`; `answer` is an encoded value that was decoded and checked already."""
    head = encode([sat, name])
    return _LENGTH.pack(len(head)) + head + answer


def run_candidate(channel: Channel) -> None:
    """Take the candidate's answer: the value of `sol()`, of `g()` or of the expression."""
    sat, name, text = decode(channel.receive() or b"")
    namespace = _namespace()
    send, answer, failed = channel.send, _answer_of, failed_frame
    try:
        puzzle = _puzzle(sat, name, namespace)
        if not _defines(text, ENTRY_NAMES[0]) or _defines(text, ENTRY_NAMES[1]):
            namespace[PUZZLE_NAME] = puzzle
        frame = answer(text, puzzle, namespace)
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are the candidate's as well
        frame = failed(error)
    send(frame)


def run_puzzle(channel: Channel) -> None:
    """Evaluate the puzzle once on a fresh copy of the answer."""
    payload = channel.receive() or b""
    start = _LENGTH.size + _LENGTH.unpack_from(payload)[0]
    sat, name = decode(payload[_LENGTH.size : start])
    answer = decode(payload[start:])
    namespace = _namespace()
    if "eval(" in sat:
        namespace["eval"] = partial(_evaluate_apart, channel.fileno())
    try:
        result = _puzzle(sat, name, namespace)(answer)
        frame = SOLVED if result is True else value_frame(type(result).__name__)
    except BaseException as error:  # noqa: BLE001 - any exception of the puzzle is a no
        frame = raised_frame(error)
    channel.send(frame)


def _evaluate_apart(channel: int, source: object, *scopes: dict[str, Any]) -> object:
    """`eval` for puzzles that evaluate their answer: in a process of its own, from which only plain data comes back.

    Args:
        channel: descriptor on which only the puzzle's process may speak.
        source: what is evaluated.
        scopes: as for `eval`; none: those of the caller.

    Raises:
        Exception: what evaluating raised, by its name where that is a builtin one.
    """
    caller = sys._getframe(1)
    scopes = scopes or (caller.f_globals, caller.f_locals)
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(channel)
        try:
            frame = value_frame(eval(source, *scopes))  # type: ignore[arg-type]  # noqa: S307 - in the sandbox
        except BaseException as error:  # noqa: BLE001 - whatever it is, the puzzle must hear of it
            frame = raised_frame(error)
        with open(writing, "wb") as stream:
            stream.write(frame)
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as stream:
        result = read_answer(stream.read())
    os.waitpid(pid, 0)
    if result.kind == "value":
        return result.value
    kind = getattr(builtins, result.type_name, None)
    raise kind(result.message) if isinstance(kind, type) and issubclass(kind, Exception) else ValueError(result.message)


def _namespace() -> dict[str, Any]:
    sys.set_int_max_str_digits(0)
    sys.setrecursionlimit(RECURSION_LIMIT)
    namespace = new_module()
    namespace.update(_TYPING)
    return namespace


def _puzzle(sat: str, name: str, namespace: dict[str, Any]) -> Callable[..., object]:
    run_source(sat, namespace)
    puzzle: Callable[..., object] = namespace[name]
    return puzzle


def _answer_of(text: str, puzzle: Callable[..., object], namespace: dict[str, Any]) -> bytes:
    code = _code_of(text)
    if code is None:
        found = extract_solution(text, ENTRY_NAMES)
        if found is None:
            return NOT_CODE
        if found.kind == "expression":
            code = compile(f"(\n{found.source}\n)", MODULE_NAME, "eval", dont_inherit=True)
            return value_frame(eval(code, namespace))  # noqa: S307 - in the sandbox
        code = compile(found.source, MODULE_NAME, "exec", dont_inherit=True)
    exec(code, namespace)  # noqa: S102 - in the sandbox
    entry = next((namespace[name] for name in ENTRY_NAMES if name in namespace), None)
    if entry is None:
        raise NameError(f"the program defines none of {', '.join(ENTRY_NAMES)}")
    return value_frame(entry(**_missing_arguments(entry, puzzle)))


def _code_of(text: str) -> CodeType | None:
    """The text itself when it is plainly a program: the usual case, in which nothing is searched."""
    if "```" in text or not any(_defines(text, name) for name in ENTRY_NAMES):
        return None
    try:
        # A completion may end with a continued line; in P3's judge more text follows it.
        return compile(text + "\n\n", MODULE_NAME, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None


def _defines(text: str, name: str) -> bool:
    return f"def {name}(" in text


def _missing_arguments(entry: Callable[..., object], puzzle: Callable[..., object]) -> dict[str, Any]:
    """Arguments without a default in `entry`, taken from the puzzle's inputs by name."""
    code = getattr(entry, "__code__", None)
    if code is not None and code.co_argcount + code.co_kwonlyargcount == len(
        getattr(entry, "__defaults__", None) or ()
    ):
        return {}
    import inspect  # rarely needed, and large: every page of the fork server is copied with each task

    parameters = inspect.signature(puzzle).parameters.values()
    defaults = {parameter.name: parameter.default for parameter in parameters}
    return {
        parameter.name: defaults[parameter.name]
        for parameter in inspect.signature(entry).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        and defaults.get(parameter.name, parameter.empty) is not parameter.empty
    }
