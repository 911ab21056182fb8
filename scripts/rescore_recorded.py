r"""Recorded outputs of real models judged again: published against ours, every difference with who is right, votes.

    python scripts/rescore_recorded.py --recorded $REASONING_BENCHMARKS/recorded_math --out runs/recorded

prints a line for each file with the right answers by its recorded flags (or by its published total) and by our judge,
and the votes over the 100 problems with 8 samples. `runs/recorded/differences.jsonl` holds every row on which both
disagree, with its gold answer, its answer, and who is right by the judged list
`tests/tables/recorded_differences.jsonl`. The exit status is 1 when a difference is not in that list.

Three files have a published total and no flag for each row; there `runs/recorded/accepted.jsonl` lists what ours
accepts though it is written otherwise than the gold answer. The scorer of ToRA is applied to its recorded predictions:
equal up to 0.001, or a hundredth or a hundredfold of the gold answer, which gives its published totals exactly.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning.evaluation.votes import VoteCounter, VoteOptions
from reasoning.json_lines import json_lines
from reasoning.runs.store import FinishedItem, StoredJudgement
from verifiers.answers import judge
from verifiers.records import Problem, Status, Verdict

JUDGED = Path(__file__).parents[1] / "tests" / "tables" / "recorded_differences.jsonl"
QWEN = "qwen25_math_cot_100"
KS = (1, 2, 4, 8)


@dataclass(frozen=True)
class Sample:
    """One recorded output; `flag` is the old scorer's verdict, None where the file has none."""

    row: int
    sample: int
    gold: str
    text: str
    flag: bool | None
    answer: str


def lines(path: Path) -> Iterator[dict[str, Any]]:
    return (record for _, record in json_lines(path))


def qwen(folder: Path, gold: str) -> Iterator[Sample]:
    for row, record in enumerate(lines(folder / f"{QWEN}.jsonl.gz")):
        for sample, (text, flag, answer) in enumerate(
            zip(record["code"], record["score"], record["pred"], strict=True)
        ):
            yield Sample(row, sample, str(record[gold]), text, flag, answer)


def openai(folder: Path, model: str) -> Iterator[Sample]:
    for row, record in enumerate(lines(folder / "gsm8k_openai_2021.jsonl.gz")):
        gold = record["ground_truth"].rsplit("A:", 1)[1].strip()
        text = record[model]["solution"]
        yield Sample(row, 0, gold, text, record[model]["is_correct"], text.rsplit("\n", 1)[-1])


def abel(folder: Path, name: str) -> Iterator[Sample]:
    for row, record in enumerate(lines(folder / f"{name}.jsonl.gz")):
        yield Sample(row, 0, str(record["gold"]), record["response"], record["result"], str(record["pred"]))


def tora(folder: Path, name: str) -> Iterator[Sample]:
    for row, record in enumerate(lines(folder / f"{name}.jsonl.gz")):
        answer = record["pred"][0]
        yield Sample(row, 0, record["gt"], record["code"][0], tora_accepts(record["gt"], answer), answer)


def tora_accepts(gold: str, answer: str) -> bool:
    """ToRA's rule for numbers."""
    try:
        wanted, given = (float(text.replace(",", "").rstrip("%")) for text in (gold, answer))
    except ValueError:
        return False
    return any(abs(given - scale * wanted) < 1e-3 for scale in (1, 0.01, 100))


def mathcoder(folder: Path, name: str, flag: bool | None) -> Iterator[Sample]:
    for row, record in enumerate(lines(folder / f"{name}.jsonl.gz")):
        yield Sample(row, 0, str(record["ground_truth"]["answer"]), record["completion"], flag, record["completion"])


def files(folder: Path) -> Iterator[tuple[str, int, list[Sample]]]:
    """Name, right answers as published or recorded, and samples of every file."""
    yield QWEN, 728, list(qwen(folder, "gt"))
    yield f"{QWEN} (gold of the data set)", 728, list(qwen(folder, "answer"))
    for model, right in (
        ("6b_finetuning", 286),
        ("6b_verification", 515),
        ("175b_finetuning", 458),
        ("175b_verification", 742),
    ):
        yield f"gsm8k_openai_2021 {model}", right, list(openai(folder, model))
    for name, right in (("70b", 1112), ("code-34b", 1064)):
        yield f"gsm8k_tora_{name}", right, list(tora(folder, f"gsm8k_tora_{name}"))
    for name, right in (("7b", 788), ("13b", 876), ("70b", 1103)):
        yield f"gsm8k_abel_{name}", right, list(abel(folder, f"gsm8k_abel_{name}"))
    for name, right in (("7b", 768), ("13b", 878), ("70b", 1079)):
        yield f"gsm8k_robust_abel_{name}", right, list(abel(folder, f"gsm8k_robust_abel_{name}"))
    for name, right in (("l70b", 752), ("cl34b", 763), ("cl7b", 560)):
        yield f"mathematics_mathcoder_{name}", right, list(mathcoder(folder, f"mathematics_mathcoder_{name}", None))
    yield "math_mathcoder_l7b_accepted", 1179, list(mathcoder(folder, "math_mathcoder_l7b_accepted", True))


