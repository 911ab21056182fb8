"""A conjecturer and a prover, one model, that teach each other against a proof checker (STP, arXiv 2502.00212).

config = read_self_play_config(Path("stp.toml"), ["rounds=3"])
metrics = run_self_play(config, Path("runs/stp"), resume=False)
metrics["proved"], metrics["checks"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.late_imports import lazy_exports

if TYPE_CHECKING:
    from reasoning.selfplay.checking import Checked, Checker, LeanChecker
    from reasoning.selfplay.config import METHODS, SelfPlayConfig, read_self_play_config
    from reasoning.selfplay.isabelle import IsabelleChecker
    from reasoning.selfplay.loop import play, run_self_play
    from reasoning.selfplay.policy import ModelPolicy, Policy
    from reasoning.selfplay.records import Conjecture, Proof, Statement
    from reasoning.selfplay.report import write_report
    from reasoning.selfplay.store import SelfPlayError
    from reasoning.selfplay.weighting import match, matching_weight

__all__ = [
    "METHODS",
    "Checked",
    "Checker",
    "Conjecture",
    "IsabelleChecker",
    "LeanChecker",
    "ModelPolicy",
    "Policy",
    "Proof",
    "SelfPlayConfig",
    "SelfPlayError",
    "Statement",
    "match",
    "matching_weight",
    "play",
    "read_self_play_config",
    "run_self_play",
    "write_report",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "checking": ("Checked", "Checker", "LeanChecker"),
        "config": ("METHODS", "SelfPlayConfig", "read_self_play_config"),
        "isabelle": ("IsabelleChecker",),
        "loop": ("play", "run_self_play"),
        "policy": ("ModelPolicy", "Policy"),
        "records": ("Conjecture", "Proof", "Statement"),
        "report": ("write_report",),
        "store": ("SelfPlayError",),
        "weighting": ("match", "matching_weight"),
    },
)
