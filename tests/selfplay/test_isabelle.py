"""STP's Isabelle variant against the double of Isabelle's server, which speaks its protocol and knows no logic."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from math import exp
from pathlib import Path
from types import SimpleNamespace

import pytest
from isabelle_double import IsabelleDouble
from toy_self_play import Stopped, ToyPolicy

from reasoning.selfplay.config import SelfPlayIsabelle, read_self_play_config, self_play_config_from_json
from reasoning.selfplay.dataset import read_statements
from reasoning.selfplay.isabelle import IsabelleChecker, forbidden_method
from reasoning.selfplay.loop import play, run_self_play
from reasoning.selfplay.prover_set import prover_examples, prover_weight
from reasoning.selfplay.records import Conjecture, Example, Proof, Statement
from reasoning.selfplay.store import SelfPlayError, read_records
from reasoning.selfplay.systems import ISABELLE, LEAN
from reasoning.training.forms import ConfigError
from verifiers.proofs.isabelle.bridge import IsabelleBridge
from verifiers.sandbox import Limits

HEADER = "theory Problem imports Main\nbegin"
STATEMENT = Statement("s", 'theorem s: "P 1 s"', HEADER)
FACTS = {
    "HOL.refl": "t = t",
    "Num.one": "1 = 1",
    "Toy.lemma": "P  9\n  (top::nat)",
    "Toy.fact(2)": "P 1 b3",
    "Toy.f_def": "f = g",
}
CLOSES = {
    '"P ': {"simp", "(simp add: Toy.lemma)", "(simp add: Toy.fact HOL.refl Num.one Toy.f_def)"},
    "presburger": {"presburger"},
    "code": {"eval"},
}


async def against_double(tmp_path, use, section=None, statements=(STATEMENT,), **options):
    """What `use(checker, server)` returns."""
    async with IsabelleDouble(tmp_path, CLOSES, facts=FACTS, **options) as server:
        closing = []
        pool = SimpleNamespace(workers=2, call_on_close=closing.append)
        bridge = IsabelleBridge(pool, {"REASONING_ISABELLE": server.variable})
        checker = IsabelleChecker(pool, section or SelfPlayIsabelle(seconds=30.0), statements, bridge)
        try:
            return await use(checker, server)
        finally:
            await closing[0]()


def asked(tmp_path, use, **options):
    return asyncio.run(asyncio.wait_for(against_double(tmp_path, use, **options), 60))


# --- rules


@pytest.mark.parametrize(
    ("proof", "word"),
    [
        ("by metis", "metis"),
        ("by (metis conjI)", "metis"),
        ("by (Metis.metis conjI)", "metis"),
        ('by ("metis" conjI)', "metis"),
        ("by (match conclusion in _ \\<Rightarrow> \\<open>metis\\<close>)", "metis"),
        ("using a by (smt (verit) b)", "smt"),
        ("apply sos done", "sos"),
        ("by mason", "mason"),
        ('have "sledgehammer" by sledgehammer', "sledgehammer"),
        ("by (sledgehammer)", ""),
        ("by simp (* not by metis *)", ""),
        ("sledgehammer", ""),
        ("proof - show ?thesis by sledgehammer qed", ""),
        ("by (simp add: metis_simps isosceles smt')", ""),
        ("by (meson conjI)", ""),
        ("by simp (* never closed", ""),
    ],
)
def test_methods_that_search_are_forbidden(proof, word):
    assert bool(forbidden_method(proof)) == bool(word)
    assert word in forbidden_method(proof)


@pytest.mark.parametrize(
    ("proof", "kind"),
    [
        ("by simp", "passed"),
        ("by sledgehammer", "passed"),
        ("by blast", "wrong"),
        ("by (metis conjI)", "rejected: forbidden method"),
        ("sorry", "rejected: sorry"),
        ("by simp ML_val \\<open>()\\<close>", "rejected: runs code"),
        ('by ("\\116actic" \\<open>all_tac\\<close>)', "rejected: runs code"),
        ('oops axiomatization where a: "False"', "rejected: sorry"),
        ("by simp consts x :: nat", "rejected: axiom"),
        ('by simp notation plus (infixl "minus" 65)', "rejected: notation"),
        ("by simp end", "rejected: command"),
        ("using [[ML_print_depth = 3]] by simp", "rejected: option"),
        ('if "False" by simp', "rejected: another statement"),
        ('theorem s: "P 2 s" by simp', "rejected: another statement"),
        ("by simp\u200b", "rejected: other"),
    ],
)
def test_the_kind_of_a_verdict(tmp_path, proof, kind):
    async def use(checker, server):
        return await checker.check(STATEMENT, proof)

    checked = asked(tmp_path, use)
    assert checked.kind == kind
    assert bool(checked.detail) == (kind != "passed")


def test_evaluation_is_trusted_only_where_the_experiment_says_so(tmp_path):
    statement = Statement("c", 'lemma "code 3"', HEADER)

    async def use(checker, server):
        return (await checker.check(statement, "by eval")).kind, (await checker.check(statement, "sledgehammer")).kind

    assert asked(tmp_path, use) == ("rejected: oracle", "wrong")
    assert asked(tmp_path, use, section=SelfPlayIsabelle(trust_eval=True)) == ("passed", "passed")


def test_what_cannot_be_judged_is_no_verdict(tmp_path):
    async def use(checker, server):
        twice = await checker.check(STATEMENT, "by simp")
        await server.stop()
        gone = await checker.check(STATEMENT, "by blast"), await checker.conjectured(STATEMENT, STATEMENT.text)
        with pytest.raises(SelfPlayError, match="Isabelle cannot be asked"):
            await checker.lemmas(["Toy.lemma"])
        return twice, *gone

    assert [one.kind for one in asked(tmp_path, use, tricks=["close", "close"])] == ["unjudged"] * 3


def test_the_limits_of_a_proof_and_of_a_question(tmp_path):
    assert SelfPlayIsabelle().seconds == 360

    async def use(checker, server):
        checker._limits = Limits(wall_seconds=0.05)
        return (await checker.check(STATEMENT, "by simp")).kind, (
            await checker.conjectured(STATEMENT, "lemma True")
        ).kind

    assert asked(tmp_path, use, tricks=["slow", "slow"]) == ("timeout", "timeout")


def test_lemmas_are_the_facts_that_a_proof_depends_on_and_that_can_be_shared(tmp_path):
    statements = [STATEMENT, Statement("m", "", "theory Problem imports Missing\nbegin")]

    async def use(checker, server):
        checked = await checker.check(STATEMENT, "by (simp add: Toy.fact HOL.refl Num.one Toy.f_def)")
        plain = await checker.check(STATEMENT, "by simp")
        names = ["Toy.lemma", "Toy.fact(2)", "Toy.nope", "HOL.refl", "Num.one", "Toy.f_def", "x\nML", "Toy.a b", "top"]
        return checked, plain, await checker.lemmas(names), list(server.theories)

    checked, plain, found, theories = asked(tmp_path, use, statements=statements[::-1])
    # What the theory itself declares is left out, by whatever name.
    assert checked.premises == ("HOL.refl", "Num.one", "Toy.f_def")
    assert plain.premises == ()
    assert "declare [[names_long]]\nthm_deps Check_" in theories[0]
    assert found == {"Toy.lemma": 'lemma Toy.lemma: "P 9 (top::nat)"', "Toy.fact(2)": 'lemma Toy.fact(2): "P 1 b3"'}
    lines = theories[-1].split("\n")
    assert [one for one in lines if one.startswith("thm ")] == ["thm Toy.lemma", "thm Toy.fact(2)", "thm Toy.nope"]


def test_an_import_that_is_not_there_is_the_statements_fault_and_ends_nothing(tmp_path):
    elsewhere = Statement("m", 'lemma "P 1 m"', HEADER.replace("Main", "Missing"))

    async def use(checker, server):
        kinds = [(await checker.check(one, "by simp")).kind for one in (STATEMENT, elsewhere)]
        return kinds, await checker.lemmas(["Toy.fact(2)"])

    kinds, found = asked(
        tmp_path, use, statements=[elsewhere, STATEMENT], tricks=["missing theory", "", "", "missing theory"]
    )
    assert kinds == ["statement", "statement"]
    assert list(found) == ["Toy.fact(2)"]


@pytest.mark.parametrize(
    ("text", "kind", "detail"),
    [
        ('theorem c: "P 2 new"', "passed", ""),
        ('theorem c: fixes x :: nat\n  assumes "P 1 s"\n  shows "P 2\n  new"', "passed", ""),
        ('theorem c: "nonsense"', "unreadable", "Undefined constant"),
        ('theorem c: assumes "P 0 x" shows "P 1 s"', "solved by its seed", "known_"),
        ('theorem c: "P 1 b3"', "solved by a fact", "Toy.fact(2)"),
    ],
)
def test_a_conjecture_is_read_by_isabelle_and_is_not_known(tmp_path, text, kind, detail):
    seed = 'lemma s [simp]: "P 1 s"'

    async def use(checker, server):
        return await checker.conjectured(Statement("", text, HEADER, conjecture=True), seed), server.theories

    checked, theories = asked(tmp_path, use)
    assert checked.kind == kind
    assert detail in checked.detail
    # Gaps are allowed for the seed alone, and what it is called cannot be known.
    before, _, behind = theories[0].partition("declare [[quick_and_dirty = false]]\n")
    assert before.count("sorry") == 1
    assert behind == f"{text.replace('theorem c', 'theorem asked')}\nsolve_direct\noops\nend\n"
    assert "[simp]" not in before


def test_a_seed_or_header_that_isabelle_refuses_is_not_the_conjectures_fault(tmp_path):
    async def use(checker, server):
        return [
            (await checker.conjectured(Statement("", 'theorem c: "P 2 x"', header), seed)).kind
            for header, seed in ((HEADER, 'lemma "nonsense"'), (HEADER.replace("Main", "Missing"), 'lemma "P 1 s"'))
        ]

    assert asked(tmp_path, use) == ["unjudged"] * 2


def test_slow_proofs_weigh_as_much_as_quick_ones():
    proofs = [Proof("s", "by simp", 1, "passed", seconds=100.0)]
    weights = {
        name: prover_examples({"s": one}, proofs, {("s", 0): 0.5}, system)[0].weight
        for name, system, one in (
            ("isabelle", ISABELLE, STATEMENT),
            ("lean", LEAN, Statement("s", "theorem s : 1 = 1 := by")),
        )
    }
    assert weights == {"isabelle": pytest.approx(exp(-0.007)), "lean": prover_weight(7, 100.0, 1)}


# --- experiments


def test_defaults_are_those_of_the_papers_isabelle_variant(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text('system = "isabelle"\n')
    config = read_self_play_config(path)
    assert (config.rounds, config.sampling.temperature, config.isabelle.seconds) == (58, 0.7, 360.0)
    assert (config.sampling.first_samples, config.sampling.samples) == (64, 32)
    assert config.data.targets == "minif2f:isabelle-valid"
    baseline = read_self_play_config(path, ["method=expert_iteration", "sampling.temperature=0.9"])
    assert (baseline.sampling.samples, baseline.sampling.temperature, baseline.rounds) == (64, 0.9, 58)
    lean = read_self_play_config(None)
    assert (lean.system, lean.rounds, lean.sampling.temperature) == ("lean", 48, 1.0)
    older = {name: value for name, value in lean.to_json().items() if name not in ("system", "isabelle")}
    assert self_play_config_from_json(older, "config.json") == lean


def problem(name, statement, system="isabelle", header="theory Own imports Main begin"):
    record = {"id": name, "kind": "proof", "prompt": "", "system": system, "statement": statement, "header": header}
    return json.dumps(record) + "\n"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("system=coq", "'system': is 'coq', expected one of lean, isabelle"),
        ("isabelle.seconds=0", "'isabelle.seconds': is 0.0, expected more than 0"),
        ("isabelle.second=3", "'isabelle.second': unknown"),
    ],
)
def test_a_mistake_in_the_experiment_is_one_line(change, words):
    with pytest.raises(ConfigError, match=words):
        read_self_play_config(None, [change])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (problem("a", "theorem a : 1 = 1 := by", "lean"), "line 1: field 'system': expected isabelle, got 'lean'"),
        (problem("a", "definition a where a"), "line 1: field 'statement': expected theorem"),
        (problem("a", 'lemma "True"', header="theory A imports Main begin (*"), "line 1: field 'header': a comment"),
    ],
)
def test_a_problem_of_another_system_is_one_line(tmp_path, line, words):
    path = tmp_path / "targets.jsonl"
    path.write_text(line)
    with pytest.raises(ConfigError, match=words):
        read_statements(str(path), "data.targets", system="isabelle")


@pytest.mark.parametrize(
    ("value", "words"), [("", "set REASONING_ISABELLE=HOST:PORT:PASSWORD"), ("4711", "expected HOST")]
)
def test_without_a_server_the_experiment_is_one_line(tmp_path, monkeypatch, value, words):
    monkeypatch.setenv("REASONING_ISABELLE", value)
    (tmp_path / "targets.jsonl").write_text(problem("a", 'lemma "True"'))
    config = read_self_play_config(None, ["system=isabelle", f"data.targets={tmp_path / 'targets.jsonl'}"])
    with pytest.raises(ConfigError, match=f"field 'system': is 'isabelle', but .*{words}") as error:
        run_self_play(config, tmp_path / "run", resume=False)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run").exists()


def test_statements_keep_what_headers_say_and_not_their_names(tmp_path):
    path = tmp_path / "targets.jsonl"
    path.write_text(
        problem("a", 'theorem a: "x = x" sorry')
        + problem("b", 'lemma "y = y"', header='theory B imports\n  Main "X.Y"\nbegin\n\ndefinition "c = 1"')
    )
    first, second = read_statements(str(path), "data.targets", system="isabelle")
    assert (first.text, first.header) == ('theorem a: "x = x"', HEADER)
    assert (second.text, second.header) == (
        'lemma "y = y"',
        'theory Problem imports Main "X.Y"\nbegin\ndefinition "c = 1"',
    )


@pytest.mark.skipif(not os.environ.get("REASONING_BENCHMARKS"), reason="REASONING_BENCHMARKS is not set")
@pytest.mark.parametrize(("source", "count"), [("minif2f:isabelle-valid", 244), ("putnambench:isabelle", 640)])
def test_benchmarks_are_targets(source, count):
    found = read_statements(source, "data.targets", system="isabelle")
    assert len(found) == count
    assert len({ISABELLE.statement_key(one.header, one.text) for one in found}) == count
    with pytest.raises(ConfigError, match="expected lean, got 'isabelle'"):
        read_statements(source, "data.targets")


# --- the loop


class IsabellePolicy(ToyPolicy):
    """The scripted model, in Isabelle's language; proofs are of the toy's difficulty."""

    def _proof(self, prompt, stream):
        if self.proof is not None:
            return self.proof(prompt, stream)
        difficulty = int(prompt.rpartition('"P ')[2].split()[0])
        right = stream.random() < 0.6 ** max(difficulty - self.skill, 0) * 0.9
        good = "by (simp add: Toy.lemma)" if stream.random() < 0.5 else "by simp"
        return f"\n{good if right else 'by blast'}\n```\nIndeed."

    def _conjecture(self, prompt, stream):
        difficulty, name = prompt.rpartition('"P ')[2].partition('"')[0].split()
        new = f"P {int(difficulty) + stream.choice((0, 1, 3))} {stream.choice('ab')}{stream.randrange(8)}"
        end = "\n</hard theorem>"
        return stream.choice(
            [f' new: "{new}"{end}'] * 5
            + [
                f' new: fixes x :: nat shows "{new}" by simp{end}',
                f' same: assumes "P 0 z" shows "P {difficulty} {name}"{end}',
                f' odd: "nonsense {new}"{end}',
                f' fact: "P 1 b3"{end}',
                f' bad: "{new}" ML \\<open>OS.Process.exit OS.Process.success\\<close>{end}',
            ]
        )

    def embed(self, texts):
        return super().embed([f": P {text.rpartition('P ')[2].split()[0]}" for text in texts])


class StoppingChecker:
    """The checker, of which so many proofs may be asked."""

    def __init__(self, checker, left):
        self.checker, self.left, self.workers = checker, left, checker.workers
        self.ready, self.lemmas, self.conjectured = checker.ready, checker.lemmas, checker.conjectured

    async def check(self, statement, proof):
        if self.left == 0:
            raise Stopped
        self.left -= 1
        return await self.checker.check(statement, proof)


def isabelle_config(tmp_path, *changes):
    targets = tmp_path / "targets.jsonl"
    targets.write_text("".join(problem(f"s{n}", f'theorem s{n}: "P {n % 8} s{n}"') for n in range(24)))
    return read_self_play_config(
        None,
        [
            "system=isabelle", "rounds=3", "model=toy", "sampling.first_samples=24", "sampling.samples=12",
            "sampling.batch_size=16", f"data.targets={targets}", "training.refresh_every=0", *changes,
        ],
    )  # fmt: skip


def run(tmp_path, config, out, policy=None, left=-1, resume=False):
    statements = read_statements(config.data.targets, "data.targets", system="isabelle")

    async def use(checker, server):
        judge = StoppingChecker(checker, left)
        return await play(config, out, policy or IsabellePolicy(), judge, resume=resume), server.theories

    return asked(tmp_path, use, statements=statements)


def rows(out, number, name, kind):
    return list(read_records(out / "rounds" / f"{number:03}" / f"{name}.jsonl", kind))


def summary(out, number):
    return json.loads((out / "rounds" / f"{number:03}" / "summary.json").read_text())


def everything(out):
    """All data of a run but seconds, which are the server's."""
    return {
        str(path.relative_to(out)): [{**json.loads(line), "seconds": 0} for line in path.read_text().splitlines()]
        for path in sorted(Path(out).glob("rounds/*/*.jsonl"))
    }


