"""Proofs and statements of a model, judged by an Isabelle server; verdicts by kind.

    checker = IsabelleChecker(sandbox, SelfPlayIsabelle(), statements)
    checked = await checker.check(statement, "by sledgehammer")
    checked.kind                                          # "passed", "wrong", "rejected: forbidden method", ...
    await checker.conjectured(statement, seed)            # "passed", "unreadable", "solved by its seed", ...
    await checker.lemmas(["Groups.add_ac(2)", "HOL.refl"])

Rules are those of STP's Isabelle variant (arXiv 2502.00212): proofs that say `sledgehammer`, `mason`, `smt`, `metis`
or `sos` are invalid, but the word `sledgehammer` in the place of a proof, which is tried as ten methods in turn (see
`verifiers.proofs.isabelle.theory`); a conjecture that `solve_direct` finds in its seed is invalid. Lemmas of a proof
are the facts that `thm_deps` lists for the theorem; `thm` shows their statements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from reasoning.selfplay.checking import PASSED, UNJUDGED, Checked, kind_of
from reasoning.selfplay.config import SelfPlayIsabelle
from reasoning.selfplay.records import Statement
from reasoning.selfplay.store import SelfPlayError
from reasoning.training.forms import ConfigError
from verifiers.proofs.isabelle.answers import Answers
from verifiers.proofs.isabelle.bridge import HEADER_AT_FAULT, IsabelleBridge, MissingTheoryError, ServerUnusableError
from verifiers.proofs.isabelle.questions import FIRST_FACT_LINE, Comparison, facts_theory
from verifiers.proofs.isabelle.text import UnreadableText, split_header, split_statement, without_comments
from verifiers.proofs.isabelle.theory import placeholders
from verifiers.proofs.records import ProofTask
from verifiers.records import RecordError, Status
from verifiers.sandbox import Limits, SandboxPool

__all__ = ["IsabelleChecker", "forbidden_method"]

_FORBIDDEN: Final = re.compile(r"(?<![\w'])(?:mason|smt|metis|sos)(?![\w'])")
_SLEDGEHAMMER: Final = re.compile(r"(?<![\w'])sledgehammer(?![\w'])")
_REJECTIONS: Final = (
    ("leaves a gap", "sorry"),
    ("rests on skip_proof", "sorry"),
    ("rests on", "oracle"),
    ("assumes what is not proved", "axiom"),
    ("runs ML code", "runs code"),
    ("spells a character", "runs code"),
    ("is not one that a proof may set", "option"),
    ("changes what terms mean", "notation"),
    ("is a command of a theory", "command"),
    ("another statement", "another statement"),
    ("go on with the statement", "another statement"),
)
"""Words of a reason -> its kind; any other reason is "other"."""
_SOLVED: Final = "can be solved directly with"
"""What `solve_direct` says where it finds something."""
_EVALUATION: Final = "holds_by_evaluation"
_PLUMBING: Final = ("Pure.", "HOL.", "Num.", "Numeral_Simprocs.", "Meson.", "ATP.", "SMT.", "Metis.")
"""Theories of the logic, of numerals and of tools: nearly any proof depends on them, no two share a lemma by it."""
_DEFINITION: Final = re.compile(r"_def(?:_raw)?(?:\(\d+\))?\Z")
_NAME: Final = re.compile(r"[A-Za-z][\w']*(?:\.[A-Za-z][\w']*)+(?:\([1-9]\d{0,3}\))?", re.ASCII)
_NAMES_AT_ONCE: Final = 100
_LONGEST_LEMMA: Final = 400


def forbidden_method(proof: str) -> str:
    """Why STP's rules refuse a proof; empty if they do not.

    Comments do not count; strings do, as methods may be quoted.
    """
    try:
        told = without_comments(proof)
        tried = placeholders(proof)
    except UnreadableText:
        return ""
    found = _FORBIDDEN.search(told)
    if found is not None:
        return f"'{found.group()}' is not allowed in self-play"
    if len(_SLEDGEHAMMER.findall(told)) != tried:
        return "'sledgehammer' stands where no proof does"
    return ""


class IsabelleChecker:
    """The Isabelle server that the environment names.

    Args:
        sandbox: closes the connection with itself; its workers are proofs judged at once.
        section: limits.
        statements: of the experiment; the theories that they import are where lemmas are looked for.
        bridge: asks the server; None: a new one.

    Raises:
        ConfigError: no server is named.
    """

    def __init__(
        self,
        sandbox: SandboxPool,
        section: SelfPlayIsabelle,
        statements: Sequence[Statement],
        bridge: IsabelleBridge | None = None,
    ) -> None:
        self._bridge = bridge or IsabelleBridge(sandbox)
        try:
            self._bridge.server()
        except ServerUnusableError as error:
            raise ConfigError(f"field 'system': is 'isabelle', but {error}") from None
        self._limits = Limits(wall_seconds=section.seconds)
        self._oracles = (_EVALUATION,) if section.trust_eval else ()
        self._imports = list(dict.fromkeys(split_header(one.header)[0] for one in statements))
        self.workers = sandbox.workers

    async def ready(self) -> None:
        """Start the session, which may build its image.

        Raises:
            SelfPlayError: the server cannot be used.
        """
        await self._asked(lambda name: facts_theory(name, "Main", ()))

    async def check(self, statement: Statement, proof: str) -> Checked:
        """Judge a proof; never raises for anything that the proof holds."""
        reason = forbidden_method(proof)
        if reason:
            return Checked("rejected: forbidden method", detail=reason)
        task = ProofTask("isabelle", statement.text, statement.header, axioms=self._oracles, premises=True)
        try:
            report = await self._bridge.check(task, proof, self._limits)
        except RecordError as error:
            return Checked("statement", detail=str(error))
        # A theory that is not there would be missed again and again.
        lost = report.status is Status.UNAVAILABLE and report.detail.startswith(HEADER_AT_FAULT)
        kind = "statement" if lost else kind_of(report, _REJECTIONS)
        return Checked(kind, report.premises, report.seconds, report.detail)

    async def conjectured(self, statement: Statement, seed: str) -> Checked:
        """Whether Isabelle can read a conjecture, and nothing known solves it: one theory states both and asks."""
        asked = Comparison(statement.header, split_statement(statement.text), split_statement(seed))
        try:
            answers = await self._bridge.ask(asked.theory, self._limits.wall_seconds)
        except TimeoutError as error:
            return Checked("timeout", detail=str(error))
        except ServerUnusableError as error:
            return Checked(UNJUDGED, detail=str(error))
        if answers.errors:
            # Header and seed were accepted with proofs: what is wrong before the conjecture is not its fault.
            line, message = min(answers.errors)
            return Checked("unreadable" if line >= asked.first else UNJUDGED, detail=message)
        found = next((said for said in answers.said.get(asked.question, ()) if _SOLVED in said), "")
        if not found:
            return Checked(PASSED)
        return Checked("solved by its seed" if asked.fact in found else "solved by a fact", detail=found)

    async def lemmas(self, names: Sequence[str]) -> Mapping[str, str]:
        """Those of the names that are library theorems which proofs can share, with their statements.

        Raises:
            SelfPlayError: the server cannot be used.
        """
        left = [name for name in names if _can_be_shared(name)]
        found: dict[str, str] = {}
        for imports in self._imports:
            for start in range(0, len(left), _NAMES_AT_ONCE):
                found |= await self._shown(imports, left[start : start + _NAMES_AT_ONCE])
            left = [name for name in left if name not in found]
        return {name: text for name, text in found.items() if len(text) <= _LONGEST_LEMMA}

    async def _shown(self, imports: str, names: Sequence[str]) -> dict[str, str]:
        try:
            answers = await self._asked(lambda own: facts_theory(own, imports, names))
        except MissingTheoryError:
            return {}
        return {
            name: f'lemma {name}: "{" ".join(said[0].split())}"'
            for line, name in enumerate(names, FIRST_FACT_LINE)
            if (said := answers.said.get(line))
        }

    async def _asked(self, text: Callable[[str], str]) -> Answers:
        try:
            return await self._bridge.ask(text, self._limits.wall_seconds)
        except MissingTheoryError:
            raise
        except (TimeoutError, ServerUnusableError) as error:
            raise SelfPlayError(f"Isabelle cannot be asked: {error}") from None


def _can_be_shared(name: str) -> bool:
    # The name comes out of a process that has read what a model wrote, and goes into a theory.
    return bool(_NAME.fullmatch(name)) and not name.startswith(_PLUMBING) and not _DEFINITION.search(name)
