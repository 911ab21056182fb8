"""Options of the method `funcoder`.

reasoning evaluate humaneval --method funcoder,depth=4,samples=5,consensus=clustering ...
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CONSENSUSES", "FuncoderOptions"]

CONSENSUSES = ("functional", "self_test", "clustering", "none")
CODE_SAMPLES = 11
MATHEMATICS_SAMPLES = 5


@dataclass(frozen=True, slots=True)
class FuncoderOptions:
    """How a tree is grown; the defaults are those of the paper's experiments.

    Attributes:
        depth: functions this deep below the root (depth 0) are not written any more.
        samples: candidates for each function, the draft of the divide stage included (`Consensus@k`); None: 11 for
            programs, 5 for mathematical answers.
        min_samples: usable replies of the conquer stage with which it is content.
        passes: 2; 1 leaves the conquer stage out.
        consensus: how a candidate is chosen: `functional`, `self_test`, `clustering`, or `none` (one conquer sample,
            which is taken).
        attempts: times that each step is asked for until a reply can be used.
        inputs: most test inputs for one function.
        unit_tests: whether examples in the root's docstring count.
        divide_temperature: of the divide stage.
        conquer_temperature: of the conquer stage.
        inputs_temperature: of test inputs, unit tests and self-tests.
        timeout: seconds for one candidate on one input.
        max_functions: functions written for one problem; more are left to their callers.
        max_calls: completions asked for on one problem.
        max_sandbox_seconds: CPU seconds of all candidates of one problem.
    """

    depth: int = 6
    samples: int | None = None
    min_samples: int = 5
    passes: int = 2
    consensus: str = "functional"
    attempts: int = 3
    inputs: int = 10
    unit_tests: bool = True
    divide_temperature: float = 0.2
    conquer_temperature: float = 0.8
    inputs_temperature: float = 0.2
    timeout: float = 5.0
    max_functions: int = 24
    max_calls: int = 400
    max_sandbox_seconds: float = 300.0

    def __post_init__(self) -> None:
        least = {"depth": 1, "min_samples": 1, "attempts": 1, "inputs": 1, "max_functions": 1, "max_calls": 1}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise ValueError(f"option {name}={getattr(self, name)}: expected at least {bound}")
        if self.samples is not None and self.samples < 2:
            raise ValueError(f"option samples={self.samples}: expected at least 2")
        if self.passes not in (1, 2):
            raise ValueError(f"option passes={self.passes}: expected 1 or 2")
        if self.consensus not in CONSENSUSES:
            raise ValueError(f"option consensus={self.consensus!r}: expected one of {', '.join(CONSENSUSES)}")
        for name in ("divide_temperature", "conquer_temperature", "inputs_temperature"):
            if getattr(self, name) < 0:
                raise ValueError(f"option {name}={getattr(self, name)}: expected 0 (greedy) or more")
        for name in ("timeout", "max_sandbox_seconds"):
            if getattr(self, name) <= 0:
                raise ValueError(f"option {name}={getattr(self, name)}: expected more than 0")

    def fresh_samples(self, *, mathematics: bool) -> int:
        """Replies wanted of the conquer stage."""
        if self.consensus == "none":
            return 1
        return (self.samples or (MATHEMATICS_SAMPLES if mathematics else CODE_SAMPLES)) - 1
