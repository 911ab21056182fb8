"""How a model is asked. Each method is one coroutine function over one sample of one problem.

>>> find_method("direct").__name__
'direct'
"""

from reasoning.methods.base import (
    METHODS,
    Attempt,
    Method,
    MethodError,
    Prompt,
    PromptStyle,
    Question,
    Sampling,
    find_method,
)

__all__ = [
    "METHODS",
    "Attempt",
    "Method",
    "MethodError",
    "Prompt",
    "PromptStyle",
    "Question",
    "Sampling",
    "find_method",
]
