"""The built-in families: read, drawn from in the sandbox, split without overlap, and right."""

from __future__ import annotations

import asyncio
import json
import math
import os
import random
import re
from collections import Counter
from fractions import Fraction

import pytest

from reasoning.data_files import data_file
from reasoning.families import LEVELS, Family, FamilyError, built_in_families, draw, find_families, instances, tools
from reasoning.families.adapter import Adapter, AdapterError, answer_text
from reasoning.families.catalogue import GRADES, read_families
from reasoning.families.checking import check_family, check_streams, unfilled
from reasoning.families.streams import SHARES, SPLITS, split_of, stream_seed
from verifiers.answers import judge
from verifiers.sandbox import Limits, SandboxPool, Task
from verifiers.sandbox.entries import program_payload

FAMILIES = built_in_families()


@pytest.fixture(scope="module")
def sandbox():
    with asyncio.Runner() as runner:
        pool = SandboxPool()
        yield lambda work: runner.run(work(pool))
        runner.run(pool.close())


def collect(pool, family, **options):
    async def work():
        return [one async for one in instances(pool, family, **options)]

    return work()


def test_there_are_at_least_150_of_ten_topics_and_all_grades():
    assert len(FAMILIES) >= 150
    assert set(Counter(family.topic for family in FAMILIES.values())) >= {
        *("algebra", "arithmetic", "calculus", "combinatorics", "geometry", "linear algebra", "number theory"),
        *("probability", "sequences", "word problems"),
    }
    grades = Counter(family.grade for family in FAMILIES.values())
    assert set(grades) == set(GRADES)
    assert min(grades.values()) >= 10
    assert all(family.summary for family in FAMILIES.values())


def test_every_family_passes_a_short_check(sandbox):
    async def work(pool):
        return [await check_family(pool, family, count=5) for family in FAMILIES.values()]

    reports = sandbox(work)
    assert [fault for report in reports for fault in report.faults] == []
    assert all(report.drawn == 5 for report in reports)


@pytest.mark.slow
def test_a_thousand_instances_of_every_family_are_right(sandbox):
    """Gold answers graded by the answer verifier on the worked solution; the solution in code gives the same answer.

    A thousand of one family in five, and a hundred of the others; of all with REASONING_EVERY=1.
    """
    every = int(os.environ.get("REASONING_EVERY", "5"))
    whole = list(FAMILIES.values())[::every]

    async def work(pool):
        few = [one for one in FAMILIES.values() if one not in whole]
        rest = [await check_family(pool, family, count=100, seed=11) for family in few]
        assert [fault for report in rest for fault in report.faults] == []
        return [await check_family(pool, family, count=1000, seed=11) for family in whole]

    reports = sandbox(work)
    assert [fault for report in reports for fault in report.faults] == []
    stated = {line["id"]: line for line in map(json.loads, data_file("families/index.jsonl").read_text().splitlines())}
    for report in reports:
        # Small spaces are stated in the index; another seed must find about as many.
        assert report.distinct > 0.9 * stated[report.family]["distinct"] - 20, report.family
    assert sum(report.distinct for report in reports) > 0.85 * 1000 * len(reports)


@pytest.mark.slow
def test_the_difficulty_dial_of_every_family_turns(sandbox):
    """Problem and worked solution hold more digits at the highest level than at the lowest, family by family."""

    async def work(pool):
        return [
            [
                await draw(pool, family, range(30), seed=5, split="train", level=level)
                for level in (LEVELS[0], LEVELS[-1])
            ]
            for family in FAMILIES.values()
        ]

    def digits(drawn):
        return sum(letter.isdigit() for one in drawn.instances for letter in one.text + one.solution)

    measured = {name: list(map(digits, pair)) for name, pair in zip(FAMILIES, sandbox(work), strict=True)}
    assert {name: pair for name, pair in measured.items() if pair[0] >= pair[1]} == {}


def test_splits_of_a_family_never_meet_whatever_the_seeds(sandbox):
    chosen = ("algebra/linear-equation", "combinatorics/word-arrangements", "probability/dice-sum")

    async def work(pool):
        return [await check_streams(pool, FAMILIES[name], seeds=(0, 1), count=40) for name in chosen]

    for report in sandbox(work):
        assert report.drawn > 100
        assert report.between_splits == 0


def test_the_split_of_a_problem_is_a_function_of_its_numbers():
    one = split_of("f", "Ada has 3 apples and 14 pears.")
    assert one == split_of("f", "Ben gives 3 of his 14 marbles away")
    shares = Counter(split_of("f", f"{a} and {b}") for a in range(100) for b in range(100))
    for name, share in SHARES.items():
        assert abs(shares[name] / 10_000 - share) < 0.02
    assert len({stream_seed("f", 1, seed, "train", index, 0) for seed in range(50) for index in range(50)}) == 2500


