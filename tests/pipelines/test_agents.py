import bisect
import json
import re

from pipeline_runs import ScriptedEngine, run_pipeline, write_lines

SEED = {
    "id": "seed",
    "kind": "answer",
    "prompt": "Ada has 3 apples and buys 4 more of them. How many apples has she?",
    "gold": "7",
    "meta": {"topic": "arithmetic"},
}
ASKED = "Bo has 5 plums and eats 2 of them. How many plums are left?"
HARDER = "Ada has 3 apples, buys 4 more and gives half of 6 away. How many has she?"


def scripted(prompt, sample):
    if prompt.startswith("Here is a problem and its answer"):
        return f"1. Ada has 7 apples.\n<problem>{ASKED}</problem>\n<problem>What is the meaning of it all?</problem>"
    if "List three ways" in prompt:
        return "Let her give some away."
    if "Write the harder problem" in prompt:
        assert "Let her give some away." in prompt
        return f"<problem>{HARDER}</problem>" if SEED["prompt"] in prompt else "I would rather not."
    if ASKED in prompt:
        return f"Solution {sample}: 5 - 2 = 3, so \\boxed{{{3 if sample < 3 else 4}}}."
    if HARDER in prompt:
        return f"Way {sample}: 3 + 4 - 3 = 4.{' ' * 2000 if sample == 1 else ''} The answer is \\boxed{{4}}."
    return f"\\boxed{{{sample}}}"


def test_agents_write_harder_problems_and_keep_those_with_an_agreed_answer(tmp_path):
    problems = write_lines(tmp_path / "p.jsonl", [SEED])
    rows, thrown, _ = run_pipeline(
        tmp_path, ScriptedEngine(scripted), pipeline="agents", problems=problems, questions=2, rounds=2
    )
    found = {(row["prompt"], row["answer"]) for row in rows["default"]}
    assert found == {(ASKED, "3"), (HARDER, "4")}
    assert [row["prompt"] for row in rows["default"]].count(ASKED) == 3
    assert [row["prompt"] for row in rows["default"]].count(HARDER) == 3
    assert {row["group"] for row in rows["default"]} == {"seed"}
    reasons = {(one["stage"], one["reason"].partition(":")[0]) for one in thrown}
    assert ("agreement", "too few solutions agree") in reasons  # the meaning of it all
    assert ("verdict", "wrong") in reasons  # the fourth solution of the plums
    assert ("length", "more than 1800 characters") in reasons
    assert ("editor", "no problem in the reply") in reasons  # the second round


def test_practice_makes_pairs_and_labelled_attempts(tmp_path):
    seeds = [
        {**SEED, "id": "mixed", "prompt": "What is 20 + 22, the sum of two numbers?", "gold": "42"},
        {**SEED, "id": "easy", "prompt": "What is 1 + 1, the sum of equal numbers?", "gold": "2"},
        {**SEED, "id": "hopeless", "prompt": "What is 9 * 9, a product of equal numbers?", "gold": "81",
         "meta": {"reference": "It is \\boxed{81}."}},
    ]  # fmt: skip

    def attempts(prompt, sample):
        if "20 + 22" in prompt:
            return f"Attempt {sample}: \\boxed{{{42 if sample % 2 else 41}}}"
        return f"Attempt {sample}: \\boxed{{{2 if '1 + 1' in prompt else 0}}}"

    problems = write_lines(tmp_path / "p.jsonl", seeds)
    rows, thrown, built = run_pipeline(
        tmp_path, ScriptedEngine(attempts), pipeline="agents", problems=problems, task="practice", teacher=True, pairs=2
    )
    assert not rows["default"]
    pairs = [(row["group"], row["chosen"], row["rejected"]) for row in rows["dpo"]]
    assert pairs == [
        ("mixed", "Attempt 1: \\boxed{42}", "Attempt 0: \\boxed{41}"),
        ("mixed", "Attempt 3: \\boxed{42}", "Attempt 2: \\boxed{41}"),
        ("hopeless", "It is \\boxed{81}.", "Attempt 0: \\boxed{0}"),
    ]
    labels = [(row["group"], row["label"]) for row in rows["kto"]]
    assert labels.count(("mixed", True)) == labels.count(("mixed", False)) == 2
    assert labels.count(("easy", True)) == labels.count(("hopeless", False)) == 4
    assert [(one["id"], one["reason"]) for one in thrown if one["stage"] == "pair"] == [("easy", "all attempts right")]
    card = (built.dataset / "README.md").read_text()
    assert re.findall(r"config_name: (\w+)\n  data_files", card) == ["dpo", "kto"]

    from datasets import load_dataset

    loaded = load_dataset(str(built.dataset), "dpo", cache_dir=str(tmp_path / "cache"))
    assert loaded["train"].num_rows == 3


