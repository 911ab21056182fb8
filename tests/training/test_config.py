"""Configurations: typed, checked, and wrong in one line that names file and field."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from reasoning.training.config import RECIPES, config_from_json, read_config
from reasoning.training.forms import ConfigError

WRONG = [
    ("stepz = 3", "field 'stepz': unknown; known fields: model"),
    ("[optimizer]\nnaem = 'soap'", "field 'optimizer.naem': unknown; known fields: name, learning_rate"),
    ("[optimizer]\nname = 'sgd'", "field 'optimizer.name': is 'sgd', expected one of adamw, soap, lion, muon"),
    ("steps = 'many'", "field 'steps': expected a whole number, got 'many'"),
    ("steps = true", "field 'steps': expected a whole number, got True"),
    ("steps = 1.5", "field 'steps': expected a whole number, got 1.5"),
    ("steps = -1", "field 'steps': is -1, expected 0 or more"),
    ("epochs = nan", "field 'epochs': is nan, expected 0 or more"),
    ("bf16 = 1", "field 'bf16': expected true or false, got 1"),
    ("data = 3", "field 'data': expected a table, got int"),
    ("steps = ", "not TOML"),
    ("batch_size = 60", "field 'grpo.group': expected at least 2, and batch_size must be a multiple of it"),
    ("accumulation = 3", "field 'batch_size': must be a multiple of accumulation"),
    ("[schedule]\nname = 'refined'", "field 'schedule.gradient_norms': the refined schedule needs"),
    ("[preference]\nbias = 0", "field 'preference.bias': is 0.0, expected more than 0 and at most 1"),
    ("log_every = 0", "field 'log_every': is 0, expected at least 1"),
    ("accumulation = 0", "field 'accumulation': is 0, expected at least 1"),
    ("max_gradient_norm = 0", "field 'max_gradient_norm': is 0.0, expected more than 0"),
    ("[data]\nbare_share = 1.5", "field 'data.bare_share': is 1.5, expected at least 0 and at most 1"),
    ("[data]\nsize = 4", "field 'data.size': is 4, expected at least 0 and at most 3"),
    ("[sampling]\nrounds = 0", "field 'sampling.rounds': is 0, expected at least 1"),
    ("[optimizer]\nbeta1 = -0.5", "field 'optimizer.beta1': is -0.5, expected 0 or more"),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_a_mistake_names_the_file_and_the_field(tmp_path, text, words):
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_config("grpo", path)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)


def test_apo_needs_a_reference():
    with pytest.raises(ConfigError, match=r"field 'grpo\.beta': APO shapes the KL term"):
        read_config("apo", None, ["grpo.beta=0"])


@pytest.mark.parametrize("recipe", RECIPES)
def test_defaults_are_complete_and_survive_json(recipe):
    config = read_config(recipe, None)
    assert config_from_json(json.loads(json.dumps(config.to_json())), "x") == config


def test_overrides_win_over_the_file_and_the_file_over_the_recipe(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("steps = 7\n[optimizer]\nlearning_rate = 1\nname = 'lion'\n")
    config = read_config("grpo", path, ["optimizer.name=soap", "model=some/where", "optimizer.beta1=0.8"])
    assert (config.steps, config.optimizer.name, config.model) == (7, "soap", "some/where")
    assert config.optimizer.learning_rate == 1.0
    assert isinstance(config.optimizer.learning_rate, float)
    assert config.optimizer.beta1 == 0.8
    assert config.schedule.warmup_steps == 3


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reasoning.cli.main", "train", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


def test_the_command_says_what_is_wrong_in_one_line(tmp_path):
    (tmp_path / "c.toml").write_text("stepz = 3")
    for arguments, words in (
        (["grpo", "--config", "c.toml"], "c.toml: field 'stepz': unknown"),
        (["grpo", "--config", "gone.toml"], "gone.toml: cannot be read: No such file or directory"),
        (["frobnicate"], "no recipe 'frobnicate'; known recipes: sft, rejection"),
        (["grpo", "--set", "steps"], "--set steps: expected FIELD=VALUE"),
        ([], "give a RECIPE, or --resume RUN_DIR"),
    ):
        done = run(*arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert words in done.stderr
        assert done.stderr.count("\n") == 1


def test_the_whole_configuration_can_be_shown(tmp_path):
    done = run("apo", "--show", "--set", "steps=3", cwd=tmp_path)
    assert json.loads(done.stdout)["steps"] == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("steps = " + "[" * 100_000, "not TOML"),
        ("steps = " + "9" * 10_000, "not TOML"),
        ("steps = \udcff", "not TOML"),
    ],
)
def test_a_file_that_no_reader_of_toml_takes_is_named(tmp_path, content, said):
    path = tmp_path / "own.toml"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match=rf"own\.toml: {said}"):
        read_config("grpo", path)


@pytest.mark.parametrize("value", ["[" * 100_000, "9" * 10_000])
def test_a_value_of_the_command_line_that_toml_cannot_take_is_a_text(value):
    with pytest.raises(ConfigError, match="field 'steps': expected a whole number"):
        read_config("grpo", None, [f"steps={value}"])


def test_a_configuration_without_a_field_that_is_needed_names_it():
    with pytest.raises(ConfigError, match="here: field 'recipe': missing"):
        config_from_json({"steps": 3}, "here")


def test_a_place_that_a_run_cannot_have_is_said_before_anything_is_loaded(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes").write_text("x")
    for out, words in (
        ("file", "error: file: cannot be used: Not a directory"),
        ("file/below", "error: file/below: cannot be used: Not a directory"),
        ("full", "error: full is not empty: it holds notes"),
    ):
        done = run("grpo", "--out", out, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stderr == words + "\n"
