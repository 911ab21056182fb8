"""QuestBench: the solvers against brute force, the generators, the published files' form, and how a reply is judged."""

import asyncio
import csv
import hashlib
import itertools
import json
import os
import random
from fractions import Fraction
from pathlib import Path

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.backends import Execution
from reasoning.engines import Completion
from reasoning.evaluation.benchmarks import BenchmarkError, find_benchmark, locate
from reasoning.evaluation.benchmarks.questbench_logic import asked_attribute
from reasoning.evaluation.evaluating import Settings, evaluate
from reasoning.evaluation.questbench import equations, logic, planning
from reasoning.evaluation.questbench.equations import Equation, EquationProblem
from reasoning.evaluation.questbench.logic import Clause, LogicProblem
from reasoning.evaluation.questbench.planning import Fact
from reasoning.evaluation.validate import validate_references
from verifiers.records import Problem, RecordError
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import Limits, SandboxPool

QUICK = settings(max_examples=60, deadline=None)
COLLECTION = os.environ.get("REASONING_BENCHMARKS")
GENERATORS = {"logic": logic, "planning": planning, "equations": equations}


def models(problem, **more):
    """Every assignment that satisfies the rules and the facts."""
    known = {**dict.fromkeys(problem.true, True), **dict.fromkeys(problem.false, False), **more}
    for values in itertools.product((False, True), repeat=len(problem.attributes)):
        model = dict(zip(problem.attributes, values, strict=True))
        if all(model[name] is value for name, value in known.items()) and all(
            model[rule.head] or not all(model[name] for name in rule.body) for rule in problem.rules
        ):
            yield model


names = st.sampled_from("abcdef")
clauses = st.builds(lambda body, head: Clause(frozenset(body) - {head}, head), st.sets(names, max_size=3), names)
logic_problems = st.builds(
    lambda rules, true, false: LogicProblem(tuple(rules), frozenset(true), frozenset(false) - frozenset(true), "g"),
    st.lists(st.one_of(clauses, st.builds(lambda rule: Clause(rule.body, "g"), clauses)), max_size=8),
    st.sets(names, max_size=2),
    st.sets(names, max_size=2),
)


@QUICK
@given(logic_problems)
def test_entailment_is_that_of_all_models(problem):
    goals = {model["g"] for model in models(problem)}
    if not goals:
        with pytest.raises(ValueError, match="contradict"):
            logic.decides(problem)
        return
    assert logic.decides(problem) is (goals.pop() if len(goals) == 1 else None)


@QUICK
@given(logic_problems)
def test_right_questions_are_those_that_all_models_say(problem):
    if not any(models(problem)):
        return
    for name in logic.questions(problem):
        by_answer = [{model["g"] for model in models(problem, **{name: value})} for value in (True, False)]
        assert (name in logic.sufficient(problem)) is (by_answer in ([{True}, {False}], [{False}, {True}]))


small = st.integers(-2, 2).map(Fraction)
rows = st.dictionaries(st.sampled_from("vwxyz"), small, min_size=1, max_size=4)


@QUICK
@given(st.lists(rows, max_size=5), st.sampled_from("vwxyz"))
def test_a_target_follows_when_no_null_vector_moves_it(coefficients, target):
    problem = EquationProblem(tuple(Equation(row, Fraction(0)) for row in coefficients), target)
    variables = problem.variables
    matrix = sympy.Matrix([[row.get(name, 0) for name in variables] for row in coefficients] or [[0] * len(variables)])
    moved = any(vector[variables.index(target)] != 0 for vector in matrix.nullspace())
    assert equations.decides(problem) is not moved


def test_states_and_plans_by_hand():
    # Ordered partitions into stacks: 1, 3, 13, 73, 501 states of 1 to 5 blocks (sets of lists).
    assert [len(planning.states(count)) for count in range(1, 6)] == [1, 3, 13, 73, 501]
    assert planning.plans((("a", "b"),), (("b", "a"),)) == {(("b", "table"), ("a", "b"))}
    both = planning.plans((("a",), ("b",)), (("a",), ("b",)))
    assert both == {()}
    # Two blocks on a third cannot be: the shortest ways to take a tower of three apart are two moves, in one order.
    assert planning.plans((("a", "b", "c"),), (("a",), ("b",), ("c",))) == {(("c", "table"), ("b", "table"))}


def walk(state, actions):
    """Where actions lead; None when one is not allowed. Written apart from the solver's own moves."""
    below = {block: (stack[place - 1] if place else "table") for stack in state for place, block in enumerate(stack)}
    for block, target in actions:
        if block in below.values() or (target != "table" and target in below.values()) or below[block] == target:
            return None
        below[block] = target
    return below


@QUICK
@given(st.sampled_from(planning.states(3)), st.sampled_from(planning.states(3)))
def test_plans_are_all_the_shortest_ones(start, goal):
    found = planning.plans(start, goal)
    wanted = walk(goal, ())
    actions = [(block, target) for block in "abc" for target in (*"abc", "table") if block != target]
    length = next(
        count
        for count in range(7)
        if any(walk(start, plan) == wanted for plan in itertools.product(actions, repeat=count))
    )
    assert found == {plan for plan in itertools.product(actions, repeat=length) if walk(start, plan) == wanted}


