"""One iteration of expert learning with a scripted engine that can score: Isabelle by its double, real Lean (slow)."""

import asyncio
import json

import pyarrow.parquet as pq
import pytest
from isabelle_double import IsabelleDouble
from pipeline_runs import write_lines

from reasoning.backends import Execution
from reasoning.engines.base import Completion, TokenLogprob
from reasoning.methods.subgoal_closing import proof_in
from reasoning.pipelines.backend import build
from reasoning.pipelines.base import PipelineError
from reasoning.pipelines.settings import settings_from
from reasoning.pipelines.subgoals import SubgoalsOptions
from reasoning.pipelines.written_statements import read_statement
from verifiers.proofs import ProofTask

GENERATORS = ("statement", "subgoal", "proof_1", "proof_2", "proof_3", "proof_4", "posterior")


class Scripted:
    """Replies and scores by functions of prompt and text; counts both."""

    name = "scripted"

    def __init__(self, reply, score=None):
        self.reply, self.worth = reply, score
        self.asked, self.scored = [], []
        if score is not None:
            self.score = self._score

    async def complete(self, request):
        prompt = request.prompt if request.prompt is not None else request.messages[-1].content
        self.asked.append((prompt, request.sample_indices[0]))
        return [Completion(self.reply(prompt, request.sample_indices[0]))]

    async def _score(self, request, text):
        prompt = request.prompt if request.prompt is not None else request.messages[-1].content
        self.scored.append((prompt, text))
        worth = self.worth(prompt, text)
        return (TokenLogprob(text, worth - 1), TokenLogprob("", worth + 1))

    async def close(self):
        pass

    def describe(self):
        return {"engine": self.name}


async def built(folder, engine, **options):
    settings = settings_from(
        {"pipeline": "subgoals", "decontaminate": "none", "near": 0.0, "prompt": "complete", **options}
    )
    made = await build(settings, folder / "run", engine=engine, execution=Execution(jobs=1, concurrency=4, quiet=True))
    tables = {
        name: [
            row for path in sorted((made.dataset / name).glob("*.parquet")) for row in pq.read_table(path).to_pylist()
        ]
        for name in GENERATORS
    }
    thrown = [json.loads(line) for line in (folder / "run" / "discarded.jsonl").read_text().splitlines()]
    return tables, thrown, made


def in_isabelle(tmp_path, monkeypatch, engine, lines, closes, **options):
    async def run():
        async with IsabelleDouble(tmp_path, closes) as server:
            monkeypatch.setenv("REASONING_ISABELLE", server.variable)
            return await built(tmp_path, engine, problems=write_lines(tmp_path / "in.jsonl", lines), **options)

    return asyncio.run(run())


KNOWN = {
    "id": "known",
    "kind": "proof",
    "prompt": "One and one is two.",
    "system": "isabelle",
    "statement": 'theorem k: "1 + 1 = 2"',
    "meta": {"reference": "by simp", "topic": "sums"},
}
WORDS = {
    "id": "words",
    "kind": "proof",
    "prompt": "Two and two is four.",
    "system": "isabelle",
    "meta": {"subgoals": "1. Add.\n2. Compare."},
}
CLOSES = {"1 + 1": {"simp"}, "2 + 2": {"auto", "blast"}}


def steps_only(prompt, sample):
    return f"1. Step number {sample % 6}."


def by_number(prompt, text):
    """The higher the number in the steps that are scored, the better: 0.0 for 5, -1 for 4, ..."""
    return float(prompt.partition("Step number ")[2][0]) - 5


