"""What every pipeline can be told, as it stands in `config.json` and in a dataset's manifest.

>>> settings = Settings("rejection", problems="gsm8k:train", own={"samples": 8})
>>> command_of(settings)
'reasoning generate rejection --problems gsm8k:train --samples 8 --out RUN_DIR'
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from reasoning.options import what_is_expected
from reasoning.pipelines.base import Pipeline, PipelineError, find_pipeline, option

__all__ = [
    "COMMON_NAMES",
    "PROVENANCE_NAMES",
    "Settings",
    "check_settings",
    "command_of",
    "own_defaults",
    "settings_from",
    "stored_settings",
    "unused_names",
]

DEFAULT_ENGINE = "search"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides the bytes of a dataset: `pipeline`, its name, and options."""

    pipeline: str
    problems: str = option("", "BENCHMARK[:SPLIT], a file of problems (.jsonl[.gz], .parquet) or a dataset's folder.")
    limit: int | None = option(None, "Only the first so many problems.", low=1)
    rows: int | None = option(None, "Stop when so many rows are kept.", low=1)
    seed: int = option(0, "Seed of the run.")
    engine: str = option(DEFAULT_ENGINE, "See `reasoning engines`.")
    method: str = option("direct", "How the engine is asked.")
    prompt: str = option("", "Prompt style. Default: the first one of the benchmark or kind.")
    temperature: float = option(0.8, "Sampling temperature.", low=0.0)
    top_p: float = option(1.0, "Nucleus mass.", low=0.0, high=1.0)
    max_tokens: int = option(1024, "Longest completion.", low=1)
    timeout: float = option(10.0, "Seconds of processor time for judging one candidate.", low=0.01, high=1e5)
    memory: int = option(1024, "MiB for judging one candidate.", low=16, high=1 << 24)
    near: float = option(0.8, "Drop a row whose text has this Jaccard similarity with one of another group; 0: off.",
                         low=0.0, high=1.0)  # fmt: skip
    decontaminate: str = option("all", "Benchmarks whose problems are dropped: all (that are found), none, or names.")
    embedder: str = option("", "Embedding model that looks for benchmark problems as well: transformers:DIRECTORY or "
                           "openai:MODEL,base_url=URL.")  # fmt: skip
    similar: float = option(0.9, "With --embedder: cosine similarity from which a problem counts as the same.",
                            low=0.0, high=1.0)  # fmt: skip
    max_characters: int = option(32_000, "Longest prompt and longest solution that are kept.", low=1)
    splits: str = option("train=1", "Splits and their shares, as train=0.9,test=0.1.")
    split_by: str = option("group", "What is never divided between splits: group, or stream (single rows).")
    shard_rows: int = option(50_000, "Rows of one Parquet file.", low=1)
    jsonl: bool = option(False, "Write JSON Lines beside the Parquet files.")
    title: str = option("", "Name of the dataset on its card.")
    licence: str = option("other", "Licence on the card, as the hub names it.")
    own: Mapping[str, Any] = field(default_factory=dict)
    """Values of the pipeline's own options, all of them."""

    def to_json(self) -> dict[str, Any]:
        """Flat: the pipeline's own options stand beside the common ones."""
        common = asdict(self)
        own = common.pop("own")
        return {**common, **own}


COMMON_NAMES = tuple(item.name for item in fields(Settings) if item.name not in ("pipeline", "own"))
"""Names of the options that every pipeline has."""

PROVENANCE_NAMES = ("inputs", "engine_description", "decontaminated_against", "embedder_description")
"""What stands beside the settings in a run's configuration and must not have changed when it is resumed."""

_OF_ENGINES = frozenset({"engine", "method", "prompt", "temperature", "top_p", "max_tokens"})
_OF_SEEDS = frozenset({"problems", "limit"})


def unused_names(pipeline: Pipeline) -> frozenset[str]:
    """The common options that mean nothing to this pipeline."""
    unused: set[str] = set()
    if not pipeline.engine:
        unused |= _OF_ENGINES
    if not pipeline.seeds:
        unused |= _OF_SEEDS
    return frozenset(unused)


def own_defaults(pipeline: Pipeline) -> dict[str, Any]:
    """The pipeline's own options with their defaults."""
    return {item.name: item.default for item in fields(pipeline.options)}


def settings_from(flat: Mapping[str, Any]) -> Settings:
    """Settings from their flat form; what is not given has its default.

    Raises:
        PipelineError: the pipeline is unknown or has no such option, or a value is out of bounds.
    """
    values = dict(flat)
    name = values.pop("pipeline", None)
    if not isinstance(name, str):
        raise PipelineError(
            "the directory holds a run, but none of `reasoning generate`: its settings name no pipeline"
        )
    pipeline = find_pipeline(name)
    own = own_defaults(pipeline)
    common = {key: values.pop(key) for key in list(values) if key in COMMON_NAMES}
    if unknown := sorted(values.keys() - own.keys()):
        raise PipelineError(f"pipeline '{name}' has no option '{unknown[0]}'")
    settings = replace(Settings(name), **common, own={**own, **values})
    check_settings(settings)
    return settings if settings.problems else replace(settings, problems=pipeline.default_problems)


def check_settings(settings: Settings) -> None:
    """See that every value is what its option expects, the pipeline's own ones too.

    Raises:
        PipelineError: the pipeline is unknown, or a value is not.
    """
    own = fields(find_pipeline(settings.pipeline).options)
    common = {item.name: getattr(settings, item.name) for item in fields(Settings)}
    for item in (*fields(Settings), *own):
        value = common.get(item.name, settings.own.get(item.name, item.default))
        if expected := what_is_expected(item, value):
            raise PipelineError(f"--{item.name.replace('_', '-')} {value}: expected {expected}")


def stored_settings(flat: Mapping[str, Any]) -> dict[str, Any]:
    """The settings among what a run's `config.json` holds, which also says what the rows depend on beside them."""
    return {name: value for name, value in flat.items() if name not in PROVENANCE_NAMES}


def command_of(settings: Settings) -> str:
    """The command line that gives these settings; defaults are left out."""
    pipeline = find_pipeline(settings.pipeline)
    plain = settings_from({"pipeline": settings.pipeline}).to_json()
    parts = ["reasoning", "generate", settings.pipeline]
    unused = unused_names(pipeline)
    for name, value in settings.to_json().items():
        if value == plain.get(name) or name == "pipeline" or name in unused:
            continue
        flag = "--" + name.replace("_", "-")
        if isinstance(value, bool):
            parts.append(flag if value else "--no-" + flag[2:])
        elif value is not None:
            parts += [flag, shlex.quote(str(value))]
    return " ".join([*parts, "--out", "RUN_DIR"])
