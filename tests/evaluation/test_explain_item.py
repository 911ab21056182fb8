import asyncio
import json
import re
from html.parser import HTMLParser

import pytest
from scripted_engine import Script, ScriptedEngine, python

from reasoning.backends import Execution
from reasoning.cli.main import main
from reasoning.evaluation.evaluating import Settings, evaluate
from reasoning.evaluation.explain_html import explanation_html
from reasoning.evaluation.explain_item import ExplainError, explain_item
from reasoning.evaluation.explain_text import explanation_text
from reasoning.pages import printable
from reasoning.runs.run import STORE_NAME
from reasoning.runs.store import RunStore

PROMPT = 'def total(xs: list) -> int:\n    """Sum of <b>even</b> xs.\n\n    >>> total([1, 2])\n    2\n    """\n'
DRAFT = (
    "def total(xs: list) -> int:\n    return sum(evens(xs))\n\ndef evens(xs: list) -> list:\n    '''Evens.'''\n    pass"
)
EVENS = (
    "def evens(xs: list) -> list:\n    return [x for x in xs if x % 2 == 0]  # </pre><script>alert(1)</script>\x1b[2J"
)
ODD = "def evens(xs: list) -> list:\n    return '<img src=x onerror=alert(2)>'"
ANSWERS = {
    ("divide", "total"): python(DRAFT),
    ("divide", "evens"): python(EVENS),
    ("conquer", "total"): python(DRAFT.partition("\n\n")[0]),
    ("conquer", "evens"): [python(EVENS), python(ODD)],
    ("callers", "total"): python("def one(seed):\n    return total([seed, 2])"),
    ("callers", "evens"): python("def one(seed):\n    return evens([1, 2, 4])\n\ndef two(seed):\n    return evens([])"),
    ("examples", "total"): python("assert total([1, 2]) == 2"),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of FunCoder and one of the plain method."""
    folder = tmp_path_factory.mktemp("runs")
    data = folder / "problems.jsonl"
    row = {
        "task_id": "t/<0>",
        "entry_point": "total",
        "prompt": PROMPT,
        "canonical_solution": "    return 0\n",
        "test": "def check(candidate):\n    assert candidate([2, 4, 5]) == 6\n",
    }
    data.write_text(json.dumps(row) + "\n")
    for method in ("funcoder,samples=3", "direct"):
        settings = Settings("humaneval", "scripted", method, data=str(data), prompt="chat", split="test", timeout=5.0)
        script = Script(ANSWERS)
        engine = ScriptedEngine(script if method != "direct" else lambda call: python(EVENS.replace("evens", "total")))
        directory = folder / method.partition(",")[0]
        asyncio.run(
            evaluate(settings, directory, engine=engine, execution=Execution(jobs=2, concurrency=4, quiet=True))
        )
    return folder


def explained(directory, id="t/<0>", sample=0):
    return asyncio.run(explain_item(directory, id, sample))


def test_every_request_and_reply_is_found_again(runs):
    before = (runs / "funcoder" / "run.sqlite").read_bytes()
    item = explained(runs / "funcoder")
    assert (item.record["status"], item.note) == ("passed", "")
    assert sum(len(exchange.replies) for exchange in item.exchanges) == item.cost.calls == 9
    assert item.exchanges[0].replies[0].text == python(DRAFT)
    assert (runs / "funcoder" / "run.sqlite").read_bytes() == before


def test_text_shows_the_tree_the_values_and_the_reason(runs):
    text = explanation_text(explained(runs / "funcoder"))
    lines = text.splitlines()
    assert lines[0] == "problem t/<0>, sample 0, method funcoder,samples=3"
    assert lines[1] == "verdict: passed, score 1"
    assert "(7 more requests; --full shows them)" not in text
    tree = text.partition("== function tree")[2]
    assert re.search(r"^total: written by both stages \(9 calls, 135 tokens with all below\)$", tree, re.MULTILINE)
    assert re.search(r"^└─ evens: written by both stages", tree, re.MULTILINE)
    assert "gave [2, 4] | []" in tree
    assert re.search(r'sample 2, score 0, gave "<img src=x onerror=alert\(2\)>" \|', tree)
    assert re.search(r"chosen: candidate [01], highest score 2, shared by 2 candidates and picked at random", tree)
    assert "passed 1 of 1 tests" in tree
    assert "\x1b" not in text
    full = explanation_text(explained(runs / "funcoder"), full=True)
    assert full.count("== request ") == len(explained(runs / "funcoder").exchanges)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen = []
        self.attributes = []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += [name for name, _ in attrs]


@pytest.mark.parametrize("method", ["funcoder", "direct"])
def test_the_page_is_self_contained_and_nothing_of_a_model_is_markup(runs, method):
    page = explanation_html(explained(runs / method))
    tags = Tags()
    tags.feed(page)
    assert not {"script", "img", "b", "link", "iframe", "object"} & set(tags.seen)
    assert not any(name.startswith("on") for name in tags.attributes)
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert not re.search(r"(?:href|src)=\"(?!#node-\d+\")", page)
    assert "url(" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\x1b" not in page
    assert tags.seen.count("svg") == (method == "funcoder")
    assert tags.seen.count("rect") == (2 if method == "funcoder" else 0)


def test_other_methods_show_what_they_kept(runs):
    item = explained(runs / "direct")
    text = explanation_text(item)
    assert "verdict: error" in text or "verdict: wrong" in text
    assert "Complete this Python function" in text
    with_trace = type(item)(item.record, "votes", item.cost, {"votes": {"6": 3}})
    assert '"votes": {\n    "6": 3\n  }' in explanation_text(with_trace)


def test_without_the_benchmark_the_trace_is_still_there(runs, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in (runs / "funcoder").iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    config = json.loads((copy / "config.json").read_text())
    config["settings"]["data"] = str(tmp_path / "nowhere.jsonl")
    (copy / "config.json").write_text(json.dumps(config))
    item = explained(copy)
    assert item.exchanges == ()
    assert "nowhere.jsonl" in item.note
    assert "└─ evens" in explanation_text(item)


def test_what_is_not_there_is_named(runs, tmp_path):
    with pytest.raises(ExplainError, match="no problem 't/9'; its problems are t/<0> "):
        explained(runs / "direct", "t/9")
    with pytest.raises(ExplainError, match="give the ITEM to explain; its problems are t/<0> "):
        explained(runs / "direct", "")
    with pytest.raises(ExplainError, match="sample 3 of 't/<0>' is not there"):
        explained(runs / "direct", sample=3)
    (tmp_path / "methods.json").write_text("{}")
    (tmp_path / "direct").mkdir()
    (tmp_path / "direct" / "config.json").write_text("{}")
    with pytest.raises(ExplainError, match="a run for each method: name one of direct in it"):
        explained(tmp_path)


def test_a_run_in_which_nothing_is_finished_says_so(runs, tmp_path):
    (tmp_path / "config.json").write_bytes((runs / "direct" / "config.json").read_bytes())
    RunStore(tmp_path / STORE_NAME).close()
    with pytest.raises(ExplainError, match="has nothing finished yet; go on with it with --resume"):
        explained(tmp_path, "t/<0>")


def test_the_command(runs, tmp_path, capsys):
    for arguments, status, words in [
        ([str(runs / "funcoder"), "t/<0>"], 0, "== function tree"),
        ([str(runs / "funcoder"), "t/<0>", "--html", str(tmp_path / "item.html")], 0, "written: "),
        ([str(runs / "funcoder"), "none"], 2, "error: "),
        ([str(tmp_path), "none"], 2, "holds no run"),
        ([str(runs / "funcoder"), "t/<0>", "--html", str(tmp_path / "no" / "item.html")], 2, "cannot be written"),
    ]:
        with pytest.raises(SystemExit) as ended:
            main(["explain", *arguments])
        output = capsys.readouterr()
        assert ended.value.code == status
        assert words in output.out + output.err
    assert (tmp_path / "item.html").read_text().startswith("<!doctype html>")


def test_printable():
    assert printable("a\tb\nc\x1b[0m\u202e\ud800é") == "a    b\nc\\x1b[0m\\u202e\\ud800é"


def test_a_store_opened_for_explaining_is_whole(runs):
    store = RunStore(runs / "funcoder" / "run.sqlite")
    assert store.trace(0)["tree"]["name"] == "total"
    store.close()
