r"""The IDE protocol of `fstar.exe --ide`: one JSON object a line, queries answered in turn.

    query = Query.new("push", {"kind": "full", "code": "let x = 1\n", "line": 1, "column": 0})
    reply = read_reply(query, output_up_to_the_response)
    reply.succeeded, reply.issues      # (False, (Issue('error', 19, '- Assertion failed ...', '<input>', 1, 8),))

The number of a query is random, so that nothing that a candidate has F* print can pass for its answer.
Source: the editor support page of F* and the regression files of its IDE mode.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from verifiers.proofs.dialogue import Step

__all__ = ["Issue", "ProtocolError", "Query", "Reply", "read_reply"]

_MAX_ISSUES: Final = 50


class ProtocolError(RuntimeError):
    """The program left the protocol; the message says how."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question.

    Attributes:
        id: its number, which nobody can guess.
        name: `push`, `pop`, `vfs-add`, `push-partial-checked-file`.
        args: its arguments.
    """

    id: str
    name: str
    args: Mapping[str, Any]

    @classmethod
    def new(cls, name: str, args: Mapping[str, Any]) -> Query:
        """A question with a fresh number."""
        return cls(secrets.token_hex(12), name, args)

    def step(self) -> Step:
        """The question as a line, and the marks of the line that answers it."""
        line = json.dumps({"query-id": self.id, "query": self.name, "args": dict(self.args)})
        return Step(line + "\n", (f'"query-id":"{self.id}"', '"kind":"response"'))


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that F* has to say about a text.

    Attributes:
        level: `error`, `warning`, `info`.
        number: of this kind of issue; 0 where it gives none. 168: syntax; 19: Z3 could not prove it.
        message: in words.
        file: where it is; empty where it does not say.
        line: from 1.
        column: from 0.
    """

    level: str
    number: int
    message: str
    file: str
    line: int
    column: int

    def describe(self) -> str:
        """Number and message in one line."""
        head = f"{self.level} {self.number}: " if self.number else ""
        return head + " ".join(self.message.split())


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a question.

    Attributes:
        status: `success`, `failure` or `protocol-violation`.
        issues: what it lists.
        text: what it says in words.
    """

    status: str
    issues: tuple[Issue, ...] = ()
    text: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether it succeeded, and lists no error either."""
        return self.status == "success" and not any(issue.level == "error" for issue in self.issues)

    @property
    def complaint(self) -> str:
        """Its first error, or all that it says, in one line."""
        errors = [issue.describe() for issue in self.issues if issue.level == "error"]
        return errors[0] if errors else self.text or f"F* answers '{self.status}'"


def read_reply(query: Query, output: str) -> Reply:
    """The answer in the output of a query's step: its last line; messages of progress stand before it.

    Raises:
        ProtocolError: it is no answer to this query.
    """
    try:
        answer = json.loads(output.rstrip("\n").rpartition("\n")[2])
        if answer["kind"] != "response" or answer["query-id"] != query.id:
            raise ProtocolError("an answer to another query")
        status, body = str(answer["status"]), answer.get("response")
        if not isinstance(body, list):
            return Reply(status, text="" if body is None else str(body))
        return Reply(status, tuple(_issue(entry) for entry in body[:_MAX_ISSUES]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProtocolError(f"an unreadable answer: {error}") from None


def _issue(entry: Any) -> Issue:
    ranges = entry.get("ranges") or [{}]
    begin = ranges[0].get("beg") or (0, 0)
    return Issue(
        level=str(entry["level"]),
        number=int(entry.get("number") or 0),
        message=str(entry.get("message", "")),
        file=str(ranges[0].get("fname", "")),
        line=int(begin[0]),
        column=int(begin[1]),
    )
