"""Subgoal proofs: the engine writes the claims, automation or the engine proves each, and the whole is judged.

reasoning evaluate core-lean --method subgoals,drafts=4 --engine vllm:my-prover --out runs/subgoals

The engine is asked for a proof in numbered steps in words, then for a formal proof along these steps that may leave
gaps (`sorry`; in Isabelle also `sledgehammer`) where automation should prove a claim. Each gap is closed by automation,
or by proofs that the engine is asked for. What has no gap is checked by the prover before another draft is asked for.
Source: SubgoalXL (Zhao et al. 2024, arXiv 2408.11172), whose generators this method asks with the prompts that they are
trained on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from reasoning.engines.base import BudgetSpentError, EngineError, Message, PromptTooLongError
from reasoning.methods.base import Attempt, MethodError, Prompt, Question, Workbench
from reasoning.methods.direct import NO_ANSWER
from reasoning.methods.subgoal_closing import Closing, Effort, Subgoal, close_gaps, whole_objection
from reasoning.methods.subgoal_prompts import (
    SYSTEMS,
    Form,
    Step,
    code_in,
    form_of,
    proof_prompt,
    subgoal_prompt,
)
from reasoning.options import bounded, check_options
from verifiers.proofs.lean.install import LeanMissingError
from verifiers.proofs.lean.worker import WorkerKilled, WorkerNotStarted
from verifiers.proofs.records import ProofTask
from verifiers.records import Candidate, Problem, RecordError

__all__ = ["SubgoalsOptions", "subgoals"]

_TEMPERATURE = 0.6
"""Of everything behind the first draft where the run is greedy, as greedy replies are all the same; as in SubgoalXL."""


@dataclass(frozen=True, slots=True)
class SubgoalsOptions:
    """Options of `subgoals`.

    Attributes:
        drafts: proofs with gaps that the engine is asked for, until one has its gaps closed and the prover accepts it.
        plan: whether steps in words are asked for before each.
        attempts: proofs that automation tries in each gap (Lean).
        seconds: in Lean, for the automation of each gap.
        tries: proofs that the engine is asked for where automation leaves a gap open.
    """

    drafts: int = bounded(2, low=1)
    plan: bool = True
    attempts: int = bounded(60, low=1)
    seconds: float = bounded(5.0, above=0)
    tries: int = bounded(2, low=0)

    def __post_init__(self) -> None:
        check_options(self)


async def subgoals(question: Question, workbench: Workbench, options: SubgoalsOptions) -> Attempt:
    """Ask for proofs with gaps until the gaps of one are closed and the prover accepts it.

    Where it accepts none, the candidate is the last one without gaps.

    Raises:
        EngineError: no answer could be had, or there is no Lean to try proofs with.
        MethodError: the problem asks for no proof, or in another system.
    """
    problem = question.problem
    if problem.kind != "proof" or problem.fields.get("system") not in SYSTEMS:
        raise MethodError(f"method 'subgoals' proves in {' and '.join(SYSTEMS)}, and was given problem '{problem.id}'")
    drafts: list[dict[str, Any]] = []
    candidate: Candidate | None = None
    finish = "no draft"
    for number in range(options.drafts):
        again = question if number == 0 else _warmer(question)
        try:
            closing, ended, told = await _draft(again, workbench, options, number)
        except (BudgetSpentError, PromptTooLongError):
            if candidate is None:
                raise
            break
        drafts.append(told)
        if closing.text is not None:
            candidate, finish = Candidate(problem.id, closing.text, question.sample), ended
        elif candidate is None:
            finish = ended if ended in NO_ANSWER else closing.reason or ended
        if ended in NO_ANSWER or (closing.text is not None and not told["reason"]):
            break
    return Attempt(candidate, finish, {"drafts": drafts})


async def _draft(
    question: Question, workbench: Workbench, options: SubgoalsOptions, number: int
) -> tuple[Closing, str, dict[str, Any]]:
    """One draft with its gaps closed as far as that goes, how its completion ended, and what the trace keeps.

    The last draft is not checked as a whole: it is judged whatever comes of that.
    """
    problem, form = question.problem, form_of(question.style)
    step = Step(
        problem.text("system"), problem.prompt, header=problem.text("header", ""), statement=problem.text("statement")
    )
    if options.plan:
        plan, finish = await _asked(question, workbench, f"plan {number}", subgoal_prompt(step, form))
        if finish in NO_ANSWER:
            return Closing(None), finish, {}
        step = replace(step, subgoals=plan.strip())
    reply, finish = await _asked(question, workbench, f"draft {number}", proof_prompt(step, form))
    told: dict[str, Any] = {"plan": step.subgoals, "draft": reply}
    if finish in NO_ANSWER:
        return Closing(None), finish, told

    async def ask(subgoal: Subgoal) -> list[str]:
        return await _proofs(question, workbench, options.tries, form, subgoal)

    effort = Effort(options.attempts, options.seconds)
    try:
        task = ProofTask.of(problem)
        closing = await close_gaps(workbench.sandbox, task, reply, effort, ask if options.tries else None)
        last = number + 1 == options.drafts
        reason = closing.reason if last else await whole_objection(workbench.sandbox, task, closing)
    except RecordError as error:
        raise MethodError(f"method 'subgoals': problem '{problem.id}': {error}") from None
    except (LeanMissingError, WorkerNotStarted, WorkerKilled) as error:
        raise EngineError(f"method 'subgoals': {error}") from None
    steps = [{"step": one.step, "by": one.by, "attempts": one.attempts, "proof": one.proof} for one in closing.steps]
    return closing, finish, {**told, "subgoals": steps, "reason": reason}


async def _proofs(question: Question, workbench: Workbench, count: int, form: Form, subgoal: Subgoal) -> list[str]:
    """The engine's proofs of what automation left open."""
    task = subgoal.task
    if task.system == "lean":
        fields = {"system": task.system, "statement": task.statement, "header": task.header}
        id = f"{question.problem.id}/{subgoal.step}"
        part = replace(question, problem=Problem(id, "proof", fields=fields))
        prompt = question.style.write(part.problem)
    else:
        part = question
        source = f"{task.statement}\n{subgoal.before}"
        prompt = Prompt(text=source, stop=("\n",)) if not form.chat else _gap_prompt(source)
    request = _warmer(part).request(f"subgoal {subgoal.step}", prompt, count)
    completions = await workbench.engine.complete(request)
    texts = [completion.text for completion in completions if completion.finish_reason not in NO_ANSWER]
    return [text for text in map(code_in, texts) if text.strip()] if task.system != "lean" else texts


def _gap_prompt(source: str) -> Prompt:
    text = (
        f"This Isabelle/HOL proof breaks off before the proof of its last claim.\n\n```isabelle\n{source}\n```\n\n"
        "Reply with one code block that holds the proof of that claim alone (`by ...`, or `proof ... qed`)."
    )
    return Prompt(messages=(Message("user", text),))


async def _asked(question: Question, workbench: Workbench, step: str, prompt: Prompt) -> tuple[str, str]:
    (completion,) = await workbench.engine.complete(question.request(step, prompt))
    return completion.text, completion.finish_reason


def _warmer(question: Question) -> Question:
    """The question, sampled where it would be greedy."""
    if question.sampling.temperature > 0:
        return question
    return replace(question, sampling=question.with_sampling(temperature=_TEMPERATURE))
