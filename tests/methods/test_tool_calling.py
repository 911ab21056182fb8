import asyncio
import json
from dataclasses import replace

import pytest

from reasoning.engines import Completion, EngineError, Request, create_engine
from reasoning.engines.base import BudgetSpentError, Message, ToolCall
from reasoning.methods import MethodError, Prompt, PromptStyle, Question, Sampling, find_method
from reasoning.methods.draws import check_needs
from reasoning.runs.recording import request_key
from tests.support.protocol_server import ProtocolServer, Say
from tests.support.scripted_answers import Bench, ScriptedEngine, question
from verifiers.records import Problem

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


@pytest.fixture(scope="module")
def bench():
    bench = Bench()
    yield bench
    bench.close()


def attempt(bench, engine, spec="direct,tools=factor_integer", style=STYLE):
    asked = Question(Problem("p", "answer", "Factor 91."), style, 0, 0, Sampling())
    return bench.run(find_method(spec)(asked, bench.workbench(engine)))


def test_calls_are_checked_run_shown_recorded_cached_and_counted(bench):
    engine = Scripted(
        calls(("factor_integer", '{"number": 91}'), ("factor_integer", '{"number": '), ("divide", "{}")),
        calls(("factor_integer", '{ "number":91}')),
        Completion("7 and 13"),
    )
    made = attempt(bench, engine)
    assert made.candidate.text == "7 and 13"
    _user, assistant, *results = engine.requests[1].messages
    assert assistant.tool_calls[0] == ToolCall("call_0", "factor_integer", '{"number": 91}')
    assert [turn.role for turn in results] == ["tool"] * 3
    assert [turn.tool_call_id for turn in results] == ["call_0", "call_1", "call_2"]
    assert json.loads(results[0].content)["solution"]["factors"] == [[7, 1], [13, 1]]
    assert json.loads(results[1].content)["error"].startswith("the arguments are not JSON")
    assert json.loads(results[2].content)["error"] == "no tool 'divide'; there are factor_integer"
    assert [one["status"] for one in made.trace["tools"]] == ["converged", "invalid_input", "error", "converged"]
    assert made.trace["tools"][0] == made.trace["tools"][3] | {"arguments": '{"number": 91}'}


def test_the_last_round_has_no_tools_and_the_first_may_force_one(bench):
    engine = Scripted(calls(("factor_integer", '{"number": 4}')), calls(("factor_integer", '{"number": 6}')))
    made = attempt(bench, engine, "direct,tools=factor_integer,tool_rounds=2,tool_choice=factor_integer")
    assert [request.tool_choice for request in engine.requests] == ["factor_integer", "none"]
    assert len(made.trace["tools"]) == 1


def test_strict_marks_the_tools_and_nothing_else(bench):
    sent = []
    for spec in ("direct,tools=factor_integer", "direct,tools=factor_integer,tool_strict=true"):
        engine = Scripted(Completion("7 and 13"))
        attempt(bench, engine, spec)
        sent += [json.loads(tool)["function"] for tool in engine.requests[0].tools]
    plain, strict = sent
    assert "strict" not in plain
    assert strict == {**plain, "strict": True}


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        ("direct,tools=nope", "no tool 'nope'"),
        ("direct,tool_rounds=2", "option tool_rounds needs tools="),
        ("direct,tools=all,tool_size=2", "tools=all .options tool_.... has no option 'size'"),
        ("direct,tools=factor_integer,tool_choice=log_bessel", "expected auto, required or one of the tools"),
        ("direct,tools=python,tool_turns=three", "turns='three': expected one of one, many"),
        ("direct,shots=2", "takes no options but tools, got shots"),
    ],
)
def test_wrong_options_are_named(spec, line):
    with pytest.raises(MethodError, match=line):
        find_method(spec)


