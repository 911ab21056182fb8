import asyncio
import json
import re
from fractions import Fraction

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning.engines.base import Completion
from reasoning.pipelines.backend import build
from reasoning.pipelines.induction import InductionError, induce
from reasoning.pipelines.masking import mask_numbers
from reasoning.pipelines.seeds import find_seeds
from reasoning.pipelines.settings import settings_from


def generate(tmp_path, engine=None, **options):
    settings = settings_from({"pipeline": "programmatic", "decontaminate": "none", **options})
    built = asyncio.run(build(settings, tmp_path / "run", engine=engine, jobs=1, quiet=True))
    rows = [row for path in sorted(built.dataset.glob("data/*.parquet")) for row in pq.read_table(path).to_pylist()]
    thrown = [json.loads(line) for line in (tmp_path / "run" / "discarded.jsonl").read_text().splitlines()]
    return rows, thrown


def test_every_built_in_seed_gives_a_program():
    for entry in find_seeds("data:word_problems/word_problems.jsonl").entries():
        program = induce(
            mask_numbers(entry.problem.prompt), entry.references[0], Fraction(entry.problem.fields["gold"])
        )
        assert len(program.used) == len(mask_numbers(entry.problem.prompt).constants)


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
        ("He has 5 pens and 5 caps.", "<<5+5=10>>", 11, "the last step is not the answer"),
        ("He has 6 pens and buys 4.", "<<6+3=9>>", 9, "3 is not explained"),
        ("He has 6 pens and buys 4.", "<<6+4=11>>", 11, "a step does not hold: 6+4=11"),
        ("He has 6 pens, buys 4, loses 2.", "<<6+4=10>>", 10, "a number of the problem is not used"),
        ("He has 6 pens, buys 4, then 10 more.", "<<6+4=10>> <<10+10=20>>", 20, "10 has several explanations"),
        ("He has 6 pens and buys 4.", "10 pens", 10, "no marked steps"),
        ("He has 6 pens and buys 4.", "<<__import__('os')=10>>", 10, "a step is no plain arithmetic"),
        ("He has 6 pens and buys 4.", "<<6+4=10>> <<6-4=2>>", 2, "a step's result is not used"),
    ],
)
def test_what_is_not_sure_is_refused(problem, solution, answer, reason):
    with pytest.raises(InductionError, match=re.escape(reason)):
        induce(mask_numbers(problem), solution, Fraction(answer))


def test_percent_signs_are_understood():
    masked = mask_numbers("A coat costs $160 and is sold for 25% less.")
    program = induce(masked, "<<160*25/100=40>> <<160-40=120>>", Fraction(120))
    space = {}
    exec(program.source, space)
    assert space["steps"]("200", "10") == ["20", "180"]


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
