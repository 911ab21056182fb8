"""Token ids of prompts: those that the tokenizer itself gives, whatever it was set to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

transformers = pytest.importorskip("transformers", reason="Transformers is not installed")

from reasoning.data_files import data_file  # noqa: E402
from reasoning.engines import Message, Request  # noqa: E402
from reasoning.engines.prompts import completion_ids, render  # noqa: E402

CHAT = "{% for message in messages %}<pad>{{ message['content'] }}<eos>{% endfor %}"
WORDS = st.sampled_from(["<eos>", "<pad>", " ", "\n", "½", "e\u0301", "12", "x"])
TEXTS = st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.lists(WORDS).map("".join))


def tokenizer(kind: str) -> Any:
    """nano's, plain or in a state in which the call is needed."""
    made = transformers.AutoTokenizer.from_pretrained(data_file("nano/config.json").parent)
    made.chat_template = CHAT
    backend = made.backend_tokenizer
    if kind == "framed":
        from tokenizers.processors import TemplateProcessing

        end = made.eos_token
        backend.post_processor = TemplateProcessing(single=f"{end} $A", special_tokens=[(end, made.eos_token_id)])
    elif kind == "truncates":
        backend.enable_truncation(3)
    elif kind == "pads":
        backend.enable_padding(length=500)
    elif kind == "splits":
        made.split_special_tokens = True
    return made


@pytest.mark.parametrize("kind", ["plain", "framed", "truncates", "pads", "splits"])
def test_ids_are_those_of_the_tokenizer(kind: str) -> None:
    ours, theirs = tokenizer(kind), tokenizer(kind)

    @settings(max_examples=60, deadline=None)
    @given(TEXTS)
    def check(text: str) -> None:
        bare = theirs(text, add_special_tokens=False)["input_ids"]
        framed = theirs(text)["input_ids"]
        if text and framed:
            assert render(ours, Request(prompt=text)) == framed
        if text and bare:
            assert completion_ids(ours, text) == bare
        chat = theirs(f"<pad>{text}<eos>", add_special_tokens=False)["input_ids"]
        assert render(ours, Request(messages=(Message("user", text),))) == chat

    check()
