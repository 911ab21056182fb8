"""Requests to our own servers: whatever comes, there is an answer or a refusal in words."""

from __future__ import annotations

import io
import json

from fuzzing import attempt, json_values, mutated, run, sizes, texts
from hypothesis import strategies as st

from reasoning.solvers.results import SolverInputError
from reasoning.solvers.toolbox import _read
from verifiers import reward_server
from verifiers.http_server import BadBodyError
from verifiers.proofs.lean import server as lean_server
from verifiers.records import RecordError
from verifiers.rewards import RewardError, problem_of_label

REWARDS = {"query": ["q"], "prompts": ["p"], "labels": ["4"]}
CHECK = {"snippets": [{"id": "a", "code": "theorem a : True := trivial"}], "timeout": 5}
LENGTHS = st.one_of(st.none(), st.sampled_from(["", "-1", "9" * 5_000, "٣", "1e3", "0x10", " 3"]))


def posted(handler, content, length):
    """What a handler reads of a request, without a socket."""
    one = handler.__new__(handler)
    one.headers = {"Content-Length": str(len(content)) if length is None else length}
    one.rfile = io.BytesIO(content)
    return one


def contents(record):
    values = st.one_of(mutated(record), json_values()).map(lambda value: json.dumps(value).encode())
    return st.one_of(values, st.binary(max_size=20), st.sampled_from([b"[" * 100_000, b"9" * 10_000, b"\xff"]))


@sizes(40, 1_000)
def test_any_request_for_rewards_is_read_or_refused(examples):
    def check(case):
        handler = posted(reward_server._Handler, *case)
        found = attempt((RewardError, BadBodyError), handler._request)
        assert found is None or all(isinstance(text, str) for part in found for text in part)

    run(examples, st.tuples(contents(REWARDS), LENGTHS), check)


@sizes(40, 1_000)
def test_any_request_to_check_lean_is_read_or_refused(examples):
    def check(case):
        handler = posted(lean_server._Handler, *case)
        body = attempt(BadBodyError, handler.body)
        if body is not None:
            answer = lambda snippets, seconds: [{"time": 0.1, "response": {}} for _ in snippets]  # noqa: E731
            for work in (lean_server._check, lean_server._verify):
                found = attempt(lean_server._BadRequest, work, body, answer)
                assert found is None or found["results"]

    run(examples, st.tuples(contents(CHECK), LENGTHS), check)


@sizes(40, 1_000)
def test_any_label_is_a_problem_or_refused(examples):
    labels = st.one_of(mutated({"kind": "answer", "gold": "4"}).map(json.dumps), texts('{}"kind:'))
    run(examples, labels, lambda label: attempt(RecordError, problem_of_label, label) and None)


@sizes(40, 700)
def test_any_arguments_of_a_tool_are_an_object_or_refused(examples):
    def check(text):
        found = attempt(SolverInputError, _read, text, 100)
        assert found is None or isinstance(found, dict)

    values = st.one_of(
        json_values().map(json.dumps), texts('{}[]":,1'), st.sampled_from(["[" * 100_000, "9" * 10_000, ""])
    )
    run(examples, values, check)
