import asyncio
import gzip
import hashlib
import itertools
import json
import os
import re
from pathlib import Path

import pytest

from reasoning.backends import Execution
from reasoning.evaluation.benchmarks import BENCHMARKS, BenchmarkError, answer_examples, find_benchmark, locate
from reasoning.evaluation.evaluating import Settings, evaluate
from reasoning.evaluation.validate import validate_references
from verifiers.answers import judge
from verifiers.records import Problem
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import Limits, SandboxPool

COLLECTION = os.environ.get("REASONING_BENCHMARKS")
needs_collection = pytest.mark.skipif(COLLECTION is None, reason="REASONING_BENCHMARKS names no folder of benchmarks")

# Name, split, problems, references, problems of kind `choice`.
SIZES = [
    ("gsm8k", "test", 1319, 1319, 0),
    ("gsm8k", "train", 7473, 7473, 0),
    ("math", "test", 5000, 5000, 0),
    ("math", "math500", 500, 500, 0),
    ("aime24", "test", 30, 30, 0),
    ("amc23", "test", 40, 40, 0),
    ("olympiadbench", "test", 675, 675, 0),
    ("minerva", "test", 272, 272, 0),
    ("college_math", "test", 2818, 2818, 0),
    ("gaokao2023en", "test", 385, 383, 0),
    ("carp_en", "test", 976, 976, 0),
    ("odyssey_math", "test", 387, 387, 0),
    ("cmath", "test", 600, 600, 0),
    ("cn_middle_school", "test", 101, 101, 41),
    ("gaokao2024", "mix", 91, 91, 55),
    ("gaokao2024", "I", 14, 14, 11),
    ("gaokao2024", "II", 14, 14, 11),
    ("gaokao_math_cloze", "test", 118, 118, 0),
    ("gaokao_math_qa", "test", 351, 351, 351),
    ("mmlu_stem", "test", 3018, 3018, 3018),
    ("sat_math", "test", 32, 32, 32),
    ("aqua", "test", 254, 254, 254),
    ("theoremqa", "test", 800, 800, 0),
    ("theoremqa", "text", 747, 747, 0),
    ("svamp", "test", 1000, 1000, 0),
    ("asdiv", "test", 2215, 2215, 0),
    ("mawps", "test", 2065, 2065, 0),
    ("gsm_hard", "test", 1319, 1574, 0),
]
NAMES = sorted({name for name, *_ in SIZES})


def entries(name, split=None, data=None):
    benchmark = find_benchmark(name)
    split = benchmark.split(split)
    return list(benchmark.read(locate(benchmark, split, data), split))


def read_rows(name, tmp_path, *rows, split=None):
    """The entries of a file with these rows."""
    array = find_benchmark(name).files[find_benchmark(name).split(split)][0].name.endswith(".json")
    data = tmp_path / ("own.json" if array else "own.jsonl")
    data.write_text(json.dumps(rows) if array else "".join(json.dumps(row) + "\n" for row in rows))
    return entries(name, split, data)


def verdicts(problem, *candidates):
    async def judged():
        async with SandboxPool(workers=1) as pool:
            registry = VerifierRegistry(pool)
            return [(await registry.verify(problem, candidate, Limits())).passed for candidate in candidates]

    return asyncio.run(judged())


@needs_collection
@pytest.mark.parametrize(("name", "split", "problems", "references", "choices"), SIZES)
def test_sizes_are_the_published_ones(name, split, problems, references, choices):
    found = entries(name, split)
    assert len(found) == len({entry.problem.id for entry in found}) == problems
    assert sum(len(entry.references) for entry in found) == references
    assert sum(entry.problem.kind == "choice" for entry in found) == choices
    assert all(entry.problem.prompt for entry in found)


@needs_collection
@pytest.mark.parametrize(("name", "split"), [row[:2] for row in SIZES])
def test_the_verifier_accepts_the_gold_answers(name, split):
    validation = asyncio.run(validate_references(name, split=split, limit=400, jobs=1, quiet=True))
    assert validation.judged > 0
    assert [verdict.id for verdict in validation.refused] == []


@needs_collection
def test_every_solution_of_math_is_accepted():
    # Rows 582, 2227 and 2973 go on after the box with a list that is not the answer.
    validation = asyncio.run(validate_references("math", jobs=1, quiet=True))
    assert (validation.judged, [verdict.id for verdict in validation.refused]) == (5000, [])