def test_steps_for_a_known_proof_are_accepted_by_how_likely_they_make_it(tmp_path, monkeypatch):
    engine = Scripted(steps_only, by_number)
    tables, _, made = in_isabelle(tmp_path, monkeypatch, engine, [KNOWN], CLOSES, beta=0.001)
    # Six different ones of eight were scored, each by the proof behind it; with so small a beta the best two are left.
    assert sorted(prompt.count("### Proof in Isabelle/HOL") for prompt, _ in engine.scored) == [1] * 6
    assert {text for _, text in engine.scored} == {"by simp"}
    assert sorted(row["completion"] for row in tables["subgoal"]) == ["1. Step number 4.", "1. Step number 5."]
    assert {row["completion"] for row in tables["proof_1"]} == {"by simp"}
    assert tables["proof_1"][0]["prompt"].endswith('theorem k: "1 + 1 = 2"\n(* 1. Step number 5. *)\n')
    assert tables["posterior"][0]["prompt"].endswith("by simp\n\n### Proof in steps\n")
    assert "Sledgehammer" in tables["proof_3"][0]["prompt"]
    assert {row["topic"] for rows in tables.values() for row in rows} == {"sums"}
    assert [json.loads(row["meta"])["reward"] for row in tables["subgoal"]] == [0.0, -1.0]
    assert made.discarded == {"duplicate": 2, "reward": 4}
    assert all(row["problem"] for row in tables["statement"])
    card = (made.dataset / "README.md").read_text()
    assert all(f"config_name: {name}\n" in card for name in ("statement", "subgoal", "proof_1", "posterior"))


def test_a_known_proof_that_is_none_gives_nothing(tmp_path, monkeypatch):
    engine = Scripted(steps_only, by_number)
    wrong = {**KNOWN, "meta": {"reference": "by blast"}}
    tables, thrown, _ = in_isabelle(tmp_path, monkeypatch, engine, [wrong], CLOSES)
    assert not any(tables.values())
    assert [(one["id"], one["stage"]) for one in thrown] == [("known", "verdict")]
    assert engine.asked == []


STATED = [
    'theorem a: "2 + 2 = 4"',
    'lemma b: "2 + 2 = (4::nat)"\n  by simp',
    'theorem c: "nonsense 2 + 2"',
    "axiomatization where d: False",
    'theorem other: "2 + 2 = 4" sorry',
    'theorem e: "3 + 3 = 6"',
    'theorem f: "2 + 2 = x"',
    "I cannot say.",
]
DRAFTS = {
    '"2 + 2 = 4"': 'proof -\n  have "2 + 2 = 4"\n    sorry\n  show ?thesis sledgehammer\nqed',
    '"2 + 2 = (4::nat)"': 'proof -\n  have "2 + 2 = 4"\n    by auto\n  show ?thesis by auto\nqed',
    '"3 + 3 = 6"': "by auto",
    '"2 + 2 = x"': "sorry",
}


def formal(prompt, sample):
    if prompt.endswith("### Statement in Isabelle/HOL\n"):
        return STATED[sample]
    return next((draft for statement, draft in DRAFTS.items() if statement in prompt), "by auto")


def test_statements_and_proofs_of_a_problem_in_words(tmp_path, monkeypatch):
    engine = Scripted(formal, lambda prompt, text: -9.0 if "nonsense" in prompt else 0.0)
    tables, thrown, _ = in_isabelle(tmp_path, monkeypatch, engine, [WORDS], CLOSES, keep=8, overlap=1.0)
    problems = [json.loads(row["problem"]) for row in tables["statement"]]
    assert sorted(problem["statement"] for problem in problems) == [
        'theorem stated_words_0: "2 + 2 = 4"',
        'theorem stated_words_1: "2 + 2 = (4::nat)"',
        'theorem stated_words_5: "3 + 3 = 6"',
        'theorem stated_words_6: "2 + 2 = x"',
    ]
    assert {row["completion"] for row in tables["subgoal"]} == {WORDS["meta"]["subgoals"]}
    proofs = {json.loads(row["problem"])["statement"]: row["completion"] for row in tables["proof_1"]}
    assert proofs == {
        'theorem stated_words_0: "2 + 2 = 4"': DRAFTS['"2 + 2 = 4"'].replace("sorry", "sledgehammer"),
        'theorem stated_words_1: "2 + 2 = (4::nat)"': DRAFTS['"2 + 2 = (4::nat)"'],
        'theorem stated_words_6: "2 + 2 = x"': "sledgehammer",
    }
    # Proofs of one line are left out of the filtered data with probability 0.8, those of five lines never.
    assert {row["completion"] for row in tables["proof_2"]} >= {DRAFTS['"2 + 2 = (4::nat)"']}
    stages = [(one["stage"], one["reason"]) for one in thrown]
    assert ("statement", "holds no theorem") in stages
    assert ("statement", "the same statement again") in stages
    assert any(stage == "statement" and "nonsense" in reason for stage, reason in stages)
    assert ("verdict", "wrong") in [(stage, reason.partition(":")[0]) for stage, reason in stages]
    # Each statement went to one copy: the third and fourth see instructions.
    drafting = [prompt for prompt, _ in engine.asked if prompt.rstrip().endswith("*)")]
    assert [prompt.startswith("### Problem") for prompt in drafting] == [True, True, False, False, True]


