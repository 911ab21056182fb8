import hashlib
import json
import os
import random
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.evaluation.benchmarks.locate import cache_folder
from reasoning.pipelines.backend import kept_index as module
from reasoning.pipelines.backend import protected
from reasoning.pipelines.backend.contamination import ContaminationIndex
from reasoning.pipelines.backend.duplicates import forms_of
from reasoning.pipelines.backend.kept_index import kept_index
from reasoning.pipelines.backend.protected import protect
from verifiers.records import Problem

WORDS = [f"{first}{second}" for first in ("bo", "ka", "lu", "ti") for second in ("ran", "sel", "mon", "dig", "fus")]
DRAW = random.Random(4)
PROBLEMS = [
    ("b", Problem(f"p{number}", "answer", " ".join(DRAW.choices([*WORDS, "7", "12"], k=DRAW.randint(3, 40)))))
    for number in range(60)
]
TEXTS = [forms_of(Problem("x", "answer", problem.prompt)) for _, problem in PROBLEMS] + [
    forms_of(Problem("x", "answer", problem.prompt.replace("7", "3") + " and so on")) for _, problem in PROBLEMS
]
EXPECTED = ContaminationIndex(PROBLEMS).check(TEXTS)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return cache_folder() / "protected"


class Maker:
    """Builds the index, and counts how often."""

    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1
        return ContaminationIndex(PROBLEMS)


def test_a_kept_index_finds_what_the_built_one_finds(cache):
    make = Maker()
    built, kept = kept_index(["a", "b"], make), kept_index(["a", "b"], make)
    assert make.times == 1
    assert sum(match is not None for match in EXPECTED) > 90
    assert built.check(TEXTS) == kept.check(TEXTS) == EXPECTED
    assert len(kept) == len(PROBLEMS)
    assert len(kept_index(["none"], lambda: ContaminationIndex([]))) == 0
    assert kept_index(["none"], lambda: None).check(TEXTS) == [None] * len(TEXTS)
    assert [one.suffix for one in cache.iterdir()] == [".index"] * 2


def test_another_source_another_reader_or_another_python_is_another_index(tmp_path, monkeypatch):
    make = Maker()
    for parts in (["a", "b"], ["a b"], ["a", "c"]):
        kept_index(parts, make)
    assert make.times == 3
    code = tmp_path / "code" / "reader.py"
    code.parent.mkdir()
    monkeypatch.setattr(module.benchmarks, "__file__", str(code.with_name("__init__.py")))
    for text in ("one", "two", "two"):
        code.write_text(text)
        kept_index(["a", "b"], make)
    assert make.times == 5
    monkeypatch.setattr(module, "sys", SimpleNamespace(version_info=SimpleNamespace(major=3, minor=99)))
    kept_index(["a", "b"], make)
    assert make.times == 6


def stored(cache):
    (path,) = cache.iterdir()
    return path


@settings(max_examples=40)
@given(st.data())
def test_a_damaged_file_is_built_again(data):
    make = Maker()
    kept_index(["a"], make)
    path = stored(cache_folder() / "protected")
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = data.draw(
        st.sampled_from([whole[:place], whole + b"x", whole[:place] + bytes([whole[place] ^ 8]) + whole[place + 1 :]])
    )
    path.write_bytes(damaged)
    assert kept_index(["a"], make).check(TEXTS[:9]) == EXPECTED[:9]
    assert path.read_bytes() == whole


def change(name, value):
    return lambda arrays: {**arrays, name: value(arrays[name])}


@pytest.mark.parametrize(
    "changed",
    [
        change("ids", lambda ids: ids[:1]),
        change("ids", lambda ids: ids * 0 + ord("[")),
        change("whole_numbers", lambda numbers: numbers + 60),
        change("form_keys", lambda keys: keys[1:]),
        change("text_keys", lambda keys: keys[::-1]),
        change("text_counts", lambda counts: counts * 0),
        change("structure_counts", lambda counts: counts + 1),
        change("structure_owners", lambda owners: owners + 60),
    ],
)
def test_a_file_that_somebody_made_up_is_built_again(cache, monkeypatch, changed):
    make = Maker()
    arrays = ContaminationIndex.arrays
    with monkeypatch.context() as patch:
        patch.setattr(ContaminationIndex, "arrays", lambda self: changed(arrays(self)))
        kept_index(["a"], make)
    body = stored(cache).read_bytes().split(b"\n", 2)[2]
    assert hashlib.sha256(body).hexdigest() == json.loads(stored(cache).read_bytes().split(b"\n", 2)[1])["sha256"]
    assert kept_index(["a"], make).check(TEXTS) == EXPECTED
    assert make.times == 2


def test_a_header_that_nests_too_deep_is_built_again(cache):
    make = Maker()
    kept_index(["a"], make)
    magic, _, body = stored(cache).read_bytes().split(b"\n", 2)
    stored(cache).write_bytes(magic + b"\n" + b"[" * 4000 + b"\n" + body)
    kept_index(["a"], make)
    assert make.times == 2


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert kept_index(["a"], Maker()).check(TEXTS) == EXPECTED


def test_what_was_used_longest_ago_goes_first(cache, monkeypatch):
    make = Maker()
    for name in "abc":
        before = {*cache.glob("*")}
        kept_index([name], make)
        (path,) = {*cache.glob("*")} - before
        os.utime(path, (ord(name), ord(name)))
    kept_index(["a"], make)  # is younger than b from now on
    monkeypatch.setattr(module, "_KEPT_BYTES", int(3.5 * path.stat().st_size))
    kept_index(["d"], make)
    made = make.times
    for name in "acd":
        kept_index([name], make)
    assert make.times == made == 4
    kept_index(["b"], make)
    assert make.times == 5


def test_benchmarks_are_read_once(monkeypatch):
    first = protect("puzzles,families", [])
    monkeypatch.setattr(protected, "_problems", None)
    again = protect("puzzles,families", [])
    assert (again.sources, len(again.index)) == (first.sources, len(first.index))
    with pytest.raises(TypeError):
        protect("puzzles", [])
