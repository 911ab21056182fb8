r"""Optimisation problems from their models: scenario first, then program and proof, the question last (ReSocratic).

$ reasoning generate resocratic --engine vllm:Qwen/Qwen3-8B --count 1000 --out runs/resocratic

Yang et al. 2024. A model writes a formatted scenario step by step (variables, objective, constraints; each step in
words and as a formal line), then a program that solves it, which runs in the sandbox. Every shorter list of constraints
is a problem of its own. The optimum is proved before anything is asked about it: z3 finds a feasible point where the
program says, and shows that there is no better one. Then the scenario is translated back into a question without
formulas, as prose and with a table. The proved optimum is the gold value; the program is the accepted solution.

Other than upstream: code that runs is not enough, so a model without a proof in time is dropped; and only the value of
the optimum is asked for, as another point may be just as good.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from reasoning.engines.base import Message
from reasoning.evaluation.benchmarks.optibench import BENCHMARK
from reasoning.methods import Prompt
from reasoning.pipelines.base import Discarded, Outcome, Pipeline, Row, option
from reasoning.pipelines.job import Job
from reasoning.pipelines.new_problems import statements_in
from reasoning.pipelines.scenarios import Scenario, ScenarioError, read_scenario
from reasoning.pipelines.solutions import steps_of
from reasoning.solvers.results import Status
from reasoning.solvers.toolbox import Toolbox
from verifiers.extraction import extract_program
from verifiers.judging import failure_of
from verifiers.optimization import PROFILE, TOLERANCE, named_results
from verifiers.records import Problem
from verifiers.sandbox import Task
from verifiers.sandbox.entries import program_payload

__all__ = ["DEMONSTRATIONS", "PIPELINE", "ResocraticOptions", "optimum_fault", "run"]

PROSE, TABLE = "prose", "table"
_SOLVER = "satisfy_constraints"

DEMONSTRATIONS = (
    """## Define Variables:
A bakery bakes rye loaves and plum cakes for a market day. It has to decide how many of each to bake.
// {"number of rye loaves": "x", "range": "x >= 0", "type": "integer"}
// {"number of plum cakes": "y", "range": "y >= 0", "type": "integer"}

## Define Objective Function:
A rye loaf brings a profit of $2.50 and a plum cake one of $6. The bakery wants the largest profit.
// Maximize 2.5x + 6y

## Generate Constraint-1:
A loaf takes 3 hundred grams of flour and a cake takes 5; there are 240 hundred grams.
// 3x + 5y <= 240

## Generate Constraint-2:
The oven has time for at most 30 cakes.
// y <= 30""",
    """## Define Variables:
A farm mixes barley and beans into feed. It has to decide how many kilograms of each go into the mix.
// {"kilograms of barley": "b", "range": "b >= 0", "type": "continuous"}
// {"kilograms of beans": "s", "range": "s >= 0", "type": "continuous"}

## Define Objective Function:
A kilogram of barley costs $0.30 and a kilogram of beans $0.70. The farm wants the mix to cost as little as possible.
// Minimize 0.3b + 0.7s

## Generate Constraint-1:
The mix must weigh at least 500 kilograms.
// b + s >= 500

## Generate Constraint-2:
A tenth of the barley and a quarter of the beans is protein; the mix needs at least 80 kilograms of it.
// 0.1b + 0.25s >= 80""",
    """## Define Variables:
A theatre sells seats in rows. It has to decide how many rows there are and how many seats each row has.
// {"number of rows": "r", "range": "1 <= r <= 40", "type": "integer"}
// {"number of seats in a row": "n", "range": "1 <= n <= 40", "type": "integer"}

## Define Objective Function:
The theatre wants as many seats as possible.
// Maximize r * n

## Generate Constraint-1:
A row needs 2 metres of depth and a seat 1 metre of width, and depth and width together may be at most 60 metres.
// 2r + n <= 60""",
)
"""Formatted scenarios, of which two are shown with each request."""

