"""Duplicates, contamination, splits, quality: what stands between a pipeline's rows and the dataset."""

import importlib.util
import json
import random
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.pipelines import PipelineError, Row
from reasoning.pipelines.backend.contamination import ContaminationIndex
from reasoning.pipelines.backend.duplicates import BANDS, DuplicateFinder, forms_of, signature_of
from reasoning.pipelines.backend.duplicates import INDEX_NAMES as DUPLICATE_NAMES
from reasoning.pipelines.backend.forms import mask, normal_form, words
from reasoning.pipelines.backend.index import KeyIndex
from reasoning.pipelines.backend.quality import fault_of
from reasoning.pipelines.backend.splits import INDEX_NAMES, SplitPlan, Splitter
from verifiers.records import Problem

TRAIN = (
    "A train leaves Kiel at noon and covers 240 kilometres in 4 hours. How many kilometres does it cover in 7 hours?"
)
CAKES = "Mrs. Oduya bakes 36 cakes for a fair, sells two thirds of them by lunch, and gives 5 to the band. How many are left?"


def problem(text, id="p", gold="1"):
    return Problem(id, "answer", text, {"gold": gold})


def row(text, id="p", group=None, **more):
    return Row(problem(text, id, more.pop("gold", "1")), group or id, **more)


def script():
    path = Path(__file__).parents[2] / "scripts" / "bench_decontamination.py"
    spec = importlib.util.spec_from_file_location("bench_decontamination", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def finder(tmp_path):
    index = KeyIndex(tmp_path / "index.sqlite", DUPLICATE_NAMES)
    known = DuplicateFinder(index, 0.8)
    yield lambda one: known.check(one, forms_of(one.problem))
    index.close()


def test_forms_forgive_typesetting_and_nothing_else():
    assert normal_form("Find  $\\dfrac{1}{2}$ of\n10,000!") == normal_form("find \\frac{1}{2} of 10000 !")
    assert normal_form("What is 2+3?") != normal_form("What is 2-3?")
    assert normal_form("f(x)") != normal_form("f[x]")
    assert normal_form("2.5 m") != normal_form("25 m")
    first, second = "Seven men eat 12,500 eggs, 3.5 each.", "Two men eat 4 eggs, 9 each."
    assert mask(words(first)) == mask(words(second)) != words(second)
    assert words("求 3 的平方。") == ["求", "3", "的", "平", "方"]


def test_duplicates_are_named_by_kind(finder):
    assert finder(row(TRAIN, "first")) is None
    assert finder(row(TRAIN, "again")).kind == "exact"
    assert finder(row(TRAIN.replace("train", "TRAIN").replace("  ", " "), "loud")).kind == "normalised"
    long = f"{TRAIN} {CAKES}"
    assert finder(row(long, "long")) is None
    near = finder(row(long.replace("at noon and covers", "at noon, and it covers"), "near"))
    assert (near.kind, near.of) == ("near", "long")
    assert finder(row(TRAIN.replace("240", "360").replace("7", "9"), "numbers")) is None
    assert finder(row(CAKES, "other")) is None


def test_variants_of_a_group_and_other_solutions_are_no_duplicates(finder):
    assert finder(row(TRAIN, "a", "group")) is None
    assert finder(row(TRAIN.replace("at noon and covers", "at noon, and it covers"), "b", "group")) is None
    assert finder(row(TRAIN, "c", "group", completion="It is 420.")) is None
    assert finder(row(TRAIN, "d", "group", completion="It is  420.")).kind == "normalised"
    assert finder(row(TRAIN, "e", "group", completion="It is 420.", label=True)) is None
    assert finder(row(TRAIN, "f", "group", gold="2")).kind == "normalised"  # the same problem with another answer


def test_minhash_finds_pairs_as_the_formula_says():
    draw = random.Random(5)
    found = {}
    for kept in (0.97, 0.7):
        hits = 0
        for _ in range(150):
            base = [f"w{draw.randrange(10**6)}" for _ in range(60)]
            other = [word if draw.random() < kept else f"x{draw.randrange(10**6)}" for word in base]
            one, two = signature_of(base), signature_of(other)
            band = len(one) // BANDS
            hits += any(one[k * band : (k + 1) * band] == two[k * band : (k + 1) * band] for k in range(BANDS))
        found[kept] = hits / 150
    # Words kept with probability 0.97 leave shingles with Jaccard about 0.84, 0.7 about 0.21: 1 - (1 - j^8)^16.
    assert found[0.97] > 0.9
    assert found[0.7] < 0.05


def test_planted_problems_are_found_in_each_disguise():
    bench = script()
    index = ContaminationIndex([("b", problem(TRAIN, "train")), ("b", problem(CAKES, "cakes"))])
    draw = random.Random(1)
    for kind in bench.KINDS:
        for text, id in ((TRAIN, "b/train"), (CAKES, "b/cakes")):
            copy = bench.planted(problem(text, id), kind, draw)
            (match,) = index.check([forms_of(problem(copy.text))])
            assert match is not None, (kind, copy.text)
            assert match.problem == id
            assert match.kind == ("text" if kind == "verbatim" else match.kind)
    assert bench.renumbered(TRAIN, draw) != TRAIN


def test_honest_neighbours_are_not_found():
    index = ContaminationIndex([("b", problem(TRAIN, "train")), ("b", problem("What is 3 + 4?", "sum"))])
    texts = [
        "A bus leaves Bonn at nine and carries 41 people to 3 villages. How many people get off in each village?",
        "How many kilometres does a cyclist cover in 7 hours, if he rides 20 kilometres an hour and rests twice?",
        "What is 5 + 9?",
        "",
        "?",
    ]
    assert index.check([forms_of(problem(text)) for text in texts]) == [None] * 5
    assert index.check([forms_of(problem("what is  3 + 4 ?"))])[0].share == 1.0
    assert index.check([]) == []
    assert ContaminationIndex([]).check([forms_of(problem(TRAIN))]) == [None]


def test_stock_phrases_of_a_short_problem_are_none_of_its_own():
    short = "Nora needs $7.20. She has $3.10. How much more money does she need?"
    index = ContaminationIndex([("b", problem(short, "short"))])
    stock = (
        "Rosa looks at a used bicycle that costs $90 in a shop near the river. She has $35 in her purse, and hopes to "
        "sell two old lamps for $12 apiece. How much more money does she need to take the bicycle home today?"
    )  # six of the eleven masked n-grams of the short problem
    other_numbers = "Nora needs $8.05. She has $1.40. How much more money does she need?"
    shared = [forms_of(problem(text)) for text in (stock, other_numbers)]
    assert [match is not None for match in index.check(shared)] == [False, True]


def test_a_batch_finds_what_single_lookups_find():
    bench = script()
    draw = random.Random(2)
    texts = [TRAIN, CAKES, bench.renumbered(TRAIN, draw), bench.reworded(CAKES, 2, draw), "Nothing of that.", "", TRAIN]
    index = ContaminationIndex([("b", problem(TRAIN, "train")), ("b", problem(CAKES, "cakes"))])
    forms = [forms_of(problem(text)) for text in texts]
    assert index.check(forms) == [index.check([one])[0] for one in forms]


def test_code_is_masked_with_its_strings():
    first = Problem("a", "puzzle", "", {"sat": "def sat(x: str, s='lantern', k=3):\n    return x == s * k"})
    second = Problem("b", "puzzle", "", {"sat": "def sat(x: str, s='candle', k=5):\n    return x == s * k"})
    assert forms_of(first).key == forms_of(second).key
    assert forms_of(first).words != forms_of(second).words


def test_groups_and_forms_never_part_between_splits(tmp_path):
    index = KeyIndex(tmp_path / "index.sqlite", INDEX_NAMES)
    splitter = Splitter(SplitPlan.parse("train=0.5,test=0.5"), 0, index)
    draw = random.Random(3)
    of_group, of_form, leaks = {}, {}, 0
    for number in range(2000):
        group, form = f"g{draw.randrange(300)}", draw.randrange(400)
        split = splitter.assign(row("text", f"r{number}", group), form)
        if split is None:
            leaks += 1
            continue
        assert of_group.setdefault(group, split) == split
        assert of_form.setdefault(form, split) == split
    assert leaks > 0
    assert set(of_group.values()) == {"train", "test"}
    index.close()


def test_splits_do_not_depend_on_order_and_have_their_shares():
    plan = SplitPlan.parse("train=0.8,validation=0.1,test=0.1")
    names = [plan.split_of(7, f"group {number}") for number in range(20_000)]
    assert abs(names.count("train") / 20_000 - 0.8) < 0.015
    assert abs(names.count("test") / 20_000 - 0.1) < 0.01
    assert plan.split_of(7, "group 11") == names[11]
    assert [plan.split_of(8, f"group {number}") for number in range(50)] != names[:50]


@pytest.mark.parametrize("text", ["train", "train=0.5", "train=0.5,train=0.5", "train=2", "=1", "a b=1", "train=nan"])
def test_bad_splits_are_refused(text):
    with pytest.raises(PipelineError, match="--splits"):
        SplitPlan.parse(text)


@pytest.mark.parametrize(
    ("text", "completion", "fault"),
    [
        ("Short?", "", "fewer than 8 characters"),
        ("What is {n} plus two apples?", "", "unfilled placeholder: {n}"),
        ("What is <number1> plus two?", "", "unfilled placeholder"),
        ("What is \x07 plus two apples?", "", "control character"),
        ("What is \ud800 plus two apples?", "", "not Unicode text"),
        ("What is one plus two apples?", "so on and on\n" * 30, "repeats a line"),
        ("What is one plus two apples?", "x" * 1001, "solution has more than 1000 characters"),
        ("Let $x_{n}$ and $\\frac{a}{b}$ be $2^{k}$. What is $\\sqrt{m}$?", "$\\boxed{x}$", None),
    ],
)
def test_quality(text, completion, fault):
    found = fault_of(row(text, completion=completion), max_characters=1000)
    assert (found is None) if fault is None else (fault in found)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=6))
