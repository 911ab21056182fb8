"""Makes the mixture, trains nano-plus on it and writes the model with its card; meant for one GPU, ten minutes.

    python scripts/train_nano_plus.py --out runs/nano-plus                # a GPU
    python scripts/train_nano_plus.py --out runs/nano-plus --resume       # go on after a kill, at the last checkpoint
    python scripts/train_nano_plus.py --out runs/plus-smoke --smoke       # the same code on a CPU, in seconds
    python scripts/train_nano_plus.py --out runs/nano-plus --plan         # make the data, say how long it should take
    python scripts/train_nano_plus.py --judge data/nano_plus              # ask a model its held-out problems again

OUT/train.npz and OUT/held_out.jsonl are made once: a second call with the same settings takes what is there, so the
data can be made where there is no GPU. OUT/checkpoint.pt is there while a training is under way.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

CARD = """---
license: apache-2.0
language: [en]
tags: [arithmetic, code, test-model]
library_name: transformers
---

# nano-plus

A language model of {parameters:,} parameters (Qwen2 architecture, one token a byte, context 512, bfloat16), trained by
`scripts/train_nano_plus.py{arguments}` in {steps:,} steps of {batch} examples: {seconds:,.0f} s on {device}.{size_note}

## Data

{data}

Everything is made by program and judged before it is learned (see `reasoning/training/mixture.py`); one problem in
16, by the hash of its text, is held out, in whatever form it is asked. Loss on the solutions alone; Muon on the
matrices and AdamW on the rest, {warmup} warm-up steps, flat, then linear to 5 % over the last 40 %.

## Results

Held-out problems (`held_out.jsonl`), greedy, judged by the verifiers; loss of the last 10 steps {loss:.3f}. In `tools`
the model writes its program and says itself what it prints; `tools.jsonl` has these problems for the sandbox to run:

    reasoning evaluate families --data tools.jsonl --engine nano-plus --method tir,format=bare --max-tokens 300

| kind | right |
| --- | --- |
{right}
![loss](loss.svg)

## Limits

