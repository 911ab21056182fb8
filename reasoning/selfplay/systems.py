"""What self-play does differently in Lean and in Isabelle, but for judging proofs (see `reasoning.selfplay.checking`).

system = SYSTEMS["isabelle"]
system.prover_prompt(statement.text, statement.header)
system.statement_key(statement.header, statement.text)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reasoning.proving import isabelle_prompts, isabelle_statements, prompts
from reasoning.selfplay.records import ConjecturerInput
from reasoning.selfplay.selection import statement_key
from verifiers.proofs.isabelle import text as isabelle_text
from verifiers.proofs.lean import text as lean_text
from verifiers.proofs.records import ProofTask

__all__ = ["ISABELLE", "LEAN", "SYSTEMS", "System"]


@dataclass(frozen=True, slots=True)
class System:
    """A proof system in self-play.

    Attributes:
        title: its name for people.
        trivial_lemma: what a prompt shows for "no particular lemma".
        prover_prompt: (statement, header) -> prompt.
        conjecturer_prompt: (lemma, seed, its proof, header) -> prompt.
        conjecture_target: the completion that gives a statement.
        read_conjecture: the statement in a completion; None where there is none.
        read_task: statement and header of a problem as records keep them; raises `RecordError`.
        statement_key: (header, statement) -> what makes two statements the same.
        context: of an input, what a verdict on a conjecture depends on beside its text.
        timed: whether slow proofs weigh less in the prover's data (STP: in Lean only).
    """

    title: str
    trivial_lemma: str
    prover_prompt: Callable[[str, str], str]
    conjecturer_prompt: Callable[[str, str, str, str], str]
    conjecture_target: Callable[[str], str]
    read_conjecture: Callable[[str], str | None]
    read_task: Callable[[ProofTask], tuple[str, str]]
    statement_key: Callable[[str, str], tuple[str, str]]
    context: Callable[[ConjecturerInput], str]
    timed: bool


def _lean_task(task: ProofTask) -> tuple[str, str]:
    return f"{lean_text.split_statement(task.statement).text} := by", task.header


def _isabelle_task(task: ProofTask) -> tuple[str, str]:
    """Statement and header; the theory's name, by which headers differ, says nothing."""
    imports, rest = isabelle_text.split_header(task.header)
    header = f"theory Problem imports {imports}\nbegin" + (f"\n{rest}" if rest else "")
    return isabelle_text.split_statement(task.statement).text, header


def _isabelle_key(header: str, text: str) -> tuple[str, str]:
    return "".join(header.split()), isabelle_statements.statement_key(text)


LEAN: Final = System(
    title="Lean",
    trivial_lemma=prompts.TRIVIAL_LEMMA,
    prover_prompt=prompts.prover_prompt,
    conjecturer_prompt=prompts.conjecturer_prompt,
    conjecture_target=prompts.conjecture_target,
    read_conjecture=prompts.statement_from_conjecture,
    read_task=_lean_task,
    statement_key=statement_key,
    context=lambda one: one.header,
    timed=True,
)
ISABELLE: Final = System(
    title="Isabelle",
    trivial_lemma=isabelle_prompts.TRIVIAL_LEMMA,
    prover_prompt=isabelle_prompts.prover_prompt,
    conjecturer_prompt=isabelle_prompts.conjecturer_prompt,
    conjecture_target=isabelle_prompts.conjecture_target,
    read_conjecture=isabelle_prompts.statement_from_conjecture,
    read_task=_isabelle_task,
    statement_key=_isabelle_key,
    # A conjecture is compared with the seed that it was made from.
    context=lambda one: one.seed,
    timed=False,
)
SYSTEMS: Final = {"lean": LEAN, "isabelle": ISABELLE}
"""Name in an experiment -> system."""
