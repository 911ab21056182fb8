r"""One check in a coqtop process: header, statement, candidate, and what the grader asks afterwards.

    found = await run_check(worker, Work(header, statement, steps), seconds=10)
    found.failure, found.axioms

The grader's own sentences carry a random number that no candidate can know. The statement is elaborated before the
candidate is read, as the constant `Statement_N`; after it `Definition Proof_N : Statement_N := @NAME.` has the kernel
decide whether the candidate's constant proves it, and `Print Assumptions Proof_N.` lists what that rests on.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from verifiers.proofs.coq.text import Sentence, Statement
from verifiers.proofs.dialogue import ProgramDied, Step, Worker
from verifiers.records import RecordError

__all__ = ["Assumption", "Checked", "HeaderUnavailable", "Work", "new_mark", "run_check"]

_ERROR: Final = "Error:"
_START_SECONDS: Final = 120.0
"""For the start of a process and its header, on a busy machine."""
_QUERY_SECONDS: Final = 60.0
"""For the grader's own questions; the first ones read proofs from disk."""
_PROMPT: Final = re.compile(r"<prompt>[^\n]*? < (\d+) \|[^\n]*?</prompt>")
_NOISE: Final = re.compile(r"<(infomsg|warning)>.*?</\1>\n?", re.DOTALL)
_ERROR_TEXT: Final = re.compile(r"^Error:\s*(.*?)(?=^<prompt>|\n\n<prompt>|\Z)", re.DOTALL | re.MULTILINE)
_GOALS: Final = re.compile(r"^\d+ (?:focused )?goals?\b[^\n]*\n(.*?)(?=\n\n<prompt>|\Z)", re.DOTALL | re.MULTILINE)
_MISSING: Final = ("Cannot find a physical path", "Unable to locate library", "Cannot find library")
_EXPANDS: Final = re.compile(r"Expands to:\s*(?:Constant|Variable)\s+([\w'.]+)")
_ASSUMED: Final = re.compile(r"\A([^\W\d][\w'.]*)(?:\s*:.*)?\Z", re.DOTALL)
_CLOSED: Final = "Closed under the global context"
_BLOCKS: Final = ("Axioms:", "Section Variables:", "Opaque constants:", "Transparent constants:")


class HeaderUnavailable(RuntimeError):
    """The header asks for a library that is not installed."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be checked.

    Attributes:
        header: trusted text.
        statement: trusted too.
        sentences: of the candidate.
        states: whether the candidate's sentences hold the statement; if not it goes before them.
    """

    header: str
    statement: Statement
    sentences: Sequence[Sentence]
    states: bool


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something that a proof rests on.

    Attributes:
        name: full name, or the line that says what it is (a switched-off check).
        given: whether the header declares it.
    """

    name: str
    given: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it.

    Attributes:
        failure: the first error; empty if there is none.
        at: index of the failing sentence in the candidate; None: the grader's last question failed.
        goals: open goals before it.
        assumptions: of the proof.
    """

    failure: str = ""
    at: int | None = None
    goals: tuple[str, ...] = ()
    assumptions: tuple[Assumption, ...] = ()


def new_mark() -> str:
    """A name that no candidate knows."""
    return secrets.token_hex(12)


async def run_check(worker: Worker, work: Work, seconds: float) -> Checked:
    """Check one candidate in a running coqtop.

    Raises:
        RecordError: Coq refuses header or statement.
        HeaderUnavailable: the header needs a library that is not here.
        ProgramDied: the process ended.
        ProgramTimeout: the time was over.
    """
    home = await _header_state(worker, work.header)
    mark = new_mark()
    given = f"Given_{mark}"
    (text,) = await worker.ask(
        [
            _step(
                f"BackTo {home}.\n{work.statement.renamed(given)}\nAdmitted.\n"
                f"Definition Statement_{mark} := ltac:(let T := type of @{given} in exact T).\n"
                f"Set Default Timeout {max(1, round(seconds))}.\n"
            )
        ],
        _QUERY_SECONDS,
    )
    failure = _failure(text)
    if failure:
        raise RecordError("statement", f"Coq refuses it: {failure}")
    before = _state(text)
    found = await _candidate(worker, work, seconds)
    if not found.failure:
        found = await _assumptions(worker, work.statement.name, mark, before)
    await worker.ask([_step(f"BackTo {home}.\n")], _QUERY_SECONDS)
    return found


