"""Text in, text out: the engines that complete a request.

>>> from reasoning.engines import parse_spec
>>> parse_spec("openai:my-model,base_url=http://127.0.0.1:8000/v1").target
'my-model'
"""

from reasoning.engines.base import (
    BudgetSpentError,
    Completion,
    Engine,
    EngineError,
    Message,
    PromptTooLongError,
    Request,
    ScoringEngine,
    TokenLogprob,
    derive_seed,
)
from reasoning.engines.images import Image, ImageError
from reasoning.engines.options import EngineSpec, EngineSpecError, parse_spec
from reasoning.engines.registry import EngineInfo, create_engine, list_engines
from reasoning.engines.scoring import mean_logprob

__all__ = [
    "BudgetSpentError",
    "Completion",
    "Engine",
    "EngineError",
    "EngineInfo",
    "EngineSpec",
    "EngineSpecError",
    "Image",
    "ImageError",
    "Message",
    "PromptTooLongError",
    "Request",
    "ScoringEngine",
    "TokenLogprob",
    "create_engine",
    "derive_seed",
    "list_engines",
    "mean_logprob",
    "parse_spec",
]