@pytest.mark.parametrize(("line", "reason"), [(KNOWN, "no reply holds steps"), (WORDS, "no reply holds a statement")])
def test_replies_without_text_are_told(tmp_path, monkeypatch, line, reason):
    tables, thrown, _ = in_isabelle(tmp_path, monkeypatch, Scripted(lambda *_: " \n", by_number), [line], CLOSES)
    assert not any(tables.values())
    assert [(one["stage"], one["reason"]) for one in thrown] == [("reply", reason)]


def test_proofs_that_are_much_the_same_are_thinned(tmp_path, monkeypatch):
    engine = Scripted(formal, lambda prompt, text: 0.0)
    plain, _, _ = in_isabelle(tmp_path, monkeypatch, engine, [WORDS], CLOSES, keep=8, overlap=0.3)
    assert len(plain["proof_1"]) == 2


def test_a_run_says_the_same_again_and_asks_for_nothing_when_it_is_resumed(tmp_path, monkeypatch):
    first = Scripted(formal, lambda prompt, text: -len(prompt) / 100)
    (tmp_path / "one").mkdir(), (tmp_path / "two").mkdir()
    one = in_isabelle(tmp_path / "one", monkeypatch, first, [WORDS], CLOSES)
    second = Scripted(formal, lambda prompt, text: -len(prompt) / 100)
    two = in_isabelle(tmp_path / "two", monkeypatch, second, [WORDS], CLOSES)
    assert {name: [row["completion"] for row in rows] for name, rows in one[0].items()} == {
        name: [row["completion"] for row in rows] for name, rows in two[0].items()
    }

    async def again():
        settings = settings_from({**one[2].manifest["settings"]})
        silent = Scripted(formal, lambda prompt, text: 0.0)
        made = await build(
            settings, tmp_path / "one" / "run", engine=silent, resume=True, execution=Execution(jobs=1, quiet=True)
        )
        return made, silent

    made, silent = asyncio.run(again())
    assert (silent.asked, silent.scored) == ([], [])
    assert made.manifest["files"] == one[2].manifest["files"]


