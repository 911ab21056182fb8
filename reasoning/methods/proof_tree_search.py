"""Best-first tree search over the goals of a Lean proof, with the engine as policy (`reasoning.proving.best_first`).

    reasoning evaluate core-lean --engine nano-prover --prompt prover --method proof_tree_search --out runs/tree

The proof that was found is the candidate, and is judged as a whole like any other. With the engine `search`, which has
no model, the search prover's own list of tactics is the policy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from reasoning.engines.base import BudgetSpentError, EngineError
from reasoning.methods.base import Attempt, MethodError, Question, Workbench
from reasoning.methods.tactic_policies import EnginePolicy, PriorPolicy, tactic_problem
from reasoning.options import bounded, check_options, one_of
from reasoning.proving.best_first import Budget, Policy, tree_search
from verifiers.proofs.lean.backends import shared_bridge
from verifiers.proofs.lean.install import LeanMissingError
from verifiers.proofs.lean.tactics import TacticSession
from verifiers.proofs.lean.text import split_statement
from verifiers.proofs.lean.worker import WorkerNotStarted
from verifiers.proofs.records import ProofTask
from verifiers.records import Candidate, RecordError

__all__ = ["ProofTreeSearchOptions", "proof_tree_search"]

POLICIES = ("auto", "engine", "prior")


@dataclass(frozen=True, slots=True)
class ProofTreeSearchOptions:
    """Options of the method `proof_tree_search`.

    Attributes:
        checks: tactics tried in Lean at most.
        tokens: tokens sampled at most.
        width: completions asked for at each state.
        alpha: 0 orders states by the log-probability of their path, 1 by its mean over the tactics.
        temperature: of the completions where the run itself is greedy.
        max_tokens: longest completion.
        seconds: time limit of one tactic.
        policy: `engine`, `prior` (the search prover's list), or `auto`: the prior where the engine is `search`.
    """

    checks: int = bounded(100, low=1)
    tokens: int = bounded(50_000, low=1)
    width: int = bounded(8, low=1)
    alpha: float = bounded(0.5, low=0, high=1)
    temperature: float = bounded(1.0, low=0)
    max_tokens: int = bounded(128, low=1)
    seconds: float = bounded(10.0, above=0)
    policy: str = one_of("auto", POLICIES)

    def __post_init__(self) -> None:
        check_options(self)


async def proof_tree_search(question: Question, workbench: Workbench, options: ProofTreeSearchOptions) -> Attempt:
    """Search for a proof of a Lean statement.

    Raises:
        EngineError: no answer could be had, or Lean does not come up.
        MethodError: the problem is no Lean statement.
    """
    problem = question.problem
    if problem.kind != "proof" or problem.text("system") != "lean":
        raise MethodError("method 'proof_tree_search' searches for Lean proofs only")
    task = ProofTask.of(problem)
    statement = split_statement(task.statement)
    by_tactics = f"{statement.text} := by"
    session = TacticSession(shared_bridge(workbench.sandbox), options.seconds)
    policy = _policy(replace(question, problem=tactic_problem(problem, by_tactics)), workbench, options)
    try:
        found = await tree_search(
            session,
            replace(task, statement=by_tactics),
            policy,
            Budget(options.checks, options.tokens),
            alpha=options.alpha,
        )
    except BudgetSpentError as error:
        return Attempt(None, f"the budget is spent: {error}")
    except (LeanMissingError, WorkerNotStarted, RecordError) as error:
        raise EngineError(f"method 'proof_tree_search': {error}") from None
    trace = {"method": "proof_tree_search", "proof_tree": found.to_json()}
    if found.proof is None:
        return Attempt(None, found.reason, trace)
    text = found.proof if statement.opening == " := by" else f"by\n{found.proof}"
    return Attempt(Candidate(problem.id, text, question.sample), "stop", trace)


def _policy(question: Question, workbench: Workbench, options: ProofTreeSearchOptions) -> Policy:
    if options.policy == "prior" or (options.policy == "auto" and workbench.engine.name == "search"):
        return PriorPolicy()
    return EnginePolicy(workbench.engine, question, options.width, options.temperature, options.max_tokens)
