"""The targets of `scripts/fuzz.py`: each takes its seeds and some damage to them, and notices what it is there for."""

from __future__ import annotations

import importlib.util
import json
import random
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "fuzz.py"
SPEC = importlib.util.spec_from_file_location("fuzz", SCRIPT)
fuzz = importlib.util.module_from_spec(SPEC)
sys.modules["fuzz"] = fuzz
SPEC.loader.exec_module(fuzz)


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_each_target_takes_its_seeds_and_damaged_ones(name):
    target, source = fuzz.TARGETS[name], random.Random(name)
    check, seeds = target.load(), [seed for seed in target.seeds() if len(seed) < 600]
    assert seeds
    for seed in source.sample(seeds, min(len(seeds), 8)):
        check(seed)
        check(seed[: source.randint(0, len(seed))] + bytes([source.randrange(256)]))
        if target.structured:
            check(fuzz.changed(seed, source.randrange(10**6)))


def test_a_change_stays_json_and_keeps_the_byte_that_chooses():
    case = b"\3" + json.dumps({"a": {"b": [1, 2]}, "c": "d"}).encode()
    changes = {fuzz.changed(case, seed) for seed in range(40)}
    assert len(changes) > 8
    assert all(change[:1] == b"\3" and isinstance(json.loads(change[1:]), dict) for change in changes)
    assert fuzz.changed(b"not json", 0) == b"not json"


def test_what_does_not_hold_is_a_finding(monkeypatch):
    monkeypatch.setattr(
        "verifiers.answers.judge_bare", lambda gold, text: type("V", (), {"passed": False, "strict": 0})
    )
    with pytest.raises(fuzz.FindingError, match="not equal to itself"):
        fuzz.answers()(b"4\0004")
    with pytest.raises(fuzz.FindingError, match="without a word"):
        fuzz.refused(ValueError, lambda: (_ for _ in ()).throw(ValueError()))