def written_alike(gold: str, text: str) -> bool:
    return re.sub(r"[\s$]", "", gold) == re.sub(r"[\s$]", "", text)


def rescore(folder: Path, out: Path) -> int:
    """Judge all files, print the table, write the differences; returns how many of them nobody has judged."""
    known = {
        (row["file"], row["row"], row["sample"]): row for row in map(json.loads, JUDGED.read_text("utf-8").splitlines())
    }
    out.mkdir(parents=True, exist_ok=True)
    unjudged = 0
    print(f"{'file':46} {'samples':>7} {'old':>6} {'old %':>7} {'ours':>6} {'ours %':>7}  differences: who is right")
    with open(out / "differences.jsonl", "w") as differences, open(out / "accepted.jsonl", "w") as accepted:
        for name, published, samples in files(folder):
            ours = 0
            counts: dict[str, int] = {}
            for one in samples:
                passed = judge(one.gold, one.text).passed
                ours += passed
                place = {"file": name, "row": one.row, "sample": one.sample, "gold": one.gold, "answer": one.answer}
                if one.flag is None:
                    if passed and not written_alike(one.gold, one.text):
                        accepted.write(json.dumps(place) + "\n")
                elif passed is not one.flag:
                    found = known.get((name, one.row, one.sample), {"right": "not judged", "why": ""})
                    unjudged += found["right"] == "not judged"
                    counts[found["right"]] = counts.get(found["right"], 0) + 1
                    said = {"old": one.flag, "ours": passed, "right": found["right"], "why": found["why"]}
                    differences.write(json.dumps({**place, **said}) + "\n")
            flagged = sum(bool(one.flag) for one in samples) if samples[0].flag is not None else published
            if flagged != published:
                print(f"error: {name}: {flagged} by its flags, {published} published", file=sys.stderr)
            shown = ", ".join(f"{count} {right}" for right, count in sorted(counts.items())) or "none"
            shown = shown if samples[0].flag is not None else "no flag a row in the file; see accepted.jsonl"
            total = len(samples)
            shares = f"{published:6} {100 * published / total:7.3f} {ours:6} {100 * ours / total:7.3f}"
            print(f"{name:46} {total:7} {shares}  {shown}")
    print("right: ours or recorded; convention: a matter of policy, both defensible; open: readers differ")
    return unjudged


def votes(folder: Path) -> None:
    """The votes of the Qwen file by its recorded flags and by our judge, the first k samples of each problem."""
    print("\nmajority / best by reward / any right, % of 100 problems, first k samples; mean of 8")
    ways = [
        ("recorded flags, answers as strings", None, "strings"),
        ("recorded flags, equivalent answers", None, "equivalent"),
        ("ours, gold as its script normalised it", "gt", "equivalent"),
        ("ours, gold of the data set", "answer", "equivalent"),
    ]
    for title, gold, match in ways:
        counter = VoteCounter(KS, VoteOptions(match=match))
        for row, record in enumerate(lines(folder / f"{QWEN}.jsonl.gz")):
            texts = record["code"] if match == "equivalent" else [f"\\boxed{{{answer}}}" for answer in record["pred"]]
            flags = (
                record["score"] if gold is None else [judge(str(record[gold]), text).passed for text in record["code"]]
            )
            items = [
                _item(row, sample, *one)
                for sample, one in enumerate(zip(texts, flags, record["pred_score"], strict=True))
            ]
            counter.add(Problem(str(row), "answer"), items)
        found = counter.first_k()
        cells = ["/".join(f"{100 * found[f'{name}@{k}'].value:.1f}" for name in ("maj", "rm", "pass")) for k in KS]
        mean = 100 * found["mean@8"].value
        print(
            f"{title:40} "
            + "  ".join(f"k={k} {cell}" for k, cell in zip(KS, cells, strict=True))
            + f"  mean {mean:.3f}"
        )


def _item(row: int, sample: int, text: str, passed: bool, reward: list[float]) -> FinishedItem:
    verdict = Verdict.of("", Status.PASSED if passed else Status.WRONG)
    return FinishedItem(
        row, str(row), sample, "stop", StoredJudgement(0, row, text, verdict), vote={"reward": reward[0]}
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(os.environ.get("REASONING_BENCHMARKS", ".")) / "recorded_math"
    parser.add_argument("--recorded", type=Path, default=default, help="folder of the recorded outputs")
    parser.add_argument("--out", type=Path, default=Path("runs/recorded"), help="where the differences go")
    arguments = parser.parse_args()
    if not (arguments.recorded / f"{QWEN}.jsonl.gz").is_file():
        parser.error(f"--recorded {arguments.recorded}: holds no {QWEN}.jsonl.gz")
    unjudged = rescore(arguments.recorded, arguments.out)
    votes(arguments.recorded)
    print(f"\ndifferences: {arguments.out / 'differences.jsonl'}")
    if unjudged:
        sys.exit(f"{unjudged} differences are not in {JUDGED}")


if __name__ == "__main__":
    main()