@needs_collection
def test_a_gold_answer_is_refused_for_another_problem():
    async def crossed(name):
        found = [entry for entry in entries(name)[:200] if entry.references]
        async with SandboxPool(workers=1) as pool:
            registry = VerifierRegistry(pool)
            return [
                (await registry.verify(mine.problem, other.references[0], Limits())).passed
                for mine, other in itertools.pairwise(found)
                if mine.problem.fields["gold"] != other.problem.fields["gold"]
            ]

    assert sum(asyncio.run(crossed("gsm8k"))) == 0
    assert sum(asyncio.run(crossed("mmlu_stem"))) == 0


@needs_collection
def test_recorded_outputs_of_gsm8k_are_evaluated_from_end_to_end(tmp_path):
    path = Path(COLLECTION) / "recorded_math" / "gsm8k_abel_7b.jsonl.gz"
    settings = Settings("gsm8k", f"replay:{path}")
    outcome = asyncio.run(evaluate(settings, tmp_path / "run", execution=Execution(jobs=1, quiet=True)))
    assert outcome.unanswered == 0
    assert sum(outcome.results.statuses.values()) == 1319
    assert outcome.results.statuses["passed"] == 788  # the published 59.74 %


READERS = [
    ("gsm8k", {"question": "Q", "answer": "3 + 2 = <<3+2=5>>5\n#### 1,005"}, "1,005", "Q"),
    (
        "math",
        {"problem": "Q", "solution": r"\boxed{\frac{1}{2}}", "level": "Level 3", "type": "T"},
        r"\frac{1}{2}",
        "Q",
    ),
    ("aime24", {"problem": "Q", "answer": "033"}, "033", "Q"),
    ("amc23", {"problem": "Q", "answer": 27.0}, "27", "Q"),
    ("olympiadbench", {"question": "Q", "final_answer": ["$2$,$3$"], "subfield": "A"}, "$2$,$3$", "Q"),
    ("olympiadbench", {"question": "Q", "final_answer": ["$(2,3)$"]}, "(2,3)", "Q"),
    ("minerva", {"problem": "Q", "solution": r"$L=\boxed{4.5e33}$ ergs", "type": "T"}, "4.5e33", "Q"),
    ("college_math", {"question": "Q", "answer": "$x+1$", "data_topic": "college_math.algebra"}, "x+1", "Q"),
    ("gaokao2023en", {"question": "Q", "answer": r"$\{1\}$"}, r"\{1\}", "Q"),
    ("carp_en", {"content": "Q", "answer": "5 : 1"}, "5 : 1", "Q"),
    (
        "odyssey_math",
        {"Problem_1": {"question": "Q\n\\end{problem}", "answer": "No \\\\", "label": "A", "level": "B"}},
        "No",
        "Q",
    ),
    ("cmath", {"question": "Q", "answer": "9", "grade": 1}, "9", "Q"),
    ("theoremqa", {"id": "a", "Question": "Q", "Answer": [1, 2.5]}, "[1, 2.5]", "Q"),
    ("theoremqa", {"id": "a", "Question": "Q", "Answer": True}, "True", "Q"),
    ("svamp", {"Body": "B", "Question": "Q", "Answer": 145.0, "Type": "T"}, "145", "B. Q"),
    ("asdiv", {"body": "B.", "question": "Q", "answer": "36 (sq. inches)", "solution_type": "T"}, "36", "B. Q"),
    ("asdiv", {"body": "B.", "question": "Q", "answer": "-(1/3)", "solution_type": "T"}, "-(1/3)", "B. Q"),
    ("mawps", {"input": "Q", "target": 0.6666666667}, "0.6666666667", "Q"),
    ("gsm_hard", {"input": "Q", "target": 3244047.0999999996}, ["3244047.1", "3244047.10"], "Q"),
    ("gsm_hard", {"input": "Q", "target": 9284017268534.0}, ["9284017268534"], "Q"),
]


@pytest.mark.parametrize(("name", "row", "gold", "prompt"), READERS)
def test_a_row_becomes_a_problem_of_kind_answer(tmp_path, name, row, gold, prompt):
    (entry,) = read_rows(name, tmp_path, row)
    assert (entry.problem.kind, entry.problem.fields["gold"], entry.problem.prompt) == ("answer", gold, prompt)
    assert verdicts(entry.problem, *entry.references, "The answer is 123457.") == [True] * len(entry.references) + [
        False
    ]


CHOICES = [
    ("mmlu_stem", {"question": "Q", "type": "T", "choices": ["1", "2", "3", "4"], "answer": 2}, "C", True),
    ("sat_math", {"question": "Q", "options": "A) 1 B) 2 C) 3 D) 4", "Answer": "C"}, "C", True),
    ("sat_math", {"question": "Q", "options": "A. 1 B. 2 C. 3 D. 4", "Answer": "C"}, "C", True),
    ("aqua", {"question": "Q", "options": ["A)1", "B)2", "C)3", "D)4"], "correct": "C"}, "C", True),
    ("cn_middle_school", {"question": "Q()\nA.1  B.2  C. 3  D.4", "answer": "3", "choice_answer": "C"}, "C", False),
    ("gaokao2024", {"question": "Q\nA. 1\nB. 2\nC. 3\nD. 4", "answer": "AC", "type": "multi"}, "AC", False),
    (
        "gaokao_math_qa",
        {"question": "Q", "options": dict(zip("ABCD", "1234", strict=True)), "label": "A B C"},
        "ABC",
        True,
    ),
]


