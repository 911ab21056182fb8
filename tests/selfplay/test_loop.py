"""The loop in a toy world: every method, resumed after a stop at every step, with cheats, full disks, silent judges."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import threading

import pytest
from toy_self_play import LEMMA, Stopped, ToyChecker, ToyPolicy, problem, toy_config

from reasoning.selfplay import store
from reasoning.selfplay.checking import Checked
from reasoning.selfplay.comparison import Compared, conjectures_markdown
from reasoning.selfplay.config import read_self_play_config
from reasoning.selfplay.loop import play
from reasoning.selfplay.overlap import Asked, sample_and_check
from reasoning.selfplay.records import Attempts, Conjecture, Example, Proof, Statement
from reasoning.selfplay.report import curve
from reasoning.selfplay.store import Appended, SelfPlayError, read_records
from reasoning.training.forms import ConfigError
from reasoning.training.session import TrainingError

DATA = ("inputs", "targets", "conjectures", "attempts", "proofs", "conjecturer", "prover")


def run(config, out, policy=None, checker=None, resume=False):
    return asyncio.run(play(config, out, policy or ToyPolicy(), checker or ToyChecker(), resume=resume))


def rows(out, number, name, kind):
    return list(read_records(out / "rounds" / f"{number:03}" / f"{name}.jsonl", kind))


def summary(out, number):
    return json.loads((out / "rounds" / f"{number:03}" / "summary.json").read_text())


def everything(out):
    """All data of a run; times of checks are the toy's own, so nothing differs between runs."""
    files = {path: path.read_bytes() for path in sorted(out.glob("rounds/*/*.jsonl"))}
    files |= {path: path.read_bytes() for path in sorted(out.glob("rounds/*/held_out/samples.jsonl"))}
    return {str(path.relative_to(out)): data for path, data in files.items()}


def test_conjectures_are_made_judged_and_learned_from(tmp_path):
    config, out, policy = toy_config(tmp_path), tmp_path / "run", ToyPolicy()
    metrics = run(config, out, policy)
    assert metrics["rounds"] == 3
    assert 0 < metrics["proved"] <= 32
    assert metrics["conjectures_proved"] > 0
    # Nothing is proved before round 0, so that nothing can be shown.
    assert summary(out, 0)["conjecturing"]["inputs"] == 0
    inputs = summary(out, 1)["conjecturing"]["inputs"]
    assert inputs > 0
    assert {one.lemma for one in rows(out, 1, "conjectures", Conjecture)} <= {"", LEMMA}
    learned = 0
    for number in (1, 2):
        attempts = {one.statement: one for one in rows(out, number, "attempts", Attempts)}
        made = rows(out, number, "conjectures", Conjecture)
        assert not any("b7" in one.text for one in made)
        assert summary(out, number)["conjecturing"]["kinds"].get("unreadable", 0) > 0
        for one in rows(out, number, "conjecturer", Example):
            assert 0 < attempts[one.statement].rate < 0.25
            assert one.weight > 0
            assert one.completion.endswith("</hard theorem>")
            learned += 1
        prover = rows(out, number, "prover", Example)
        assert prover
        assert all(one.completion in ("\n  rfl\n```", "\n  exact lemma\n```") for one in prover)
    assert learned > 0
    assert [sorted(counts) for counts, _ in policy.fits[1:3]] == [["conjecturer", "prover"]] * 2
    # The last model is made from the base model.
    assert policy.loads[-1] == "toy"
    assert sorted(path.name for path in (out / "rounds").glob("*/model")) == ["model"]
    assert (out / "model" / "skill.json").exists()
    page = (out / "report.md").read_text()
    assert "## Conjectures of round 1" in page
    assert f"{metrics['proved']} of 32 statements" in page


def test_the_curve_counts_every_verdict(tmp_path):
    config, out = toy_config(tmp_path), tmp_path / "run"
    metrics = run(config, out)
    points = curve(out)
    assert points[0] == (0, 0)
    assert points[-1] == (metrics["checks"], metrics["proved"])
    assert points == sorted(points)
    assert metrics["checks"] == sum(summary(out, number)["checks"] for number in range(3))
    judged = sum(len((out / f"rounds/00{n}/proving/checks.jsonl").read_text().splitlines()) for n in range(3))
    readable = sum(summary(out, n)["conjecturing"]["checks"] for n in range(3))
    assert metrics["checks"] == judged + readable


