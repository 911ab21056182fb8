"""A random Qwen2 model of 130 thousand parameters in the standard layout, for tests of the engines that run models.

    make_tiny_model(tmp_path / "tiny")      # config.json, generation_config.json, model.safetensors, tokenizer.json ...
    create_engine(f"transformers:{tmp_path / 'tiny'}")

It says nothing of sense, but says it clearly: the output layer is drawn so wide that the best token leads the next
by far more than float32 rounding, so that greedy text can be compared between engines character by character. Only
printable ASCII (and, rarely, the end token) has weight there, so the text has no broken UTF-8 that engines could
decode differently.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL_TOKENS = ("<pad>", "<eos>", "<|im_start|>", "<|im_end|>")
HIDDEN_SIZE = 64
MAX_POSITIONS = 512
VOCABULARY_SIZE = 2_048
"""Of a tokenizer that learns merges."""
OUTPUT_SCALE = 0.6
"""Standard deviation of the output layer; logits then have one of about 0.6 * sqrt(64) = 4.8."""


def make_tiny_model(
    directory: Path,
    *,
    seed: int = 0,
    chat_template: bool = True,
    max_positions: int = MAX_POSITIONS,
    texts: Sequence[str] = (),
    sliding_window: int = 0,
) -> Path:
    """Save the model and its tokenizer in `directory`; the same seed makes the same weights.

    Args:
        directory: made where it is not there.
        seed: of the weights.
        chat_template: whether the tokenizer has one.
        max_positions: longest prompt plus completion, tokens.
        texts: what the tokenizer's merges are learned from, so that such texts are short; none: one token a byte.
        sliding_window: how many tokens back each layer looks; 0: as far as there are any.
    """
    import torch
    from transformers import Qwen2ForCausalLM

    tokenizer = _tokenizer(chat_template, texts, max_positions)
    windows = {"use_sliding_window": True, "sliding_window": sliding_window, "max_window_layers": 0}
    config = _config(tokenizer, max_position_embeddings=max_positions, **(windows if sliding_window else {}))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Qwen2ForCausalLM(config).to(torch.float32)
        with torch.no_grad():
            spoken = [tokenizer.eos_token_id, *_spoken_ids(tokenizer)]
            model.lm_head.weight.zero_()
            model.lm_head.weight[spoken] = torch.randn(len(spoken), HIDDEN_SIZE) * OUTPUT_SCALE
    model.generation_config.eos_token_id = [tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids("<|im_end|>")]
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    return directory


def make_tiny_reward_model(directory: Path, *, seed: int = 0, outputs: int = 1) -> Path:
    """Save a random model for sequence classification, with the same tokenizer, in `directory`."""
    import torch
    from transformers import Qwen2ForSequenceClassification

    tokenizer = _tokenizer(True)
    config = _config(tokenizer, num_labels=outputs)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Qwen2ForSequenceClassification(config).to(torch.float32)
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    return directory


def token_logprobs(directory: Path, prompt: str, text: str) -> list[float]:
    """Log-probability of each token of `text` after `prompt`, by one plain forward pass in float32."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    start, ids = len(tokenizer(prompt).input_ids), tokenizer(prompt + text, return_tensors="pt").input_ids
    with torch.inference_mode():
        scores = model(ids).logits[0].log_softmax(dim=-1)
    return [float(scores[place - 1, ids[0, place]]) for place in range(start, ids.shape[1])]


def _config(tokenizer: Any, max_position_embeddings: int = MAX_POSITIONS, **more: Any) -> Any:
    from transformers import Qwen2Config

    return Qwen2Config(
        max_position_embeddings=max_position_embeddings,
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN_SIZE,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        initializer_range=0.3,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **more,
    )


def _tokenizer(chat_template: bool, texts: Sequence[str] = (), max_positions: int = MAX_POSITIONS) -> Any:
    """Byte-level, so any text makes the round trip; merges only where there are `texts` to learn them from."""
    from tokenizers import AddedToken, Tokenizer
    from tokenizers.decoders import ByteLevel as ByteLevelDecoder
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel
    from tokenizers.trainers import BpeTrainer
    from transformers import PreTrainedTokenizerFast

    symbols = [*SPECIAL_TOKENS, *sorted(ByteLevel.alphabet())]
    core = Tokenizer(BPE(vocab={symbol: index for index, symbol in enumerate(symbols)}, merges=[]))
    core.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=bool(texts))
    core.decoder = ByteLevelDecoder()
    if texts:
        core.train_from_iterator(
            texts,
            BpeTrainer(
                vocab_size=VOCABULARY_SIZE,
                special_tokens=list(SPECIAL_TOKENS),
                initial_alphabet=ByteLevel.alphabet(),
                show_progress=False,
            ),
        )
    core.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL_TOKENS])
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<pad>",
        eos_token="<eos>",
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
        clean_up_tokenization_spaces=False,
        padding_side="left",
        model_max_length=max_positions,
        chat_template=CHAT_TEMPLATE if chat_template else None,
    )


def _spoken_ids(tokenizer: Any) -> list[int]:
    return [tokenizer.encode(chr(code))[0] for code in (*range(32, 127), 10)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Save the tiny random test model.")
    parser.add_argument("directory", type=Path)
    print(make_tiny_model(parser.parse_args().directory))
