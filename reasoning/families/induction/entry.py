"""Child side: template induction in the sandbox, where the `search` engine runs its work.

payload: JSON {"problem", "solution", "answer"}; answer: JSON {"source", "steps"} or {"reason"}
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reasoning.families.induction import InductionError, induce

if TYPE_CHECKING:
    from verifiers.sandbox.channel import Channel

__all__ = ["run"]


def run(channel: Channel) -> None:
    """Induce, and answer with the source or the reason why there is none."""
    fields = json.loads(channel.receive() or b"{}")
    try:
        induced = induce(fields["problem"], fields["solution"], fields["answer"])
        answer: dict[str, object] = {"source": induced.source, "steps": list(induced.steps)}
    except InductionError as error:
        answer = {"reason": str(error)}
    channel.send(json.dumps(answer).encode())
