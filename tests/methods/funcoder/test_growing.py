"""Every path through the tree, driven by scripted replies; candidates run in the real sandbox."""

import asyncio
import json

import pytest
from scripted_engine import Script, ScriptedEngine, python

from reasoning.engines.base import BudgetSpentError, EngineError, PromptTooLongError
from reasoning.methods import MethodError, Prompt, PromptStyle, Question, Sampling, Workbench, find_method
from verifiers.records import Problem, Status
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import Limits, SandboxPool

STYLE = PromptStyle("s", "for tests", lambda problem: Prompt(text=problem.prompt), lambda problem, reply: reply)
PROMPT = '''\
import math

def area(sides: list) -> int:
    """Area of the rectangle with these sides.

    >>> area([2, 3])
    6
    """
'''
STUB_REPLY = '''\
def area(sides: list) -> int:
    return times(*pair(sides))

def times(a: int, b: int) -> int:
    """The product of a and b."""
    raise NotImplementedError()

def pair(sides: list) -> tuple:
    """The first two sides."""
    raise NotImplementedError()'''
AREA = "def area(sides: list) -> int:\n    return times(*pair(sides))"
TIMES = 'def times(a: int, b: int) -> int:\n    """The product of a and b."""\n    return a * b'
PAIR = "def pair(sides: list) -> tuple:\n    return sides[0], sides[1]"
CALLERS = {
    "area": "import random\ndef one(seed):\n    random.seed(seed)\n    return area([random.randint(1, 9), 2])",
    "times": "def one(seed):\n    return times(2, 3)\ndef two(seed: int):\n    return times(seed % 7, 5)",
    "pair": "def one(seed):\n    return pair([1, 2, 3])",
}
GOOD = {
    ("divide", "area"): python(STUB_REPLY),
    ("divide", "times"): python(TIMES),
    ("divide", "pair"): python(PAIR),
    ("conquer", "area"): python(AREA),
    ("conquer", "times"): python(TIMES),
    ("conquer", "pair"): python(PAIR),
    **{("callers", name): python(source) for name, source in CALLERS.items()},
    ("examples", "area"): python("assert area([2, 3]) == 6"),
}


@pytest.fixture(scope="module")
def loop():
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def pool(loop):
    async def opened():
        return SandboxPool(workers=2)

    pool = loop.run(opened())
    yield pool
    loop.run(pool.close())


@pytest.fixture
def grow(loop, pool):
    def grow(answers, options="samples=3", prompt=PROMPT, run_seed=0, **fields):
        script = answers if callable(answers) else Script(answers)
        engine = ScriptedEngine(script)
        given = {"kind": "program", "entry_point": "area", "test": "def check(candidate): assert False", **fields}
        problem = Problem("p", given.pop("kind"), prompt, {k: v for k, v in given.items() if v is not None})
        question = Question(problem, STYLE, 0, run_seed, Sampling(max_tokens=500))
        attempt = loop.run(find_method(f"funcoder,{options}")(question, Workbench(engine, pool)))
        json.dumps(attempt.trace)
        return attempt, engine, script

    return grow


def value_of(source, expression):
    namespace = {}
    exec(source, namespace)
    return eval(expression, namespace)


def test_a_tree_is_divided_conquered_and_put_together(grow):
    attempt, engine, script = grow(GOOD)
    assert value_of(attempt.candidate.text, "area([4, 5])") == 20
    tree = attempt.trace["tree"]
    assert [child["name"] for child in tree["children"]] == ["times", "pair"]
    assert [candidate["origin"] for candidate in tree["candidates"]] == ["draft", "sample 1", "sample 2"]
    # Consensus@3: one divide, two conquer samples and one request for inputs each; unit tests only at the root.
    assert script.asked == {
        **{(step, name): count for name in CALLERS for step, count in (("divide", 1), ("conquer", 2), ("callers", 1))},
        ("examples", "area"): 1,
    }
    assert (attempt.trace["calls"], tree["calls"], tree["children"][0]["calls"]) == (13, 13, 4)
    # The docstring that was asked for is there although no reply repeats it.
    assert '"""Area of the rectangle' in attempt.candidate.text
    assert {call.temperature for call in engine.calls} == {0.2, 0.8}


