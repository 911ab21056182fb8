import asyncio

import pytest

from reasoning.engines.base import Completion, Message, derive_seed
from reasoning.methods import Prompt, PromptStyle, Question, Sampling, Workbench
from reasoning.methods.direct import direct
from verifiers.records import Problem

STYLE = PromptStyle(
    "shout",
    "for tests",
    lambda problem: Prompt(messages=(Message("user", problem.prompt.upper()),), stop=("END",)),
    lambda problem, reply: reply.removeprefix("Answer: ") if reply.startswith("Answer: ") else None,
)


class Once:
    name = "once"

    def __init__(self, completion):
        self.completion = completion
        self.request = None

    async def complete(self, request):
        self.request = request
        return [self.completion]


def ask(completion):
    engine = Once(completion)
    question = Question(Problem("p", "puzzle", "why"), STYLE, 3, 11, Sampling(0.5, 0.9, 77))
    return asyncio.run(direct(question, Workbench(engine, None))), engine.request


def test_one_request_carries_prompt_sampling_and_its_own_seed():
    attempt, request = ask(Completion("Answer: 42", "length"))
    assert (attempt.candidate.text, attempt.candidate.sample, attempt.finish_reason) == ("42", 3, "length")
    assert (request.messages[0].content, request.stop) == ("WHY", ("END",))
    assert (request.temperature, request.top_p, request.max_tokens) == (0.5, 0.9, 77)
    assert request.seeds == (derive_seed(11, "p", "direct", 3),)
    assert request.sample_indices == (3,)
    assert request.problem.id == "p"


@pytest.mark.parametrize(
    "completion",
    [Completion("no answer"), Completion("Answer: 1", "exhausted"), Completion("Answer: 1", "unrecorded")],
)
def test_a_reply_without_a_candidate_is_none(completion):
    attempt, _ = ask(completion)
    assert attempt.candidate is None
    assert attempt.finish_reason == completion.finish_reason