@pytest.mark.parametrize("where", ["policy", "checker"])
def test_a_run_that_is_stopped_anywhere_ends_as_one_that_is_not(tmp_path, where):
    config = toy_config(tmp_path, "rounds=2", "training.refresh_every=2", f"data.held_out={tmp_path / 'held.jsonl'}")
    (tmp_path / "held.jsonl").write_text(problem("h0", 1) + problem("h1", 9))
    straight = tmp_path / "straight"
    metrics = run(config, straight)
    asked = ToyChecker()
    out = tmp_path / "stopped"
    stops = 0
    while True:
        # Each attempt gets a little further than the last; a batch, a verdict or a step more.
        stop_at = 2 if where == "policy" else 9
        policy = ToyPolicy(stop_at) if where == "policy" else ToyPolicy()
        checker = ToyChecker(stop_at) if where == "checker" else asked
        try:
            again = run(config, out, policy, checker, resume=True)
            break
        except (Stopped, BaseExceptionGroup):
            stops += 1
            assert stops < 100
    assert stops > 8
    assert everything(out) == everything(straight)
    assert {**again, "seconds": 0} == {**metrics, "seconds": 0}
    assert (out / "model" / "skill.json").read_text() == (straight / "model" / "skill.json").read_text()
    if where == "policy":
        # No verdict on a target was asked for twice in a round.
        assert max(count for (id, _), count in asked.asked.items() if not id.startswith("h")) <= 2


def test_a_cheating_generator_earns_nothing(tmp_path):
    cheats = ["\n  sorry\n```", "\n  simp\n```", "", "\n  by rfl\n```"]
    policy = ToyPolicy(proof=lambda prompt, stream: stream.choice(cheats))
    config, out = toy_config(tmp_path), tmp_path / "run"
    metrics = run(config, out, policy)
    assert metrics["proved"] == 0
    for number in range(3):
        assert rows(out, number, "prover", Example) == rows(out, number, "conjecturer", Example) == []
        kinds = summary(out, number)["proving"]["kinds"]
        assert kinds.keys() == {"rejected: sorry", "wrong"}
        assert kinds["rejected: sorry"] > 20
    assert policy.skill == 0


def test_the_baselines(tmp_path):
    fits = {}
    for method in ("parallel_sampling", "expert_iteration", "optimised_expert_iteration"):
        policy, out = ToyPolicy(), tmp_path / method
        config = toy_config(tmp_path, f"method={method}")
        metrics = run(config, out, policy)
        assert metrics["conjectures_proved"] == 0
        fits[method] = policy
        for number in range(3):
            assert summary(out, number)["conjecturing"]["sampled"] == 0
    assert fits["parallel_sampling"].fits == []
    assert not (tmp_path / "parallel_sampling" / "model").exists()
    expert = fits["expert_iteration"]
    assert len(expert.fits) == 3
    assert expert.loads.count("toy") == 3
    assert all(settings.learning_rate == 1e-4 for _, settings in expert.fits)
    counts = [counts["prover"] for counts, _ in expert.fits]
    assert counts == sorted(counts)
    asked = [summary(tmp_path / "optimised_expert_iteration", number)["proving"]["asked"] for number in range(3)]
    assert asked == [32, 32, 32]
    table = Compared([tmp_path / "parallel_sampling", tmp_path / "expert_iteration"])
    assert [name for name, _, _ in table.rows()] == ["parallel_sampling, seed 0", "expert_iteration, seed 0"]
    assert table.svg().startswith("<svg")
    with pytest.raises(SelfPlayError, match="a second run"):
        Compared([tmp_path / "parallel_sampling"] * 2)