def test_children_see_their_callers_and_the_root_is_written_last_with_bodies_in_view(grow):
    _, engine, _ = grow(GOOD)
    turns = [call.turn for call in engine.calls]
    times = next(turn for turn in turns if "complete the function `times`" in turn)
    assert "return times(*pair(sides))" in times
    assert times.index("def area") < times.index("def times")
    conquer = next(turn for turn in turns if "Write the function `area`" in turn)
    assert "return a * b" in conquer
    assert "return times(*pair(sides))" not in conquer
    assert conquer.index("def times") < conquer.index("def area")
    assert conquer.count("raise NotImplementedError()") == 1


def test_no_prompt_holds_the_hidden_test(grow):
    _, engine, _ = grow(GOOD, test="def check(candidate): assert candidate([7, 7]) == 49")
    assert not any("49" in text for call in engine.calls for text in call.texts)


def test_the_winner_is_the_candidate_that_agrees_with_most(grow):
    wrong = "def times(a: int, b: int) -> int:\n    return a + b"
    answers = {**GOOD, ("divide", "times"): python(wrong), ("conquer", "times"): python(TIMES)}
    attempt, _, _ = grow(answers)
    times = attempt.trace["tree"]["children"][0]
    # Inputs times(2, 3) and times(s, 5): 6 twice against 5 once, so 1 + 1 for the two good ones, 0 for the draft.
    scores = [candidate["score"] for candidate in times["candidates"]]
    assert scores == [0, 2, 2]
    assert times["chosen"] in times["tied"] == [1, 2]
    assert times["candidates"][0]["values"][0] == "5"
    assert value_of(attempt.candidate.text, "area([4, 5])") == 20


def test_ties_are_broken_by_the_seed_of_the_question_alone(grow):
    answers, options = {**GOOD, ("callers", "area"): "nothing"}, "samples=5,unit_tests=false"
    chosen = [grow(answers, options, run_seed=seed)[0].trace["tree"] for seed in range(6)]
    again = [grow(answers, options, run_seed=seed)[0].trace["tree"] for seed in range(2)]
    assert chosen[:2] == again
    assert all(tree["tied"] == [0, 1, 2, 3, 4] for tree in chosen)
    assert chosen[0]["reason"] == "nothing to compare by, picked at random"
    assert len({tree["chosen"] for tree in chosen}) > 1


def test_a_failed_example_of_the_docstring_decides_at_the_root(grow):
    wrong = "def area(sides: list) -> int:\n    return sum(sides)"
    answers = {**GOOD, ("conquer", "area"): python(wrong)}
    attempt, _, _ = grow(answers)
    root = attempt.trace["tree"]
    # One input with side 2 and one from 1 to 9; two wrong candidates agree on it, the draft passes the example.
    assert [candidate["score"] for candidate in root["candidates"]] == [0, 1 - 10_000, 1 - 10_000]
    assert root["chosen"] == 0
    assert [candidate["passed_tests"] for candidate in root["candidates"]] == [1, 0, 0]
    without, _, script = grow(answers, "samples=3,unit_tests=false")
    assert without.trace["tree"]["chosen"] in (1, 2)
    assert ("examples", "area") not in script.asked


def test_the_depth_limit_drops_branches_and_the_caller_writes_them_inline(grow):
    inline = "def area(sides: list) -> int:\n    return sides[0] * sides[1]"
    attempt, _, script = grow({**GOOD, ("conquer", "area"): python(inline)}, "samples=3,depth=1")
    assert value_of(attempt.candidate.text, "area([4, 5])") == 20
    assert ("divide", "times") not in script.asked
    assert attempt.trace["tree"]["notes"] == ["times: given up: depth limit", "pair: given up: depth limit"]


def test_a_candidate_may_bring_the_helper_that_was_given_up(grow):
    whole = f"def area(sides: list) -> int:\n    return times(sides[0], sides[1])\n\n{TIMES}"
    attempt, _, _ = grow({**GOOD, ("conquer", "area"): python(whole)}, "samples=3,depth=1")
    assert attempt.trace["tree"]["chosen"] in (1, 2)
    assert value_of(attempt.candidate.text, "area([4, 5])") == 20


def test_a_helper_that_was_given_up_but_is_written_stays_with_the_draft(grow):
    whole = f"{AREA}\n\n{TIMES}\n\n{PAIR}"
    attempt, _, _ = grow({**GOOD, ("divide", "area"): python(whole), ("conquer", "area"): ""}, "samples=3,depth=1")
    assert value_of(attempt.candidate.text, "area([4, 5])") == 20
    assert attempt.trace["tree"]["outcome"] == "the draft stands: nothing came of the conquer stage"


