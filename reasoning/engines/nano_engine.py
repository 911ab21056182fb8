r"""The built-in models as engines: very small, trained by this project, run by the `transformers` engine.

    engine = create_engine("nano")                  # or nano:DIRECTORY for another model of the family
    engine = create_engine("nano-plus")             # the larger one: family problems, code blocks, small programs
    engine = create_engine("nano-prover")           # the one that proves Lean theorems
    [completion] = await engine.complete(Request(messages=(Message("user", "37+58=?"),), max_tokens=64))
    completion.text                                 # "7+8+0=15,3+5+1=9####95\n"

They do what they were trained on, in miniature, and nothing else; they are there so that every command has a real
model to run.
"""

from __future__ import annotations

from collections.abc import Mapping

from reasoning.data_files import data_file
from reasoning.engines.options import local_or_hub, read_options, require
from reasoning.engines.transformers_engine import TransformersEngine, TransformersOptions

__all__ = [
    "BUILT_IN_MODELS",
    "NanoEngine",
    "NanoPlusEngine",
    "NanoProverEngine",
    "create",
    "create_plus",
    "create_prover",
]

BUILT_IN_MODELS = {
    "nano": "nano/config.json",
    "nano-plus": "nano_plus/config.json",
    "nano-prover": "nano_prover/config.json",
}
"""Name -> the configuration below `data/`; the rest of the model is beside it."""
_BATCH_SIZE = 256
"""Rows of so small a model cost little: the default of large models would leave it idle."""


class NanoEngine(TransformersEngine):
    """The model in `data/nano`, or one that was fine-tuned from it."""

    name = "nano"


class NanoPlusEngine(TransformersEngine):
    """The model in `data/nano_plus`, or one that was fine-tuned from it."""

    name = "nano-plus"


class NanoProverEngine(TransformersEngine):
    """The model in `data/nano_prover`, or one that was trained further from it."""

    name = "nano-prover"


def create(target: str, options: Mapping[str, str]) -> NanoEngine:
    """Make the engine of `nano[:DIRECTORY],key=value...`; the options are those of `transformers`.

    Raises:
        EngineSpecError: PyTorch or Transformers is not installed, the directory is not there or an option is wrong.
    """
    return NanoEngine(*_of("nano", target, options))


def create_plus(target: str, options: Mapping[str, str]) -> NanoPlusEngine:
    """Make the engine of `nano-plus[:DIRECTORY],key=value...`; the options are those of `transformers`.

    Raises:
        EngineSpecError: PyTorch or Transformers is not installed, the directory is not there or an option is wrong.
    """
    return NanoPlusEngine(*_of("nano-plus", target, options))


def create_prover(target: str, options: Mapping[str, str]) -> NanoProverEngine:
    """Make the engine of `nano-prover[:DIRECTORY],key=value...`; the options are those of `transformers`.

    Raises:
        EngineSpecError: PyTorch or Transformers is not installed, the directory is not there or an option is wrong.
    """
    return NanoProverEngine(*_of("nano-prover", target, options))


def _of(name: str, target: str, options: Mapping[str, str]) -> tuple[str, TransformersOptions]:
    """Directory and options of a built-in model's engine."""
    parsed = read_options(name, TransformersOptions, {"batch_size": str(_BATCH_SIZE), "dtype": "float32", **options})
    require(name, ("torch", "transformers"), "transformers")
    return local_or_hub(name, target or str(data_file(BUILT_IN_MODELS[name]).parent)), parsed
