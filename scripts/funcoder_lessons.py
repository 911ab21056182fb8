"""Lessons from which a tiny model learns to answer FunCoder, for `funcoder_with_a_model.py --learn`.

    lessons = collect_lessons(problems, tokenizer, positions=640)
    learn(directory, lessons, seconds=180)

A lesson is a request of FunCoder's and a reply. The requests are FunCoder's own: it runs on some problems with
a teacher that knows their canonical solutions. The teacher splits each function: the root calls a new function, which
does the work. Some of its replies are wrong on purpose, so that the votes have something to decide.
"""

from __future__ import annotations

import ast
import asyncio
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reasoning.engines.base import Completion, Message, PromptTooLongError, Request
from reasoning.methods import Question, Sampling, Workbench, find_method
from reasoning.methods.code.examples import visible_tests
from reasoning.methods.code.tasks import code_task
from verifiers.records import Problem
from verifiers.sandbox import SandboxPool

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))
from scripted_engine import Call, python, step_of

__all__ = ["Lesson", "collect_lessons", "learn", "replies_about", "teachable"]

SUFFIX = "_work"
"""Of the name of the function that does the work."""
WRONG_EVERY = 4
"""One of so many conquer replies is wrong; for the last problem of the lessons all but one of so many are."""
TEACHER_RUNS = 2
LONGEST_SOLUTION = 400
HIDDEN_SIZE = 128
BATCH = 8
LEARNING_RATE = 3e-3
SHORT_SHARE = 0.7
"""Of the time, in which requests are cut to their last turn; that is cheap, and the worked examples teach nothing."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A request and a reply to it."""

    messages: tuple[Message, ...]
    reply: str


def teachable(problem: Problem, solution: str) -> bool:
    """Whether a problem is one function without context, has examples, and its solution does not call itself."""
    task = code_task(problem, "funcoder")
    name = task.root.name
    functions = [part for part in task.context if part.kind == "function"]
    short = len(problem.prompt) < 2 * LONGEST_SOLUTION and len(solution) < LONGEST_SOLUTION
    return short and not functions and len(task.examples) > 1 and name not in solution


def replies_about(problem: Problem, solution: str, *, mostly_wrong: bool = False) -> dict[tuple[str, str], list[str]]:
    """The teacher's replies about a problem, by step and function; one is drawn where there are several."""
    task = code_task(problem, "funcoder")
    root = task.root.function
    name, worker = root.name, root.name + SUFFIX
    names = [argument.arg for argument in root.args.args]
    signature = ast.unparse(root.args)
    returns = f" -> {ast.unparse(root.returns)}" if root.returns is not None else ""
    root_head = f"def {name}({signature}){returns}:\n"
    head = f'def {worker}({signature}){returns}:\n    """Do the work of `{name}`."""\n'
    call = f"    return {worker}({', '.join(names)})"
    body = solution.rstrip().lstrip("\n")
    right, wrong = python(head + body), python(f"{head}    return {names[0]}")
    share = [wrong] * (WRONG_EVERY - 1) + [right] if mostly_wrong else [right] * (WRONG_EVERY - 1) + [wrong]
    tests = visible_tests(problem.prompt, name)[:3]
    calls = [next(node for node in ast.walk(ast.parse(test)) if isinstance(node, ast.Call)) for test in tests]
    arguments = [ast.unparse(ast.Tuple([*call.args], ast.Load()))[1:-1].rstrip(",") for call in calls]
    return {
        ("divide", name): [python(f"{root_head}{call}\n\n\n{head}    raise NotImplementedError()")],
        ("divide", worker): [right],
        ("conquer", name): [python(root_head + call)],
        ("conquer", worker): share,
        ("callers", name): [_callers(name, arguments)],
        ("callers", worker): [_callers(worker, arguments)],
        ("examples", name): [python("\n".join(tests))],
    }


def _callers(name: str, arguments: Sequence[str]) -> str:
    return python("\n\n\n".join(f"def t{n}(seed):\n    return {name}({given})" for n, given in enumerate(arguments)))


