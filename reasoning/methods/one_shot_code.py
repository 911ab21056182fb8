"""One sample after one worked example: the "standard" row in FunCoder's tables.

reasoning evaluate humaneval --method one_shot_code --temperature 0.3 --engine ...
"""

from __future__ import annotations

from reasoning.engines.base import Message
from reasoning.methods.base import Attempt, Question, Workbench
from reasoning.methods.code.single import ask_once
from reasoning.methods.code.tasks import CodeTask, code_task

__all__ = ["one_shot_code", "one_shot_prompt"]

_TURN = "Complete the function `{name}`. Answer with one ```python code block.\n\n```python\n{code}\n```"
_EXAMPLE = '''\
def digit_root(number: int) -> int:
    """Add up the decimal digits of a number that is not negative until one digit is left."""'''
_REPLY = f"""\
```python
{_EXAMPLE}
    while number > 9:
        number = sum(int(digit) for digit in str(number))
    return number
```"""


async def one_shot_code(question: Question, workbench: Workbench) -> Attempt:
    """Ask once, at the run's own temperature.

    Raises:
        EngineError: no answer could be had.
        MethodError: the problem asks for no function.
    """
    task = code_task(question.problem, "one_shot_code")
    return await ask_once(question, workbench, "one_shot_code", task, one_shot_prompt(task))


def one_shot_prompt(task: CodeTask) -> tuple[Message, ...]:
    """Asks for the function of `task` after one worked example."""
    return (
        Message("user", _TURN.format(name="digit_root", code=_EXAMPLE)),
        Message("assistant", _REPLY),
        Message("user", _TURN.format(name=task.root.name, code=task.code.strip())),
    )
