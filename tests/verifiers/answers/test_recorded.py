"""Recorded outputs of real models, scored again."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from verifiers.answers import judge

BENCHMARKS = os.environ.get("REASONING_BENCHMARKS")
pytestmark = pytest.mark.skipif(BENCHMARKS is None, reason="REASONING_BENCHMARKS is not set")


def recorded(name: str) -> list[dict[str, object]]:
    path = Path(BENCHMARKS or "") / "recorded_math" / f"{name}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def test_qwen_voting_figures() -> None:
    """Counted as the file's own script counts; one recorded flag is wrong (gold 10{,}000, answer 10000)."""
    rows = recorded("qwen25_math_cot_100")
    scores = [[judge(str(row["gt"]), text).passed for text in row["code"]] for row in rows]  # type: ignore[attr-defined]
    flags = [list(row["score"]) for row in rows]  # type: ignore[call-overload]
    assert [(row, k) for row in range(100) for k in range(8) if scores[row][k] is not flags[row][k]] == [(72, 7)]
    scores[72][7] = False
    for k, (majority, reward, any_right) in {
        1: (90, 90, 90),
        2: (90, 93, 94),
        4: (93, 93, 95),
        8: (93, 94, 96),
    }.items():
        votes = best = some = 0
        for row, right in zip(rows, scores, strict=True):
            answers = list(row["pred"])[:k]  # type: ignore[call-overload]
            winner = max(answers, key=answers.count)
            votes += right[answers.index(winner)]
            rewards = [float(value[0]) for value in list(row["pred_score"])[:k]]  # type: ignore[call-overload]
            best += right[rewards.index(max(rewards))]
            some += any(right[:k])
        assert (votes, best, some) == (majority, reward, any_right), k


@pytest.mark.parametrize(
    ("model", "right"),
    [("6b_finetuning", 286), ("6b_verification", 515), ("175b_finetuning", 458), ("175b_verification", 742)],
)
def test_gsm8k_flags(model: str, right: int) -> None:
    count = 0
    for row in recorded("gsm8k_openai_2021"):
        sample = row[model]
        assert isinstance(sample, dict)
        gold = str(row["ground_truth"]).rsplit("A:", 1)[1].strip()
        passed = judge(gold, sample["solution"]).passed
        assert passed is sample["is_correct"]
        count += passed
    assert count == right


def test_a_made_up_next_question_changes_no_verdict() -> None:
    """Real completions, each followed by a question and the completion of another problem; or led in by the question."""
    texts = [(str(row["gt"]), str(row["question"]), str(row["code"][0])) for row in recorded("qwen25_math_cot_100")]  # type: ignore[index]
    for (gold, question, text), (_, other_question, other) in zip(texts, texts[1:] + texts[:1], strict=True):
        alone = judge(gold, text)
        for spilled in (
            f"{text}\n\nQuestion: {other_question}\nAnswer: {other}",
            f"{text}<|im_end|>\n<|im_start|>user\n{other_question}<|im_end|>\n<|im_start|>assistant\n{other}",
            f"### Problem\n{question}\n\n### Solution\n{text}",
        ):
            judgement = judge(gold, spilled)
            assert (judgement.passed, judgement.extracted) == (alone.passed, alone.extracted), question
