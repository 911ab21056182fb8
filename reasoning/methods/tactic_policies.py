r"""Who proposes tactics to a tree search: a language model, or the search prover's own list.

>>> first_tactic("\n  induction n with\n  | zero => rfl\n  | succ n ih => simp [ih]\n  done")
'induction n with\n| zero => rfl\n| succ n ih => simp [ih]'

A model is shown the proof so far and goes on with it: what it writes up to the end of the first tactic, with the
tokens' log-probabilities summed up to there, is a proposal.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from reasoning.engines.base import Completion, Engine, Message, derive_seed
from reasoning.engines.proof_search import FAST, SLOW, steps_for
from reasoning.methods.base import Prompt, Question
from reasoning.proving.best_first import Proposal, Proposals
from reasoning.proving.prompts import FENCE
from verifiers.proofs.lean.tactics import TacticState
from verifiers.records import Problem

__all__ = ["EnginePolicy", "PriorPolicy", "first_tactic", "proposals_of", "tactic_problem"]

_STOP: Final = (FENCE, "\ntheorem ", "\nlemma ", "\nend ")
_GOES_ON: Final = ("|", "<;>")
"""What a line begins with that belongs to the tactic before it although it is not indented further."""
_ASK: Final = """\
Prove this theorem in Lean 4, tactic by tactic. So far:

```lean4
{code}
```

The goals that are left, the current one first:

{goals}

Reply with one code block that holds the next tactic alone."""


def first_tactic(text: str) -> str:
    """The first tactic of a text with the lines that belong to it, its margin taken off; empty where there is none."""
    lines = text.split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    if not lines:
        return ""
    margin = _margin(lines[0])
    kept = [lines[0]]
    for line in lines[1:]:
        if line.strip() and _margin(line) <= margin and not line.lstrip().startswith(_GOES_ON):
            break
        kept.append(line)
    return "\n".join(line[min(margin, _margin(line)) :] for line in kept).rstrip()


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


class EnginePolicy:
    """A language model, asked as the question's prompt style asks.

    Args:
        engine: the model.
        question: whose problem's statement ends in `:= by`, with the style and the sampling.
        samples: completions for each state.
        temperature: of these, where the run itself is greedy.
        max_tokens: longest completion.
    """

    def __init__(self, engine: Engine, question: Question, samples: int, temperature: float, max_tokens: int) -> None:
        self._engine = engine
        self._question = question
        self._samples = samples
        self._sampling = question.with_sampling(
            temperature=question.sampling.temperature or temperature, max_tokens=max_tokens
        )

    async def propose(self, state: TacticState, visit: int) -> Proposals:
        """Sample completions; see `Policy.propose`.

        Raises:
            EngineError: no answer could be had.
        """
        prompt = self._prompt(state)
        # A state's seeds come from its goals, not from when it is met.
        step = f"tree {derive_seed(*state.goals)} {visit}"
        request = self._question.request(step, prompt, self._samples, self._sampling)
        completions = await self._engine.complete(replace(request, logprobs=True))
        continued = not prompt.messages
        tokens = sum(completion.completion_tokens for completion in completions)
        return Proposals(
            proposals_of(completions, continued=continued, begun=continued and bool(state.tactics)), tokens
        )

    def _prompt(self, state: TacticState) -> Prompt:
        problem = self._question.problem
        written = self._question.style.write(problem)
        proof = f"\n{state.proof}" if state.tactics else ""
        if written.text is not None:
            return Prompt(text=written.text.rstrip("\n") + proof, stop=tuple(dict.fromkeys((*written.stop, *_STOP))))
        code = "\n".join(part for part in (problem.text("header", "").strip(), problem.text("statement")) if part)
        goals = "\n\n".join(state.goals)
        return Prompt(messages=(Message("user", _ASK.format(code=code + proof, goals=goals)),))


def proposals_of(completions: Sequence[Completion], *, continued: bool, begun: bool = False) -> tuple[Proposal, ...]:
    """The first tactics of completions with their log-probabilities, each once.

    Where an engine gives no log-probabilities, a tactic's share of the completions stands for its probability.

    Args:
        completions: replies in a code block, or continuations of a proof.
        continued: whether they are continuations: a fence then ends the block that the prompt has begun.
        begun: whether they go on with a proof that has a line already: what goes on with that line is no new tactic.
    """
    found: dict[str, float] = {}
    counts: Counter[str] = Counter()
    for completion in completions:
        text, start = (completion.text.partition(FENCE)[0], 0) if continued else _code_of(completion.text)
        if begun and text and not text.startswith("\n"):
            continue
        tactic = first_tactic(text)
        if not tactic:
            continue
        counts[tactic] += 1
        if completion.logprobs:
            end = start + _length(text)
            found[tactic] = max(found.get(tactic, -math.inf), _logprob(completion, end))
    total = len(completions)
    return tuple(Proposal(tactic, found.get(tactic, math.log(count / total))) for tactic, count in counts.items())


def _code_of(reply: str) -> tuple[str, int]:
    """What stands in the first code block, closed or not, or before the first fence; and where it begins."""
    before, _, behind = reply.partition(FENCE)
    mark, line_end, code = behind.partition("\n")
    if not line_end:
        return before, 0
    return code.partition(FENCE)[0], len(before) + len(FENCE) + len(mark) + 1


def _length(text: str) -> int:
    """Characters of a text up to the end of its first tactic."""
    lines = text.split("\n")
    first = next(number for number, line in enumerate(lines) if line.strip())
    count = first + first_tactic(text).count("\n") + 1
    return len("\n".join(lines[:count]).rstrip())


def _logprob(completion: Completion, end: int) -> float:
    """Sum over the tokens that begin before `end`."""
    total, place = 0.0, 0
    for token in completion.logprobs:
        if place >= end:
            break
        total += token.logprob
        place += len(token.token)
    return total


class PriorPolicy:
    """No model: the search prover's closing tactics and the steps that fit the goal, with probabilities by rank."""

    async def propose(self, state: TacticState, visit: int) -> Proposals:
        """The same list at every visit; see `Policy.propose`."""
        tactics = list(dict.fromkeys((*FAST, *steps_for(state.goals[0]), *SLOW)))
        whole = sum(1 / rank for rank in range(1, len(tactics) + 1))
        return Proposals(tuple(Proposal(tactic, -math.log(rank * whole)) for rank, tactic in enumerate(tactics, 1)))


def tactic_problem(problem: Problem, statement: str) -> Problem:
    """The problem with another spelling of its statement."""
    return replace(problem, fields={**problem.fields, "statement": statement})
