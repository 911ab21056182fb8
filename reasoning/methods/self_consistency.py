"""Self-consistency: n samples, and the most frequent answer wins.

    reasoning evaluate math --engine ENGINE --method self_consistency,n=16
    reasoning evaluate gsm8k --engine ENGINE --method self_consistency,n=8,of=tir

Answers count together when the answer verifier finds them equal (`match=equivalent`); `match=strings` counts the
answers as they stand in the texts, as the script of Qwen2.5-Math does.

Source: Wang et al. 2023, "Self-Consistency Improves Chain of Thought Reasoning in Language Models".
"""

from __future__ import annotations

from dataclasses import dataclass

from reasoning.methods.base import Attempt, Question, Workbench
from reasoning.methods.draws import MATCHES, DrawOptions, chosen, classes_of, draw, tallied
from reasoning.methods.voting import majority
from reasoning.options import one_of

__all__ = ["SelfConsistencyOptions", "self_consistency"]


@dataclass(frozen=True, slots=True)
class SelfConsistencyOptions(DrawOptions):
    """Options of `self_consistency`: those of `DrawOptions`, and what counts as the same answer.

    Attributes:
        match: `equivalent` or `strings`.
    """

    match: str = one_of("equivalent", MATCHES)


async def self_consistency(question: Question, workbench: Workbench, options: SelfConsistencyOptions) -> Attempt:
    """Draw n samples and take the first of the most frequent answer.

    Raises:
        EngineError: no answer could be had.
        MethodError: answers of this kind cannot be compared.
    """
    attempts = await draw(question, workbench, options, range(options.n))
    classes = classes_of(question, attempts, options.match)
    return chosen(question, attempts, majority(classes), tallied(classes), None)
