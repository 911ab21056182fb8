"""Recorded completions: any file is replayed, or refused by the engine's own error."""

from __future__ import annotations

import asyncio
import gzip
import json

from fuzzing import attempt, json_values, mutated, run, sizes
from hypothesis import strategies as st

from reasoning.engines import create_engine
from reasoning.engines.base import Completion, EngineError, Request
from reasoning.engines.options import EngineSpecError
from verifiers.records import Problem

ROW = {"id": "a", "completion": "4", "sample": 0, "count": 2, "finish_reason": "stop", "kind": "x"}
SEVERAL = {"id": "a", "response": ["4", "5"], "score": [[1.0], [2.0]]}
DAMAGE = [b"[" * 100_000, b"\xff\xfe", b"9" * 10_000, b'{"id": "\\ud800", "completion": "4"}', b"\x00", b""]


def replayed(path, id):
    async def work():
        engine = create_engine(f"replay:{path}")
        try:
            problem = Problem(id, "answer")
            return await engine.complete(Request(prompt="", problem=problem, seeds=(0, 0), sample_indices=(0, 1)))
        finally:
            await engine.close()

    return asyncio.run(work())


@sizes(30, 300)
def test_any_file_is_replayed_or_refused(examples, tmp_path):
    def check(case):
        rows, packed, id = case
        content = b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows)
        path = tmp_path / "samples.jsonl"
        path.write_bytes(gzip.compress(content) if packed else content)
        found = attempt((EngineError, EngineSpecError), replayed, path, id)
        assert found is None or [type(one) for one in found] == [Completion, Completion]

    row = st.one_of(mutated(ROW), mutated(SEVERAL), st.just(ROW), json_values(), st.sampled_from(DAMAGE))
    ids = st.sampled_from(["a", "b", "\ud800", "", "0", "../../etc/passwd"])
    run(examples, st.tuples(st.lists(row, max_size=3), st.booleans(), ids), check)


def test_a_damaged_compressed_file_is_refused(tmp_path):
    whole = bytearray(gzip.compress(json.dumps(ROW).encode() * 50))
    whole[10] = 0xFF
    path = tmp_path / "samples.jsonl.gz"
    path.write_bytes(bytes(whole))
    assert attempt((EngineError, EngineSpecError), replayed, path, "a") is None
