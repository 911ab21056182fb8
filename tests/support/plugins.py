"""Third-party verifiers and engines for tests, found as an installed package's would be: by entry points."""

from collections.abc import Mapping
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

_ENTRY_POINTS = {
    "reasoning_toolkit.verifiers": {"gold": "plugins_for_tests:Gold"},
    "reasoning_toolkit.engines": {"echo": "plugins_for_tests:Echo"},
}


def install_plugins(folder: Path) -> None:
    """Lay an installed package with a verifier `gold` and an engine `echo` into `folder`, to be put on `sys.path`."""
    (folder / "plugins_for_tests.py").write_text(_MODULE)
    lay_distribution(folder, "plugins-for-tests", "1.0", _ENTRY_POINTS)


def lay_distribution(folder: Path, name: str, version: str, groups: Mapping[str, Mapping[str, str]]) -> None:
    """What an installer leaves in `folder` of a distribution with these entry points: group -> name -> what it names."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = (
        f"[{group}]\n" + "".join(f"{one} = {of}\n" for one, of in points.items()) for group, points in groups.items()
    )
    (info / "entry_points.txt").write_text("\n".join(lines))
