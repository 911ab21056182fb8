r"""Theories that ask Isabelle something; no verdict on a proof comes of them.

>>> print(facts_theory("Check_1", "Main", ["Nat.add_0"]))
theory Check_1 imports Main
begin
declare [[show_question_marks = false]]
thm Nat.add_0
end
<BLANKLINE>

`solve_direct` and `thm` are described in "The Isabelle/Isar Reference Manual".
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from verifiers.proofs.isabelle.text import Statement, split_header

__all__ = ["FIRST_FACT_LINE", "Comparison", "facts_theory"]

FIRST_FACT_LINE: Final = 4
"""Line on which `facts_theory` asks for the first fact; the others follow."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A question: does something known, or one statement in particular, solve another one?

    The statement that is compared with stands without a proof, and gaps are allowed for it alone: a proof of it would
    have to be checked again for every comparison. Nothing is proved by this.

    Attributes:
        header: of both.
        statement: that is asked about.
        known: the other one.
        fact: name that `known` has in the theory; not to be guessed.
    """

    header: str
    statement: Statement
    known: Statement
    fact: str = field(default_factory=lambda: f"known_{secrets.token_hex(8)}")

    def theory(self, name: str) -> str:
        """The theory with this name."""
        imports, _ = split_header(self.header)
        return f"theory {name} imports {imports}\n{self._before}{self._stated}solve_direct\noops\nend\n"

    @property
    def first(self) -> int:
        """Line on which the statement begins, from 1."""
        return 2 + self._before.count("\n")

    @property
    def question(self) -> int:
        """Line of `solve_direct`."""
        return self.first + self._stated.count("\n")

    @property
    def _before(self) -> str:
        _, rest = split_header(self.header)
        return (
            f"begin\n{rest}\ndeclare [[quick_and_dirty = true]]\n{self.known.renamed(self.fact)}\nsorry\n"
            "declare [[quick_and_dirty = false]]\n"
        )

    @property
    def _stated(self) -> str:
        return f"{self.statement.renamed('asked')}\n"


def facts_theory(name: str, imports: str, facts: Sequence[str]) -> str:
    """A theory that has facts shown, one on each line from `FIRST_FACT_LINE` on; an unknown one is an error there.

    Args:
        name: of the theory.
        imports: theories in which the facts are.
        facts: names, checked to be names.
    """
    asked = "".join(f"thm {fact}\n" for fact in facts)
    return f"theory {name} imports {imports}\nbegin\ndeclare [[show_question_marks = false]]\n{asked}end\n"