async def _header_state(worker: Worker, header: str) -> int:
    """Load the header, unless the process has it already; the number of the state behind it."""
    known = worker.notes.get("header")
    if known is not None and known[0] == header:
        return int(known[1])
    reset = "" if known is None else f"BackTo {worker.notes['start']}.\n"
    if known is None:
        (text,) = await worker.ask([_step("")], _START_SECONDS)
        worker.notes["start"] = _state(text)
    (text,) = await worker.ask([_step(f"{reset}{header}\n")], _START_SECONDS)
    failure = _failure(text)
    worker.notes["header"] = (None, 0)
    if failure:
        if any(words in failure for words in _MISSING):
            raise HeaderUnavailable(f"the header needs a library that is not installed: {failure}")
        raise RecordError("header", f"Coq refuses it: {failure}")
    state = _state(text)
    worker.notes["header"] = (header, state)
    return state


async def _candidate(worker: Worker, work: Work, seconds: float) -> Checked:
    """Run the candidate's sentences up to the first error."""
    texts = [sentence.text for sentence in work.sentences]
    if not work.states:
        texts.insert(0, work.statement.text)
    steps = [_step(text.strip() + "\n") for text in texts]
    outputs = await worker.ask(steps, seconds, stop=_ERROR)
    failure = _failure(outputs[-1]) if outputs else ""
    if not failure:
        return Checked()
    index = len(outputs) - 1 - (0 if work.states else 1)
    goals = _goals(outputs[-2]) if len(outputs) > 1 else ()
    return Checked(failure, index, goals)


async def _assumptions(worker: Worker, name: str, mark: str, before: int) -> Checked:
    """Have the kernel compare the candidate's constant with the statement, and list what it rests on."""
    steps = [
        _step(f"Unset Default Timeout.\nDefinition Proof_{mark} : Statement_{mark} := @{name}.\n"),
        _step(f"Print Assumptions Proof_{mark}.\n"),
    ]
    outputs = await worker.ask(steps, _QUERY_SECONDS, stop=_ERROR)
    failure = _failure(outputs[-1])
    if failure:
        return Checked(failure)
    listed = _listed(outputs[1])
    if listed is None:
        raise ProgramDied("coqtop: unreadable list of assumptions")
    names = [name for name in listed if _ASSUMED.match(name)]
    full = await _full_names(worker, names)
    await worker.ask([_step(f"BackTo {before}.\n")], _QUERY_SECONDS)
    there = await _full_names(worker, names)
    found = []
    for entry in listed:
        own = full.get(entry, entry)
        of_header = own.startswith("Top.") or "." not in own
        found.append(Assumption(own, given=of_header and there.get(entry) == own and not own.endswith(mark)))
    return Checked(assumptions=tuple(found))


async def _full_names(worker: Worker, names: list[str]) -> dict[str, str]:
    """Short name -> full name, as this state of the process resolves it."""
    if not names:
        return {}
    outputs = await worker.ask([_step(f"About {name}.\n") for name in names], _QUERY_SECONDS)
    found = {}
    for name, output in zip(names, outputs, strict=True):
        expands = _EXPANDS.search(output)
        if expands is not None:
            found[name] = expands.group(1)
    return found


def _listed(output: str) -> list[str] | None:
    """What `Print Assumptions` lists: names, or lines that say which check was off; None if it cannot be read."""
    text = _NOISE.sub("", output[max(output.find("<prompt>"), 0) :])
    text = text[: text.rfind("<prompt>")]
    lines = [line for line in _PROMPT.sub("", text).split("\n") if line.strip()]
    if any(line.strip() == _CLOSED for line in lines):
        return []
    listed: list[str] = []
    for line in lines:
        if line.strip() in _BLOCKS or "</infomsg>" in line or "<infomsg>" in line:
            continue
        if line[0].isspace() or line[0] == ":":
            if not listed:
                return None
            continue
        named = _ASSUMED.match(line)
        listed.append(named.group(1) if named else line.strip())
    return listed or None


def _step(text: str) -> Step:
    mark = f"m{secrets.token_hex(8)}"  # short: Coq breaks long lines
    return Step(f"{text}Fail Check {mark}.\n", (mark,))


def _state(output: str) -> int:
    """The number in the last prompt.

    Raises:
        ProgramDied: there is none.
    """
    numbers = _PROMPT.findall(output)
    if not numbers:
        raise ProgramDied("coqtop: no prompt in its answer")
    return int(numbers[-1])


def _failure(output: str) -> str:
    """The first error in an output, in one line; empty if there is none."""
    found = _ERROR_TEXT.search(_NOISE.sub("", output))
    return " ".join(found.group(1).split()) if found else ""


def _goals(output: str) -> tuple[str, ...]:
    """The goals that the last state shows."""
    found = _GOALS.findall(_NOISE.sub("", output).replace("</prompt>", "</prompt>\n"))
    return (found[-1].strip("\n"),) if found else ()
