"""The enumeration keeps one expression for each value, the texts mean the values, and the prior orders it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoning.engines.search.answer_types import freeze
from reasoning.engines.search.enumeration import Entry, Enumeration
from reasoning.engines.search.grammar import INT, INTS, STR, rules_for
from reasoning.engines.search.prior import Prior


def bank(prior: Prior) -> list[Entry]:
    found = Enumeration(rules_for([INTS]), prior, contexts=1)
    found.add_atom(INTS, ([4, -2, 9],), "xs", "input")
    found.add_atom(STR, ("hello",), "s", "input")
    found.add_atom(INT, (2,), "2", "constant")
    return [entry for entry in found.run(max_level=18) if entry is not None]


def test_no_two_entries_of_a_type_have_equal_values() -> None:
    entries = bank(Prior.uniform())
    keys = [(entry.kind, freeze(entry.values)) for entry in entries]
    assert len(keys) > 300
    assert len(set(keys)) == len(keys)


def test_every_text_evaluates_to_the_value_and_type_it_stands_for() -> None:
    names = {"xs": [4, -2, 9], "s": "hello"}
    for entry in bank(Prior.uniform()):
        value = eval(entry.text, dict(names))
        assert value == entry.values[0], entry.text
        assert entry.kind.accepts(value), entry.text


def test_costs_never_decrease() -> None:
    costs = [entry.cost for entry in bank(Prior.uniform())]
    assert costs == sorted(costs)


def test_a_trained_prior_finds_what_it_has_seen_earlier() -> None:
    seen = [("bin({0})[2:]", 0, "constant")] * 400

    def place(prior: Prior) -> int:
        return next(place for place, entry in enumerate(bank(prior)) if entry.rule_name == "bin({0})[2:]")

    assert place(Prior.from_edges(seen)) < place(Prior.uniform())


def test_several_contexts_tell_expressions_apart_that_agree_on_one() -> None:
    def texts(values: tuple[int, ...]) -> int:
        found = Enumeration(rules_for([]), Prior.uniform(), contexts=len(values))
        found.add_atom(INT, values, "v", "variable")
        found.add_atom(INT, (2,) * len(values), "2", "constant")
        return sum(entry is not None and entry.kind == INT for entry in found.run(max_level=14))

    assert texts((2, 3, 5)) > texts((2,))


def test_a_prior_survives_the_file(tmp_path: Path) -> None:
    prior = Prior.from_edges([("len({0})", 0, "input"), ("root", 0, "len({0})"), ("root", 0, "len({0})")])
    prior.save(tmp_path / "prior.json", "a test")
    again = Prior.load(tmp_path / "prior.json")
    for edge in (("len({0})", 0, "input"), ("root", 0, "len({0})"), ("root", 0, "sum({0})")):
        assert again.cost(*edge) == prior.cost(*edge)


@pytest.mark.parametrize("text", ["", "[]", '{"version": 9, "edges": []}', '{"version": 1}'])
def test_a_file_that_is_no_prior_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "prior.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"prior\.json|version"):
        Prior.load(path)
