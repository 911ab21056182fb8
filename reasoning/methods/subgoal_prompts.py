r"""What the generators of SubgoalXL are shown: one form for sampling, for scoring and for training data.

>>> step = Step("lean", statement="theorem t (n : Nat) : n = n := by", informal="Every number equals itself.")
>>> print(subgoal_prompt(step, PLAIN).text)
### Problem
Every number equals itself.
<BLANKLINE>
### Statement in Lean 4
theorem t (n : Nat) : n = n := by
<BLANKLINE>
### Proof in steps
<BLANKLINE>

Three generators write a formal statement, a proof in steps in words (the subgoal proof) and a formal proof; a fourth,
the posterior subgoal generator, reads the steps back from a formal proof and is used for its log-probabilities alone.
Source: SubgoalXL (Zhao et al. 2024, arXiv 2408.11172), whose four copies of the proof generator differ in prompt and
data: copies 1 and 2 see the plain form, 3 and 4 alternate between two instructions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reasoning.engines.base import Message
from reasoning.methods.base import Prompt, PromptStyle
from verifiers.code_blocks import fenced, first_block
from verifiers.proofs.isabelle.text import UnreadableText
from verifiers.proofs.isabelle.text import without_comments as without_isabelle_comments
from verifiers.proofs.lean.text import without_comments as without_lean_comments
from verifiers.records import Problem

__all__ = [
    "INSTRUCTED",
    "PLAIN",
    "SYSTEMS",
    "Form",
    "Step",
    "code_in",
    "form_of",
    "posterior_prompt",
    "proof_completion",
    "proof_form",
    "proof_prompt",
    "statement_completion",
    "statement_prompt",
    "subgoal_prompt",
    "without_comments",
]

SYSTEMS: Final = {"lean": "Lean 4", "isabelle": "Isabelle/HOL"}
"""Systems with subgoal proofs, and their names for people."""
COMPLETE: Final = "complete"
"""Name of the prompt style that gives a text to be continued."""
_MARKS: Final = {"lean": "lean4", "isabelle": "isabelle"}
_STOP: Final = ("\n###", "\n\n\n")
_PROOF_STOP: Final = ("\n###", "\ntheorem ", "\nlemma ", "\nend\n", "\n#")
_AUTOMATION: Final = {
    "lean": "State each intermediate claim with `have`, and write `sorry` where tactics such as omega, simp or grind "
    "should close a claim.",
    "isabelle": "State each intermediate claim with `have` and the goal with `show`, and write `sledgehammer` where "
    "Sledgehammer should close a claim.",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One problem on its way through the generators; what is not there yet is empty.

    Attributes:
        system: `lean` or `isabelle`.
        informal: the problem in words.
        subgoals: its proof in steps, in words.
        header: what stands before the statement.
        statement: in the system's language, up to the place where the proof begins.
        proof: what follows it.
    """

    system: str
    informal: str = ""
    subgoals: str = ""
    header: str = ""
    statement: str = ""
    proof: str = ""

    def problem(self, id: str) -> Problem:
        """The statement as a problem of kind `proof`."""
        fields = {"system": self.system, "statement": self.statement}
        return Problem(id, "proof", self.informal, fields | ({"header": self.header} if self.header else {}))


@dataclass(frozen=True, slots=True)
class Form:
    """How a prompt is written.

    Attributes:
        instructed: with an instruction and a request for a code block, as instructed models need it; or plain.
        chat: as a message; or as text to be continued.
        variant: which of the two instructions for proofs.
    """

    instructed: bool
    chat: bool
    variant: int = 0


PLAIN: Final = Form(instructed=False, chat=False)
INSTRUCTED: Final = Form(instructed=True, chat=True)


def form_of(style: PromptStyle) -> Form:
    """Plain text where the run's prompt style continues a text, an instruction in a message otherwise."""
    return PLAIN if style.name == COMPLETE else INSTRUCTED


def proof_form(form: Form, version: int, number: int) -> Form:
    """The form for a copy of the proof generator.

    Args:
        form: of the run.
        version: of the copy, from 1 to 4.
        number: of the sample: copies 3 and 4 alternate between two instructions.
    """
    return Form(form.instructed or version > 2, form.chat, number % 2)


