r"""Makes nano-prover: its training on the shipped corpus, its measurement and its card; and the corpus, judged by Lean.

    .venv-vllm/bin/python scripts/train_nano_prover.py train --out runs/nano-prover       # the shipped weights again
    .venv-vllm/bin/python scripts/train_nano_prover.py measure --out runs/nano-prover
    .venv-vllm/bin/python scripts/train_nano_prover.py corpus --out runs/other --minutes 10   # a corpus of one's own

`corpus` can be stopped at any time and goes on where it was; `--part 0/2` and `--part 1/2` share the work. All that is
made lies in the folder: `corpus-*.jsonl`, `lemmas.jsonl`, `model/` (with corpus and card) and `measured.json`. Without
a corpus in the folder, `train` takes the shipped one. To ship a model, copy `model/` to `data/nano_prover`.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import hashlib
import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from reasoning.data_files import data_file
from reasoning.engines.base import derive_seed
from reasoning.proving.drafts import Draft
from reasoning.proving.held_out import core_theorems, held_out_keys, is_held_out, statement_key
from reasoning.proving.measuring import count_conjectures, judge_proofs
from reasoning.proving.prompts import STRICT_HEADER, TRIVIAL_LEMMA, conjecturer_prompt, prover_prompt
from reasoning.runs.progress import progress_display
from reasoning.selfplay.checking import LeanChecker
from reasoning.selfplay.config import SelfPlayLean
from reasoning.selfplay.lemmas import LemmaBook
from reasoning.training.prover_corpus import (
    CORE,
    Proved,
    conjecturer_examples,
    judged,
    make_plan,
    prover_examples,
)
from verifiers.proofs.lean.bridge import LeanBridge
from verifiers.proofs.lean.tactics import TacticSession
from verifiers.proofs.records import ProofTask
from verifiers.records import RecordError, Status
from verifiers.sandbox import Limits, SandboxPool

DRAWN, VARIED = 2_600, 3_400
VOCABULARY = 640
STEPS = 1_400
CONJECTURES = 12_000
"""Examples drawn for the conjecturer; those that come twice count once."""
MEASURED_CONJECTURES = 64
TRIED_CONJECTURES = 24
"""Of those that elaborate."""
SAMPLES = 8
HEARTBEATS = 50_000
"""Lean's limit for a measured proof."""
LONGEST_PROOF, LONGEST_CONJECTURE = 80, 80
"""New tokens."""
SHOWN = 12
CORPUS_NAME, LEMMAS_NAME = "corpus.jsonl.gz", "lemmas.jsonl"

