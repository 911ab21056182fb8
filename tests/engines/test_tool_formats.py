import json
from importlib.util import find_spec

import pytest

from reasoning.engines.base import Completion, EngineError, Message, Request, ToolCall
from reasoning.engines.prompts import render
from reasoning.engines.tool_formats import read_calls, with_calls

HERMES = (
    "{% if tools %}<|im_start|>system\nTools:{% for tool in tools %}\n{{ tool | tojson }}{% endfor %}<|im_end|>\n{% endif %}"
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}"
    "{% for call in message.tool_calls or [] %}<tool_call>{{ call.function | tojson }}</tool_call>{% endfor %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SCHEMA = json.dumps({"type": "function", "function": {"name": "add", "description": "", "parameters": {}}})
SAID = (
    Message("user", "1 + 2?"),
    Message("assistant", "", tool_calls=(ToolCall("call_0", "add", '{"a": 1, "b": 2}'),)),
    Message("tool", "3", tool_call_id="call_0"),
)


class Tokenizer:
    """Keeps what its template is given."""

    def __init__(self, template=HERMES):
        self.chat_template = template
        self.given = None

    def apply_chat_template(self, turns, **options):
        self.given = turns, options
        return "text"

    def __call__(self, text, **options):
        return {"input_ids": [1]}


@pytest.mark.parametrize(
    ("text", "form", "rest", "calls"),
    [
        ("It is 3.", "hermes", "It is 3.", []),
        (
            'So:\n<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call>\n<tool_call>{"name": "f"}',
            "hermes",
            "So:",
            [("add", '{"a": 1}'), ("f", "{}")],
        ),
        ('<tool_call>{"name": "add", "arguments": "{}"}</tool_call>', "hermes", "", [("add", "{}")]),
        ('<tool_call>{"name": "add", "arguments": {</tool_call>', "hermes", "",
         [("add", '{"name": "add", "arguments": {')]),
        ("<tool_call>add(1, 2)</tool_call>", "hermes", "", [("", "add(1, 2)")]),
        ("<tool_call>" + "[" * 100_000, "hermes", "", [("", "[" * 100_000)]),
        (' {"name": "add", "parameters": {"a": 1}}\n', "llama3_json", "", [("add", '{"a": 1}')]),
        ('{"a": 1}', "llama3_json", '{"a": 1}', []),
        ('Call {"name": "add"}', "llama3_json", 'Call {"name": "add"}', []),
    ],
)  # fmt: skip
def test_calls_are_read_and_malformed_ones_are_kept(text, form, rest, calls):
    found, read = read_calls(text, form)
    assert found == rest
    assert [(one["name"], one["arguments"]) for one in read] == calls
    assert [one["id"] for one in read] == [f"call_{number}" for number in range(len(calls))]


def test_a_template_is_given_tools_calls_and_results():
    tokenizer = Tokenizer()
    render(tokenizer, Request(messages=SAID, tools=(SCHEMA,)))
    turns, options = tokenizer.given
    assert options["tools"] == [json.loads(SCHEMA)]
    assert turns[1]["tool_calls"] == [{"type": "function", "function": {"name": "add", "arguments": {"a": 1, "b": 2}}}]
    assert turns[2] == {"role": "tool", "content": "3"}
    render(tokenizer, Request(messages=SAID[:1]))
    assert "tools" not in tokenizer.given[1]


@pytest.mark.parametrize(
    ("template", "choice", "line"),
    [("{{ messages }}", "auto", "offers no tools"), (HERMES, "add", "only a server can force a call")],
)
def test_what_cannot_be_done_is_one_line(template, choice, line):
    with pytest.raises(EngineError, match=line):
        render(Tokenizer(template), Request(messages=SAID[:1], tools=(SCHEMA,), tool_choice=choice))


def test_calls_leave_the_text_where_tools_were_offered():
    said = Completion('<tool_call>{"name": "add", "arguments": {}}</tool_call>', "stop")
    request = Request(messages=SAID[:1], tools=(SCHEMA,))
    made = with_calls(said, request, Tokenizer())
    assert (made.text, made.finish_reason, made.tool_calls) == ("", "tool_calls", (ToolCall("call_0", "add", "{}"),))
    assert with_calls(said, Request(messages=SAID[:1]), Tokenizer()) is said
    assert with_calls(said, Request(messages=SAID[:1], tools=(SCHEMA,), tool_choice="none"), Tokenizer()) is said


@pytest.mark.skipif(find_spec("transformers") is None, reason="transformers is not installed")
def test_a_real_tokenizer_renders_them():
    from tests.support.tiny_model import _tokenizer

    tokenizer = _tokenizer(True)
    tokenizer.chat_template = HERMES
    text = tokenizer.decode(render(tokenizer, Request(messages=SAID, tools=(SCHEMA,))))
    assert '"name": "add"' in text.partition("<|im_end|>")[0]
    assert '<tool_call>{"name": "add", "arguments": {"a": 1, "b": 2}}</tool_call>' in text
    assert text.endswith("<|im_start|>tool\n3<|im_end|>\n<|im_start|>assistant\n")
