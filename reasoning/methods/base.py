"""How a model is asked: a prompt style writes the prompt, a method asks, and an attempt comes of it.

    question = Question(problem, style, sample=0, run_seed=0, sampling=Sampling(temperature=0.8))
    attempt = await find_method("direct")(question, Workbench(engine, sandbox))
    attempt.candidate.text      # "def sol(): return 3"

A method is a straight-line coroutine function over one sample of one problem: `async (Question, Workbench) -> Attempt`,
with its options dataclass as a third argument where it has options. Thousands run at once; none knows of the others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from reasoning.engines.base import BudgetSpentError, Engine, Message, PromptTooLongError, Request, derive_seed
from reasoning.options import OptionError, read_options, split_options
from verifiers.records import Candidate, Problem

if TYPE_CHECKING:
    from reasoning.rewards.base import RewardModel
    from reasoning.solvers.toolbox import ReplyMemory
    from verifiers.sandbox import SandboxPool

__all__ = [
    "METHODS",
    "Attempt",
    "Method",
    "MethodEntry",
    "MethodError",
    "Prompt",
    "PromptStyle",
    "Question",
    "Sampling",
    "Workbench",
    "find_method",
    "method_names",
    "options_class",
]


class MethodError(ValueError):
    """There is no such method, or it has no such option; one clear line."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is shown: `messages`, or `text` to be continued, and the texts at which it stops."""

    messages: tuple[Message, ...] = ()
    text: str | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptStyle:
    """A way of asking for a problem's solution, and of reading the reply.

    Attributes:
        name: as given to `--prompt`.
        summary: one line for people.
        write: the prompt for a problem.
        read: the candidate in a reply, or None where there is none.
        examples: worked examples of the benchmark's family, each a whole text, for methods that show some.
    """

    name: str
    summary: str
    write: Callable[[Problem], Prompt]
    read: Callable[[Problem, str], str | None]
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to sample; see `reasoning.engines.Request`."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 1024