@pytest.mark.parametrize("spec", ["search", "replay:{file}"])
def test_engines_without_tools_refuse_them(spec, tmp_path):
    file = tmp_path / "samples.jsonl"
    file.write_text('{"id": "p", "text": "3"}\n')
    problem = Problem("p", "puzzle", fields={"sat": "def sat(x: int): return x == 3"})
    request = Request(messages=(Message("user", "x"),), seeds=(0,), sample_indices=(0,), problem=problem)

    async def ask(**tools):
        engine = create_engine(spec.format(file=file))
        try:
            return await engine.complete(replace(request, **tools))
        finally:
            await engine.close()

    with pytest.raises(EngineError, match="takes no tools"):
        asyncio.run(ask(tools=("{}",)))
    assert "3" in asyncio.run(ask())[0].text
    for tools in ("python", "factor_integer"):
        method = find_method(f"self_consistency,n=2,tools={tools}")
        with pytest.raises(MethodError, match="no model that could call tools"):
            check_needs(method, problem, engine=spec.format(file=file), rewarded=False)
    check_needs(find_method("direct"), problem, engine=spec.format(file=file), rewarded=False)


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


def chat(bench, script):
    """A method is given an engine that does as `script` says, and a run's store that keeps replies."""
    store = {}

    class Kept:
        tool_reply = staticmethod(store.get)
        add_tool_reply = staticmethod(store.setdefault)

    def work(spec, problem):
        engine = ScriptedEngine(script)
        workbench = replace(bench.workbench(engine), replies=Kept)
        return bench.run(find_method(spec)(question(problem), workbench)), engine

    return work, store


def test_a_vote_draws_with_tools_and_lists_their_calls_by_draw(bench):
    def factors(request):
        if request.messages[-1].role == "tool":
            (first, _), *_ = json.loads(request.messages[-1].content)["solution"]["factors"]
            return f"\\boxed{{{first}}}"
        return calls(("factor_integer", json.dumps({"number": 7 * (11, 13, 17)[request.sample_indices[0]]})))

    work, store = chat(bench, factors)
    problem = Problem("p", "answer", "Their common factor?", {"answer": "7"})
    made, engine = work("self_consistency,n=3,tools=factor_integer", problem)
    assert made.candidate.text == "\\boxed{7}"
    assert [json.loads(one["arguments"])["number"] for one in made.trace["tools"]] == [77, 91, 119]
    assert len(store) == 3
    assert all(request.tools for request in engine.requests)
    # A later round is another draw: it has a seed of its own.
    assert len({request.seeds for request in engine.requests}) == 6


def test_programs_are_run_for_a_method_that_knows_of_none(bench):
    def writes(request):
        shown = request.messages[-1].content if request.messages[-1].role == "assistant" else ""
        return "So \\boxed{42}." if "```output\n42\n" in shown else "Compute.\n```python\nprint(6 * 7)\n```\n"

    work, store = chat(bench, writes)
    made, engine = work("direct,tools=python", Problem("p", "answer", "6 * 7?"))
    assert made.candidate.text == "Compute.\n```python\nprint(6 * 7)\n```\n\n```output\n42\n```\nSo \\boxed{42}."
    (ran,) = made.trace["tools"]
    assert (ran["tool"], ran["status"], ran["result"]) == ("python", "ran", "42")
    assert engine.requests[0].messages[0].role == "system"
    (key,) = store
    store[key] = json.dumps(["42", "from the run's store", False])
    again, _ = work("direct,tools=python", Problem("p", "answer", "6 * 7?"))
    assert again == made


def test_a_turn_that_was_begun_is_one_turn_with_the_calls(bench):
    engine = Scripted(calls(("factor_integer", '{"number": 91}')), Completion(" 7"))
    prompt = Prompt(messages=(Message("user", "Factor 91."), Message("assistant", "The least is")))
    attempt(bench, engine, style=PromptStyle("begun", "", lambda problem: prompt, lambda problem, reply: reply))
    assert [turn.role for turn in engine.requests[1].messages] == ["user", "assistant", "tool"]
    assert engine.requests[1].messages[1].content == "The least is"


def test_tools_need_a_conversation(bench):
    style = PromptStyle("text", "", lambda problem: Prompt(text="91 ="), lambda problem, reply: reply)
    with pytest.raises(EngineError, match="use a prompt style of chat, or tools=python"):
        attempt(bench, Scripted(), style=style)


def test_calls_before_the_end_of_the_budget_are_listed(bench):
    class Spent(Scripted):
        async def complete(self, request):
            if len(self.requests) == 1:
                raise BudgetSpentError("10 tokens are spent")
            return await super().complete(request)

    made = attempt(bench, Spent(calls(("factor_integer", '{"number": 91}'))))
    assert (made.candidate, made.finish_reason) == (None, "the budget is spent: 10 tokens are spent")
    assert [one["status"] for one in made.trace["tools"]] == ["converged"]
