"""Rows of tokens are what the tokenizer gives, batches are padded on the right and hold each row once a pass."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("transformers", reason="Transformers is not installed")

from reasoning.training.nano import EOS, batch_of, make_model, make_tokenizer
from reasoning.training.nano_plus import SMOKE
from reasoning.training.token_rows import IGNORED_LABEL, TokenRows

PAIRS = [("Q:1+1=?\nA:", "####2\n"), ("é€😀 \x00\x7f", "ß\n"), ("", "x"), ("Q:" + "9" * 40, "7" * 30)]


def test_every_byte_has_the_tokenizers_id():
    text = "".join(map(chr, range(0x100))) + "€😀" + "".join(chr(0x400 + k) for k in range(64))
    rows = TokenRows.of([(text, "")])
    assert rows.tokens.tolist() == make_tokenizer()(text + EOS)["input_ids"]


def test_rows_are_prompt_solution_and_end():
    rows = TokenRows.of(PAIRS)
    tokenizer = make_tokenizer()
    starts = [0, *rows.ends[:-1]]
    for (prompt, solution), start, end, length in zip(PAIRS, starts, rows.ends, rows.prompts, strict=True):
        assert rows.tokens[start:end].tolist() == tokenizer(prompt + solution + EOS)["input_ids"]
        assert length == len(prompt.encode())


def test_a_batch_is_that_of_the_slow_way_but_for_its_order():
    rows = TokenRows.of(PAIRS)
    ids, labels = next(rows.batches(len(PAIRS), seed=3))
    slow = batch_of(make_tokenizer(), PAIRS)
    assert IGNORED_LABEL == -100
    both = [{(tuple(a), tuple(b)) for a, b in zip(i.tolist(), m.tolist(), strict=True)}
            for i, m in ((ids, labels), (slow["input_ids"], slow["labels"]))]  # fmt: skip
    assert both[0] == both[1]


def test_without_a_mask_padding_changes_no_loss():
    model = make_model(SMOKE.shape, 1).eval()
    import torch

    ids, labels = (torch.from_numpy(array) for array in next(TokenRows.of(PAIRS).batches(len(PAIRS), seed=1)))
    with torch.no_grad():
        plain = model(input_ids=ids, labels=labels, use_cache=False).loss
        masked = model(**batch_of(make_tokenizer(), PAIRS)).loss
    assert float(plain) == pytest.approx(float(masked), abs=1e-6)


def test_each_row_once_a_pass_in_another_order_and_of_like_length():
    pairs = [("Q" * (3 + index % 50), f"{index}\n") for index in range(1000)]
    rows = TokenRows.of(pairs)
    batches = rows.batches(100, seed=7)
    seen = []
    for _ in range(2):
        first = [next(batches) for _ in range(10)]
        texts = [tuple(row[row > 0].tolist()) for ids, _ in first for row in ids]
        assert len(set(texts)) == 1000
        padding = sum(int((ids == 0).sum()) for ids, _ in first) / sum(ids.size for ids, _ in first)
        assert padding < 0.15
        seen.append(texts)
    assert seen[0] != seen[1]
    first, again = (next(rows.batches(100, seed=7))[0] for _ in range(2))
    assert np.array_equal(first, again)


def test_fewer_rows_than_a_batch_are_refused():
    with pytest.raises(ValueError, match="4 rows are less than one batch of 5"):
        next(TokenRows.of(PAIRS).batches(5, seed=1))


def test_a_file_of_rows_gives_them_back(tmp_path):
    rows = TokenRows.of(PAIRS)
    rows.save(tmp_path / "rows.npz", "made by a test")
    loaded, note = TokenRows.load(tmp_path / "rows.npz")
    assert note == "made by a test"
    for name in ("tokens", "ends", "prompts"):
        assert np.array_equal(getattr(rows, name), getattr(loaded, name))
    assert [path.name for path in tmp_path.iterdir()] == ["rows.npz"]


def test_a_run_that_goes_on_gets_the_batches_that_it_would_have_got():
    rows = TokenRows.of([("Q:\nA:", str(number)) for number in range(10)])
    batches = rows.batches(3, seed=7)
    expected = [next(batches)[0].tolist() for _ in range(8)]
    for done in (2, 5):  # within a pass of three batches, and in the next one
        later = rows.batches(3, seed=7, skip=done)
        assert [next(later)[0].tolist() for _ in range(8 - done)] == expected[done:]