@dataclass(frozen=True, slots=True)
class Question:
    """One sample wanted of one problem.

    Attributes:
        problem: what to solve.
        style: how it is put to a model.
        sample: index among the samples of this problem.
        run_seed: seed of the whole run.
        sampling: how to sample.
    """

    problem: Problem
    style: PromptStyle
    sample: int
    run_seed: int
    sampling: Sampling

    def request(self, step: str, prompt: Prompt, samples: int = 1, sampling: Sampling | None = None) -> Request:
        """A request for completions of `prompt`.

        Args:
            step: names the method's step, so that each has its own seeds.
            prompt: what the model is shown.
            samples: completions wanted; the first of several has the same seed as a single one.
            sampling: how to sample where the method's step differs from the run's own sampling.
        """
        chosen = sampling or self.sampling
        first = derive_seed(self.run_seed, self.problem.id, step, self.sample)
        more = (derive_seed(self.run_seed, self.problem.id, step, self.sample, index) for index in range(1, samples))
        return Request(
            messages=prompt.messages,
            prompt=prompt.text,
            seeds=(first, *more),
            temperature=chosen.temperature,
            top_p=chosen.top_p,
            max_tokens=chosen.max_tokens,
            stop=prompt.stop,
            problem=self.problem,
            sample_indices=tuple(range(self.sample * samples, (self.sample + 1) * samples)),
        )

    def with_sampling(self, **changes: float) -> Sampling:
        """The run's sampling with some of its fields changed."""
        return replace(self.sampling, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Workbench:
    """What a method works with.

    Attributes:
        engine: answers requests; every completion is kept in the run, and counted for the sample.
        sandbox: runs the code that the engine wrote; its time is counted for the sample.
        reward: rates solutions, where the run has such a model.
        replies: what tools and programs have answered in this run; None: nothing is kept.
    """

    engine: Engine
    sandbox: SandboxPool
    reward: RewardModel | None = None
    replies: ReplyMemory | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a method made of a question.

    Attributes:
        candidate: what is judged, or None where the method has nothing to offer.
        finish_reason: how the last completion ended, or why there is no candidate.
        trace: how it came about, as plain JSON (rounds, votes, a function tree ...); kept in the run's store and shown
            by `reasoning explain`. No times in it. What a vote may weigh the sample by stands in its part `vote`:
            `reward`, a number, and `state`, of a self-verification; the calls of tools in its part `tools`.
    """

    candidate: Candidate | None
    finish_reason: str
    trace: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def stopped(cls, error: BudgetSpentError | PromptTooLongError, trace: Mapping[str, Any] | None = None) -> Attempt:
        """What is left of a method that did not expect the end of its means."""
        reason = "the budget is spent" if isinstance(error, BudgetSpentError) else "the prompt is too long"
        return cls(None, f"{reason}: {error}", trace or {})


Method = Callable[[Question, Workbench], Awaitable[Attempt]]


@dataclass(frozen=True, slots=True)
class MethodEntry:
    """Where a method is found.

    Attributes:
        target: `module:function`; imported when first used.
        summary: one line for people.
        options: `module:class` of its options dataclass, given as the function's third argument; empty: it has none.
    """

    target: str
    summary: str
    options: str = ""


METHODS: dict[str, MethodEntry] = {
    "codet": MethodEntry(
        "reasoning.methods.codet:codet",
        "samples programs and tests that judge each other",
        "reasoning.methods.codet:CodetOptions",
    ),
    "cot_code": MethodEntry("reasoning.methods.cot_code:cot_code", "asks once for a program, thoughts first"),
    "direct": MethodEntry("reasoning.methods.direct:direct", "asks once and takes the reply"),
    "funcoder": MethodEntry(
        "reasoning.methods.funcoder:funcoder",
        "splits a function into new ones and keeps the candidates that agree",
        "reasoning.methods.funcoder:FuncoderOptions",
    ),
    "one_shot_code": MethodEntry(
        "reasoning.methods.one_shot_code:one_shot_code", "asks once for a program after one worked example"
    ),
    "output_consistency": MethodEntry(
        "reasoning.methods.output_consistency:output_consistency",
        "samples programs and takes one of the largest group with the same outputs",
        "reasoning.methods.output_consistency:OutputConsistencyOptions",
    ),
    "reflexion": MethodEntry(
        "reasoning.methods.reflexion:reflexion",
        "repairs a program from what its examples do in the sandbox",
        "reasoning.methods.reflexion:ReflexionOptions",
    ),
    "few_shot": MethodEntry(
        "reasoning.methods.few_shot:few_shot",
        "asks once, after worked examples",
        "reasoning.methods.few_shot:FewShotOptions",
    ),
    "subgoals": MethodEntry(
        "reasoning.methods.subgoals:subgoals",
        "writes the claims of a proof, and closes each by automation or by the engine",
        "reasoning.methods.subgoals:SubgoalsOptions",
    ),
    "tir": MethodEntry(
        "reasoning.methods.tool_integrated:tool_integrated",
        "reasons in words and runs programs in turn (tool-integrated reasoning)",
        "reasoning.methods.tool_integrated:ToolIntegratedOptions",
    ),
    "proof_tree_search": MethodEntry(
        "reasoning.methods.proof_tree_search:proof_tree_search",
        "searches best first over the goals of a Lean proof, the model proposing tactics",
        "reasoning.methods.proof_tree_search:ProofTreeSearchOptions",
    ),
    "pal": MethodEntry(
        "reasoning.methods.program_aided:program_aided",
        "lets one program compute the answer (program-aided language model)",
        "reasoning.methods.program_aided:ProgramAidedOptions",
    ),
    "two_turn": MethodEntry(
        "reasoning.methods.two_turn:two_turn",
        "asks for a program, then for each quantity that it has computed (OptiBench's protocol)",
        "reasoning.methods.two_turn:TwoTurnOptions",
    ),
    "csv": MethodEntry(
        "reasoning.methods.code_verification:code_verification",
        "solves and checks with programs, and amends (code-based self-verification)",
        "reasoning.methods.code_verification:CodeVerificationOptions",
    ),
    "self_consistency": MethodEntry(
        "reasoning.methods.self_consistency:self_consistency",
        "takes the most frequent of n answers",
        "reasoning.methods.self_consistency:SelfConsistencyOptions",
    ),
    "best_of_n": MethodEntry(
        "reasoning.methods.best_of_n:best_of_n",
        "takes the one of n answers that the reward model rates highest",
        "reasoning.methods.best_of_n:BestOfNOptions",
    ),
    "weighted_vote": MethodEntry(
        "reasoning.methods.weighted_vote:weighted_vote",
        "weighs the votes of n answers by reward or self-verification",
        "reasoning.methods.weighted_vote:WeightedVoteOptions",
    ),
    "adaptive": MethodEntry(
        "reasoning.methods.adaptive:adaptive",
        "draws answers until their vote is settled",
        "reasoning.methods.adaptive:AdaptiveOptions",
    ),
}
"""Name -> where it is found."""


def find_method(spec: str) -> Method:
    """The method that `spec` (`NAME[,key=value...]`) names, with its options filled in.

    Every method takes the options `tools` and `tool_...` as well: see `reasoning.methods.equipped`.

    Raises:
        MethodError: there is none, or an option is unknown or wrong.
    """
    try:
        name, options = split_options(spec)
        entry = METHODS.get(name)
        if entry is None:
            raise MethodError(f"no method '{name}'; known methods: {', '.join(sorted(METHODS))}")
        with_tools = {key: options.pop(key) for key in list(options) if key == "tools" or key.startswith("tool_")}
        function: Any = _imported(entry.target)
        method: Method = function
        if entry.options:
            method = partial(function, options=read_options(f"method '{name}'", options_class(entry), options))
        elif options:
            raise MethodError(f"method '{name}' takes no options but tools, got {', '.join(sorted(options))}")
        if with_tools:
            from reasoning.methods.equipped import equipped

            return equipped(method, with_tools)
        return method
    except OptionError as error:
        raise MethodError(str(error)) from None


def options_class(entry: MethodEntry) -> Any:
    """The dataclass of a method's options; None where it has none."""
    return _imported(entry.options) if entry.options else None


def method_names(text: str) -> list[str]:
    """The specs in a list of methods such as `funcoder,depth=4,direct`: a part with `=` belongs to the name before it.

    Raises:
        MethodError: the list begins with an option, or a name is empty.
    """
    specs: list[str] = []
    for part in text.split(","):
        if "=" in part and specs:
            specs[-1] += f",{part}"
        elif not part or "=" in part:
            raise MethodError(f"methods {text!r}: expected NAME[,key=value...][,NAME...]")
        else:
            specs.append(part)
    return specs


def _imported(target: str) -> Any:
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)