def test_a_draw_depends_on_family_seed_split_and_index_alone(sandbox):
    family = FAMILIES["word_problems/shared-cards"]
    many = sandbox(lambda pool: draw(pool, family, range(6), seed=3, split="train"))
    again = sandbox(lambda pool: draw(pool, family, [5, 2], seed=3, split="train"))
    assert list(again.instances) == [many.instances[5], many.instances[2]]
    other = sandbox(lambda pool: draw(pool, family, range(6), seed=4, split="train"))
    assert not {one.text for one in many.instances} & {one.text for one in other.instances}


def test_programs_run_by_themselves_and_print_the_answer(sandbox):
    """Solutions in code, as the programs that a data set shows, without our modules."""

    async def run(pool, family):
        (instance,) = (await draw(pool, family, [3], seed=5)).instances
        task = Task(
            "verifiers.sandbox.entries:run_program", program_payload(family.program(instance.params)), capture=True
        )
        return family, instance, await pool.run(task, Limits(wall_seconds=20))

    async def work(pool):
        return await asyncio.gather(*(run(pool, family) for family in list(FAMILIES.values())[::3]))

    for family, instance, outcome in sandbox(work):
        printed = outcome.stdout.decode().strip()
        assert judge(instance.answer, printed).passed, (family.id, printed, outcome.stderr.decode()[-300:])


def test_harder_settings_give_larger_numbers(sandbox):
    """The dial works: over all families the numbers of level 5 are longer than those of level 1."""

    async def work(pool):
        found = {}
        for level in (1, 5):
            for family in list(FAMILIES.values())[::4]:
                found[level, family.id] = await draw(pool, family, range(5), level=level)
        return found

    drawn = sandbox(work)

    def digits(level):
        return {
            id: sum(len("".join(re.findall(r"\d", one.text))) for one in draws.instances)
            for (found, id), draws in drawn.items()
            if found == level
        }

    easy, hard = digits(1), digits(5)
    assert sum(hard[id] > easy[id] for id in easy) > 0.85 * len(easy)


