r"""What a finished `use_theories` says: the report on a proof, or the answers to questions.

    report, lines = read_report(task, source, body)     # of a proof
    answers = read_answers("Check_1", body)             # of commands that ask something
    answers.said[5]                                     # ("0 + ?n = ?n",): what the command on line 5 wrote

`FINISHED` alone says nothing ("The Isabelle System Manual", chapter "The Isabelle server"): the task and each of its
theories have to be done, and the commands behind the proof have to have answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from verifiers.proofs.isabelle.theory import Source
from verifiers.proofs.records import ProofMessage, ProofReport, ProofTask
from verifiers.records import Status

__all__ = ["MOST_REASON", "Answers", "StatementRefused", "Unclear", "read_answers", "read_report"]

MOST_REASON: Final = 600
"""Longest reason that is told."""
_MAX_MESSAGES: Final = 20
_DONE: Final = {"ok": True, "consolidated": True, "failed": 0, "percentage": 100}
_DEPENDENCIES: Final = re.compile(r"dependencies:\s*\d+\Z")


class Unclear(RuntimeError):
    """The server finished, but not with a readable result."""


class StatementRefused(RuntimeError):
    """The server says something against header or statement, which a proof cannot."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What the server says of a theory.

    Attributes:
        errors: line and text of each; line 0 where it names no line.
        said: line of a command -> what it wrote.
    """

    errors: tuple[tuple[int, str], ...]
    said: Mapping[int, tuple[str, ...]]


def read_report(task: ProofTask, source: Source, body: dict[str, Any]) -> tuple[ProofReport, frozenset[int]]:
    """What a finished task says about a proof: the report, and the lines of its errors.

    Raises:
        StatementRefused: the first error stands before the proof.
        Unclear: it says nothing that can be relied on.
    """
    nodes, errors = _parts(body)
    own, said = _own(source.name, nodes)
    wrong = [*errors, *(one for one in said if one.get("kind") == "error")]
    if wrong:
        return _failed(source, wrong)
    states = [node.get("status") for node in nodes]
    good = all(
        isinstance(state, dict) and all(state.get(key) == value for key, value in _DONE.items()) for state in states
    )
    if body.get("ok") is not True or not good or len(own) != 1:
        raise Unclear("a finished task that is not done, and no error that says why")
    oracles = _oracles(source, said)
    refused = [name for name in oracles if name not in task.axioms]
    if refused:
        detail = f"rests on {', '.join(refused)}"[:MOST_REASON]
        return ProofReport(Status.REJECTED, detail, axioms=oracles), frozenset()
    premises = _dependencies(source, said) if source.dependencies else ()
    return ProofReport(Status.PASSED, axioms=oracles, premises=premises), frozenset()


def _parts(body: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Nodes and errors of a finished task.

    Raises:
        Unclear: it has none.
    """
    nodes, errors = body.get("nodes"), body.get("errors")
    if not isinstance(nodes, list) or not isinstance(errors, list):
        raise Unclear("a finished task without nodes or errors")
    if not all(isinstance(one, dict) for one in (*nodes, *errors)):
        raise Unclear("a node or error that is no object")
    return nodes, errors


def read_answers(name: str, body: dict[str, Any]) -> Answers:
    """What a finished task says of the theory with this name; without errors, all of its commands were run.

    Raises:
        Unclear: they were not, and no error says why; or there is no readable result.
    """
    nodes, errors = _parts(body)
    own, told = _own(name, nodes)
    wrong = [*errors, *(one for one in told if one.get("kind") == "error")]
    found = dict.fromkeys((_line(one), " ".join(str(one.get("message", "")).split())) for one in wrong)
    state = own[0].get("status") if len(own) == 1 else None
    done = isinstance(state, dict) and all(state.get(key) == _DONE[key] for key in ("consolidated", "percentage"))
    if not done and not found:
        raise Unclear("a finished task that is not done, and no error that says why")
    said: dict[int, list[str]] = {}
    for one in told:
        if one.get("kind") != "error" and (line := _line(one)):
            said.setdefault(line, []).append(str(one.get("message", "")))
    return Answers(tuple(found), {line: tuple(texts) for line, texts in said.items()})


def _own(name: str, nodes: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The nodes of one theory, and their messages."""
    own = [node for node in nodes if str(node.get("theory_name", "")).rpartition(".")[2] == name]
    return own, [one for node in own for one in node.get("messages") or [] if isinstance(one, dict)]


def _line(message: dict[str, Any]) -> int:
    position = message.get("pos")
    line = position.get("line") if isinstance(position, dict) else None
    return line if isinstance(line, int) else 0


def _failed(source: Source, wrong: list[dict[str, Any]]) -> tuple[ProofReport, frozenset[int]]:
    messages, lines = [], set()
    for one in wrong:
        position = one.get("pos") if isinstance(one.get("pos"), dict) else {}
        assert isinstance(position, dict)
        line, column = source.place(position)
        if isinstance(position.get("line"), int):
            lines.add(position["line"])
        text = str(one.get("message", ""))[:MOST_REASON]
        message = ProofMessage("error", line, column, text)
        if message not in messages:
            messages.append(message)
    messages.sort(key=lambda message: message.line)
    if messages[0].line == 0:
        raise StatementRefused(" ".join(messages[0].text.split()))
    report = ProofReport(Status.WRONG, messages[0].describe()[:MOST_REASON], tuple(messages[:_MAX_MESSAGES]))
    return report, frozenset(lines)


def _oracles(source: Source, said: list[dict[str, Any]]) -> tuple[str, ...]:
    """The names that `thm_oracles` lists: one message, on the line of the question, beginning with `oracles:`.

    Raises:
        Unclear: there is no such message, or more than one.
    """
    first, *rest = _only_answer(source.question, said, "oracles")
    if first != "oracles:":
        raise Unclear("an unreadable list of oracles")
    return tuple(dict.fromkeys(entry.rstrip(":") for entry in rest))


def _dependencies(source: Source, said: list[dict[str, Any]]) -> tuple[str, ...]:
    """The facts of library and session that `thm_deps` lists, by their long names; those of the theory itself are not.

    Raises:
        Unclear: there is no such message, or more than one.
    """
    first, *rest = _only_answer(source.dependencies, said, "dependencies")
    if not _DEPENDENCIES.match(first):
        raise Unclear("an unreadable list of dependencies")
    return tuple(dict.fromkeys(entry for entry in rest if not entry.startswith(f"{source.name}.")))


def _only_answer(line: int, said: list[dict[str, Any]], what: str) -> list[str]:
    """The first line of the one message on a line, and the first word of each item below it.

    Raises:
        Unclear: there is no such message, or more than one.
    """
    answers = [str(one.get("message", "")) for one in said if one.get("kind") == "writeln" and _line(one) == line]
    if len(answers) != 1:
        raise Unclear(f"no list of {what} in the answer")
    first, *rest = answers[0].strip().split("\n")
    entries = (row.replace("\\<^item>", " ").strip(" \t•*:") for row in rest)
    return [first.strip(), *(entry.split()[0] for entry in entries if entry)]
