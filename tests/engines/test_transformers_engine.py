"""The transformers engine on a tiny random model: equal to `generate`, and each sample on its own."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
transformers = pytest.importorskip("transformers", reason="Transformers is not installed")

from reasoning.engines import (  # noqa: E402
    Completion,
    Engine,
    EngineError,
    EngineSpecError,
    Message,
    Request,
    create_engine,
    mean_logprob,
)
from reasoning.engines.row_batch import Row, Sample  # noqa: E402
from reasoning.engines.transformers_engine import _Model  # noqa: E402
from tests.support.tiny_model import MAX_POSITIONS, make_tiny_model, token_logprobs  # noqa: E402

PROMPTS = ["hello", "2+2=", "def f(x):", "Ünïcödé", "a" * 60, "Q: why?\nA:"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def engine(model: Path) -> Iterator[Engine]:
    engine = create_engine(f"transformers:{model},device=cpu,dtype=float32,batch_size=8")
    yield engine
    asyncio.run(engine.close())


def ask(engine: Engine, *requests: Request) -> list[list[Completion]]:
    async def run() -> list[list[Completion]]:
        return await asyncio.gather(*(engine.complete(request) for request in requests))

    return asyncio.run(run())


def generate(model: Path, text: str, length: int, *, chat: bool = False) -> str:
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    network = transformers.AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    ids = tokenizer(text, return_tensors="pt", add_special_tokens=not chat)
    output = network.generate(**ids, max_new_tokens=length, do_sample=False)
    return tokenizer.decode(output[0, ids.input_ids.shape[1] :], skip_special_tokens=True)


def test_greedy_text_equals_generate_in_a_mixed_batch(engine: Engine, model: Path) -> None:
    answers = ask(engine, *(Request(prompt=prompt, max_tokens=40 + index) for index, prompt in enumerate(PROMPTS)))
    assert [answer[0].text for answer in answers] == [
        generate(model, prompt, 40 + index) for index, prompt in enumerate(PROMPTS)
    ]
    assert len({answer[0].text for answer in answers}) == len(PROMPTS)


def test_chat_goes_through_the_template(engine: Engine, model: Path) -> None:
    turns = (Message("system", "Be brief."), Message("user", "2+2?"))
    [[answer]] = ask(engine, Request(messages=turns, max_tokens=40))
    text = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n2+2?<|im_end|>\n<|im_start|>assistant\n"
    assert answer.text == generate(model, text, 40, chat=True)


def test_samples_depend_on_their_seed_alone(engine: Engine) -> None:
    def requests(seeds: list[int]) -> list[Request]:
        return [
            Request(
                prompt=PROMPTS[seed % len(PROMPTS)],
                seeds=(seed,),
                temperature=0.7 + seed % 3 / 5,
                top_p=(1.0, 0.9)[seed % 2],
                max_tokens=10 + seed % 5 * 10,
            )
            for seed in seeds
        ]

    seeds = list(range(24))
    together = dict(zip(seeds, ask(engine, *requests(seeds)), strict=True))
    shuffled = random.Random(0).sample(seeds, len(seeds))
    assert dict(zip(shuffled, ask(engine, *requests(shuffled)), strict=True)) == together
    alone = {seed: ask(engine, *requests([seed]))[0] for seed in seeds[:6]}
    assert alone == {seed: together[seed] for seed in seeds[:6]}
    assert len({answer[0].text for answer in together.values()}) == len(seeds)


def test_several_seeds_of_one_request(engine: Engine) -> None:
    [three] = ask(engine, Request(prompt="x", seeds=(5, 6, 5), temperature=1.0, max_tokens=20))
    assert three[0] == three[2] != three[1]
    [greedy] = ask(engine, Request(prompt="x", seeds=(5, 6), max_tokens=20))
    assert greedy[0] == greedy[1]


@pytest.mark.parametrize("window", [0, 16])
def test_waiting_samples_take_the_places_of_those_that_ended(tmp_path: Path, window: int) -> None:
    # With a sliding window they wait; either way each text is what it would be alone.
    model = make_tiny_model(tmp_path / "model", sliding_window=window)
    lengths = [60, 4, 7, 5, 50, 3, 20, 9, 1, 30]
    requests = [
        Request(prompt=PROMPTS[place % 6] * (1 + place % 3), seeds=(place,), temperature=place % 2, max_tokens=length)
        for place, length in enumerate(lengths)
    ]
    ended: list[int] = []

    async def together(engine: Engine) -> list[Completion]:
        async def one(place: int) -> Completion:
            [completion] = await engine.complete(requests[place])
            ended.append(place)
            return completion

        answers = await asyncio.gather(*map(one, range(len(requests))))
        await engine.close()
        return answers

    engine = create_engine(f"transformers:{model},device=cpu,dtype=float32,batch_size=3")
    answers = asyncio.run(together(engine))
    if window:
        assert ended.index(0) == 2
    else:
        assert ended.index(0) >= 5
    alone = create_engine(f"transformers:{model},device=cpu,dtype=float32,batch_size=1")
    assert [ask(alone, request)[0][0] for request in requests] == answers
    asyncio.run(alone.close())


def test_what_a_models_own_code_raises_is_one_line(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forward(*_: object, **__: object) -> None:
        raise KeyError("rope_scaling\nand more")

    engine = create_engine(f"transformers:{model},device=cpu,dtype=float32,batch_size=2")
    monkeypatch.setattr(transformers.Qwen2ForCausalLM, "forward", forward)
    with pytest.raises(EngineError, match=r"^transformers: KeyError: 'rope_scaling\\nand more' \(batch_size=2\)$"):
        ask(engine, Request(prompt="x", max_tokens=4))
    asyncio.run(engine.close())


def test_logprobs_are_those_of_the_model(engine: Engine, model: Path) -> None:
    request = Request(prompt="2+2=", seeds=(3,), temperature=0.5, top_p=0.9, max_tokens=12, logprobs=True)
    [[answer], [plain]] = ask(engine, request, Request(prompt="hello", max_tokens=12))
    assert plain.logprobs == ()
    assert "".join(entry.token for entry in answer.logprobs) == answer.text
    expected = token_logprobs(model, "2+2=", answer.text)
    assert [entry.logprob for entry in answer.logprobs] == pytest.approx(expected, abs=1e-4)


def test_stop_texts_end_one_row_and_not_the_others(engine: Engine) -> None:
    [[whole]] = ask(engine, Request(prompt="hello", max_tokens=40))
    mark = whole.text[10:13]
    stopped = Request(prompt="hello", max_tokens=40, stop=("never-said", mark))
    [[short], [long]] = ask(engine, stopped, Request(prompt="hello", max_tokens=40))
    assert short.text == whole.text[: whole.text.index(mark)]
    assert short.finish_reason == "stop"
    assert short.completion_tokens == len(short.text) + len(mark)
    assert long == whole


def test_stop_texts_are_found_wherever_they_end() -> None:
    # Pieces of one byte, of several characters, with a space in front: an accented stop text comes in two tokens.
    tokenizer = wordy_tokenizer(["zażółć gęślą jaźń", "the cat sat on the mat", " the", "ółć", " cat sat"])
    text = "the cat sat: zażółć gęślą\n the mat, jaźń — ☃ the end"
    tokens = tokenizer(text, add_special_tokens=False).input_ids
    assert len(tokens) < len(text.encode())
    model = _Model(None, tokenizer, torch.device("cpu"), frozenset(), 1000, frozenset())
    for start in range(len(text)):
        for length in (1, 2, 5):
            stop = (text[start : start + length],)
            row = Row(SimpleNamespace(item=Sample(Request(prompt="x", stop=stop), 0)), [], 1000)
            for token in tokens:
                row.tokens.append(token)
                if model._stopped(row):
                    break
            expected = next(count for count in range(1, len(tokens) + 1) if stop[0] in model._decode(tokens[:count]))
            assert len(row.tokens) == expected, stop


def wordy_tokenizer(texts: list[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(texts * 3, trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet))
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer)


def test_lengths_and_counts(engine: Engine) -> None:
    [[one], [seven]] = ask(engine, Request(prompt="hello", max_tokens=1), Request(prompt="héllo", max_tokens=7))
    assert (one.finish_reason, one.completion_tokens, one.prompt_tokens, len(one.text)) == ("length", 1, 5, 1)
    assert (seven.finish_reason, seven.completion_tokens, seven.prompt_tokens) == ("length", 7, 6)


def test_end_token_ends_a_completion_and_is_not_in_it(engine: Engine) -> None:
    seeds = tuple(range(40))
    [answers] = ask(engine, Request(prompt="x", seeds=seeds, temperature=1.5, max_tokens=60))
    ended = [answer for answer in answers if answer.finish_reason == "stop"]
    assert ended
    assert all("<eos>" not in answer.text for answer in ended)
    assert all(answer.completion_tokens <= 60 for answer in ended)


def test_completion_stops_at_the_longest_sequence_of_the_model(engine: Engine) -> None:
    fits, too_long = "a" * (MAX_POSITIONS - 5), "a" * MAX_POSITIONS
    [[answer]] = ask(engine, Request(prompt=fits, max_tokens=1000))
    assert (answer.completion_tokens, answer.finish_reason) == (5, "length")

    async def both() -> list[object]:
        wrong, right = Request(prompt=too_long), Request(prompt="hello", max_tokens=3)
        return await asyncio.gather(engine.complete(wrong), engine.complete(right), return_exceptions=True)

    refused, answered = asyncio.run(both())
    assert isinstance(refused, EngineError)
    assert "the prompt has 512 tokens" in str(refused)
    assert isinstance(answered, list)


def test_messages_without_a_template_are_refused(tmp_path: Path) -> None:
    engine = create_engine(f"transformers:{make_tiny_model(tmp_path / 'bare', chat_template=False)},device=cpu")
    with pytest.raises(EngineError, match="no chat template"):
        ask(engine, Request(messages=(Message("user", "hi"),)))
    [[answer]] = ask(engine, Request(prompt="hi", max_tokens=3))
    assert answer.completion_tokens == 3
    asyncio.run(engine.close())


def test_bad_models_and_options_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(EngineSpecError, match="no model directory"):
        create_engine(f"transformers:{tmp_path / 'none'}")
    with pytest.raises(EngineSpecError, match=r"dtype='int3': expected one of"):
        create_engine("transformers:some/model,dtype=int3")
    (tmp_path / "empty").mkdir()
    engine = create_engine(f"transformers:{tmp_path / 'empty'}")
    with pytest.raises(EngineError, match="cannot load") as caught:
        ask(engine, Request(prompt="x"))
    assert "\n" not in str(caught.value)
    with pytest.raises(EngineError) as again:
        ask(engine, Request(prompt="x"))
    assert again.value is caught.value, "the model was loaded once more"
    asyncio.run(engine.close())


def test_a_gpu_that_is_not_there_is_one_line(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(EngineError, match=r"^transformers: no device 'cuda:1': PyTorch [^ ]+ sees no GPU here$"):
        ask(create_engine(f"transformers:{model},device=cuda:1"), Request(prompt="x"))


def test_loading_shows_no_bar_of_its_own(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    transformers.utils.logging.enable_progress_bar()
    capfd.readouterr()
    ask(create_engine(f"transformers:{model},device=cpu"), Request(prompt="x", max_tokens=1))
    assert capfd.readouterr() == ("", "")
    assert transformers.utils.logging.is_progress_bar_enabled()


def test_description_names_model_and_versions(engine: Engine, model: Path) -> None:
    described = engine.describe()
    assert described["model"] == str(model)
    # What is installed may carry a local part, such as +cu130, that its metadata leaves out.
    assert described["versions"]["torch"] in (torch.__version__, torch.__version__.partition("+")[0])


def scores(engine: Engine, request: Request, *texts: str) -> list[list[float]]:
    async def run() -> list[list[float]]:
        scored = await asyncio.gather(*(engine.score(request, text) for text in texts))
        return [[token.logprob for token in tokens] for tokens in scored]

    return asyncio.run(run())


def test_a_given_text_is_scored_as_a_plain_forward_pass_does(engine: Engine, model: Path) -> None:
    texts = ["4", " 4 is it", "ünï", "x" * 90]
    for text, found in zip(texts, scores(engine, Request(prompt="2+2="), *texts), strict=True):
        assert found == pytest.approx(token_logprobs(model, "2+2=", text), abs=1e-4)
        assert len(found) == len(text.encode())


def test_what_was_sampled_scores_what_it_was_sampled_with(engine: Engine) -> None:
    request = Request(messages=(Message("user", "2+2?"),), max_tokens=30, seeds=(3,), temperature=1.0, logprobs=True)
    [[answer]] = ask(engine, request)
    [found] = scores(engine, request, answer.text)
    assert found == pytest.approx([token.logprob for token in answer.logprobs[: len(found)]], abs=1e-4)


def test_the_mean_is_per_token_and_one_leading_blank_does_not_count(engine: Engine) -> None:
    request = Request(prompt="2+2=")

    async def run() -> list[float]:
        return [await mean_logprob(engine, request, text) for text in ("abc", " abc", "  abc")]

    plain, blank, two = asyncio.run(run())
    [tokens] = scores(engine, request, "abc")
    assert plain == pytest.approx(sum(tokens) / 3, abs=1e-6)
    assert blank == plain != two


@pytest.mark.parametrize(
    ("text", "error"), [("", "without tokens"), ("\ud800", "lone surrogate"), ("a" * MAX_POSITIONS, "516 tokens")]
)
def test_what_cannot_be_scored_says_so(engine: Engine, text: str, error: str) -> None:
    with pytest.raises(EngineError, match=error):
        scores(engine, Request(prompt="2+2="), text)


def test_the_built_in_model_finds_the_right_working_likelier_than_a_wrong_one() -> None:
    request = Request(messages=(Message("user", "37+58=?"),))

    async def run() -> list[float]:
        engine = create_engine("nano")
        try:
            return [await mean_logprob(engine, request, f"7+8+0=15,3+5+1=9####{end}\n") for end in ("95", "85", "95.")]
        finally:
            await engine.close()

    right, wrong, longer = asyncio.run(run())
    assert right > -0.05
    assert right > wrong + 0.1
    assert right > longer
