r"""The broad mixture that nano-plus learns from: made here, judged here.

    async with SandboxPool() as pool:
        examples = await make_mixture(pool, MixtureCounts(worked=1000, words=200, tools=200), seed=1, longest=500)
    examples[0].kind, examples[0].prompt, examples[0].solution, examples[0].problem

worked     arithmetic and algebra with steps, as nano's (`reasoning.training.arithmetic`)
words      problems of the built-in families, elementary to olympiad, with worked solutions that end in a box
tools      the same problems solved by a code block, its output, and the answer in a box
functions  small Python functions in a code block, from templates
puzzles    Python puzzles with the solution in a code block

Families are drawn in the sandbox from their training split; an example of `tools` is kept only if its program
prints the family's answer. Functions and puzzles are kept only if the verifier passes them. One problem in 16,
by its hash, is held out.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from reasoning.data_files import data_file
from reasoning.engines.base import derive_seed
from reasoning.families import Family, built_in_families, draw
from reasoning.json_lines import json_lines
from reasoning.training.arithmetic import held_out_items, is_held_out, prompt_of, training_items
from verifiers.records import Problem
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import Limits, SandboxPool

__all__ = ["FUNCTIONS", "KINDS", "MixtureCounts", "PlusExample", "make_mixture", "split_mixture"]

KINDS = ("worked", "words", "tools", "functions", "puzzles")
_LIMITS = Limits(wall_seconds=10.0, memory_mib=512)
_JUDGED_AT_ONCE = 8
_CASES = 4


@dataclass(frozen=True, slots=True)
class MixtureCounts:
    """Most examples of each kind; the built-in puzzles and some families have fewer.

    Attributes:
        worked: arithmetic with steps.
        words: problems of the families, solved in words.
        tools: the same, solved by a program and its output.
        functions: short Python functions.
        puzzles: Python puzzles.
    """

    worked: int = 0
    words: int = 0
    tools: int = 0
    functions: int = 0
    puzzles: int = 0


@dataclass(frozen=True, slots=True)
class PlusExample:
    """One example.

    Attributes:
        kind: one of `KINDS`.
        prompt: what the model continues.
        solution: how it should.
        problem: what a verifier judges answers by.
    """

    kind: str
    prompt: str
    solution: str
    problem: Problem


FUNCTIONS: tuple[tuple[str, str], ...] = (
    ("Write f(n): {a} times n, plus {b}.", "return {a} * n + {b}"),
    ("Write f(n): the remainder of n times {a} by {b}.", "return n * {a} % {b}"),
    ("Write f(n): the sum of the multiples of {a} from 0 to n, plus {b}.", "return sum(range(0, n + 1, {a})) + {b}"),
    ("Write f(n): how many of 1 to n are divisible by {a} or by {b}.",
     "return sum(k % {a} == 0 or k % {b} == 0 for k in range(1, n + 1))"),
    ("Write f(n): the list of the first n powers of {a}, each plus {b}.", "return [{a} ** k + {b} for k in range(n)]"),
    ("Write f(n): the larger of {a} and n, minus the smaller of {b} and n.", "return max({a}, n) - min({b}, n)"),
    ("Write f(n): the digits of n times {a}, in base ten, added up, plus {b}.",
     "return sum(map(int, str(n * {a}))) + {b}"),
    ("Write f(n): n written {a} times with '-' between, and then {b}.", "return '-'.join([str(n)] * {a}) + '{b}'"),
)  # fmt: skip
"""Templates: what is asked and the body; `a` and `b` are drawn from 2 to 60."""


async def make_mixture(pool: SandboxPool, counts: MixtureCounts, *, seed: int, longest: int) -> list[PlusExample]:
    """Make, judge and shuffle.

    Args:
        pool: runs families, functions and puzzles.
        counts: most examples of each kind.
        seed: of everything drawn.
        longest: characters of prompt and solution together; longer examples are left out.

    Raises:
        FamilyError: a family cannot be drawn from.
    """
    examples = [
        PlusExample("worked", item.prompt, item.solution, item.problem())
        for item in training_items(derive_seed("mixture", seed), counts.worked)
    ]
    if asked := counts.worked // 16:
        examples += [
            PlusExample("worked", item.prompt, item.solution, item.problem()) for item in held_out_items(seed, asked)
        ]
    registry = VerifierRegistry(pool)
    examples += await _drawn(pool, registry, counts, seed, longest)
    examples += await _passed(registry, _functions(counts.functions, seed))
    examples += await _passed(registry, _puzzles(counts.puzzles))
    fitting = [example for example in examples if len(example.prompt) + len(example.solution) <= longest]
    random.Random(derive_seed("mixture order", seed)).shuffle(fitting)
    return fitting


def split_mixture(examples: Sequence[PlusExample]) -> tuple[list[PlusExample], list[PlusExample]]:
    """Those to learn from, and those held out: by the hash of the problem, so in whatever form it is asked."""
    parts: tuple[list[PlusExample], list[PlusExample]] = ([], [])
    for example in examples:
        parts[is_held_out(prompt_of(example.problem.prompt))].append(example)
    return parts


async def _drawn(
    pool: SandboxPool, registry: VerifierRegistry, counts: MixtureCounts, seed: int, longest: int
) -> list[PlusExample]:
    """`words` and `tools`, the same share of every family."""
    families = list(built_in_families().values())
    wanted = -(-max(counts.words, counts.tools) // len(families))
    if not wanted:
        return []
    found: dict[str, dict[str, PlusExample]] = {"words": {}, "tools": {}}
    room = asyncio.Semaphore(_JUDGED_AT_ONCE)

    async def one(family: Family) -> None:
        async with room:
            drawn = await draw(pool, family, range(wanted), split="train", seed=seed)
        for instance in drawn.instances:
            problem = family.problem(f"{family.id}/{seed}/{instance.index}", instance)
            prompt = prompt_of(instance.text)
            if instance.solution and len(prompt) + len(instance.solution) < longest:
                example = PlusExample("words", prompt, instance.solution + "\n", problem)
                found["words"].setdefault(prompt, example)
            program = family.program(instance.params)
            if program:
                asked = prompt_of(f"{instance.text} Use Python.")
                found["tools"].setdefault(
                    asked, PlusExample("tools", asked, _called(program, instance.answer), problem)
                )

    await asyncio.gather(*map(one, families))
    # The order of arrival is left to chance; that of the prompts is not.
    kept = {kind: sorted(rows.values(), key=lambda row: row.prompt) for kind, rows in found.items()}
    stream = random.Random(derive_seed("mixture draws", seed))
    result = []
    for kind, most in (("words", counts.words), ("tools", counts.tools)):
        fitting = [row for row in kept[kind] if len(row.prompt) + len(row.solution) <= longest]
        chosen = stream.sample(fitting, min(most, len(fitting)))
        result += await _passed(registry, iter(chosen)) if kind == "tools" else chosen
    return result


def _called(program: str, output: str) -> str:
    return f"```python\n{program}```\n```output\n{output}\n```\n\\boxed{{{output}}}\n"


def _functions(count: int, seed: int) -> Iterator[PlusExample]:
    stream = random.Random(derive_seed("mixture functions", seed))
    for index in range(count):
        words, body = stream.choice(FUNCTIONS)
        numbers = {"a": stream.randint(2, 60), "b": stream.randint(2, 60)}
        asked, source = words.format(**numbers), f"def f(n):\n    {body.format(**numbers)}\n"
        cases = [{"args": [n], "expected": _value(body, numbers, n)} for n in stream.sample(range(1, 40), _CASES)]
        problem = Problem(f"function/{seed}/{index}", "program", asked, {"entry_point": "f", "cases": cases})
        yield PlusExample("functions", prompt_of(asked), f"```python\n{source}```\n", problem)


def _value(body: str, numbers: dict[str, int], n: int) -> Any:
    """What a template gives: independent of the body's own text, so that the judgement says something."""
    a, b = numbers["a"], numbers["b"]
    values = (
        a * n + b,
        n * a % b,
        a * (n // a) * (n // a + 1) // 2 + b,
        len({*range(a, n + 1, a), *range(b, n + 1, b)}),
        [pow(a, k) + b for k in range(n)],
        (a if a > n else n) - (b if b < n else n),
        sum(ord(digit) - 48 for digit in f"{n * a}") + b,
        (f"{n}-" * a)[:-1] + f"{b}",
    )
    return values[[own for _, own in FUNCTIONS].index(body)]


def _puzzles(count: int) -> Iterator[PlusExample]:
    for _, record in islice(json_lines(data_file("puzzles/puzzles.jsonl")), count):
        problem = Problem.from_json(record)
        reference = problem.meta["reference"].strip()
        asked = f"{problem.prompt}\n```python\n{problem.text('sat').strip()}\n```"
        yield PlusExample("puzzles", prompt_of(asked), f"```python\n{reference}\n```\n", problem)


async def _passed(registry: VerifierRegistry, examples: Iterator[PlusExample]) -> list[PlusExample]:
    """The examples whose code block passes; of several with one prompt the last."""
    room = asyncio.Semaphore(_JUDGED_AT_ONCE)

    async def judged(example: PlusExample) -> bool:
        code, _, rest = example.solution.removeprefix("```python\n").partition("```")
        problem = example.problem
        if example.kind == "tools":
            # What the example shows as output has to be what the program prints, to the letter.
            shown = rest.removeprefix("\n```output\n").partition("\n```")[0]
            problem = Problem(problem.id, "program", fields={"stdio": [{"input": "", "output": shown}]})
        async with room:
            return (await registry.verify(problem, code, _LIMITS)).passed

    different = list({example.prompt: example for example in examples}.values())
    verdicts = await asyncio.gather(*map(judged, different))
    return [example for example, passed in zip(different, verdicts, strict=True) if passed]
