"""`manifest.json` of a dataset: what it was made from and how, and the hash of every file that came of it.

manifest = read_manifest(Path("runs/first/dataset/manifest.json"))
manifest["command"]             # "reasoning generate rejection --problems gsm8k:train ... --out RUN_DIR"
manifest["files"][0]            # {"path": "data/train-00000-of-00001.parquet", "rows": 812, "sha256": "..."}

There is no time, host or path of the run in it, so that the same work gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reasoning.pipelines.backend.shards import ShardFile
from reasoning.pipelines.base import PipelineError
from reasoning.pipelines.settings import Settings, command_of
from reasoning.runs import write_json
from reasoning.runs.environment import package_versions
from verifiers.plugins import plugin_packages

__all__ = ["MANIFEST_NAME", "differing_files", "read_manifest", "write_manifest"]

MANIFEST_NAME = "manifest.json"
_SCHEMA = 1
_DECIDING_PACKAGES = ("reasoning-toolkit", "numpy", "sympy", "pyarrow", "rensa")
"""Whose versions can change the bytes; those of an engine stand in its description."""


def write_manifest(
    folder: Path,
    settings: Settings,
    files: Sequence[ShardFile],
    statistics: Mapping[str, Any],
    provenance: Mapping[str, Any],
) -> dict[str, Any]:
    """Write the manifest of the dataset in `folder` and return it.

    Args:
        folder: holds the files.
        settings: what the dataset was made with.
        files: its shards.
        statistics: its counts.
        provenance: inputs, engine and benchmarks, as plain JSON.
    """
    manifest = {
        "schema": _SCHEMA,
        "pipeline": settings.pipeline,
        "command": command_of(settings),
        "settings": settings.to_json(),
        **provenance,
        "versions": {**package_versions(_DECIDING_PACKAGES), **plugin_packages()},
        "files": [
            {
                "path": file.path,
                "table": file.table,
                "split": file.split,
                "rows": file.rows,
                "bytes": (folder / file.path).stat().st_size,
                "sha256": _sha256(folder / file.path),
            }
            for file in files
        ],
        "statistics": statistics,
    }
    write_json(folder / MANIFEST_NAME, manifest)
    return manifest


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest at `path`, or in the folder `path`.

    Raises:
        PipelineError: there is none, or it is damaged.
    """
    if path.is_dir():
        path = path / MANIFEST_NAME
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PipelineError(f"{path}: cannot be read: {error}") from None
    if not isinstance(manifest, dict) or manifest.get("schema") != _SCHEMA:
        raise PipelineError(f"{path}: field 'schema': expected {_SCHEMA}; this is no manifest of a dataset")
    for name, kind in (("settings", dict), ("files", list)):
        if not isinstance(manifest.get(name), kind):
            raise PipelineError(f"{path}: field '{name}': missing")
    return manifest


def differing_files(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Paths of the files that are not the same, byte for byte, in two manifests."""
    hashes = [{file["path"]: file["sha256"] for file in manifest["files"]} for manifest in (one, other)]
    return sorted(path for path in {*hashes[0], *hashes[1]} if hashes[0].get(path) != hashes[1].get(path))


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
