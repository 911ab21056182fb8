r"""Multiple-choice sets in English: the sciences of MMLU, SAT mathematics, AQuA.

{"question": "2 + 3 =", "type": "elementary_mathematics", "choices": ["4", "5", "6", "7"], "answer": 1}    mmlu_stem
{"id": "0", "question": "2 + 3 =", "options": "A) 4 B) 5 C) 6 D) 7", "Answer": "B"}                        sat_math
{"question": "2 + 3 =", "options": ["A)4", "B)5", "C)6", "D)7", "E)8"], "rationale": "...", "correct": "B"}     aqua

Options are shown as `(A) ...`, one a line.
"""

from __future__ import annotations

from typing import Any

from reasoning.evaluation.benchmarks.answer_prompts import CHOICE_STYLES
from reasoning.evaluation.benchmarks.answer_records import RowReader, answer_benchmark, choice_entry, options_in, source
from reasoning.evaluation.benchmarks.base import Benchmark, BenchmarkError, Entry, text_field

__all__ = ["AQUA", "MMLU_STEM", "SAT_MATH"]

_LETTERS = "ABCDE"


def _mmlu(record: dict[str, Any], place: str, id: str) -> Entry:
    options = dict(zip(_LETTERS, _texts(record, "choices", place), strict=False))
    answer = record.get("answer")
    if not isinstance(answer, int) or not 0 <= answer < len(options):
        raise BenchmarkError(f"{place}: field 'answer': expected a number from 0 to {len(options) - 1}, got {answer!r}")
    meta = {"subject": text_field(record, "type", place)}
    return choice_entry(id, text_field(record, "question", place), options, _LETTERS[answer], place, meta=meta)


def _sat(record: dict[str, Any], place: str, id: str) -> Entry:
    options = options_in(text_field(record, "options", place))
    if not options:
        raise BenchmarkError(f"{place}: field 'options': expected 'A) ... B) ... C) ... D) ...'")
    return choice_entry(id, text_field(record, "question", place), options, text_field(record, "Answer", place), place)


def _aqua(record: dict[str, Any], place: str, id: str) -> Entry:
    texts = _texts(record, "options", place)
    if not all(text.startswith(f"{letter})") for letter, text in zip(_LETTERS, texts, strict=False)):
        raise BenchmarkError(f"{place}: field 'options': expected 'A)...', 'B)...' and so on")
    options = {text[0]: text[2:].strip() for text in texts}
    return choice_entry(id, text_field(record, "question", place), options, text_field(record, "correct", place), place)


def _texts(record: dict[str, Any], name: str, place: str) -> list[str]:
    texts = record.get(name)
    if not isinstance(texts, list) or not 1 < len(texts) <= len(_LETTERS) or not all(isinstance(t, str) for t in texts):
        raise BenchmarkError(f"{place}: field '{name}': expected a list of 2 to {len(_LETTERS)} strings")
    return texts


def _benchmark(name: str, summary: str, sha256: str, entry: RowReader, groups: tuple[str, ...] = ()) -> Benchmark:
    file = source("QwenLM/Qwen2.5-Math", f"evaluation/data/{name}/test.jsonl", f"{name}_test.jsonl", sha256)
    return answer_benchmark(
        name, summary, {"test": (file,)}, entry, groups, styles=CHOICE_STYLES, folder="multiple_choice"
    )


MMLU_STEM = _benchmark(
    "mmlu_stem",
    "MMLU, 18 subjects of science and technology: 3,018 questions with four options",
    "fd7c16f96067d285638abb5aaef9cd8a063b11454e14cb64df93141a58691478",
    _mmlu,
    ("subject",),
)
SAT_MATH = _benchmark(
    "sat_math",
    "SAT mathematics: 32 questions with four options",
    "96720a1dc496ea72f80db55250290cf9c48e95b657ac2183b7deb1dc4627351f",
    _sat,
)
AQUA = _benchmark(
    "aqua",
    "AQuA: 254 word problems with five options",
    "de41581881ef95c5588c44ddc701c77fd480839241dd422a0d181262af24520c",
    _aqua,
)
