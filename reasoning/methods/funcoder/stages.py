"""The steps in which FunCoder asks a model: divide, conquer, test inputs, unit tests, self-tests.

    written = await stages.divide(node, above, below)       # Written, or None where no reply could be used

Each step is tried again a stated number of times, with other seeds, while its replies cannot be used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from reasoning.engines.base import PromptTooLongError
from reasoning.methods.code.asking import Asker
from reasoning.methods.code.assertions import Assertion, assertions_in, read_assertions
from reasoning.methods.code.blocks import python_blocks
from reasoning.methods.code.callers import read_callers
from reasoning.methods.code.replies import Written, read_function
from reasoning.methods.code.syntax import Part, as_stub, parse, render
from reasoning.methods.funcoder import prompts
from reasoning.methods.funcoder.options import FuncoderOptions
from reasoning.methods.funcoder.tree import TreeNode

__all__ = ["RETRIES_PER_SAMPLE", "Stages"]

T = TypeVar("T")

RETRIES_PER_SAMPLE = 1.8
"""The conquer stage as a whole is repeated up to int(1.8 n) times while nothing comes of it, n being its samples."""
MAX_TESTS = 30
"""Most assertions that are taken for one function."""


class Stages:
    """The steps for the functions of one problem."""

    def __init__(self, asker: Asker, options: FuncoderOptions, root: TreeNode, *, free: bool, samples: int) -> None:
        """Ask through `asker`; the `root`'s signature is `free` where it is not known."""
        self._asker = asker
        self._options = options
        self._root = root
        self._free = free
        self._samples = samples

    async def divide(self, node: TreeNode, above: Sequence[Part], below: Sequence[Part]) -> Written | None:
        """The first version of the function, with the functions that it introduces.

        Args:
            node: the function.
            above: what it is called from, and what all share.
            below: what it may call.

        Returns:
            The first reply with the signature that was asked for, else the first with another one, else None.

        Raises:
            PromptTooLongError: it is too long even with one worked example.
        """
        stub = _stub(node.function)
        code = render([*above, stub, *below])
        ladder = prompts.divide_ladder(code, node.name, _task(node))
        fallback: Written | None = None
        for attempt in range(self._options.attempts):
            [reply] = await self._asker.ask_shortening(
                f"divide:{node.name}:{attempt}", ladder, temperature=self._options.divide_temperature
            )
            written = self._read(reply, node, stub)
            if written is not None and written.complies:
                return written
            fallback = fallback or written
        return fallback

    async def conquer(self, node: TreeNode, above: Sequence[Part], below: Sequence[Part]) -> list[Written]:
        """New versions of the function, written with its parts in view.

        Raises:
            PromptTooLongError: the prompt is too long even without a worked example.
        """
        stub = _stub(node.function)
        code = render([*above, *below, stub])
        ladder = prompts.conquer_ladder(code, node.name, _task(node))
        wanted = self._samples
        for again in range(max(1, int(RETRIES_PER_SAMPLE * wanted))):
            good: list[Written] = []
            fallback: list[Written] = []
            for attempt in range(self._options.attempts):
                replies = await self._asker.ask_shortening(
                    f"conquer:{node.name}:{again}:{attempt}",
                    ladder,
                    samples=wanted,
                    temperature=self._options.conquer_temperature,
                )
                read = [written for reply in replies if (written := self._read(reply, node, stub)) is not None]
                good.extend(written for written in read if written.complies)
                fallback.extend(written for written in read if not written.complies)
                if len(good) >= min(self._options.min_samples, wanted):
                    break
            if good or fallback:
                return good[:wanted] or fallback[:1]
        return []

    async def callers(self, name: str, shown: Part, taken: set[str]) -> list[tuple[str, str]]:
        """Functions that call the function `name` with arguments made from a seed, as (source, name) pairs.

        Args:
            name: of the function.
            shown: a version of it.
            taken: names of the program, which a caller must not bind.
        """

        def usable(reply: str) -> list[tuple[str, str]]:
            return read_callers(reply, name, taken, self._options.inputs)

        ladder = prompts.callers_ladder(shown.source, name)
        return await self._first_usable(f"callers:{name}", ladder, usable)

    async def unit_tests(self) -> list[Assertion]:
        """The examples that stand in the root's docstring."""
        ladder = prompts.unit_tests_ladder(_stub(self._root.function).source, self._root.name)
        replies = await self._ask_once("unit tests", ladder)
        texts = assertions_in(python_blocks(replies), self._root.name)
        return read_assertions(texts, self._root.name, MAX_TESTS)

    async def self_tests(self, node: TreeNode) -> list[Assertion]:
        """Assertions about a function that a model wrote from its description alone."""

        def usable(reply: str) -> list[Assertion]:
            return read_assertions(assertions_in(python_blocks(reply), node.name), node.name, MAX_TESTS)

        ladder = prompts.assertions_ladder(_stub(node.function).source, node.name)
        return await self._first_usable(f"self-tests:{node.name}", ladder, usable)

    def _read(self, reply: str, node: TreeNode, stub: Part) -> Written | None:
        return read_function(reply, stub, node.docstring, free=self._free and node is self._root)

    async def _first_usable(self, step: str, ladder: prompts.Ladder, usable: Callable[[str], list[T]]) -> list[T]:
        for attempt in range(self._options.attempts):
            found = usable(await self._ask_once(f"{step}:{attempt}", ladder))
            if found:
                return found
        return []

    async def _ask_once(self, step: str, ladder: prompts.Ladder) -> str:
        try:
            [reply] = await self._asker.ask_shortening(step, ladder, temperature=self._options.inputs_temperature)
        except PromptTooLongError:
            return ""
        return reply


def _stub(function: Part) -> Part:
    return parse(as_stub(function))[-1]


def _task(node: TreeNode) -> str:
    return node.function.docstring or node.name
