"""What recipes learn from: rows of a file, or the model's own samples with their verdicts.

judged = sampled(session, chosen_tasks(session, tasks, turn=0), 0, session.directory / "rounds" / "0")
rows = pair_rows(session, most=2)           # prompt, chosen, rejected
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from reasoning.engines.base import derive_seed
from reasoning.json_lines import json_lines
from reasoning.runs.files import replaced_file
from reasoning.training.data import Task, read_rows, read_tasks, render, rows_with_labels, text_of
from reasoning.training.forms import ConfigError
from reasoning.training.rollouts import Judged, labelled, pairs, sample_and_judge
from reasoning.training.session import Session, TrainingError

__all__ = ["chosen_tasks", "labelled_rows", "pair_rows", "sampled"]

_SAMPLES_NAME = "samples.jsonl"


def pair_rows(session: Session, most: int) -> list[dict[str, Any]]:
    """Pairs from a file, or from the model's own samples: `prompt`, `chosen`, `rejected`.

    Args:
        session: whose data and model.
        most: pairs made of the samples of one prompt.

    Raises:
        ConfigError: a row of the file is malformed.
        TrainingError: the samples make no pair.
    """
    source = Path(session.config.data.train)
    if _holds(source, "chosen"):
        return [
            {name: text_of(record, name, place) for name in ("chosen", "rejected")}
            | {"prompt": render(session.tokenizer, text_of(record, "prompt", place))}
            for place, record in read_rows(source, session.config.data.count)
        ]
    judged = _own_samples(session)
    rows: list[dict[str, Any]] = list(pairs(judged, most))
    if not rows:
        raise TrainingError(f"none of {len(judged)} samples makes a pair of a right and a wrong one; sample more")
    return rows


def labelled_rows(session: Session) -> list[dict[str, Any]]:
    """Labelled completions from a file, or from the model's own samples: `prompt`, `completion`, `label`.

    Raises:
        ConfigError: a row of the file is malformed.
        TrainingError: all labels are the same.
    """
    source = Path(session.config.data.train)
    if _holds(source, "label"):
        given = rows_with_labels(list(read_rows(source, session.config.data.count)))
        rows = [{**row, "prompt": render(session.tokenizer, row["prompt"])} for row in given]
    else:
        rows = labelled(_own_samples(session))
    if len({row["label"] for row in rows}) < 2:
        raise TrainingError("the completions are all right or all wrong, so there is nothing to tell apart; take more")
    return rows


def sampled(session: Session, tasks: list[Task], turn: int, where: Path) -> list[dict[str, Any]]:
    """The judged samples of a round, from its file where an earlier attempt wrote it.

    Args:
        session: whose model is sampled.
        tasks: what it is asked.
        turn: number of the round.
        where: folder of the round.

    Returns:
        `prompt`, `completion` and `right`: true, false, or None where it could not be judged.

    Raises:
        ConfigError: the file is damaged.
    """
    path = where / _SAMPLES_NAME
    if not path.exists():
        where.mkdir(parents=True, exist_ok=True)
        with replaced_file(path) as file:
            for one in _judged(session, tasks, turn):
                right = one.right if one.right or one.wrong else None
                file.write(json.dumps({"prompt": one.prompt, "completion": one.text, "right": right}) + "\n")
    return [record for _, record in json_lines(path, ConfigError)]


def chosen_tasks(session: Session, tasks: list[Task], turn: int) -> list[Task]:
    """The tasks of a round, another choice each time."""
    count = min(session.config.sampling.prompts, len(tasks))
    return random.Random(derive_seed("tasks", session.config.seed, turn)).sample(tasks, count)


def _own_samples(session: Session) -> list[Judged]:
    config = session.config
    tasks = read_tasks(config.data.train, session.tokenizer, config.data, held_out=False)
    return _judged(session, chosen_tasks(session, tasks, 0), 0)


def _judged(session: Session, tasks: list[Task], turn: int) -> list[Judged]:
    return sample_and_judge(
        session.model,
        session.tokenizer,
        tasks,
        session.reward,
        samples=session.config.sampling.samples,
        settings=session.samples(derive_seed("round", session.config.seed, turn)),
    )


def _holds(path: Path, name: str) -> bool:
    """Whether the first row of a source has this field, and a value in it."""
    if not path.exists():
        return False
    return next(iter(read_rows(path, 1)))[1].get(name) is not None
