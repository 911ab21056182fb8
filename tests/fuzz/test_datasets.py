"""Files of benchmarks: whatever stands in one, there are entries or one clear error, and no path leads out of its folder."""

from __future__ import annotations

import gzip
import json

import pytest
from fuzzing import attempt, json_values, mutated, run, sizes
from hypothesis import strategies as st

from reasoning.engines.images import Image, ImageError
from reasoning.evaluation.benchmarks.base import BenchmarkError, Entry, find_benchmark, json_array, json_lines
from reasoning.evaluation.judging_lines import FileError
from reasoning.json_lines import numbered_lines

ROWS = {
    "gsm8k": {"question": "2+2?", "answer": "2+2=4\n#### 4"},
    "humaneval": {"task_id": "HumanEval/0", "prompt": "def f():\n", "entry_point": "f", "canonical_solution": "    return 1\n", "test": "def check(c):\n    assert c() == 1\n"},
    "mbpp": {"task_id": 11, "text": "Write f.", "code": "def f(): return 1", "test_list": ["assert f() == 1"], "test_setup_code": "", "challenge_test_list": []},
    "math": {"problem": "1+1?", "solution": "\\boxed{2}", "answer": "2", "level": 1, "subject": "Algebra", "unique_id": "test/algebra/1.json"},
    "wemath": {"ID": "2steps_1", "key": "2steps_multi", "question": "?", "answer": "A", "option": "A. 3; B. 4", "image_path": "a/1.png", "knowledge concept": "x", "knowledge concept description": "y"},
    "minif2f": {"name": "a", "formal_statement": "theorem a : True := sorry", "split": "test", "header": "", "informal_prefix": ""},
    "core-lean": {"id": "a", "kind": "proof", "system": "lean", "statement": "theorem a : True := by", "proof": "trivial", "meta": {"level": "easy"}},
}  # fmt: skip
DAMAGE = [b"[" * 100_000, b"\xff\xfe{}", b"9" * 10_000, b'{"a": "\\ud800"}', b"\x00", b""]


def entries(name, path):
    benchmark = find_benchmark(name)
    return list(benchmark.read([path] * len(benchmark.files), next(iter(benchmark.files))))


@pytest.mark.parametrize("name", sorted(ROWS))
@sizes(8, 100)
def test_any_file_of_a_benchmark_is_read_or_refused(examples, name, tmp_path):
    def check(rows):
        texts = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
        for path, content in (
            (tmp_path / "a.jsonl", b"\n".join(texts)),
            (tmp_path / "a.json", b"[" + b",".join(texts) + b"]"),
        ):
            path.write_bytes(content)
            found = attempt(BenchmarkError, entries, name, path)
            assert found is None or all(isinstance(entry, Entry) for entry in found)

    row = st.one_of(mutated(ROWS[name]), st.just(ROWS[name]), json_values(), st.sampled_from(DAMAGE))
    run(examples, st.lists(row, min_size=1, max_size=3), check)


def packed(content):
    """A compressed file, and the same cut, of another format, and with its stream damaged."""
    whole = gzip.compress(content * 50)
    broken = bytearray(whole)
    # A block of the kind that does not exist.
    broken[10] = 0xFF
    return [
        whole,
        whole[:-4],
        whole[:15],
        b"no gzip at all",
        bytes(broken),
        whole + b"more",
        b"",
        whole[:-8] + b"\0" * 8,
    ]


@pytest.mark.parametrize(
    ("read", "refusal"),
    [
        (lambda path: list(json_lines(path)), BenchmarkError),
        (lambda path: list(json_array(path)), BenchmarkError),
        (lambda path: list(numbered_lines(str(path), FileError)), FileError),
    ],
)
def test_damaged_compressed_files_are_refused(tmp_path, read, refusal):
    for number, content in enumerate(packed(b'{"a": "some text that compresses"}\n')):
        path = tmp_path / f"{number}.jsonl.gz"
        path.write_bytes(content)
        attempt(refusal, read, path)
    with pytest.raises(refusal):
        read(tmp_path / "4.jsonl.gz")


@pytest.mark.parametrize("damage", DAMAGE[:3])
@pytest.mark.parametrize("read", [json_lines, json_array])
def test_what_is_no_json_is_refused(tmp_path, read, damage):
    path = tmp_path / "a.json"
    path.write_bytes(damage)
    with pytest.raises(BenchmarkError):
        list(read(path))


@pytest.mark.parametrize("way", ["../secret.png", "/etc/secret.png", "a/../../secret.png", "..", "a/b/../../../x.png"])
def test_a_picture_s_path_stays_in_the_folder_of_its_file(tmp_path, way):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({**ROWS["wemath"], "image_path": way}) + "\n")
    array = tmp_path / "rows.json"
    array.write_text(json.dumps([{**ROWS["wemath"], "image_path": way}]))
    for file in (path, array):
        with pytest.raises(BenchmarkError):
            entries("wemath", file)


@sizes(30, 300)
def test_any_source_of_a_picture_is_a_picture_or_refused(examples, tmp_path):
    (tmp_path / "file").write_bytes(b"no picture")

    def check(source):
        made = attempt(ImageError, lambda: Image(source).data_url())
        assert made is None or made.startswith("data:image/")

    sources = st.one_of(
        st.text(max_size=30),
        st.sampled_from(
            [str(tmp_path / "file"), "\0", "data:", "data:image/png;base64,AAAA", "/dev/null", str(tmp_path)]
        ),
    )
    run(examples, sources, check)
