"""Replies of servers: whatever one sends, there is a completion, messages, or the engine's or the bridge's own error."""

from __future__ import annotations

import asyncio
import json
from unittest import mock

import httpx
import pytest
from fuzzing import attempt, json_values, mutated, run, sizes, texts
from hypothesis import strategies as st
from openai import AsyncOpenAI

from reasoning.engines.base import Completion, EngineError, Message, Request
from reasoning.engines.openai_compatible import OpenAIEngine, OpenAIOptions
from verifiers.proofs.lean.text_backends.guarded import ProverTimeout, ProverUnavailable
from verifiers.proofs.lean.text_backends.kimina import KiminaProver
from verifiers.proofs.lean.text_backends.repl import ReplDied, _environment, _messages
from verifiers.proofs.records import ProofMessage

KEY = "sk-do-not-tell-0123456789"
CHAT = {
    "id": "1", "object": "chat.completion", "created": 1, "model": "m", "system_fingerprint": "f",
    "choices": [{
        "index": 0, "finish_reason": "stop",
        "message": {
            "role": "assistant", "content": "4", "reasoning_content": "2+2", "refusal": None,
            "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        "logprobs": {"content": [{"token": "4", "logprob": -0.5, "bytes": [52], "top_logprobs": []}]},
    }],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
}  # fmt: skip
TEXT = {
    "id": "1", "object": "text_completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "text": "4", "finish_reason": "stop", "logprobs": {"tokens": ["4"], "token_logprobs": [-0.5]}}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
}  # fmt: skip
ERROR = {"error": {"message": "too long", "type": "invalid", "param": "seed", "code": "context_length_exceeded"}}


def ask(body, status, *, chat, logprobs, headers=None):
    """What the engine makes of one reply."""

    async def work():
        reply = httpx.Response(status, content=body, headers={"content-type": "application/json", **(headers or {})})
        transport = httpx.MockTransport(lambda request: reply)
        engine = OpenAIEngine("m", OpenAIOptions(base_url="http://localhost/v1", retries=0))
        await engine.close()
        async with httpx.AsyncClient(transport=transport) as client:
            engine._server.client = AsyncOpenAI(
                api_key=KEY, base_url="http://localhost/v1", http_client=client, max_retries=0
            )
            prompt = {"messages": (Message("user", "2+2?"),)} if chat else {"prompt": "2+2="}
            return await engine.complete(Request(**prompt, logprobs=logprobs))

    with mock.patch.dict("os.environ", {"OPENAI_API_KEY": KEY}):
        return asyncio.run(work())


def as_bytes(value):
    return value if isinstance(value, bytes) else json.dumps(value).encode()


bodies = st.one_of(
    mutated(CHAT), mutated(TEXT), mutated(ERROR), json_values(), st.binary(max_size=40),
    st.sampled_from([b"[" * 100_000, b'{"choices":' * 20_000, b"9" * 10_000, b'{"a":"\\ud800"}', CHAT, TEXT]),
).map(as_bytes)  # fmt: skip


@sizes(15, 150)
def test_any_reply_is_a_completion_or_an_error(examples):
    def check(case):
        body, status, chat, logprobs = case
        made = attempt(EngineError, lambda: ask(body, status, chat=chat, logprobs=logprobs))
        if made is not None:
            (completion,) = made
            assert isinstance(completion, Completion)
            assert isinstance(completion.text, str)
            json.dumps(completion.meta)
            assert completion.prompt_tokens >= 0
            assert completion.completion_tokens >= 0

    statuses = st.sampled_from([200, 200, 200, 400, 401, 422, 429, 500])
    run(examples, st.tuples(bodies, statuses, st.booleans(), st.booleans()), check)


@sizes(6, 100)
def test_no_error_tells_the_key(examples):
    def check(case):
        said, status = case
        body = json.dumps({"error": {"message": f"bad key {KEY} \x1b[2J{said}", "code": None}}).encode()
        with pytest.raises(EngineError) as refused:
            ask(body, status, chat=True, logprobs=False)
        assert KEY not in str(refused.value)
        assert str(refused.value).isprintable()

    run(examples, st.tuples(texts(largest=20), st.sampled_from([400, 401, 403, 429, 500])), check)


LEAN = {
    "env": 0, "time": 0.5, "sorries": [],
    "messages": [{"severity": "error", "pos": {"line": 1, "column": 2}, "endPos": None, "data": "bad"}],
}  # fmt: skip


@sizes(40, 1_000)
def test_any_answer_of_a_repl_is_messages_or_refused(examples):
    def check(answer):
        found = attempt(ReplDied, _messages, answer)
        assert found is None or all(isinstance(one, ProofMessage) for one in found)
        number = attempt(ReplDied, _environment, answer)
        assert number is None or isinstance(number, int)

    run(examples, st.one_of(mutated(LEAN), st.dictionaries(st.sampled_from(["messages", "env"]), json_values())), check)


@sizes(30, 300)
def test_any_answer_of_a_lean_server_is_messages_or_refused(examples):
    def check(case):
        answer, status = case

        def reply(request):
            asked = json.loads(request.content)
            named = json.dumps(answer).replace("ID", asked["snippets"][0]["id"]) if "snippets" in asked else "{}"
            return httpx.Response(status, content=named.encode())

        async def work():
            prover = KiminaProver("http://localhost", key=KEY, transport=httpx.MockTransport(reply))
            try:
                return await prover.run("", "theorem a : True := trivial", 1.0)
            finally:
                await prover.close()

        made = attempt((ProverUnavailable, ProverTimeout), lambda: asyncio.run(work()))
        if made is not None:
            messages, seconds = made
            assert all(isinstance(one, ProofMessage) for one in messages)
            assert isinstance(seconds, float)

    answers = mutated({"results": [{"id": "ID", "time": 0.5, "response": LEAN}]})
    statuses = st.sampled_from([200, 200, 200, 400, 404])
    run(examples, st.tuples(st.one_of(answers, json_values()), statuses), check)
