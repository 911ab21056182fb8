r"""We-Math (testmini): questions about pictures, each composite one beside the one-step questions it is made of.

{"ID": "2steps_1", "key": "2steps_multi", "question": "As shown in the figure, ...", "answer": "C",
 "option": "A. 300, 400; B. 400, 300; C. 3000, 4000; D. No correct answer", "image_path": "2steps/image/1.png",
 "knowledge concept": "Conversion Rates and Calculations Between Length Units", ...}

The pictures are files beside the questions' file, named by `image_path`. `chat` shows them to engines that take images
(`openai:`); `text` leaves them out. A reply is read as the benchmark does: what follows the last "Answer", without
`> < : .`, begins with the letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reasoning.engines.base import Message
from reasoning.engines.images import Image
from reasoning.evaluation.benchmarks.answer_records import TIMEOUT_SECONDS
from reasoning.evaluation.benchmarks.base import Benchmark, BenchmarkError, Entry, SourceFile, json_array, text_field
from reasoning.evaluation.mastery import Composite, four_way_metrics
from reasoning.evaluation.metrics import Metric
from reasoning.methods.base import Prompt, PromptStyle
from verifiers.records import Problem

__all__ = ["BENCHMARK", "chosen_letter"]

_LETTERS = "ABCDEFGH"
_MARKS = str.maketrans("", "", "><:.")
_KEY = re.compile(r"([23])steps_(multi|[1-3])")
_COMPOSITE = "multi"
_INSTRUCTION = "Reason step by step, then end with a line 'Answer: X', where X is the letter of the right option."


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    seen: set[str] = set()
    for place, record in json_array(paths[0]):
        key = text_field(record, "key", place)
        form = _KEY.fullmatch(key)
        if form is None:
            raise BenchmarkError(f"{place}: field 'key': expected 2steps_1 ... 3steps_multi, got {key!r}")
        id = f"wemath/{split}/{text_field(record, 'ID', place)}/{key}"
        if id in seen:
            raise BenchmarkError(f"{place}: the question {key} of problem {record['ID']} occurs twice")
        seen.add(id)
        options = _options(text_field(record, "option", place))
        if not options:
            raise BenchmarkError(f"{place}: field 'option': expected 'A. ...; B. ...', got {record['option'][:200]!r}")
        answer = text_field(record, "answer", place).strip()
        if answer not in options:
            raise BenchmarkError(f"{place}: field 'answer': expected one of {', '.join(options)}, got {answer!r}")
        prompt = f"{text_field(record, 'question', place).strip()}\nOptions: {record['option'].strip()}"
        meta: dict[str, Any] = {
            "steps": f"{form[1]} steps" if form[2] == _COMPOSITE else "1 step",
            "concept": text_field(record, "knowledge concept", place),
            "image": str(_picture(paths[0].parent, text_field(record, "image_path", place), place)),
        }
        yield Entry(Problem(id, "choice", prompt, {"options": options, "gold": answer}, meta), (answer,))


def _picture(folder: Path, way: str, place: str) -> Path:
    """The picture's file; a file from outside must not name one elsewhere, since pictures are sent to servers."""
    relative = Path(way)
    if relative.is_absolute() or ".." in relative.parts:
        raise BenchmarkError(f"{place}: field 'image_path': {way[:200]!r} leads out of the folder")
    return folder / relative


def _options(text: str) -> dict[str, str]:
    """Label -> text of `A. 3; B. 4; ...`; the labels stand in the order of the alphabet, and some may be left out."""
    found: list[tuple[str, int, int]] = []
    position = 0
    for letter in _LETTERS:
        mark = re.compile(rf"(?:^|[;\s])\s*{letter}\s*[.．:]\s*").search(text, position)
        if mark is not None:
            found.append((letter, mark.start(), mark.end()))
            position = mark.end()
    ends = [start for _, start, _ in found] + [len(text)]
    return {letter: text[begin:end].strip("; ") for (letter, _, begin), end in zip(found, ends[1:], strict=True)}


def chosen_letter(reply: str) -> str | None:
    """The option that a reply names, by the benchmark's own rule; None where it names none."""
    rest = reply.rpartition("Answer")[2].translate(_MARKS).strip()
    return rest[0] if rest[:1] and rest[0] in _LETTERS else None


def _asked(problem: Problem, images: tuple[Image, ...]) -> Prompt:
    return Prompt(messages=(Message("user", f"{problem.prompt}\n\n{_INSTRUCTION}", images),))


def _with_picture(problem: Problem) -> Prompt:
    path = Path(str(problem.meta["image"]))
    if not path.is_file():
        raise BenchmarkError(f"wemath: {path}: no such picture; --prompt text asks without pictures")
    return _asked(problem, (Image(str(path)),))


def _metrics(verdicts: Mapping[str, Sequence[bool]]) -> dict[str, Metric]:
    """The four-way metric over the composite problems of a run; a question that was not answered counts as wrong."""
    parts: dict[str, dict[str, Sequence[bool]]] = {}
    for id, samples in verdicts.items():
        composite, _, key = id.rpartition("/")
        parts.setdefault(composite, {})[key] = samples
    return four_way_metrics(composite for keyed in parts.values() for composite in _composites(keyed))


def _composites(keyed: Mapping[str, Sequence[bool]]) -> Iterator[Composite]:
    """One composite problem, once for each sample."""
    steps = int(next(iter(keyed))[0])

    def right(name: str, sample: int) -> bool:
        samples = keyed.get(f"{steps}steps_{name}", ())
        return sample < len(samples) and samples[sample]

    for sample in range(max(map(len, keyed.values()))):
        yield Composite(right(_COMPOSITE, sample), tuple(right(str(step), sample) for step in range(1, steps + 1)))


BENCHMARK = Benchmark(
    name="wemath",
    summary="We-Math testmini: 1,740 questions about pictures, 525 composite problems and their steps",
    files={
        "testmini": (
            SourceFile(
                "testmini.json",
                origin="the data folder of the We-Math repository, with its pictures; CC BY-NC 4.0",
            ),
        )
    },
    styles=(
        PromptStyle(
            "chat",
            "shows the picture; asks for reasoning, then 'Answer: X'",
            _with_picture,
            lambda _, r: chosen_letter(r),
        ),
        PromptStyle("text", "the same without the picture", lambda p: _asked(p, ()), lambda _, r: chosen_letter(r)),
    ),
    timeout_seconds=TIMEOUT_SECONDS,
    read=_read,
    groups=("steps", "concept"),
    metrics=_metrics,
)