def test_which_fact_decides_a_plan_by_hand():
    # The start is a on b, or all on the table; to reach: b on a. What is under a is all that matters.
    known = ((Fact("b", "table"), True), (Fact("a"), True), (Fact("a", "c"), False), (Fact("c", "table"), True))
    problem = planning.PlanningProblem(3, known, (("a", "b"), ("c",)))
    assert planning.possible(problem) == ((("a",), ("b",), ("c",)), (("b", "a"), ("c",)))
    assert not planning.enough(planning.possible(problem), problem.goal)
    assert planning.sufficient(problem) == {Fact("a", "b"), Fact("a", "table"), Fact("b")}


@pytest.mark.parametrize("name", GENERATORS)
def test_generated_problems_lack_exactly_one_value(name):
    module = GENERATORS[name]
    for seed in range(12):
        problem = module.generate(random.Random(seed))
        right = module.sufficient(problem)
        assert right
        assert right < set(module.questions(problem))
        if name == "planning":
            assert not module.enough(module.possible(problem), problem.goal)
        else:
            assert not module.decides(problem)


@pytest.mark.parametrize("name", GENERATORS)
def test_the_same_file_makes_the_same_problems_and_another_seed_others(name, tmp_path):
    benchmark = find_benchmark(f"questbench-{name}")

    def made(seed, problems):
        path = tmp_path / f"{seed}-{problems}.json"
        path.write_text(json.dumps({"generator": benchmark.name, "version": 1, "seed": seed, "problems": problems}))
        return list(benchmark.read((path,), "generated"))

    first = made(3, 6)
    assert made(3, 6) == first
    assert made(3, 4) == first[:4]
    assert not {entry.problem.prompt for entry in made(4, 6)} & {entry.problem.prompt for entry in first}


def digest_of_first(name):
    benchmark = find_benchmark(f"questbench-{name}")
    entries = itertools.islice(benchmark.read(locate(benchmark, "generated", None), "generated"), 5)
    return hashlib.sha256(json.dumps([[e.problem.prompt, e.references] for e in entries]).encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", GENERATORS)
def test_generated_problems_stay_what_they_are(name):
    # Whoever changes a generator gives it a new version, since results are compared by the benchmark's name.
    assert (GENERATORS[name].VERSION, digest_of_first(name)) == FIRST[name]


FIRST = {"logic": (1, "2f1f9d4c0aaac650"), "planning": (1, "e46dc80077f3ff5e"), "equations": (1, "e647b63dbd5c1a96")}


@pytest.mark.parametrize("name", GENERATORS)
def test_references_are_accepted(name):
    validation = asyncio.run(validate_references(f"questbench-{name}", limit=15, jobs=1, quiet=True))
    assert validation.judged >= 15
    assert validation.refused == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", "expected an object"),
        ("{", "cannot be read"),
        ('{"generator": "questbench-logic", "version": 9, "seed": 0, "problems": 1}', "with version 1"),
        ('{"generator": "questbench-logic", "version": 1, "seed": 0, "problems": 0}', "field 'problems'"),
        ('{"generator": "questbench-logic", "version": 1, "seed": true, "problems": 1}', "field 'seed'"),
    ],
)
def test_a_malformed_generation_is_named(tmp_path, content, said):
    path = tmp_path / "own.json"
    path.write_text(content)
    with pytest.raises(BenchmarkError, match=said):
        next(find_benchmark("questbench-logic").read((path,), "generated"))


def write_csv(path, row):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerow(row)
    return path


LOGIC_ROW = {
    "known_facts": "['brave']",
    "known_untrue_facts": "set()",
    "cannot_ask_facts": "[]",
    "goal": "idle",
    "rules": "[['not brave', 'not bold', 'idle'], ['not idle', 'bold']]",
    "all_valid_qs": "{'bold', 'calm'}",
    "gt_qs": '["bold"]',
    "max_depth": "1",
}


