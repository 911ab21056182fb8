"""Watch a small model learn on this machine: one start, several methods, before and after; some minutes.

    .venv-vllm/bin/python scripts/learn.py --out runs/learn                # three seeds on two cores
    .venv-vllm/bin/python scripts/learn.py --out runs/learn --all --hard
    .venv-vllm/bin/python scripts/learn.py --out runs/learn --methods DPO GRPO --seeds 1

Interrupted, the same command goes on with what is not finished. Writes OUT/learn.html, OUT/learn.json
and its curves, OUT/*.svg.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

QUESTIONS = 3


class Display:
    """A table on a terminal, redrawn as the runs go on; plain lines elsewhere."""

    def __init__(self, stack: ExitStack) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console(stderr=True)
        self._rows: dict[tuple[str, int], dict[str, Any]] = {}
        self._live = stack.enter_context(Live(console=self._console)) if self._console.is_terminal else None

    def told(self, method: str, seed: int, record: Mapping[str, Any]) -> None:
        """Take in a line of a run's log."""
        row = self._rows.setdefault((method, seed), {})
        evaluation = record.get("evaluation")
        if record.get("finished"):
            row.update(state="done", before=record["before"], after=record["after"])
        elif evaluation:
            row["before" if record.get("when") == "before" else "after"] = evaluation
        for name in ("step", "loss", "reward", "seconds"):
            if record.get(name) is not None:
                row[name] = record[name]
        if self._live is not None:
            self._live.update(self._table(), refresh=True)
        elif record.get("finished"):
            self._console.print(
                f"{method}, seed {seed}: {_share(row.get('before'))} -> {_share(row.get('after'))}, "
                f"{row['seconds']:.0f} s"
            )

    def _table(self) -> Any:
        from rich.table import Table

        table = Table("method", "seed", "step", "loss", "reward", "before", "after", "seconds", "")
        for (method, seed), row in self._rows.items():
            table.add_row(
                method,
                str(seed),
                str(row.get("step", "")),
                *(f"{row[name]:.3f}" if name in row else "" for name in ("loss", "reward")),
                _share(row.get("before")),
                _share(row.get("after")),
                f"{row.get('seconds', 0):.0f}",
                row.get("state", "running"),
            )
        return table


def _share(evaluation: Mapping[str, Any] | None) -> str:
    return "" if evaluation is None else f"{evaluation['accuracy']:.3f}"


def samples(directory: Path, names: list[str]) -> list[tuple[str, str]]:
    """What each model answers to the same held-out questions."""
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    from reasoning.training.arithmetic import held_out_items
    from reasoning.training.sampling import SampleSettings, sample_texts

    logging.disable_progress_bar()
    items = held_out_items(7, QUESTIONS, 3)
    said = []
    for name in names:
        tokenizer = AutoTokenizer.from_pretrained(directory / name / "model", padding_side="left")
        model = AutoModelForCausalLM.from_pretrained(directory / name / "model")
        texts = sample_texts(model, tokenizer, [item.prompt for item in items], SampleSettings())
        said.append((name, "".join(item.prompt + text for item, text in zip(items, texts, strict=True))))
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/learn"))
    parser.add_argument("--seeds", type=int, default=3, help="runs of each method")
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1), help="runs at once")
    parser.add_argument("--all", action="store_true", help="KTO and CPL too")
    parser.add_argument("--hard", action="store_true", help="also from nano itself, where a reward helps little")
    parser.add_argument("--methods", nargs="+", metavar="NAME", help="these alone, by their names in the table")
    parser.add_argument("--quick", action="store_true", help="a few steps of everything: does it run?")
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")

    from reasoning.training.learn import FURTHER, HARD, HARD_FURTHER, METHODS, learn
    from reasoning.training.learn_page import charts_of, page
    from reasoning.training.session import TrainingError

    methods = [*METHODS, *(FURTHER if arguments.all else ()), *(HARD if arguments.hard else ())]
    methods += HARD_FURTHER if arguments.all and arguments.hard else ()
    if arguments.methods:
        named = {method.name: method for method in methods}
        if unknown := [name for name in arguments.methods if name not in named]:
            parser.error(f"--methods: no method '{unknown[0]}'; there are {', '.join(named)}")
        methods = [named[name] for name in dict.fromkeys(arguments.methods)]
    try:
        with ExitStack() as stack:
            results = learn(
                arguments.out,
                seeds=range(arguments.seeds),
                methods=methods,
                on_progress=Display(stack).told,
                quick=arguments.quick,
                processes=arguments.processes,
            )
    except KeyboardInterrupt:
        sys.stderr.write("stopped; the same command goes on\n")
        return 130
    except (TrainingError, BrokenProcessPool) as error:
        sys.stderr.write(f"error: {error}\nthe same command goes on with what is not finished\n")
        return 1
    names = ["start", *sorted(path.parent.name for path in arguments.out.glob("*-0/model"))]
    (arguments.out / "learn.html").write_text(page(results, samples(arguments.out, names)), encoding="utf-8")
    for name, drawn in charts_of(results).items():
        (arguments.out / f"{name}.svg").write_text(drawn, encoding="utf-8")
    record = {"rows": [asdict(row) for row in results.rows()]}
    (arguments.out / "learn.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(f"{results.markdown()}\npage: {arguments.out / 'learn.html'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