It knows these forms and little else; what it writes is to be judged, not believed.
"""


@dataclass(frozen=True, slots=True)
class Data:
    """What is learned from, the examples of each kind in it, and those held out that are asked at the end."""

    rows: Any
    counts: dict[str, int]
    held_out: list[Any]


def prepared(directory: Path, settings: Any) -> Data:
    """The data in `directory`, made first where it is not there or was made with other settings."""
    from reasoning.training.mixture import split_mixture
    from reasoning.training.token_rows import TokenRows

    recipe = {"counts": asdict(settings.counts), "seed": settings.seed, "longest": settings.longest}
    train, asked = directory / "train.npz", directory / "held_out.jsonl"
    if train.exists() and asked.exists():
        rows, note = TokenRows.load(train)
        found = json.loads(note)
        if found["recipe"] == recipe:
            return Data(rows, found["counts"], read_examples(asked))
    examples, held_out = split_mixture(asyncio.run(made(settings)))
    counts = dict(Counter(example.kind for example in examples))
    write_examples(asked, held_out)
    rows = TokenRows.of([(example.prompt, example.solution) for example in examples])
    rows.save(train, json.dumps({"recipe": recipe, "counts": counts}))
    return Data(rows, counts, held_out)


def read_examples(path: Path) -> list[Any]:
    """Examples that `write_examples` wrote."""
    from reasoning.json_lines import json_lines
    from reasoning.training.mixture import PlusExample
    from verifiers.records import Problem

    rows = [{**row, "problem": Problem.from_json(row["problem"])} for _, row in json_lines(path)]
    return [PlusExample(**row) for row in rows]


def write_examples(path: Path, examples: Sequence[Any]) -> None:
    """One JSON object a line: kind, prompt, solution, problem."""
    from reasoning.runs.files import replaced_file

    with replaced_file(path) as file:
        for one in examples:
            row = {"kind": one.kind, "prompt": one.prompt, "solution": one.solution, "problem": one.problem.to_json()}
            file.write(json.dumps(row) + "\n")


def write_tool_problems(path: Path, asked: Sequence[Any]) -> None:
    """The problems of `tools`, as the model was asked them: for a run that gives it the sandbox."""
    from reasoning.runs.files import replaced_file

    with replaced_file(path) as file:
        for one in asked:
            if one.kind == "tools":
                question = one.prompt.removeprefix("Q:").removesuffix("\nA:")
                file.write(json.dumps({**one.problem.to_json(), "prompt": question}) + "\n")


def loss_curve(losses: Sequence[float], batch: int) -> str:
    """The loss of the steps, means of so many that single batches do not hide the curve, as an SVG element."""
    from reasoning.pages.charts import chart

    width = max(1, len(losses) // 100)
    parts = [losses[start : start + width] for start in range(0, len(losses), width)]
    points = [(min((number + 1) * width, len(losses)), sum(part) / len(part)) for number, part in enumerate(parts)]
    return chart("loss, nats a token of the solutions", {f"batches of {batch}": points})


def judged(directory: Path, asked: Sequence[Any]) -> str:
    """A table: how many of its held-out problems the model in a directory gets right."""
    from reasoning.engines import create_engine
    from reasoning.training.nano_plus import right_by_kind
    from verifiers.rewards import VerifierReward

    async def run(reward: VerifierReward) -> dict[str, tuple[int, int, int]]:
        engine = create_engine(f"nano-plus:{directory},batch_size=64")
        try:
            return await right_by_kind(engine, asked, reward)
        finally:
            await engine.close()

    reward = VerifierReward()
    try:
        right = asyncio.run(run(reward))
    finally:
        reward.close()
    return "".join(
        f"| {kind} | {good} of {count} |{f' {unknown} could not be judged |' if unknown else ''}\n"
        for kind, (good, unknown, count) in right.items()
    )


async def made(settings: Any) -> list[Any]:
    """The mixture."""
    from reasoning.training.mixture import make_mixture
    from verifiers.sandbox import SandboxPool

    async with SandboxPool() as pool:
        return await make_mixture(pool, settings.counts, seed=settings.seed, longest=settings.longest)


def write_model(out: Path, settings: Any, data: Any, result: Any, parameters: int, smoke: bool) -> None:
    """The model, the problems that it is asked, what it makes of them, and how it learned."""
    import torch

    from reasoning.training.mixture import KINDS
    from reasoning.training.nano_plus import asked_of, save_plus

    model = out / "model"
    # Before it is asked anything: what was learned is not lost to what may go wrong there.
    save_plus(result.model, model)
    asked = asked_of(data.held_out, settings.held_out)
    write_examples(model / "held_out.jsonl", asked)
    write_tool_problems(model / "tools.jsonl", asked)
    on_gpu = torch.cuda.is_available()
    last = result.losses[-10:]
    card = CARD.format(
        parameters=parameters,
        arguments=" --smoke" if smoke else "",
        steps=result.steps,
        batch=settings.batch_size,
        seconds=result.seconds,
        device=torch.cuda.get_device_name() if on_gpu else "a CPU",
        size_note="" if on_gpu else "\nNo GPU was at hand: this is the smoke test of the recipe, not the model.",
        data="\n".join(f"- {kind}: {data.counts.get(kind, 0):,}" for kind in KINDS),
        warmup=settings.warmup_steps,
        loss=sum(last) / len(last),
        right=judged(model, asked),
    )
    (model / "README.md").write_text(card, encoding="utf-8")
    (model / "loss.svg").write_text(loss_curve(result.losses, settings.batch_size), encoding="utf-8")
    (model / "training.json").write_text(json.dumps({"losses": result.losses}) + "\n")


def told(step: int, planned: int, losses: list[float]) -> None:
    """A line now and then."""
    if step % 100 == 0 or step == planned:
        sys.stderr.write(f"step {step} of {planned}: loss {sum(losses) / len(losses):.3f}\n")
        sys.stderr.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/nano-plus"))
    parser.add_argument("--minutes", type=float, help="of training; default: 8")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on with the training that was stopped in OUT")
    parser.add_argument("--smoke", action="store_true", help="a tiny model and mixture: does it run?")
    parser.add_argument("--plan", action="store_true", help="make the data and print the estimate, train nothing")
    parser.add_argument(
        "--judge", type=Path, metavar="MODEL", help="ask this model its held-out problems, train nothing"
    )
    parser.add_argument("--kinds", nargs="+", metavar="KIND", help="with --judge: ask problems of these kinds alone")
    parser.add_argument("--limit", type=int, metavar="N", help="with --judge: ask N problems of each kind")
    arguments = parser.parse_args()

    import torch
    from transformers.utils import logging

    from reasoning.training.nano_plus import SMOKE, CheckpointError, PlusSettings, asked_of, estimate, train_plus

    logging.disable_progress_bar()
    if arguments.judge:
        asked = read_examples(arguments.judge / "held_out.jsonl")
        kinds = arguments.kinds or sorted({one.kind for one in asked})
        if unknown := sorted({*kinds} - {one.kind for one in asked}):
            parser.error(f"--kinds: {arguments.judge} holds out no problem of kind '{unknown[0]}'")
        asked = asked_of([one for one in asked if one.kind in kinds], arguments.limit or len(asked))
        sys.stdout.write(judged(arguments.judge, asked))
        return 0
    settings = replace(SMOKE if arguments.smoke else PlusSettings(), seed=arguments.seed)
    settings = replace(settings, minutes=arguments.minutes) if arguments.minutes else settings
    arguments.out.mkdir(parents=True, exist_ok=True)
    data = prepared(arguments.out, settings)
    expected = estimate(settings, data.rows)
    sys.stdout.write(
        f"{len(data.rows)} examples, {expected.parameters:,} parameters, {expected.tokens / 1e6:,.1f} M tokens: "
        f"about {expected.seconds / 60:.1f} minutes on one H200 (estimated), cut at {settings.minutes:g}\n"
    )
    if arguments.plan:
        return 0
    if not (torch.cuda.is_available() or arguments.smoke):
        sys.stderr.write("error: no GPU here; --smoke runs a tiny one on a CPU, --plan makes the data\n")
        return 2
    checkpoint = arguments.out / "checkpoint.pt"
    if checkpoint.exists() and not arguments.resume:
        sys.stderr.write(f"error: {checkpoint}: a training was stopped there; --resume goes on with it, or delete it\n")
        return 2
    try:
        result = train_plus(settings, data.rows, told, checkpoint)
    except FloatingPointError as error:
        checkpoint.unlink(missing_ok=True)
        sys.stderr.write(f"error: {error}; the data is kept: lower the learning rate and run it again\n")
        return 1
    except CheckpointError as error:
        sys.stderr.write(f"error: {error}; give the options that it was made with, or delete it\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("stopped; --resume goes on at the last checkpoint\n")
        return 130
    write_model(arguments.out, settings, data, result, expected.parameters, arguments.smoke)
    checkpoint.unlink(missing_ok=True)
    sys.stdout.write(f"model: {arguments.out / 'model'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