def test_methods_are_compared_over_seeds_and_conjectures_are_summed_over_runs(tmp_path):
    runs, metrics = [], {}
    for method, seed in (("stp", 1), ("stp", 2), ("parallel_sampling", 1)):
        runs.append(tmp_path / f"{method}-{seed}")
        metrics[method, seed] = run(toy_config(tmp_path, f"method={method}", f"seed={seed}"), runs[-1])
    compared = Compared(runs)
    assert compared.conjecturing == runs[:2]
    assert compared.checks == min(one["checks"] for one in metrics.values())
    places = compared.by_method(steps=2)
    assert [place for place, _ in places] == [round(compared.checks / 2), compared.checks]
    at_the_end = dict(places[1][1])
    assert at_the_end["parallel_sampling"] == (
        {name: one for name, one, _ in compared.rows()}["parallel_sampling, seed 1"],
    )
    least, most = sorted(at_the_end["stp"])
    assert f"| {(least + most) / 2:.1f} ({least} to {most}) |" in compared.markdown().splitlines()[-1]

    lines = conjectures_markdown(runs[:2]).splitlines()[2:]
    assert [line.split(" | ")[0] for line in lines] == ["| 0", "| 1", "| 2"]
    for number, line in enumerate(lines):
        cells = [int(cell.split(" (")[0]) for cell in line.strip("| ").split(" | ")]
        made = [summary(out, number) for out in runs[:2]]
        tried = [one for out in runs[:2] for one in rows(out, number, "attempts", Attempts) if one.statement[0] == "c"]
        assert cells[1] == sum(one["conjecturing"]["sampled"] for one in made)
        assert cells[2] == sum(one["conjecturing"]["distinct"] for one in made)
        assert cells[3:7] == [
            len(tried),
            sum(one.correct > 0 for one in tried),
            sum(0 < one.rate < 0.25 for one in tried),
            sum(one.rate == 1 for one in tried),
        ]
        assert sum(cells[7:]) == sum(one["checks"] for one in made)
    assert any("%" in line for line in lines)


def test_refreshing_starts_from_the_base_model_and_empties_the_buffer(tmp_path):
    config, out, policy = toy_config(tmp_path, "rounds=4", "training.refresh_every=2"), tmp_path / "run", ToyPolicy()
    run(config, out, policy)
    assert [summary(out, number)["refreshed"] for number in range(4)] == [False, True, False, True]
    assert [settings.learning_rate for _, settings in policy.fits] == [5e-5, 1e-4, 5e-5, 1e-4, 1e-4]
    found = {(one.statement, one.text): one.round for number in range(3) for one in rows(out, number, "proofs", Proof)}
    taught = {one.statement for one in rows(out, 2, "prover", Example)}
    assert taught
    late = {statement for (statement, _), number in found.items() if number == 2}
    assert taught <= late
    # A refresh learns from all rounds.
    assert {one.statement for one in rows(out, 1, "prover", Example)} - {
        one.statement for one in rows(out, 1, "proofs", Proof)
    }


def test_no_held_out_proof_is_learned_from_and_none_is_conjectured(tmp_path):
    held = tmp_path / "held.jsonl"
    held.write_text("".join(problem(f"a{place}", value) for place in range(8) for value in [1]))
    config, out = toy_config(tmp_path, f"data.held_out={held}"), tmp_path / "run"
    metrics = run(config, out)
    assert metrics["held_out"] >= metrics["held_out_before"] > 0
    for number in range(3):
        assert not any(one.statement.startswith("a") for one in rows(out, number, "prover", Example))
        texts = [one.text for one in rows(out, number, "conjectures", Conjecture)]
        assert not any(": P 1 a" in text for text in texts)
    assert any(summary(out, number)["conjecturing"]["kinds"].get("known") for number in range(3))


def test_a_statement_cannot_be_held_out_and_a_target(tmp_path):
    held = tmp_path / "held.jsonl"
    held.write_text(problem("s0", 0))
    with pytest.raises(ConfigError, match=r"data.held_out.*'s0'"):
        run(toy_config(tmp_path, f"data.held_out={held}"), tmp_path / "run")


def test_the_budget_of_verdicts_ends_the_run(tmp_path):
    metrics = run(toy_config(tmp_path, "rounds=9", "checks=25"), tmp_path / "run")
    assert metrics["rounds"] < 9
    assert metrics["checks"] >= 25


