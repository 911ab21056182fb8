"""What training reads: files of JSON lines, and the datasets that are made here."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reasoning.training.config import DataSection
from reasoning.training.data import read_examples, read_rows, read_tasks
from reasoning.training.forms import ConfigError

SUM = {"id": "sum", "kind": "answer", "prompt": "2+2=?", "gold": "4"}


def row(number, **fields):
    problem = {**SUM, "id": str(number), "gold": str(number)}
    return {"id": f"{number}#0", "kind": "answer", "prompt": "2+2=?", "problem": json.dumps(problem), "completion": f"It is {number}."} | fields  # fmt: skip


def dataset(folder, **splits):
    (folder / "data").mkdir(parents=True)
    for split, numbers in splits.items():
        for shard, number in enumerate(numbers):
            name = f"{split}-{shard:05d}-of-{len(numbers):05d}.parquet"
            pq.write_table(pa.Table.from_pylist([row(number)]), folder / "data" / name)
    return folder


def test_a_dataset_is_learned_from_by_its_training_split_and_asked_by_another(tmp_path):
    made = str(dataset(tmp_path / "dataset", train=[1, 2, 3], test=[8], validation=[9]))
    section = DataSection(train=made, evaluation=made, count=2)
    assert [one.completion for one in read_examples(section, None)] == ["It is 1.", "It is 2."]
    asked = read_tasks(made, None, section, held_out=False)
    assert [(task.prompt, task.problem.fields["gold"]) for task in asked] == [("2+2=?", "1"), ("2+2=?", "2")]
    assert [task.problem.id for task in read_tasks(made, None, section, held_out=True)] == ["8"]
    other = str(dataset(tmp_path / "other", train=[1], validation=[9]))
    assert [task.problem.id for task in read_tasks(other, None, section, held_out=True)] == ["9"]
    shard = f"{made}/data/train-00002-of-00003.parquet"
    assert [task.problem.id for task in read_tasks(shard, None, section, held_out=False)] == ["3"]


def test_a_table_of_a_dataset_is_named_by_its_folder(tmp_path):
    (tmp_path / "dpo").mkdir()
    pq.write_table(pa.Table.from_pylist([{"prompt": "p", "chosen": "c"}]), tmp_path / "dpo" / "train-0-of-1.parquet")
    assert [found for _, found in read_rows(tmp_path / "dpo", 5)] == [{"prompt": "p", "chosen": "c"}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (row(1, problem="{"), r"rows\.jsonl, line 1: "),
        (row(1, problem='{"id": "x"}'), r"rows\.jsonl, line 1: .*kind"),
        ({**SUM, "prompt": ""}, "line 1: field 'prompt': missing"),
    ],
)
def test_a_row_that_is_no_problem_is_named(tmp_path, content, message):
    (tmp_path / "rows.jsonl").write_text(json.dumps(content) + "\n")
    with pytest.raises(ConfigError, match=message):
        read_tasks(str(tmp_path / "rows.jsonl"), None, DataSection(), held_out=False)


def test_what_is_no_source_is_said_in_one_line(tmp_path):
    with pytest.raises(ConfigError, match=r"a folder that holds no train-\*\.parquet"):
        next(read_rows(tmp_path, 1))
    (tmp_path / "no.parquet").write_text("PAR1 but for the rest")
    with pytest.raises(ConfigError, match=r"no\.parquet: cannot be read: "):
        next(read_rows(tmp_path / "no.parquet", 1))
    with pytest.raises(ConfigError, match=r"gone\.jsonl: cannot be read: No such file"):
        next(read_rows(tmp_path / "gone.jsonl", 1))
