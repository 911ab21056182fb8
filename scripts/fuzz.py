r"""Coverage-guided fuzzing of every reader of outside text with atheris (`pip install atheris`, in any environment).

    python scripts/fuzz.py --list
    python scripts/fuzz.py answers /tmp/corpus -max_total_time=600 -timeout=10
    python scripts/fuzz.py answers /tmp/corpus/crash-1c2d

A finding is an exception that is not the reader's own refusal, a promise of the reader that does not hold, or a case
that takes longer than `-timeout`. Options after the corpus folder are libFuzzer's; seeds are written into the folder
first. A crash file is read again by giving it in place of a folder. What is found becomes a row of `tests/tables` or
a test of `tests/fuzz`, where hypothesis looks for the same things without coverage.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

Check = Callable[[bytes], None]
TABLES = Path(__file__).parents[1] / "tests" / "tables"
MAX_SEED_BYTES = 400
CUT = b"\0"
"""Parts a case into the texts that a reader takes together."""


class FindingError(AssertionError):
    """Something that must hold did not."""


@dataclass(frozen=True, slots=True)
class Target:
    """A reader under test.

    Attributes:
        summary: what is read.
        load: imports the reader, and gives what checks one case.
        seeds: cases to begin with.
        structured: cases are JSON, of which parts are replaced as well.
    """

    summary: str
    load: Callable[[], Check]
    seeds: Callable[[], Iterator[bytes]]
    structured: bool = False


def texts_of(data: bytes, count: int) -> list[str]:
    """So many texts of a case; those that are missing are empty."""
    parts = data.split(CUT, count - 1)
    return [part.decode("utf-8", "surrogateescape") for part in parts] + [""] * (count - len(parts))


def need(held: bool, what: str, *values: object) -> None:
    """Raise what did not hold."""
    if not held:
        raise FindingError(f"{what}: {', '.join(map(repr, values))}")


def in_folder(check: Callable[[Path, bytes], None]) -> Check:
    """A check of a file in a folder of its own, which the system removes with the process's other temporary files."""
    folder = tempfile.TemporaryDirectory(prefix="fuzz-")

    def one(data: bytes) -> None:
        check(Path(folder.name), data)

    return one


def answers() -> Check:
    from verifiers.answers import judge, judge_bare, read
    from verifiers.answers.extract import extract

    # A gold answer is looked for behind these marks, a bare answer is not.
    marks = ("boxed", "fbox", "framebox", "####", "nswer")

    def one(data: bytes) -> None:
        gold, text = texts_of(data, 2)
        for place in extract(text):
            read(place.text)
        judge(gold, text)
        if any(mark in side for mark in marks for side in (gold, text)):
            return
        for side in (gold, text):
            need(not read(side).nodes or judge_bare(side, side).passed, "not equal to itself", side)
        # Decimals are compared with the gold answer's digits, so equality of them has a side.
        if "." not in gold + text:
            forth, back = judge_bare(gold, text), judge_bare(text, gold)
            need(forth.lenient == back.lenient, "equal one way only", gold, text)
            # What is conceded to an answer, such as 3! for 6, is no fault of a gold answer.
            if not forth.concessions + back.concessions:
                need(forth.strict == back.strict, "strictly equal one way only", gold, text)

    return one


def answer_seeds() -> Iterator[bytes]:
    for table in sorted(TABLES.glob("answers*.jsonl")):
        for line in table.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield row["gold"].encode() + CUT + row["text"].encode()


def completions() -> Check:
    from verifiers.choices import chosen_labels
    from verifiers.extraction import extract_program, extract_solution
    from verifiers.smt.claims import ClaimError, read_claim
    from verifiers.smt.script import ScriptError, read_script

    def one(data: bytes) -> None:
        (text,) = texts_of(data, 1)
        program = extract_program(text, prompt="def f(x):\n", entry_point="f")
        need(program is None or isinstance(program, str), "no text", program)
        extract_solution(text)
        labels, _ = chosen_labels(text, {"A": "3", "B": "x + 1"})
        need(labels <= {"A", "B"}, "labels that are not there", labels)
        for read, refusal in ((read_claim, ClaimError), (read_script, ScriptError)):
            try:
                read(text)
            except refusal as error:
                need(bool(str(error)), "refused without a word", text)

    return one


