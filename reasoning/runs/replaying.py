"""The completions of an earlier run in the place of the engine that made them.

    engine = create_engine("replay:runs/first")
    await engine.complete(request)          # what the first run's engine answered to the very same request

A run keeps each completion under the content of its request, so this works for every method, and for runs that were
interrupted. The request must be the same: the same seed, prompt, method and sampling options as in the run's
`config.json`. Where the run has no such request, the completion is empty and its finish reason is `unrecorded`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from reasoning.engines.base import Completion, Engine, EngineError, Request
from reasoning.engines.options import EngineSpecError
from reasoning.engines.replay import ReplayEngine
from reasoning.runs.recording import request_key
from reasoning.runs.run import STORE_NAME, RunError, read_config
from reasoning.runs.store import RunStore, StoreError

__all__ = ["RunReplayEngine", "create"]

MISSES_BEFORE_DOUBT = 20
"""After so many unknown requests and not one known, the settings differ; that is said, not answered with nothing."""


def create(target: str, options: Mapping[str, str]) -> Engine:
    """Make the engine of `replay:FILE,FIELD=VALUE...` or `replay:RUN_DIR`.

    Raises:
        EngineSpecError: the file is not there, or the directory holds no run.
    """
    if not target:
        raise EngineSpecError("engine 'replay' needs a file: replay:FILE.jsonl[.gz] or replay:RUN_DIR")
    path = Path(target).expanduser()
    if path.is_dir():
        if options:
            raise EngineSpecError(f"engine 'replay': a run directory takes no options, got {', '.join(options)}")
        return RunReplayEngine(path)
    if not path.is_file():
        raise EngineSpecError(f"engine 'replay': no file {target!r}")
    return ReplayEngine(path, options)


class RunReplayEngine:
    """Reads completions back from a run's store, by request."""

    name = "replay"

    def __init__(self, directory: Path) -> None:
        """Open the run in `directory`.

        Raises:
            EngineSpecError: it holds no run, or one that keeps no completions.
        """
        self._directory = directory
        self._hits = self._misses = 0
        try:
            settings = read_config(directory)["settings"]
            self._original = settings["engine_description"]
            if not (directory / STORE_NAME).is_file():
                raise EngineSpecError(f"engine 'replay': {directory} holds no {STORE_NAME}")
            self._store = RunStore(directory / STORE_NAME, reading=True)
        except KeyError:
            raise EngineSpecError(f"engine 'replay': the run in {directory} names no engine") from None
        except (RunError, StoreError) as error:
            raise EngineSpecError(f"engine 'replay': {error}") from None
        self._description = json.dumps(self._original, sort_keys=True).encode()

    async def complete(self, request: Request) -> list[Completion]:
        """See `Engine.complete`.

        Raises:
            EngineError: the run seems to have been made with other settings.
        """
        if len(request.sample_indices) != len(request.seeds):
            raise EngineError(f"{len(request.seeds)} seeds, but {len(request.sample_indices)} sample indices")
        pairs = zip(request.seeds, request.sample_indices, strict=True)
        return [self._find(replace(request, seeds=(seed,), sample_indices=(index,))) for seed, index in pairs]

    def tool_reply(self, key: bytes) -> str | None:
        """What a tool answered in the run; see `reasoning.solvers.toolbox.ReplyMemory`."""
        return self._store.tool_reply(key)

    def add_tool_reply(self, key: bytes, body: str) -> None:
        """Keep nothing: the run is not changed."""

    async def close(self) -> None:
        """Close the store."""
        self._store.close()

    def describe(self) -> dict[str, Any]:
        """See `Engine.describe`."""
        return {"engine": self.name, "run": str(self._directory), "original": self._original}

    def _find(self, request: Request) -> Completion:
        found = self._store.completion(request_key(request, self._description))
        if found is not None:
            self._hits += 1
            return found
        self._misses += 1
        if not self._hits and self._misses >= MISSES_BEFORE_DOUBT:
            raise EngineError(
                f"replay: the run in {self._directory} answered none of the first {self._misses} requests: give the "
                "same seed, prompt, method and sampling options as in its config.json"
            )
        return Completion("", "unrecorded")
