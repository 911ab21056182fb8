"""EFAGen with a model from end to end on a CPU: rounds of rejection fine-tuning, with the rates of the tests in each.

    .venv-vllm/bin/python scripts/efagen_with_a_model.py --out runs/efagen-rounds         # some minutes of one core

A small model is trained from random weights on short classes for short stories, of which `--spoiled` are wrong in one
of five ways. It then knows the layout, but often writes a class that fails a test. Each round is three commands of the
package: `generate efagen --keep families` with the model so far, `families rates`, and `train sft` on what was kept.
The stories of the rounds are none of those that it was first trained on. Interrupted, the same command goes on.

    OUT/start/            the first model
    OUT/round-1/          the run: dataset, discarded.jsonl (what fell, at which test, and why), cost.json
    OUT/round-1-train/    the fine-tuned model
    OUT/rates.json        the table
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reasoning.families.prompts import efa_problem
from reasoning.pipelines.efagen_rates import test_rates

NAMES = ("Ann", "Bob", "Cy", "Dee", "Eva", "Flo", "Gus", "Ida")
THINGS = ("nuts", "pens", "eggs", "cups", "figs", "hats", "keys", "mugs")
STORIES = (
    ("{name} has {a} {things} and buys {b}. How many {things} now?", "+", 10, 99, 2, 60),
    ("{name} has {a} {things} and loses {b}. How many {things} now?", "-", 40, 99, 2, 39),
    ("{name} has {a} bags of {b} {things}. How many {things}?", "*", 2, 30, 2, 30),
)
CLASS = """class F:
    original = {{"a": {a}, "b": {b}}}
    def sample(r): return {{"a": r.randint({low_a}, {high_a}), "b": r.randint({low_b}, {high_b})}}
    def render(a, b): return f"{text}"
    def solve(a, b): return a {sign} b
"""
SPOILED = {
    "is_extractable": ("def solve", "def answer"),
    "is_executable": ("return a ", "return q "),
    "has_dof": ("r.randint", "min"),
    "is_single_valued": ("return a ", "return id(object()) + a "),
    "matches_original": ('"a": ', '"a": 1 + '),
}
"""Test that it fails -> what is changed in a class."""
MARK = "Now the problem for which the class is wanted.\\n\\n"
CHAT_TEMPLATE = f"{{{{ messages[0]['content'].split('{MARK}')[-1] }}}}\\nClass:\\n"
"""The model is too small for the whole instruction: its template leaves the seed."""
PAD, EOS = "<pad>", "<eos>"
MAX_POSITIONS = 512
VOCABULARY_SIZE = 600


def story(draw: random.Random) -> dict[str, str]:
    """A seed problem with solution and answer, and a class for it."""
    text, sign, low_a, high_a, low_b, high_b = draw.choice(STORIES)
    words = {"name": draw.choice(NAMES), "things": draw.choice(THINGS)}
    a, b = draw.randint(low_a, high_a), draw.randint(low_b, high_b)
    answer = {"+": a + b, "-": a - b, "*": a * b}[sign]
    bounds = {"low_a": low_a, "high_a": high_a, "low_b": low_b, "high_b": high_b}
    return {
        "problem": text.format(a=a, b=b, **words),
        "solution": f"{a} {sign} {b} = {answer}",
        "answer": str(answer),
        "class": CLASS.format(a=a, b=b, text=text.format(a="{a}", b="{b}", **words), sign=sign, **bounds),
    }


def spoiled(text: str, draw: random.Random) -> str:
    """The class with one thing wrong."""
    old, new = SPOILED[draw.choice(list(SPOILED))]
    return text.replace(old, new)


def write_texts(path: Path, count: int, share: float, seen: set[str]) -> list[str]:
    """Prompts with classes, the first training set; returns its texts, and adds its problems to `seen`."""
    draw = random.Random(1)
    texts = []
    with open(path, "w", encoding="utf-8") as file:
        for _ in range(count):
            one = story(draw)
            seen.add(one["problem"])
            prompt = efa_problem("", one["problem"], one["solution"], one["answer"]).prompt
            completion = spoiled(one["class"], draw) if draw.random() < share else one["class"]
            file.write(json.dumps({"prompt": prompt, "completion": completion}) + "\n")
            texts.append(prompt.rpartition("wanted.")[2] + completion)
    return texts


def write_seeds(path: Path, count: int, seen: set[str]) -> None:
    """The seed problems of the rounds, none of which is in `seen`."""
    draw = random.Random(2)
    with open(path, "w", encoding="utf-8") as file:
        written = 0
        while written < count:
            one = story(draw)
            if one["problem"] in seen:
                continue
            seen.add(one["problem"])
            record = {"id": f"story/{written}", "kind": "answer", "prompt": one["problem"], "gold": one["answer"]}
            file.write(json.dumps({**record, "meta": {"reference": one["solution"]}}) + "\n")
            written += 1


def make_start(directory: Path, texts: Sequence[str]) -> None:
    """A model with random weights and a tokenizer for these texts, in the standard layout."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.decoders import ByteLevel as ByteLevelDecoder
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel, Digits
    from tokenizers.pre_tokenizers import Sequence as Steps
    from tokenizers.trainers import BpeTrainer
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    core = Tokenizer(BPE())
    core.pre_tokenizer = Steps([Digits(individual_digits=True), ByteLevel(add_prefix_space=False)])
    core.decoder = ByteLevelDecoder()
    trainer = BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        special_tokens=[PAD, EOS],
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token=PAD,
        eos_token=EOS,
        padding_side="left",
        model_max_length=MAX_POSITIONS,
        clean_up_tokenization_spaces=False,
        chat_template=CHAT_TEMPLATE,
    )
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=96,
        intermediate_size=288,
        num_hidden_layers=3,
        num_attention_heads=3,
        num_key_value_heads=3,
        max_position_embeddings=MAX_POSITIONS,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        initializer_range=0.05,
    )
    torch.manual_seed(0)
    Qwen2ForCausalLM(config).to(torch.float32).save_pretrained(directory)
    tokenizer.save_pretrained(directory)