def completion_seeds() -> Iterator[bytes]:
    yield b"```python\ndef f(x):\n    return x\n```"
    yield b"So:\n~~~\ndef sol(n: int = 3):\n    return '''a'''\n~~~\nThe answer is (B)."
    yield b"forall x y : Int. x > 0 -> x * y >= y - 1/2"
    yield b"(set-logic QF_LIA)(declare-const x Int)(assert (not (>= (* x x) 0)))(check-sat)"


def formulas() -> Check:
    from reasoning.discovery.proposals import MAX_COEFFICIENT, read_proposals
    from reasoning.discovery.templates import TemplateBox
    from verifiers.constants.closed_form import evaluate_to
    from verifiers.constants.expressions import ExpressionError, parse
    from verifiers.constants.judge import judge, read_claim
    from verifiers.constants.polynomials import polynomial

    def one(data: bytes) -> None:
        a, b, value = texts_of(data, 3)
        for proposed in read_proposals(a):
            need(max(map(abs, proposed.a + proposed.b)) <= MAX_COEFFICIENT, "too large", proposed)
        for side in (a, b):
            refused(ExpressionError, polynomial, side)
        refused(ValueError, TemplateBox, a, b, (value,))
        form = refused(ExpressionError, parse, value)
        number = None if form is None else refused(ExpressionError, evaluate_to, form, 30)
        need(number is None or number.is_finite(), "no finite value", value)
        for text in (a, json.dumps({"a": a, "b": b, "value": value})):
            claim = refused(ExpressionError, read_claim, text)
            need(claim is None or bool(judge(claim, None, 30).detail), "no word of the verdict", text)

    return one


def formula_seeds() -> Iterator[bytes]:
    for parts in (
        ("2*n+1", "n**2", "4/pi"),
        ("(2*n+1)*(17*n*(n+1)+5)", "-n**6", "zeta(3)"),
        ("x*n+1", "n", "x=1:3"),
        ("n+k", "-n", "besseli(0,2)/besseli(1,2)"),
        ('{"fractions": [{"a": [1, 2], "b": [0, 0, 1], "a_step": [1], "k": [1, 3]}]}', "", "sqrt(2)**3-e"),
        ('{"sign_period": [1, -1], "initial": [1, 2, 3, 2], "lfsr": [1, 0, -2, 0, 1], "value": "e/(e-1)"}', "", ""),
    ):
        yield CUT.join(part.encode() for part in parts)


def proofs() -> Check:
    from verifiers.proofs.coq.text import UnreadableText, sentences
    from verifiers.proofs.lean import guard
    from verifiers.proofs.lean.text import blank_comments_and_strings, source_of, split_statement
    from verifiers.records import RecordError

    def one(data: bytes) -> None:
        statement, candidate = texts_of(data, 2)
        for text in (statement, candidate):
            need(len(blank_comments_and_strings(text)) == len(text), "another length", text)
            need(isinstance(guard.refusal(text), str), "no refusal", text)
            refused(UnreadableText, sentences, text)
        found = refused(RecordError, split_statement, statement)
        if found is not None:
            refused(RecordError, source_of, found, candidate, "")

    return one


def proof_seeds() -> Iterator[bytes]:
    for table in ("lean_honest.jsonl", "lean_cheats.jsonl", "coq_cases.jsonl"):
        for line in (TABLES / table).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            problem = row.get("problem", row)
            yield (
                str(problem.get("statement", "")).encode()
                + CUT
                + str(row.get("candidate", row.get("proof", ""))).encode()
            )


def lean_messages() -> Check:
    import httpx

    from verifiers.proofs.lean.text_backends.guarded import ProverTimeout, ProverUnavailable
    from verifiers.proofs.lean.text_backends.kimina import KiminaProver
    from verifiers.proofs.records import ProofMessage

    def one(data: bytes) -> None:
        def reply(request: httpx.Request) -> httpx.Response:
            asked = json.loads(request.content)
            name = asked["snippets"][0]["id"].encode() if "snippets" in asked else b""
            return httpx.Response(200, content=data.replace(b"ID", name))

        async def work() -> Any:
            prover = KiminaProver("http://localhost", transport=httpx.MockTransport(reply))
            try:
                return await prover.run("", "theorem a : True := trivial", 1.0)
            finally:
                await prover.close()

        made = refused((ProverUnavailable, ProverTimeout), lambda: asyncio.run(work()))
        need(made is None or all(isinstance(message, ProofMessage) for message in made[0]), "no messages", data)

    return one