def test_the_benchmark_file_is_what_the_families_give_now(sandbox):
    lines = [json.loads(line) for line in data_file("families/benchmark.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [f"{id}/{level}" for id in FAMILIES for level in LEVELS]

    async def work(pool):
        return [
            (line, await draw(pool, FAMILIES[line["meta"]["family"]], [0], split="test", level=line["meta"]["level"]))
            for line in lines[::9]
        ]

    for line, drawn in sandbox(work):
        (instance,) = drawn.instances
        assert (line["prompt"], line["gold"]) == (instance.text, instance.answer)
        made = FAMILIES[line["meta"]["family"]].problem(line["id"], instance)
        assert line.get("convention") == made.fields.get("convention")
        assert split_of(line["meta"]["family"], line["prompt"]) == "test"


def test_where_computing_is_asked_an_echo_is_no_answer():
    lines = [json.loads(line) for line in data_file("families/benchmark.jsonl").read_text().splitlines()]
    by_topic = {(line["meta"]["topic"], line.get("convention")) for line in lines}
    assert {topic for topic, convention in by_topic if convention == "computed"} == {"arithmetic", "word problems"}
    assert {topic for topic, convention in by_topic if convention is None} >= {"algebra", "combinatorics"}
    (sum_,) = (line for line in lines if line["id"] == "arithmetic/column-addition/1")
    asked = sum_["prompt"].removeprefix("Calculate ").rstrip(".")
    assert judge(sum_["gold"], asked).passed
    assert not judge(sum_["gold"], asked, convention=sum_["convention"]).passed


def test_the_index_states_every_family():
    lines = [json.loads(line) for line in data_file("families/index.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == list(FAMILIES)
    for line in lines:
        assert line["distinct"] >= 300
        assert line["answer"]


def test_answers_that_a_brute_force_of_another_kind_gives(sandbox):
    """Some answers once more, computed here and not by the family's own code."""

    async def work(pool):
        names = ("combinatorics/derangements", "probability/coin-flips", "geometry/lattice-triangle")
        return [await draw(pool, FAMILIES[name], range(10), level=1) for name in names]

    derangements, flips, lattice = sandbox(work)
    for one in derangements.instances:
        n, k = one.params["n"], one.params["k"]
        if n <= 7:
            import itertools

            count = sum(
                sum(place == value for place, value in enumerate(order)) == k
                for order in itertools.permutations(range(n))
            )
            assert one.answer == str(count)
    for one in flips.instances:
        n, k, (p, q) = one.params["n"], one.params["k"], one.params["p"]
        tail = sum(Fraction(math.comb(n, j) * p**j * (q - p) ** (n - j), q**n) for j in range(k, n + 1))
        assert one.answer == answer_text(tail)
    for one in lattice.instances:
        a, b, c = one.params["a"], one.params["b"], one.params["c"]
        inside = sum(
            c * y < b * x and (b * (x - a) < (c - a) * y) for x in range(-1, max(a, c) + 1) for y in range(1, b)
        )
        assert one.answer == str(inside)


def test_unknown_names_and_splits_are_refused(sandbox):
    with pytest.raises(FamilyError, match="no family, topic or grade 'nonsense'"):
        find_families(["nonsense"])
    assert {family.topic for family in find_families(["geometry"])} == {"geometry"}
    with pytest.raises(FamilyError, match="no split 'dev'"):
        sandbox(lambda pool: collect(pool, FAMILIES["algebra/linear-equation"], split="dev", count=1))
    source = FAMILIES["algebra/linear-equation"].source.replace("d - b, a - c", "1, 0")
    broken = Family("f", source, "LinearEquation")
    with pytest.raises(FamilyError, match="ZeroDivisionError"):
        sandbox(lambda pool: collect(pool, broken, split="train", count=1))


def test_an_exhausted_family_ends(sandbox):
    source = "class T:\n    original = {'n': 1}\n    def sample(rng): return {'n': rng.randint(1, 9)}\n"
    source += "    def render(n): return f'What is {n} plus one?'\n    def solve(n): return n + 1\n"
    found = sandbox(lambda pool: collect(pool, Family("t", source, "T"), split="train", count=50))
    assert 0 < len(found) <= 9
    assert len({one.text for one in found}) == len(found)
    assert {split_of("t", one.text) for one in found} == {"train"}


def test_a_lying_child_cannot_put_a_problem_into_another_split(sandbox):
    source = "import reasoning.families.child as child\nchild.split_of = lambda id, text: 'test'\n"
    source += "class T:\n    original = {'n': 1}\n    def sample(rng): return {'n': rng.randint(1, 10**6)}\n"
    source += "    def render(n): return f'What is {n} plus one?'\n    def solve(n): return n + 1\n"
    drawn = sandbox(lambda pool: draw(pool, Family("t", source, "T"), range(30), split="test"))
    assert {split_of("t", one.text) for one in drawn.instances} <= {"test"}
    assert any("does not belong" in failure for failure in drawn.failures)


def test_malformed_files_are_refused(tmp_path):
    bad = tmp_path / "topic.efa"
    bad.write_text("class A:\n    grade = 'hard'\n")
    with pytest.raises(FamilyError, match=r"topic\.efa, line 1: class A: grade is 'hard'"):
        read_families(bad)
    bad.write_text("class A(:\n")
    with pytest.raises(FamilyError, match="invalid syntax"):
        read_families(bad)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"),
        (Fraction(-3, 4), "-\\frac{3}{4}"),
        (Fraction(8, 2), "4"),
        ((1, Fraction(1, 2)), "(1, \\frac{1}{2})"),
        ([3, -1], "3, -1"),
        ({2, 10}, "\\{2, 10\\}"),
        (2.0, "2"),
        (" x ", "x"),
    ],
)
def test_answers_as_text(value, text):
    assert answer_text(value) == text


def test_other_answers_are_refused():
    for value in (float("inf"), object(), None, {"a": 1}):
        with pytest.raises(AdapterError):
            answer_text(value)


def test_the_adapter_refuses_what_keeps_to_no_layout():
    class Odd:
        original = 7

        def sample(rng):
            return 3

    adapter = Adapter(Odd)
    with pytest.raises(AdapterError, match="sample returned int"):
        adapter.sample(random.Random(0), 1)


def test_left_placeholders_are_found_and_tex_is_not_one():
    assert unfilled("Ada has {count} apples") == "{count}"
    assert unfilled("He has None apples") == "None"
    assert unfilled("Find $\\frac{a}{b}$, $x^{n}$, $\\sqrt{x}$ and $\\{a, b\\}$ for $x < y$") == ""


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: tools.polynomial([1, -3, 0, 2]), "x^3 - 3x^2 + 2"),
        (lambda: tools.polynomial([-1, 0]), "-x"),
        (lambda: tools.polynomial([0, 0]), "0"),
        (lambda: tools.root(72), "6\\sqrt{2}"),
        (lambda: tools.root(9, Fraction(1, 3)), "1"),
        (lambda: tools.root(8, Fraction(-1, 2)), "-\\sqrt{2}"),
        (lambda: tools.root(2, Fraction(-3, 4)), "-\\frac{3\\sqrt{2}}{4}"),
        (lambda: tools.plus([3, -2, Fraction(1, 2)]), "3 - 2 + \\frac{1}{2}"),
        (lambda: tools.times([3, -2]), "3 \\cdot (-2)"),
        (lambda: tools.ordinal(112), "112th"),
        (lambda: tools.ordinal(23), "23rd"),
        (lambda: tools.listed([1, 2, 3]), "1, 2 and 3"),
        (lambda: tools.factorization(360), "2^3 \\cdot 3^2 \\cdot 5"),
        (lambda: tools.plural(2, "penny"), "2 pennies"),
    ],
)
def test_texts_of_the_tools(call, text):
    assert call() == text


def test_number_theory_of_the_tools():
    for n in range(1, 400):
        assert tools.divisors(n) == [d for d in range(1, n + 1) if n % d == 0]
        assert tools.totient(n) == sum(math.gcd(n, k) == 1 for k in range(1, n + 1))
        assert tools.is_prime(n) == (len(tools.divisors(n)) == 2)
    assert SPLITS == ("train", "validation", "test")
