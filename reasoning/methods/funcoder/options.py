"""Options of the method `funcoder`.

reasoning evaluate humaneval --method funcoder,depth=4,samples=5,consensus=clustering ...
"""

from __future__ import annotations

from dataclasses import dataclass

from reasoning.options import bounded, check_options, one_of

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

    depth: int = bounded(6, low=1)
    samples: int | None = bounded(None, low=2)
    min_samples: int = bounded(5, low=1)
    passes: int = one_of(2, (1, 2))
    consensus: str = one_of("functional", CONSENSUSES)
    attempts: int = bounded(3, low=1)
    inputs: int = bounded(10, low=1)
    unit_tests: bool = True
    divide_temperature: float = bounded(0.2, low=0)
    conquer_temperature: float = bounded(0.8, low=0)
    inputs_temperature: float = bounded(0.2, low=0)
    timeout: float = bounded(5.0, above=0)
    max_functions: int = bounded(24, low=1)
    max_calls: int = bounded(400, low=1)
    max_sandbox_seconds: float = bounded(300.0, above=0)

    def __post_init__(self) -> None:
        check_options(self)

    def fresh_samples(self, *, mathematics: bool) -> int:
        """Replies wanted of the conquer stage."""
        if self.consensus == "none":
            return 1
        return (self.samples or (MATHEMATICS_SAMPLES if mathematics else CODE_SAMPLES)) - 1
