r"""How a statement to be proved is put to a model.

    chat      asks an instructed model for the proof in one code block
    complete  header and statement, to be continued; for models trained on proofs
    prover    asks to complete the code, in a fence that is left open (STP, nano-prover)

CHAT.write(Problem("p", "proof", fields={"system": "lean", "statement": "theorem two : 1 + 1 = 2 := by"}))
"""

from __future__ import annotations

from reasoning.engines.base import Message
from reasoning.methods.base import Prompt, PromptStyle
from reasoning.proving.prompts import FENCE, cut_proof, prover_prompt
from verifiers.proofs.lean.text import split_statement
from verifiers.records import Problem

__all__ = ["CHAT", "COMPLETE", "PROVER", "STYLES"]

_LANGUAGES = {"lean": ("Lean 4", "lean4"), "isabelle": ("Isabelle/HOL", "isabelle"), "coq": ("Coq", "coq")}
"""System -> its name for people, and the mark of its code blocks."""
_STOP = ("\ntheorem ", "\nlemma ", "\nend ", "\n#", "```")
"""Where a continuation has left the proof."""


def _chat(problem: Problem) -> Prompt:
    name, mark = _LANGUAGES[problem.text("system")]
    informal = f"{problem.prompt.strip()}\n\n" if problem.prompt.strip() else ""
    text = (
        f"{informal}Prove this theorem in {name}.\n\n```{mark}\n{_source(problem)}\n```\n\n"
        "Reply with one code block that holds the theorem with its proof. Do not change the statement."
    )
    return Prompt(messages=(Message("user", text),))


def _complete(problem: Problem) -> Prompt:
    return Prompt(text=_source(problem) + "\n", stop=_STOP)


def _prover(problem: Problem) -> Prompt:
    system = problem.text("system")
    if system == "lean":
        return Prompt(text=prover_prompt(problem.text("statement"), problem.text("header", "")), stop=(FENCE,))
    name, mark = _LANGUAGES[system]
    return Prompt(text=f"Complete the following {name} code:\n\n{FENCE}{mark}\n{_source(problem)}", stop=(FENCE,))


def _cut(problem: Problem, reply: str) -> str | None:
    """The proof up to the closing fence; the prompt for Lean ends in `:= by` whatever the statement ends in."""
    proof = cut_proof(reply)
    if not proof.strip():
        return None
    if problem.text("system") == "lean" and split_statement(problem.text("statement")).opening != " := by":
        return f"by\n{proof}"
    return proof


def _source(problem: Problem) -> str:
    header = problem.text("header", "").strip()
    return f"{header}\n\n{problem.text('statement')}" if header else problem.text("statement")


def _whole(problem: Problem, reply: str) -> str | None:
    """The reply as it stands: the verifier finds the code in it; None when blank."""
    return reply if reply.strip() else None


CHAT = PromptStyle("chat", "asks for the proof in one code block", _chat, _whole)
COMPLETE = PromptStyle("complete", "continues the statement; for models trained on proofs", _complete, _whole)
PROVER = PromptStyle("prover", "asks to complete the code; for models trained as provers (STP)", _prover, _cut)
STYLES = (CHAT, COMPLETE, PROVER)