_WRITE = """Here are formatted scenarios of optimisation problems.

{examples}

Write one new scenario about something else in exactly this format, step by step: the variables, the objective, then up
to five constraints, each in its own section. Every section has sentences first and then its formal lines, which begin
with `//`. Formal lines are polynomials in the variables with numbers in plain decimals, and they say the same as the
sentences. Write nothing after the last constraint."""
_PROGRAM = """Write one Python program in a ```python block that solves this optimisation problem; numpy and scipy are
there. It must find the global optimum, and print one line `NAME: VALUE`, with at least five decimals where the value is
no integer, for each of these names:
{names}

{scenario}"""
_QUESTION = """Here is a formatted scenario of an optimisation problem.

{scenario}

Translate it into a question in natural language. It must hold every number and condition of the scenario, no
variables' symbols and no formulas, and ask for the best value of the objective. {form} Put the question between
<problem> and </problem>."""
_FORMS = {
    PROSE: "Write it as plain sentences, without a table.",
    TABLE: "Give the data that can be listed as a Markdown table.",
}


@dataclass(frozen=True, slots=True)
class ResocraticOptions:
    """How much is written."""

    count: int = option(100, "Scenarios to write.", low=1)
    prefixes: bool = option(True, "Every shorter list of a scenario's constraints is a problem, too.")
    tables: bool = option(True, "Ask for each question once more, with a table.")


def run(job: Job, options: ResocraticOptions) -> AsyncIterator[Outcome]:
    """Write, solve, prove, translate back and judge."""
    job.pool.add_profile(PROFILE)

    async def work(index: int) -> list[Outcome]:
        return await _outcomes(job, options, index)

    return job.map("scenarios", range(options.count), work)


async def _outcomes(job: Job, options: ResocraticOptions, index: int) -> list[Outcome]:
    group = f"resocratic/{job.settings.seed}/{index}"
    shown = random.Random(job.seed("demonstrations", index)).sample(DEMONSTRATIONS, 2)
    reply = await _reply(job, "scenario", group, _WRITE.format(examples="\n\n---\n\n".join(shown)))
    try:
        whole = read_scenario(reply)
    except ScenarioError as error:
        return [Discarded(group, "scenario", str(error), reply)]
    size = len(whole.constraints)
    outcomes: list[Outcome] = []
    for most in range(1 if options.prefixes else size, size + 1):
        scenario = read_scenario(whole.text, most)
        outcomes += await _solved(job, options, scenario, group, f"{group}/{most}")
    return outcomes


async def _solved(job: Job, options: ResocraticOptions, scenario: Scenario, group: str, id: str) -> list[Outcome]:
    """Rows of one model, when a program finds its optimum and the solver proves it."""
    names = [scenario.quantity, *(one.description for one in scenario.variables)]
    asked = _PROGRAM.format(names="\n".join(f"- {name}" for name in names), scenario=scenario.text)
    reply = await _reply(job, "program", id, asked)
    source = extract_program(reply)
    if source is None:
        return [Discarded(id, "program", "no program in the reply", reply)]
    payload = program_payload(source)
    task = Task("verifiers.sandbox.entries:run_program", payload, None, True, PROFILE.name)
    outcome = await job.pool.run(task, job.limits)
    failure = failure_of(outcome)
    if failure is not None:
        return [Discarded(id, "program", f"{failure[0].value}: {failure[1]}", source)]
    found = named_results(outcome.stdout.decode("utf-8", "replace"))
    reason = await optimum_fault(Toolbox(job.pool, [_SOLVER]), scenario, found)
    if reason:
        return [Discarded(id, "optimum", reason, source)]
    fields = {"results": {scenario.quantity: str(found[scenario.quantity.casefold()])}}
    problem = Problem(id, "optimization", fields=fields)
    completion = f"```python\n{source.strip()}\n```"
    return [
        await _row(job, scenario, replace(problem, id=f"{id}/{form}"), group, completion, form)
        for form in ((PROSE, TABLE) if options.tables else (PROSE,))
    ]