def test_what_cannot_be_judged_is_tried_again_and_then_ends_the_round(tmp_path):
    seen = set()

    def at_first(proof):
        first = proof not in seen
        seen.add(proof)
        return first

    config = toy_config(tmp_path, "rounds=1")
    assert run(config, tmp_path / "again", checker=ToyChecker(unjudged=at_first))["proved"] > 0
    with pytest.raises(SelfPlayError, match="could not be judged: no judge today"):
        run(config, tmp_path / "never", checker=ToyChecker(unjudged=lambda proof: proof == "  simp"))
    # When the judge is back, the run goes on.
    assert run(config, tmp_path / "never", resume=True)["rounds"] == 1


def test_a_full_disk_is_one_line_and_nothing_is_lost(tmp_path, monkeypatch):
    config, out = toy_config(tmp_path), tmp_path / "run"
    calls = iter(range(10**6))
    add = Appended.add

    def full(self, values):
        if next(calls) == 30:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        add(self, values)

    monkeypatch.setattr(store.Appended, "add", full)
    with pytest.raises(SelfPlayError, match=r"no space left.*go on with: reasoning train --resume"):
        run(config, out)
    straight = tmp_path / "straight"
    metrics = run(config, straight)
    assert {**run(config, out, resume=True), "seconds": 0} == {**metrics, "seconds": 0}
    assert everything(out) == everything(straight)


def test_a_directory_that_holds_something_is_left_alone(tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    (out / "thesis.tex").touch()
    with pytest.raises(TrainingError, match=r"not empty: it holds thesis.tex"):
        run(toy_config(tmp_path), out)


def test_sampler_and_checker_work_at_the_same_time(tmp_path):
    judged, sampled = threading.Event(), threading.Event()

    def sample(prompts, batch):
        if batch == 1:
            # Does not end before a verdict of the first batch is there.
            assert judged.wait(20)
        if batch == 2:
            sampled.set()
        return [f"text {batch}"] * len(prompts)

    async def check(statement, proof):
        if proof == "text 0":
            judged.set()
        if proof == "text 1":
            # Does not end before the third batch is sampled.
            assert await asyncio.to_thread(sampled.wait, 20)
        return Checked("wrong")

    results, timing = asyncio.run(
        sample_and_check(
            [Asked("s", "p")] * 5, tmp_path, batch_size=2, sample=sample, read=str.strip, check=check, workers=1
        )
    )
    assert [one.text for one in results] == ["text 0", "text 0", "text 1", "text 1", "text 2"]
    assert timing.checks == 3
    assert 0 <= timing.sampler_idle <= 1
    assert 0 <= timing.checker_idle <= 1


def test_a_torn_line_is_no_line(tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a": 2}\n{"a": ')
    with Appended(path) as file:
        assert file.lines == [{"a": 1}, {"a": 2}]
        file.add({"a": 3})
    assert path.read_text() == '{"a": 1}\n{"a": 2}\n{"a": 3}\n'


def test_records_make_the_round_trip():
    for record in (
        Statement("a", "theorem a : 1 = 1 := by", validation=True),
        Proof("a", "\ud800", 3, "passed", ("L",), 0.5, 2),
        Example("p", "c", 0.25, "conjecturer", "a"),
    ):
        assert type(record).from_json(json.loads(json.dumps(record.to_json()))) == record


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("method=stpp", "'method': is 'stpp', expected one of stp"),
        ("rounds=0", "'rounds': is 0, expected at least 1"),
        ("matching.cap=0", "'matching.cap': is 0.0, expected more than 0"),
        ("sampling.sample=3", "'sampling.sample': unknown"),
        ("training.supervised_epochs=1", "needs data.library"),
    ],
)
def test_a_mistake_in_the_experiment_is_one_line(change, words):
    with pytest.raises(ConfigError, match=words):
        read_self_play_config(None, [change])


def test_defaults_are_those_of_the_paper_and_of_its_baselines(tmp_path):
    stp, baseline = read_self_play_config(None), read_self_play_config(None, ["method=expert_iteration"])
    assert (stp.sampling.first_samples, stp.sampling.samples, baseline.sampling.samples) == (64, 32, 64)
    assert (stp.rounds, stp.training.batch_size, stp.training.learning_rate, stp.matching.cap) == (48, 2048, 5e-5, 3.0)
    path = tmp_path / "own.toml"
    path.write_text('method = "expert_iteration"\n[sampling]\nsamples = 5\n')
    assert read_self_play_config(path).sampling.samples == 5
