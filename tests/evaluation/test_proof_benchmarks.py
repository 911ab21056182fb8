"""Benchmarks of proofs: every statement can be read; every built-in theorem has a proof that the kernel accepts."""

from __future__ import annotations

import json
import os
from collections import Counter

import pytest

from reasoning.evaluation.benchmarks import find_benchmark, locate
from reasoning.evaluation.benchmarks.base import BenchmarkError
from reasoning.evaluation.benchmarks.proof_prompts import CHAT, COMPLETE
from verifiers.proofs.lean.text import split_statement
from verifiers.records import Problem

needs_benchmarks = pytest.mark.skipif(
    "REASONING_BENCHMARKS" not in os.environ, reason="REASONING_BENCHMARKS is not set"
)


def entries(name, split=None):
    benchmark = find_benchmark(name)
    chosen = benchmark.split(split)
    return list(benchmark.read(locate(benchmark, chosen, None), chosen))


def test_the_built_in_theorems_have_levels_and_references():
    found = entries("core-lean")
    levels = Counter(entry.problem.meta["level"] for entry in found)
    assert levels == {"easy": 146, "medium": 170, "hard": 73}
    assert all(len(entry.references) == 1 for entry in found)
    assert all("reference" not in entry.problem.meta for entry in found)
    assert all(split_statement(entry.problem.text("statement")).name == entry.problem.id for entry in found)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "puzzle"}, "kind"),
        ({"statement": None}, "statement"),
        ({"axioms": 3}, "axioms"),
    ],
)
def test_a_malformed_theorem_names_file_line_and_field(tmp_path, change, message):
    record = {"id": "a", "kind": "proof", "system": "lean", "statement": "theorem a : True := by", **change}
    path = tmp_path / "theorems.jsonl"
    path.write_text(json.dumps(record) + "\n")
    with pytest.raises(BenchmarkError, match=rf"theorems\.jsonl, line 1: .*{message}"):
        list(find_benchmark("core-lean").read([path], "all"))


@needs_benchmarks
@pytest.mark.parametrize(
    ("name", "split", "count"),
    [
        ("minif2f", "test", 244),
        ("minif2f", "valid", 244),
        ("minif2f", "isabelle-test", 244),
        ("minif2f", "isabelle-valid", 244),
        ("proofnet", "test", None),
        ("proofnet", "valid", None),
        ("putnambench", "lean4", 672),
        ("putnambench", "isabelle", 640),
        ("putnambench", "coq", 412),
    ],
)
def test_every_statement_is_read(name, split, count):
    found = entries(name, split)
    assert count is None or len(found) == count
    assert len({entry.problem.id for entry in found}) == len(found)
    for entry in found:
        statement = entry.problem.text("statement")
        assert "sorry" not in statement
        assert statement.strip()
        assert "/--" not in entry.problem.text("header")[-40:]


@needs_benchmarks
def test_proofnet_has_its_exercises_but_for_the_definitions():
    assert len(entries("proofnet", "test")) + len(entries("proofnet", "valid")) == 357


@needs_benchmarks
def test_putnam_answers_are_filled_in():
    found = {entry.problem.id: entry.problem for entry in entries("putnambench", "lean4")}
    assert all("sorry" not in problem.text("header") for problem in found.values())
    asked = [problem for problem in found.values() if "_solution" in problem.text("header")]
    assert len(asked) == 346


HEADER = 'theory a imports Main\nbegin\ndefinition one where "one = (1 :: nat)"\n(* one *)'
THEOREM = '\ntheorem a: "one = one"\n  sorry\n\nend'


def test_a_stray_quote_behind_an_isabelle_header_is_left_out_with_a_note(tmp_path):
    path = tmp_path / "isabelle.jsonl"
    texts = {"a": HEADER + '"' + THEOREM, "b": HEADER + THEOREM}
    path.write_text("".join(json.dumps({"name": name, "source_text": text}) + "\n" for name, text in texts.items()))
    mended, whole = (entry.problem for entry in find_benchmark("putnambench").read([path], "isabelle"))
    assert mended.text("header") == whole.text("header") == HEADER
    assert "stray quote" in mended.meta["note"]
    assert not whole.meta


def test_an_isabelle_header_that_cannot_be_read_names_its_line(tmp_path):
    path = tmp_path / "isabelle.jsonl"
    text = HEADER.replace("(* one *)", 'definition "two') + THEOREM
    path.write_text(json.dumps({"name": "a", "source_text": text}) + "\n")
    with pytest.raises(BenchmarkError, match=r"isabelle\.jsonl, line 1: .*header.*a string is not closed"):
        list(find_benchmark("putnambench").read([path], "isabelle"))


@needs_benchmarks
def test_one_problem_of_putnambench_is_mended():
    noted = [entry.problem.id for entry in entries("putnambench", "isabelle") if entry.problem.meta]
    assert noted == ["putnam_1965_a1"]


def test_files_that_are_published_nowhere_are_asked_for(monkeypatch):
    monkeypatch.delenv("REASONING_BENCHMARKS", raising=False)
    with pytest.raises(BenchmarkError, match="--data PATH"):
        entries("minif2f")


def test_prompts_show_header_and_statement():
    fields = {"system": "lean", "header": "open Nat", "statement": "theorem a : True := by"}
    problem = Problem("a", "proof", "Prove it.", fields)
    (message,) = CHAT.write(problem).messages
    assert message.content.startswith("Prove it.")
    assert "```lean4\nopen Nat\n\ntheorem a : True := by\n```" in message.content
    assert COMPLETE.write(problem).text == "open Nat\n\ntheorem a : True := by\n"
    assert CHAT.read(problem, " \n") is None