class _Teacher:
    """An engine that answers from the replies and notes each request with its reply."""

    name = "teacher"

    def __init__(self, replies: dict[tuple[str, str], list[str]], tokenizer: Any, positions: int) -> None:
        self.lessons: list[Lesson] = []
        self._replies = replies
        self._tokenizer = tokenizer
        self._positions = positions

    async def complete(self, request: Request) -> list[Completion]:
        turns = [{"role": message.role, "content": message.content} for message in request.messages]
        text = self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        if len(self._tokenizer(text).input_ids) >= self._positions:
            raise PromptTooLongError("too long for the pupil")
        words = tuple(message.content for message in request.messages)
        known = self._replies.get(step_of(Call(words, words[-1], 0, 0.0)), [""])
        given = [known[index % len(known)] for index in range(len(request.seeds))]
        if known[0]:
            # Each distinct reply as often as the teacher has it, however many samples are asked for.
            self.lessons.extend(Lesson(tuple(request.messages), reply) for reply in known)
        return [Completion(reply, "stop", 10, 5) for reply in given]

    async def close(self) -> None:
        """Nothing is held."""

    def describe(self) -> dict[str, str]:
        """For the record of a run."""
        return {"engine": self.name}


def collect_lessons(
    problems: Sequence[tuple[Problem, str]], style: Any, tokenizer: Any, positions: int
) -> list[Lesson]:
    """Run FunCoder on problems, each with its canonical solution, and note what it asks.

    Args:
        problems: the last one is taught mostly wrong.
        style: the benchmark's.
        tokenizer: of the pupil.
        positions: requests as long as this are refused, as the pupil will.
    """

    async def work() -> list[Lesson]:
        lessons: list[Lesson] = []
        async with SandboxPool(workers=2) as pool:
            for number, (problem, solution) in enumerate(problems, 1):
                replies = replies_about(problem, solution, mostly_wrong=number == len(problems))
                for seed in range(TEACHER_RUNS):
                    teacher = _Teacher(replies, tokenizer, positions)
                    question = Question(problem, style, 0, seed, Sampling(max_tokens=500))
                    await find_method("funcoder")(question, Workbench(teacher, pool))
                    lessons += teacher.lessons
        return lessons

    return asyncio.run(work())


def learn(directory: Path, lessons: Sequence[Lesson], *, seconds: float, seed: int = 0) -> list[float]:
    """Replace the weights in `directory` by some that have learned the lessons; the losses on the way.

    Args:
        directory: of a model in the standard layout; its tokenizer and configuration are used.
        lessons: the loss is on replies only.
        seconds: CPU time at most.
        seed: of the weights and the order.
    """
    import torch
    from transformers import AutoConfig, AutoTokenizer, Qwen2ForCausalLM

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    config = AutoConfig.from_pretrained(directory)
    config.hidden_size, config.intermediate_size = HIDDEN_SIZE, 2 * HIDDEN_SIZE
    config.num_attention_heads = config.num_key_value_heads = 4
    config.initializer_range, config.tie_word_embeddings = 0.02, True
    model = Qwen2ForCausalLM(config).to(torch.float32)
    short = [_ids(tokenizer, replace(lesson, messages=lesson.messages[-1:])) for lesson in lessons]
    whole = [_ids(tokenizer, lesson) for lesson in lessons]
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.0)
    order = random.Random(seed)
    losses: list[float] = []
    started = time.process_time()
    while (used := time.process_time() - started) < seconds:
        for group in optimizer.param_groups:
            warm = min(1.0, (len(losses) + 1) / 20)
            group["lr"] = LEARNING_RATE * warm * max(0.05, 1 - used / seconds)
        rows = short if used < SHORT_SHARE * seconds else whole
        loss = _loss(model, order.sample(rows, min(BATCH, len(rows))), tokenizer.pad_token_id)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    model.generation_config.eos_token_id = [tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids("<|im_end|>")]
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(directory)
    return losses


def _ids(tokenizer: Any, lesson: Lesson) -> tuple[list[int], list[int]]:
    turns = [{"role": message.role, "content": message.content} for message in lesson.messages]
    prompt = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    return tokenizer(prompt).input_ids, [
        *tokenizer(lesson.reply).input_ids,
        tokenizer.convert_tokens_to_ids("<|im_end|>"),
    ]


def _loss(model: Any, batch: Sequence[tuple[list[int], list[int]]], pad: int) -> Any:
    """Mean cross-entropy of the replies; logits are made of their places only."""
    import torch

    longest = max(len(prompt) + len(reply) for prompt, reply in batch)
    ids = torch.full((len(batch), longest), pad)
    asked = torch.zeros((len(batch), longest), dtype=torch.bool)
    for row, (prompt, reply) in enumerate(batch):
        end = len(prompt) + len(reply)
        ids[row, :end] = torch.tensor([*prompt, *reply])
        asked[row, len(prompt) : end] = True
    hidden = model.model(ids, attention_mask=(ids != pad).long()).last_hidden_state
    scores = model.lm_head(hidden[:, :-1][asked[:, 1:]])
    return torch.nn.functional.cross_entropy(scores, ids[:, 1:][asked[:, 1:]])
