"""Runs a pipeline in process and reads what it made: `rows, thrown, built = run_pipeline(tmp_path, settings, engine)`."""

import asyncio
import json

import pyarrow.parquet as pq

from reasoning.backends import Execution
from reasoning.engines.base import Completion
from reasoning.pipelines.backend import build
from reasoning.pipelines.settings import settings_from


def run_pipeline(folder, asked=None, **options):
    """Build with these settings in `folder/run`; returns rows by table, discarded records, and the outcome."""
    settings = settings_from({"decontaminate": "none", **options})
    built = asyncio.run(
        build(settings, folder / "run", engine=asked, execution=Execution(jobs=2, concurrency=4, quiet=True))
    )
    rows = {
        table: [
            row for path in sorted((built.dataset / name).glob("*.parquet")) for row in pq.read_table(path).to_pylist()
        ]
        for table, name in (("default", "data"), ("dpo", "dpo"), ("kto", "kto"))
    }
    thrown = [json.loads(line) for line in (folder / "run" / "discarded.jsonl").read_text().splitlines()]
    return rows, thrown, built


def write_lines(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


class ScriptedEngine:
    """Scripted replies of our own, in the place of a model: `script(prompt, index of the sample) -> reply`."""

    name = "scripted"

    def __init__(self, script):
        self.script = script
        self.prompts = []

    async def complete(self, request):
        prompt = request.messages[-1].content
        self.prompts.append(prompt)
        return [Completion(self.script(prompt, sample)) for sample in request.sample_indices]

    async def close(self):
        pass

    def describe(self):
        return {"engine": self.name}
