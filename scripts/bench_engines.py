"""What this project's layers cost: engines against bare loops over the same library, at the same settings.

    .venv-vllm/bin/python scripts/bench_engines.py transformers evaluate          # minutes on two cores
    .venv-vllm/bin/python scripts/bench_engines.py vllm --rounds 7
    python scripts/bench_engines.py transformers evaluate --hidden 512 --device cuda    # a GPU

transformers: the engine against batched `generate` calls (tokenizing and decoding in both).
vllm: the engine against `vllm.LLM.generate` with a sampling seed for each request, as the engine gives; and `reasoning
evaluate` with it, as below, against the same.
evaluate: `reasoning evaluate` from the first request to the last result, verdicts and files included, against batched
`generate` calls for the same prompts, given as text with the chat template in it.

Both sides run in turn, in one process, after a warm-up round; the ratio is the median over the rounds of bare seconds
by ours, with the lowest and the highest, and that of the fastest rounds, which other work on the machine disturbs
least; and the processor seconds of both, those of all processes together (Linux). nano is the hardest case there is: a
step of the model takes a millisecond or two. `--hidden 512 --layers 8` measures a model of 25 million parameters with
random weights instead.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Self

MAX_TOKENS = 64
STREAM = 23
"""Of the held-out questions that are asked."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds and processor seconds of both sides, round by round, and the tokens of a round of each."""

    name: str
    bare: list[float]
    ours: list[float]
    bare_cpu: list[float]
    ours_cpu: list[float]
    bare_tokens: int
    tokens: int

    def row(self) -> str:
        """As a line of a Markdown table: tokens a second, and the ratio at the same number of tokens."""
        scale = self.tokens / self.bare_tokens
        ratios = [scale * bare / ours for bare, ours in zip(self.bare, self.ours, strict=True)]
        return (
            f"| {self.name} | {self.bare_tokens / median(self.bare):,.0f} | {self.tokens / median(self.ours):,.0f} "
            f"| {median(ratios):.3f} | {min(ratios):.3f} - {max(ratios):.3f} "
            f"| {scale * min(self.bare) / min(self.ours):.3f} "
            f"| {scale * median(self.bare_cpu):.2f} | {median(self.ours_cpu):.2f} |"
        )


def cpu_seconds() -> float:
    """Processor seconds of this process and all below it, ended ones included."""
    parents, ticks = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            parents[int(path.parent.name)] = int(fields[1])
            ticks[int(path.parent.name)] = sum(map(int, fields[11:15]))
    below = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return sum(ticks.get(pid, 0) for pid in below) / os.sysconf("SC_CLK_TCK")


def in_turn(name: str, rounds: int, bare: Callable[[], int], ours: Callable[[], int]) -> Measured:
    """Run both sides in turn; each returns the tokens that it made."""
    tokens = [bare(), ours()]
    seconds: tuple[list[float], list[float]] = ([], [])
    processor: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds):
        for side in (0, 1) if turn % 2 else (1, 0):
            spent, started = cpu_seconds(), time.perf_counter()
            tokens[side] = (bare, ours)[side]()
            seconds[side].append(time.perf_counter() - started)
            processor[side].append(cpu_seconds() - spent)
    return Measured(name, *seconds, *processor, *tokens)


def prompts(count: int) -> list[str]:
    """Held-out questions of the built-in arithmetic."""
    from reasoning.training.arithmetic import held_out_items

    return [item.prompt for item in held_out_items(STREAM, count)]


def ask(runner: asyncio.Runner, engine: Any, texts: Sequence[str], temperature: float) -> int:
    """All prompts at once through an engine, each with its seed."""
    from reasoning.engines import Request

    async def run() -> int:
        requests = [
            Request(prompt=text, seeds=(seed,), temperature=temperature, max_tokens=MAX_TOKENS)
            for seed, text in enumerate(texts)
        ]
        replies = await asyncio.gather(*(engine.complete(request) for request in requests))
        return sum(reply[0].completion_tokens for reply in replies)

    return runner.run(run())