async def optimum_fault(toolbox: Toolbox, scenario: Scenario, found: Mapping[str, float]) -> str:
    """Why the numbers are not proved to be an optimum; empty when they are.

    Args:
        toolbox: has `satisfy_constraints`.
        scenario: the model.
        found: the objective's value and the variables', by their names in lower case.
    """
    names = [scenario.quantity, *(one.description for one in scenario.variables)]
    for name in names:
        if name.casefold() not in found:
            return f"the program prints no value for {name!r}"
    slack, value = Decimal(str(TOLERANCE)), Decimal(repr(found[scenario.quantity.casefold()]))
    objective = f"({scenario.objective})"
    near = [f"{objective} >= {value - slack:f}", f"{objective} <= {value + slack:f}"]
    for one in scenario.variables:
        number = Decimal(repr(found[one.description.casefold()]))
        if one.integer:
            if abs(number - round(number)) > slack:
                return f"{one.description}: {number} is no integer"
            near.append(f"{one.symbol} = {round(number)}")
        else:
            near += [f"{one.symbol} >= {number - slack:f}", f"{one.symbol} <= {number + slack:f}"]
    better = f"{objective} >= {value + slack:f}" if scenario.maximize else f"{objective} <= {value - slack:f}"
    # With variables of both sorts all are taken for real numbers: a proof for these holds for fewer points as well.
    sort = "integer" if all(one.integer for one in scenario.variables) else "real"
    for added, wanted, fault in (
        (near, Status.CONVERGED, "the printed point is not feasible with the printed value"),
        ([better], Status.INFEASIBLE, "a better point exists"),
    ):
        reply = await toolbox.call(_SOLVER, {"constraints": [*scenario.relations, *added], "sort": sort})
        if reply.status != wanted:
            decided = reply.status in (Status.CONVERGED, Status.INFEASIBLE)
            return fault if decided else f"not proved: {reply.status} {reply.error}".strip()
    return ""


async def _row(job: Job, scenario: Scenario, problem: Problem, group: str, completion: str, form: str) -> Outcome:
    reply = await _reply(job, "question", problem.id, _QUESTION.format(scenario=scenario.text, form=_FORMS[form]))
    questions = statements_in(reply)
    if len(questions) != 1 or "//" in questions[0]:
        return Discarded(problem.id, "question", "the reply does not hold one question without formal lines", reply)
    if (form == TABLE) != any(line.lstrip().startswith("|") for line in questions[0].splitlines()):
        return Discarded(problem.id, "question", f"a question in the form {form} was asked for", reply)
    style = BENCHMARK.style("")
    asked = replace(problem, prompt=questions[0])
    asked = replace(asked, prompt=style.write(asked).messages[0].content)
    verdict = await job.verdict(asked, style.read(asked, completion))
    if not verdict.passed:
        return Discarded(problem.id, "verdict", f"{verdict.status.value}: {verdict.detail}", completion)
    kind = f"{'linear' if scenario.linear else 'nonlinear'}-{'table' if form == TABLE else 'notable'}"
    return Row(
        problem=asked,
        group=group,
        completion=completion,
        topic=kind,
        steps=steps_of(completion),
        source="resocratic",
        stream=problem.id,
        meta={"type": kind, "constraints": len(scenario.constraints), "scenario": scenario.text},
    )


async def _reply(job: Job, step: str, id: str, text: str) -> str:
    return (await job.ask(step, id, 0, Prompt(messages=(Message("user", text),)))).text


PIPELINE = Pipeline(
    name="resocratic",
    summary="Optimisation problems written model first, proved, then put into words (ReSocratic).",
    options=ResocraticOptions,
    run=run,
    engine=True,
    description=(
        "Optimisation problems that a model wrote as formatted scenarios. A program solved each in the sandbox, and z3 "
        "proved that its result is feasible and that none is better; then the scenario was translated into a question. "
        "That the question says the same as the scenario was not proved. `meta.scenario` holds the scenario."
    ),
    references=("Yang et al. 2024, OptiBench Meets ReSocratic",),
    examples=("reasoning generate resocratic --engine vllm:Qwen/Qwen3-8B --count 1000 --out runs/resocratic",),
)
