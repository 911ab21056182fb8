import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning import json_lines as module
from reasoning.json_lines import json_lines, numbered_lines, parse_object, positioned_lines


class RefusedError(Exception):
    pass


def test_places_count_blank_lines_and_either_line_end(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress('\ufeff{"a": "é\u2028"}\r\n \n\n{"a": 2}'.encode()))
    assert list(json_lines(path)) == [(f"{path}, line 1", {"a": "é\u2028"}), (f"{path}, line 4", {"a": 2})]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{oops", "not JSON: Expecting property name"),
        (b"[1]", "expected an object, got list"),
        (b"[" * 100_000, "not JSON: maximum recursion depth"),
        (b"\xff\xfe{}", "not JSON: "),
        (b"9" * 10_000, "not JSON: Exceeds the limit"),
    ],
)
def test_the_caller_s_own_error_names_file_and_line(tmp_path, line, words):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{}\n\n" + line + b"\n{}")
    rows = json_lines(path, RefusedError)
    assert next(rows)[1] == {}
    with pytest.raises(RefusedError) as caught:
        next(rows)
    assert str(caught.value).startswith(f"{path}, line 3: {words}")


def test_a_file_that_cannot_be_opened_or_unpacked_is_one_line(tmp_path):
    with pytest.raises(RefusedError, match=r"none\.jsonl: cannot be read: No such file"):
        numbered_lines(str(tmp_path / "none.jsonl"), RefusedError)
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"a": 1}\n' * 9)[:-10])
    with pytest.raises(RefusedError, match=r"a\.jsonl\.gz: cannot be read after line \d+: "):
        list(json_lines(path, RefusedError))


def test_a_line_above_the_limit_is_passed_without_being_held(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_LINE_BYTES", 100)
    path = tmp_path / "in.jsonl"
    path.write_text("x" * 1000 + "\n" + "{}\n" + "y" * 99 + "\n" + "z" * 101)
    assert list(numbered_lines(str(path))) == [(1, None), (2, b"{}\n"), (3, b"y" * 99 + b"\n"), (4, None)]
    with pytest.raises(ValueError, match=r"line 1: longer than"):
        list(json_lines(path))


@given(st.lists(st.one_of(st.just(b""), st.binary(max_size=12), st.just(b'{"a": 1}'))), st.integers(1, 12))
def test_a_line_stands_where_its_offset_says(parts, limit):
    parts = [part.replace(b"\n", b"") for part in parts]
    file = io.BytesIO(b"\n".join(parts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MAX_LINE_BYTES", limit)
        found = list(positioned_lines(file))
    kept = {number: part for number, part in enumerate(parts, 1) if part.strip(b" \t\r\v\f")}
    assert {number for number, _, _ in found} >= set(kept)
    for number, offset, line in found:
        file.seek(offset)
        whole = file.readline()
        assert whole.rstrip(b"\n") == parts[number - 1]
        assert line == whole if line is not None else len(whole) > limit


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_what_was_dumped_is_parsed(record):
    assert parse_object(json.dumps(record).encode()) == record


def test_the_example_of_the_module_holds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("problems.jsonl").write_text('{"id": "first"}\n\n{"id": "second"}\n')
    assert [f"{place} {record['id']}" for place, record in json_lines(Path("problems.jsonl"))] == [
        "problems.jsonl, line 1 first",
        "problems.jsonl, line 3 second",
    ]