def statement_prompt(step: Step, form: Form) -> Prompt:
    """Problem and steps in words -> formal statement."""
    name = SYSTEMS[step.system]
    task = f"State the problem as a theorem in {name}, without its proof.{_reply(form, 'theorem')}"
    return _prompt(form, task, [_problem(step), ("Proof in steps", step.subgoals)], f"Statement in {name}", _STOP)


def subgoal_prompt(step: Step, form: Form) -> Prompt:
    """Problem and formal statement -> proof in steps, in words."""
    name = SYSTEMS[step.system]
    task = (
        f"Write a proof in numbered steps, in words. Each step is a claim that a {name} proof would state and prove on "
        "its own."
    )
    return _prompt(form, task, [_problem(step), (f"Statement in {name}", _source(step))], "Proof in steps", _STOP)


def proof_prompt(step: Step, form: Form) -> Prompt:
    """Problem, formal statement and steps -> formal proof; the steps stand in a comment behind the statement."""
    name = SYSTEMS[step.system]
    task = (
        f"Complete the proof in {name}. {_AUTOMATION[step.system]}",
        f"Prove the theorem in {name}, claim by claim as the steps in the comment say. {_AUTOMATION[step.system]}",
    )[form.variant] + _reply(form, "theorem, unchanged, with its proof")
    opening, closing = ("/- ", " -/") if step.system == "lean" else ("(* ", " *)")
    steps = f"\n{opening}{_harmless(step.subgoals)}{closing}" if step.subgoals else ""
    return _prompt(form, task, [_problem(step)], f"Proof in {name}", _PROOF_STOP, _source(step) + steps + "\n")


def posterior_prompt(step: Step, form: Form) -> Prompt:
    """Problem, formal statement and formal proof without its comments -> the steps that it follows."""
    name = SYSTEMS[step.system]
    task = "Tell the steps of this formal proof in words, numbered."
    code = f"{_source(step)}\n{without_comments(step.system, step.proof)}"
    return _prompt(form, task, [_problem(step), (f"Proof in {name}", code)], "Proof in steps", _STOP)


def without_comments(system: str, code: str) -> str:
    """A proof without its comments and without the lines that they leave blank."""
    try:
        told = without_isabelle_comments(code) if system == "isabelle" else without_lean_comments(code)
    except UnreadableText:
        return code
    return "\n".join(line.rstrip() for line in told.split("\n") if line.strip())


def statement_completion(step: Step, form: Form) -> str:
    """The statement as a reply to `statement_prompt`."""
    return fenced(step.statement, _MARKS[step.system]) if form.chat else step.statement


def proof_completion(step: Step, form: Form) -> str:
    """The proof as a reply to `proof_prompt`."""
    return fenced(f"{_source(step)}\n{step.proof}", _MARKS[step.system]) if form.chat else step.proof


def code_in(reply: str) -> str:
    """The first code block of a reply, or the reply itself where there is none."""
    found = first_block(reply, None)
    return (reply if found is None else found.text).strip("\n")


def _reply(form: Form, what: str) -> str:
    return f" Reply with one code block that holds the {what}." if form.chat else ""


def _problem(step: Step) -> tuple[str, str]:
    return "Problem", step.informal


def _source(step: Step) -> str:
    return f"{step.header.strip()}\n\n{step.statement}" if step.header.strip() else step.statement


def _harmless(text: str) -> str:
    """Words for a comment, which they must not end."""
    return text.replace("-/", "- /").replace("*)", "* )")


def _prompt(
    form: Form, task: str, parts: list[tuple[str, str]], wanted: str, stop: tuple[str, ...], begun: str = ""
) -> Prompt:
    shown = "".join(f"### {title}\n{text.strip()}\n\n" for title, text in parts if text.strip())
    if form.instructed:
        shown = f"{task}\n\n{shown}"
    text = f"{shown}### {wanted}\n{begun}"
    return Prompt(messages=(Message("user", text),)) if form.chat else Prompt(text=text, stop=stop)
