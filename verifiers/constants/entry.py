"""The child's side of a judgement: what the fork server imports once, so that no task has to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from verifiers.constants.expressions import ExpressionError
from verifiers.constants.judge import Finding, judge, read_claim
from verifiers.records import Status

if TYPE_CHECKING:
    from verifiers.sandbox.channel import Channel

__all__ = ["judge_claim"]


def judge_claim(channel: Channel) -> None:
    """Read one claim and send what was found."""
    request = json.loads(channel.receive() or b"{}")
    try:
        finding = judge(read_claim(request["claim"]), request["value"], request["digits"])
    except ExpressionError as error:
        finding = Finding(Status.UNPARSABLE, str(error))
    channel.send(json.dumps({"status": finding.status.value, "detail": finding.detail}).encode())
