import asyncio

import pytest

from reasoning.backends import Execution
from reasoning.engines.base import EngineError
from reasoning.methods import Workbench, find_method, registry
from reasoning.methods.base import MethodError
from reasoning.rewards import create_reward_model
from tests.support.scripted_answers import ScriptedEngine, question
from verifiers.records import Problem

PROBLEM = Problem("p", "answer", "One half?", {"gold": "1/2"})
REPLIES = ["\\boxed{2}", "\\boxed{\\frac{1}{2}}", "It is \\boxed{0.5}.", "\\boxed{2}", "\\boxed{50/100}", "no idea"]


class ByLength:
    """Rates a solution by the length of its text."""

    def __init__(self):
        self.seen = []

    async def score(self, solution):
        self.seen.append(solution)
        return float(len(solution.text))


def ask(spec, replies=REPLIES, reward=None, problem=PROBLEM, **options):
    engine = ScriptedEngine({"p": replies})
    attempt = asyncio.run(find_method(spec)(question(problem, **options), Workbench(engine, None, reward)))
    return attempt, engine.requests


def test_answers_that_are_equal_vote_together():
    attempt, requests = ask("self_consistency,n=6")
    assert attempt.candidate.text == REPLIES[1]
    assert attempt.candidate.sample == 0
    assert attempt.trace == {"classes": [0, 1, 1, 0, 1, None], "winner": 1}
    assert {request.temperature for request in requests} == {0.7}
    assert len({request.seeds for request in requests}) == 6
    assert [request.sample_indices for request in requests] == [(index,) for index in range(6)]


def test_as_strings_the_same_answers_do_not():
    attempt, _ = ask("self_consistency,n=6,match=strings")
    assert attempt.candidate.text == REPLIES[0]
    assert attempt.trace["classes"] == [0, 1, 2, 0, 3, None]


def test_each_sample_of_a_run_has_draws_of_its_own():
    attempt, requests = ask("self_consistency,n=3", sample=2, temperature=0.4)
    assert [request.sample_indices for request in requests] == [(6,), (7,), (8,)]
    assert {request.temperature for request in requests} == {0.4}
    assert attempt.candidate.sample == 2


def test_the_best_rated_wins_and_keeps_its_reward():
    reward = ByLength()
    attempt, _ = ask("best_of_n,n=6", reward=reward)
    assert attempt.candidate.text == "\\boxed{\\frac{1}{2}}"
    assert attempt.trace["vote"] == {"reward": 19.0}
    assert attempt.trace["rewards"] == [float(len(reply)) for reply in REPLIES]
    assert [(turn.role, turn.content) for turn in reward.seen[0].prompt] == [("user", "One half? Box it.")]
    with pytest.raises(MethodError, match="needs a reward model: give --reward-model"):
        ask("best_of_n")


def test_a_missing_reward_model_is_said_before_anything_is_begun(tmp_path):
    from reasoning.evaluation.evaluating import Settings, evaluate

    data = tmp_path / "test.jsonl"
    data.write_text('{"question": "2+2?", "answer": "#### 4"}\n')
    for method in ("best_of_n", "weighted_vote"):
        settings = Settings("gsm8k", "scripted", method, data=str(data))
        with pytest.raises(MethodError, match="give --reward-model"):
            asyncio.run(
                evaluate(settings, tmp_path / "run", engine=ScriptedEngine({}), execution=Execution(quiet=True))
            )
    assert not (tmp_path / "run").exists()


def test_a_weighted_vote_can_go_against_the_majority():
    replies = ["\\boxed{1}", "\\boxed{1}", "After much thought it is surely \\boxed{7}."]
    assert ask("weighted_vote,n=3", replies, ByLength())[0].candidate.text == replies[2]
    assert ask("weighted_vote,n=3,transform=raw", replies, ByLength())[0].candidate.text == replies[2]
    assert ask("self_consistency,n=3", replies)[0].candidate.text == replies[0]


def test_adaptive_draws_until_the_vote_is_settled():
    sure, requests = ask("adaptive,n=30", ["\\boxed{3}"] * 30)
    assert (len(requests), sure.trace["end"]) == (9, "settled")
    assert sure.trace["error"] == round(2 / (511 / 9), 6)
    quick, requests = ask("adaptive,n=30,test=beta", ["\\boxed{3}"] * 30)
    assert (len(requests), quick.trace["error"]) == (4, round(1 / 32, 6))
    split, requests = ask("adaptive,n=9", ["\\boxed{1}", "\\boxed{2}"] * 9)
    assert (len(requests), split.trace["end"]) == (9, "all draws")
    ahead, requests = ask("adaptive,n=8", ["\\boxed{1}"] * 30)
    assert (len(requests), ahead.trace["end"]) == (5, "cannot change")
    assert len(ask("adaptive,n=30,batch=4,test=beta", ["\\boxed{3}"] * 30)[1]) == 4


