r"""Word problems of primary school beside GSM8K: SVAMP, ASDiv, MAWPS, GSM-Hard.

{"Body": "Ada has 3 pens and buys 2.", "Question": "How many has she?", "Answer": 5.0, "Type": "Addition", ...}    svamp
{"body": "Ada has 3 pens and buys 2.", "question": "How many has she?", "answer": "5 (pens)", ...}                 asdiv
{"input": "Ada has 3 pens and buys 2. How many has she?", "target": 5.0, ...}                            mawps, gsm_hard

The unit in brackets of an ASDiv answer is left out of the gold answer. GSM-Hard was made by putting large numbers into
GSM8K and computing in floating point: the noise of that is cut off, and a fraction may also be given in hundredths.
"""

from __future__ import annotations

import re
from typing import Any

from reasoning.evaluation.benchmarks.answer_prompts import WORD_STYLES
from reasoning.evaluation.benchmarks.answer_records import (
    RowReader,
    answer_benchmark,
    answer_entry,
    number_field,
    source,
)
from reasoning.evaluation.benchmarks.base import Benchmark, Entry, text_field

__all__ = ["ASDIV", "GSM_HARD", "MAWPS", "SVAMP"]

_UNIT = re.compile(r"\s+\([^()]*\)$")
_HUNDREDTHS_FROM = 10.0
"""Smallest value that may be given in hundredths: four digits of it are then still there."""


def _svamp(record: dict[str, Any], place: str, id: str) -> Entry:
    body, question = text_field(record, "Body", place).strip(), text_field(record, "Question", place)
    statement = f"{body} {question}" if body.endswith((".", ",", "?", "!")) else f"{body}. {question}"
    meta = {"type": text_field(record, "Type", place)}
    return answer_entry(id, statement, number_field(record, "Answer", place), meta=meta)


def _asdiv(record: dict[str, Any], place: str, id: str) -> Entry:
    statement = f"{text_field(record, 'body', place)} {text_field(record, 'question', place)}"
    meta = {"type": text_field(record, "solution_type", place)}
    return answer_entry(id, statement, _UNIT.sub("", text_field(record, "answer", place).strip()), meta=meta)


def _mawps(record: dict[str, Any], place: str, id: str) -> Entry:
    return answer_entry(id, text_field(record, "input", place), number_field(record, "target", place))


def _gsm_hard(record: dict[str, Any], place: str, id: str) -> Entry:
    gold = number_field(record, "target", place)
    golds = [gold]
    if "." in gold and abs(float(gold)) >= _HUNDREDTHS_FROM:
        golds.append(f"{float(gold):.2f}")
    return answer_entry(id, text_field(record, "input", place), golds)


def _benchmark(
    name: str, summary: str, repository: str, path: str, sha256: str, entry: RowReader, groups: tuple[str, ...] = ()
) -> Benchmark:
    files = {"test": (source(repository, path, f"{name}_test.jsonl", sha256),)}
    return answer_benchmark(name, summary, files, entry, groups, styles=WORD_STYLES, folder="word_problems")


SVAMP = _benchmark(
    "svamp",
    "SVAMP: 1,000 word problems in varied wording",
    "QwenLM/Qwen2.5-Math",
    "evaluation/data/svamp/test.jsonl",
    "d0826ff1264f3860e46fc4e71db9e31d2d188960db87090e22677f9493e67a0d",
    _svamp,
    ("type",),
)
ASDIV = _benchmark(
    "asdiv",
    "ASDiv: 2,215 word problems of many kinds",
    "QwenLM/Qwen2.5-Math",
    "evaluation/data/asdiv/test.jsonl",
    "5759580385e706f961a30d4c07d6925b35c3f7c86d6c50bc413957169693dad2",
    _asdiv,
)
MAWPS = _benchmark(
    "mawps",
    "MAWPS: 2,065 word problems with one or a few operations",
    "QwenLM/Qwen2.5-Math",
    "evaluation/data/mawps/test.jsonl",
    "00ffe31161be8623a3d36741830edbba87a3aee0109f693810fe40b9d5d91b8b",
    _mawps,
)
GSM_HARD = _benchmark(
    "gsm_hard",
    "GSM-Hard: 1,319 problems of GSM8K with large numbers",
    "ZubinGou/math-evaluation-harness",
    "data/gsm_hard/test.jsonl",
    "45db606263a4902580aba3974e8b7fb3f66012877889209af206b1c1b2f208f5",
    _gsm_hard,
)
