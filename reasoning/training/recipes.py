"""The recipes of `reasoning train`, each a function of a session.

    run_training(read_config("grpo", None), Path("runs/grpo"), resume=False)

Every recipe evaluates before and after, saves the finished model in the standard layout and can be killed at any
moment and resumed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from reasoning.engines.base import derive_seed
from reasoning.runs.files import disk_is_full, write_json
from reasoning.runs.progress import progress_display
from reasoning.training.config import TrainingConfig
from reasoning.training.data import read_examples, read_tasks
from reasoning.training.forms import ConfigError
from reasoning.training.rollouts import sample_and_judge
from reasoning.training.rows import chosen_tasks, labelled_rows, pair_rows, sampled
from reasoning.training.session import METRICS_NAME, Session, TrainingError, model_path, save_whole
from verifiers.wording import counted

__all__ = ["run_training"]

_CHECKPOINTS = "checkpoints"
_BEST_OF = 8


def run_training(
    config: TrainingConfig,
    directory: Path,
    *,
    resume: bool,
    quiet: bool = False,
    on_log: Callable[[Mapping[str, Any]], None] = lambda record: None,
) -> dict[str, Any]:
    """Run a recipe to its end.

    Args:
        config: what to do.
        directory: of the run; new or empty unless `resume`.
        resume: go on with what is there.
        quiet: show no progress.
        on_log: told of each line of the log.

    Returns:
        The content of `metrics.json`: evaluations before and after, seconds.

    Raises:
        ConfigError: the model or the data is not what the configuration says.
        TrainingError: training cannot go on; what is there is kept.
    """
    import torch
    from transformers import set_seed
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    _silence_datasets()
    if config.threads:
        torch.set_num_threads(config.threads)
    if config.sampling.vllm and not torch.cuda.is_available():
        raise ConfigError("field 'sampling.vllm': needs a GPU: on a CPU vLLM cannot reload the weights it has loaded")
    metrics_path = directory / METRICS_NAME
    if resume and metrics_path.exists():
        finished: dict[str, Any] = json.loads(metrics_path.read_text(encoding="utf-8"))
        return finished
    set_seed(config.seed)
    session = Session.open(config, directory, resume=resume)
    session.on_log = on_log
    try:
        with progress_display(total=_steps(session) or None, label=config.recipe, quiet=quiet) as progress:
            session.advance = progress.advance
            return _run(session, metrics_path)
    except Exception as error:
        if not disk_is_full(error, directory):
            raise
        raise TrainingError(f"{directory}: no space left on the disk; free some, then {session.kept()}") from None
    finally:
        session.close()


def _run(session: Session, metrics_path: Path) -> dict[str, Any]:
    before = _evaluated(session, "before")
    started, cpu, evaluated = time.monotonic(), time.process_time(), session.evaluation_seconds
    extra = _RECIPES[session.config.recipe](session)
    # Training alone: without the evaluations on the way.
    seconds = time.monotonic() - started - (session.evaluation_seconds[0] - evaluated[0])
    cpu_seconds = time.process_time() - cpu - (session.evaluation_seconds[1] - evaluated[1])
    after = _evaluated(session, "after") if session.config.recipe != "reward-model" else None
    metrics = {
        "recipe": session.config.recipe,
        "before": before,
        "after": after,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        **extra,
    }
    write_json(metrics_path, metrics)
    return metrics


def _evaluated(session: Session, when: str) -> dict[str, Any] | None:
    """The evaluation before or after training, from the log where an earlier attempt made it."""
    for line in session.read_log():
        if line.get("when") == when:
            made: dict[str, Any] = line["evaluation"]
            return made
    evaluation = session.evaluate(session.model)
    if evaluation is None:
        return None
    session.log({"when": when, "evaluation": evaluation.to_json()})
    return evaluation.to_json()


def _sft(session: Session) -> dict[str, Any]:
    examples = read_examples(session.config.data, session.tokenizer)
    rows = [asdict(example) for example in examples]
    session.model = _fine_tune(session, rows, session.directory / _CHECKPOINTS)
    session.save_model(session.model)
    return {"rows": len(rows)}


def _expert_iteration(session: Session) -> dict[str, Any]:
    """Rounds of sampling, judging and fine-tuning on everything right so far (ReST-EM, expert iteration, RFT)."""
    config = session.config
    tasks = read_tasks(config.data.train, session.tokenizer, config.data, held_out=False)
    rounds = config.sampling.rounds if config.recipe == "expert-iteration" else 1
    kept: dict[tuple[str, str], None] = {}
    shares = []
    for turn in range(rounds):
        where = session.directory / "rounds" / str(turn)
        judged = sampled(session, chosen_tasks(session, tasks, turn), turn, where)
        right = [row for row in judged if row["right"]]
        kept.update({(row["prompt"], row["completion"]): None for row in right})
        shares.append(len(right) / max(sum(row["right"] is not None for row in judged), 1))
        if not kept:
            raise TrainingError(
                f"of {counted(len(judged), 'sample')} none is right, so there is nothing to learn from; "
                "take more samples, easier problems or a better model"
            )
        rows = [{"prompt": prompt, "completion": completion} for prompt, completion in kept]
        if (where / "model").exists():
            session.model = _reloaded(session, where / "model")
            continue
        session.model = _fine_tune(session, rows, where / _CHECKPOINTS, {"round": turn})
        evaluation = session.evaluate(session.model) if turn + 1 < rounds else None
        record = {"round": turn, "rows": len(rows), "sampled_right": shares[-1]}
        session.rewind_log(partial(_is_no_summary, turn))
        session.log(record | ({"evaluation": evaluation.to_json()} if evaluation else {}))
        save_whole(session.model, session.tokenizer, where / "model")
    session.save_model(session.model)
    return {"rows": len(kept), "sampled_right": shares}


def _is_no_summary(turn: int, line: Mapping[str, Any]) -> bool:
    return line.get("round") != turn or "sampled_right" not in line


def _preference(session: Session) -> dict[str, Any]:
    from datasets import Dataset
    from trl import DPOConfig, KTOConfig

    from reasoning.training.own_losses import CplTrainer, encoded, with_reference
    from reasoning.training.trainers import DpoTrainer, KtoTrainer, arguments, lora_config, train

    config, section = session.config, session.config.preference
    where = session.directory / _CHECKPOINTS
    rows = labelled_rows(session) if section.loss == "kto" else pair_rows(session, section.pairs_per_prompt)
    if section.loss == "cpl":
        from transformers import TrainingArguments

        ids = encoded(session.tokenizer, rows, ("chosen", "rejected"), config.max_length)
        if section.reference:
            ids = with_reference(session.model, ids, session.tokenizer.pad_token_id, config.batch_size)
        session.model.train()
        trainer: Any = CplTrainer(
            model=_adapted(session),
            args=arguments(TrainingArguments, session, where, remove_unused_columns=False),
            train_dataset=Dataset.from_list(ids),
            data_collator=CplTrainer.collator(session.tokenizer.pad_token_id),
        )
    else:
        form, kind = (KTOConfig, KtoTrainer) if section.loss == "kto" else (DPOConfig, DpoTrainer)
        balance = _balance(rows) if section.loss == "kto" else {}
        trainer = kind(
            model=session.model,
            args=arguments(form, session, where, beta=section.beta, max_length=config.max_length, **balance),
            train_dataset=Dataset.from_list(rows),
            processing_class=session.tokenizer,
            peft_config=lora_config(config),
        )
    session.model = train(trainer, session, where)
    session.save_model(session.model)
    return {"rows": len(rows)}


def _grpo(session: Session) -> dict[str, Any]:
    from datasets import Dataset
    from trl import GRPOConfig

    from reasoning.training.apo import ApoTrainer
    from reasoning.training.trainers import GrpoTrainer, arguments, lora_config, train

    config, section = session.config, session.config.grpo
    tasks = read_tasks(config.data.train, session.tokenizer, config.data, held_out=False)
    rows = [{"prompt": task.prompt, "problem": json.dumps(task.problem.to_json())} for task in tasks]
    where = session.directory / _CHECKPOINTS
    is_apo = config.recipe == "apo"
    loss = {"view-r1": "bnpo"}.get(config.apo.loss, config.apo.loss) if is_apo else section.loss
    vllm = {"use_vllm": True, "vllm_mode": "colocate"} if config.sampling.vllm else {}
    given = arguments(
        GRPOConfig,
        session,
        where,
        num_generations=section.group,
        max_completion_length=config.sampling.max_new_tokens,
        temperature=config.sampling.temperature,
        beta=section.beta,
        epsilon=section.epsilon,
        loss_type=loss,
        scale_rewards=section.scale_rewards,
        num_iterations=section.iterations,
        mask_truncated_completions=section.mask_truncated,
        **vllm,
    )
    kind = ApoTrainer if is_apo else GrpoTrainer
    trainer = kind(
        model=session.model,
        reward_funcs=session.reward,
        args=given,
        train_dataset=Dataset.from_list(rows),
        processing_class=session.tokenizer,
        peft_config=lora_config(config),
    )
    session.model = train(trainer, session, where)
    session.save_model(session.model)
    return {"rows": len(rows)}


def _reward_model(session: Session) -> dict[str, Any]:
    """Train a scorer and measure what it is for: picking the best of several samples."""
    from datasets import Dataset
    from transformers import AutoModelForSequenceClassification, TrainingArguments
    from trl import RewardConfig

    from reasoning.training.own_losses import PointwiseTrainer, encoded
    from reasoning.training.trainers import PairwiseTrainer, arguments, lora_config, train

    config, section = session.config, session.config.reward_model
    where = session.directory / _CHECKPOINTS
    pairwise = section.form == "pairwise"
    rows = pair_rows(session, section.pairs_per_prompt) if pairwise else labelled_rows(session)
    scorer = AutoModelForSequenceClassification.from_pretrained(
        model_path(config.model), num_labels=1, dtype=next(session.model.parameters()).dtype
    )
    scorer.config.pad_token_id = session.tokenizer.pad_token_id
    scorer.to(session.model.device)
    if pairwise:
        trainer: Any = PairwiseTrainer(
            model=scorer,
            args=arguments(RewardConfig, session, where, max_length=config.max_length),
            train_dataset=Dataset.from_list(rows),
            processing_class=session.tokenizer,
            peft_config=lora_config(config, "SEQ_CLS"),
        )
    else:
        ids = encoded(session.tokenizer, rows, ("completion",), config.max_length)
        trainer = PointwiseTrainer(
            model=_adapted(session, scorer, "SEQ_CLS"),
            args=arguments(TrainingArguments, session, where, remove_unused_columns=False),
            train_dataset=Dataset.from_list(ids),
            data_collator=PointwiseTrainer.collator(session.tokenizer.pad_token_id),
        )
    scorer = train(trainer, session, where)
    session.save_model(scorer)
    return {"rows": len(rows), **_best_of_n(session, scorer)}


def _best_of_n(session: Session, scorer: Any) -> dict[str, Any]:
    from reasoning.training.own_losses import score_texts

    if not session.held_out:
        return {}
    judged = sample_and_judge(
        session.model,
        session.tokenizer,
        session.held_out,
        session.reward,
        samples=_BEST_OF,
        settings=session.samples(derive_seed("best of", session.config.seed)),
    )
    scores = score_texts(scorer, session.tokenizer, [one.prompt for one in judged], [one.text for one in judged])
    groups = [range(start, start + _BEST_OF) for start in range(0, len(judged), _BEST_OF)]
    best = [max(group, key=lambda index: scores[index]) for group in groups]
    return {
        "best_of_n": {
            "n": _BEST_OF,
            "problems": len(groups),
            "one": sum(one.right for one in judged) / len(judged),
            "best": sum(judged[index].right for index in best) / len(groups),
            "any": sum(any(judged[index].right for index in group) for group in groups) / len(groups),
        }
    }


_RECIPES: dict[str, Callable[[Session], dict[str, Any]]] = {
    "sft": _sft,
    "rejection": _expert_iteration,
    "expert-iteration": _expert_iteration,
    "preference": _preference,
    "grpo": _grpo,
    "apo": _grpo,
    "reward-model": _reward_model,
}


def _fine_tune(session: Session, rows: list[dict[str, Any]], where: Path, labels: dict[str, Any] | None = None) -> Any:
    """Supervised fine-tuning of the session's model on `prompt` and `completion`, tokenised here in one pass."""
    from datasets import Dataset
    from trl import SFTConfig

    from reasoning.training.trainers import SftTrainer, arguments, lora_config, train

    tokenizer, config = session.tokenizer, session.config
    prompts = tokenizer([row["prompt"] for row in rows])["input_ids"]
    ends = tokenizer([row["completion"] for row in rows], add_special_tokens=False)["input_ids"]
    whole = [(prompt, [*end, tokenizer.eos_token_id]) for prompt, end in zip(prompts, ends, strict=True)]
    fitting = [pair for pair in whole if len(pair[0]) + len(pair[1]) <= config.max_length]
    if not fitting:
        raise ConfigError(
            f"field 'max_length': of {counted(len(rows), 'row')} none fits in {counted(config.max_length, 'token')}"
        )
    dataset = Dataset.from_dict(
        {
            "input_ids": [prompt + end for prompt, end in fitting],
            "labels": [[-100] * len(prompt) + end for prompt, end in fitting],
        }
    )
    session.model.train()
    # Random order: batches grouped by length go through one kind of task after the other, and little is learned.
    trainer = SftTrainer(
        model=session.model,
        args=arguments(
            SFTConfig, session, where, max_length=config.max_length, dataset_kwargs={"skip_prepare_dataset": True}
        ),
        train_dataset=dataset,
        processing_class=tokenizer,
        peft_config=lora_config(config),
    )
    return train(trainer, session, where, labels=labels)