def reasoning(*arguments: object) -> None:
    """Run a command of the package; its output goes to the terminal."""
    print("$ reasoning", *arguments, flush=True)
    subprocess.run([sys.executable, "-m", "reasoning.cli.main", *map(str, arguments)], check=True)


def train(model: Path, data: Path, steps: int, rate: float, out: Path) -> Path:
    """Fine-tune, or go on with it; returns the model's directory."""
    if not (out / "metrics.json").exists():
        changes = {
            "model": model, "data.train": data, "data.evaluation": "", "data.count": 1_000_000, "steps": steps,
            "batch_size": 32, "max_length": MAX_POSITIONS, "threads": 1, "optimizer.name": "muon",
            "optimizer.learning_rate": rate, "optimizer.muon_learning_rate": rate, "schedule.warmup_steps": 10,
        }  # fmt: skip
        start = ["--resume", out] if (out / "config.json").exists() else ["--out", out]
        settings = (
            []
            if "--resume" in start
            else [part for item in changes.items() for part in ("--set", "=".join(map(str, item)))]
        )
        reasoning("train", *([] if "--resume" in start else ["sft"]), *settings, *start, "--quiet")
    return out / "model"


def generate(model: Path, seeds: Path, candidates: int, seed: int, out: Path) -> None:
    """A round of EFAGen, or go on with it."""
    if not (out / "dataset").exists():
        engine = f"transformers:{model},device=cpu,dtype=float32,batch_size=64"
        options = {"--problems": seeds, "--engine": engine, "--candidates": candidates, "--keep": "families"}
        options |= {"--temperature": 0.9, "--max-tokens": 200, "--seed": seed, "--decontaminate": "none", "--near": 0}
        pairs = [part for item in options.items() for part in item]
        reasoning("generate", "efagen", *pairs, "--jsonl", "--quiet", "--resume", out)


def fallen(run: Path) -> Counter[str]:
    """How many candidates fell, by stage."""
    lines = (run / "discarded.jsonl").read_text(encoding="utf-8").splitlines()
    return Counter(str(json.loads(line)["stage"]) for line in lines)


def table(rounds: Sequence[dict[str, Any]]) -> str:
    """Share of the candidates of each round that passed each test and those before it, as Markdown."""
    names = list(rounds[0]["passed"])
    lines = [
        "| test | " + " | ".join(f"round {one['round']}" for one in rounds) + " |",
        "| --- " * (len(rounds) + 1) + "|",
    ]
    for name in names:
        shares = (f"{100 * one['passed'][name] / one['candidates']:.1f} %" for one in rounds)
        lines.append(f"| {name} | " + " | ".join(shares) + " |")
    kept = (f"{one['kept']} of {one['seeds']}" for one in rounds)
    return "\n".join([*lines, "| seeds with a family | " + " | ".join(kept) + " |"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/efagen-rounds"))
    parser.add_argument("--texts", type=int, default=4000, help="classes that the first model is trained on")
    parser.add_argument("--spoiled", type=float, default=0.7, help="share of them that is wrong")
    parser.add_argument("--steps", type=int, default=600, help="of the first training")
    parser.add_argument("--round-steps", type=int, default=40, help="of the training after each round")
    parser.add_argument(
        "--rounds", type=int, default=3, help="EFAGen runs; after each but the last the model is trained"
    )
    parser.add_argument("--seeds", type=int, default=24, help="seed problems of a round")
    parser.add_argument("--candidates", type=int, default=6, help="candidates of each seed")
    options = parser.parse_args()
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    seen: set[str] = set()
    texts = write_texts(out / "texts.jsonl", options.texts, options.spoiled, seen)
    if not (out / "weights" / "config.json").exists():
        make_start(out / "weights", texts)
    model = train(out / "weights", out / "texts.jsonl", options.steps, 0.01, out / "start")
    rounds: list[dict[str, Any]] = []
    kept: list[str] = []
    for number in range(1, options.rounds + 1):
        run, seeds = out / f"round-{number}", out / f"seeds-{number}.jsonl"
        write_seeds(seeds, options.seeds, seen)
        generate(model, seeds, options.candidates, number, run)
        reasoning("families", "rates", run)
        print("fallen:", ", ".join(f"{stage} {count}" for stage, count in fallen(run).most_common()), flush=True)
        rates = test_rates(run)
        files = sorted((run / "dataset" / "data").glob("*.jsonl"))
        lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
        kept += lines
        rounds.append(
            {"round": number, "seeds": options.seeds, "candidates": rates[0].reached, "kept": len(lines),
             "passed": {rate.test: rate.passed for rate in rates}}
        )  # fmt: skip
        if number < options.rounds and kept:
            data = out / f"kept-{number}.jsonl"
            data.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
            model = train(model, data, options.round_steps, 0.003, out / f"round-{number}-train")
    (out / "rates.json").write_text(json.dumps(rounds, indent=2) + "\n", encoding="utf-8")
    print(table(rounds))


if __name__ == "__main__":
    main()
