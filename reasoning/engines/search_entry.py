"""Child side of the search engine: one disposable process searches one puzzle.

payload: JSON {"sat": "def sat(...", "ans_type": "int", "steps": 200000, "seconds": null, "prior": "..."}
answer:  JSON {"source": "def sol(): ...", "expression": "...", "steps": 1234, "strategy": "values"}
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reasoning.engines.search import Budget, Prior, synthesize

if TYPE_CHECKING:
    from verifiers.sandbox.channel import Channel

__all__ = ["run"]


def run(channel: Channel) -> None:
    """Search, and answer with what was found; the trusted side has it judged like any other candidate."""
    fields = json.loads(channel.receive() or b"{}")
    prior = Prior.parse(fields["prior"]) if fields["prior"] else None
    result = synthesize(fields["sat"], fields["ans_type"], Budget(fields["steps"], fields["seconds"]), prior)
    answer = {
        "source": result.source,
        "expression": result.expression,
        "steps": result.steps,
        "strategy": result.strategy,
    }
    channel.send(json.dumps(answer).encode())