def test_conjectures_are_made_judged_and_learned_from(tmp_path):
    config, out, policy = isabelle_config(tmp_path), tmp_path / "run", IsabellePolicy()
    metrics, theories = run(tmp_path, config, out, policy)
    assert metrics["rounds"] == 3
    assert 0 < metrics["proved"] <= 24
    assert metrics["conjectures_proved"] > 0
    kinds = Counter()
    learned = 0
    for number in (1, 2):
        kinds += Counter(summary(out, number)["conjecturing"]["kinds"])
        assert {one.lemma for one in rows(out, number, "conjectures", Conjecture)} <= {"", "Toy.lemma"}
        assert not any("nonsense" in one.text for one in rows(out, number, "conjectures", Conjecture))
        for one in rows(out, number, "conjecturer", Example):
            assert one.prompt.startswith("Complete the following Isabelle/HOL code:\n\n```isabelle\ntheory Problem")
            assert one.completion.endswith("</hard theorem>")
            learned += 1
        prover = rows(out, number, "prover", Example)
        assert {one.completion for one in prover} == {"\nby simp\n```", "\nby (simp add: Toy.lemma)\n```"}
        proofs = rows(out, number, "proofs", Proof)
        assert {one.premises for one in proofs} == {(), ("Toy.lemma",)}
        # Lengths and numbers of proofs alone.
        assert {round(one.weight, 6) for one in prover} <= {
            round(exp(-0.001 * len(text)) / count, 6)
            for text in ("by simp", "by (simp add: Toy.lemma)")
            for count in (1, 2)
        }
    assert kinds.keys() == {"passed", "no statement", "unreadable", "solved by its seed", "solved by a fact"}
    assert learned > 0
    assert any("Toy.lemma: " in one.prompt for n in (1, 2) for one in rows(out, n, "conjectures", Conjecture))
    assert metrics["checks"] == sum(summary(out, number)["checks"] for number in range(3))
    assert "ML" not in "".join(theories)


