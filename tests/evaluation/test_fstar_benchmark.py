"""The F* data set's format, its retrieval, and a run over problems in that format with the double of F*."""

from __future__ import annotations

import asyncio
import io
import json

import pytest
from fstar_double import install_double
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.evaluation.benchmarks import BenchmarkError, find_benchmark
from reasoning.evaluation.benchmarks.fstar_prompts import CHAT, COMPLETE
from reasoning.evaluation.benchmarks.fstar_retrieval import TypeIndex, type_words, visible_modules
from reasoning.evaluation.benchmarks.json_stream import array_items
from reasoning.evaluation.validate import validate_references


def record(name, statement, definition="let {} = right", **changes):
    short = name.rpartition(".")[2]
    fields = {
        "file_name": "ulib/Math.Lemmas.fst",
        "name": name,
        "original_source_type": statement,
        "source_type": statement,
        "source_definition": definition.format(short),
        "file_context": "module Math.Lemmas\n\nopen FStar.Mul\n\n(* before *)",
        "opens_and_abbrevs": [
            {"abbrev": False, "full_module": "FStar.Pervasives", "short_module": None},
            {"abbrev": True, "full_module": "FStar.Seq", "short_module": "S"},
            {"open": "FStar.Mul"},
        ],
        "vconfig": {"initial_fuel": 2, "z3refresh": True, "smtencoding_elim_box": False, "quake_lo": 1,
                    "z3cliopt": ["smt.arith.nl=false"], "no_smt": False, "reuse_hint_for": None},
        "interleaved": False,
        "source": {"project_name": "FStar"},
        "is_proof": True,
        "ideal_premises": ["FStar.Seq.lemma_eq_elim", "FStar.Mul.op_Star", "Prims.op_Equality"],
    }  # fmt: skip
    return {**fields, **changes}


TESTED = [
    record("Math.Lemmas.add_zero", "val add_zero (x:int) : Lemma (x + 0 == x)"),
    record("Math.Lemmas.add_comm", "<UNK>", source_type="val add_comm (x y:int) : Lemma (x + y == y + x)"),
    record("Math.Lemmas.copied", "val copied : int", interleaved=True),
    record("Math.Lemmas.shape", "", "noeq type {} : Type", source_type="val shape : Type"),
    record("Math.Lemmas.odd", "", "let {} = 1", source_type="not a declaration"),
]
TRAINED = [
    record("A.seq_eq", "val seq_eq (s t:seq int) : Lemma (requires equal s t) (ensures s == t)"),
    record("A.neutral", "val neutral (y:int) : Lemma (y + 0 == y)", "let {} y = assert_norm (y + 0 == y)"),
    record("FStar.Seq.lemma_eq_elim", "val lemma_eq_elim (#a:Type) (s t:seq a) : Lemma (equal s t ==> s == t)"),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "test_cross_project.json").write_text(json.dumps(TESTED))
    (tmp_path / "train.json").write_text(json.dumps(TRAINED))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def entries(paths, split="cross"):
    return list(find_benchmark("fstar").read(paths, split))


def test_records_become_problems_and_what_cannot_be_checked_is_left_out(folder):
    zero, commutes = entries([folder / "test_cross_project.json"])
    assert zero.problem.fields == {
        "system": "fstar",
        "statement": "val add_zero (x:int) : Lemma (x + 0 == x)",
        "header": "open FStar.Mul\nopen FStar.Pervasives\nmodule S = FStar.Seq\nopen Math.Lemmas\n"
        "#push-options \"--initial_fuel 2 --z3refresh --smtencoding.elim_box false --z3cliopt 'smt.arith.nl=false'\"",
        "file": "Math.Lemmas.fst",
        "until": "Math.Lemmas.add_zero",
        "declared": True,
    }
    assert (zero.problem.meta["class"], zero.problem.meta["project"]) == ("proof", "FStar")
    assert zero.references == ("let add_zero = right",)
    assert commutes.problem.fields["declared"] is False
    assert commutes.problem.text("statement").startswith("val add_comm")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", r"test\.json: cannot be read: expected '\['"),
        ("[{}, 3]", r"test\.json, item 1: field 'name': missing"),
        ('[{"name": "a", "file_name": "A.fst", "source_definition": 3}]', r"item 1: field 'source_definition'"),
        (json.dumps([record("A.f", "val f : int", opens_and_abbrevs=[{"open": 3}])]), "opens_and_abbrevs"),
    ],
)
def test_a_malformed_file_names_place_and_field(tmp_path, content, message):
    path = tmp_path / "test.json"
    path.write_text(content)
    with pytest.raises(BenchmarkError, match=message):
        entries([path])


