"""Child side of the sandbox: runs one tool on arguments that nobody trusts.

    payload: {"target": "MODULE:FUNCTION", "arguments": {...}}
    answer: {"status": ..., "solution": ..., ...} or {"status": ..., "error": ...}

The server has imported the tools of its profile (`Profile.trusted_modules`) before it was shut in.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from reasoning.solvers.definition import Definition
from reasoning.solvers.results import SolverInputError, Status

if TYPE_CHECKING:
    from verifiers.sandbox.channel import Channel

__all__ = ["ENTRY", "run"]

ENTRY = "reasoning.solvers.child:run"
MAX_MESSAGE = 300


def run(channel: Channel) -> None:
    """The entry of the sandbox."""
    order = json.loads(channel.receive() or b"{}")
    module, _, function = order["target"].partition(":")
    found = Definition.of(getattr(sys.modules[module], function))
    channel.send(json.dumps(_answer(found, order["arguments"])).encode())


def _answer(found: Definition, arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return found.function(**arguments).to_json()
    except SolverInputError as error:
        return {"status": Status.INVALID_INPUT.value, "error": str(error)}
    except MemoryError:
        raise
    except RecursionError:
        return {"status": Status.LIMIT.value, "error": "the problem is nested too deeply"}
    except Exception as error:  # noqa: BLE001 - a defect of the solver must reach the caller as one line
        return {"status": "error", "error": f"{type(error).__name__}: {error}"[:MAX_MESSAGE]}
