import pytest

from reasoning.engines.base import Message
from reasoning.methods import find_method
from reasoning.methods.base import MethodError
from reasoning.methods.programs import NOTHING_PRINTED, cut, program_to_run, programs_in
from reasoning.methods.tool_loop import LIMIT_NOTE
from tests.support.scripted_answers import Bench, ScriptedEngine, question
from verifiers.records import Problem

PROBLEM = Problem("p", "answer", "What is 12! / 10!?", {"gold": "132"})


@pytest.fixture(scope="module")
def bench():
    bench = Bench()
    yield bench
    bench.close()


def tir(bench, replies, spec="tir", **sampling):
    engine = ScriptedEngine({"p": replies})
    attempt = bench.run(find_method(spec)(question(PROBLEM, **sampling), bench.workbench(engine)))
    return attempt, engine.requests


def program(source):
    return f"```python\n{source}\n```\n"


def test_a_program_is_run_and_its_output_goes_back(bench):
    attempt, requests = tir(
        bench,
        [
            "Let me compute it.\n" + program("from math import factorial\nprint(factorial(12) // factorial(10))")
            + "```output\n999 this the model made up\n```",
            "So the answer is $\\boxed{132}$.",
        ],
        max_tokens=77,
    )  # fmt: skip
    assert attempt.candidate.text == (
        "Let me compute it.\n```python\nfrom math import factorial\nprint(factorial(12) // factorial(10))\n```\n"
        "\n```output\n132\n```\nSo the answer is $\\boxed{132}$."
    )
    first, second = requests
    assert "```output" in first.stop
    assert first.max_tokens == second.max_tokens == 77
    assert [message.role for message in first.messages] == ["system", "user"]
    assert first.messages[1].content == PROBLEM.prompt
    # The model goes on with its own turn, which now ends with what the program printed.
    assert second.messages[:2] == first.messages
    assert second.messages[2] == Message(
        "assistant", attempt.candidate.text.removesuffix("So the answer is $\\boxed{132}$.")
    )
    assert first.seeds != second.seeds
    assert [(step["output"], step["failed"]) for step in attempt.trace["rounds"]] == [("132", False)]


def test_without_a_program_at_the_end_or_with_a_box_nothing_is_run(bench):
    for reply in (
        "I just know: \\boxed{132}.",
        program("print(1)") + "The rest is clear.",
        "\\boxed{1}\n" + program("print(1)"),
    ):
        attempt, requests = tir(bench, [reply])
        assert (len(requests), attempt.trace["rounds"], attempt.candidate.text) == (1, [], reply)


def test_the_last_line_of_an_error_goes_back_and_the_model_can_mend(bench):
    attempt, _ = tir(
        bench,
        [
            program("x = 1\nprint(undefined_name)"),
            program("def f(:\n  pass"),
            program("import sys; sys.exit(3)"),
            "\\boxed{132}",
        ],
    )
    outputs = [step["output"] for step in attempt.trace["rounds"]]
    assert outputs[0] == "NameError: name 'undefined_name' is not defined"
    assert outputs[1] == "SyntaxError: invalid syntax"
    assert outputs[2] == ""
    assert all(step["failed"] for step in attempt.trace["rounds"])
    assert attempt.candidate.text.endswith("\\boxed{132}")


def test_programs_find_what_the_earlier_ones_defined_and_show_only_what_is_new(bench):
    replies = [
        program("x = 6\nprint('first', x)"),
        program("y = x * 7\nraise ValueError('not kept')"),
        program("print(x * 22)"),
        "\\boxed{132}",
    ]
    attempt, _ = tir(bench, replies)
    assert [step["output"] for step in attempt.trace["rounds"]] == ["first 6", "ValueError: not kept", "132"]
    alone, _ = tir(bench, replies, "tir,carry=false")
    assert [step["output"] for step in alone.trace["rounds"]][1:] == ["NameError: name 'x' is not defined"] * 2


def test_after_the_last_round_a_note_stands_and_no_more_is_asked(bench):
    attempt, requests = tir(bench, [program(f"print({n})") for n in range(9)], "tir,rounds=3")
    assert len(requests) == 3
    assert attempt.candidate.text.endswith(f"```output\n2\n```\n{LIMIT_NOTE}")
    assert len(tir(bench, [program("print(1)")] * 9)[1]) == 4


def test_long_output_is_cut_in_the_middle_and_silence_is_said(bench):
    attempt, _ = tir(bench, [program("print('a' * 300 + 'b' * 300)"), program("y = 1"), "\\boxed{1}"])
    outputs = [step["output"] for step in attempt.trace["rounds"]]
    assert outputs == ["a" * 200 + "..." + "b" * 200, NOTHING_PRINTED]
    assert cut("x" * 400) == "x" * 400
    assert len(cut("x" * 401)) == 403


def test_outputs_are_the_same_in_every_run(bench):
    source = "print(object(), {'a', 'b', 'c'}, 0xdeadbeef, '0xdeadbeef')\nprint(lambda: 0)"
    first, second = (tir(bench, [program(source), "\\boxed{1}"])[0] for _ in range(2))
    assert first.candidate.text == second.candidate.text
    output = first.trace["rounds"][0]["output"]
    assert "<object object at 0x...>" in output
    assert "3735928559 0xdeadbeef" in output


