"""A Hugging Face model inside this process, with requests batched as they come.

    engine = create_engine("transformers:Qwen/Qwen2.5-0.5B-Instruct,device=cpu,dtype=float32")
    [completion] = await engine.complete(Request(messages=(Message("user", "2+2?"),), max_tokens=32))
    completion.text                         # "2 + 2 equals 4."

Waiting samples are padded into one batch that shares a key-value cache. Rows may differ in seed, temperature, top_p,
stop texts and length: a row that ends leaves the batch at once, and waiting samples take its place (where the cache
keeps all keys and values; with sliding windows or other states they wait for the end of the batch). A sample's text
depends on its request and seed, not on the rows beside it, up to rounding (float32: see `sampling`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from reasoning.engines.base import Completion, EngineError, PromptTooLongError, Request, TokenLogprob
from reasoning.engines.batching import Batcher, Job
from reasoning.engines.options import local_or_hub, read_options, require, versions
from reasoning.engines.pretrained import load_pretrained
from reasoning.engines.prompts import check_request, completion_ids, cut_at_stop, render
from reasoning.engines.row_batch import Row, RowBatch, Sample
from reasoning.engines.tool_formats import with_calls
from reasoning.options import bounded, check_options, one_of
from verifiers.together import all_or_first_error

if TYPE_CHECKING:
    import torch

__all__ = ["TransformersEngine", "TransformersOptions", "create"]

BYTES_PER_CHARACTER = 4
"""Most tokens that one character of a stop text can take (byte-level tokens of one UTF-8 character)."""

STOP_MARGIN_TOKENS = 8
"""Tokens decoded before the place where a stop text may begin, so that decoding starts in a sane state."""

_JOINS_PER_BATCH = 8
"""Samples join when this part of a full batch is free: a forward pass for each one alone would cost a step each."""

_DTYPES = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class TransformersOptions:
    """Options of the `transformers` engine.

    Attributes:
        device: `auto` (the first GPU, else the CPU) or a PyTorch device such as `cpu` or `cuda:1`.
        dtype: `float32`, `bfloat16`, `float16`, or `auto`: float32 on a CPU, the checkpoint's own elsewhere.
        batch_size: most samples in one batch.
        max_length: longest prompt plus completion, in tokens; 0 for the model's own limit.
        revision: commit, tag or branch on the hub.
    """

    device: str = "auto"
    dtype: str = one_of("auto", _DTYPES)
    batch_size: int = bounded(32, low=1)
    max_length: int = 0
    revision: str | None = None

    def __post_init__(self) -> None:
        check_options(self)


def create(target: str, options: Mapping[str, str]) -> TransformersEngine:
    """Make the engine of `transformers:TARGET,key=value...`.

    Raises:
        EngineSpecError: PyTorch or Transformers is not installed, the model directory is not there or an option is
            wrong.
    """
    parsed = read_options("transformers", TransformersOptions, options)
    require("transformers", ("torch", "transformers"), "transformers")
    return TransformersEngine(local_or_hub("transformers", target), parsed)


class TransformersEngine:
    """A causal language model run by Transformers; loaded at the first request, in the worker thread."""

    name = "transformers"

    def __init__(self, model: str, options: TransformersOptions | None = None) -> None:
        self._name = model
        self._options = options or TransformersOptions()
        self.concurrency = 2 * self._options.batch_size
        self._model: _Model | None = None
        self._failure: EngineError | None = None
        self._batcher: Batcher[Sample, Completion] = Batcher(self._run, limit=self._options.batch_size)

    async def complete(self, request: Request) -> list[Completion]:
        """See `Engine.complete`. Log-probabilities are those of the model before temperature and top_p."""
        check_request(request, takes_tools=True)
        if request.temperature == 0:
            [greedy] = await all_or_first_error([self._batcher.submit(Sample(request, 0))])
            return [greedy] * len(request.seeds)
        return await all_or_first_error(self._batcher.submit(Sample(request, seed)) for seed in request.seeds)

    async def score(self, request: Request, text: str) -> tuple[TokenLogprob, ...]:
        """See `ScoringEngine.score`."""
        check_request(request)
        [scored] = await all_or_first_error([self._batcher.submit(Sample(request, 0, text))])
        return scored.logprobs

    async def close(self) -> None:
        """End the worker thread and let go of the model."""
        await self._batcher.close()
        self._model = None

    def describe(self) -> dict[str, Any]:
        """See `Engine.describe`."""
        return {
            "engine": self.name,
            "model": self._name,
            "options": asdict(self._options),
            "versions": versions("torch", "transformers", "tokenizers"),
        }

    def _run(self, jobs: list[Job[Sample, Completion]]) -> None:
        if self._failure is not None:
            raise self._failure
        if self._model is None:
            self._load()
        assert self._model is not None
        try:
            self._model.run(jobs, self._options.batch_size, self._batcher.take)
        except EngineError:
            raise
        except Exception as error:  # a model's own code may raise anything
            line = str(error).strip().partition("\n")[0]
            kind = "" if isinstance(error, RuntimeError) else f"{type(error).__name__}: "
            raise EngineError(f"transformers: {kind}{line} (batch_size={self._options.batch_size})") from error

    def _load(self) -> None:
        try:
            self._model = _Model.load(self._name, self._options)
        except EngineError as error:
            # Kept, so that a thousand waiting requests do not each try again.
            self._failure = error
            raise


@dataclass(slots=True)
class _Model:
    """The loaded model with what generation needs to know of it. Used by one thread only."""

    model: Any
    tokenizer: Any
    device: torch.device
    end_ids: frozenset[int]
    max_length: int
    accepted: frozenset[str]
    pieces: dict[int, str] = field(default_factory=dict)
    """Text of each token that was drawn where a request had stop texts."""

    @classmethod
    def load(cls, name: str, options: TransformersOptions) -> _Model:
        loaded = load_pretrained(
            "AutoModelForCausalLM", name, device=options.device, dtype=options.dtype, revision=options.revision
        )
        return cls(
            model=loaded.model,
            tokenizer=loaded.tokenizer,
            device=loaded.model.device,
            end_ids=_end_ids(loaded.model, loaded.tokenizer),
            max_length=options.max_length or loaded.limit or 2**31,
            accepted=frozenset(inspect.signature(loaded.model.forward).parameters),
        )

    def run(
        self, jobs: list[Job[Sample, Completion]], limit: int, take: Callable[[int], list[Job[Sample, Completion]]]
    ) -> None:
        """Finish all jobs, and those that `take` gives while they run, at most `limit` at once.

        Each is finished as soon as its row ends.
        """
        import torch

        # One forward pass for a few rows that join costs about as much as one step of all.
        joined_at_once = max(1, limit // _JOINS_PER_BATCH)
        with torch.inference_mode():
            batch = self._begun(jobs)
            while batch is not None:
                free = limit - len(batch.rows)
                if free >= joined_at_once and batch.open and (more := take(free)):
                    joining = self._begun(more)
                    if joining is not None:
                        batch.join(joining)
                batch = self._step(batch)

    def _begun(self, jobs: list[Job[Sample, Completion]]) -> RowBatch | None:
        """A batch of the jobs' rows that has drawn its first tokens; None when no row goes on.

        Jobs that have a text to score are finished here, and those whose prompt cannot be used fail here, alone.
        """
        prompts: dict[int, list[int] | EngineError] = {}
        rows = []
        for job in jobs:
            if job.item.given is not None:
                self.score(job, job.item.given)
                continue
            request = job.item.request
            prompt = prompts.get(id(request))
            if prompt is None:
                prompt = prompts[id(request)] = self._prompt(request)
            if isinstance(prompt, EngineError):
                job.fail(prompt)
            else:
                rows.append(Row(job, prompt, min(request.max_tokens, self.max_length - len(prompt))))
        return self._step(RowBatch(rows, device=self.device, drawing=self._drawing_device)) if rows else None

    def _step(self, batch: RowBatch) -> RowBatch | None:
        """One token more for each row; the batch without the rows that have ended, None when all have."""
        batch.advance(self._forward(batch))
        kept = [place for place, row in enumerate(batch.rows) if not self._ended(row)]
        if not kept:
            return None
        if len(kept) < len(batch.rows):
            batch.keep(kept)
        return batch

    def score(self, job: Job[Sample, Completion], text: str) -> None:
        """One forward pass over prompt and text; the job is finished with the log-probability of each of its tokens."""
        import torch

        prompt = self._prompt(job.item.request)
        if isinstance(prompt, EngineError):
            job.fail(prompt)
            return
        try:
            given = completion_ids(self.tokenizer, text)
        except EngineError as error:
            job.fail(error)
            return
        length = len(prompt) + len(given)
        if length > self.max_length:
            job.fail(PromptTooLongError(f"prompt and text have {length} tokens, the model takes {self.max_length}"))
            return
        inputs: dict[str, Any] = {"input_ids": torch.tensor([prompt + given], device=self.device), "use_cache": False}
        if "logits_to_keep" in self.accepted:
            inputs["logits_to_keep"] = len(given) + 1
        with torch.inference_mode():
            # The logits at a place are about the token behind it.
            logits = self.model(**inputs).logits[0, -len(given) - 1 : -1].float()
            chosen = torch.tensor(given, device=self.device)[:, None]
            logprobs = torch.log_softmax(logits, dim=-1).gather(1, chosen)[:, 0].tolist()
        texts = (self.tokenizer.decode([token]) for token in given)
        pairs = zip(texts, logprobs, strict=True)
        job.finish(Completion(text, "scored", len(prompt), len(given), tuple(TokenLogprob(*pair) for pair in pairs)))

    def _prompt(self, request: Request) -> list[int] | EngineError:
        try:
            ids = render(self.tokenizer, request)
        except EngineError as error:
            return error
        if len(ids) >= self.max_length:
            return PromptTooLongError(f"the prompt has {len(ids)} tokens, the model takes fewer than {self.max_length}")
        return ids

    def _forward(self, batch: RowBatch) -> torch.Tensor:
        """Logits after the last token, shape (rows, vocabulary), float32; the batch's cache has grown."""
        inputs = {
            "input_ids": batch.tokens,
            "attention_mask": batch.mask,
            "past_key_values": batch.cache,
            "use_cache": True,
        }
        if "position_ids" in self.accepted:
            inputs["position_ids"] = batch.positions
        if "logits_to_keep" in self.accepted:
            inputs["logits_to_keep"] = 1
        output = self.model(**inputs)
        batch.cache = getattr(output, "past_key_values", None)
        if batch.cache is None:
            raise EngineError(f"transformers: {type(self.model).__name__} keeps no key-value cache; use vllm for it")
        logits: torch.Tensor = output.logits[:, -1].float()
        return logits.to(self._drawing_device)

    @property
    def _drawing_device(self) -> torch.device:
        """Where tokens are drawn: with the model, but for Apple's GPUs, which have no float64."""
        import torch

        return torch.device("cpu") if self.device.type == "mps" else self.device

    def _ended(self, row: Row) -> bool:
        """Whether the row is done; if so its job is finished."""
        if row.job.abandoned:
            return True
        if row.tokens[-1] in self.end_ids:
            self._finish(row, "stop", row.tokens[:-1])
        elif self._stopped(row):
            self._finish(row, "stop", row.tokens)
        elif len(row.tokens) >= row.limit:
            self._finish(row, "length", row.tokens)
        else:
            return False
        return True

    def _stopped(self, row: Row) -> bool:
        """Whether a stop text has come; only the tail that can hold one is decoded, and only if one can end there."""
        stop = row.request.stop
        if not stop or not self._may_end_one(row.tokens[-1], stop):
            return False
        window = BYTES_PER_CHARACTER * max(map(len, stop)) + STOP_MARGIN_TOKENS
        if not cut_at_stop(self._decode(row.tokens[-window:]), stop)[1]:
            return False
        return cut_at_stop(self._decode(row.tokens), stop)[1]

    def _may_end_one(self, token: int, stop: tuple[str, ...]) -> bool:
        """Whether a stop text can end in this token; decoding the text at every step would cost more than the step."""
        piece = self.pieces.get(token)
        if piece is None:
            piece = self.pieces[token] = self._decode([token])
        # A part of a character says nothing, and some tokenizers drop the space of a token that stands alone.
        return "\N{REPLACEMENT CHARACTER}" in piece or any(text[-1] in piece or text[-1].isspace() for text in stop)

    def _finish(self, row: Row, reason: str, spoken: list[int]) -> None:
        text, _ = cut_at_stop(self._decode(spoken), row.request.stop)
        logprobs: tuple[TokenLogprob, ...] = ()
        if row.request.logprobs:
            texts = (self.tokenizer.decode([token]) for token in row.tokens)
            logprobs = tuple(TokenLogprob(*pair) for pair in zip(texts, row.logprobs, strict=True))
        completion = Completion(
            text=text,
            finish_reason=reason,
            prompt_tokens=len(row.prompt),
            completion_tokens=len(row.tokens),
            logprobs=logprobs,
        )
        row.job.finish(with_calls(completion, row.request, self.tokenizer))

    def _decode(self, tokens: list[int]) -> str:
        return str(self.tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))


def _end_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    """Tokens that end a completion: those of the generation settings and the tokenizer's own."""
    configured = getattr(model.generation_config, "eos_token_id", None)
    ids = configured if isinstance(configured, list) else [configured]
    return frozenset(token for token in (*ids, tokenizer.eos_token_id) if token is not None)