def test_explore_steers_to_empty_cells_and_fills_each_once(tmp_path):
    def script(prompt, sample):
        asked = re.search(r"problem about (\w+).*\n?.*should have ([^,]+),", prompt)
        if asked:
            words = {"at most": 8, "15": 20, "40": 50, "more": 90}[re.match(r"at most|15|40|more", asked[2])[0]]
            filler = " ".join(f"w{number}" for number in range(words))
            return f"<problem>A {asked[1]} riddle {filler} {len(engine.prompts)}?</problem>"
        return f"Step.\n\\boxed{{{len(prompt)}}}"

    engine = ScriptedEngine(script)
    rows, thrown, _ = run_pipeline(
        tmp_path, engine, pipeline="explore", topics="algebra,geometry", rounds=8, batch=10, solutions=2, near=0.0
    )
    # All solutions agree and have two steps, so only the text's length tells cells apart: two topics, four lengths.
    kinds = {(row["topic"], bisect.bisect_right((15, 40, 80), len(row["prompt"].split()))) for row in rows["default"]}
    assert len(rows["default"]) == len(kinds) == 8
    assert {one["stage"] for one in thrown} == {"elite"}
    asked = [prompt for prompt in engine.prompts if prompt.startswith("Write a new")]
    assert not any("close to what is wanted" in prompt for prompt in asked[:10])
    assert all("close to what is wanted" in prompt for prompt in asked[10:])
    svg = (tmp_path / "run" / "dataset" / "coverage.svg").read_text()
    assert "algebra" in svg
    assert "geometry" in svg


def test_curate_takes_each_problem_through_the_steps(tmp_path):
    pool = [
        {"id": "good", "kind": "answer", "prompt": "Find the derivative of a function at one point.", "gold": "6"},
        {"id": "easy", "kind": "answer", "prompt": "Easy: what do two and two make together?", "gold": "4"},
        {"id": "wrong", "kind": "answer", "prompt": "Find how many ways lead through the maze.", "gold": "10"},
        {"id": "unknown", "kind": "answer", "prompt": "Find the area of the triangle in the figure.", "gold": ""},
        {"id": "split", "kind": "answer", "prompt": "Find the eigenvalues that nobody agrees on.", "gold": "1"},
    ]

    def script(prompt, sample):
        if prompt.startswith("Rate"):
            return "As hard as 3 apples: \\boxed{2}" if "Easy" in prompt else f"\\boxed{{{6 + sample % 2}}}"
        answer = {"derivative": 6, "ways": 11, "triangle": 12, "eigenvalues": sample}
        return f"So \\boxed{{{next(value for word, value in answer.items() if word in prompt)}}} ({sample})."

    problems = write_lines(tmp_path / "p.jsonl", pool)
    rows, thrown, _ = run_pipeline(
        tmp_path, ScriptedEngine(script), pipeline="curate", problems=problems, solutions=3, ratings=6, level=5.0
    )
    found = {(row["group"], row["answer"], row["topic"]) for row in rows["default"]}
    assert found == {("good", "6", "calculus"), ("unknown", "12", "geometry")}
    assert len(rows["default"]) == 6
    assert {row["difficulty"] for row in rows["default"]} == {0.65}
    assert json.loads(rows["default"][0]["meta"])["level"] == 6.5
    assert {(one["id"], one["stage"], one["reason"]) for one in thrown} == {
        ("easy", "rating", "below the level: 2.00"),
        ("wrong", "agreement", "the solutions agree on another answer"),
        ("split", "agreement", "too few solutions agree: 1"),
    }


def test_curate_judges_the_solutions_that_the_pool_brings(tmp_path):
    def problem(id, gold, reference, **fields):
        prompt = f"How many apples has {id} in the end?"
        return {"id": id, "kind": "answer", "prompt": prompt, "gold": gold, "meta": {"reference": reference}, **fields}

    pool = [
        problem("Ada", "4", "2 + 2 = \\boxed{4}"),
        problem("Bo", "4", "2 + 2 = \\boxed{5}"),
        problem("Cy", "", "2 + 2 = \\boxed{4}"),
        problem("Di", "7", None),
    ]
    source = write_lines(tmp_path / "p.jsonl", pool)
    rows, thrown, built = run_pipeline(tmp_path, pipeline="curate", problems=source, near=0.0)
    assert {row["group"]: row["completion"] for row in rows["default"]} == {
        "Ada": "2 + 2 = \\boxed{4}", "Cy": "", "Di": "",
    }  # fmt: skip
    ((id, stage, reason),) = [(one["id"], one["stage"], one["reason"]) for one in thrown]
    assert (id, stage, reason) == ("Bo", "verdict", "wrong: the pool's own solution")
    card = (built.dataset / "README.md").read_text()
    assert "3 rows from 3 groups; 1 have a solution, which a verifier judged; the others are problems alone." in card
