"""`reasoning explain`: one sample of a run, from the prompt to the verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reasoning.cli.execution import AllowWeak
from reasoning.cli.support import run_interruptible

__all__ = ["explain"]


def explain(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.")],
    item: Annotated[str, typer.Argument(metavar="ITEM", help="Id of the problem, as in records.jsonl.")] = "",
    sample: Annotated[int, typer.Option(min=0, help="Index of the sample.")] = 0,
    full: Annotated[bool, typer.Option("--full", help="Show every request with its replies.")] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write a page with the function tree drawn, instead of text.")
    ] = None,
    allow_weak: AllowWeak = False,
) -> None:
    """Explain one sample: prompt, replies, what the method made of them, verdict.

    For FunCoder this is the function tree: what the candidates for each function did on the test inputs, and why one
    was chosen. Nothing is sampled, and the run is not changed.

    \b
    Examples:
      reasoning explain runs/he HumanEval/3
      reasoning explain runs/he HumanEval/3 --full
      reasoning explain runs/methods/funcoder HumanEval/3 --html tree.html
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.evaluation.explain_item import ExplainError, explain_item

    explained = run_interruptible(explain_item(run, item, sample, allow_weak=allow_weak), "nothing was changed")
    if html is None:
        from reasoning.evaluation.explain_text import explanation_text

        print(explanation_text(explained, full=full), end="")
        return
    from reasoning.evaluation.explain_html import explanation_html

    try:
        html.write_text(explanation_html(explained), encoding="utf-8")
    except OSError as error:
        raise ExplainError(f"{html}: cannot be written: {error.strerror}") from None
    print(f"written: {html}")
