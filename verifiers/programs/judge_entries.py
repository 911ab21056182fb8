"""Child side of program tests: the clean child that runs test source and asks another child for every call.

    judge: payload [setup, tests, check source, entry point, helpers]
        sends   ASK + [operation, target, arguments, keywords] and gets one answer frame back, as often as needed
        ends with RESULTS + [[held, reason], ...] or MALFORMED + [reason]

The candidate's code never runs here: its functions, classes and other values are `Remote` stand-ins. A value that is
plain data arrives as such, as a fresh copy; a list, dictionary or set that a call has changed is changed in place.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from verifiers.answer_frames import read_answer
from verifiers.plain_data import Foreign, Opaque, PlainDataError, decode, encode
from verifiers.programs.values import revive
from verifiers.untrusted_code import run_source

if TYPE_CHECKING:
    from verifiers.sandbox.channel import Channel

__all__ = [
    "ASK",
    "CANDIDATE_RAISED",
    "MALFORMED",
    "RESULTS",
    "CandidateError",
    "CannotSendError",
    "Remote",
    "judge",
    "judge_payload",
]

ASK = b"Q"
RESULTS = b"R"
MALFORMED = b"M"

MAX_REASON = 500
"""Longest reason of a failure, characters."""

CANDIDATE_RAISED = "candidate raised "
"""How the reason of a check begins that failed because the candidate raised."""


class CandidateError(Exception):
    """The candidate raised an exception that is not builtin."""


class CannotSendError(Exception):
    """A test hands the candidate something that cannot leave this process: the test is at fault."""


def judge_payload(setup: str, tests: list[str], check: str, entry_point: str, helpers: str = "") -> bytes:
    """The payload of `judge`: either `tests` or `check` is empty; `helpers` is what the prompt defines for them."""
    return encode([setup, tests, check, entry_point, helpers])


def judge(channel: Channel) -> None:
    """Run the tests and say how each one went."""
    setup, tests, check, entry_point, helpers = decode(channel.receive() or b"")
    line = _Line(channel, tests_a_class=entry_point.rpartition(".")[2][:1].isupper())
    try:
        trees = [compile(source, "tests", "exec", ast.PyCF_ONLY_AST) for source in (setup, check, *tests)]
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        channel.send(MALFORMED + encode([f"does not compile: {error}"[:MAX_REASON]]))
        return
    namespace: dict[str, Any] = {"__name__": "tests"}
    failure = _outcome(line, helpers, namespace)
    for name in _free_names(trees, entry_point):
        if name in namespace and name != entry_point:
            continue
        namespace[name] = _module(name) if name != entry_point and name in sys.stdlib_module_names else line.named(name)
    results: list[tuple[bool, str]] = []
    failure = failure or _outcome(line, setup, namespace)
    if check:
        failure = failure or _outcome(line, check, namespace)
        if failure is None and not callable(namespace.get("check")):
            channel.send(MALFORMED + encode(["defines no check(candidate)"]))
            return
        namespace["<candidate>"] = line.named(entry_point)
        failure = failure or _outcome(line, "check(globals()['<candidate>'])", namespace)
        results.append((failure is None, failure or ""))
    for test in tests:
        reason = failure or _outcome(line, test, namespace)
        results.append((reason is None, reason or ""))
    channel.send(RESULTS + encode(results))


def _outcome(line: _Line, source: str, namespace: dict[str, Any]) -> str | None:
    """Run a piece of the tests; why it failed, or None."""
    line.raised = None
    try:
        run_source(source, namespace)
    except BaseException as error:  # noqa: BLE001 - a test may end in any way
        words = f"{type(error).__name__}: {error}"[:MAX_REASON]
        return CANDIDATE_RAISED + words if line.raised is error else words
    return None


def _module(name: str) -> object:
    return importlib.import_module(name)


def _free_names(trees: list[Any], entry_point: str) -> list[str]:
    """Names that the tests use and do not define: the candidate must. Its function may have a builtin's name."""
    used: set[str] = set()
    bound: set[str] = set()
    for node in (part for tree in trees for part in ast.walk(tree)):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return sorted(name for name in used - bound if name == entry_point or not hasattr(builtins, name))


