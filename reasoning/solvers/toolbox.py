"""Calls tools for somebody whom nobody trusts: checked arguments, a sandbox child for each call, one clear reply.

    async with SandboxPool() as pool:
        reply = await Toolbox(pool).call("factor_integer", '{"number": 91}')
        reply.text          # '{"status": "converged", "solution": {"sign": 1, "factors": [[7, 1], [13, 1]]}, ...}'

Whatever is wrong with a call (no such tool, text that is no JSON, a missing argument, too many numbers, a hang, a
memory bomb) ends in a reply with a status and one line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from reasoning.solvers.child import ENTRY
from reasoning.solvers.registry import ToolEntry, ToolError, find_entry, find_tool, sandbox_profile, tool_names
from reasoning.solvers.results import SolverInputError, Status
from verifiers.sandbox.task import End, Limits, Outcome, Task

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["MAX_NUMBERS", "Reply", "ReplyMemory", "Toolbox"]

MAX_NUMBERS = 100_000
"""Most values in the arguments of one call."""
MAX_TEXT = 4 << 20
"""Longest arguments as JSON, characters."""
MAX_ANSWER = 32 << 20
"""Longest answer, bytes."""
_MAX_KNOWN = 64
"""Replies kept for calls that come again."""
_KEY_BYTES = 16
_MAX_DEPTH = 32
"""Deepest nesting of arguments."""
_MAX_LINE = 400
"""Longest error, characters."""
_ERROR = "error"
"""Status of a call that was never solved for a reason other than its arguments."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a call.

    Attributes:
        tool: its name.
        status: a `Status`, or `error` (no such tool, a missing package, a failure of ours).
        record: the solver's result as JSON; None when there is none.
        error: one line, when there is no result.
    """

    tool: str
    status: str
    record: Mapping[str, Any] | None = None
    error: str = ""

    @property
    def text(self) -> str:
        """For a model: JSON of the result without its time, which differs from call to call, or of the error."""
        if self.record is None:
            return json.dumps({"status": self.status, "error": self.error})
        shown = {key: value for key, value in self.record.items() if key != "seconds" and value not in (None, "")}
        return json.dumps(shown)

    def to_json(self) -> dict[str, Any]:
        """The whole reply."""
        return dict(self.record) if self.record is not None else {"status": self.status, "error": self.error}


class ReplyMemory(Protocol):
    """Keeps replies by the hash of their calls, such as a run's store."""

    def tool_reply(self, key: bytes) -> str | None:
        """The reply with this key, or None."""

    def add_tool_reply(self, key: bytes, body: str) -> None:
        """Keep a reply; the first one with a key stays."""


class Toolbox:
    """Tools that one caller may call.

    Args:
        pool: runs the calls; it gets the profiles that they need.
        names: of the tools; None: all.
        seconds: wall time of one call; None: each tool's own limit.
        memory_mib: memory of one call; None: each tool's own limit.
        max_numbers: most values in the arguments of one call.
        replies: keeps the replies beyond the life of this object.

    Raises:
        ToolError: there is no such tool, or what it needs is not installed.
    """

    def __init__(
        self,
        pool: SandboxPool,
        names: Sequence[str] | None = None,
        *,
        seconds: float | None = None,
        memory_mib: int | None = None,
        max_numbers: int = MAX_NUMBERS,
        replies: ReplyMemory | None = None,
    ) -> None:
        self._pool = pool
        self._entries = {name: find_entry(name) for name in (names if names is not None else tool_names())}
        self._seconds = seconds
        self._memory_mib = memory_mib
        self._max_numbers = max_numbers
        self._replies = replies
        self._known: dict[bytes, Reply] = {}
        self.calls = 0
        """Calls so far, those answered from memory included."""
        self.runs = 0
        """Calls that a sandbox child was started for."""

    @property
    def names(self) -> list[str]:
        """Tools that may be called."""
        return list(self._entries)

    def function_schemas(self) -> list[dict[str, Any]]:
        """The tools as OpenAI-compatible servers take them."""
        return [find_tool(name).function_schema() for name in self._entries]

    async def call(self, name: str, arguments: str | Mapping[str, Any]) -> Reply:
        """Call a tool; the same call again is answered from memory.

        Args:
            name: of the tool.
            arguments: as JSON text or as JSON values.

        Returns:
            The reply; nothing that a caller can send raises.

        Raises:
            SandboxUnavailableError: no isolation that is strong enough can be had here.
        """
        self.calls += 1
        entry = self._entries.get(name)
        if entry is None:
            return Reply(name[:60], _ERROR, error=f"no tool '{name[:60]}'; there are {', '.join(self._entries)}")
        try:
            given = _read(arguments, self._max_numbers)
            find_tool(name).bind(given)
        except SolverInputError as error:
            return Reply(name, Status.INVALID_INPUT, error=_line(str(error)))
        except ToolError as error:
            return Reply(name, _ERROR, error=str(error))
        key = self._key(name, given)
        known = self._remembered(key)
        if known is None:
            self.runs += 1
            known = await self._run(name, entry, given)
            self._remember(key, known)
            # Two that ran at once may differ (one stopped by its limit): everybody sees the one that was kept.
            known = self._remembered(key) or known
        return known

    def _key(self, name: str, arguments: Mapping[str, Any]) -> bytes:
        call = json.dumps([name, arguments, self._seconds, self._memory_mib], sort_keys=True)
        return hashlib.sha256(call.encode()).digest()[:_KEY_BYTES]

    def _remembered(self, key: bytes) -> Reply | None:
        if key in self._known or self._replies is None:
            return self._known.get(key)
        body = self._replies.tool_reply(key)
        return None if body is None else Reply(*json.loads(body))

    def _remember(self, key: bytes, reply: Reply) -> None:
        if self._replies is not None:
            body = [reply.tool, reply.status, reply.record, reply.error]
            self._replies.add_tool_reply(key, json.dumps(body))
            return
        if len(self._known) >= _MAX_KNOWN:
            self._known.pop(next(iter(self._known)))
        self._known[key] = reply

    async def _run(self, name: str, entry: ToolEntry, arguments: Mapping[str, Any]) -> Reply:
        profile = sandbox_profile(name)
        self._pool.add_profile(profile)
        limits = Limits(
            wall_seconds=self._seconds or entry.seconds,
            memory_mib=self._memory_mib or entry.memory_mib,
            answer_bytes=MAX_ANSWER,
        )
        payload = json.dumps({"target": entry.target, "arguments": dict(arguments)}).encode()
        outcome = await self._pool.run(Task(ENTRY, payload, capture=True, profile=profile.name), limits)
        return _reply(name, outcome, limits)


