import asyncio
from dataclasses import dataclass

import pytest

from reasoning.engines.base import derive_seed
from reasoning.methods import (
    METHODS,
    Attempt,
    MethodEntry,
    MethodError,
    Prompt,
    PromptStyle,
    Question,
    Sampling,
    find_method,
    method_names,
)
from reasoning.methods.direct import direct
from verifiers.records import Problem

STYLE = PromptStyle("s", "for tests", lambda problem: Prompt(text=problem.prompt), lambda problem, reply: reply)
QUESTION = Question(Problem("p", "puzzle", "why"), STYLE, 3, 11, Sampling(0.5, 0.9, 77))


@dataclass(frozen=True)
class DepthOptions:
    depth: int = 6

    def __post_init__(self):
        if self.depth < 1:
            raise ValueError(f"depth must be at least 1, got {self.depth}")


async def deep(question, workbench, options):
    return Attempt(None, f"depth {options.depth}")


@pytest.fixture
def with_deep(monkeypatch):
    entry = MethodEntry(f"{__name__}:deep", "for tests", f"{__name__}:DepthOptions")
    monkeypatch.setitem(METHODS, "deep", entry)
    monkeypatch.setattr("reasoning.methods.registry.load", lambda target: globals()[target.rpartition(":")[2]])


def test_methods_are_found_by_name():
    assert find_method("direct") is direct
    with pytest.raises(MethodError, match=r"no method 'magic'; known methods: .*direct"):
        find_method("magic")
    with pytest.raises(MethodError, match="method 'direct' takes no options but tools, got depth"):
        find_method("direct,depth=3")


def test_options_reach_the_method_and_bad_ones_are_named(with_deep):
    assert asyncio.run(find_method("deep")(QUESTION, None)).finish_reason == "depth 6"
    assert asyncio.run(find_method("deep,depth=2")(QUESTION, None)).finish_reason == "depth 2"
    for spec, message in [
        ("deep,width=2", "method 'deep' has no option 'width'; known options: depth"),
        ("deep,depth=x", "method 'deep': option depth='x': expected a whole number"),
        ("deep,depth=0", "method 'deep': depth must be at least 1, got 0"),
        ("deep,depth=1,depth=2", "option 'depth' is given twice"),
    ]:
        with pytest.raises(MethodError, match=message):
            find_method(spec)


def test_a_list_of_methods_keeps_options_with_their_names():
    assert method_names("direct") == ["direct"]
    assert method_names("funcoder,depth=4,samples=5,codet,direct") == ["funcoder,depth=4,samples=5", "codet", "direct"]
    for text in ("", "depth=4", "direct,", "direct,,codet"):
        with pytest.raises(MethodError, match="expected NAME"):
            method_names(text)


def test_each_sample_of_each_step_has_its_own_seed():
    single = QUESTION.request("step", Prompt(text="x"))
    assert single.seeds == (derive_seed(11, "p", "step", 3),)
    assert single.sample_indices == (3,)
    several = QUESTION.request("step", Prompt(text="x", stop=("END",)), samples=4, sampling=Sampling(0.1))
    assert several.seeds[0] == single.seeds[0]
    assert len(set(several.seeds)) == 4
    assert several.sample_indices == (12, 13, 14, 15)
    assert (several.temperature, several.stop, single.temperature) == (0.1, ("END",), 0.5)
    assert not set(several.seeds) & set(QUESTION.request("other", Prompt(text="x"), samples=4).seeds)
    assert QUESTION.with_sampling(temperature=0.0) == Sampling(0.0, 0.9, 77)