def test_the_published_form_of_each_set_is_read(tmp_path):
    path = write_csv(tmp_path / "logic.csv", LOGIC_ROW)
    (entry,) = find_benchmark("questbench-logic").read((path,), "heldout")
    assert entry.references == ("BOLD",)
    assert list(entry.problem.fields["options"]) == ["BOLD", "CALM", "END"]
    assert "If Alice is bold and brave, then Alice is idle." in entry.problem.prompt

    questions = '["What is x?", "What is y?", "No questions needed."]'
    row = {"Rewritten Problem": "x + y = z. Find z.", "Possible Questions": questions, "GT Question": "What is y?"}
    for name in ("words", "equations"):
        path = write_csv(tmp_path / "gsm.csv", row)
        (entry,) = find_benchmark(f"questbench-{name}").read((path,), "heldout")
        assert entry.references == ("1",)
        assert list(entry.problem.fields["options"].values()) == ["What is x?", "What is y?", "No questions needed."]

    row = {"conditions": "['(clear a)']", "goals": "[['on', 'a', 'b']]", "all_qs": "['(on b a)', '(clear b)']"}
    path = write_csv(tmp_path / "planning.csv", {**row, "gt_qs": "['(clear b)']"})
    (entry,) = find_benchmark("questbench-planning").read((path,), "heldout")
    assert entry.references == ("1",)
    assert "on a b" in entry.problem.prompt


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("rules", "[['brave', 'idle']]", "field 'rules'"),
        ("rules", "__import__('os').getcwd()", "field 'rules': expected a list"),
        ("gt_qs", "['loud']", "right questions"),
        ("gt_qs", "[]", "right questions"),
        ("goal", None, "field 'goal'"),
    ],
)
def test_a_malformed_row_is_named(tmp_path, field, value, said):
    row = {name: text for name, text in {**LOGIC_ROW, field: value}.items() if text is not None}
    path = write_csv(tmp_path / "logic.csv", row)
    with pytest.raises(BenchmarkError, match=f"logic.csv, row 1: .*{said}"):
        list(find_benchmark("questbench-logic").read((path,), "heldout"))


def test_replies_are_read_as_the_benchmark_says(tmp_path):
    (entry,) = find_benchmark("questbench-logic").read((write_csv(tmp_path / "l.csv", LOGIC_ROW),), "heldout")
    for reply, label in (
        ("Is Alice calm? No matter. Is Alice bold?", "BOLD"),
        ("is alice Bold ?", "BOLD"),
        ("I know enough. End questioning", "END"),
        ("Is Alice idle?", None),
        ("Alice is bold.", None),
    ):
        assert asked_attribute(entry.problem, reply) == label
    style = find_benchmark("questbench-equations").style()
    problem = Problem("q", "choice", "x", {"options": {str(n): "?" for n in range(12)}, "gold": ["11"]})
    for reply, label in (
        ("choice: 3\nNo: Choice: **11**.", "11"),
        ("Choice: 07", "7"),
        ("Choice: 12", None),
        ("11", None),
        ("Choice: none", None),
    ):
        assert style.read(problem, reply) == label


def test_any_of_the_right_questions_is_accepted_and_two_at_once_are_not():
    options = {"A": "x", "B": "y", "C": "z", "10": "w"}
    both = Problem("q", "choice", "", {"options": options, "gold": ["A", "10"], "accept": "any"})

    async def judged():
        async with SandboxPool(workers=1) as pool:
            registry = VerifierRegistry(pool)
            for text in ("A", "10", "C", "A, B", r"\boxed{A}"):
                yield (await registry.verify(both, text, Limits())).passed
            one = Problem("q", "choice", "", {"options": options, "gold": ["A", "B"]})
            yield (await registry.verify(one, "A", Limits())).passed
            with pytest.raises(RecordError, match="accept"):
                await registry.verify(Problem("q", "choice", "", {**both.fields, "accept": "some"}), "A", Limits())

    async def collected():
        return [passed async for passed in judged()]

    assert asyncio.run(collected()) == [True, True, False, False, True, False]


class AsksFirst:
    """Always asks the first question."""

    name = "first"

    async def complete(self, request):
        return [Completion("Choice: 0")]

    async def close(self):
        pass

    def describe(self):
        return {"engine": "first"}


def test_an_evaluation_counts_right_questions(tmp_path):
    settings = Settings("questbench-equations", "first", limit=8)
    outcome = asyncio.run(
        evaluate(settings, tmp_path / "run", engine=AsksFirst(), execution=Execution(jobs=1, quiet=True))
    )
    benchmark = find_benchmark("questbench-equations")
    entries = itertools.islice(benchmark.read(locate(benchmark, "generated", None), "generated"), 8)
    assert outcome.results.solved == sum("0" in entry.references for entry in entries)
    assert 0 < outcome.results.solved < 8


@pytest.mark.skipif(COLLECTION is None, reason="REASONING_BENCHMARKS is not set")
def test_propagation_reproduces_the_right_questions_of_240_problems_made_by_another_program():
    path = Path(COLLECTION) / "questbench" / "logicq_shaped_240.jsonl"
    for row in map(json.loads, path.read_text().splitlines()):
        rules = tuple(
            Clause(
                frozenset(one.removeprefix("not ") for one in rule if one.startswith("not ")),
                next(one for one in rule if not one.startswith("not ")),
            )
            for rule in row["rules"]
        )
        facts = frozenset(row["known_facts"]), frozenset(row["known_untrue_facts"])
        problem = LogicProblem(rules, *facts, row["goal"], frozenset(row["cannot_ask_facts"]))
        assert logic.sufficient_by_propagation(problem) == set(row["gt_qs"])
        assert set(row["gt_qs"]) <= logic.sufficient(problem)
        assert logic.decides(problem) is None