class _Line:
    """The way to the candidate's process.

    Attributes:
        tests_a_class: whether a class of the candidate is under test, and so its operators are.
        raised: the last exception of the candidate.
    """

    def __init__(self, channel: Channel, *, tests_a_class: bool) -> None:
        self._channel = channel
        self.tests_a_class = tests_a_class
        self.raised: BaseException | None = None

    def named(self, name: str) -> Remote:
        """The candidate's object of this name."""
        return Remote(self, name)

    def ask(self, operation: str, target: object, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """One request; raises what the candidate raised."""
        try:
            request = encode([operation, target, arguments, keywords], _reference_of)
        except PlainDataError as error:
            raise TypeError(f"cannot be handed to the candidate: {error}") from None
        self._channel.send(ASK + request)
        answer = read_answer(self._channel.receive() or b"")
        if answer.kind != "value":
            self.raised = _exception(answer.type_name, answer.message)
            raise self.raised
        value, changes = answer.value
        for index, contents in changes:
            _replace_contents(arguments[index], self._real(contents))
        return self._real(value)

    def _real(self, value: Any) -> Any:
        return revive(value, in_child=True, resolve=lambda opaque: Remote(self, opaque))


def _reference_of(value: object) -> int:
    if type(value) is Remote:
        target = object.__getattribute__(value, "_target")
        if type(target) is str:
            target = object.__getattribute__(_ask(value, "self", ()), "_target")
        if isinstance(target, Opaque) and target.reference is not None:
            return target.reference
    if type(value) in (Remote, Foreign):
        raise CandidateError("an answer that our side of the candidate's process does not give")
    raise CannotSendError(f"a test hands over a {type(value).__name__}, which cannot leave its process")


def _exception(type_name: str, message: str) -> Exception:
    kind = getattr(builtins, type_name, None)
    # A StopIteration would end the loops of the tests early, and what they have not looked at would pass.
    if isinstance(kind, type) and issubclass(kind, Exception) and kind not in (StopIteration, StopAsyncIteration):
        try:
            return kind(message)
        except TypeError:  # a Unicode error wants more than a message
            return CandidateError(f"{type_name}: {message}")
    return CandidateError(f"{type_name}: {message}")


def _replace_contents(argument: Any, contents: Any) -> None:
    if type(argument) is not type(contents):
        return
    if isinstance(argument, list | bytearray):
        argument[:] = contents
    elif isinstance(argument, dict | set):
        argument.clear()
        argument.update(contents)


class Remote:
    """Stands for an object of the candidate's process; true, and equal to nothing but itself."""

    __slots__ = ("_line", "_target")

    def __init__(self, line: _Line, target: object) -> None:
        object.__setattr__(self, "_line", line)
        object.__setattr__(self, "_target", target)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Have the candidate's process make the call."""
        return _ask(self, "call", arguments, keywords)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__") and name not in ("__name__", "__doc__"):
            raise AttributeError(name)
        return _ask(self, "get", (name,))

    def __setattr__(self, name: str, value: Any) -> None:
        _ask(self, "set", (name, value))

    def __getitem__(self, key: Any) -> Any:
        return _ask(self, "item", (key,))

    def __iter__(self) -> Iterator[Any]:
        return iter(_ask(self, "iterate", ()))

    def __len__(self) -> int:
        length: int = _ask(self, "length", ())
        return length

    def __contains__(self, item: Any) -> bool:
        line: _Line = object.__getattribute__(self, "_line")
        if line.tests_a_class:
            return bool(_ask(self, "contains", (item,)))
        # What a test expects in an answer is not told to the candidate, which could say yes to everything.
        return item in list(self)

    def __str__(self) -> str:
        return str(_ask(self, "text", ()))

    def __int__(self) -> int:
        return int(_ask(self, "int", ()))

    def __float__(self) -> float:
        return float(_ask(self, "float", ()))

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return "<an object of the candidate>"


def _ask(remote: Remote, operation: str, arguments: tuple[Any, ...], keywords: dict[str, Any] | None = None) -> Any:
    line: _Line = object.__getattribute__(remote, "_line")
    return line.ask(operation, object.__getattribute__(remote, "_target"), arguments, keywords or {})
