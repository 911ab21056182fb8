"""Trains nano and writes it, its card and its curve: some three minutes on one idle core.

    .venv-vllm/bin/python scripts/train_nano.py --out data/nano

The same command on the same machine writes the same weights.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
CARD_QUESTIONS = 1_000
"""Held-out questions of another stream for the figures of the card."""
CARD_SEED = 100

CARD = """---
license: apache-2.0
language: [en]
tags: [arithmetic, test-model]
library_name: transformers
---

# nano

A language model of {parameters:,} parameters (Qwen2 architecture, tied embeddings, one token a byte, context 512,
float32) that does small arithmetic with worked steps. It is the built-in model of this project: it is there so that
every command and test has a real model to run, and so that fine-tuning can be watched on a laptop.

    Q:37+58=?
    A:7+8+0=15,3+5+1=9####95

## Data

Items 0 to {last:,} of the training stream {seed} of `reasoning/training/arithmetic.py` (version `{version}`), in an
order shuffled by the same seed, each seen once: six families (addition, subtraction, multiplication by a digit, linear
equations, greatest common divisors, word problems over addition and subtraction) in three sizes. Every answer is
computed, not collected. One prompt in 16, chosen by a hash of its text, is held out and is in no training stream.
SHA-256 of the training text: `{digest}`.

## Training

`python scripts/train_nano.py{arguments}`: {steps} steps of {batch} items, loss on the completions alone, Muon (0.02)
on the matrices and AdamW (5e-3, betas .9 and .95) on the rest, {warmup} warm-up steps, flat, then linear to 5 % over
the last 40 %; gradients clipped at 1; one thread, float32.

| step | loss of the batch | exact answers, {held_out} held-out questions | CPU seconds |
| --- | --- | --- | --- |
{curve}

## Results

{right} of {asked} held-out questions of another stream answered exactly ({share:.1%}), greedy, by family:

| family | exact |
| --- | --- |
{families}

## Limits

It knows nothing but these questions, in this form, with numbers of up to three digits. Its chat template turns a
user's message into the question; anything else that it is asked is answered with nonsense.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=DATA / "nano")
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()

    import torch

    from reasoning.runs.progress import progress_display
    from reasoning.training.arithmetic import VERSION, held_out_items, training_items
    from reasoning.training.nano import NanoSettings, accuracy_by_family, save_nano, train_nano

    torch.set_num_threads(arguments.threads)
    settings = NanoSettings(steps=arguments.steps, seed=arguments.seed)
    with progress_display(total=settings.steps, label="nano") as progress:
        result = train_nano(settings, lambda step, loss: progress.advance())
    save_nano(result.model, arguments.out)
    families = accuracy_by_family(result.model, result.tokenizer, held_out_items(CARD_SEED, CARD_QUESTIONS))
    count = settings.steps * settings.batch_size
    text = "".join(item.prompt + item.solution for item in training_items(settings.seed, count))
    changed = "".join(
        f" --{name} {value}"
        for name, value in (("steps", arguments.steps), ("seed", arguments.seed))
        if value != parser.get_default(name)
    )
    right, asked = (sum(pair[side] for pair in families.values()) for side in (0, 1))
    card = CARD.format(
        parameters=sum(parameter.numel() for parameter in result.model.parameters()),
        last=count - 1,
        seed=settings.seed,
        version=VERSION,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        arguments=changed,
        steps=settings.steps,
        batch=settings.batch_size,
        warmup=settings.warmup_steps,
        held_out=settings.held_out,
        curve="\n".join(f"| {p.step} | {p.loss:.3f} | {p.accuracy:.3f} | {p.cpu_seconds:.0f} |" for p in result.curve),
        right=right,
        asked=asked,
        share=right / asked,
        families="\n".join(f"| {name} | {good} of {all} |" for name, (good, all) in families.items()),
    )
    (arguments.out / "README.md").write_text(card, encoding="utf-8")
    curve = {"curve": [asdict(point) for point in result.curve], "losses": [round(loss, 4) for loss in result.losses]}
    (arguments.out / "training.json").write_text(json.dumps(curve) + "\n", encoding="utf-8")
    sys.stdout.write(f"{right} of {asked} held-out questions right; model: {arguments.out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