def test_hostile_programs_are_stopped_and_reach_nothing(bench):
    attempt, _ = tir(
        bench,
        [
            program("while True: pass"),
            program(f"print(open({__file__!r}).read())"),
            program("import socket; socket.create_connection(('127.0.0.1', 80), 1)"),
            program("print(input())"),
        ],
        "tir,timeout=1",
    )
    outputs = [step["output"] for step in attempt.trace["rounds"]]
    assert outputs[0] == "TimeoutError: the program ran for more than 1 seconds"
    assert outputs[1].startswith(("FileNotFoundError", "PermissionError"))
    assert all(step["failed"] for step in attempt.trace["rounds"])
    assert outputs[3] == "EOFError: EOF when reading a line"


def test_sympy_is_there(bench):
    attempt, _ = tir(bench, [program("import sympy\nprint(sympy.factorial(12) / sympy.factorial(10))"), "\\boxed{132}"])
    assert attempt.trace["rounds"][0]["output"] == "132"


def test_many_turns_for_servers_that_cannot_go_on_with_one(bench):
    _, requests = tir(
        bench, [program("print(1)"), program("print(2)"), "\\boxed{2}"], "tir,turns=many,system=Be brief."
    )
    assert [message.role for message in requests[2].messages] == [
        "system",
        "user",
        "assistant",
        "user",
        "assistant",
        "user",
    ]
    assert requests[2].messages[0].content == "Be brief."
    assert requests[2].messages[3].content == "\n```output\n1\n```\n"


def test_text_format_continues_worked_examples(bench):
    attempt, requests = tir(
        bench, [program("print(132)"), "It is \\boxed{132}.\n\nProblem: another"], "tir,format=text"
    )
    assert requests[0].messages == ()
    assert requests[0].prompt.endswith(f"\n\nProblem: {PROBLEM.prompt}\nSolution:\n")
    assert requests[1].prompt == requests[0].prompt + program("print(132)") + "\n```output\n132\n```\n"
    assert attempt.candidate.text.endswith("It is \\boxed{132}.\n")


def test_bare_format_shows_the_problem_alone(bench):
    attempt, requests = tir(bench, [program("print(132)"), "It is \\boxed{132}."], "tir,format=bare")
    assert [(message.role, message.content) for message in requests[0].messages] == [("user", PROBLEM.prompt)]
    assert attempt.candidate.text.endswith("It is \\boxed{132}.")


def test_the_worked_examples_are_true(bench):
    from reasoning.methods.program_examples import PROGRAM_EXAMPLES, TOOL_EXAMPLES

    for example in TOOL_EXAMPLES:
        (source,) = programs_in(example.solution.partition("```output")[0])
        attempt, _ = tir(bench, [program(source), "\\boxed{0}"])
        assert f"```output\n{attempt.trace['rounds'][0]['output']}\n```" in example.solution
    for example, answer in zip(PROGRAM_EXAMPLES, ("84", "17", "20/21"), strict=True):
        engine = ScriptedEngine({"p": [example.solution]})
        made = bench.run(find_method("pal")(question(PROBLEM), bench.workbench(engine)))
        assert made.trace["output"] == answer


def test_only_a_closed_block_at_the_end_is_a_program():
    assert program_to_run("```python\nprint(1)\n``` ") == "print(1)\n"
    assert program_to_run("so: ```python\nprint(1)\n```") == "print(1)\n"
    assert program_to_run("```python\nprint(1)\n") is None
    assert program_to_run("```\nprint(1)\n```") is None
    assert program_to_run("```python\n\n```") is None
    assert programs_in("```py\na\n```\n text\n```python\nb\n```\n```output\nc\n```") == ["a\n", "b\n"]
    assert programs_in("```python\na\n```output\n1\n```\nso ```py\nb\n```output\n2") == ["a\n", "b\n"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("tir,rounds=0", "rounds=0: expected at least 1"),
        ("tir,turns=two", "turns='two': expected one of one, many"),
        ("tir,format=html", "format='html'"),
        ("tir,timeout=0", r"timeout=0\.0: expected more than 0"),
        ("csv,check_rounds=0", "check_rounds=0: expected at least 1"),
        ("adaptive,error=1", r"error=1\.0: expected more than 0 and less than 1"),
        ("self_consistency,temperature=nan", "temperature=nan: expected 0 or more"),
        ("tir,depth=2", "has no option 'depth'"),
    ],
)
def test_wrong_options_are_named(spec, message):
    with pytest.raises(MethodError, match=message):
        find_method(spec)


def test_no_answer_of_the_engine_is_no_candidate(bench):
    attempt, _ = tir(bench, [])
    assert (attempt.candidate, attempt.finish_reason) == (None, "exhausted")


@pytest.mark.parametrize(
    ("reply", "answer", "reason"),
    [
        (program("def solution():\n    return 12 * 11"), "132", "stop"),
        (program("print('on the way')\nprint(12 * 11)"), "132", "stop"),
        ("def solution():\n    return 12 * 11", "132", "stop"),
        ("I cannot program.", None, "no program"),
        (program("def solution():\n    return 1 / 0"), None, "program failed"),
        (program("x = 3"), None, "no output"),
    ],
)
def test_a_program_gives_the_answer(bench, reply, answer, reason):
    engine = ScriptedEngine({"p": [reply]})
    attempt = bench.run(find_method("pal,shots=2")(question(PROBLEM), bench.workbench(engine)))
    assert attempt.finish_reason == reason
    if answer is None:
        assert attempt.candidate is None
    else:
        assert attempt.candidate.text.endswith(f"\\boxed{{{answer}}}")
    content = engine.requests[0].messages[0].content
    assert content.endswith(f"Problem: {PROBLEM.prompt}")
    assert content.count("Problem: ") == 3
