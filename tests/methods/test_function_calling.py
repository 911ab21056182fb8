import asyncio
import json

import pytest

from reasoning.engines import Completion, EngineError, Request, create_engine
from reasoning.engines.base import Message, ToolCall
from reasoning.engines.prompts import check_request
from reasoning.methods.base import MethodError, Prompt, PromptStyle, Question, Sampling, Workbench, find_method
from reasoning.runs.recording import request_key
from tests.support.protocol_server import ProtocolServer, Say
from verifiers.records import Problem
from verifiers.sandbox import SandboxPool

STYLE = PromptStyle(
    "plain", "", lambda problem: Prompt(messages=(Message("user", problem.prompt),)), lambda problem, reply: reply
)


class Scripted:
    name = "scripted"

    def __init__(self, *completions):
        self.requests = []
        self._completions = iter(completions)

    async def complete(self, request):
        self.requests.append(request)
        return [next(self._completions)]


def calls(*pairs):
    listed = [{"id": f"call_{i}", "name": name, "arguments": text} for i, (name, text) in enumerate(pairs)]
    return Completion("", "tool_calls", meta={"tool_calls": listed})


def attempt(engine, spec="tools,names=factor_integer"):
    question = Question(Problem("p", "answer", "Factor 91."), STYLE, 0, 0, Sampling())

    async def work():
        async with SandboxPool(workers=1) as pool:
            return await find_method(spec)(question, Workbench(engine, pool))

    return asyncio.run(work())


def test_calls_are_checked_run_shown_recorded_cached_and_counted():
    engine = Scripted(
        calls(("factor_integer", '{"number": 91}'), ("factor_integer", '{"number": '), ("divide", "{}")),
        calls(("factor_integer", '{ "number":91}')),
        Completion("7 and 13"),
    )
    made = attempt(engine)
    assert made.candidate.text == "7 and 13"
    _user, assistant, *results = engine.requests[1].messages
    assert assistant.tool_calls[0] == ToolCall("call_0", "factor_integer", '{"number": 91}')
    assert [turn.role for turn in results] == ["tool"] * 3
    assert [turn.tool_call_id for turn in results] == ["call_0", "call_1", "call_2"]
    assert json.loads(results[0].content)["solution"]["factors"] == [[7, 1], [13, 1]]
    assert json.loads(results[1].content)["error"].startswith("the arguments are not JSON")
    assert json.loads(results[2].content)["error"] == "no tool 'divide'; there are factor_integer"
    assert [one["status"] for one in made.trace["tools"]] == ["converged", "invalid_input", "error", "converged"]
    assert (made.trace["tool_calls"], made.trace["tool_runs"]) == (4, 1)


def test_the_last_round_has_no_tools_and_the_first_may_force_one():
    engine = Scripted(calls(("factor_integer", '{"number": 4}')), calls(("factor_integer", '{"number": 6}')))
    made = attempt(engine, "tools,names=factor_integer,rounds=2,choice=factor_integer")
    assert [request.tool_choice for request in engine.requests] == ["factor_integer", "none"]
    assert len(made.trace["tools"]) == 1


def test_strict_marks_the_tools_and_nothing_else():
    sent = []
    for spec in ("tools,names=factor_integer", "tools,names=factor_integer,strict=true"):
        engine = Scripted(Completion("7 and 13"))
        attempt(engine, spec)
        sent += [json.loads(tool)["function"] for tool in engine.requests[0].tools]
    plain, strict = sent
    assert "strict" not in plain
    assert strict == {**plain, "strict": True}


def test_wrong_options_are_named():
    with pytest.raises(MethodError, match="no tool 'nope'"):
        find_method("tools,names=nope")


def test_engines_without_tools_refuse_them():
    with pytest.raises(EngineError, match="takes no tools"):
        check_request(Request(messages=(Message("user", "x"),), tools=("{}",)))


def test_the_protocol_carries_tools_and_calls_both_ways():
    function = {"name": "add", "arguments": '{"a": 1}'}
    message = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "r4nd0m", "type": "function", "function": function}],
    }
    reply = {"id": "1", "object": "chat.completion", "created": 0, "model": "m"}
    reply["choices"] = [{"index": 0, "finish_reason": "tool_calls", "message": message}]
    schema = {"type": "function", "function": {"name": "add", "parameters": {}}}
    said = (
        Message("user", "x"),
        Message("assistant", "", tool_calls=(ToolCall("call_0", "add", "{}"),)),
        Message("tool", "3", tool_call_id="call_0"),
    )
    request = Request(messages=said, tools=(json.dumps(schema),), tool_choice="add")

    async def ask(server):
        engine = create_engine(f"openai:m,base_url={server.url}")
        try:
            return (await engine.complete(request))[0]
        finally:
            await engine.close()

    with ProtocolServer(forever=Say(json.dumps(reply).encode())) as server:
        completion = asyncio.run(ask(server))
    assert completion.tool_calls == (ToolCall("call_0", "add", '{"a": 1}'),)
    (body,) = server.bodies
    assert body["tools"] == [schema]
    assert body["tool_choice"] == {"type": "function", "function": {"name": "add"}}
    assert body["messages"][1]["tool_calls"][0]["function"] == {"name": "add", "arguments": "{}"}
    assert body["messages"][2] == {"role": "tool", "content": "3", "tool_call_id": "call_0"}


def test_tools_are_part_of_a_requests_key():
    plain = Request(messages=(Message("user", "x"),))
    keys = {
        request_key(plain, b""),
        request_key(Request(messages=plain.messages, tools=("{}",)), b""),
        request_key(Request(messages=plain.messages, tools=("{}",), tool_choice="required"), b""),
    }
    assert len(keys) == 3
