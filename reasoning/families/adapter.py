r"""Child side: one way to use both layouts of a family's class, and answers as text.

    family = Adapter(namespace["DivisorSum"])
    params = family.sample(random.Random(7), level=3)
    family.view(params), family.render(params), answer_text(family.solve(params))

*Object layout*: `original()` and `sample(rng)` are class methods that return an object of the class, whose attributes
are the parameters; `render(self)` and `solve(self)` are its methods.
*Function layout*: `original` and `sample(rng)` give a dictionary of parameters, which `render` and `solve` take as
keyword arguments, or as one dictionary.

In both `sample` may also take a `level` (1 to 5), and may return None for "drawn in vain, try again"; `solution` is an
optional further method. Runs in the child; imports the standard library only.
"""

from __future__ import annotations

import inspect
import math
import random
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

__all__ = ["Adapter", "AdapterError", "answer_text"]

MAX_REJECTIONS = 1000
"""Draws in vain, one after another, that a family may need for one parameter set."""


class AdapterError(ValueError):
    """The class does not keep to one of the two layouts."""


class Adapter:
    """A family's class behind one interface; parameters are passed around as `sample` gave them."""

    def __init__(self, owner: type) -> None:
        self._owner = owner
        self._bound: dict[str, Callable[..., Any]] = {}

    def original(self) -> Any:
        """The parameters of the seed problem."""
        value = inspect.getattr_static(self._owner, "original")
        if isinstance(value, Mapping):
            return value
        return self._checked(self._function("original")(), "original")

    def sample(self, rng: random.Random, level: int) -> Any:
        """Random parameters.

        Raises:
            AdapterError: it gave up after `MAX_REJECTIONS`, or returned something that is no parameter set.
        """
        function = self._function("sample")
        arguments = _fitting(function, rng, level)
        for _ in range(MAX_REJECTIONS):
            value = function(*arguments[0], **arguments[1])
            if value is not None:
                return self._checked(value, "sample")
        raise AdapterError(f"sample drew in vain {MAX_REJECTIONS} times")

    def view(self, params: Any) -> dict[str, Any]:
        """The parameters by name."""
        if isinstance(params, Mapping):
            return dict(params)
        names = list(getattr(params, "__dict__", {})) or list(getattr(params, "__slots__", ()))
        return {name: getattr(params, name) for name in names if not name.startswith("_")}

    def render(self, params: Any) -> str:
        """The problem.

        Raises:
            AdapterError: it is no text.
        """
        text = self._apply("render", params)
        if not isinstance(text, str):
            raise AdapterError(f"render returned {type(text).__name__}, expected str")
        return str(text)

    def solve(self, params: Any) -> Any:
        """The answer, in the family's own type."""
        return self._apply("solve", params)

    def solution(self, params: Any) -> str:
        """The worked solution; empty where the family writes none."""
        if not hasattr(self._owner, "solution"):
            return ""
        return str(self._apply("solution", params))

    def code(self, params: Any) -> Any:
        """The answer by the solution in code; None where the family has none."""
        return self._apply("code", params) if hasattr(self._owner, "code") else None

    def _checked(self, value: Any, origin: str) -> Any:
        if isinstance(value, Mapping | self._owner):
            return value
        raise AdapterError(f"{origin} returned {type(value).__name__}, expected {self._owner.__name__} or a dictionary")

    def _apply(self, name: str, params: Any) -> Any:
        if not isinstance(params, Mapping):
            return getattr(params, name)()
        function = self._function(name)
        try:
            signature = inspect.signature(function)
            signature.bind(**params)
        except (TypeError, ValueError):
            return function(dict(params))
        return function(**params)

    def _function(self, name: str) -> Callable[..., Any]:
        """The member as a function that needs no `self`: static, class method, plain, or of an empty object."""
        if name not in self._bound:
            function = getattr(self._owner, name)
            static = inspect.getattr_static(self._owner, name)
            if not isinstance(static, staticmethod | classmethod):
                first = next(iter(inspect.signature(function).parameters), "")
                if first == "cls":
                    function = function.__get__(self._owner)
                elif first == "self":
                    function = function.__get__(self._owner())
            self._bound[name] = function
        return self._bound[name]


def _fitting(function: Callable[..., Any], rng: random.Random, level: int) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments that a `sample` takes: a generator, a level, both or none."""
    parameters = list(inspect.signature(function).parameters.values())
    keywords = {"level": level} if any(one.name == "level" for one in parameters) else {}
    others = [one for one in parameters if one.name != "level"]
    takes_rng = any(one.kind is not one.VAR_KEYWORD and one.kind is not one.KEYWORD_ONLY for one in others)
    return ((rng,) if takes_rng else ()), keywords


def answer_text(value: Any) -> str:
    """An answer as the answer verifier reads it.

    Raises:
        AdapterError: it is of a type that has no such text, or not finite.
    """
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool | int | Decimal):
        return str(value)
    if isinstance(value, Fraction):
        sign = "-" if value < 0 else ""
        whole = value.denominator == 1
        return str(value.numerator) if whole else f"{sign}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    if isinstance(value, float):
        if not math.isfinite(value):
            raise AdapterError(f"the answer is {value}")
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(answer_text, value))})"
    if isinstance(value, list):
        return ", ".join(map(answer_text, value))
    if isinstance(value, set | frozenset):
        return f"\\{{{', '.join(sorted(map(answer_text, value), key=lambda text: (len(text), text)))}\\}}"
    return _library_text(value)


def _library_text(value: Any) -> str:
    sympy, numpy = sys.modules.get("sympy"), sys.modules.get("numpy")
    if sympy is not None and isinstance(value, sympy.Basic | sympy.MatrixBase):
        if value.has(sympy.nan, sympy.zoo):
            raise AdapterError(f"the answer is {value}")
        return str(sympy.latex(value))
    if numpy is not None and isinstance(value, numpy.generic):
        return answer_text(value.item())
    raise AdapterError(f"an answer of type {type(value).__name__}")
