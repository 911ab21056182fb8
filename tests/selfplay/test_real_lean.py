"""Self-play against the embedded Lean: what it says of proofs and lemmas, and a generator that cheats."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from toy_self_play import ToyPolicy

from reasoning.selfplay.checking import LeanChecker
from reasoning.selfplay.config import SelfPlayLean, read_self_play_config
from reasoning.selfplay.loop import play
from reasoning.selfplay.records import Conjecture, Example, Proof, Statement
from reasoning.selfplay.store import read_records
from verifiers.sandbox import SandboxPool

pytestmark = pytest.mark.slow

CHEATS = [
    json.loads(line) for line in (Path(__file__).parents[1] / "tables" / "lean_cheats.jsonl").read_text().splitlines()
]
LIE = "theorem lie : (3 : Nat) = 4 := by"
PROOFS = [
    one["proof"]
    for one in CHEATS
    if one["expected"] == "rejected" and "(3 : Nat) = 4" in one["statement"] and one["form"] == "append"
]
STATEMENTS = [
    " nine : (3 : Nat) = 4 := by sorry\n</hard theorem>",
    " ten : True\naxiom boom : (3 : Nat) = 4\n</hard theorem>",
    " eleven : True := trivial\nmacro_rules | `(3) => `(4)\n</hard theorem>",
    " twelve : (2 : Nat) + 3 = 5 := by\n</hard theorem>",
    " thirteen : (2 : Nat) + = 5\n</hard theorem>",
    " nat_add : (1 : Nat) + 1 = 2\n</hard theorem>",
    " Nat.add_comm : (1 : Nat) + 2 = 3\n</hard theorem>",
]


class Cheat(ToyPolicy):
    """Proves what is true now and then, and cheats for what is not."""

    def _proof(self, prompt, stream):
        proof = stream.choice(PROOFS) if LIE in prompt else stream.choice(["  rfl", "  simp", "  omega"])
        return f"\n{proof}\n```"

    def _conjecture(self, prompt, stream):
        return stream.choice(STATEMENTS)

    def embed(self, texts):
        return super().embed([": P 1"] * len(texts))


def lean(work):
    async def run():
        async with SandboxPool(workers=1) as sandbox:
            return await work(LeanChecker(sandbox, SelfPlayLean(workers=1, seconds=60.0)))

    return asyncio.run(run())


def test_lean_names_the_lemmas_of_a_proof_and_a_cheat_earns_nothing(tmp_path):
    targets = tmp_path / "targets.jsonl"
    texts = [LIE, *(f"theorem s{n} : (2 : Nat) + {n} = {n + 2} := by" for n in range(10))]
    targets.write_text(
        "".join(
            json.dumps({"id": f"t{n}", "kind": "proof", "prompt": "", "system": "lean", "statement": text}) + "\n"
            for n, text in enumerate(texts)
        )
    )
    config = read_self_play_config(
        None,
        ["rounds=2", "model=toy", f"data.targets={targets}", "sampling.first_samples=24", "sampling.samples=24"],
    )
    out = tmp_path / "run"
    statement = Statement("d", "theorem d (a b c : Nat) (h : a ∣ b) (g : a ∣ c) : a ∣ b + c := by")

    async def work(checker):
        checked = await checker.check(statement, "  exact Nat.dvd_add h g")
        lemmas = await checker.lemmas([*checked.premises, "Nat.nope", "x\n#eval 1"])
        odd = [
            await checker.unreadable(Statement("u", text))
            for text in (
                "theorem u : 1 = 1 := by",
                "theorem u : 1 + = 2 := by",
                "theorem Nat.succ_ne_zero : True := by",
                "theorem u (a : Nat) : a + b = b + a := by",
            )
        ]
        metrics = await play(config, out, Cheat(), checker, resume=False)
        return checked, lemmas, odd, metrics

    checked, lemmas, odd, metrics = lean(work)
    assert checked.kind == "passed"
    assert "Nat.dvd_add" in checked.premises
    assert "HAdd.hAdd" in checked.premises
    assert list(lemmas) == ["Nat.dvd_add"]
    assert lemmas["Nat.dvd_add"].startswith("theorem Nat.dvd_add {")
    assert [bool(reason) for reason in odd] == [False, True, True, True]

    assert metrics["proved"] == 10
    rounds = [out / "rounds" / f"00{number}" for number in range(2)]
    for directory in rounds:
        kinds = json.loads((directory / "summary.json").read_text())["proving"]["kinds"]
        assert sum(count for kind, count in kinds.items() if kind.startswith("rejected")) >= 4
        assert kinds["rejected: sorry"] >= 1
        assert not any(one.statement == "t0" for one in read_records(directory / "proofs.jsonl", Proof))
        assert not any(LIE in one.prompt for one in read_records(directory / "prover.jsonl", Example))
    made = json.loads((rounds[1] / "summary.json").read_text())["conjecturing"]
    assert made["kinds"]["no statement"] > 0
    assert made["kinds"]["unreadable"] > 0
    texts = [one.text for one in read_records(rounds[1] / "conjectures.jsonl", Conjecture)]
    assert not any("axiom" in text or "macro" in text for text in texts)
    assert all(one.prompt for one in read_records(rounds[1] / "conjecturer.jsonl", Example))