@pytest.mark.parametrize(("name", "row", "gold", "listed"), CHOICES)
def test_a_row_becomes_a_problem_of_kind_choice(tmp_path, name, row, gold, listed):
    (entry,) = read_rows(name, tmp_path, row)
    problem = entry.problem
    assert problem.kind == "choice"
    assert problem.fields == {"options": dict(zip("ABCD", "1234", strict=True)), "gold": gold}
    assert problem.prompt == ("Q\n(A) 1\n(B) 2\n(C) 3\n(D) 4" if listed else row["question"])
    by_letter = f"So the answer is ({gold})." if len(gold) == 1 else f"答案是 {gold}"
    assert verdicts(problem, *entry.references, by_letter, "The answer is (D).") == [True, True, False]


def test_options_that_cannot_be_told_apart_are_judged_by_letter(tmp_path):
    row = {"question": "轨迹方程为 A x=1 B. x=2 C. x=3 D. x=4", "answer": "x=1", "choice_answer": "A"}
    (entry,) = read_rows("gaokao2024", tmp_path, row)
    assert entry.problem.fields["options"] == {letter: letter for letter in "ABCD"}
    assert verdicts(entry.problem, r"\boxed{A}", r"\boxed{B}") == [True, False]


@pytest.mark.parametrize(
    ("question", "passed"),
    [
        (r"则 $m=(\quad)$, $n=(\quad)$", [True, False]),
        (r"切线方程: $(\quad)$, $(\quad)$", [True, True]),
        ("则 m= ___", [True, True]),
    ],
)
def test_several_blanks_are_filled_in_their_order(tmp_path, question, passed):
    (entry,) = read_rows("gaokao_math_cloze", tmp_path, {"question": question, "answer": "$5$;$10$"})
    assert verdicts(entry.problem, r"\boxed{5}, \boxed{10}", r"\boxed{10}, \boxed{5}") == passed


def test_lists_of_theoremqa_keep_their_order(tmp_path):
    (entry,) = read_rows("theoremqa", tmp_path, {"id": "a", "Question": "Q", "Answer": [4, 1, 2]})
    assert verdicts(entry.problem, r"\boxed{[4, 1, 2]}", r"\boxed{[1, 2, 4]}") == [True, False]


def test_theoremqa_text_leaves_out_questions_about_a_picture(tmp_path):
    rows = [
        {"id": id, "Question": "Q", "Answer": 1, "Picture": picture} for id, picture in (("a", "a.png"), ("b", None))
    ]
    assert [entry.problem.id for entry in read_rows("theoremqa", tmp_path, *rows, split="text")] == ["b"]
    assert [entry.problem.id for entry in read_rows("theoremqa", tmp_path, *rows)] == ["a", "b"]


def test_a_fraction_of_gsm_hard_may_be_given_in_hundredths(tmp_path):
    (entry,) = read_rows("gsm_hard", tmp_path, {"input": "Q", "target": 14053029.666666666})
    answers = ["14053029.67", r"\boxed{\frac{42159089}{3}}", "14053029.66", "14053030"]
    assert verdicts(entry.problem, *answers) == [True, True, False, False]


def test_a_problem_without_a_gold_answer_has_no_reference_and_is_never_solved(tmp_path):
    (entry,) = read_rows("gaokao2023en", tmp_path, {"question": "Q", "answer": ""})
    assert entry.references == ()
    assert verdicts(entry.problem, r"\boxed{}", "0", r"\boxed{1}") == [False, False, False]


