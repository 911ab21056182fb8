r"""The built-in model as an engine: very small, trained by this project, run by the `transformers` engine.

    engine = create_engine("nano")                  # or nano:DIRECTORY for another model of the family
    [completion] = await engine.complete(Request(messages=(Message("user", "37+58=?"),), max_tokens=64))
    completion.text                                 # "7+8+0=15,3+5+1=9####95\n"

It does small arithmetic and nothing else; it is there so that every command has a real model to run.
"""

from __future__ import annotations

from collections.abc import Mapping

from reasoning.data_files import data_file
from reasoning.engines.options import local_or_hub, read_options, require
from reasoning.engines.transformers_engine import TransformersEngine, TransformersOptions

__all__ = ["NanoEngine", "create"]

_BATCH_SIZE = 256
"""Rows of so small a model cost little: the default of large models would leave it idle."""


class NanoEngine(TransformersEngine):
    """The model in `data/nano`, or one that was fine-tuned from it."""

    name = "nano"


def create(target: str, options: Mapping[str, str]) -> NanoEngine:
    """Make the engine of `nano[:DIRECTORY],key=value...`; the options are those of `transformers`.

    Raises:
        EngineSpecError: PyTorch or Transformers is not installed, the directory is not there or an option is wrong.
    """
    parsed = read_options("nano", TransformersOptions, {"batch_size": str(_BATCH_SIZE), "dtype": "float32", **options})
    require("nano", ("torch", "transformers"), "transformers")
    return NanoEngine(local_or_hub("nano", target or str(data_file("nano/config.json").parent)), parsed)