def test_engines_that_cannot_score_and_malformed_problems_are_one_clear_line(tmp_path, monkeypatch):
    with pytest.raises(PipelineError, match="--proof-engines: the engine 'scripted' cannot score"):
        in_isabelle(tmp_path, monkeypatch, Scripted(steps_only), [KNOWN], CLOSES)
    with pytest.raises(PipelineError, match="expected at most 4"):
        SubgoalsOptions(proof_engines="a;b;c;d;e")


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("theorem x (n : Nat) : n = n := by simp", "theorem mine (n : Nat) : n = n := by"),
        ("Sure:\n```lean4\nlemma x : 1 = 1 := rfl\n```", "theorem mine : 1 = 1 := by"),
        ("theorem x (f : Nat → Nat := fun n => n) : f 0 = 0", "theorem mine (f : Nat → Nat := fun n => n) : f 0 = 0 := by"),
        ("theorem x : 1 = 1 -- sorry, axiom\n", "theorem mine : 1 = 1 := by"),
        ("theorem x : True := trivial\naxiom a : False", "theorem mine : True := by"),
        ("theorem x : True\naxiom a : False", "'axiom'"),
        ("theorem x : (by exact True)", "'by'"),
        ("theorem x : True\nnotation \"a\" => b", "'notation'"),
        ("theorem x : True\nset_option debug.skipKernelTC true", "'set_option'"),
        ("theorem x : True\n#eval 1", "'#eval'"),
        ("theorem x : run_cmd", "'run_cmd'"),
        ("example : True", "holds no theorem"),
        ("theorem x : " + "a" * 3000, "longer than"),
    ],
)  # fmt: skip
def test_nothing_but_one_statement_is_left_of_a_reply_in_lean(reply, expected):
    written = read_statement("lean", reply, "mine")
    assert (written.statement == expected) if expected.startswith("theorem") else (expected in written.reason)
    assert bool(written.statement) != bool(written.reason)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ('theorem x: "a" by simp', 'theorem mine: "a"'),
        ('lemma x:\n  fixes n :: nat\n  assumes "n > 0"\n  shows "n \\<noteq> 0"\nproof -\nqed',
         'theorem mine: fixes n :: nat\n  assumes "n > 0"\n  shows "n \\<noteq> 0"'),
        ('lemma "by"', 'theorem mine: "by"'),
        ('lemma "a" .', 'theorem mine: "a"'),
        ('lemma "a" ML_val "b"', "'ML_val'"),
        ('lemma "a" declare foo', "'declare'"),
        ('lemma "a', "not closed"),
        ("lemma by simp", "states nothing"),
        ("nothing", "holds no theorem"),
    ],
)  # fmt: skip
def test_nothing_but_one_statement_is_left_of_a_reply_in_isabelle(reply, expected):
    written = read_statement("isabelle", reply, "mine")
    assert (written.statement == expected) if expected.startswith("theorem") else (expected in written.reason)
    assert bool(written.statement) != bool(written.reason)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("  simp", "  simp"),
        ("```lean4\ntheorem t (n : Nat := 1) : n = n := by\n  rfl\n```", "  rfl"),
        ("theorem t (n : Nat) : n = n := rfl", "exact (rfl)"),
        ("theorem tt : 1 = 1 := by\n  rfl", ""),
    ],
)
def test_the_proof_in_a_reply_that_repeats_the_theorem(reply, expected):
    task = ProofTask("lean", "theorem t (n : Nat) : n = n := by")
    assert proof_in(task, reply).strip("\n") == expected


@pytest.mark.slow
def test_an_iteration_in_real_lean(tmp_path):
    known = {
        "id": "k", "kind": "proof", "prompt": "", "system": "lean",
        "statement": "theorem k (n : Nat) : n + 0 = n := by", "meta": {"reference": "  rfl"},
    }  # fmt: skip
    words = {
        "id": "w", "kind": "proof", "prompt": "A number and itself make an even number.", "system": "lean",
        "meta": {"subgoals": "1. n + n is twice n.\n2. So 2 divides it."},
    }  # fmt: skip
    stated = [
        "theorem a (n : Nat) : 2 ∣ n + n",
        "theorem b (n : Nat) : (n + n) % 2 = 0 := by",
        "theorem c : n + n = even",
    ]
    proofs = {
        "2 ∣ n + n": "  have twice : n + n = 2 * n := by sorry\n  exact ⟨n, twice⟩",
        "(n + n) % 2": "  have twice : n + n = 2 * n := by sorry\n  exact sorry",
    }

    def reply(prompt, sample):
        if prompt.endswith("### Statement in Lean 4\n"):
            return stated[sample % 3]
        if prompt.endswith("### Proof in steps\n"):
            return f"1. Adding nothing changes nothing ({sample})."
        return next((proof for statement, proof in proofs.items() if statement in prompt), "  rfl")

    engine = Scripted(reply, lambda prompt, text: -len(prompt) / 1000)
    problems = write_lines(tmp_path / "in.jsonl", [known, words])
    options = {"problems": problems, "samples": 3, "keep": 3, "timeout": 60.0, "overlap": 1.0}
    tables, thrown, _ = asyncio.run(built(tmp_path, engine, **options))
    assert len(tables["subgoal"]) == 3 + 2
    statements = {json.loads(row["problem"])["statement"] for row in tables["statement"]}
    assert "theorem stated_w_0 (n : Nat) : 2 ∣ n + n := by" in statements
    assert not any("even" in statement for statement in statements)
    proved = {json.loads(row["problem"])["statement"]: row["completion"] for row in tables["proof_1"]}
    assert {
        "theorem stated_w_0 (n : Nat) : 2 ∣ n + n := by",
        "theorem stated_w_1 (n : Nat) : (n + n) % 2 = 0 := by",
    } <= set(proved)
    assert not any("sorry" in proof for proof in proved.values())
    assert any(one["stage"] == "statement" for one in thrown)
