"""Third-party verifiers and engines for tests, found as an installed package's would be: by entry points."""

from pathlib import Path

_MODULE = '''
import asyncio

from reasoning.engines.base import Completion, EngineError
from verifiers.records import RecordError, Status, Verdict


class Gold:
    """Passes a candidate that equals the problem's field `gold`; `?` cannot be judged."""

    def __init__(self, sandbox):
        pass

    async def verify(self, problem, candidate, limits):
        gold = problem.text("gold")
        if candidate == "?":
            return Verdict.of(problem.id, Status.UNAVAILABLE, "no prover")
        return Verdict.of(problem.id, Status.PASSED if candidate == gold else Status.WRONG)


class Echo:
    """Answers with the prompt's last word."""

    name = "echo"

    def __init__(self, target, options):
        self.target = target

    async def complete(self, request):
        if self.target == "down":
            raise EngineError("connection refused")
        return [Completion(request.messages[-1].content.split()[-1]) for _ in request.seeds]

    async def close(self):
        pass

    def describe(self):
        return {"engine": "echo", "target": self.target}
'''

_ENTRY_POINTS = """[reasoning_toolkit.verifiers]
gold = plugins_for_tests:Gold

[reasoning_toolkit.engines]
echo = plugins_for_tests:Echo
"""


def install_plugins(folder: Path) -> None:
    """Lay an installed package with a verifier `gold` and an engine `echo` into `folder`, to be put on `sys.path`."""
    (folder / "plugins_for_tests.py").write_text(_MODULE)
    info = folder / "plugins_for_tests-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugins-for-tests\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(_ENTRY_POINTS)
