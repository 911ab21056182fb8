"""Entropy, length and divergence of a policy, against sums by hand."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
transformers = pytest.importorskip("transformers", reason="Transformers is not installed")

from reasoning.training.nano import NanoShape, make_model, make_tokenizer  # noqa: E402
from reasoning.training.policy import measure_policy  # noqa: E402
from reasoning.training.sampling import SampleSettings, sample_texts, sample_tokens  # noqa: E402

SHAPE = NanoShape(hidden=16, intermediate=32, layers=1, heads=2, key_value_heads=2)
PROMPTS = ["Q:1+2=?\nA:", "Q:11+22=?\nA:", "x"]
SETTINGS = SampleSettings(temperature=1.0, max_new_tokens=9, batch_size=2, seed=4)


def by_hand(model, start, tokenizer):
    entropy, kl, count = 0.0, 0.0, 0
    for prompt, spoken in zip(PROMPTS, sample_tokens(model, tokenizer, PROMPTS, SETTINGS), strict=True):
        ids = tokenizer(prompt)["input_ids"]
        for place, _ in enumerate(spoken):
            seen = torch.tensor([ids + spoken[:place]])
            with torch.no_grad():
                p, q = (one(seen).logits[0, -1].double().softmax(0) for one in (model, start))
            entropy -= float((p * p.log()).sum())
            kl += float((p * (p / q).log()).sum())
            count += 1
    return entropy / count, kl / count, count / len(PROMPTS)


def test_measures_are_the_sums_over_every_sampled_token():
    tokenizer, model, start = make_tokenizer(), make_model(SHAPE, 1), make_model(SHAPE, 2)
    entropy, kl, tokens = by_hand(model.eval(), start.eval(), tokenizer)
    model.train()
    measures = measure_policy(model, start, tokenizer, PROMPTS, SETTINGS)
    assert model.training
    assert (measures.entropy, measures.kl) == pytest.approx((entropy, kl), rel=1e-4)
    assert measures.tokens == tokens
    assert kl > 0.01
    assert measure_policy(start, start, tokenizer, PROMPTS, SETTINGS).kl == pytest.approx(0, abs=1e-6)


def test_sampled_tokens_end_with_the_first_end_token(monkeypatch):
    tokenizer, model = make_tokenizer(), make_model(SHAPE, 1)
    end, pad, letter = tokenizer.eos_token_id, tokenizer.pad_token_id, tokenizer("a")["input_ids"][0]

    def generate(input_ids, **others):
        said = [[letter, end, pad], [letter, letter, letter]]
        return torch.cat([input_ids, torch.tensor(said)], dim=1)

    monkeypatch.setattr(model, "generate", generate)
    greedy = SampleSettings()
    assert sample_tokens(model, tokenizer, ["x", "xyz"], greedy) == [[letter, end], [letter] * 3]
    assert sample_texts(model, tokenizer, ["x", "xyz"], greedy) == ["a", "aaa"]
