"""What `funcoder_with_a_model.py --learn` teaches a model: FunCoder's own requests, with replies that build trees."""

import sys
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from funcoder_lessons import collect_lessons, replies_about, teachable

from reasoning.methods.code.replies import parts_of_reply
from verifiers.records import Problem

PROMPT = 'def twice(n: int, times: int = 1) -> int:\n    """Two times n.\n    >>> twice(4)\n    8\n    >>> twice(5)\n    10\n    """\n'
SOLUTION = "    return n + n\n"
PROBLEM = Problem("p", "program", PROMPT, {"entry_point": "twice", "test": "def check(candidate): pass"})


class Letters:
    """A tokenizer of one token a letter."""

    def apply_chat_template(self, turns, **options):
        return "".join(turn["content"] for turn in turns)

    def __call__(self, text):
        return SimpleNamespace(input_ids=text)


def test_a_teacher_splits_the_function_and_is_sometimes_wrong():
    replies = replies_about(PROBLEM, SOLUTION)
    draft, stub = parts_of_reply(replies["divide", "twice"][0])
    assert (draft.name, draft.implemented, stub.name, stub.implemented) == ("twice", True, "twice_work", False)
    bodies = [reply.rpartition("return ")[2].split("\n")[0] for reply in replies["conquer", "twice_work"]]
    assert bodies == ["n + n", "n + n", "n + n", "n"]
    wrong = replies_about(PROBLEM, SOLUTION, mostly_wrong=True)["conquer", "twice_work"]
    assert sum("n + n" in reply for reply in wrong) == 1


def test_lessons_are_the_requests_that_fit():
    lessons = collect_lessons([(PROBLEM, SOLUTION)], None, Letters(), positions=3_500)
    turns = [lesson.messages[-1].content for lesson in lessons]
    for words in ("complete the function `twice`", "complete the function `twice_work`", "that call `twice_work`"):
        assert any(words in turn for turn in turns)
    assert all(sum(len(message.content) for message in lesson.messages) < 3_500 for lesson in lessons)
    known = {reply for some in replies_about(PROBLEM, SOLUTION, mostly_wrong=True).values() for reply in some}
    assert {lesson.reply for lesson in lessons} == known


def test_what_can_be_taught():
    assert teachable(PROBLEM, SOLUTION)
    assert not teachable(PROBLEM, "    return twice(n - 1) + 2\n")
    bare = Problem("q", "program", 'def f(n):\n    """No example."""\n', {"entry_point": "f", "test": "..."})
    assert not teachable(bare, SOLUTION)