def _balance(rows: list[dict[str, Any]]) -> dict[str, float]:
    """KTO's weights, so that right and wrong completions count as much together (arXiv 2402.01306)."""
    right = sum(row["label"] for row in rows)
    wrong = len(rows) - right
    return {"desirable_weight": max(1.0, wrong / right), "undesirable_weight": max(1.0, right / wrong)}


def _adapted(session: Session, model: Any = None, task: str = "CAUSAL_LM") -> Any:
    """The model with adapters where the configuration asks for them, for trainers that do not add them."""
    from reasoning.training.trainers import lora_config

    model = session.model if model is None else model
    adapters = lora_config(session.config, task)
    if adapters is None:
        return model
    from peft import get_peft_model

    return get_peft_model(model, adapters)


def _reloaded(session: Session, path: Path) -> Any:
    from transformers import AutoModelForCausalLM

    parameter = next(session.model.parameters())
    return AutoModelForCausalLM.from_pretrained(path, dtype=parameter.dtype).to(parameter.device)


def _steps(session: Session) -> int:
    """Steps of the whole run where they are known beforehand."""
    config = session.config
    if config.recipe in ("rejection", "expert-iteration") or not config.steps:
        return 0
    return config.steps


def _silence_datasets() -> None:
    from datasets import disable_progress_bars

    disable_progress_bars()
