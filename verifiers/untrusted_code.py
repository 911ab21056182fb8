"""Child side: a fresh module for code that nobody trusts, and how its text becomes code.

>>> module = new_module()
>>> run_source("def sol(): return 3", module)
>>> module["sol"]()
3

The module is called `candidate`, so `if __name__ == "__main__":` blocks, which completions like to end with, do not
run; neither do they in the usual judges, which execute such code in a nameless dictionary.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

__all__ = ["MODULE_NAME", "new_module", "run_source"]

MODULE_NAME = "candidate"


def new_module() -> dict[str, Any]:
    """The namespace of a fresh, importable module, so that classes defined in it can find their home."""
    module = ModuleType(MODULE_NAME)
    sys.modules[MODULE_NAME] = module
    namespace = module.__dict__
    namespace["__builtins__"] = __builtins__
    return namespace


def run_source(source: str, namespace: dict[str, Any]) -> None:
    """Compile and run `source`; whatever it raises passes through."""
    exec(compile(source, MODULE_NAME, "exec", dont_inherit=True), namespace)  # noqa: S102 - in the sandbox
