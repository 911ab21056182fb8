"""The reward: one judgement in the forms of TRL, verl, OpenRLHF and plain Python; cheats and silence earn nothing."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import signal
import urllib.error
import urllib.request

import pytest

from tests.support.cheats import CHEATS, PROGRAM, PUZZLE
from verifiers import Problem, RecordError, Status, Verdict
from verifiers.registry import BUILT_IN
from verifiers.reward_server import RewardServer
from verifiers.rewards import (
    RewardError,
    Shaping,
    UnjudgedError,
    VerifierReward,
    compute_score,
    problem_of_label,
    reward_func,
    shared_reward,
)
from verifiers.sandbox import Limits, SandboxPool


class Absent:
    """Judges nothing: `unavailable`, but for `boom`, which is our own failure."""

    def __init__(self, sandbox: SandboxPool) -> None:
        pass

    async def verify(self, problem: Problem, candidate: str, limits: Limits) -> Verdict:
        status = Status.INTERNAL if candidate == "boom" else Status.UNAVAILABLE
        return Verdict.of(problem.id, status, "no prover here")


@pytest.fixture(scope="module")
def reward():
    made = VerifierReward(limits=Limits(wall_seconds=5), workers=2)
    yield made
    made.close()


@pytest.fixture
def absent(monkeypatch):
    monkeypatch.setattr("verifiers.registry._factory", lambda kind: Absent)


def test_columns_come_by_name_and_trainer_arguments_are_ignored():
    reward = VerifierReward("answer", columns={"answer": "gold"})
    values = reward(
        prompts=["a", "a", "b"],
        completions=["#### 4", "so \\boxed{5}", "nothing"],
        completion_ids=[[1], [2], [3]],
        answer=["4", "4", "1"],
        trainer_state=object(),
    )
    assert values == [1.0, 0.0, 0.0]
    reward.close()


def test_kinds_mix_in_one_batch_and_null_fields_of_arrow_are_no_fields(reward):
    rows = [{**PUZZLE, "gold": None}, {"kind": "answer", "gold": "2", "sat": None}, json.dumps(PROGRAM)]
    right = ["3", "2", "def double(n): return n + n"]
    assert reward(completions=right, problem=rows) == [1.0, 1.0, 1.0]
    assert reward(completions=["4", "3", "def double(n): return n"], problem=rows) == [0.0, 0.0, 0.0]


def test_the_last_assistant_message_of_a_conversation_counts(reward):
    told = [
        [{"role": "assistant", "content": "#### 1"}, {"role": "tool", "content": "#### 4"}],
        [{"role": "assistant", "content": "#### 1"}, {"role": "assistant", "content": "#### 4"}],
        [{"role": "assistant", "content": None}],
        [{"role": "assistant", "content": [{"type": "text", "text": "#### 4"}]}],
    ]
    assert reward(completions=told, kind=["answer"] * 4, gold=["4"] * 4) == [0.0, 1.0, 0.0, 1.0]


def test_what_cannot_be_judged_is_none_and_counted(absent):
    reward, metrics = VerifierReward("proof"), {}
    assert reward(completions=["x", "boom"], log_metric=metrics.__setitem__, statement=["s", "s"]) == [None, None]
    assert metrics["verifier/unjudged"] == 1.0
    assert metrics["verifier/correct"] == 0.0
    reward.close()


def test_there_is_a_cheat_for_every_kind_of_problem():
    assert {problem["kind"] for problem, _ in CHEATS.values()} == set(BUILT_IN)


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_earns_nothing_even_with_all_shaping_on(name):
    problem, candidate = CHEATS[name]
    reward = VerifierReward(shaping=Shaping(partial=0.5, longest=10_000, length_penalty=0.5), workers=1)
    assert reward(completions=[candidate], problem=[problem]) == [0.0]
    reward.close()


def test_a_rejected_candidate_gets_no_bonus_for_its_form_and_is_counted():
    shaping, metrics = Shaping(form="def", form_bonus=0.2, partial=0.5), {}
    reward = VerifierReward(shaping=shaping, workers=1)
    problem, cheat = CHEATS["puzzle of another type"]
    values = reward(
        completions=[cheat, "def sol(n=3): return 4", "def sol(n=3): return 3"],
        problem=[problem] * 3,
        log_metric=metrics.__setitem__,
    )
    assert values == [0.0, 0.2, 1.2]
    assert metrics["verifier/rejected"] == pytest.approx(1 / 3)
    assert metrics["verifier/form"] == pytest.approx(0.4 / 3)
    reward.close()


def test_partial_credit_is_the_share_of_tests_passed():
    reward = VerifierReward(shaping=Shaping(partial=0.5), workers=1)
    [half, none, right] = reward.judge(
        [
            (Problem.from_json(PROGRAM), text)
            for text in (
                "def double(n): return 2*n if n < 2 else 0",
                "def double(n): return 1",
                "def double(n): return 2*n",
            )
        ]
    )
    assert half.parts == {"correct": 0.0, "partial": pytest.approx(0.5 * half.verdict.score)}
    assert 0 < half.verdict.score < 1
    assert half.value == pytest.approx(0.5 * half.verdict.score)
    assert (none.value, right.value) == (0.0, 1.0)
    reward.close()


def test_a_required_form_withholds_the_reward_of_a_right_answer():
    reward = VerifierReward("answer", shaping=Shaping(form=r"\A[^#]*####\d+\n?\Z"))
    texts = ["3+4+0=7####7\n", "####3+4\n", "####7\nQ:", "7"]
    assert VerifierReward("answer")(completions=texts, gold=["7"] * 4) == [1.0, 1.0, 1.0, 1.0]
    assert reward(completions=texts, gold=["7"] * 4) == [1.0, 0.0, 0.0, 0.0]


def test_the_length_penalty_rises_over_its_margin():
    reward = VerifierReward("answer", shaping=Shaping(longest=10, margin=10, length_penalty=0.5))
    texts = ["7".rjust(length) for length in (10, 15, 20, 40)]
    assert reward(completions=texts, gold=["7"] * 4) == pytest.approx([1.0, 0.75, 0.5, 0.5])


@pytest.mark.parametrize(
    "wrong",
    [
        {"form": "("},
        {"partial": 1.0},
        {"form_bonus": 0.1},
        {"length_penalty": 0.1},
        {"longest": -1},
    ],
)
def test_impossible_shaping_is_refused(wrong):
    with pytest.raises(RewardError):
        Shaping(**wrong)


def test_missing_columns_and_malformed_problems_are_named(reward):
    with pytest.raises(RewardError, match="'problem' or 'kind'"):
        reward(completions=["1"], gold=["1"])
    with pytest.raises(RewardError, match="column 'gold': expected 2 values"):
        reward(completions=["1", "2"], kind=["answer", "answer"], gold=["1"])
    with pytest.raises(RecordError, match="field 'problem': not JSON"):
        reward(completions=["1"], problem=["{"])


def test_it_is_callable_from_coroutines_of_any_loop(reward):
    async def both():
        columns = {"completions": ["#### 4"], "kind": ["answer"], "gold": ["4"]}
        return [*reward(**columns), *await reward.score(**columns)]

    assert asyncio.run(both()) == [1.0, 1.0]
    assert asyncio.run(both()) == [1.0, 1.0]


def test_a_killed_judge_is_replaced():
    reward = VerifierReward(workers=1)
    assert reward(completions=["3"], problem=[PUZZLE]) == [1.0]
    for pid in reward._thread.pool.server_pids():
        os.kill(pid, signal.SIGKILL)
    assert reward(completions=["3", "4"], problem=[PUZZLE, PUZZLE]) == [1.0, 0.0]
    reward.close()
    assert reward(completions=["3"], problem=[PUZZLE]) == [1.0]
    reward.close()


def test_verl_gets_the_same_keys_for_every_sample():
    right = asyncio.run(compute_score("x", "so \\boxed{4}", "4", extra_info={"num_turns": 1}, more=1))
    wrong = asyncio.run(compute_score("x", "3", json.dumps(PUZZLE | {"sat": "def sat(x: int): return x == 4"})))
    assert (right["score"], wrong["score"]) == (1.0, 0.0)
    assert right.keys() == wrong.keys()


def test_trainers_load_the_file_under_a_name_of_their_own():
    path = importlib.util.find_spec("verifiers.rewards.trainers").origin
    spec = importlib.util.spec_from_file_location("custom_module", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert asyncio.run(module.compute_score("x", "so \\boxed{4}", "4"))["score"] == 1.0
    assert callable(module.reward_func)


def test_verl_and_openrlhf_fail_rather_than_get_a_zero_that_nobody_decided(absent):
    shared_reward.cache_clear()
    with pytest.raises(UnjudgedError, match=r"not judged \(unavailable\): no prover here"):
        asyncio.run(compute_score("x", "4", json.dumps({"kind": "proof"})))
    shared_reward.cache_clear()


def test_openrlhf_labels_are_problems_or_golds():
    assert problem_of_label(json.dumps(PUZZLE)).kind == "puzzle"
    assert problem_of_label("{1, 2}").fields["gold"] == "{1, 2}"
    assert problem_of_label('{"a": 1}').fields["gold"] == '{"a": 1}'


def test_openrlhf_function_returns_tensors():
    pytest.importorskip("torch", reason="PyTorch is not installed")
    reply = reward_func(
        ["<s>Q: 2+2? #### 4</s>", "Q: #### 4? #### 5<|im_end|>\n"], ["Q: 2+2?", "Q: #### 4?"], ["4", "4"]
    )
    assert reply["rewards"].tolist() == [1.0, 0.0]
    assert reply["scores"].tolist() == [1.0, 0.0]
    assert reply["extra_logs"]["rejected"].tolist() == [0.0, 0.0]


@pytest.fixture(scope="module")
def server():
    reward = VerifierReward("answer", workers=1)
    with RewardServer(reward, "127.0.0.1", 0) as running:
        yield running
    reward.close()


def post(server, body):
    host, port = server.address
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"http://{host}:{port}/", data=data)
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_the_server_answers_openrlhf(server):
    body = {
        "query": ["2+2=#### 4<|im_end|>", "n#### 3", "p3"],
        "prompts": ["2+2=", "n", "p"],
        "labels": ["4", "4", json.dumps(PUZZLE)],
    }
    status, reply = post(server, body)
    assert status == 200
    assert reply["rewards"] == reply["scores"] == [1.0, 0.0, 1.0]
    assert reply["extra_logs"]["rejected"] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not JSON"),
        (b"[]", "expected an object"),
        ({"query": ["a"], "prompts": ["a"]}, "field 'labels'"),
        ({"query": ["a"], "prompts": ["b"], "labels": ["1"]}, "does not begin with its prompt"),
        ({"query": ["x" * 50 + "a#### 1"], "prompts": ["a"], "labels": ["1"]}, "does not begin with its prompt"),
        ({"query": ["a"], "prompts": ["a"], "labels": ['{"kind": 5}']}, "field 'kind'"),
    ],
)
def test_the_server_names_a_mistake_and_lives_on(server, body, words):
    status, reply = post(server, body)
    assert status == 400
    assert words in reply["error"]


def test_the_server_has_no_reward_for_what_cannot_be_judged(server, absent):
    status, reply = post(server, {"query": ["a"], "prompts": ["a"], "labels": ['{"kind": "proof"}']})
    assert status == 503
    assert "not judged" in reply["error"]