LEAN = {
    "env": 0, "time": 0.5, "sorries": [],
    "messages": [{"severity": "error", "pos": {"line": 1, "column": 2}, "endPos": None, "data": "bad"}],
}  # fmt: skip


def lean_message_seeds() -> Iterator[bytes]:
    yield as_json({"results": [{"id": "ID", "time": 0.5, "response": LEAN}]})
    yield as_json({"results": [{"id": "ID", "time": 0.5, "error": "timed out"}]})


def model_replies() -> Check:
    import httpx
    from openai import AsyncOpenAI

    from reasoning.engines.base import Completion, EngineError, Message, Request
    from reasoning.engines.openai_compatible import OpenAIEngine, OpenAIOptions

    key = "sk-do-not-tell-0123456789"

    def one(data: bytes) -> None:
        first, body = data[:1], data[1:]
        status = (200, 200, 200, 400, 401, 429, 500)[(first or b"\0")[0] % 7]
        chat = (first or b"\0")[0] < 128

        async def work() -> list[Completion]:
            transport = httpx.MockTransport(lambda request: httpx.Response(status, content=body))
            engine = OpenAIEngine("m", OpenAIOptions(base_url="http://localhost/v1", retries=0))
            await engine.close()
            async with httpx.AsyncClient(transport=transport) as client:
                engine._server.client = AsyncOpenAI(
                    api_key=key, base_url="http://localhost/v1", http_client=client, max_retries=0
                )
                prompt: dict[str, Any] = {"messages": (Message("user", "2+2?"),)} if chat else {"prompt": "2+2="}
                return await engine.complete(Request(**prompt, logprobs=chat))

        with mock.patch.dict(os.environ, {"OPENAI_API_KEY": key}):
            try:
                made = asyncio.run(work())
            except EngineError as error:
                need(
                    bool(str(error)) and key not in str(error), "a refusal without a word, or with the key", str(error)
                )
                return
        for completion in made:
            need(isinstance(completion.text, str) and completion.completion_tokens >= 0, "no completion", completion)

    return one


