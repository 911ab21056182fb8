import asyncio
import json
import re
from fractions import Fraction

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning.backends import Execution
from reasoning.engines.base import Completion
from reasoning.evaluation.seeds import find_seeds
from reasoning.families import FamilyError
from reasoning.families.induction import InductionError, read, steps_program
from reasoning.methods import MethodError
from reasoning.pipelines.backend import build
from reasoning.pipelines.backend.splits import empty_splits
from reasoning.pipelines.masking import mask_numbers
from reasoning.pipelines.seed_agreement import disagreeing
from reasoning.pipelines.settings import settings_from
from tests.support.pipeline_runs import run_pipeline, write_lines


def generate(tmp_path, engine=None, **options):
    settings = settings_from({"pipeline": "programmatic", "decontaminate": "none", **options})
    built = asyncio.run(build(settings, tmp_path / "run", engine=engine, execution=Execution(jobs=1, quiet=True)))
    rows = [row for path in sorted(built.dataset.glob("data/*.parquet")) for row in pq.read_table(path).to_pylist()]
    thrown = [json.loads(line) for line in (tmp_path / "run" / "discarded.jsonl").read_text().splitlines()]
    return rows, thrown


def induced(problem, solution, answer):
    return steps_program(read(problem, solution, str(answer)), mask_numbers(problem).constants)


def test_every_built_in_seed_gives_a_program():
    for entry in find_seeds("data:word_problems/word_problems.jsonl").entries():
        program = induced(entry.problem.prompt, entry.references[0], entry.problem.fields["gold"])
        assert len(program.used) == len(mask_numbers(entry.problem.prompt).constants), entry.problem.id


def test_variants_have_other_numbers_and_the_answers_follow(tmp_path):
    rows, _ = generate(tmp_path, variants=3)
    assert len(rows) > 100
    assert len({row["prompt"] for row in rows}) == len(rows)
    seeds = {
        entry.problem.id: entry.problem.prompt
        for entry in find_seeds("data:word_problems/word_problems.jsonl").entries()
    }
    train = [row for row in rows if row["group"] == "word_problems/travel-2"]
    for row in train:
        distance, hours, more = (int(number) for number in re.findall(r"\d+", row["prompt"]))
        assert int(row["answer"]) == distance * more // hours
        assert distance % hours == 0  # the speed stays whole, as in the seed
    assert train
    for row in rows:
        assert re.sub(r"\d[\d,.]*\d|\d", "#", row["prompt"]) == re.sub(r"\d[\d,.]*\d|\d", "#", seeds[row["group"]])
        assert row["prompt"] != seeds[row["group"]]


@pytest.mark.parametrize(
    ("problem", "solution", "answer", "reason"),
    [
        ("He has 5 pens and 5 caps.", "<<5+5=10>>", 11, "no equation of the solution gives the answer"),
        ("He has 6 pens and buys 4.", "<<6+3=9>>", 9, "no equation of the solution"),
        ("He has 6 pens and buys 4.", "<<6+4=11>>", 11, "no equation of the solution"),
        ("He has 6 pens, buys 4, then 10 more.", "<<6+4=10>> <<10+10=20>>", 20, "10 can be 2 things"),
        ("He has 6 pens and buys 4.", "<<__import__('os')=10>>", 10, "no equation of the solution"),
        ("He has $2.50 and 2.5 more.", "<<2.50+2.50=5>>", 5, "two ways of writing"),
        ("He has 1 pen and buys half a pen.", "<<1+1/2=1.5>>", "3/2", "no number that can vary"),
    ],
)
def test_what_is_not_sure_is_refused(problem, solution, answer, reason):
    with pytest.raises(InductionError, match=re.escape(reason)):
        induced(problem, solution, answer)


def test_marks_help_where_the_running_text_holds_no_equations():
    text = "He has 6 pens and buys 4, 9 of them red."
    program = induced(text, "Altogether 6 and 4 make <<6+4=10>>10 pens.", 10)
    assert program.lines == ("{n0} + {n1} = {s1}",)
    assert program.used == (0, 1)


def test_percent_signs_are_understood():
    program = induced("A coat costs $160 and is sold for 25% less.", "160*25/100=40, 160-40=120", 120)
    space = {}
    exec(program.source, space)
    assert space["steps"]("200", "10")[-1] == "180"


def test_a_number_that_also_stands_where_it_is_not_masked_stays(tmp_path):
    problem = {
        "id": "p",
        "kind": "answer",
        "prompt": "On a 3-day trip 3 guides lead 8 people each. How many people are led?",
        "gold": "24",
        "meta": {"reference": "3 * 8 = 24"},
    }
    (tmp_path / "problems.jsonl").write_text(json.dumps(problem) + "\n")
    rows, _ = generate(tmp_path, problems=str(tmp_path / "problems.jsonl"), variants=4)
    assert rows
    assert all(row["prompt"].startswith("On a 3-day trip 3 guides") for row in rows)


def garden(id, length, width, solution=None):
    prompt = f"A garden is {length} m long and {width} m wide. How long is the fence around it?"
    total = 2 * (length + width)
    worked = solution or f"{length} + {width} = {length + width}, 2 * {length + width} = {total}"
    return {"id": id, "kind": "answer", "prompt": prompt, "gold": str(total), "meta": {"reference": worked}}