def _read(arguments: str | Mapping[str, Any], max_numbers: int) -> dict[str, Any]:
    """The arguments as plain JSON values.

    Raises:
        SolverInputError: they are none, or too many.
    """
    if isinstance(arguments, str):
        if len(arguments) > MAX_TEXT:
            raise SolverInputError(f"the arguments are {len(arguments)} characters long; at most {MAX_TEXT} are taken")
        try:
            value = json.loads(arguments or "{}")
        except RecursionError:
            raise SolverInputError("the arguments are nested too deeply") from None
        except ValueError as error:
            raise SolverInputError(f"the arguments are not JSON: {error}") from None
    else:
        value = dict(arguments)
    if not isinstance(value, dict):
        raise SolverInputError(f"the arguments are a JSON {_json_type(value)}; expected an object")
    _check_size(value, max_numbers)
    return value


def _check_size(value: dict[str, Any], max_numbers: int) -> None:
    count = characters = 0
    level: list[Any] = [value]
    for _ in range(_MAX_DEPTH):
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                below += one.values()
            elif isinstance(one, list | tuple):
                below += one
            elif isinstance(one, str):
                characters += len(one)
        count += len(below)
        if count > max_numbers or characters > MAX_TEXT:
            raise SolverInputError(f"the arguments hold too much: at most {max_numbers} values are taken")
        if not below:
            return
        level = below
    raise SolverInputError("the arguments are nested too deeply")


def _json_type(value: object) -> str:
    names = {list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def _reply(name: str, outcome: Outcome, limits: Limits) -> Reply:
    """The child's answer, which is read as if nobody had written it."""
    if outcome.end is End.TIMEOUT:
        return Reply(name, Status.LIMIT, error=f"stopped after {limits.wall_seconds:g} s")
    if outcome.end is End.MEMORY:
        return Reply(name, Status.LIMIT, error=f"needed more than {limits.memory_mib} MiB")
    if outcome.end is End.LIMIT:
        return Reply(name, Status.LIMIT, error=f"the answer is longer than {limits.answer_bytes >> 20} MiB")
    if outcome.end is not End.EXITED or outcome.exit_code != 0 or len(outcome.answers) != 1:
        last = outcome.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = outcome.detail or (last[-1] if last else f"ended by signal {outcome.signal}")
        return Reply(name, _ERROR, error=_line(f"the tool failed: {reason}"))
    try:
        record = json.loads(outcome.answers[0])
        status = record["status"]
        if not isinstance(status, str):
            raise TypeError("status")
    except (ValueError, TypeError, KeyError, RecursionError):
        return Reply(name, _ERROR, error="the tool failed: its answer cannot be read")
    if "error" in record:
        return Reply(name, status, error=_line(str(record["error"])))
    return Reply(name, status, record)


def _line(text: str) -> str:
    shown = " ".join(text.split())
    return shown if len(shown) <= _MAX_LINE else shown[: _MAX_LINE - 1] + "…"