def generate(model: Any, tokenizer: Any, rows: Sequence[list[int]], batch: int, temperature: float) -> int:
    """Bare batched generation from token ids, decoded."""
    import torch

    how: dict[str, Any] = {"do_sample": False}
    if temperature:
        how = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
    made = 0
    for start in range(0, len(rows), batch):
        inputs = tokenizer.pad({"input_ids": list(rows[start : start + batch])}, return_tensors="pt").to(model.device)
        with torch.inference_mode():
            output = model.generate(**inputs, max_new_tokens=MAX_TOKENS, pad_token_id=tokenizer.pad_token_id, **how)
        new = output[:, inputs["input_ids"].shape[1] :]
        tokenizer.batch_decode(new, skip_special_tokens=True)
        made += int((new != tokenizer.pad_token_id).sum())
    return made


def bench_transformers(model_path: Path, batches: Sequence[int], rounds: int, device: str) -> list[Measured]:
    """The engine against `generate`."""
    from reasoning.engines import create_engine

    model, tokenizer = load(model_path, device)
    found = []
    for batch in batches:
        texts = prompts(2 * batch)
        for temperature in (0.0, 1.0):
            with asyncio.Runner() as runner:
                engine = create_engine(f"transformers:{model_path},device={device},dtype=float32,batch_size={batch}")
                found.append(
                    in_turn(
                        f"transformers, batch {batch}, temperature {temperature:g}",
                        rounds,
                        lambda: generate(model, tokenizer, tokenizer(texts)["input_ids"], batch, temperature),  # noqa: B023
                        lambda: ask(runner, engine, texts, temperature),  # noqa: B023
                    )
                )
                runner.run(engine.close())
    return found


def bench_vllm(model_path: Path, batches: Sequence[int], rounds: int, questions: int) -> list[Measured]:
    """The engine, and `evaluate` with it, against `vllm.LLM`."""
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    from vllm import LLM, SamplingParams

    from reasoning.engines import create_engine

    same = {"dtype": "float32", "max_model_len": 256, "enforce_eager": True}
    llm = LLM(str(model_path), disable_log_stats=True, enable_chunked_prefill=False, **same)
    spec = ",".join([f"vllm:{model_path}", *(f"{name}={str(value).lower()}" for name, value in same.items())])
    found = []

    def bare(prompts: Sequence[Any], temperature: float) -> int:
        sampling = [
            SamplingParams(temperature=temperature, max_tokens=MAX_TOKENS, seed=seed) for seed in range(len(prompts))
        ]
        outputs = llm.generate(prompts, sampling, use_tqdm=False)
        return sum(len(output.outputs[0].token_ids) for output in outputs)

    with asyncio.Runner() as runner, Evaluating(llm.get_tokenizer(), questions) as evaluating:
        engine = create_engine(f"{spec},cpu_kv_cache_gib=1")
        for batch in batches:
            texts = prompts(batch)
            for temperature in (0.0, 1.0):
                found.append(
                    in_turn(
                        f"vllm, batch {batch}, temperature {temperature:g}",
                        rounds,
                        lambda: bare(texts, temperature),  # noqa: B023
                        lambda: ask(runner, engine, texts, temperature),  # noqa: B023
                    )
                )
        found.append(
            in_turn(
                f"evaluate with vllm, {questions} questions",
                rounds,
                lambda: bare(evaluating.texts, 0.0),
                lambda: evaluating.once(runner, engine, questions),
            )
        )
        runner.run(engine.close())
    return found


class Kept:
    """An engine that outlives an evaluation."""

    def __init__(self, engine: Any) -> None:
        self.name = engine.name
        self.complete = engine.complete
        self.describe = engine.describe

    async def close(self) -> None:
        """Nothing: it is asked again."""