def test_any_text_can_be_looked_up(texts):
    index = ContaminationIndex([("b", problem(TRAIN, "train"))])
    assert len(index.check([forms_of(problem(text)) for text in texts])) == len(texts)


def test_the_card_shows_hostile_text_as_text(tmp_path):
    from pipeline_runs import ScriptedEngine, run_pipeline, write_lines

    evil = "<script>alert(1)</script> | **x**\n```\n# Heading"
    seed = {"id": "p", "kind": "answer", "prompt": f"Sum of 1 and 2? {evil}", "gold": "3", "meta": {"topic": evil}}
    problems = write_lines(tmp_path / "p.jsonl", [seed])
    engine = ScriptedEngine(lambda prompt, sample: f"```` {evil} \\boxed{{3}}")
    _, _, built = run_pipeline(
        tmp_path, engine, pipeline="rejection", problems=problems, samples=1, title=f"Nice: {evil}", licence="mit"
    )
    card = (built.dataset / "README.md").read_text()
    header, body = card.split("---\n")[1], card.split("---\n", 2)[2]
    import yaml

    assert yaml.safe_load(header)["license"] == "mit"
    assert yaml.safe_load(header)["configs"][0]["data_files"] == [{"split": "train", "path": "data/train-*.parquet"}]
    outside, fence = [], ""
    for line in body.splitlines():
        ticks = re.match(r"`{3,}", line)
        if not fence and ticks:
            fence = ticks[0]
        elif fence and line.rstrip() == fence:
            fence = ""
        elif not fence:
            outside.append(line)
    assert not fence
    assert not any("<script>" in line or line == "# Heading" for line in outside)
    assert any("script" in line for line in outside)
    assert "<script>" not in (built.dataset / "coverage.svg").read_text()
    assert json.loads((built.dataset / "manifest.json").read_text())["settings"]["licence"] == "mit"
