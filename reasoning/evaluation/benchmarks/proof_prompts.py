r"""How a statement to be proved is put to a model.

    chat      asks an instructed model for the proof in one code block
    complete  header and statement, to be continued; for models trained on proofs

CHAT.write(Problem("p", "proof", fields={"system": "lean", "statement": "theorem two : 1 + 1 = 2 := by"}))
"""

from __future__ import annotations

from reasoning.engines.base import Message
from reasoning.methods.base import Prompt, PromptStyle
from verifiers.records import Problem

__all__ = ["CHAT", "COMPLETE", "STYLES"]

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


def _source(problem: Problem) -> str:
    header = problem.text("header", "").strip()
    return f"{header}\n\n{problem.text('statement')}" if header else problem.text("statement")


def _whole(problem: Problem, reply: str) -> str | None:
    """The reply as it stands: the verifier finds the code in it; None when blank."""
    return reply if reply.strip() else None


CHAT = PromptStyle("chat", "asks for the proof in one code block", _chat, _whole)
COMPLETE = PromptStyle("complete", "continues the statement; for models trained on proofs", _complete, _whole)
STYLES = (CHAT, COMPLETE)