def test_a_constant_that_a_seed_states_too_is_found_out_by_the_other_seeds(tmp_path):
    """The width 2 of the third seed is read into `2 *` of its solution."""
    turned = garden("d", 20, 8, "2 * 20 = 40, 8 + 8 = 16, 40 + 16 = 56")
    source = write_lines(
        tmp_path / "gardens.jsonl", [garden("a", 22, 9), garden("b", 31, 6), garden("c", 15, 2), turned]
    )
    rows, thrown = generate(tmp_path, problems=source, variants=5)
    numbers = [[int(number) for number in re.findall(r"\d+", row["prompt"])] for row in rows]
    assert [int(row["answer"]) for row in rows] == [2 * sum(pair) for pair in numbers]
    assert {row["group"] for row in rows} == {"a", "b", "d"}
    (found,) = (one for one in thrown if one["stage"] == "program")
    assert (found["id"], found["reason"]) == ("c", "seeds of the same words disagree on the program")


def test_seeds_of_which_no_formula_has_most_are_all_in_doubt(tmp_path):
    doubtful = {
        "long": garden("p", 15, 2),
        "wide": garden("q", 22, 9),
        "alone": {**garden("r", 9, 4), "prompt": "Add 9."},
    }
    write_lines(tmp_path / "gardens.jsonl", doubtful.values())
    assert disagreeing(find_seeds(str(tmp_path / "gardens.jsonl")).entries) == {"p", "q"}


def test_a_split_that_gets_no_row_is_named(tmp_path):
    problem = {"id": "p", "kind": "answer", "prompt": "He has 6 pens and buys 4. How many has he?", "gold": "10"}
    source = write_lines(tmp_path / "problems.jsonl", [{**problem, "meta": {"reference": "6 + 4 = 10"}}])
    shares = {"splits": "train=0.4,dev=0.3,test=0.3", "problems": source, "variants": 6}
    _, _, built = run_pipeline(tmp_path, pipeline="programmatic", **shares)
    empty = empty_splits(built.manifest)
    assert len(empty) == 2
    assert f"\nNo row fell into: {', '.join(empty)}.\n" in (built.dataset / "README.md").read_text()
    _, _, built = run_pipeline(tmp_path / "single", pipeline="programmatic", **shares, split_by="stream")
    assert empty_splits(built.manifest) == []
    assert "No row fell into" not in (built.dataset / "README.md").read_text()


def test_numbers_that_are_parts_of_words_stay():
    masked = mask_numbers(
        "On the 5th of May at 3:30, x2 took 1/2 of 1,250 pens from 1 of 12 boxes worth $2.50 (4-digit)."
    )
    assert [str(constant.value) for constant in masked.constants] == ["1250", "12", "5/2"]
    assert masked.constants[0].written(Fraction(2300)) == "2,300"
    assert masked.constants[2].written(Fraction(7, 4)) == "1.75"


@given(st.text("0123456789., -abc%$/", max_size=60))
def test_filling_in_the_original_numbers_gives_the_text_back(text):
    masked = mask_numbers(text)
    assert masked.fill([one.written(one.value) for one in masked.constants]) == text


class Author:
    """Scripted replies of our own: the first program is wrong, the corrected one right."""

    name = "scripted"

    def __init__(self):
        self.prompts = []

    async def complete(self, request):
        prompt = request.messages[0].content
        self.prompts.append(prompt)
        body = "n0 - n1" if "went wrong" not in prompt else "Fraction(n0) - Fraction(n1)"
        return [Completion(f"Here it is:\n```python\ndef solution(n0, n1):\n    return str({body})\n```")]

    async def close(self):
        pass

    def describe(self):
        return {"engine": self.name}


def test_a_written_program_is_sent_back_with_its_error(tmp_path):
    problem = {"id": "p", "kind": "answer", "prompt": "Ida had 19 plums and ate 7. How many are left?", "gold": "12"}
    (tmp_path / "problems.jsonl").write_text(json.dumps(problem) + "\n")
    author = Author()
    rows, thrown = generate(tmp_path, author, problems=str(tmp_path / "problems.jsonl"), programs="written", variants=5)
    assert len(author.prompts) == 2
    assert "Ida had {n0} plums and ate {n1}" in author.prompts[0]
    assert "TypeError" in author.prompts[1]
    assert len(rows) == 5
    for row in rows:
        had, ate = (int(number) for number in re.findall(r"\d+", row["prompt"]))
        assert int(row["answer"]) == had - ate > 0
    assert {one["stage"] for one in thrown} <= {"numbers"}


def test_a_family_that_there_is_not_is_said_before_anything_is_begun(tmp_path):
    settings = settings_from({"pipeline": "families", "family": "nosuch"})
    with pytest.raises(FamilyError, match="no family, topic or grade 'nosuch'"):
        asyncio.run(build(settings, tmp_path / "run", execution=Execution(quiet=True)))
    assert not (tmp_path / "run").exists()


def test_tools_that_the_engine_cannot_call_are_said_before_anything_is_begun(tmp_path):
    settings = settings_from({"pipeline": "rejection", "engine": "search", "method": "direct,tools=python"})
    with pytest.raises(MethodError, match="no model that could call tools"):
        asyncio.run(build(settings, tmp_path / "run", execution=Execution(quiet=True)))
    assert not (tmp_path / "run").exists()
