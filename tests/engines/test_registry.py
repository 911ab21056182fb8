"""Specs of engines: what is read, what is refused and in which words, and that listing imports nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from reasoning.engines import EngineSpecError, create_engine, list_engines, parse_spec, registry
from reasoning.engines.options import read_options


@pytest.mark.parametrize(
    ("text", "name", "target", "options"),
    [
        ("search", "search", "", {}),
        ("search,steps=20000", "search", "", {"steps": "20000"}),
        (
            "openai:org/model:8b,base_url=http://127.0.0.1:8000/v1",
            "openai",
            "org/model:8b",
            {"base_url": "http://127.0.0.1:8000/v1"},
        ),
        ("replay:a,b.jsonl,experiment=x=y,z", "replay", "a,b.jsonl", {"experiment": "x=y,z"}),
        (" vllm:m,dtype= ", "vllm", "m", {"dtype": ""}),
    ],
)
def test_specs_are_taken_apart(text: str, name: str, target: str, options: dict[str, str]) -> None:
    spec = parse_spec(text)
    assert (spec.name, spec.target, spec.options) == (name, target, options)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected NAME"),
        (":model", "expected NAME"),
        ("search,steps", "expected NAME"),
        ("search,steps=1,steps=2", "'steps' is given twice"),
        (
            "gpt:4",
            "no engine 'gpt'; known engines: search, nano, nano-plus, nano-prover, openai, transformers, vllm, replay",
        ),
        ("search,steps=0", "engine 'search': option steps=0: expected more than 0"),
        ("search,seconds=nan", "option seconds=nan: expected more than 0"),
        ("openai", "needs a model name"),
        (
            "openai:m,base_url=http://h/v1,temperature=1",
            "no option 'temperature'; known options: base_url, api_key_env",
        ),
        ("openai:m,base_url=http://h/v1,timeout=soon", "option timeout='soon': expected a number"),
        ("openai:m,base_url=http://h/v1,retries=1.5", "option retries='1.5': expected a whole number"),
        ("openai:m,base_url=http://h/v1,concurrency=0", "option concurrency=0: expected at least 1"),
        ("openai:m,base_url=localhost:8000", "expected http://"),
        ("replay", "needs a file"),
        ("replay:/no/such/file.jsonl", "no file '/no/such/file.jsonl'"),
    ],
)
def test_wrong_specs_get_one_clear_line(text: str, words: str) -> None:
    with pytest.raises(EngineSpecError) as caught:
        create_engine(text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@dataclass(frozen=True)
class _Options:
    needed: str
    flag: bool = False
    most: int | None = None


def test_options_are_typed() -> None:
    assert read_options("e", _Options, {"needed": "a", "flag": "Yes", "most": "3"}) == _Options("a", True, 3)
    with pytest.raises(EngineSpecError, match="option flag='maybe': expected true or false"):
        read_options("e", _Options, {"needed": "a", "flag": "maybe"})
    with pytest.raises(EngineSpecError, match="needed"):
        read_options("e", _Options, {})


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reasoning.engines.options.find_spec", lambda module: None)
    monkeypatch.setattr(registry, "find_spec", lambda module: None)
    with pytest.raises(EngineSpecError, match=r"needs vllm: pip install 'reasoning-toolkit\[vllm\]'"):
        create_engine("vllm:some/model")
    listed = {info.name: info for info in list_engines()}
    assert not listed["transformers"].installed
    assert listed["transformers"].install == "pip install 'reasoning-toolkit[transformers]'"
    assert listed["replay"].installed
    assert listed["replay"].install == ""


def test_every_built_in_factory_is_there() -> None:
    for name, entry in registry.BUILT_IN.items():
        assert callable(registry._factory(name)), entry.factory
        assert entry.form.startswith(name)


def test_engines_of_other_packages_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "echo_engine.py").write_text(
        "def create(target, options):\n    return ('echo', target, dict(options))\n"
    )
    info = tmp_path / "echo_engine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: echo-engine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[reasoning_toolkit.engines]\necho = echo_engine:create\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert create_engine("echo:hello,loud=yes") == ("echo", "hello", {"loud": "yes"})
    assert "from the package echo-engine" in [entry.summary for entry in list_engines()]


def test_listing_and_parsing_import_no_model_library() -> None:
    code = (
        "import sys; from reasoning.engines import list_engines, parse_spec; list_engines(); parse_spec('vllm:x');"
        "print([name for name in ('torch', 'transformers', 'vllm', 'openai') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
