"""Self-consistency for programs: the program whose outputs most others share.

    reasoning evaluate humaneval --method output_consistency,samples=10 --engine ...

Majority vote as for answers (Wang et al., arXiv 2203.11171, section 2), with behaviour in the place of the answer: the
programs run on inputs that the model wrote (whole programs on those of the statement's samples, where it has some),
those with the same outputs on all of them are one group, and a program of the largest group is the answer. A failure
counts as an output of its own.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from reasoning.engines.base import BudgetSpentError, PromptTooLongError, derive_seed
from reasoning.methods.base import Attempt, Question, Workbench
from reasoning.methods.code.asking import Asker
from reasoning.methods.code.callers import read_callers
from reasoning.methods.code.single import program_in
from reasoning.methods.code.syntax import names_bound
from reasoning.methods.code.tasks import CodeTask, code_task, whole_program
from reasoning.methods.funcoder.consensus import cluster_scores, leaders, value_text
from reasoning.methods.funcoder.prompts import callers_ladder
from reasoning.methods.funcoder.trace import TextAllowance
from reasoning.methods.one_shot_code import one_shot_prompt
from reasoning.options import bounded, check_options
from verifiers.programs.behaviour import Input, observe
from verifiers.records import Candidate

__all__ = ["OutputConsistencyOptions", "output_consistency"]


@dataclass(frozen=True, slots=True)
class OutputConsistencyOptions:
    """Options of the method `output_consistency`.

    Attributes:
        samples: programs.
        inputs: most test inputs.
        temperature: of the programs.
        inputs_temperature: of the inputs.
        timeout: seconds for one program on one input.
    """

    samples: int = bounded(10, low=1)
    inputs: int = bounded(10, low=1)
    temperature: float = bounded(0.8, low=0)
    inputs_temperature: float = bounded(0.2, low=0)
    timeout: float = bounded(5.0, above=0)

    def __post_init__(self) -> None:
        check_options(self)


async def output_consistency(question: Question, workbench: Workbench, options: OutputConsistencyOptions) -> Attempt:
    """Sample programs and inputs, run all programs on all inputs, take from the largest group.

    Raises:
        EngineError: no answer could be had.
        MethodError: the problem asks for no function.
    """
    task = code_task(question.problem, "output_consistency")
    asker = Asker(question, workbench, options.samples + 1)
    replies = await asker.ask(
        "consistency programs", one_shot_prompt(task), samples=options.samples, temperature=options.temperature
    )
    programs = [program for reply in replies if (program := program_in(reply, task)) is not None]
    if not programs:
        return Attempt(None, "no reply held the function", {"method": "output_consistency", "programs": 0})
    seed = derive_seed(question.run_seed, question.problem.id, "consistency", question.sample) % 2**32
    finish, inputs = "stop", []
    try:
        inputs = await _inputs(asker, task, programs, options, seed)
    except BudgetSpentError:
        finish = "budget"
    rows = await observe(workbench.sandbox, programs, inputs, seed=seed, seconds=options.timeout)
    table = [[value_text(answer.value) if answer.kind == "value" else None for answer in row.answers] for row in rows]
    scores = cluster_scores(table)
    best = leaders(scores)
    chosen = random.Random(seed).choice(best)
    allowance = TextAllowance()
    trace = {
        "method": "output_consistency",
        "inputs": [
            allowance.take(given.source or f"{given.name}({', '.join(map(repr, given.arguments))})", 1_000)
            for given in inputs
        ],
        "programs": [
            {"source": allowance.take(program), "values": row, "group_size": score}
            for program, row, score in zip(programs, table, scores, strict=True)
        ],
        "chosen": chosen,
        "tied": best,
    }
    program = whole_program(task, programs[chosen])
    return Attempt(Candidate(question.problem.id, program, question.sample), finish, trace)


async def _inputs(
    asker: Asker, task: CodeTask, programs: list[str], options: OutputConsistencyOptions, seed: int
) -> list[Input]:
    name = task.root.name
    if task.samples:
        return [Input("", name, (given,)) for given, _ in task.samples[: options.inputs]]
    if not task.root.function.args.args and not task.free:
        return [Input("", name)]
    ladder = callers_ladder(task.code, name)
    try:
        [reply] = await asker.ask_shortening("consistency inputs", ladder, temperature=options.inputs_temperature)
    except PromptTooLongError:
        return []
    taken = {bound for program in programs for bound in names_bound(program)}
    callers = read_callers(reply, name, taken, options.inputs)
    return [Input(source, caller, (seed,)) for source, caller in callers]
