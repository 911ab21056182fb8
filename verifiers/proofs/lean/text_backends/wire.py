"""What REPL and Kimina answers have in common: messages, read from JSON of which nothing is believed."""

from __future__ import annotations

from typing import Any

from verifiers.proofs.records import ProofMessage

__all__ = ["SEVERITIES", "messages_of"]

SEVERITIES = {"info": "information", "trace": "information", "warning": "warning", "error": "error"}
"""The REPL's words -> ours."""


def messages_of(response: dict[str, Any]) -> list[ProofMessage]:
    """The messages of a REPL answer; a `sorry` that it reports on its own counts as a warning.

    Raises:
        ValueError: they do not have the protocol's form.
    """
    found = []
    messages = response.get("messages") or []
    if not isinstance(messages, list):
        raise ValueError("'messages' is no list")
    for message in messages:
        match message:
            case {"severity": str(severity), "data": str(text), "pos": {"line": int(line), "column": int(column)}}:
                found.append(ProofMessage(SEVERITIES.get(severity, "error"), line, column, text))
            case _:
                raise ValueError("a message without severity, pos and data")
    return found
