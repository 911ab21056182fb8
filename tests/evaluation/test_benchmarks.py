import gzip
import hashlib
import json
import os
import re
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from reasoning.evaluation.benchmarks import BENCHMARKS, BenchmarkError, digest, find_benchmark, locate
from reasoning.evaluation.benchmarks import puzzle_prompts as prompts
from reasoning.evaluation.benchmarks.base import Benchmark, SourceFile
from verifiers.records import Problem

COLLECTION = os.environ.get("REASONING_BENCHMARKS")
needs_collection = pytest.mark.skipif(COLLECTION is None, reason="REASONING_BENCHMARKS names no folder of benchmarks")

PUZZLE = Problem(
    "p",
    "puzzle",
    "Find three.",
    {"sat": "def sat(x: int, n=3):\n    return x == n", "ans_type": "int"},
    {"sol_header": "def sol(n=3):", "sol_docstring": '    """Find three."""'},
)


def entries(name, split=None, data=None):
    benchmark = find_benchmark(name)
    split = benchmark.split(split)
    return list(benchmark.read(locate(benchmark, split, data), split))


@needs_collection
@pytest.mark.parametrize(
    ("name", "split", "problems", "references"),
    [
        ("p3", "397", 397, 395),
        ("p3", "all", 1715, 1698),
        ("p3", "train", 636, 609),
        ("p3", "test", 1009, 1019),
        ("humaneval", "test", 164, 164),
        ("mbpp", "test", 500, 500),
        ("mbpp", "all", 974, 974),
        ("mbpp", "sanitized", 257, 257),
        ("mbpp", "sanitized-all", 427, 427),
    ],
)
def test_sizes_are_the_published_ones(name, split, problems, references):
    found = entries(name, split)
    assert len(found) == problems
    assert sum(len(entry.references) for entry in found) == references
    assert len({entry.problem.id for entry in found}) == problems


@needs_collection
def test_recorded_completions_become_the_programs_that_were_judged():
    by_id = {entry.problem.id: entry.problem for entry in entries("p3")}
    path = Path(COLLECTION) / "p3" / "recorded" / "cushman_accepted_completions.jsonl.gz"
    styles = {"short": prompts.SHORT, "med": prompts.MEDIUM, "long": prompts.LONG}
    seen = 0
    with gzip.open(path, "rt") as file:
        for row in map(json.loads, file):
            if row["experiment"] not in styles:
                continue
            problem, text = by_id[row["puzzle"]], row["completion"]
            header = problem.meta["sol_header"].replace("def sol(", "def g(")
            expected = {
                "short": text.strip(),
                "med": header + text,
                "long": f"{header}\n{problem.meta['sol_docstring']}{text}",
            }[row["experiment"]]
            # The prompts number their functions; the record does not (but for a few mentions in dead code).
            found = styles[row["experiment"]].read(problem, text)
            assert found == re.sub(r"\b([fg])6\b", r"\1", expected)
            seen += 1
    assert seen == 969 + 8_287 + 20_007


def test_the_reference_is_kept_from_engines_and_verifiers():
    for entry in entries("puzzles"):
        assert entry.references
        assert entry.references[0] not in json.dumps(entry.problem.to_json())
        assert "reference" not in entry.problem.meta


def test_solution_headers_repeat_the_inputs(tmp_path):
    data = tmp_path / "own.jsonl"
    sat = 'def sat(x: str, words=["a", "b"], n=-1):\n    return x == words[n]'
    data.write_text(json.dumps({"id": "own", "kind": "puzzle", "sat": sat}))
    (entry,) = entries("puzzles", data=data)
    assert entry.problem.meta["sol_header"] == "def sol(words=['a', 'b'], n=-1):"


def test_tutorial_puzzles_are_right():
    for number, (puzzle, header, docstring, body) in enumerate(prompts._TUTORIAL, 1):
        names = {}
        exec(f"from typing import List\n{puzzle}\n{header}\n{docstring}\n{body}", names)
        assert names[f"f{number}"](names[f"g{number}"]()) is True


def test_prompts_end_where_the_model_goes_on():
    assert prompts.SHORT.write(PUZZLE).text == "def f(x: int, n=3):\n    return x == n\n\nassert True == f("
    assert prompts.SHORT.write(PUZZLE).stop == ("\n",)
    medium, long = prompts.MEDIUM.write(PUZZLE), prompts.LONG.write(PUZZLE)
    assert medium.text.endswith("def f6(x: int, n=3):\n    return x == n\n\ndef g6(n=3):")
    assert long.text.endswith('def g6(n=3):\n    """Find three."""')
    assert medium.text.count('"""') == 0
    assert medium.stop == long.stop == ("\nassert",)
    (message,) = prompts.CHAT.write(PUZZLE).messages
    assert "def sat(x: int, n=3):" in message.content
    assert "Find three." in message.content
    assert "`def sol(n=3):`" in message.content


