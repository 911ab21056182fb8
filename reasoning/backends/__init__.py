"""Where the work is done: in this process, or on the machines of a Ray cluster. The records are the same.

async with open_backend("ray,address=auto") as backend:
    engine = await backend.engine("vllm:Qwen/Qwen3-4B")
    verdict = await backend.judges.verify(problem, "def sol(): return 3", Limits())
"""

from reasoning.backends.base import BACKENDS, Backend, BackendError, LocalBackend, open_backend
from reasoning.backends.execution import Execution

__all__ = ["BACKENDS", "Backend", "BackendError", "Execution", "LocalBackend", "open_backend"]
