"""Makes the mixture, trains nano-plus on it and writes the model with its card; meant for one GPU, 20 minutes.

    python scripts/train_nano_plus.py --out runs/nano-plus                # a GPU
    python scripts/train_nano_plus.py --out runs/plus-smoke --smoke       # the same code on a CPU, in seconds
    python scripts/train_nano_plus.py --out runs/nano-plus --plan         # make the data, say how long it should take

OUT/mixture.jsonl is made once: a second call with the same settings takes what is there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from dataclasses import asdict, replace
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
`scripts/train_nano_plus.py{arguments}` in {steps:,} steps of {batch} examples: {seconds:,.0f} s on {device}.
{size_note}

## Data

{data}

Everything is made by program and judged before it is learned (see `reasoning/training/mixture.py`); one problem in
16, by the hash of its text, is held out, in whatever form it is asked. Loss on the solutions alone; Muon on the
matrices and AdamW on the rest, {warmup} warm-up steps, flat, then linear to 5 % over the last 40 %.

## Results

Held-out problems, greedy, judged by the verifiers; loss of the last 10 steps {loss:.3f}.

| kind | right |
| --- | --- |
{right}

## Limits

It knows these forms and little else; what it writes is to be judged, not believed.
"""


async def mixture(path: Path, settings: Any) -> list[Any]:
    """The examples in `path`, made first where it is not there."""
    from reasoning.runs.files import replaced_file
    from reasoning.training.mixture import PlusExample, make_mixture
    from verifiers.records import Problem
    from verifiers.sandbox import SandboxPool

    wanted = json.dumps({"counts": asdict(settings.counts), "seed": settings.seed, "longest": settings.longest})
    if path.exists():
        with open(path, encoding="utf-8") as file:
            head, *lines = file.read().splitlines()
        if head == wanted:
            rows = map(json.loads, lines)
            return [PlusExample(**{**row, "problem": Problem.from_json(row["problem"])}) for row in rows]
    async with SandboxPool() as pool:
        examples = await make_mixture(pool, settings.counts, seed=settings.seed, longest=settings.longest)
    with replaced_file(path) as file:
        file.write(wanted + "\n")
        for one in examples:
            row = {"kind": one.kind, "prompt": one.prompt, "solution": one.solution, "problem": one.problem.to_json()}
            file.write(json.dumps(row) + "\n")
    return examples


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/nano-plus"))
    parser.add_argument("--minutes", type=float, help="of training; default: 20")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--smoke", action="store_true", help="a tiny model and mixture: does it run?")
    parser.add_argument("--plan", action="store_true", help="make the data and print the estimate, train nothing")
    arguments = parser.parse_args()

    import torch
    from transformers.utils import logging

    from reasoning.runs.progress import progress_display
    from reasoning.training.mixture import KINDS, split_mixture
    from reasoning.training.nano_plus import (
        SMOKE,
        PlusSettings,
        estimate,
        right_by_kind,
        save_plus,
        train_plus,
    )
    from verifiers.rewards import VerifierReward

    logging.disable_progress_bar()
    settings = replace(SMOKE if arguments.smoke else PlusSettings(), seed=arguments.seed)
    settings = replace(settings, minutes=arguments.minutes) if arguments.minutes else settings
    arguments.out.mkdir(parents=True, exist_ok=True)
    examples, held_out = split_mixture(asyncio.run(mixture(arguments.out / "mixture.jsonl", settings)))
    expected = estimate(settings, examples)
    sys.stdout.write(
        f"{len(examples)} examples, {expected.parameters:,} parameters, {expected.tokens / 1e6:,.1f} M tokens: "
        f"about {expected.seconds / 60:.1f} minutes on one H200 (estimated), cut at {settings.minutes:g}\n"
    )
    if arguments.plan:
        return 0
    if not (torch.cuda.is_available() or arguments.smoke):
        sys.stderr.write("error: no GPU here; --smoke runs a tiny one on a CPU, --plan makes the data\n")
        return 2
    try:
        with progress_display(total=settings.steps, label="nano-plus") as progress:
            result = train_plus(settings, examples, lambda step, steps, loss: progress.advance())
    except FloatingPointError as error:
        sys.stderr.write(f"error: {error}; the data is kept: lower the learning rate and run it again\n")
        return 1
    reward = VerifierReward()
    try:
        right = right_by_kind(result, held_out, settings.held_out, reward)
    finally:
        reward.close()
    save_plus(result.model, arguments.out / "model")
    counts = Counter(example.kind for example in examples)
    on_gpu = torch.cuda.is_available()
    last = result.losses[-10:]
    card = CARD.format(
        parameters=expected.parameters,
        arguments=" --smoke" if arguments.smoke else "",
        steps=result.steps,
        batch=settings.batch_size,
        seconds=result.seconds,
        device=torch.cuda.get_device_name() if on_gpu else "a CPU",
        size_note="" if on_gpu else "No GPU was at hand: this is the smoke test of the recipe, not the model.",
        data="\n".join(f"- {kind}: {counts[kind]:,}" for kind in KINDS),
        warmup=settings.warmup_steps,
        loss=sum(last) / len(last),
        right="\n".join(f"| {kind} | {good} of {asked} |" for kind, (good, asked) in right.items()),
    )
    (arguments.out / "model" / "README.md").write_text(card, encoding="utf-8")
    (arguments.out / "model" / "training.json").write_text(json.dumps({"losses": result.losses}) + "\n")
    sys.stdout.write(f"model: {arguments.out / 'model'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
