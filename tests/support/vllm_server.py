"""vLLM's own OpenAI-compatible server as a child process on the loopback interface.

with VLLMServer(model_directory, log=tmp_path / "server.log") as server:      # starts it, does not wait
    server.wait_until_ready()
    create_engine(f"openai:{VLLMServer.MODEL},base_url={server.url}")
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Self

START_SECONDS = 300
"""Longest wait for the server; about 40 s on two idle cores, minutes on a busy machine."""
STOP_SECONDS = 15
"""How long it may take to stop before it is killed."""
LOG_TAIL_CHARACTERS = 3_000


class VLLMServer:
    """One server for one model, with its whole process group."""

    MODEL = "tiny"

    def __init__(
        self, model: Path, *, log: Path, max_model_len: int = 512, more: Sequence[str] = (), command: Sequence[str] = ()
    ) -> None:
        """Serve `model` in contexts of `max_model_len` tokens, with `more` arguments; what it prints goes to `log`.

        A `command` that names the model itself is run in the place of vLLM's module.
        """
        self._log = log
        self._port = _free_port()
        module = (sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(model))
        self._command = [
            *(command or (*module, "--served-model-name", self.MODEL, "--generation-config", "vllm")),
            *("--host", "127.0.0.1", "--port", str(self._port)),
            *("--dtype", "float32", "--max-model-len", str(max_model_len), "--enforce-eager", *more),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def __enter__(self) -> Self:
        environment = os.environ | {"VLLM_CPU_KVCACHE_SPACE": "1"}
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=subprocess.STDOUT, env=environment, start_new_session=True
            )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        for sent in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, sent)
                self._process.wait(STOP_SECONDS)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue

    def wait_until_ready(self) -> None:
        """Wait for the health check.

        Raises:
            RuntimeError: the server ended or did not come up in time; with the end of its log.
        """
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/health", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
        tail = self._log.read_text(errors="replace")[-LOG_TAIL_CHARACTERS:]
        raise RuntimeError(f"the vLLM server did not come up (exit status {self._process.poll()}):\n{tail}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