class Evaluating:
    """Held-out questions as a benchmark, evaluated in new run directories; and their prompts as texts."""

    def __init__(self, tokenizer: Any, questions: int) -> None:
        from reasoning.engines.prompts import render
        from reasoning.evaluation.benchmarks import find_benchmark
        from reasoning.evaluation.evaluating import Settings
        from reasoning.methods import Question, Sampling
        from reasoning.training.arithmetic import held_out_items

        self._folder = tempfile.TemporaryDirectory()
        self._questions = questions
        self._turn = 0
        rows = [
            {"question": item.question, "answer": f"{item.steps}\n#### {item.answer}"}
            for item in held_out_items(STREAM, questions)
        ]
        data = Path(self._folder.name) / "test.jsonl"
        data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        self._settings = Settings("gsm8k", "nano", data=str(data), prompt="chat", split="test", max_tokens=MAX_TOKENS)
        benchmark = find_benchmark("gsm8k")
        style, sampling = benchmark.style("chat"), Sampling(0.0, 1.0, MAX_TOKENS)
        self.texts = []
        for entry in benchmark.read([data], "test"):
            question = Question(entry.problem, style, 0, 0, sampling)
            ids = render(tokenizer, question.request("direct", style.write(entry.problem)))
            self.texts.append(tokenizer.decode(ids))

    def once(self, runner: asyncio.Runner, engine: Any, concurrency: int) -> int:
        """Evaluate; returns the tokens that were sampled."""
        from reasoning.backends import Execution
        from reasoning.evaluation.evaluating import evaluate

        self._turn += 1
        where = Path(self._folder.name) / str(self._turn)
        how = Execution(concurrency=concurrency, quiet=True)
        work = evaluate(self._settings, where, engine=Kept(engine), execution=how)
        return round(runner.run(work).results.per_sample["completion_tokens"] * self._questions)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._folder.cleanup()


def bench_evaluate(
    model_path: Path, batches: Sequence[int], rounds: int, questions: int, device: str
) -> list[Measured]:
    """`evaluate` against `generate` for the same prompts."""
    from reasoning.engines import create_engine

    model, tokenizer = load(model_path, device)
    found = []
    with asyncio.Runner() as runner, Evaluating(tokenizer, questions) as evaluating:
        for batch in batches:
            engine = create_engine(f"transformers:{model_path},device={device},dtype=float32,batch_size={batch}")
            found.append(
                in_turn(
                    f"evaluate, batch {batch}, {questions} questions",
                    rounds,
                    lambda: generate(model, tokenizer, tokenizer(evaluating.texts)["input_ids"], batch, 0.0),  # noqa: B023
                    lambda: evaluating.once(runner, engine, batch),  # noqa: B023
                )
            )
            runner.run(engine.close())
    return found


def load(path: Path, device: str) -> tuple[Any, Any]:
    """Model and tokenizer, float32."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoModelForCausalLM.from_pretrained(path).to(device), AutoTokenizer.from_pretrained(
        path, padding_side="left"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="+", choices=["transformers", "vllm", "evaluate"])
    parser.add_argument("--batch", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--questions", type=int, default=512, help="of an evaluation")
    parser.add_argument("--hidden", type=int, help="measure a random model of this width instead of nano")
    parser.add_argument("--layers", type=int, default=8, help="of that model")
    parser.add_argument("--device", default="cpu", help="of transformers and evaluate; vLLM takes the GPU it finds")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch in this process")
    arguments = parser.parse_args()

    import torch
    from transformers.utils import logging

    from reasoning.data_files import data_file

    logging.disable_progress_bar()
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as folder:
        path = data_file("nano/config.json").parent
        if arguments.hidden:
            from reasoning.training.nano import NanoShape, make_model, save_nano

            heads = max(arguments.hidden // 64, 1)
            shape = NanoShape(
                hidden=arguments.hidden,
                layers=arguments.layers,
                heads=heads,
                key_value_heads=heads,
                intermediate=5 * arguments.hidden // 2,
            )
            path = Path(folder)
            save_nano(make_model(shape, 0), path)
        measured = []
        for what in arguments.what:
            if what == "transformers":
                measured += bench_transformers(path, arguments.batch, arguments.rounds, arguments.device)
            elif what == "vllm":
                measured += bench_vllm(path, arguments.batch, arguments.rounds, arguments.questions)
            else:
                measured += bench_evaluate(
                    path, arguments.batch, arguments.rounds, arguments.questions, arguments.device
                )
    sys.stdout.write(
        "| what | bare, tokens/s | ours, tokens/s | ratio | lowest - highest | of the fastest rounds "
        "| bare, CPU s | ours, CPU s |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n" + "".join(one.row() + "\n" for one in measured)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