@pytest.mark.parametrize(
    ("reply", "candidate"),
    [
        ("3)", "3"),
        (" max((1, 2), key=len)) == 4", "max((1, 2), key=len)"),
        ("')' + \"\\\")\" + '''a)b''')", "')' + \"\\\")\" + '''a)b'''"),
        ("[1, 2]", "[1, 2]"),
        (")", None),
    ],
)
def test_a_short_reply_ends_at_the_closing_bracket(reply, candidate):
    assert prompts.SHORT.read(PUZZLE, reply) == candidate


@pytest.mark.parametrize(
    ("reply", "candidate"),
    [
        ("\n    return n\n\nprint(1)\n    x", "def g(n=3):\n    return n\n\n"),
        ("\n    return g6(f6)\n", "def g(n=3):\n    return g(f)\n"),
        ("  # three\n\n    return n \\\n\n", "def g(n=3):  # three\n\n    return n \\\n\n"),
        ("def sol(n=3):\n    return n\n\nx = 1", "def sol(n=3):\n    return n\n\nx = 1"),
        ("\nreturn n", None),
        ("", None),
    ],
)
def test_a_medium_reply_ends_where_the_indentation_does(reply, candidate):
    assert prompts.MEDIUM.read(PUZZLE, reply) == candidate


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"own\.jsonl, line 2: not JSON: "),
        ("[]", r"own\.jsonl, line 2: expected an object, got list"),
        ('{"id": "q", "kind": "puzzle"}', r"own\.jsonl, line 2: field 'sat': missing"),
        ('{"kind": "puzzle", "sat": "def sat(x: int): return True"}', r"line 2: field 'id': missing"),
        ('{"id": "q", "kind": "program"}', r"line 2: field 'kind': is 'program', expected 'puzzle'"),
        ('{"id": "q", "kind": "puzzle", "sat": "def sat(x, y): pass"}', r"line 2: field 'sat': every argument but"),
        ('{"id": "q", "kind": "puzzle", "sat": "x = ("}', r"line 2: field 'sat': not one function definition"),
        ('{"id": "ok", "kind": "puzzle", "sat": "def sat(x: int): return True"}', r"line 2: field 'id': 'ok' occurs"),
    ],
)
def test_a_malformed_file_is_named_with_line_and_field(tmp_path, line, message):
    data = tmp_path / "own.jsonl"
    data.write_text('{"id": "ok", "kind": "puzzle", "sat": "def sat(x: int): return True"}\n' + line)
    with pytest.raises(BenchmarkError, match=message):
        entries("puzzles", data=data)


def test_unknown_names_list_the_known_ones():
    with pytest.raises(BenchmarkError, match="no benchmark 'p4'; known benchmarks: puzzles, p3"):
        find_benchmark("p4")
    with pytest.raises(BenchmarkError, match="p3 has no split 'dev'; it has: 397, all"):
        find_benchmark("p3").split("dev")
    with pytest.raises(BenchmarkError, match="humaneval has no prompt style 'long'; it has: chat, complete"):
        find_benchmark("humaneval").style("long")
    assert all(find_benchmark(name).name == name for name in BENCHMARKS)


CONTENT = b'{"task": 1}\n'


