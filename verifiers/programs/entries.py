"""Child side of program tests: the children that run a candidate and never see a test or an expected value.

    run_calls: payload [program, calls]  ->  one answer frame a call
    answer_calls: payload [program], then calls  ->  READY, one answer frame a call
    converse:  payload [program], then requests [operation, target, arguments, keywords]  ->  READY, one reply each

`program` is [text, prompt, entry point, import lines]. A program without code in it, or one that does not compile or
raises at once, gets one frame that says so. Values that are not plain data stay in the child; the other side holds
a number for each, which it can pass back.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any

from verifiers.answer_frames import NOT_CODE, failed_frame, raised_frame, value_frame
from verifiers.extraction import extract_program
from verifiers.plain_data import Opaque, PlainDataError, decode, encode
from verifiers.programs.values import revive
from verifiers.untrusted_code import MODULE_NAME, new_module, run_source

if TYPE_CHECKING:
    from verifiers.programs.assertions import Call
    from verifiers.sandbox.channel import Channel

__all__ = [
    "BYE",
    "READY",
    "ProgramText",
    "answer_calls",
    "call_request",
    "calls_payload",
    "converse",
    "program_payload",
    "run_calls",
]

READY = b"READY"
"""First frame of a conversation: the program has run and its functions can be called."""
BYE = b"BYE"
"""Last request of a conversation and the answer to it."""
MAX_ITERATED = 1_000_000
"""Most items that are taken from one iterator."""

ProgramText = tuple[str, str, str, str]
"""Text of the completion, prompt, entry point, import lines of the tests."""


def calls_payload(program: ProgramText, calls: tuple[Call, ...]) -> bytes:
    """The payload of `run_calls`.

    Raises:
        PlainDataError: a text or an argument is too large.
    """
    return encode([list(program), [[call.name, call.arguments, call.keywords] for call in calls]])


def call_request(call: Call) -> bytes:
    """A request to `answer_calls`.

    Raises:
        PlainDataError: an argument is too large.
    """
    return encode([call.name, call.arguments, call.keywords])


def program_payload(program: ProgramText) -> bytes:
    """The payload of `converse` and `answer_calls`.

    Raises:
        PlainDataError: a text is too large.
    """
    return encode([list(program)])


def run_calls(channel: Channel) -> None:
    """Answer each call; an exception is an answer, too."""
    program, calls = decode(channel.receive() or b"")
    namespace = new_module()
    send, value_of, raised = channel.send, value_frame, raised_frame
    refused = _load(program, namespace)
    if refused is not None:
        send(refused)
        return
    for name, arguments, keywords in calls:
        try:
            frame = value_of(_function(namespace, name)(*arguments, **keywords))
        except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are the candidate's as well
            frame = raised(error)
        send(frame)


def answer_calls(channel: Channel) -> None:
    """Answer calls one by one until there are no more: the next is sent when the last is answered."""
    (program,) = decode(channel.receive() or b"")
    namespace = new_module()
    send, receive, read, value_of, raised = channel.send, channel.receive, decode, value_frame, raised_frame
    refused = _load(program, namespace)
    send(READY if refused is None else refused)
    while refused is None and (request := receive()) is not None:
        name, arguments, keywords = read(request)
        try:
            frame = value_of(_function(namespace, name)(*arguments, **keywords))
        except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are the candidate's as well
            frame = raised(error)
        send(frame)


def converse(channel: Channel) -> None:
    """Answer requests until the other side says goodbye."""
    (program,) = decode(channel.receive() or b"")
    namespace = new_module()
    send, receive = channel.send, channel.receive
    refused = _load(program, namespace)
    send(READY if refused is None else refused)
    objects = _Objects(namespace)
    while refused is None:
        request = receive()
        if request is None:
            return
        if request == BYE:
            send(BYE)
            return
        send(objects.reply(request))


def _load(program: list[str], namespace: dict[str, Any]) -> bytes | None:
    """Run the program; the frame that says why there is none."""
    text, prompt, entry_point, imports = program
    try:
        if imports:
            run_source(imports, namespace)
        code = _plain_reading(text, prompt, entry_point)
        if code is None:
            source = extract_program(text, prompt=prompt, entry_point=entry_point or None)
            if source is None:
                return NOT_CODE
            code = compile(source, MODULE_NAME, "exec", dont_inherit=True)
        exec(code, namespace)  # noqa: S102 - in the sandbox
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are the candidate's as well
        return failed_frame(error)
    return None


def _plain_reading(text: str, prompt: str, entry_point: str) -> Any:
    """The code of the usual case, in which nothing is searched: a body that continues its prompt."""
    if "```" in text or text[:1] not in (" ", "\t", "\n") or f"def {entry_point}(" not in prompt:
        return None
    if not entry_point or f"def {entry_point}" in text:
        return None
    try:
        return compile(prompt + text, MODULE_NAME, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None


def _function(namespace: dict[str, Any], name: str) -> Any:
    name, _, method = name.partition(".")
    if name not in namespace:
        raise NameError(f"name '{name}' is not defined")
    # A method is called on a fresh object, so that no call depends on the ones before.
    return getattr(namespace[name](), method) if method else namespace[name]


class _Objects:
    """The candidate's names and values, as far as the other side may speak of them."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._kept: list[Any] = []
        self._operations: dict[str, Callable[..., Any]] = {
            "call": lambda target, *arguments, **keywords: target(*arguments, **keywords),
            "self": lambda target: target,
            "get": getattr,
            "set": setattr,
            "item": lambda target, key: target[key],
            "iterate": lambda target: list(islice(target, MAX_ITERATED)),
            "length": len,
            "contains": lambda target, item: item in target,
            "text": str,
            "int": int,
            "float": float,
        }

    def reply(self, request: bytes) -> bytes:
        """The answer: the value, and the new contents of arguments that the call has changed."""
        try:
            operation, target, arguments, keywords = decode(request)
            before = [encode(argument, self._keep) for argument in arguments]
            arguments = [self._real(argument) for argument in arguments]
            target = _function(self._namespace, target) if type(target) is str else self._real(target)
            keywords = {name: self._real(value) for name, value in keywords.items()}
            value = self._operations[operation](target, *arguments, **keywords)
            return value_frame([value, self._changes(before, arguments)], self._keep)
        except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are the candidate's as well
            return raised_frame(error)

    def _changes(self, before: list[bytes], arguments: list[Any]) -> list[tuple[int, Any]]:
        changes = []
        for index, argument in enumerate(arguments):
            if type(argument) in (list, dict, set, bytearray):
                try:
                    changed = encode(argument, self._keep) != before[index]
                except PlainDataError:
                    changed = False
                if changed:
                    changes.append((index, argument))
        return changes

    def _keep(self, value: Any) -> int:
        self._kept.append(value)
        return len(self._kept) - 1

    def _real(self, value: Any) -> Any:
        return revive(value, in_child=True, resolve=self._resolve)

    def _resolve(self, reference: Opaque) -> Any:
        if reference.reference is None or not 0 <= reference.reference < len(self._kept):
            raise ReferenceError("no such object")
        return self._kept[reference.reference]
