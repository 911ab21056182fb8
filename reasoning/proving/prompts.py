r"""The two prompts of a prover that also conjectures, and how its completions are read (Lean 4).

>>> prover_prompt("theorem two : 1 + 1 = 2 := by")
'Complete the following Lean 4 code:\n\n```lean4\ntheorem two : 1 + 1 = 2 := by'
>>> cut_proof("\n  rfl\n```\nDone.")
'  rfl'
>>> statement_from_conjecture(" three : 1 + 2 = 3 := by rfl\n</hard theorem>")
'theorem three : 1 + 2 = 3 := by'

Source: K. Dong, T. Ma, STP: Self-play LLM Theorem Provers with Iterative Conjecturing and Proving (arXiv 2502.00212),
section 3 and appendix. One model has both roles; the prompt says which one is asked for.
"""

from __future__ import annotations

import re
from typing import Any, Final

from verifiers.proofs.lean import guard
from verifiers.proofs.lean.text import split_statement
from verifiers.records import RecordError

__all__ = [
    "CONJECTURE_END",
    "FENCE",
    "PROMPT_TOKENS",
    "STRICT_HEADER",
    "TRIVIAL_LEMMA",
    "conjecture_target",
    "conjecturer_prompt",
    "cut_from_left",
    "cut_proof",
    "proof_target",
    "prover_prompt",
    "statement_from_conjecture",
]

PROMPT_TOKENS: Final = 1024
"""Longest prompt of the paper's models; what is too long loses its beginning."""
TRIVIAL_LEMMA: Final = "theorem true: True"
"""Stands for "no particular lemma"."""
STRICT_HEADER: Final = "set_option autoImplicit false"
"""Under it Lean does not make a variable of a name that a statement binds nowhere, which says what nobody meant."""
FENCE: Final = "```"
CONJECTURE_END: Final = "</hard theorem>"
_FIRST_LINE: Final = "Complete the following Lean 4 code:"
_OPENING: Final = f"{_FIRST_LINE}\n\n{FENCE}lean4\n"
_DECLARES: Final = "theorem"
_COMMENT: Final = re.compile(r"--|/-")
_COMMAND: Final = re.compile(
    r"(?<![\w.'«])(?:theorem|lemma|def|abbrev|axiom|example|inductive|structure|class|instance|opaque|namespace|section|"
    r"variable|universe|import|prelude|mutual|end|open|export|attribute|set_option|syntax|macro|macro_rules|notation|"
    r"infix[lr]?|prefix|postfix|deriving|local|scoped|private|protected|public|noncomputable|partial|sorry)(?![\w'»!?])|#\w"
)
"""Words that begin or belong to commands: a conjecture is one statement and nothing else."""


def prover_prompt(statement: str, header: str = "") -> str:
    """Asks for the proof of a statement; ends in `:= by`.

    Args:
        statement: up to, or up to and with, `:=` or `:= by`.
        header: text before it: imports, opened namespaces.

    Raises:
        RecordError: it declares no named theorem.
    """
    return f"{_OPENING}{_above(header)}{split_statement(statement).text} := by"


def proof_target(proof: str) -> str:
    """The completion of `prover_prompt` that gives this proof; `cut_proof` reads it back."""
    return f"\n{proof.strip(chr(10)).rstrip()}\n{FENCE}"


def cut_proof(completion: str) -> str:
    """The proof in a completion: what stands before the first closing fence, without blank lines around it."""
    return _without_blank_lines(completion.partition(FENCE)[0])


def conjecturer_prompt(lemma: str, seed_statement: str, seed_proof: str, header: str = "") -> str:
    """Asks for a new statement in the spirit of a proved one, whose proof uses a lemma.

    Args:
        lemma: statement of the lemma that both theorems share, or `TRIVIAL_LEMMA`; its text before the first `:=` is
            shown.
        seed_statement: the proved statement.
        seed_proof: what follows its `:= by`.
        header: text before everything.

    Raises:
        RecordError: the seed declares no named theorem.
    """
    shared = lemma.partition(":=")[0].strip()
    seed = f"{split_statement(seed_statement).text} := by\n{_without_blank_lines(seed_proof)}"
    return f"{_OPENING}{_above(header)}<lemma>\n{shared}\n<easy theorem>\n{seed}\n<hard theorem>\n {_DECLARES}"


def conjecture_target(statement: str) -> str:
    """The completion of `conjecturer_prompt` that gives this statement; `statement_from_conjecture` reads it back.

    Raises:
        RecordError: it declares no named theorem, or by another word than `theorem`.
    """
    text = split_statement(statement).text.strip()
    if not text.startswith(f"{_DECLARES} "):
        raise RecordError("statement", f"expected one that begins with '{_DECLARES}'")
    return f"{text.removeprefix(_DECLARES)}\n{CONJECTURE_END}"


def statement_from_conjecture(completion: str) -> str | None:
    """The statement that a completion of `conjecturer_prompt` makes, ending in `:= by`; None where it makes none.

    A statement is the grader's text and is trusted, a conjecture is a model's and is not: one that is more than a
    single statement (commands, comments, words that run code) is none.
    """
    text = completion.partition(CONJECTURE_END)[0].partition(FENCE)[0].partition(":=")[0].strip()
    whole = f"{_DECLARES} {text}"
    if _COMMENT.search(text) or _COMMAND.search(text) or guard.refusal(whole):
        return None
    try:
        return f"{split_statement(whole).text} := by"
    except RecordError:
        return None


def cut_from_left(prompt: str, tokenizer: Any, tokens: int = PROMPT_TOKENS) -> str:
    """The longest end of a prompt that starts where a token does and has at most `tokens` tokens.

    Args:
        prompt: the text.
        tokenizer: a fast Hugging Face tokenizer.
        tokens: the limit, at least 1.
    """
    while True:
        places = tokenizer(prompt, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
        if len(places) <= tokens:
            return prompt
        # Several tokens of one character all name its place, and the end may be tokenised otherwise on its own.
        prompt = prompt[max(places[-tokens][0], 1) :]


def _above(header: str) -> str:
    text = header.strip()
    return f"{text}\n\n" if text else ""


def _without_blank_lines(text: str) -> str:
    lines = text.rstrip().split("\n")
    while len(lines) > 1 and not lines[0].strip():
        lines.pop(0)
    return "\n".join(lines)
