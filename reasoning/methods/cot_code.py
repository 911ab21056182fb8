"""Chain of thought for programs: think about the steps first, then write the function.

reasoning evaluate humaneval --method cot_code --engine ...
"""

from __future__ import annotations

from reasoning.engines.base import Message
from reasoning.methods.base import Attempt, Question, Workbench
from reasoning.methods.code.single import ask_once
from reasoning.methods.code.tasks import CodeTask, code_task

__all__ = ["cot_code", "thinking_prompt"]

_INSTRUCTION = """\
Write the Python function `{name}`.

```python
{code}
```

First think step by step: what goes in, what comes out, which cases are special, which steps lead from one to the \
other. Then give the whole function, with its imports and helpers, in one ```python code block."""


async def cot_code(question: Question, workbench: Workbench) -> Attempt:
    """Ask once, thoughts first.

    Raises:
        EngineError: no answer could be had.
        MethodError: the problem asks for no function.
    """
    task = code_task(question.problem, "cot_code")
    return await ask_once(question, workbench, "cot_code", task, thinking_prompt(task))


def thinking_prompt(task: CodeTask) -> tuple[Message, ...]:
    """Asks for the function of `task`, thoughts first."""
    return (Message("user", _INSTRUCTION.format(name=task.root.name, code=task.code.strip())),)
