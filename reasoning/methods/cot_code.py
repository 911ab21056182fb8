"""Chain of thought for programs: think about the steps first, then write the function.

reasoning evaluate humaneval --method cot_code --engine ...
"""

from __future__ import annotations

from reasoning.engines.base import Message
from reasoning.methods.base import Attempt, Question, Workbench
from reasoning.methods.code.asking import Asker
from reasoning.methods.code.imports import complete_program
from reasoning.methods.code.replies import read_function
from reasoning.methods.code.tasks import CodeTask, code_task
from verifiers.records import Candidate

__all__ = ["cot_code", "program_in"]

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
    [reply] = await Asker(question, workbench, 1).ask("cot_code", thinking_prompt(task))
    program = program_in(reply, task)
    if program is None:
        return Attempt(None, "no reply held the function", {"method": "cot_code"})
    return Attempt(Candidate(question.problem.id, program, question.sample), "stop", {"method": "cot_code"})


def thinking_prompt(task: CodeTask) -> tuple[Message, ...]:
    """Asks for the function of `task`, thoughts first."""
    return (Message("user", _INSTRUCTION.format(name=task.root.name, code=task.code.strip())),)


def program_in(reply: str, task: CodeTask) -> str | None:
    """The program that a reply holds, with what the problem gives; None where the function is not in it."""
    written = read_function(reply, task.root, task.docstring, free=True)
    if written is None:
        return None
    return complete_program([*task.context, *written.others, written.function])
