"""What a tree search reads in a model's completions, and what it asks."""

import asyncio
import math

import pytest

from reasoning.engines.base import Completion, TokenLogprob
from reasoning.evaluation.benchmarks.proof_prompts import CHAT, PROVER
from reasoning.methods.base import Question, Sampling
from reasoning.methods.tactic_policies import EnginePolicy, PriorPolicy, first_tactic, proposals_of
from verifiers.proofs.lean.tactics import TacticState
from verifiers.proofs.records import ProofTask
from verifiers.records import Problem

STATEMENT = "theorem swap (p q : Prop) (h : p ∧ q) : q ∧ p := by"
PROBLEM = Problem("swap", "proof", fields={"system": "lean", "statement": STATEMENT})


@pytest.mark.parametrize(
    ("text", "tactic"),
    [
        ("\n  intro h\n  exact h", "intro h"),
        ("  intro h\n    at this\n  exact h", "intro h\n  at this"),
        ("\n  rcases h with h | h\n  · exact h\n  · exact h", "rcases h with h | h"),
        ("  · exact h.1\n    done\n  · rfl", "· exact h.1\n  done"),
        ("  cases n\n  <;> simp", "cases n\n<;> simp"),
        (" omega\n", "omega"),
        ("\n\n", ""),
    ],
)
def test_the_first_tactic_has_the_lines_that_belong_to_it(text, tactic):
    assert first_tactic(text) == tactic


def tokens(*pairs):
    return tuple(TokenLogprob(text, logprob) for text, logprob in pairs)


def test_log_probabilities_are_summed_up_to_the_tactics_end():
    reply = Completion(
        "\n  intro h\n  exact h",
        logprobs=tokens(("\n  ", -0.5), ("intro", -1.0), (" h", -0.25), ("\n  ", -4), ("exact h", -8)),
    )
    (proposal,) = proposals_of([reply], continued=True, begun=True)
    assert (proposal.tactic, proposal.logprob) == ("intro h", -1.75)


def test_the_likelier_of_two_ways_to_write_a_tactic_counts():
    replies = [
        Completion("\n  simp\n  rfl", logprobs=tokens(("\n  simp", -2.0), ("\n  rfl", -9.0))),
        Completion("\n  simp", logprobs=tokens(("\n  ", -0.5), ("simp", -0.5))),
    ]
    assert [(one.tactic, one.logprob) for one in proposals_of(replies, continued=True)] == [("simp", -1.0)]


def test_without_log_probabilities_shares_stand_for_them():
    replies = [Completion("```lean\nsimp\n```"), Completion("```\nsimp"), Completion("rfl\n```"), Completion("")]
    found = {one.tactic: one.logprob for one in proposals_of(replies, continued=False)}
    assert found == {"simp": math.log(2 / 4), "rfl": math.log(1 / 4)}


def test_what_stands_behind_the_end_of_a_proof_that_goes_on_is_no_tactic():
    reply = Completion("\n  rfl\n```\nDone, by definition.\n```lean\nsorry\n```")
    assert [one.tactic for one in proposals_of([reply], continued=True)] == ["rfl"]


def test_what_goes_on_with_a_finished_line_is_no_tactic():
    assert proposals_of([Completion(" <;> simp"), Completion("")], continued=True, begun=True) == ()


class Echo:
    """An engine that keeps its requests."""

    name = "echo"

    def __init__(self):
        self.requests = []

    async def complete(self, request):
        self.requests.append(request)
        return [Completion("\n  exact h.2", completion_tokens=4) for _ in request.seeds]


def propose(style, state, visit=0):
    engine = Echo()
    question = Question(PROBLEM, style, 0, 0, Sampling())
    policy = EnginePolicy(engine, question, samples=3, temperature=0.8, max_tokens=32)
    return asyncio.run(policy.propose(state, visit)), engine.requests[0]


def test_a_prover_goes_on_with_the_proof_so_far():
    state = TacticState(ProofTask("lean", STATEMENT), ("constructor",), ("⊢ q", "⊢ p"))
    proposals, request = propose(PROVER, state)
    assert request.prompt.endswith(f"```lean4\n{STATEMENT}\n  constructor")
    assert (request.temperature, request.max_tokens, request.logprobs, len(request.seeds)) == (0.8, 32, True, 3)
    assert "```" in request.stop
    assert [one.tactic for one in proposals.tactics] == ["exact h.2"]
    assert proposals.tokens == 12
    assert propose(PROVER, state)[1] == request
    assert not {*propose(PROVER, state, visit=1)[1].seeds} & {*request.seeds}


def test_a_chat_model_is_shown_the_goals():
    state = TacticState(ProofTask("lean", STATEMENT), (), ("p q : Prop\nh : p ∧ q\n⊢ q ∧ p",))
    _, request = propose(CHAT, state)
    (message,) = request.messages
    assert f"```lean4\n{STATEMENT}\n```" in message.content
    assert state.goals[0] in message.content


def test_the_prior_lists_closing_tactics_and_steps_by_rank():
    state = TacticState(ProofTask("lean", STATEMENT), (), ("p q : Prop\n⊢ p → q",))
    proposed = asyncio.run(PriorPolicy().propose(state, 0)).tactics
    assert [one.tactic for one in proposed[:2]] == ["rfl", "assumption"]
    assert "intro h" in {one.tactic for one in proposed}
    assert sum(math.exp(one.logprob) for one in proposed) == pytest.approx(1.0)
    assert [one.logprob for one in proposed] == sorted((one.logprob for one in proposed), reverse=True)