def model_reply_seeds() -> Iterator[bytes]:
    message = {
        "role": "assistant", "content": "4", "reasoning_content": "2+2", "refusal": None,
        "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    }  # fmt: skip
    scores = {"content": [{"token": "4", "logprob": -0.5, "bytes": [52], "top_logprobs": []}]}
    choice = {"index": 0, "finish_reason": "stop", "message": message, "logprobs": scores}
    usage = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
    yield b"\0" + as_json({"id": "1", "object": "chat.completion", "model": "m", "choices": [choice], "usage": usage})
    text = {"index": 0, "text": "4", "finish_reason": "stop"}
    yield b"\xd2" + as_json({"id": "1", "object": "text_completion", "model": "m", "choices": [text], "usage": usage})
    yield b"\3" + as_json({"error": {"message": "too long", "code": "context_length_exceeded", "param": "seed"}})


def records() -> Check:
    from reasoning.evaluation.judging_lines import FileError, judge_lines
    from reasoning.runs import progress_display
    from verifiers.plain_data import PlainDataError, decode
    from verifiers.records import Problem, RecordError, Status, Verdict
    from verifiers.rewards import problem_of_label

    async def judge(problem: Problem, candidate: str) -> Verdict:
        return Verdict.of(problem.id, Status.WRONG, "")

    def check(folder: Path, data: bytes) -> None:
        source, target = folder / "in.jsonl", folder / "out.jsonl"
        source.write_bytes(data)
        target.unlink(missing_ok=True)
        with progress_display(total=None, label="", quiet=True) as progress:
            work = judge_lines(str(source), str(target), "answer", judge, concurrency=1, progress=progress)
            summary = refused(FileError, asyncio.run, work)
        if summary is not None:
            lines = target.read_text(encoding="utf-8").splitlines()
            need(len(lines) == sum(bool(row.strip()) for row in data.split(b"\n")), "lines without a verdict", data)
            need(all(fault.isprintable() for fault in summary.faults), "a fault that steers the terminal", data)
        refused(PlainDataError, decode, data)
        refused(RecordError, problem_of_label, data.decode("utf-8", "surrogateescape"))
        value = parsed(data)
        for read in (Problem.from_json, Verdict.from_json):
            refused(RecordError, read, value)

    return in_folder(check)


def record_seeds() -> Iterator[bytes]:
    problem = {"id": "a", "kind": "answer", "prompt": "2+2?", "gold": "4", "meta": {"level": 1}}
    yield as_json({"id": "a", "problem": problem, "candidate": "\\boxed{4}"})
    yield as_json(problem)
    yield as_json({"id": "a", "score": 1.0, "status": "passed", "detail": "", "seconds": 0.1, "isolation": ["seccomp"]})
    yield as_json({"dict": [[{"tuple": [1, 2]}, {"set": [1, {"bytes": "AA=="}]}]]})


DATASETS: dict[str, dict[str, Any]] = {
    "gsm8k": {"question": "2+2?", "answer": "2+2=4\n#### 4"},
    "humaneval": {"task_id": "HumanEval/0", "prompt": "def f():\n", "entry_point": "f", "test": "def check(c): pass\n",
                  "canonical_solution": "    return 1\n"},
    "mbpp": {"task_id": 11, "text": "Write f.", "code": "def f(): return 1", "test_list": ["assert f() == 1"],
             "test_setup_code": "", "challenge_test_list": []},
    "math": {"problem": "1+1?", "solution": "\\boxed{2}", "answer": "2", "level": 1, "subject": "Algebra"},
    "wemath": {"ID": "2steps_1", "key": "2steps_multi", "question": "?", "answer": "A", "option": "A. 3; B. 4",
               "image_path": "a/1.png", "knowledge concept": "x", "knowledge concept description": "y"},
    "minif2f": {"name": "a", "formal_statement": "theorem a : True := sorry", "split": "test", "header": ""},
    "core-lean": {"id": "a", "kind": "proof", "system": "lean", "statement": "theorem a : True := by", "proof": "x"},
    "puzzles": {"id": "a", "sat": "def sat(x: int): return x == 1", "sol": "def sol(): return 1", "level": 1},
}  # fmt: skip


def datasets() -> Check:
    from reasoning.evaluation.benchmarks.base import BenchmarkError, Entry, find_benchmark
    from reasoning.evaluation.seeds import find_seeds
    from reasoning.pipelines.base import PipelineError

    def check(folder: Path, data: bytes) -> None:
        name = sorted(DATASETS)[(data[:1] or b"\0")[0] % len(DATASETS)]
        benchmark = find_benchmark(name)
        for path in (folder / "rows.jsonl", folder / "rows.json", folder / "rows.jsonl.gz"):
            path.write_bytes(data[1:])
            read = benchmark.read([path] * len(benchmark.files), next(iter(benchmark.files)))
            found = refused(BenchmarkError, list, read)
            need(found is None or all(isinstance(entry, Entry) for entry in found), "no entries", found)
        refused((BenchmarkError, PipelineError), lambda: list(find_seeds(str(folder / "rows.jsonl")).entries()))

    return in_folder(check)


def dataset_seeds() -> Iterator[bytes]:
    for place, name in enumerate(sorted(DATASETS)):
        yield bytes([place]) + as_json(DATASETS[name])
        yield bytes([place]) + as_json([DATASETS[name]])


def configurations() -> Check:
    from reasoning.engines.options import EngineSpecError, parse_spec
    from reasoning.methods import MethodError, find_method
    from reasoning.pipelines.base import PipelineError
    from reasoning.pipelines.settings import settings_from, stored_settings
    from reasoning.runs.budget import Budget, BudgetError
    from reasoning.runs.run import CONFIG_NAME, RunError
    from reasoning.runs.run import read_config as run_config
    from reasoning.training.config import config_from_json, read_config
    from reasoning.training.forms import ConfigError

    def check(folder: Path, data: bytes) -> None:
        (folder / CONFIG_NAME).write_bytes(data)
        (folder / "own.toml").write_bytes(data)
        refused(RunError, run_config, folder)
        refused(ConfigError, read_config, "grpo", folder / "own.toml")
        text = data.decode("utf-8", "surrogateescape")
        refused(ConfigError, read_config, "grpo", None, [text])
        refused(EngineSpecError, parse_spec, text)
        refused(MethodError, find_method, text)
        refused(BudgetError, Budget.parse, text)
        value = parsed(data)
        if isinstance(value, dict):
            refused(ConfigError, config_from_json, value, "here")
            refused(PipelineError, lambda: settings_from(stored_settings(value)))

    return in_folder(check)


def configuration_seeds() -> Iterator[bytes]:
    yield as_json({"schema": 1, "settings": {"recipe": "grpo", "model": "nano", "steps": 3}})
    yield as_json(
        {"recipe": "grpo", "model": "nano", "steps": 3, "optimizer": {"name": "soap", "learning_rate": 0.001}}
    )
    yield as_json({"pipeline": "rejection", "problems": "puzzles", "samples": 4, "splits": "train=0.9,test=0.1"})
    yield b'steps = 100\n[optimizer]\nname = "soap"\nlearning_rate = 1e-3\n[data]\ntrain = "own.jsonl"\n'
    yield b"optimizer.name=soap"
    yield b"openai:my-model,base_url=http://127.0.0.1:8000/v1,retries=3"
    yield b"self_consistency,n=4,temperature=0.8"
    yield b"tokens=100,calls=3,sandbox=1.5"


TARGETS = {
    "answers": Target("LaTeX and other mathematical answers", answers, answer_seeds),
    "completions": Target("programs, labels and claims in a model's text", completions, completion_seeds),
    "formulas": Target("continued fractions and closed forms", formulas, formula_seeds),
    "proofs": Target("Lean and Coq source", proofs, proof_seeds),
    "lean-messages": Target("replies of a Lean server", lean_messages, lean_message_seeds, structured=True),
    "model-replies": Target("replies of a model's server", model_replies, model_reply_seeds, structured=True),
    "records": Target("JSON Lines, problems, verdicts, plain data", records, record_seeds, structured=True),
    "datasets": Target("files of benchmarks and seed problems", datasets, dataset_seeds, structured=True),
    "configurations": Target("configurations and specifications", configurations, configuration_seeds, structured=True),
}


def refused(refusal: Any, call: Callable[..., Any], *arguments: Any) -> Any:
    """What the call returns; None where it refuses with words."""
    try:
        return call(*arguments)
    except refusal as error:
        need(bool(str(error)), "refused without a word", arguments)
    return None


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def parsed(data: bytes) -> Any:
    """The JSON value of a case; None where it is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


ODD = (None, True, 0, -1, 10**25, 0.5, float("inf"), float("nan"), "", "\x1b[2J\u202e", "\ud800", "../x", [], {}, [[]])


def changed(data: bytes, seed: int) -> bytes:
    """A case of JSON with one part replaced or left out; a first byte that chooses among readers stays."""
    source = random.Random(seed)
    begin = next((place for place in (0, 1) if data[place : place + 1] in (b"{", b"[")), None)
    value = None if begin is None else parsed(data[begin:])
    if begin is None or not value:
        return data
    place, way = value, source.random()
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = source.choice(keys)
        if isinstance(place[key], dict | list) and place[key] and source.random() < 0.75:
            place = place[key]
            continue
        if way < 0.15:
            del place[key]
        elif way < 0.25 and isinstance(place, list):
            place.append(place[key])
        else:
            place[key] = source.choice(ODD)
        return data[:begin] + as_json(value)


def main() -> None:
    if sys.argv[1:] == ["--list"]:
        for name, target in TARGETS.items():
            print(f"{name:15} {target.summary}")
        return
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: fuzz.py --list | TARGET CORPUS [-max_total_time=SECONDS ...]; targets: {', '.join(TARGETS)}")
    import atheris

    target = TARGETS[sys.argv.pop(1)]
    places = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")]
    if places and not places[0].is_file():
        places[0].mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(target.seeds()):
            if len(seed) <= MAX_SEED_BYTES or target.structured:
                (places[0] / f"seed-{number}").write_bytes(seed)
    with atheris.instrument_imports(include=["reasoning", "verifiers"]):
        check = target.load()

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        if seed % 2:
            return changed(data, seed)[:most]
        return bytes(atheris.Mutate(data, most))

    if target.structured:
        atheris.Setup(sys.argv, check, custom_mutator=mutate)
    else:
        atheris.Setup(sys.argv, check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