def test_cycles_and_existing_functions_are_not_written_again(grow):
    again = f'{TIMES}\n\ndef area(sides: list) -> int:\n    """Back to the root."""\n    raise NotImplementedError()'
    answers = {
        **GOOD,
        ("divide", "times"): python(again),
        ("divide", "pair"): python(f"{PAIR}\n\ndef times(a, b):\n    '''Once more.'''\n    pass\n\n{AREA}"),
    }
    attempt, _, script = grow(answers)
    assert script.asked["divide", "area"] == script.asked["divide", "times"] == 1
    times, pair = attempt.trace["tree"]["children"]
    assert times["notes"] == ["area: exists already, not written again"]
    assert pair["notes"] == ["times: exists already, not written again", "area: exists already, not written again"]
    assert value_of(attempt.candidate.text, "area([4, 5])") == 20


def test_helpers_that_the_problem_gives_are_used_and_kept(grow):
    given = "def times(a: int, b: int) -> int:\n    return a * b * 1\n\n" + PROMPT
    attempt, engine, script = grow(GOOD, prompt=given)
    assert ("divide", "times") not in script.asked
    assert "a * b * 1" in attempt.candidate.text
    assert "a * b * 1" in engine.calls[0].turn
    assert value_of(attempt.candidate.text, "area([4, 5])") == 20


def test_a_child_that_fails_is_dropped_and_the_rest_goes_on(grow):
    inline = "def area(sides: list) -> int:\n    a, b = pair(sides)\n    return a * b"
    answers = {**GOOD, ("divide", "times"): "I cannot.", ("conquer", "area"): python(inline)}
    attempt, _, script = grow(answers)
    assert script.asked["divide", "times"] == 3
    assert attempt.trace["tree"]["notes"] == ["times: given up: no reply held the function"]
    assert value_of(attempt.candidate.text, "area([4, 5])") == 20


def test_replies_that_cannot_be_used_are_asked_for_again(grow):
    broken = python("def area(sides: list) -> int:\n    return (")
    only_stub = python("def area(sides: list) -> int:\n    ...")
    answers = {**GOOD, ("divide", "area"): ["", broken, python(STUB_REPLY)]}
    attempt, _, script = grow(answers)
    assert script.asked["divide", "area"] == 3
    assert value_of(attempt.candidate.text, "area([4, 5])") == 20
    attempt, _, _ = grow({**GOOD, ("divide", "area"): ["", broken, only_stub]})
    assert attempt.candidate is None
    assert attempt.finish_reason == "no reply held the function"


def test_of_several_blocks_those_that_do_not_parse_are_dropped(grow):
    mixed = python("def area(:") + python(STUB_REPLY) + "```sh\nrm -r /\n```"
    attempt, _, script = grow({**GOOD, ("divide", "area"): mixed})
    assert script.asked["divide", "area"] == 1
    assert attempt.candidate is not None


def test_a_wrong_signature_is_taken_only_when_nothing_else_comes(grow):
    renamed = "def area(values: list) -> int:\n    return values[0] * values[1]"
    first, second = renamed, renamed.replace("values", "numbers")
    answers = {**GOOD, ("divide", "area"): [python(first), python(second), python(STUB_REPLY)]}
    attempt, _, _ = grow(answers)
    assert attempt.trace["tree"]["candidates"][0]["source"].count("times(*pair(sides))")
    answers = {**GOOD, ("divide", "area"): [python(first), python(second), ""], ("conquer", "area"): python(second)}
    attempt, _, script = grow(answers)
    candidates = attempt.trace["tree"]["candidates"]
    assert "values[0]" in candidates[0]["source"]
    assert [candidate["origin"] for candidate in candidates] == ["draft", "sample 1"]
    # Three tries of two samples each, none of which complies.
    assert script.asked["conquer", "area"] == 6


def test_the_conquer_stage_is_repeated_while_it_gives_nothing(grow):
    attempt, _, script = grow({**GOOD, ("conquer", "area"): ""})
    # int(1.8 * 2) = 3 times, each with 3 attempts of 2 samples.
    assert script.asked["conquer", "area"] == 3 * 3 * 2
    assert attempt.trace["tree"]["reason"] == "the only candidate"
    assert value_of(attempt.candidate.text, "area([4, 5])") == 20


