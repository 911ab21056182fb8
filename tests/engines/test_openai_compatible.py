"""The openai engine against a server that fails on command: what it sends, survives, adapts to and reports."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from typing import Any

import pytest

from reasoning.engines import (
    Completion,
    EngineError,
    EngineSpecError,
    Message,
    Request,
    TokenLogprob,
    create_engine,
    openai_compatible,
    openai_server,
    retry,
)
from tests.support.protocol_server import Clock, Drop, Gather, Hang, ProtocolServer, Refuse, Say

PLAIN = Request(prompt="2+2=", seeds=(7,), max_tokens=8)
CHAT = Request(messages=(Message("system", "Be brief."), Message("user", "2+2?")), seeds=(7,), max_tokens=8)


@pytest.fixture(autouse=True)
def _quick_and_without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_BACKOFF_SECONDS", 0.001)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def ask(server: ProtocolServer, request: Request, options: str = "") -> list[Completion]:
    return ask_many(server, [request], options)[0]


def ask_many(server: ProtocolServer, requests: list[Request], options: str = "") -> list[list[Completion]]:
    async def run() -> list[list[Completion]]:
        engine = create_engine(f"openai:m,base_url={server.url}{options}")
        try:
            return await asyncio.gather(*(engine.complete(request) for request in requests))
        finally:
            await engine.close()

    return asyncio.run(run())


def test_plain_prompt_goes_to_completions_with_every_sampling_option() -> None:
    request = Request(prompt="2+2=", seeds=(7,), max_tokens=8, temperature=0.5, top_p=0.9, stop=("\n",))
    with ProtocolServer() as server:
        [completion] = ask(server, request)
    assert server.paths == ["/v1/completions"]
    expected = {"model": "m", "prompt": "2+2=", "n": 1, "seed": 7, "max_tokens": 8, "temperature": 0.5, "top_p": 0.9}
    assert server.bodies == [{**expected, "stop": ["\n"]}]
    assert completion == Completion("2+2=|7", "stop", prompt_tokens=3, completion_tokens=2)


def test_messages_go_to_chat() -> None:
    with ProtocolServer() as server:
        [completion] = ask(server, CHAT)
    assert server.paths == ["/v1/chat/completions"]
    assert server.bodies[0]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "2+2?"},
    ]
    assert completion.text == "2+2?|7"


def test_each_seed_is_a_request_and_the_order_is_kept() -> None:
    with ProtocolServer() as server:
        completions = ask(server, Request(prompt="x", seeds=(3, 1, 2)))
    assert [completion.text for completion in completions] == ["x|3", "x|1", "x|2"]
    assert sorted(body["seed"] for body in server.bodies) == [1, 2, 3]


@pytest.mark.parametrize("request_", [PLAIN, CHAT], ids=["completions", "chat"])
def test_logprobs_of_both_endpoints(request_: Request) -> None:
    asked = Request(messages=request_.messages, prompt=request_.prompt, seeds=(7,), logprobs=True)
    with ProtocolServer() as server:
        [completion] = ask(server, asked)
    assert [entry.logprob for entry in completion.logprobs] == [-0.5, -0.5]
    assert completion.logprobs[1] == TokenLogprob("|7", -0.5)


def test_missing_logprobs_are_an_error() -> None:
    reply = {"choices": [{"index": 0, "text": "4", "finish_reason": "stop"}]}
    with (
        ProtocolServer(forever=Say(json.dumps(reply).encode())) as server,
        pytest.raises(EngineError, match="log-prob"),
    ):
        ask(server, Request(prompt="x", logprobs=True), ",retries=0")


@pytest.mark.parametrize(
    "failure",
    [
        Refuse(408),
        Refuse(409),
        Refuse(429),
        Refuse(500),
        Refuse(503),
        Drop(),
        Say(b"{oops"),
        Say(b"{}"),
        Say(b"<html>"),
    ],
    ids=lambda failure: str(getattr(failure, "status", getattr(failure, "body", "drop"))),
)
def test_passing_failures_are_survived(failure: Refuse | Drop | Say) -> None:
    with ProtocolServer(failure, failure) as server:
        [completion] = ask(server, PLAIN, ",retries=2")
    assert completion.text == "2+2=|7"
    assert len(server.bodies) == 3


def test_lasting_failure_is_one_line_after_the_retries() -> None:
    with ProtocolServer(forever=Refuse(503, "overloaded\nsorry")) as server:
        with pytest.raises(EngineError) as caught:
            ask(server, PLAIN, ",retries=2")
        url = server.url
    message = str(caught.value)
    assert message.startswith(f"openai: m at {url}/: HTTP 503: ")
    assert message.endswith(" (tried 3 times)")
    assert "overloaded" in message
    assert "\n" not in message
    assert len(server.bodies) == 3


@pytest.mark.parametrize("refusal", [Refuse(401, "bad key"), Refuse(404, "no model"), Refuse(400, "prompt too long")])
def test_refusals_are_not_repeated(refusal: Refuse) -> None:
    with ProtocolServer(forever=refusal) as server, pytest.raises(EngineError, match=refusal.message):
        ask(server, PLAIN)
    assert len(server.bodies) == 1


def test_spent_quota_is_not_waited_for() -> None:
    refusal = Refuse(429, "quota", code="insufficient_quota")
    with ProtocolServer(forever=refusal) as server, pytest.raises(EngineError, match="quota"):
        ask(server, PLAIN)
    assert len(server.bodies) == 1


def test_hanging_server_meets_the_timeout() -> None:
    words = r"no answer within 0\.1 s \(tried 2 times\)"
    with ProtocolServer(forever=Hang()) as server, pytest.raises(EngineError, match=words):
        ask(server, PLAIN, ",timeout=0.1,retries=1")


def test_absent_server_is_one_clear_line_after_three_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    with ProtocolServer() as server:
        url = server.url

    async def run() -> None:
        engine = create_engine(f"openai:m,base_url={url},retries=20")
        words = rf"^openai: m at {url}/: no connection: .*[Cc]onnect.* \(tried 3 times\)$"
        with pytest.raises(EngineError, match=words):
            await engine.complete(PLAIN)
        assert clock.now == 103.0
        # What comes later is not looked for again.
        with pytest.raises(EngineError, match=r"no connection: [^(]*\([^()]*\)$"):
            await engine.complete(PLAIN)
        assert clock.now == 103.0

    asyncio.run(run())


@pytest.mark.parametrize("first", [Gather(1), Refuse(404, "no such model")])
def test_server_that_has_answered_is_waited_for(first: Gather | Refuse, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)

    async def run() -> None:
        with ProtocolServer(first, Drop()) as server:  # its thread keeps the connection, and drops it when asked again
            engine = create_engine(f"openai:m,base_url={server.url},retries=5")
            with contextlib.suppress(EngineError):
                await engine.complete(PLAIN)
        with pytest.raises(EngineError, match=r"no connection.*\(tried 6 times\)"):
            await engine.complete(PLAIN)

    asyncio.run(run())
    assert clock.now == 100.0 + 1 + 2 + 4 + 8 + 16


def test_lost_connections_are_no_absence(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    with ProtocolServer(Drop(), Drop(), Drop(), Drop()) as server:
        [completion] = ask(server, PLAIN)
    assert completion.text == "2+2=|7"
    assert clock.now == 100.0 + 1 + 2 + 4 + 8


def test_address_that_swallows_connections_is_said_within_the_connect_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_server, "CONNECT_SECONDS", 0.1)
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):  # the queue of a listener that accepts nobody
            other = waiting.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}/v1"

        async def run() -> None:
            await create_engine(f"openai:m,base_url={url},retries=1").complete(PLAIN)

        with pytest.raises(EngineError, match=r"no connection within 0\.1 s \(tried 2 times\)$"):
            asyncio.run(run())


def test_retry_after_reaches_the_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, float | None]] = []

    def backoff(attempt: int, retry_after: float | None, draw: float) -> float:
        asked.append((attempt, retry_after))
        return 0.0

    monkeypatch.setattr(openai_server, "backoff_seconds", backoff)
    with ProtocolServer(Refuse(429, headers={"Retry-After": "17"}), Refuse(500)) as server:
        ask(server, PLAIN)
    assert asked == [(0, 17.0), (1, None)]


def test_refused_seed_is_dropped_once_and_recorded(caplog: pytest.LogCaptureFixture) -> None:
    with ProtocolServer(Refuse(400, "Unrecognized request argument supplied: seed")) as server:
        [first], [second] = ask_many(server, [PLAIN, PLAIN], ",concurrency=1")
    assert [("seed" in body) for body in server.bodies] == [True, False, False]
    assert first.meta["not_applied"] == second.meta["not_applied"] == ["seed"]
    assert [record.message for record in caplog.records if "seed" in record.message] == [
        "m refuses the field 'seed': it is left out from now on"
    ]


def test_refused_max_tokens_becomes_max_completion_tokens() -> None:
    words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    with ProtocolServer(Refuse(400, words, param="max_tokens")) as server:
        [completion] = ask(server, CHAT)
    assert [body.get("max_tokens") for body in server.bodies] == [8, None]
    assert server.bodies[1]["max_completion_tokens"] == 8
    assert "not_applied" not in completion.meta


def test_refused_temperature_is_recorded_and_wrong_values_are_not_dropped() -> None:
    unsupported = "Unsupported value: 'temperature' does not support 0 with this model."
    with ProtocolServer(Refuse(400, unsupported, param="temperature")) as server:
        [completion] = ask(server, CHAT)
    assert completion.meta["not_applied"] == ["temperature"]
    with (
        ProtocolServer(Refuse(400, "temperature must be below 2")) as server,
        pytest.raises(EngineError, match="below"),
    ):
        ask(server, CHAT)


def test_stop_is_applied_here_where_the_server_ignores_or_refuses_it() -> None:
    request = Request(prompt="one;two", seeds=(7,), stop=(";",))
    with ProtocolServer(Refuse(400, "Extra inputs are not permitted: stop")) as server:
        [completion] = ask(server, request)
    assert (completion.text, completion.finish_reason, completion.meta) == ("one", "stop", {})


def test_more_stop_texts_than_the_protocol_allows_are_applied_here() -> None:
    request = Request(prompt="one;two", seeds=(7,), stop=("A", "B", "C", "D", ";"))
    with ProtocolServer() as server:
        [completion] = ask(server, request)
    assert server.bodies[0]["stop"] == ["A", "B", "C", "D"]
    assert (completion.text, completion.finish_reason) == ("one", "stop")


@pytest.mark.parametrize(("said", "read"), [("max_tokens", "length"), ("eos_token", "stop"), ("content_filter",) * 2])
def test_finish_reasons_are_unified(said: str, read: str) -> None:
    reply = {"choices": [{"index": 0, "text": "4", "finish_reason": said}], "usage": None}
    with ProtocolServer(Say(json.dumps(reply).encode())) as server:
        [completion] = ask(server, PLAIN)
    assert (completion.finish_reason, completion.prompt_tokens) == (read, 0)


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_text_is_kept_apart(name: str) -> None:
    message: dict[str, Any] = {"role": "assistant", "content": None, name: "two and two"}
    reply = {"choices": [{"index": 0, "message": message, "finish_reason": "length"}]}
    with ProtocolServer(Say(json.dumps(reply).encode())) as server:
        [completion] = ask(server, CHAT)
    assert completion == Completion("", "length", meta={"reasoning": "two and two"})


def test_concurrency_is_used_and_bounded() -> None:
    with ProtocolServer(*[Gather(4)] * 4) as server:
        ask(server, Request(prompt="x", seeds=tuple(range(12))), ",concurrency=4")
    assert server.most_at_once == 4


def test_failure_of_one_sample_ends_the_others() -> None:
    with ProtocolServer(Refuse(404, "gone"), forever=Hang()) as server, pytest.raises(EngineError, match="gone"):
        ask(server, Request(prompt="x", seeds=(1, 2, 3)))


def test_pace_books_requests_and_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(openai_compatible.time, "monotonic", lambda: 100.0)
    monkeypatch.setattr(openai_compatible.asyncio, "sleep", sleep)
    with ProtocolServer() as server:
        ask_many(server, [PLAIN] * 3, ",concurrency=1,requests_per_minute=30,tokens_per_minute=60")
    # Tokens: 4 characters are 1, plus 8 asked for, books 9 s; the server used 5, so 4 s come back before the next.
    assert waits == [5.0, 10.0]


def test_key_comes_from_the_named_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "s3cret")
    with ProtocolServer() as server:
        ask(server, PLAIN, ",api_key_env=MY_KEY")
        ask(server, PLAIN)
    assert server.keys == ["Bearer s3cret", "Bearer none"]


def test_missing_keys_are_named() -> None:
    with pytest.raises(EngineSpecError, match="OPENAI_API_KEY is not set"):
        create_engine("openai:m")
    with pytest.raises(EngineSpecError, match="MY_KEY is not set"):
        create_engine("openai:m,base_url=http://127.0.0.1:1/v1,api_key_env=MY_KEY")


@pytest.mark.parametrize("option", ["timeout=0", "timeout=-1", "timeout=nan", "timeout=inf", "retries=-1",
                                    "requests_per_minute=-1", "tokens_per_minute=nan", "concurrency=0"])  # fmt: skip
def test_numbers_that_mean_nothing_are_named(option: str) -> None:
    name, _, value = option.partition("=")
    with pytest.raises(EngineSpecError, match=rf"option {name}={value}(\.0)?: expected"):
        create_engine(f"openai:m,base_url=http://127.0.0.1:9/v1,{option}")


def test_description_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "s3cret")
    engine = create_engine("openai:m,base_url=http://me:s3cret@127.0.0.1:1/v1?token=s3cret")
    described = json.dumps(engine.describe())
    assert "s3cret" not in described
    assert "http://127.0.0.1:1/v1" in described


def test_extra_body_is_sent_and_checked() -> None:
    with ProtocolServer() as server:
        ask(server, PLAIN, ',extra_body={"top_k":20,"chat_template_kwargs":{"enable_thinking":false}}')
    assert server.bodies[0]["top_k"] == 20
    assert server.bodies[0]["chat_template_kwargs"] == {"enable_thinking": False}
    with pytest.raises(EngineSpecError, match="JSON object"):
        create_engine("openai:m,base_url=http://127.0.0.1:1/v1,extra_body=[1]")


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request(), "exactly one of messages and prompt"),
        (Request(prompt="x", messages=(Message("user", "x"),)), "exactly one"),
        (Request(prompt="\ud800"), "surrogate"),
        (Request(prompt="x", max_tokens=0), "max_tokens is 0"),
        (Request(prompt="x", top_p=0.0), "top_p is 0"),
        (Request(prompt="x", temperature=-1.0), "temperature is -1"),
        (Request(prompt="x", stop=("",)), "empty"),
    ],
)
def test_senseless_requests_never_reach_the_server(request_: Request, words: str) -> None:
    with ProtocolServer() as server, pytest.raises(EngineError, match=words):
        ask(server, request_)
    assert server.bodies == []


def echo_reply(tokens: list[str], logprobs: list[float | None], prompt_tokens: int) -> Say:
    choice = {"index": 0, "text": "".join(tokens), "finish_reason": "length"}
    choice["logprobs"] = {"tokens": tokens, "token_logprobs": logprobs}
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": 1, "total_tokens": prompt_tokens + 1}
    return Say(json.dumps({"choices": [choice], "usage": usage, "object": "x", "id": "1"}).encode())


def score(server: ProtocolServer, request: Request, text: str) -> list[TokenLogprob]:
    async def run() -> list[TokenLogprob]:
        engine = create_engine(f"openai:m,base_url={server.url},concurrency=1,retries=0")
        try:
            return list(await engine.score(request, text))
        finally:
            await engine.close()

    return asyncio.run(run())


def test_a_text_is_scored_by_the_echo_of_a_prompt() -> None:
    alone = echo_reply(["<s>", "2+2", "=", "5"], [None, -1.0, -1.0, -9.0], 3)
    echoed = echo_reply(["<s>", "2+2", "=", "4", "!", "x"], [None, -1.0, -1.0, -0.25, -0.5, -9.0], 5)
    with ProtocolServer(alone, echoed) as server:
        found = score(server, Request(prompt="2+2=", temperature=1.0, stop=("4",), max_tokens=9), "4!")
    assert found == [TokenLogprob("4", -0.25), TokenLogprob("!", -0.5)]
    first, second = server.bodies
    assert (first["prompt"], "echo" in first, first["max_tokens"]) == ("2+2=", False, 1)
    assert (second["prompt"], second["echo"], second["logprobs"]) == ("2+2=4!", True, 1)
    assert not {"stop"} & (first.keys() | second.keys())


def test_a_server_that_echoes_nothing_cannot_score() -> None:
    with ProtocolServer() as server, pytest.raises(EngineError, match="gives no log-probabilities of a prompt"):
        score(server, Request(prompt="2+2="), "4")


def test_messages_cannot_be_scored_by_a_server() -> None:
    with ProtocolServer() as server, pytest.raises(EngineError, match="plain prompt"):
        score(server, CHAT, "4")