@pytest.mark.parametrize(
    ("name", "row", "message"),
    [
        ("gsm8k", {"question": "Q", "answer": "5"}, "field 'answer': has no '####'"),
        ("gsm8k", {"answer": "#### 5"}, "field 'question': missing"),
        ("math", {"problem": "Q", "solution": "5"}, r"field 'solution': has no \\boxed"),
        ("math", {"problem": "Q", "solution": r"\boxed{5}"}, "field 'type': missing"),
        ("aime24", {"problem": "Q", "answer": 33}, "field 'answer': expected a string, got int"),
        ("amc23", {"problem": "Q", "answer": True}, "field 'answer': expected a finite number, got True"),
        (
            "svamp",
            {"Body": "B", "Question": "Q", "Type": "T", "Answer": float("nan")},
            "field 'Answer': expected a fin",
        ),
        ("olympiadbench", {"question": "Q", "final_answer": []}, "field 'final_answer': expected a list that begins"),
        ("odyssey_math", {"a": 1}, "expected an object with one member that is an object"),
        ("theoremqa", {"id": "a", "Question": "Q", "Answer": [None]}, "field 'Answer': expected a text, number"),
        ("mmlu_stem", {"question": "Q", "type": "T", "choices": ["1", "2"], "answer": 2}, "field 'answer': expected a"),
        (
            "mmlu_stem",
            {"question": "Q", "type": "T", "choices": ["1"], "answer": 0},
            "field 'choices': expected a list",
        ),
        ("sat_math", {"question": "Q", "options": "1, 2, 3", "Answer": "A"}, r"field 'options': expected 'A\)"),
        ("aqua", {"question": "Q", "options": ["A)1", "C)2"], "correct": "A"}, r"field 'options': expected 'A\)"),
        (
            "aqua",
            {"question": "Q", "options": ["A)1", "B)2"], "correct": "C"},
            "the right option is 'C', expected lett",
        ),
        ("gaokao_math_qa", {"question": "Q", "options": ["1"], "label": "A"}, "field 'options': expected an object"),
    ],
)
def test_a_malformed_row_is_named_with_line_and_field(tmp_path, name, row, message):
    place = r"own\.json, item 1: " if name == "theoremqa" else r"own\.jsonl, line 1: "
    with pytest.raises(BenchmarkError, match=place + message):
        read_rows(name, tmp_path, row)


EXAMPLES = {
    name: getattr(answer_examples, name) for name in ("WORD_PROBLEMS", "COMPETITION", "MULTIPLE_CHOICE", "CHINESE")
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_worked_examples_calculate_right_and_end_in_their_answer(name):
    assert 4 <= len(EXAMPLES[name]) <= 8
    for _, solution, answer in EXAMPLES[name]:
        for left, sign, right, result in re.findall(r"(\d+) ([-+*/]) (\d+) = (\d+)", solution):
            left, right = int(left), int(right)
            values = {"+": left + right, "-": left - right, "*": left * right, "/": left / right if right else None}
            assert values[sign] == int(result), solution
        assert "boxed" not in solution
        assert answer


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_can_be_asked_in_three_styles(name):
    benchmark = find_benchmark(name)
    assert [style.name for style in benchmark.styles] == ["chat", "direct", "few-shot"]
    problem = Problem("p", "answer", "Which number?", {"gold": "5"})
    chat, direct, few_shot = (style.write(problem) for style in benchmark.styles)
    for prompt in (chat, direct):
        (message,) = prompt.messages
        assert message.role == "user"
        assert message.content.startswith("Which number?\n\n")
        assert r"\boxed{}" in message.content
    assert chat != direct
    (stop,) = few_shot.stop
    assert few_shot.text.count(stop) >= 4
    last = few_shot.text.rpartition(stop)[2]
    assert re.fullmatch(r" ?Which number\?\n(Solution:|解答：)", last)
    reply = f" 2 + 3 is \\boxed{{5}}.\n{stop} Another? \\boxed{{6}}"
    assert judge("5", benchmark.style("few-shot").read(problem, reply)).passed
    assert benchmark.style("few-shot").read(problem, f"\n{stop} Another?") is None


def test_prompts_name_what_is_asked_for(tmp_path):
    choice = Problem("p", "choice", "Q", {"options": {"A": "1"}, "gold": "A"})
    chat = find_benchmark("aqua").style("chat").write(choice).messages[0].content
    assert chat == "Q\n\nReason step by step, and put the letter of the right option in \\boxed{}."
    assert "字母" in find_benchmark("gaokao_math_qa").style("direct").write(choice).messages[0].content


def test_files_are_pinned():
    for name in NAMES:
        for files in find_benchmark(name).files.values():
            for file in files:
                assert re.fullmatch(r"https://raw\.githubusercontent\.com/[\w.-]+/[\w.-]+/[0-9a-f]{40}/\S+", file.url)
                assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)


def test_the_list_of_sizes_is_complete():
    assert set(NAMES) <= set(BENCHMARKS)
    assert {(name, split) for name in NAMES for split in find_benchmark(name).files} == {row[:2] for row in SIZES}


@needs_collection
@pytest.mark.parametrize(("name", "split"), [row[:2] for row in SIZES])
def test_local_files_are_the_pinned_ones(name, split):
    benchmark = find_benchmark(name)
    (path,) = locate(benchmark, split, None)
    assert hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest() == benchmark.files[split][0].sha256