def test_all_candidates_crash_and_one_is_taken_all_the_same(grow):
    crash = "def area(sides: list) -> int:\n    return 1 // 0"
    attempt, _, _ = grow({**GOOD, ("divide", "area"): python(crash), ("conquer", "area"): python(crash)})
    root = attempt.trace["tree"]
    assert [candidate["score"] for candidate in root["candidates"]] == [-10_100] * 3
    assert root["candidates"][0]["failures"] == {"0": "ZeroDivisionError: integer division or modulo by zero"}
    assert root["tied"] == [0, 1, 2]
    assert attempt.candidate is not None


def test_prompts_that_are_too_long_get_fewer_examples(grow):
    good = Script(GOOD)

    def answer(call):
        return PromptTooLongError("too long") if len(call.texts) > 4 else good(call)

    attempt, engine, _ = grow(answer)
    assert value_of(attempt.candidate.text, "area([4, 5])") == 20
    divide = [len(call.texts) for call in engine.calls if "complete the function `area`" in call.turn]
    # System message, a pair for each example, the task: 4, 3, 2 and then 1 example.
    assert divide == [10, 8, 6, 4]


def test_what_is_too_long_in_any_form_ends_that_step_only(grow):
    attempt, engine, _ = grow(lambda call: PromptTooLongError("too long"))
    assert (attempt.candidate, attempt.finish_reason) == (None, "the prompt is too long")
    assert len(engine.calls) == 4
    good = Script(GOOD)

    def answer(call):
        return PromptTooLongError("too long") if "Write the function `area`" in call.turn else good(call)

    attempt, _, _ = grow(answer)
    assert attempt.trace["tree"]["notes"] == ["the prompt of the conquer stage is too long"]
    assert value_of(attempt.candidate.text, "area([4, 5])") == 20


def test_an_engine_that_fails_is_the_runs_business(grow):
    with pytest.raises(EngineError, match="refused"):
        grow(lambda call: EngineError("connection refused"))


@pytest.mark.parametrize("calls", [1, 3, 4, 6, 9, 12, 13])
def test_when_the_budget_is_spent_the_best_so_far_is_offered(grow, calls):
    attempt, engine, _ = grow(GOOD, f"samples=3,max_calls={calls}")
    assert len(engine.calls) <= calls
    assert attempt.finish_reason == ("budget" if calls < 13 else "stop")
    assert "def area" in attempt.candidate.text
    if calls >= 9:
        # Both children are written by then, so the root's draft works already.
        assert value_of(attempt.candidate.text, "area([4, 5])") == 20


def test_a_budget_of_the_run_ends_it_the_same_way(grow):
    good = Script(GOOD)
    seen = []

    def answer(call):
        seen.append(call)
        return BudgetSpentError("tokens") if len(seen) > 6 else good(call)

    attempt, _, _ = grow(answer)
    assert (attempt.finish_reason, attempt.trace["spent"]) == ("budget", "tokens")
    attempt, _, _ = grow(lambda call: BudgetSpentError("tokens"))
    assert (attempt.candidate, attempt.finish_reason) == (None, "tokens")


def test_the_ablations(grow):
    wrong = "def area(sides: list) -> int:\n    return 7"
    answers = {
        **GOOD,
        ("conquer", "area"): python(wrong),
        ("tests", "area"): python("assert area([1, 1]) == 1\nassert area([2, 3]) == 6\nassert area([7, 1]) == 7"),
    }
    one_pass, _, script = grow(answers, "passes=1")
    assert set(script.asked) == {("divide", name) for name in CALLERS}
    assert value_of(one_pass.candidate.text, "area([4, 5])") == 20
    two_pass, _, script = grow(answers, "consensus=none")
    assert value_of(two_pass.candidate.text, "area([4, 5])") == 7
    assert script.asked["conquer", "area"] == 1
    tested, _, script = grow(answers, "samples=3,consensus=self_test")
    root = tested.trace["tree"]
    assert [candidate["score"] for candidate in root["candidates"]] == [3, 1, 1]
    assert ("callers", "area") not in script.asked
    clustered, _, _ = grow(answers, "samples=3,consensus=clustering")
    assert [candidate["score"] for candidate in clustered.trace["tree"]["candidates"]] == [1, 2, 2]


