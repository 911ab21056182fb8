"""Lines, records, configurations and specifications: read, or refused with words that cannot steer a terminal."""

from __future__ import annotations

import asyncio
import gzip
import json

import pytest
from fuzzing import attempt, json_values, mutated, run, sizes, texts
from hypothesis import strategies as st

from reasoning.cli.main import main
from reasoning.engines.options import EngineSpecError, parse_spec
from reasoning.evaluation.judging_lines import FileError, judge_lines
from reasoning.methods import MethodError, find_method
from reasoning.runs import progress_display
from reasoning.runs.run import CONFIG_NAME, RunError, read_config
from verifiers.plain_data import PlainDataError, decode, encode
from verifiers.records import Problem, RecordError, Status, Verdict

PROBLEM = {"id": "a", "kind": "answer", "prompt": "2+2?", "gold": "4", "meta": {"level": 1}}
VERDICT = {"id": "a", "score": 1.0, "status": "passed", "detail": "", "seconds": 0.1, "isolation": ["seccomp"]}
LINE = {"id": "a", "problem": PROBLEM, "candidate": "\\boxed{4}"}
RAW = [b"", b"\xff\xfe", b"[" * 100_000, b"9" * 10_000, b'{"id": "\\ud800"}', b'{"id":1,"id":2}', b"\x00", b"\x1b[2J"]


@sizes(40, 1_000)
def test_any_json_is_a_problem_or_refused(examples):
    def check(value):
        problem = attempt(RecordError, Problem.from_json, value)
        if problem is not None:
            assert Problem.from_json(problem.to_json()).id == problem.id
            assert problem.id.encode().decode() == problem.id

    run(examples, st.one_of(mutated(PROBLEM), json_values()), check)


@sizes(40, 1_000)
def test_any_object_is_a_verdict_or_refused(examples):
    def check(value):
        verdict = attempt(RecordError, Verdict.from_json, value)
        assert verdict is None or isinstance(verdict.status, Status)

    run(examples, st.one_of(mutated(VERDICT), st.dictionaries(texts(largest=6), json_values())), check)


@sizes(15, 100)
def test_every_line_of_a_file_gets_a_verdict(examples, tmp_path):
    """A file that is not wholly JSON stops nothing, and what its lines say does not reach the terminal raw."""

    async def judge(problem, candidate):
        return Verdict.of(problem.id, Status.WRONG, "")

    def check(parts):
        source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
        rows = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in parts]
        rows = [row.replace(b"\n", b" ") for row in rows]
        source.write_bytes(b"\n".join(rows))
        target.unlink(missing_ok=True)
        with progress_display(total=None, label="", quiet=True) as progress:
            summary = asyncio.run(
                judge_lines(str(source), str(target), "answer", judge, concurrency=2, progress=progress)
            )
        verdicts = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
        assert len(verdicts) == sum(bool(row.strip()) for row in rows) == sum(summary.statuses.values())
        assert all(Verdict.from_json(verdict) for verdict in verdicts)
        assert all(fault.isprintable() for fault in summary.faults)

    lines = st.one_of(mutated(LINE), json_values(), st.sampled_from(RAW), st.binary(max_size=20))
    run(examples, st.lists(lines, max_size=4), check)


def test_a_compressed_file_that_is_cut_or_none_is_named(tmp_path):
    async def judge(problem, candidate):
        return Verdict.of(problem.id, Status.WRONG, "")

    whole = gzip.compress(json.dumps(LINE).encode() + b"\n")
    for number, content in enumerate((whole[:-4], whole[:12], b"no gzip at all", b"")):
        source = tmp_path / f"{number}.jsonl.gz"
        source.write_bytes(content)
        with progress_display(total=None, label="", quiet=True) as progress:
            work = judge_lines(
                str(source), str(tmp_path / "out.jsonl"), "answer", judge, concurrency=1, progress=progress
            )
            attempt(FileError, asyncio.run, work)


@sizes(30, 700)
def test_any_configuration_of_a_run_is_read_or_refused(examples, tmp_path):
    config = {"schema": 1, "settings": {"engine": "nano"}}

    def check(value):
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        (tmp_path / CONFIG_NAME).write_bytes(content)
        found = attempt(RunError, read_config, tmp_path)
        assert found is None or isinstance(found["settings"], dict)

    run(examples, st.one_of(mutated(config), json_values(), st.sampled_from(RAW), st.binary(max_size=30)), check)


@sizes(60, 1_000)
def test_any_specification_is_read_or_refused(examples):
    def check(text):
        spec = attempt(EngineSpecError, parse_spec, text)
        assert spec is None or spec.name
        attempt(MethodError, find_method, text)

    words = st.sampled_from(
        ["direct", "tir", "tools", "funcoder", "nano", "openai:m", ",samples=", "3", ",k=v", "=", ":", ","]
    )
    run(examples, st.one_of(st.lists(words, max_size=5).map("".join), texts(":,=_abc", 20)), check)


@sizes(40, 700)
def test_any_bytes_of_a_child_are_plain_data_or_refused(examples):
    def check(data):
        attempt(PlainDataError, decode, data)

    good = st.recursive(
        st.one_of(st.none(), st.integers(), st.text(max_size=5), st.floats(allow_nan=False), st.binary(max_size=5)),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.tuples(inner, inner), st.frozensets(st.integers(), max_size=3)),
        max_leaves=5,
    )  # fmt: skip
    cut = st.tuples(good, st.integers(0, 60), st.binary(max_size=3)).map(lambda t: encode(t[0])[: t[1]] + t[2])
    run(examples, st.one_of(cut, json_values().map(lambda v: json.dumps(v).encode()), st.binary(max_size=40)), check)


@pytest.mark.parametrize("escape", ["\x1b[2J", "\x07", "\u202e", "\x9b31m"])
def test_errors_do_not_steer_the_terminal(tmp_path, capsys, escape):
    bad = tmp_path / f"no{escape}file.jsonl"
    with pytest.raises(SystemExit) as left:
        main(["verify", "answer", "--in", str(bad), "--out", str(tmp_path / "out.jsonl")])
    said = capsys.readouterr()
    assert left.value.code == 2
    assert (said.out + said.err).replace("\n", "").isprintable()
    assert "file.jsonl" in said.err
