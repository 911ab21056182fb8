"""Nano-prover: its tokenizer, its recipe, and what a chat template makes of a Lean statement."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed")

from reasoning.proving.prompts import (
    TRIVIAL_LEMMA,
    conjecture_target,
    conjecturer_prompt,
    proof_target,
    prover_prompt,
)
from reasoning.training.data import Example
from reasoning.training.nano import NanoShape
from reasoning.training.nano_prover import ProverSettings, make_prover_tokenizer, save_prover, token_loss, train_prover

STATEMENT = "theorem swap (p q : Prop) (h : p ∧ q) : q ∧ p := by"
PROOF = "  exact ⟨h.2, h.1⟩"
TEXTS = [
    prover_prompt(STATEMENT) + proof_target(PROOF),
    conjecturer_prompt(TRIVIAL_LEMMA, STATEMENT, PROOF) + conjecture_target(STATEMENT),
] * 5
TINY = NanoShape(hidden=16, layers=1, heads=2, key_value_heads=2, intermediate=32)


@pytest.fixture(scope="module")
def tokenizer():
    return make_prover_tokenizer(TEXTS, 300)


@pytest.mark.parametrize(
    "text", [*TEXTS[:2], "Ünïcödé \t\n ∑ 你好 \x00", "  two  spaces ", "```lean4\n``` <lemma>\n```\n", "h₁.2!"]
)
def test_any_text_makes_the_round_trip(tokenizer, text):
    assert tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True) == text


def test_the_fixed_parts_are_single_tokens_and_digits_stand_alone(tokenizer):
    assert len(tokenizer) == 300
    pieces = [tokenizer.decode([one]) for one in tokenizer(TEXTS[1])["input_ids"]]
    assert pieces[0] == "Complete the following Lean 4 code:\n\n```lean4\n"
    assert {"<lemma>\n", "\n<easy theorem>\n", "\n<hard theorem>\n theorem", "\n</hard theorem>"} <= set(pieces)
    assert len(tokenizer("12345")["input_ids"]) == 5


def test_the_chat_template_asks_as_a_prover_is_asked(tokenizer):
    turns = [{"role": "user", "content": f"Prove it.\n\n```lean4\n{STATEMENT}\n```\n\nReply with one code block."}]
    written = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    assert written == prover_prompt(STATEMENT)


def test_training_learns_repeats_itself_in_two_parts_and_stops_at_the_ends(tokenizer, tmp_path):
    examples = [Example(prover_prompt(STATEMENT), proof_target(PROOF))] * 8
    settings = ProverSettings(shape=TINY, steps=12, batch_size=4, warmup_steps=2, evaluate_every=6)
    told = []
    one = train_prover(examples, examples[:1], tokenizer, settings, lambda step, loss: told.append(loss))
    checkpoint = tmp_path / "checkpoint.pt"
    assert train_prover(examples, examples[:1], tokenizer, settings, lambda step, _: step == 7, checkpoint) is None
    other = train_prover(examples, examples[:1], tokenizer, settings, checkpoint=checkpoint)
    assert [point.step for point in one.curve] == [6, 12]
    assert [point.loss for point in one.curve] == [point.loss for point in other.curve]
    assert one.curve[0].loss == pytest.approx(sum(told[:6]) / 6)
    assert one.curve[1].held_out < one.curve[0].held_out < 6.0
    assert one.curve[1].held_out == pytest.approx(
        token_loss(one.model, tokenizer, [(examples[0].prompt, examples[0].completion)])
    )
    assert one.examples == 8
    save_prover(one.model, tokenizer, tmp_path)
    from transformers import AutoModelForCausalLM, AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(tmp_path)
    assert len(loaded) == len(tokenizer)
    assert [loaded(text)["input_ids"] for text in TEXTS[:2]] == [tokenizer(text)["input_ids"] for text in TEXTS[:2]]
    ends = AutoModelForCausalLM.from_pretrained(tmp_path).generation_config.eos_token_id
    assert [tokenizer.decode([end]) for end in ends] == [
        "<eos>",
        "\n```",
        "```",
        "\n</hard theorem>",
        "</hard theorem>",
    ]


def test_long_examples_are_left_out_and_too_few_are_refused(tokenizer):
    long = Example(prover_prompt(STATEMENT), proof_target("  simp\n" * 200))
    with pytest.raises(ValueError, match="0 examples of at most 160 tokens"):
        train_prover([long] * 8, [], tokenizer, ProverSettings(shape=TINY, batch_size=4))
