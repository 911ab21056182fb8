"""Child side of the sandbox: builds a family's class and draws from it.

    payload: see `draw_payload`; answers: one frame after each step (`steps`), or one for each instance

A frame holds a value or what was raised (see `verifiers.answer_frames`). All of it is the family's own word: the
trusted side decides what it means.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from reasoning.families import tools  # noqa: F401 - so that families find it inside the sandbox
from reasoning.families.adapter import Adapter, answer_text
from reasoning.families.base_model import install
from reasoning.families.streams import ANY_SPLIT, split_of, stream_seed
from verifiers.answer_frames import failed_frame, raised_frame, value_frame
from verifiers.plain_data import decode, encode
from verifiers.untrusted_code import new_module, run_source

if TYPE_CHECKING:
    from verifiers.sandbox.channel import Channel

__all__ = ["MAX_ATTEMPTS", "Send", "draw_payload", "perform", "run"]

MAX_ATTEMPTS = 400
"""Draws for one index until one belongs to the split; a split with a share of a tenth fails so often once in 1e18."""

Send = Callable[[bytes], None]


def draw_payload(
    family: tuple[str, str, str, int],
    draws: Sequence[tuple[int, int]],
    *,
    seed: int = 0,
    split: str = ANY_SPLIT,
    original: bool = False,
    steps: bool = False,
    code: bool = False,
    nonce: int = 0,
) -> bytes:
    """What `run` is told.

    Args:
        family: source, name of the class, id, version.
        draws: index and level of each.
        seed: of the streams.
        split: that the instances must belong to.
        original: whether the seed problem comes first.
        steps: a frame after each call (parameters, text, answer) instead of one for each instance.
        code: whether the answer that the family's code solution gives comes last.
        nonce: seeds the global generator before `render` and `solve`, so that hidden randomness shows.
    """
    return encode([list(family), [list(draw) for draw in draws], seed, split, original, steps, code, nonce])


def run(channel: Channel) -> None:
    """The entry of the sandbox."""
    perform(channel.receive() or b"", channel.send)


def perform(payload: bytes, send: Send) -> None:
    """Do what the payload says, and hand each frame to `send`."""
    (source, name, id, version), draws, seed, split, original, steps, code, nonce = decode(payload)
    install()
    try:
        namespace = new_module()
        run_source(source, namespace)
        family = Adapter(namespace[name])
    except BaseException as error:  # noqa: BLE001 - whatever the family raises
        send(failed_frame(error))
        return
    work = _Work(family, (id, version, seed, split), nonce, _Wanted(steps, code), send)
    if original:
        work.original()
    for index, level in draws:
        work.draw(index, level)


class _Wanted(NamedTuple):
    steps: bool
    code: bool


class _Work:
    def __init__(
        self, family: Adapter, stream: tuple[str, int, int, str], nonce: int, wanted: _Wanted, send: Send
    ) -> None:
        self._family = family
        self._stream = stream
        self._nonce = nonce
        self._wanted = wanted
        self._send = send

    def original(self) -> None:
        """Report on the seed problem."""
        self._report(self._family.original)

    def draw(self, index: int, level: int) -> None:
        """Report on the first draw for `index` that belongs to the split."""
        id, version, seed, split = self._stream

        def sample() -> Any:
            for attempt in range(MAX_ATTEMPTS):
                stream = stream_seed(id, version, seed, split, index, attempt)
                random.seed(stream)
                params = self._family.sample(random.Random(stream), level)
                if split == ANY_SPLIT or split_of(id, self._family.render(params)) == split:
                    return params
            return None

        self._report(sample)

    def _report(self, sample: Any) -> None:
        values: list[Any] = []
        params: Any = None
        calls: list[Callable[[], Any]] = [
            lambda: self._family.render(params),
            lambda: answer_text(self._family.solve(params)),
        ]
        if not self._wanted.steps:
            calls.append(lambda: self._family.solution(params))
        if self._wanted.code:
            calls.append(lambda: answer_text(self._family.code(params)))
        try:
            params = sample()
            if params is None:
                self._send(value_frame(None))
                return
            values.append(self._family.view(params))
            self._step(values)
            for call in calls:
                random.seed(self._nonce)
                values.append(call())
                self._step(values)
        except BaseException as error:  # noqa: BLE001 - whatever the family raises
            self._send(raised_frame(error))
            return
        if not self._wanted.steps:
            self._send(value_frame(values))

    def _step(self, values: list[Any]) -> None:
        if self._wanted.steps:
            self._send(value_frame(values[-1]))
