"""Asks an engine on behalf of one sample: counts, keeps to a number of calls, shortens prompts that are too long.

asker = Asker(question, workbench, max_calls=300)
[reply] = await asker.ask("divide:f:0", (Message("user", "..."),), temperature=0.2)
asker.spent         # Spent(calls=1, tokens=412)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reasoning.engines.base import BudgetSpentError, Message, PromptTooLongError
from reasoning.methods.base import Prompt, Question, Workbench
from reasoning.methods.direct import NO_ANSWER

__all__ = ["Asker", "Spent"]

Messages = tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Spent:
    """Completions asked for, and their prompt and completion tokens."""

    calls: int = 0
    tokens: int = 0

    def __sub__(self, earlier: Spent) -> Spent:
        return Spent(self.calls - earlier.calls, self.tokens - earlier.tokens)


class Asker:
    """The engine as one sample's method sees it."""

    def __init__(self, question: Question, workbench: Workbench, max_calls: int) -> None:
        """Ask for `question` through `workbench`, at most `max_calls` completions."""
        self.spent = Spent()
        self._question = question
        self._engine = workbench.engine
        self._max_calls = max_calls

    async def ask(
        self, step: str, messages: Messages, *, samples: int = 1, temperature: float | None = None
    ) -> list[str]:
        """Replies to a conversation; an empty text where the engine has nothing to offer.

        Args:
            step: names the request among those of the sample, and so its seeds.
            messages: the conversation.
            samples: replies wanted.
            temperature: None: the run's own.

        Raises:
            BudgetSpentError: the method's own calls or the sample's budget are spent.
            PromptTooLongError: the conversation does not fit into the model's context.
            EngineError: no answer could be had.
        """
        if self.spent.calls + samples > self._max_calls:
            raise BudgetSpentError(f"{self.spent.calls} of at most {self._max_calls} calls are spent")
        changed = {} if temperature is None else {"temperature": temperature}
        sampling = self._question.with_sampling(**changed)
        request = self._question.request(step, Prompt(messages=messages), samples, sampling)
        completions = await self._engine.complete(request)
        tokens = sum(completion.prompt_tokens + completion.completion_tokens for completion in completions)
        self.spent = Spent(self.spent.calls + len(completions), self.spent.tokens + tokens)
        return ["" if completion.finish_reason in NO_ANSWER else completion.text for completion in completions]

    async def ask_shortening(
        self, step: str, ladder: Sequence[Messages], *, samples: int = 1, temperature: float | None = None
    ) -> list[str]:
        """As `ask`, with the first conversation of `ladder` (longest first) that fits.

        Raises:
            PromptTooLongError: not even the last one fits.
        """
        for messages in ladder[:-1]:
            try:
                return await self.ask(step, messages, samples=samples, temperature=temperature)
            except PromptTooLongError:
                continue
        return await self.ask(step, ladder[-1], samples=samples, temperature=temperature)