CARD = """---
license: apache-2.0
language: [en]
tags: [lean, theorem-proving, test-model]
library_name: transformers
---

# nano-prover

A language model of {parameters:,} parameters (Qwen2 architecture, tied embeddings, byte-level BPE of {vocabulary}
tokens fitted to Lean text, context 512, float32) that proves small Lean 4 theorems of the core library and conjectures
new ones. It is there so that provers, self-play and tree search have a real model to run on a laptop; it is a start to
be improved, not a good prover.

Prover, and conjecturer (prompts of STP, arXiv 2502.00212; see `reasoning/proving/prompts.py`):

{examples}

## Data

{theorems:,} theorems with {rows:,} proofs, in `corpus.jsonl.gz`, every proof accepted by the kernel of the embedded
Lean: {families}.
Drafts come from `templates.lean` (varied: variables renamed, terms and numbers put in), from the grammars of
`reasoning/proving/generated.py`, and from the core-Lean theorems with their reference proofs and single closing tactics
of the search prover. Of the core-Lean theorems one in four, by a hash of the statement, is held out: {held_out}
theorems, which are in no draft under any names. SHA-256 of the corpus:
`{digest}`.

Examples: every proof for the prover, and {conjecturer:,} pairs of theorems for the conjecturer. Two of a pair share a
family, or a lemma: one of {lemmas} library theorems (`lemmas.jsonl`) that the accepted proofs of both refer to;
{traced:,} proofs are known to refer to one.

## Training

One command makes these weights from the corpus here: `python scripts/train_nano_prover.py train`. {steps} steps of
{batch} examples, loss on the completions alone, Muon (0.02) on the matrices and AdamW (5e-3, betas .9 and .95) on the
rest, {warmup} warm-up steps, flat, then linear to 5 % over the last 40 %; gradients clipped at 1; one thread, float32.

| step | loss, nats a token | loss on held-out theorems' reference proofs | CPU seconds |
| --- | --- | --- | --- |
{curve}

## Results

Judged by the embedded Lean, whole proofs, on the {held_out} held-out core-Lean theorems:

| | proved |
| --- | --- |
| greedy | {greedy} of {held_out} |
| pass@{samples} at temperature 1 | {sampled} of {held_out} |
| share of right samples at temperature 1 | {rate:.1%} |

By level, pass@{samples}: {levels}. Samples by verdict: {statuses}.

Conjectures at temperature 1, from {asked} proofs of the corpus: {read} are one statement, {distinct} of them distinct,
{new} new (in no corpus under other names), {elaborate} of these elaborate with every name bound; the prover proves
{conjectures_proved} of {conjectures_tried} of them in {samples} samples, and {window} at a rate above 0 and below 1/4.
Some:

{conjectures}

## Limits

It has seen only statements of the core library's kind, with short proofs, and picks tactics by the look of a statement.
Its chat template takes a Lean statement out of a code block and asks for the proof; anything else is answered with
nonsense.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    corpus = commands.add_parser("corpus", help="draw theorems and have Lean judge their proofs")
    corpus.add_argument("--minutes", type=float, default=30.0, help="stop after this time; call again to go on")
    corpus.add_argument("--part", default="0/1", help="K/N: the K-th of N parts, from 0")
    corpus.add_argument("--given", type=Path, help="JSON lines with `statement` and `proof` to be judged too")
    corpus.add_argument("--drawn", type=int, default=DRAWN)
    corpus.add_argument("--varied", type=int, default=VARIED)
    train = commands.add_parser("train", help="train the model on the corpus")
    train.add_argument("--steps", type=int, default=STEPS)
    train.add_argument(
        "--share",
        type=float,
        default=1.0,
        help="of the theorems whose proofs the prover learns; below 1: a weaker prover",
    )
    train.add_argument("--threads", type=int, default=1)
    train.add_argument("--minutes", type=float, default=60.0, help="stop after this time; call again to go on")
    measure = commands.add_parser("measure", help="have Lean judge the model; writes the card")
    measure.add_argument("--limit", type=int, default=10**9, help="held-out theorems")
    measure.add_argument("--minutes", type=float, default=60.0, help="stop after this time; call again to go on")
    for command in (corpus, train, measure):
        command.add_argument("--out", type=Path, required=True)
        command.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    {"corpus": _corpus, "train": _train, "measure": _measure}[arguments.command](arguments)
    return 0


def _corpus(arguments: argparse.Namespace) -> None:
    part, parts = map(int, arguments.part.split("/"))
    plan = make_plan(arguments.seed, arguments.drawn, arguments.varied, _given(arguments.given))[part::parts]
    path = arguments.out / f"corpus-{part}.jsonl"
    done = {line["draft"] for file in arguments.out.glob("corpus-*.jsonl") for line in _lines(file)}
    waiting = [draft for draft in plan if draft.statement not in done]
    asyncio.run(_judge_and_look_up(waiting, path, time.monotonic() + 60 * arguments.minutes))


async def _judge_and_look_up(waiting: Sequence[Draft], path: Path, end: float) -> None:
    async with SandboxPool(workers=1) as sandbox:
        bridge = LeanBridge(sandbox, workers=1)
        await _judge_drafts(bridge, waiting, path, end)
        await _look_up_lemmas(LeanChecker(sandbox, SelfPlayLean(), bridge), path.parent)


async def _look_up_lemmas(checker: LeanChecker, folder: Path) -> None:
    """Write the statements of all library theorems that the corpus's proofs refer to."""
    with LemmaBook(folder / LEMMAS_NAME, checker) as book:
        await book.look_up(name for row in _rows(folder) for name in row["premises"])


async def _judge_drafts(bridge: LeanBridge, waiting: Sequence[Draft], path: Path, end: float) -> None:
    with (
        open(path, "a", encoding="utf-8") as file,
        progress_display(total=len(waiting), label="drafts") as progress,
    ):
        async for one in judged(bridge, waiting):
            rows = [row.to_json() for row in one.proved]
            line = {"draft": one.draft.statement, "family": one.draft.family, "proved": rows}
            file.write(json.dumps(line | {"refused": one.refused}, ensure_ascii=False) + "\n")
            file.flush()
            progress.advance()
            if time.monotonic() > end:
                break


