"""The shipped prover: what its folder holds, that nothing held out is in its corpus, and how its engine answers."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
from importlib.util import find_spec

import pytest

from reasoning.data_files import data_file
from reasoning.engines import Message, Request, create_engine
from reasoning.engines.registry import list_engines
from reasoning.proving.held_out import is_held_out
from reasoning.proving.prompts import TRIVIAL_LEMMA, conjecturer_prompt, prover_prompt, statement_from_conjecture

needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
FOLDER = data_file("nano_prover/config.json").parent
STATEMENT = "theorem conjecture (a b : Nat) (h : a + 3 ≤ b) : a + 2 ≤ b := by"


def corpus():
    return gzip.decompress((FOLDER / "corpus.jsonl.gz").read_bytes())


def test_the_engine_is_listed():
    (listed,) = [engine for engine in list_engines() if engine.name == "nano-prover"]
    assert listed.installed == (find_spec("torch") is not None and find_spec("transformers") is not None)


def test_the_folder_is_small_and_says_what_it_was_made_of():
    assert {"config.json", "model.safetensors", "tokenizer.json", "README.md", "training.json"} <= {
        path.name for path in FOLDER.iterdir()
    }
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 2 << 20
    made = json.loads((FOLDER / "training.json").read_text())
    assert made["sha256"] == hashlib.sha256(corpus()).hexdigest()
    assert made["sha256"] in (FOLDER / "README.md").read_text()


def test_no_held_out_theorem_is_in_the_corpus():
    rows = [json.loads(line) for line in corpus().splitlines()]
    assert len(rows) > 2_000
    assert not [row for row in rows if is_held_out(row["statement"])]
    lemmas = [json.loads(line) for line in (FOLDER / "lemmas.jsonl").read_text(encoding="utf-8").splitlines()]
    assert not [lemma for lemma in lemmas if is_held_out(lemma["statement"])]
    assert {name for row in rows for name in row["premises"]} == {lemma["name"] for lemma in lemmas}


@needs_torch
def test_a_proof_and_a_conjecture_end_where_their_marks_would_stand():
    engine = create_engine("nano-prover")
    plain = Request(prompt=prover_prompt(STATEMENT), max_tokens=96)
    chat = Request(messages=(Message("user", f"Prove it.\n\n```lean4\n{STATEMENT}\n```"),), max_tokens=96)
    seeds = tuple(range(8))
    new = Request(
        prompt=conjecturer_prompt(TRIVIAL_LEMMA, STATEMENT, "  omega"), max_tokens=96, temperature=1.0, seeds=seeds
    )

    async def run():
        answers = await asyncio.gather(*(engine.complete(request) for request in (plain, chat, new)))
        await engine.close()
        return answers

    (proof,), (same,), conjectures = asyncio.run(run())
    assert proof.finish_reason == "stop"
    assert proof.text.startswith("\n  ")
    assert "```" not in proof.text
    assert same.text == proof.text
    assert not any("</hard theorem>" in one.text for one in conjectures)
    assert sum(statement_from_conjecture(one.text) is not None for one in conjectures) >= 4
