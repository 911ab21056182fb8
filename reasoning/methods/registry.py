"""The methods by name, found when first used.

>>> find_method("direct").__name__
'direct'
>>> method_names("funcoder,depth=4,direct")
['funcoder,depth=4', 'direct']
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from reasoning.methods.base import Method, MethodError
from reasoning.options import OptionError, read_options, split_options
from verifiers.late_imports import load
from verifiers.plugins import Plugins

__all__ = [
    "METHODS",
    "MethodEntry",
    "find_method",
    "find_method_entry",
    "known_methods",
    "method_names",
    "options_class",
]


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
"""Name -> where it is found. Other packages add theirs with entry points in the group `reasoning_toolkit.methods`
whose values are a `MethodEntry`."""
PLUGINS = Plugins("methods", "method")


def known_methods() -> list[str]:
    """All methods, sorted; imports none of them."""
    return sorted([*METHODS, *PLUGINS.names(besides=METHODS)])


def find_method_entry(name: str) -> MethodEntry:
    """Where the method with this name is found.

    Raises:
        MethodError: there is none.
        PluginError: another package's cannot be loaded.
    """
    entry: MethodEntry | None = METHODS.get(name) or PLUGINS.load(name, MethodEntry)
    if entry is None:
        raise MethodError(f"no method '{name}'; known methods: {', '.join(known_methods())}")
    return entry


def find_method(spec: str) -> Method:
    """The method that `spec` (`NAME[,key=value...]`) names, with its options filled in.

    Every method takes the options `tools` and `tool_...` as well: see `reasoning.methods.tool_calling`.

    Raises:
        MethodError: there is none, or an option is unknown or wrong.
    """
    try:
        name, options = split_options(spec)
        entry = find_method_entry(name)
        with_tools = {key: options.pop(key) for key in list(options) if key == "tools" or key.startswith("tool_")}
        function: Any = load(entry.target)
        method: Method = function
        if entry.options:
            method = partial(function, options=read_options(f"method '{name}'", options_class(entry), options))
        elif options:
            raise MethodError(f"method '{name}' takes no options but tools, got {', '.join(sorted(options))}")
        if with_tools:
            from reasoning.methods.tool_calling import calling_tools

            return calling_tools(method, with_tools)
        return method
    except OptionError as error:
        raise MethodError(str(error)) from None


def options_class(entry: MethodEntry) -> Any:
    """The dataclass of a method's options; None where it has none."""
    return load(entry.options) if entry.options else None


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