def _given(path: Path | None) -> list[Draft]:
    rows = _lines(path) if path else ()
    return [Draft(row["statement"], (row["proof"],), row.get("family", "given")) for row in rows]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Whole lines; one that was cut off by a kill is left out."""
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("corpus-*.jsonl")):
        for line in _lines(path):
            yield from line["proved"]


def _corpus_of(folder: Path) -> tuple[list[Proved], dict[str, str]]:
    """The folder's corpus, or the shipped one, in a fixed order, and the statements of its lemmas.

    A lemma is one that two theorems share and that is no held-out theorem itself; other premises are left out.
    """
    rows = list(_rows(folder))
    if rows:
        lines = _lines(folder / LEMMAS_NAME)
    else:
        text = gzip.decompress(data_file(f"nano_prover/{CORPUS_NAME}").read_bytes()).decode()
        rows = [json.loads(line) for line in text.splitlines()]
        lines = _lines(data_file(f"nano_prover/{LEMMAS_NAME}"))
    known = {line["name"]: line["statement"] for line in lines if line["statement"]}
    users: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for name in row["premises"]:
            users[name].add(statement_key(row["statement"]))
    lemmas = {
        name: statement
        for name, statement in sorted(known.items())
        if len(users[name]) > 1 and not is_held_out(statement)
    }
    corpus = (
        Proved(row["statement"], row["proof"], row["family"], tuple(name for name in row["premises"] if name in lemmas))
        for row in rows
    )
    return sorted(corpus, key=lambda one: (one.family, one.statement, one.proof)), lemmas


def _shown_to_the_prover(corpus: Sequence[Proved], share: float, seed: int) -> list[Proved]:
    """Proofs of a share of the theorems: the same ones whatever else is in the corpus."""
    return [one for one in corpus if derive_seed("shown", seed, one.statement) % 1_000_000 < share * 1_000_000]


def _train(arguments: argparse.Namespace) -> None:
    import torch
    from transformers.utils import logging

    from reasoning.training.nano_prover import ProverSettings, make_prover_tokenizer, save_prover, train_prover

    logging.disable_progress_bar()
    torch.set_num_threads(arguments.threads)
    corpus, lemmas = _corpus_of(arguments.out)
    proofs = prover_examples(_shown_to_the_prover(corpus, arguments.share, arguments.seed))
    examples = proofs + conjecturer_examples(corpus, lemmas, CONJECTURES, arguments.seed)
    held_out = prover_examples(
        [Proved(problem.text("statement"), problem.meta["reference"], "") for problem in _held_out()]
    )
    tokenizer = make_prover_tokenizer((one.prompt + one.completion for one in examples), VOCABULARY)
    settings = ProverSettings(steps=arguments.steps, seed=arguments.seed)
    end: float = time.monotonic() + 60 * arguments.minutes
    name = f"checkpoint-{_digest(corpus)[:12]}-{arguments.steps}-{arguments.share}-{arguments.seed}.pt"
    with progress_display(total=settings.steps, label="nano-prover") as progress:

        def on_step(step: int, loss: float) -> bool:
            progress.advance()
            return time.monotonic() > end

        result = train_prover(examples, held_out, tokenizer, settings, on_step, arguments.out / name)
    if result is None:
        sys.exit("the minutes are over; call again to go on")
    model = arguments.out / "model"
    save_prover(result.model, tokenizer, model)
    with open(model / CORPUS_NAME, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(_text(corpus).encode())
    lines = (json.dumps({"name": name, "statement": one}, ensure_ascii=False) for name, one in lemmas.items())
    (model / LEMMAS_NAME).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    made = {
        "curve": [asdict(point) for point in result.curve],
        "steps": settings.steps,
        "batch": settings.batch_size,
        "warmup": settings.warmup_steps,
        "seed": settings.seed,
        "examples": result.examples,
        "conjecturer": len(examples) - len(proofs),
        "share": arguments.share,
        "sha256": _digest(corpus),
        "parameters": sum(parameter.numel() for parameter in result.model.parameters()),
    }
    (model / "training.json").write_text(json.dumps(made) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(corpus)} proofs, {len(examples)} examples; model: {model}\n")


def _text(corpus: Sequence[Proved]) -> str:
    return "".join(json.dumps(row.to_json(), ensure_ascii=False) + "\n" for row in corpus)


def _digest(corpus: Sequence[Proved]) -> str:
    return hashlib.sha256(_text(corpus).encode()).hexdigest()


def _held_out() -> list[Any]:
    return [problem for problem in core_theorems() if is_held_out(problem.text("statement"))]


def _measure(arguments: argparse.Namespace) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    from reasoning.training.sampling import SampleSettings, sample_texts

    logging.disable_progress_bar()
    model = AutoModelForCausalLM.from_pretrained(arguments.out / "model", dtype="auto").eval()
    tokenizer = AutoTokenizer.from_pretrained(arguments.out / "model")
    corpus, lemmas = _corpus_of(arguments.out)

    digest = hashlib.sha256((arguments.out / "model" / "model.safetensors").read_bytes()).hexdigest()[:12]
    kept = arguments.out / f"sampled-{digest}.jsonl"
    known_texts: dict[tuple[str, ...], list[str]] = {tuple(line["key"]): line["texts"] for line in _lines(kept)}

    def sampled(prompts: Sequence[str], temperature: float, longest: int, seed: int) -> list[str]:
        key = (hashlib.sha256("\0".join(prompts).encode()).hexdigest(), str(temperature), str(longest), str(seed))
        if key not in known_texts:
            settings = SampleSettings(temperature=temperature, max_new_tokens=longest, seed=seed)
            known_texts[key] = sample_texts(model, tokenizer, prompts, settings)
            with open(kept, "a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, "texts": known_texts[key]}) + "\n")
        return known_texts[key]

    def proofs_for(statements: Sequence[str], samples: int, temperature: float) -> dict[str, list[str]]:
        prompts = [prover_prompt(statement) for statement in statements for _ in range(samples)]
        texts = sampled(prompts, temperature, LONGEST_PROOF, arguments.seed)
        return {one: texts[index * samples : (index + 1) * samples] for index, one in enumerate(statements)}

    stream = random.Random(arguments.seed)
    prompts = []
    for seed in stream.sample(corpus, min(MEASURED_CONJECTURES, len(corpus))):
        lemma = stream.choice([lemmas[name] for name in seed.premises] or [TRIVIAL_LEMMA])
        prompts.append(conjecturer_prompt(lemma, seed.statement, seed.proof))
    conjectured = sampled(prompts, 1.0, LONGEST_CONJECTURE, arguments.seed)
    statements = [problem.text("statement") for problem in _held_out()][: arguments.limit]
    known = frozenset({statement_key(one.statement) for one in corpus} | held_out_keys())
    path, end = arguments.out / f"judged-{digest}.jsonl", time.monotonic() + 60 * arguments.minutes
    try:
        measured = asyncio.run(_judged_by_lean(statements, proofs_for, conjectured, known, path, end))
    except OutOfTime:
        sys.exit("the minutes are over; call again to go on")
    (arguments.out / "measured.json").write_text(json.dumps(measured, ensure_ascii=False) + "\n", encoding="utf-8")
    _write_card(arguments.out, corpus, lemmas, measured)


class OutOfTime(Exception):
    """The minutes are over."""


class Judge:
    """Lean's word, kept in a file: what was judged before is not judged again."""

    def __init__(self, bridge: LeanBridge, path: Path, end: float) -> None:
        self._bridge, self._path, self._end = bridge, path, end
        self._known: dict[tuple[str, str], str] = {
            (line["statement"], line["proof"]): line["status"] for line in _lines(path)
        }

    async def check(self, statement: str, proof: str) -> Status:
        """The verdict on a proof. What does not even elaborate is wrong; what does is judged by the kernel."""
        return Status(await self._once(statement, proof, self._judged))

    async def elaborates(self, statement: str) -> bool:
        """Whether Lean can read a statement."""
        return await self._once(statement, "", self._read) == Status.PASSED.value

    async def _once(self, statement: str, proof: str, ask: Callable[[ProofTask, str], Awaitable[Status]]) -> str:
        if (statement, proof) not in self._known:
            if time.monotonic() > self._end:
                raise OutOfTime
            status = await ask(ProofTask("lean", statement, heartbeats=HEARTBEATS), proof)
            self._known[statement, proof] = status.value
            with open(self._path, "a", encoding="utf-8") as file:
                line = {"statement": statement, "proof": proof, "status": status.value}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        return self._known[statement, proof]

    async def _judged(self, task: ProofTask, proof: str) -> Status:
        if not (await self._bridge.attempt(task, proof, 20.0)).proved:
            return Status.WRONG
        return (await self._bridge.check(task, proof, Limits(wall_seconds=20.0))).status

    async def _read(self, task: ProofTask, proof: str) -> Status:
        try:
            await TacticSession(self._bridge).start(replace(task, header=STRICT_HEADER))
        except RecordError:
            return Status.WRONG
        return Status.PASSED


