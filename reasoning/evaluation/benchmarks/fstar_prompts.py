r"""How an F* type whose definition is wanted is put to a model.

    chat      asks an instructed model for the definition in one code block
    complete  the file, related definitions and the type, to be continued; for models trained on F*

The order is that of "Towards Neural Synthesis for SMT-Assisted Proof-Oriented Programming" (arXiv 2405.01787): the
file up to the definition, cut from the left; related definitions; premises; the type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reasoning.engines.base import Message
from reasoning.methods.base import Prompt, PromptStyle
from verifiers.records import Problem

__all__ = ["CHAT", "COMPLETE", "CONTEXT_CHARACTERS", "STYLES"]

CONTEXT_CHARACTERS: Final = 12_000
"""What is shown of the file before the definition."""
_STOP: Final = ("\nval ", "\nlet ", "\n#", "\n(*", "```")
"""Where a continuation has left the definition."""


def _chat(problem: Problem) -> Prompt:
    name = problem.id.rpartition(".")[2]
    text = (
        f"Write the definition of `{name}` in F*, so that it has exactly the type that is declared at the end.\n\n"
        f"```fstar\n{_source(problem)}\n```\n\n"
        f"Reply with one code block that holds the definition alone, beginning with `let {name}` or `let rec {name}`. "
        "It is checked by F* and Z3. `admit`, `assume` and the like, options and further declarations are refused."
    )
    return Prompt(messages=(Message("user", text),))


def _complete(problem: Problem) -> Prompt:
    return Prompt(text=_source(problem) + "\n", stop=_STOP)


def _source(problem: Problem) -> str:
    meta = problem.meta
    parts = [str(meta.get("context", "")).strip()]
    parts += _listed("Definitions of similar types:", meta.get("related", ()), "\n\n")
    parts += _listed("These may help:", meta.get("premises", ()), "\n")
    parts.append(str(meta.get("goal", "")) or problem.text("statement"))
    return "\n\n".join(part for part in parts if part)


def _listed(head: str, texts: Sequence[str], between: str) -> list[str]:
    inside = between.join(text.strip().replace("(*", "( *").replace("*)", "* )") for text in texts)
    return [f"(* {head}\n\n{inside}\n*)"] if texts else []


def _whole(problem: Problem, reply: str) -> str | None:
    """The reply as it stands: the verifier finds the definition in it; None when blank."""
    return reply if reply.strip() else None


CHAT = PromptStyle("chat", "asks for the definition in one code block", _chat, _whole)
COMPLETE = PromptStyle("complete", "continues the file; for models trained on F*", _complete, _whole)
STYLES = (CHAT, COMPLETE)
