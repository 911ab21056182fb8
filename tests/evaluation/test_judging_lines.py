import asyncio
import gzip
import json

import pytest

from reasoning.evaluation.judging_lines import FileError, judge_lines
from reasoning.runs import progress_display
from verifiers.records import RecordError, Status, Verdict


async def judge(problem, candidate):
    await asyncio.sleep(0.002 if candidate == "slow" else 0)
    if "gold" not in problem.fields:
        raise RecordError("gold", "missing")
    return Verdict.of(problem.id, Status.PASSED if candidate == problem.fields["gold"] else Status.WRONG)


def line(id, candidate="x", **fields):
    return json.dumps({"id": id, "problem": {"id": "p", "kind": "gold", "gold": "x", **fields}, "candidate": candidate})


def run(source, target, **options):
    with progress_display(total=None, label="t", quiet=True) as progress:
        work = judge_lines(str(source), str(target), "gold", judge, concurrency=3, progress=progress, **options)
        return asyncio.run(work)


def verdicts(path):
    return [json.loads(text) for text in path.read_text().splitlines()]


def test_each_line_gets_its_verdict_in_order_and_bad_ones_their_own(tmp_path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [
        line("a", "slow"),
        "{not json",
        line("b"),
        "",
        '["list"]',
        json.dumps({"id": "no-candidate", "problem": {"kind": "gold"}}),
        json.dumps({"id": "number", "problem": {"kind": "gold"}, "candidate": 3}),
        json.dumps({"problem": {"kind": "gold", "gold": "x"}, "candidate": "x"}),
        json.dumps({"id": 12, "problem": {"kind": "puzzle"}, "candidate": "x"}),
        json.dumps({"id": "malformed", "problem": {}, "candidate": "x"}),
        json.dumps({"id": "none", "candidate": "x"}),
        "[" * 100_000,
    ]
    source.write_text("\n".join(rows))
    summary = run(source, target)
    found = [(row["id"], row["status"], row["passed"]) for row in verdicts(target)]
    assert found == [
        ("a", "wrong", False),
        ("2", "error", False),
        ("b", "passed", True),
        ("5", "error", False),
        ("no-candidate", "unparsable", False),
        ("number", "error", False),
        ("8", "passed", True),
        ("12", "error", False),
        ("malformed", "error", False),
        ("none", "error", False),
        ("12", "error", False),
    ]
    assert summary.bad == 8
    assert summary.faults[0].startswith(f"{source}, line 2: not JSON: ")
    assert f"{source}, line 7: field 'candidate': expected a string, got int" in summary.faults
    assert f"{source}, line 9: field 'problem.kind': is 'puzzle', expected 'gold'" in summary.faults
    assert f"{source}, line 10: problem: field 'gold': missing" in summary.faults
    assert not target.with_name("out.jsonl.partial").exists()


def test_hostile_lines_neither_reach_the_terminal_nor_stop_the_others(tmp_path):
    async def fails(problem, candidate):
        if candidate == "deep":
            raise RecursionError
        return await judge(problem, candidate)

    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join([line("a", kind="\x1b[2J" + "x" * 5000), line("b", "deep"), line("c")]))
    with progress_display(total=None, label="t", quiet=True) as progress:
        work = judge_lines(str(source), str(target), "gold", fails, concurrency=1, progress=progress)
        summary = asyncio.run(work)
    assert [row["status"] for row in verdicts(target)] == ["error", "error", "passed"]
    for text in (summary.faults[0], verdicts(target)[0]["detail"]):
        assert text.isprintable()
        assert len(text) < 1000


def test_text_that_is_not_utf8_and_lone_surrogates_pass_through(tmp_path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(b'{"id": "\xff"}\n' + line("\ud800").encode() + b"\n")
    run(source, target)
    assert [(row["id"], row["status"]) for row in verdicts(target)] == [("1", "error"), ("\ud800", "passed")]


def test_compressed_input_and_output(tmp_path):
    source, target = tmp_path / "in.jsonl.gz", tmp_path / "out.jsonl.gz"
    source.write_bytes(gzip.compress((line("a") + "\n" + line("b", "y")).encode()))
    run(source, target)
    found = [json.loads(text)["status"] for text in gzip.decompress(target.read_bytes()).splitlines()]
    assert found == ["passed", "wrong"]
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["in.jsonl.gz", "out.jsonl.gz"]


@pytest.mark.parametrize("content", [b"not gzip at all", gzip.compress(b'{"id": 1}\n' * 1000, mtime=0)[:-20]])
def test_damaged_compression_is_one_clear_error(tmp_path, content):
    source = tmp_path / "in.jsonl.gz"
    source.write_bytes(content)
    with pytest.raises(FileError, match=r"in\.jsonl\.gz: cannot be read after line"):
        run(source, tmp_path / "out.jsonl")


def test_a_resume_keeps_complete_lines_and_judges_the_rest(tmp_path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join([line("a"), "", line("b"), "bad", line("c"), line("d")]))
    run(source, target)
    whole = target.read_bytes()
    kept = whole.split(b"\n")
    marked = kept[0].replace(b'"detail": ""', b'"detail": "kept"')
    target.unlink()
    (tmp_path / "out.jsonl.partial").write_bytes(b"\n".join([marked, kept[1], kept[2], kept[3][:10]]))
    summary = run(source, target, resume=True)
    assert summary.resumed == 3
    assert summary.statuses.total() == 2
    rows = verdicts(target)
    assert [row["id"] for row in rows] == ["a", "b", "4", "c", "d"]
    assert rows[0]["detail"] == "kept"


def test_a_resume_refuses_the_output_of_another_input(tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text(line("a"))
    (tmp_path / "out.jsonl.partial").write_text('{"id": "z"}\n')
    with pytest.raises(FileError, match=r"verdict 1 is for 'z', but .* has 'a' there"):
        run(source, tmp_path / "out.jsonl", resume=True)
    run(source, tmp_path / "out.jsonl")
    with pytest.raises(FileError, match="is complete; nothing to resume"):
        run(source, tmp_path / "out.jsonl", resume=True)


def test_an_explanation_is_added_when_asked_for(tmp_path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(line("a") + "\nbad\n")
    run(source, target, explain=lambda problem, candidate, verdict: {"read": candidate})
    first, second = verdicts(target)
    assert first["explanation"] == {"read": "x"}
    assert "explanation" not in second


def test_a_finished_verdict_is_on_disk_while_others_are_still_judged(tmp_path):
    source, partial = tmp_path / "in.jsonl", tmp_path / "out.jsonl.partial"
    source.write_text(line("a") + "\n" + line("b", "wait"))
    seen = []

    async def judge_slowly(problem, candidate):
        while candidate == "wait" and not partial.stat().st_size:
            await asyncio.sleep(0.01)
        seen.append(partial.read_bytes())
        return Verdict.of(problem.id, Status.PASSED)

    with progress_display(total=None, label="t", quiet=True) as progress:
        work = judge_lines(
            str(source), str(tmp_path / "out.jsonl"), "gold", judge_slowly, concurrency=2, progress=progress
        )
        asyncio.run(asyncio.wait_for(work, 30))
    assert json.loads(seen[1])["id"] == "a"