@pytest.mark.parametrize("where", ["policy", "checker"])
def test_a_run_that_is_stopped_anywhere_ends_as_one_that_is_not(tmp_path, where):
    config, out, straight = isabelle_config(tmp_path, "rounds=2"), tmp_path / "stopped", tmp_path / "straight"
    metrics, _ = run(tmp_path, config, straight)
    stops = 0
    while True:
        try:
            policy = IsabellePolicy(12 if where == "policy" else None)
            again, _ = run(tmp_path, config, out, policy, 30 if where == "checker" else -1, resume=True)
            break
        except (Stopped, BaseExceptionGroup):
            stops += 1
            assert stops < 50
    assert stops > 2
    assert everything(out) == everything(straight)
    assert {**again, "seconds": 0} == {**metrics, "seconds": 0}


def test_a_cheating_generator_earns_nothing(tmp_path):
    cheats = [
        "sorry", "by (metis conjI)", "by simp ML_val \\<open>()\\<close>", 'if "False" by simp', "by eval", "oops",
        'oops axiomatization where a: "P 0 s0" by simp', "by blast", "",
    ]  # fmt: skip
    policy = IsabellePolicy(proof=lambda prompt, stream: f"\n{stream.choice(cheats)}\n```")
    config, out = isabelle_config(tmp_path, "rounds=2", "sampling.first_samples=12"), tmp_path / "run"
    metrics, theories = run(tmp_path, config, out, policy)
    assert metrics["proved"] == 0
    assert policy.skill == 0
    kinds = Counter()
    for number in range(2):
        assert rows(out, number, "prover", Example) == rows(out, number, "conjecturer", Example) == []
        kinds += Counter(summary(out, number)["proving"]["kinds"])
    rejected = ("sorry", "forbidden method", "runs code", "another statement")
    assert kinds.keys() == {"wrong", *(f"rejected: {kind}" for kind in rejected)}
    assert not any(word in text for text in theories for word in ("metis", "ML_val", "axiomatization", "oops"))
