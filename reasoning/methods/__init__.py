"""How a model is asked. Each method is one coroutine function over one sample of one problem.

>>> find_method("direct").__name__
'direct'
"""

from reasoning.methods.base import (
    Attempt,
    Method,
    MethodError,
    Prompt,
    PromptStyle,
    Question,
    Sampling,
    Workbench,
)
from reasoning.methods.registry import METHODS, MethodEntry, find_method, known_methods, method_names

__all__ = [
    "METHODS",
    "Attempt",
    "Method",
    "MethodEntry",
    "MethodError",
    "Prompt",
    "PromptStyle",
    "Question",
    "Sampling",
    "Workbench",
    "find_method",
    "known_methods",
    "method_names",
]