def test_related_definitions_and_premises_come_from_the_training_file(folder):
    benchmark = find_benchmark("fstar")
    paths = (folder / "test_cross_project.json", folder / "train.json")
    prepared = asyncio.run(benchmark.prepare(paths, None, True))
    zero, commutes = entries(prepared, "cross-related")
    assert zero.problem.meta["related"][0].startswith("val neutral (y:int)")
    assert zero.problem.meta["premises"] == [
        "FStar.Mul.op_Star",
        "val lemma_eq_elim (#a:Type) (s t:seq a) : Lemma (equal s t ==> s == t)",
    ]
    before = prepared[-1].stat().st_mtime_ns
    assert asyncio.run(benchmark.prepare(paths, None, True))[-1].stat().st_mtime_ns == before  # kept in the cache
    (message,) = CHAT.write(zero.problem).messages
    order = ["module Math.Lemmas", "Definitions of similar types", "val neutral", "These may help", "FStar.Mul.op_Star",
             "val add_zero (x:int) : Lemma (x + 0 == x)\n```"]  # fmt: skip
    places = [message.content.index(text) for text in order]
    assert places == sorted(places)
    assert "let add_zero = right" not in message.content
    assert COMPLETE.write(commutes.problem).text.endswith("val add_comm (x y:int) : Lemma (x + y == y + x)\n")


def test_without_retrieval_nothing_is_prepared_and_nothing_shown(folder):
    paths = (folder / "test_cross_project.json",)
    assert asyncio.run(find_benchmark("fstar").prepare(paths, None, True)) == paths
    (message,) = CHAT.write(entries(paths)[0].problem).messages
    assert "similar types" not in message.content


def test_a_types_own_name_counts_for_nothing_and_likeness_is_a_cosine():
    index = TypeIndex(["val a (x:int) : nat", "val b (s:seq bool) : Lemma (rev (rev s) == s)", "val c : string"])
    (first, likeness), *_ = index.nearest("val other_name (x:int) : nat", 3)
    assert (first, round(likeness, 5)) == (0, 1.0)
    assert index.nearest("val c : unheard_of", 3) == [] or index.nearest("val c : unheard_of", 3)[0][1] < 0.8
    assert [number for number, _ in index.nearest("val z (t:seq int) : Lemma (rev t == t)", 1)] == [1]
    assert type_words("inline_for_extraction val f_g (x:a_b) : a_b") == {":": 2, "x": 1, "a_b": 2, "a": 2, "b": 2}
    assert TypeIndex([]).nearest("val x : int", 3) == []


def test_modules_that_a_file_opens_are_visible_but_for_its_own():
    assert visible_modules(record("a.b", "val b : int", file_name="FStar.Mul.fst")) == {"FStar.Seq"}


def test_references_are_judged_with_the_projects_checked_files(folder, monkeypatch):
    for name, value in install_double(folder).items():
        monkeypatch.setenv(name, value)
    path = folder / "test_cross_project.json"
    validation = asyncio.run(validate_references("fstar", data=path, quiet=True, jobs=1))
    assert (validation.accepted, validation.judged, validation.refused) == (2, 2, [])


SMALL = st.integers() | st.text(max_size=5) | st.none()
VALUES = st.recursive(SMALL, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))


@settings(max_examples=20, deadline=None)
@given(st.lists(VALUES, max_size=5), st.integers(1, 9))
def test_an_array_is_streamed_as_json_reads_it(items, step):
    class Trickle(io.StringIO):
        def read(self, size):
            return super().read(step)

    text = json.dumps(items)
    assert list(array_items(Trickle(f" {text}\n"))) == items
    for broken in (text[:-1], text + "1", text[1:], text[:-1] + ",]"):
        with pytest.raises(ValueError):
            list(array_items(Trickle(broken)))