def test_a_mathematical_problem_is_a_function_without_arguments(grow):
    draft = "def solution():\n    return half(7)\n\ndef half(n):\n    '''n over 2.'''\n    raise NotImplementedError()"
    half = "def half(n):\n    from fractions import Fraction\n    return Fraction(n, 2)"
    answers = {
        ("divide", "solution"): python(draft),
        ("conquer", "solution"): python("def solution():\n    return half(7)"),
        ("divide", "half"): python(half),
        ("conquer", "half"): python(half),
        ("callers", "half"): python("def one(seed):\n    return half(seed)"),
    }
    attempt, engine, script = grow(answers, "min_samples=5", prompt='What is "7" over 2?\\', kind="answer", gold="7/2")
    assert attempt.candidate.text == "7/2"
    # Consensus@5, one call as the only input, no unit tests.
    assert script.asked["conquer", "solution"] == 4
    assert attempt.trace["tree"]["inputs"] == ["solution()"]
    assert ("examples", "solution") not in script.asked
    assert 'What is "7" over 2?' in engine.calls[0].turn
    failing = {**answers, ("divide", "half"): python("def half(n):\n    return n / 0"), ("conquer", "half"): ""}
    attempt, _, _ = grow(failing, "samples=5", prompt="?", kind="answer", gold="7/2")
    assert (attempt.candidate, attempt.finish_reason) == (None, "the program gave no answer")


def test_a_whole_program_is_a_function_of_its_input(loop, pool):
    """The samples of the statement outvote a majority, and the program that comes out reads and prints."""
    head = "def solution(text: str) -> str:\n"
    total = 'def total(words: list) -> str:\n    """The sum of the words."""\n'
    draft = f"{head}    return total(text.split())\n\n{total}    raise NotImplementedError()"
    answers = {
        ("divide", "solution"): python(draft),
        ("conquer", "solution"): python(f"{head}    return str(len(text))"),
        ("divide", "total"): python(f"{total}    return str(sum(map(int, words)))"),
        ("conquer", "total"): python(f"{total}    return str(sum(int(word) for word in words))"),
        ("callers", "solution"): python("def one(seed):\n    return solution('1 2')"),
        ("callers", "total"): python("def one(seed):\n    return total(['1', '2'])"),
    }
    fields = {"stdio": [{"input": "20 22", "output": "42"}], "comparison": "words"}
    meta = {"samples": [["1 2\n", "3\n"], ["5", "  5 "]]}
    problem = Problem("p", "program", "Print the sum.", fields, meta)
    script = Script(answers)
    engine = ScriptedEngine(script)
    question, workbench = Question(problem, STYLE, 0, 0, Sampling(max_tokens=500)), Workbench(engine, pool)

    def status(options):
        attempt = loop.run(find_method(f"funcoder,{options}")(question, workbench))
        judging = VerifierRegistry(pool).verify(problem, attempt.candidate.text, Limits(wall_seconds=5))
        return attempt.trace["tree"], loop.run(judging).status

    root, found = status("samples=4")
    assert [candidate["passed_tests"] for candidate in root["candidates"]] == [2, 0, 0, 0]
    assert (root["chosen"], found) == (0, Status.PASSED)
    assert ("examples", "solution") not in script.asked
    assert not any("20 22" in call.turn for call in engine.calls)
    assert status("samples=4,unit_tests=false")[1] is Status.WRONG


def test_problems_that_do_not_fit_are_named(grow):
    for fields, message in [
        ({"kind": "puzzle"}, "method 'funcoder' takes problems of kind program or answer; problem 'p' is of kind puz"),
        ({"entry_point": None}, "method 'funcoder' needs the name of a function; problem 'p' has no entry_point"),
    ]:
        with pytest.raises(MethodError, match=message):
            grow(GOOD, **fields)
    for option, message in [
        ("depth=0", "option depth=0: expected at least 1"),
        ("samples=1", "option samples=1: expected at least 2"),
        ("passes=3", "option passes=3: expected one of 1, 2"),
        ("consensus=vote", "expected one of functional, self_test, clustering, none"),
        ("timeout=0", "option timeout=0.0: expected more than 0"),
    ]:
        with pytest.raises(MethodError, match=message):
            find_method(f"funcoder,{option}")
