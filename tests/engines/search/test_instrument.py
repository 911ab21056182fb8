"""The rewritten puzzles decide and measure as the original ones do, and traced numbers give right equations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reasoning.engines.search.distances import gap, scaled, squeezed
from reasoning.engines.search.puzzle import read_puzzle
from reasoning.engines.search.tracing import equations_between, solve, trace
from reasoning.engines.search.training import puzzle_edges
from reasoning.engines.search.trial import Trial

PUZZLES = Path(__file__).resolve().parents[3] / "data" / "puzzles"


def built_in() -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(PUZZLES.glob("*.jsonl")) for line in path.read_text().splitlines()]


def trial_of(source: str) -> Trial:
    trial = Trial(read_puzzle(source, None))
    trial.prepare()
    return trial


def test_references_of_the_built_in_puzzles_are_accepted_and_have_no_distance_left() -> None:
    puzzles = built_in()
    assert len(puzzles) >= 120
    for puzzle in puzzles:
        trial = trial_of(puzzle["sat"])
        trial.ticks = 2_000_000
        scope: dict[str, Any] = {}
        exec(puzzle["meta"]["reference"], scope)
        answer = scope["sol"]()
        assert trial.accepts(answer), puzzle["id"]
        assert trial.grade(answer).score[0] == 0.0, puzzle["id"]


@pytest.mark.parametrize(
    ("source", "near", "far"),
    [
        ("def sat(x: int):\n    return x * x == 400", 19, 11),
        ("def sat(x: int):\n    assert x > 50\n    assert x % 7 == 0\n    return True", 50, 3),
        ("def sat(x: int):\n    if x < 10:\n        return False\n    return x < 20", 22, 90),
        ("def sat(x: List[int]):\n    return len(x) == 5 and all(y > 3 for y in x)", [4, 4, 4, 4, 2], []),
        ("def sat(x: List[int]):\n    return all(x[i] == i * i for i in range(6))", [0, 1, 4, 9, 16, 20], [3] * 6),
        ("def sat(s: str):\n    return s.startswith('harbour')", "harb", "zoo"),
        ("def sat(s: str, t='salt'):\n    return t in s or s == 'pepper'", "peppe", "q"),
        ("def sat(x: List[int]):\n    return set(x) == {3, 9, 27}", [3, 9, 26], [1]),
    ],
)
def test_nearer_answers_have_smaller_scores(source: str, near: Any, far: Any) -> None:
    trial = trial_of(source)
    assert 0 < trial.grade(near).score[0] <= trial.grade(far).score[0]
    assert trial.grade(near).score < trial.grade(far).score
    assert not trial.accepts(near)


def test_a_missing_element_notes_what_it_is_compared_with() -> None:
    trial = trial_of(
        "def sat(x: List[int], a=[8, 5]):\n    for i, y in enumerate(a):\n        assert x[i] == y\n    return True"
    )
    assert trial.grade([]).notes == [(None, 8), (None, 5)]


def test_ticks_end_a_loop_and_say_so() -> None:
    trial = trial_of("def sat(x: int):\n    while x != 7:\n        pass\n    return True")
    assert trial.accepts(7)
    assert not trial.accepts(8)
    assert trial.limited
    assert trial.grade(8).limited


def test_equations_of_a_recurrence_are_solved_together() -> None:
    trial = trial_of(
        "def sat(x: List[int], n=30):\n    return x[0] == 2 and all(x[i + 1] - 3 * x[i] == i for i in range(n))"
    )
    start = [0] * 31
    answer = solve(trial.equations(start), start, whole=True)
    assert answer is not None
    assert trial.accepts(answer)


def test_equations_inside_alternatives_are_not_taken() -> None:
    trial = trial_of("def sat(x: int):\n    return (x == 3 or x == 5) and x + 1 == 6")
    assert [residual for _, residual in trial.equations(0)] == [-5]


def test_whole_numbers_are_found_where_no_coefficient_is_one() -> None:
    first, second = trace([0, 0])
    answer = solve(equations_between(21 * first + 34 * second, 2021), [0, 0], whole=True)
    assert answer is not None
    assert 21 * answer[0] + 34 * answer[1] == 2021


def test_an_equation_without_whole_solution_gives_none() -> None:
    (number,) = trace([0])
    assert solve(equations_between(2 * number, 7), [0], whole=True) is None


def test_distances_grow_and_stay_below_one() -> None:
    values = [scaled(d) for d in (0, 0.5, 1, 10, 10**6, 10**400)]
    assert values == sorted(values)
    assert values[0] == 0.0
    assert values[-1] < 1.0
    assert squeezed(1.0) == scaled(1.0)
    assert gap("in", "harbor", "a harbour") < gap("in", "zebra", "a harbour")


def test_programs_are_read_with_what_the_search_knows_of_the_puzzle() -> None:
    sat = "def sat(x: int, words=['a', 'bc'], k=4):\n    return x == k * 3 + len(words)"
    edges = list(puzzle_edges(sat, None, ["def sol(words=['a', 'bc'], k=4):\n    return abs(k * 3) + max(k, 9)"]))
    assert ("{0} + {1}", 0, "abs({0})") in edges
    assert ("abs({0})", 0, "lifted") in edges
    assert ("max({0}, {1})", 0, "input") in edges
    assert ("max({0}, {1})", 1, "default") in edges
