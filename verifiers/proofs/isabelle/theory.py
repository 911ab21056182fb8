r"""The theory that is sent for a candidate, and where its lines come from.

    source = theory("Check_1", task, split_statement(task.statement), Proof("by sledgehammer", 1, 0), methods=(0,))
    source.text
    # 'theory Check_1 imports Main\nbegin\n\ntheorem two: "1 + 1 = 2"\n\nby auto\n\n\nthm_oracles Check_1.two\nend\n'

The word `sledgehammer` stands for the first of `METHODS` that ends the goal there: the list of "STP: Self-play LLM
Theorem Provers with Iterative Conjecturing and Proving" (arXiv 2502.00212), in its order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from verifiers.code_blocks import declaring_block
from verifiers.proofs.isabelle.text import Statement, UnreadableText, split_header, visible, without_comments
from verifiers.proofs.records import ProofTask

__all__ = ["METHODS", "Proof", "Source", "methods_for", "placeholders", "proof_of", "theory", "trial"]

METHODS: Final = (
    "by auto", "by simp", "by blast", "by fastforce", "by force", "by eval", "by presburger", "by arith",
    "by linarith", "by (auto simp: field_simps)",
)  # fmt: skip
"""What a placeholder is tried as, in this order."""
_EVALUATION: Final = {"by eval": "holds_by_evaluation"}
"""Methods that rest on an oracle, and its name."""
_LANGUAGES: Final = ("Isabelle", "isabelle", "Isar", "isar", "thy")
_PLACEHOLDER: Final = re.compile(r"(?:\b(?:by|apply)\s+)?(?<![\w.'])sledgehammer(?![\w.'])")
_END: Final = re.compile(r"(?:\A|\s)end\s*\Z")
_SYMBOL: Final = re.compile(r"\\<\^?\w+>|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Proof:
    """The proof in a candidate, comments blanked.

    Attributes:
        text: from the end of the statement on.
        line: where it begins in the candidate's text, from 1.
        column: from 0.
    """

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Source:
    """A theory, and the origin of its lines.

    Attributes:
        name: of the theory.
        text: of it.
        first: line on which the proof begins, from 1.
        origins: of each line from `first` on, line and column in the candidate's text.
        placeholders: line of each placeholder.
        question: line on which the oracles are asked for.
        dependencies: line on which the facts behind the theorem are asked for; 0: they are not.
    """

    name: str
    text: str
    first: int
    origins: tuple[tuple[int, int], ...]
    placeholders: tuple[int, ...]
    question: int
    dependencies: int = 0

    def place(self, position: dict[str, Any]) -> tuple[int, int]:
        r"""Line and column in the candidate of a position that the server gives; before its text: line 0.

        The server counts symbols from 1: `\<forall>` is one.
        """
        line, offset, file = position.get("line"), position.get("offset"), position.get("file")
        elsewhere = isinstance(file, str) and not file.endswith(f"{self.name}.thy")
        if not isinstance(line, int) or line < self.first or elsewhere:
            return 0, 0
        begin, column = self.origins[min(line - self.first, len(self.origins) - 1)]
        rows = self.text.split("\n")
        if not isinstance(offset, int) or line > len(rows):
            return begin, column
        before = sum(1 for _ in _SYMBOL.finditer("\n".join(rows[: line - 1]) + "\n"))
        symbols = [found.group() for found in _SYMBOL.finditer(rows[line - 1])]
        return begin, column + len("".join(symbols[: max(offset - 1 - before, 0)]))


def proof_of(task: ProofTask, statement: Statement, candidate: str) -> Proof:
    """The proof in a candidate, which may repeat the header and the statement, word for word.

    Raises:
        UnreadableText: a comment, string or cartouche is not closed, or the candidate states another theorem.
    """
    declaration = rf"\b(?:theorem|lemma|corollary|proposition)\s+{re.escape(statement.name)}(?![\w'])"
    block = declaring_block(candidate, _LANGUAGES, re.compile(declaration))
    text = without_comments(block.text if block else candidate)
    before = candidate[: block.start] if block else ""
    start = 0
    head = _head_pattern(without_comments(task.header))
    repeated = re.compile(rf"\s*{head}(?!\S)").match(text) if head else None
    if repeated is not None:
        start = repeated.end()
    ended = _END.search(visible(text)) if repeated is not None and "theory" in repeated.group() else None
    end = ended.start() if ended is not None else len(text)
    stated = re.compile(r"\s*(?:theorem|lemma|corollary|proposition)(?![\w'.])").match(text, start)
    if stated is not None:
        same = re.compile(rf"\s*{_as_pattern(statement.text)}(?![\w'])").match(text, start)
        if same is None:
            raise UnreadableText("another statement than the given one")
        start = same.end()
    whole = before + text[:start]
    return Proof(text[start:end], whole.count("\n") + 1, len(whole) - (whole.rfind("\n") + 1))


def placeholders(proof: str) -> int:
    """How many placeholders a proof holds."""
    return sum(1 for _ in _PLACEHOLDER.finditer(visible(proof)))


def methods_for(task: ProofTask) -> tuple[str, ...]:
    """What a placeholder is tried as: `METHODS`, without those whose oracle the task does not allow."""
    return tuple(one for one in METHODS if one not in _EVALUATION or _EVALUATION[one] in task.axioms)


def theory(name: str, task: ProofTask, statement: Statement, proof: Proof, methods: tuple[int, ...] = ()) -> Source:
    """The theory that checks a proof.

    Args:
        name: of the theory; new for each.
        task: header and statement.
        statement: the same, read.
        proof: of the candidate.
        methods: for each placeholder, the index in `methods_for(task)` of what stands there. Each gets lines of its
            own.
    """
    tried = methods_for(task)
    theorem = statement.name or f"checked_{name}"
    head = f"{_head(name, task)}\n{statement.named(theorem)}\n"
    first = head.count("\n") + 1
    rows, origins, marked = [""], [(proof.line, proof.column)], []
    position = 0
    for number, found in enumerate(_PLACEHOLDER.finditer(visible(proof.text))):
        _append(rows, origins, proof, position, found.start())
        marked.append(first + len(rows))
        place = _origin(proof, found.start())
        rows += [tried[methods[number]], ""]
        origins += [place, _origin(proof, found.end())]
        position = found.end()
    _append(rows, origins, proof, position, len(proof.text))
    body = "\n".join(rows)
    question = first + len(rows) + 1
    # Long names say which theory a fact is from, and mean the same wherever that is imported.
    asked = f"declare [[names_long]]\nthm_deps {name}.{theorem}\n" if task.premises else ""
    text = f"{head}{body}\n\nthm_oracles {name}.{theorem}\n{asked}end\n"
    return Source(name, text, first, tuple(origins), tuple(marked), question, question + 2 if asked else 0)


def trial(name: str, task: ProofTask, statement: Statement) -> Source:
    """A theory that is right exactly when header and statement are: the theorem is stated and given up."""
    text = f"{_head(name, task)}\n{statement.named(f'checked_{name}')}\noops\nend\n"
    lines = text.count("\n")
    return Source(name, text, lines, ((1, 0),), (), lines)


def _head(name: str, task: ProofTask) -> str:
    imports, rest = split_header(task.header)
    return f"theory {name} imports {imports}\nbegin\n{rest}"


def _append(rows: list[str], origins: list[tuple[int, int]], proof: Proof, begin: int, end: int) -> None:
    first, *more = proof.text[begin:end].split("\n")
    rows[-1] += first
    rows += more
    line = _origin(proof, begin)[0]
    origins += [(line + number, 0) for number in range(1, len(more) + 1)]


def _origin(proof: Proof, position: int) -> tuple[int, int]:
    """Where a position of the proof is in the candidate."""
    line = proof.text.count("\n", 0, position)
    column = position - (proof.text.rfind("\n", 0, position) + 1)
    return proof.line + line, column if line else proof.column + column


def _head_pattern(header: str) -> str:
    """A pattern for a header under any name of the theory."""
    words = header.split()
    if words[:1] != ["theory"]:
        return _as_pattern(header)
    return r"theory\s+\S+\s+" + _as_pattern(" ".join(words[2:]))


def _as_pattern(text: str) -> str:
    """A pattern for the same words with any blanks between them."""
    return r"\s+".join(re.escape(word) for word in text.split())
