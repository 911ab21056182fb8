"""The verifier of kind `program`: reads the problem, picks the way of judging, gives the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.extraction import extract_program
from verifiers.judging import profile_for
from verifiers.plain_data import PlainDataError
from verifiers.programs.calls import judge_calls
from verifiers.programs.dialogue import converse_about
from verifiers.programs.problems import ProgramProblem
from verifiers.programs.streams import judge_streams
from verifiers.records import Problem, Status, Verdict
from verifiers.sandbox.task import Limits

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["ProgramVerifier"]


class ProgramVerifier:
    """Judges candidates of kind `program`."""

    def __init__(self, sandbox: SandboxPool) -> None:
        self._sandbox = sandbox

    async def verify(self, problem: Problem, candidate: str, limits: Limits) -> Verdict:
        """Judge a completion of the prompt, or whole source.

        Args:
            problem: with exactly one of the fields `cases`, `tests`, `test` and `stdio`.
            candidate: the text to judge.
            limits: for all tests of the candidate together where time is meant, for each child otherwise.

        Raises:
            RecordError: the problem is malformed.
        """
        read = ProgramProblem.of(problem)
        profile = "numeric" if read.profile == "numeric" else profile_for(candidate, read.prompt)
        if read.streams:
            source = extract_program(candidate, prompt=read.prompt, entry_point=read.entry_point or None)
            if source is None:
                return Verdict.of(problem.id, Status.UNPARSABLE, "no code found in the text")
            if read.imports and "__future__" not in source:  # such an import has to stand first
                source = f"{read.imports}\n{source}"
            judgement = await judge_streams(self._sandbox, read.streams, source, profile, limits)
            return judgement.verdict(problem.id)
        program = (candidate, read.prompt, read.defined, read.imports)
        try:
            if read.plan is not None:
                judgement = await judge_calls(self._sandbox, read.plan, program, profile, limits)
            else:
                judgement = await converse_about(self._sandbox, read, program, profile, limits)
        except PlainDataError as error:
            return Verdict.of(problem.id, Status.REJECTED, f"candidate: {error}")
        return judgement.verdict(problem.id)