async def _judged_by_lean(
    statements: Sequence[str],
    proofs_for: Callable[[Sequence[str], int, float], dict[str, list[str]]],
    conjectured: Sequence[str],
    known: frozenset[str],
    path: Path,
    end: float,
) -> dict[str, Any]:
    async with SandboxPool(workers=1) as sandbox:
        judge = Judge(LeanBridge(sandbox, workers=1), path, end)
        greedy = await judge_proofs(judge.check, proofs_for(statements, 1, 0.0))
        conjectures = await count_conjectures(judge.elaborates, conjectured, known)
        sampled = await judge_proofs(judge.check, proofs_for(statements, SAMPLES, 1.0))
        tried = await judge_proofs(judge.check, proofs_for(conjectures.statements[:TRIED_CONJECTURES], SAMPLES, 1.0))
    return {
        "held_out": {statement: [greedy.right[statement], sampled.right[statement]] for statement in statements},
        "proofs": dict(sampled.proofs),
        "statuses": dict(sampled.statuses),
        "conjectures": conjectures.to_json(),
        "conjectures_right": dict(tried.right),
    }


def _write_card(folder: Path, corpus: Sequence[Proved], lemmas: Mapping[str, str], measured: dict[str, Any]) -> None:
    made = json.loads((folder / "model" / "training.json").read_text(encoding="utf-8"))
    right = measured["held_out"]
    levels = Counter[str]()
    proved = Counter[str]()
    for problem in _held_out():
        statement = problem.text("statement")
        if statement in right:
            levels[problem.meta["level"]] += 1
            proved[problem.meta["level"]] += right[statement][1] > 0
    families = Counter(one.family for one in corpus)
    conjectures, tried = measured["conjectures"], measured["conjectures_right"]
    example = corpus[len(corpus) // 2]
    pair = conjecturer_examples(corpus, lemmas, CONJECTURES, made["seed"])[0]
    shown = "".join(
        f"    {line}".rstrip() + "\n" for line in (prover_prompt(example.statement) + "\n" + example.proof).split("\n")
    )
    shown += "\n" + "".join(f"    {line}".rstrip() + "\n" for line in (pair.prompt + pair.completion).split("\n"))
    card = CARD.format(
        parameters=made["parameters"],
        vocabulary=VOCABULARY,
        examples=shown.rstrip(),
        theorems=len({one.statement for one in corpus}),
        rows=len(corpus),
        families=f"{families[CORE]} of core-Lean theorems, the rest of {len(families) - (CORE in families)} families",
        held_out=len(right),
        digest=made["sha256"],
        conjecturer=made["conjecturer"],
        lemmas=len(lemmas),
        traced=sum(bool(one.premises) for one in corpus),
        steps=made["steps"],
        batch=made["batch"],
        warmup=made["warmup"],
        curve="\n".join(
            f"| {p['step']} | {p['loss']:.3f} | {p['held_out']:.3f} | {p['cpu_seconds']:.0f} |" for p in made["curve"]
        ),
        greedy=sum(pair[0] for pair in right.values()),
        sampled=sum(pair[1] > 0 for pair in right.values()),
        samples=SAMPLES,
        rate=sum(pair[1] for pair in right.values()) / (SAMPLES * len(right)),
        levels=", ".join(f"{level} {proved[level]} of {count}" for level, count in levels.items()),
        statuses=", ".join(f"{name} {count}" for name, count in sorted(measured["statuses"].items())),
        asked=conjectures["sampled"],
        read=conjectures["read"],
        distinct=conjectures["distinct"],
        new=conjectures["new"],
        elaborate=conjectures["elaborate"],
        conjectures_proved=sum(count > 0 for count in tried.values()),
        conjectures_tried=len(tried),
        window=sum(0 < count / SAMPLES < 0.25 for count in tried.values()),
        conjectures="\n".join(
            f"    {count}/{SAMPLES}  {' '.join(one.split())}" for one, count in list(tried.items())[:SHOWN]
        )
        or "    none",
    )
    (folder / "model" / "README.md").write_text(card, encoding="utf-8")
    sys.stdout.write(card[card.index("## Results") :])


if __name__ == "__main__":
    sys.exit(main())