@pytest.fixture
def server():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/file.jsonl" else 404)
            self.end_headers()
            self.wfile.write(CONTENT)

        def log_message(self, *arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def remote(url, sha256):
    return Benchmark(
        "toy", "", {"test": (SourceFile("file.jsonl", url, sha256),)}, (), 1.0, lambda paths, split: iter(())
    )


def test_files_are_taken_from_the_nearest_place(tmp_path, monkeypatch, server):
    right = hashlib.sha256(CONTENT).hexdigest()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("REASONING_BENCHMARKS", raising=False)
    (cached,) = locate(remote(f"{server}/file.jsonl", right), "test", None)
    assert cached == tmp_path / "cache" / "reasoning-toolkit" / "toy" / "file.jsonl"
    assert cached.read_bytes() == CONTENT
    assert locate(remote("http://127.0.0.1:9/gone", right), "test", None) == (cached,)

    local = tmp_path / "collection" / "toy" / "file.jsonl.gz"
    local.parent.mkdir(parents=True)
    local.write_bytes(gzip.compress(CONTENT))
    monkeypatch.setenv("REASONING_BENCHMARKS", str(tmp_path / "collection"))
    assert locate(remote("http://127.0.0.1:9/gone", right), "test", None) == (local,)
    assert locate(remote("http://127.0.0.1:9/gone", right), "test", cached) == (cached,)
    assert locate(remote("http://127.0.0.1:9/gone", right), "test", cached.parent) == (cached,)
    with pytest.raises(BenchmarkError, match=r"holds no file\.jsonl"):
        locate(remote("", right), "test", tmp_path)
    assert digest([cached]) != digest([local])


def test_a_download_that_fails_or_differs_leaves_nothing(tmp_path, monkeypatch, server):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("REASONING_BENCHMARKS", raising=False)
    with pytest.raises(BenchmarkError, match=f"SHA-256 is {hashlib.sha256(CONTENT).hexdigest()}, expected 00"):
        locate(remote(f"{server}/file.jsonl", "00"), "test", None)
    with pytest.raises(BenchmarkError, match=r"gone cannot be downloaded \(.*404.*\); give the file with --data"):
        locate(remote(f"{server}/gone", "00"), "test", None)
    with pytest.raises(BenchmarkError, match="cannot be downloaded"):
        locate(remote("http://127.0.0.1:9/file.jsonl", "00"), "test", None)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_where_no_engine_is_named_search_solves_what_it_can_and_the_built_in_model_is_asked_the_rest():
    from reasoning.cli.run_settings import settings_from

    named = {name: settings_from({"benchmark": name}).engine for name in BENCHMARKS}
    searched = {"puzzles", "p3", "core-lean", "minif2f", "proofnet", "putnambench"}
    assert {name for name, engine in named.items() if engine == "search"} == searched
    assert {name for name, engine in named.items() if engine == "nano"} == BENCHMARKS.keys() - searched
    assert settings_from({"benchmark": "gsm8k", "engine": "search"}).engine == "search"


SUM = {"id": "sum", "kind": "answer", "prompt": "What is 2 + 2?", "gold": "4", "meta": {"reference": "2 + 2 = 4"}}


def read_own(path, split="test", data=None):
    benchmark = find_benchmark("own")
    return [*benchmark.read(locate(benchmark, split, data or path), split)]


def test_problems_of_ones_own_are_put_as_their_kind_is(tmp_path):
    style = find_benchmark("own").style()
    puzzle = {"id": "three", "kind": "puzzle", "sat": "def sat(x: int):\n    return x == 3"}
    strange = {"id": "odd", "kind": "parity", "prompt": "Is 7 odd?"}
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (SUM, puzzle, strange, SUM)))
    entries = read_own(path)
    assert [entry.problem.id for entry in entries] == ["sum", "three", "odd"]
    assert entries[0].references == ("2 + 2 = 4",)
    asked = [style.write(entry.problem).messages[-1].content for entry in entries]
    assert "\\boxed{}" in asked[0]
    assert "def sat(x: int)" in asked[1]
    assert asked[2] == "Is 7 odd?"
    plain = find_benchmark("own").style("plain").write(entries[0].problem)
    assert [message.content for message in plain.messages] == ["What is 2 + 2?"]
    assert style.read(entries[2].problem, " Yes. ") == " Yes. "
    assert style.read(entries[2].problem, " ") is None
    with pytest.raises(BenchmarkError, match="problem 'odd': field 'prompt': missing"):
        style.write(replace(entries[2].problem, prompt=""))


def test_two_problems_of_ones_own_with_one_id_are_refused(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps({**SUM, "gold": gold}) + "\n" for gold in ("4", "5")))
    with pytest.raises(BenchmarkError, match=r"mine\.jsonl: field 'id': 'sum' is that of two problems"):
        read_own(path)


def test_a_dataset_made_here_is_a_benchmark_split_by_split(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "data").mkdir()
    rows = [{"problem": json.dumps({**SUM, "id": id}), "completion": "4"} for id in ("a", "b", "b")]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "data" / "validation-00000-of-00001.parquet")
    found = read_own(tmp_path, "validation")
    assert [(entry.problem.id, entry.references) for entry in found] == [("a", ("4",)), ("b", ("4",))]
    with pytest.raises(BenchmarkError, match=r"holds no data/test-00000-of-00001\.parquet"):
        read_own(tmp_path)
    with pytest.raises(BenchmarkError, match=r"\(a file of yours, or the folder of a dataset"):
        locate(find_benchmark("own"), "test", None)


def test_a_file_that_a_package_holds_is_read_there_unless_data_names_another(tmp_path):
    held, other = tmp_path / "package" / "held.jsonl", tmp_path / "other"
    held.parent.mkdir()
    held.write_text("{}\n")
    other.mkdir()
    benchmark = replace(find_benchmark("own"), files={"test": (SourceFile(str(held)),)})
    assert locate(benchmark, "test", None) == (held,)
    with pytest.raises(BenchmarkError, match="holds no"):
        locate(benchmark, "test", other)
    (other / "held.jsonl").write_text("{}\n")
    assert locate(benchmark, "test", other) == (other / "held.jsonl",)