def test_draws_by_a_verifying_method_weigh_by_their_state(monkeypatch):
    check = "```python\nprint('Verdict: {}')\n```\n"

    async def verdict(question, workbench, options=None):
        from reasoning.methods import Attempt
        from verifiers.records import Candidate

        state, answer = [("false", 1), ("false", 1), ("true", 2)][question.sample % 3]
        return Attempt(Candidate("p", f"\\boxed{{{answer}}}", 0), "stop", {"vote": {"state": state}, "x": check})

    original = registry.load
    monkeypatch.setitem(registry.METHODS, "stated", registry.MethodEntry("x:y", "for tests"))
    monkeypatch.setattr(registry, "load", lambda target: verdict if target == "x:y" else original(target))
    attempt, _ = ask("weighted_vote,n=3,of=stated,by=verification")
    equal, _ = ask("weighted_vote,n=3,of=stated,by=verification,uncertain=1,false=1")
    assert attempt.candidate.text == "\\boxed{2}"
    assert attempt.trace["states"] == ["false", "false", "true"]
    assert equal.candidate.text == "\\boxed{1}"


def test_choices_vote_by_their_labels():
    problem = Problem("p", "choice", "2+2?", {"options": ["3", "4", "5"], "gold": "B"})
    attempt, _ = ask("self_consistency,n=3", ["It is (A).", "The answer is B.", "\\boxed{4}"], problem=problem)
    assert attempt.trace["classes"] == [0, 1, 1]


def test_what_cannot_be_compared_or_drawn_is_said():
    with pytest.raises(MethodError, match="answers of kind 'puzzle' cannot be compared"):
        ask("self_consistency,n=2", problem=Problem("p", "puzzle"))
    with pytest.raises(MethodError, match="option of: no method 'magic'"):
        find_method("self_consistency,of=magic")
    nothing, _ = ask("self_consistency,n=2", [])
    assert (nothing.candidate, nothing.finish_reason) == (None, "no answer")


def test_few_shot_puts_worked_examples_into_the_users_turn():
    from reasoning.evaluation.benchmarks import find_benchmark
    from reasoning.methods import Question, Sampling

    benchmark = find_benchmark("gsm8k")
    engine = ScriptedEngine({"p": ["\\boxed{2}"] * 3})
    asked = Question(PROBLEM, benchmark.style("chat"), 0, 0, Sampling())
    attempt = asyncio.run(find_method("few_shot,shots=2")(asked, Workbench(engine, None)))
    (message,) = engine.requests[0].messages
    assert message.role == "user"
    assert message.content.count("Problem: ") == 2
    assert message.content.count("\\boxed{155}") == message.content.count("\\boxed{480}") == 1
    assert message.content.endswith("\n\nOne half?\n\nReason step by step, and put your final answer in \\boxed{}.")
    assert attempt.candidate.text == "\\boxed{2}"
    base = Question(PROBLEM, benchmark.style("few-shot"), 0, 0, Sampling())
    with pytest.raises(MethodError, match="give --prompt chat"):
        asyncio.run(find_method("few_shot")(base, Workbench(engine, None)))


def test_a_reward_can_be_a_recorded_field():
    from reasoning.rewards import Solution

    model = create_reward_model("column:pred_score")
    assert asyncio.run(model.score(Solution((), "x", {"pred_score": [3.546875]}))) == 3.5469
    assert asyncio.run(model.score(Solution((), "x", {"pred_score": -1}))) == -1.0
    for value in ([1.0, 2.0], "3", None, True, float("nan")):
        with pytest.raises(EngineError, match="field 'pred_score' holds"):
            asyncio.run(model.score(Solution((), "x", {"pred_score": value, "other": 1})))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("column", "needs the name of a recorded field"),
        ("magic:x", "no reward model 'magic'; known: transformers, vllm, column"),
    ],
)
def test_wrong_reward_models_are_named(spec, message):
    from reasoning.engines.options import EngineSpecError

    with pytest.raises(EngineSpecError, match=message):
        create_reward_model(spec)
