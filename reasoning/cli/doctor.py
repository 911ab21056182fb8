"""`reasoning doctor`: what of this installation works on this machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING

import typer

from reasoning.cli.support import run_interruptible

if TYPE_CHECKING:
    from verifiers.plugins import Plugin

__all__ = ["doctor"]

MINIMUM_PYTHON = (3, 11)
_CLASHING_DISTRIBUTION = "verifiers"
_REQUIRED = ("datasets", "httpx", "mpmath", "numpy", "openai", "python-flint", "rich", "sympy", "typer")


@dataclass(frozen=True, slots=True)
class _Finding:
    subject: str
    state: str
    detail: str


def doctor() -> None:
    """Check Python, packages, the sandbox, engines, provers and plug-ins, and say what to do about what is missing.

    Exit status 1 when something is broken; what is merely not installed is no error.

    \b
    Example:
      reasoning doctor
    """  # noqa: D301 - \b is typer's mark, not text
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    findings = [
        *_python(),
        *_packages(),
        *_clash(),
        *_sandbox(),
        *_engines(),
        *_embedded_lean(),
        *_provers(),
        *_plugins(),
    ]
    table = Table("what", "state", "detail")
    for finding in findings:
        table.add_row(Text(finding.subject), Text(finding.state), Text(finding.detail))
    Console().print(table)
    if any(finding.state == "broken" for finding in findings):
        raise typer.Exit(1)


def _python() -> Iterator[_Finding]:
    found = ".".join(str(part) for part in sys.version_info[:3])
    good = sys.version_info >= MINIMUM_PYTHON
    yield _Finding("python", "ok" if good else "broken", found if good else f"{found}; 3.11 or newer is needed")


def _packages() -> Iterator[_Finding]:
    missing = []
    versions = []
    for name in _REQUIRED:
        try:
            versions.append(f"{name} {distribution(name).version}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        yield _Finding("packages", "broken", f"missing: {', '.join(missing)}; pip install reasoning-toolkit")
    else:
        yield _Finding("packages", "ok", ", ".join(versions))


def _clash() -> Iterator[_Finding]:
    """Another distribution owns the same import name; whichever was installed last has overwritten the other."""
    try:
        other = distribution(_CLASHING_DISTRIBUTION)
    except PackageNotFoundError:
        yield _Finding("import name 'verifiers'", "ok", "belongs to this package alone")
        return
    yield _Finding(
        "import name 'verifiers'",
        "broken",
        f"the distribution 'verifiers' {other.version} is installed too; the two cannot share an environment: "
        "pip uninstall verifiers && pip install --force-reinstall --no-deps reasoning-toolkit",
    )


def _sandbox() -> Iterator[_Finding]:
    try:
        from verifiers.sandbox import SandboxPool, SandboxUnavailableError
    except ImportError as error:
        yield _Finding("sandbox", "broken", f"cannot be imported: {error}")
        return

    async def probe() -> _Finding:
        async with SandboxPool(workers=1) as pool:
            try:
                report = await pool.report()
            except SandboxUnavailableError as error:
                return _Finding("sandbox", "broken", str(error))
            return _Finding("sandbox", "ok", f"level {report.level}: {', '.join(report.layers)}")

    yield run_interruptible(probe(), "the sandbox was not probed")


def _engines() -> Iterator[_Finding]:
    from reasoning.engines.registry import list_engines

    for engine in list_engines():
        state = "ok" if engine.installed else "not installed"
        yield _Finding(f"engine {engine.name}", state, engine.summary if engine.installed else engine.install)


def _embedded_lean() -> Iterator[_Finding]:
    from verifiers.proofs.lean import install

    found = install.find()
    if found is not None:
        yield _Finding("prover lean (embedded)", "ok", f"core library; {found.directory}")
    else:
        yield _Finding("prover lean (embedded)", "not installed", install.INSTALL_HINT)


def _provers() -> Iterator[_Finding]:
    from verifiers.proofs.provers import list_provers

    for prover in list_provers():
        yield _Finding(
            f"prover {prover.name}", "ok" if prover.detail else "not installed", prover.detail or prover.hint
        )


def _plugins() -> Iterator[_Finding]:
    from verifiers.plugins import list_plugins

    for plugin in list_plugins():
        problem = _problem(plugin)
        detail = problem or f"from the package {plugin.package} {plugin.version}"
        yield _Finding(f"plug-in {plugin.group}: {plugin.name}", "broken" if problem else "ok", detail)


def _problem(plugin: Plugin) -> str:
    """What keeps a plug-in from being used; empty: nothing."""
    from reasoning.embeddings.base import EMBEDDERS
    from reasoning.engines.registry import BUILT_IN as ENGINES
    from reasoning.evaluation.benchmarks import BENCHMARKS, find_benchmark
    from reasoning.methods import METHODS
    from reasoning.methods.registry import find_method_entry
    from reasoning.pipelines import PIPELINES, find_pipeline
    from reasoning.rewards import REWARD_MODELS
    from reasoning.solvers import ToolError, find_tool
    from reasoning.solvers.registry import TOOLS
    from verifiers.plugins import GROUPS, PluginError, Plugins
    from verifiers.registry import BUILT_IN as VERIFIERS

    known: dict[str, tuple[Container[str], Callable[[str], object]]] = {
        "benchmarks": (BENCHMARKS, find_benchmark),
        "embedders": (EMBEDDERS, Plugins("embedders", "embedding model").load),
        "engines": (ENGINES, Plugins("engines", "engine").load),
        "methods": (METHODS, find_method_entry),
        "pipelines": (PIPELINES, find_pipeline),
        "reward_models": (REWARD_MODELS, Plugins("reward_models", "reward model").load),
        "solvers": (TOOLS, find_tool),
        "verifiers": (VERIFIERS, Plugins("verifiers", "verifier").load),
    }
    if plugin.group not in known:
        return f"the package {plugin.package} names a group that is not looked at; groups are {', '.join(GROUPS)}"
    built_in, find = known[plugin.group]
    if plugin.name in built_in:
        return f"the package {plugin.package} uses the name of a built-in thing, which stays what it is"
    try:
        find(plugin.name)
    except (PluginError, ToolError) as error:
        return str(error)
    return ""
