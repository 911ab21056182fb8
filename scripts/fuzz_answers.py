r"""Coverage-guided fuzzing of the answer judge with atheris (`pip install atheris`, in any environment).

    PYTHONPATH=. python scripts/fuzz_answers.py /tmp/corpus -max_total_time=600 -timeout=10

The bytes of a case are a gold answer and a text, parted by the first zero byte. A finding is an exception, a judgement
that takes longer than the time limit, a text that is not equal to itself, or two answers whose equality depends on the
side on which each stands. Options after the corpus folder are libFuzzer's. A crash file is judged again by giving it
instead of a folder.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["verifiers.answers"]):
    from verifiers.answers import judge, judge_bare, read
    from verifiers.answers.extract import extract

TABLES = sorted((Path(__file__).parents[1] / "tests" / "tables").glob("answers*.jsonl"))
MAX_SEED_BYTES = 400
ROUNDED = "."
"""Decimals are compared with the gold answer's digits, so equality of them has a side."""

MARKS = ("boxed", "fbox", "framebox", "####", "nswer")
"""A gold answer is looked for behind them, a bare answer is not."""


class FindingError(AssertionError):
    """Something that must hold did not."""


def test_one(data: bytes) -> None:
    gold, _, text = data.decode("utf-8", "surrogateescape").partition("\0")
    for place in extract(text):
        read(place.text)
    judge(gold, text)
    if any(mark in side for mark in MARKS for side in (gold, text)):
        return
    for side in (gold, text):
        reading = read(side)
        if reading.nodes and not judge_bare(side, side).passed:
            raise FindingError(f"not equal to itself: {side!r}")
    if ROUNDED in gold + text:
        return
    forth, back = judge_bare(gold, text), judge_bare(text, gold)
    if forth.strict != back.strict:
        raise FindingError(f"strict {forth.strict} one way, {back.strict} the other: {gold!r}, {text!r}")


def write_seeds(folder: Path) -> None:
    """The case tables as a corpus to start from."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in TABLES:
        for number, line in enumerate(table.read_text(encoding="utf-8").splitlines()):
            row = json.loads(line)
            seed = f"{row['gold']}\0{row['text']}".encode()
            if len(seed) <= MAX_SEED_BYTES:
                (folder / f"{table.stem}-{number}").write_bytes(seed)


def main() -> None:
    places = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")]
    if places and not places[0].is_file():
        write_seeds(places[0])
    atheris.Setup(sys.argv, test_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
