"""One definition, every use: what a solver's signature, types and docstring say about it.

    @solver
    def square(value: float) -> Result[float, None]:
        '''The square of a number ... (docstring with the sections Args and Example, see below)'''
        return Result(Status.CONVERGED, value * value)

    square(3).solution                          # 9.0; square("x") raises SolverInputError
    Definition.of(square).parameters            # the JSON schema of its arguments

A solver's docstring begins with one line, then states the problem; `Args` describes each argument (with shapes and
units) and `Example` holds the arguments of one call as JSON, which the tests run. `linear_program.py` shows one.
"""

from __future__ import annotations

import functools
import inspect
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ParamSpec, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from reasoning.solvers.results import Result, SolverInputError

__all__ = ["Definition", "solver"]

_SECTION = re.compile(r"^(Args|Returns|Raises|Example|Source):\s*$", re.MULTILINE)
_ARGUMENT = re.compile(r"^ {4}(\w+): ", re.MULTILINE)
_CONFIG = ConfigDict(extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False, protected_namespaces=())
_MAX_SHOWN = 200
"""Longest message about an argument, characters."""

P = ParamSpec("P")
R = TypeVar("R", bound=Result[Any, Any])


@dataclass(frozen=True, slots=True)
class Definition:
    """All that is known of a solver.

    Attributes:
        name: of the function, which is the tool's.
        summary: first line of the docstring.
        description: the docstring up to its first section.
        sections: the docstring's sections by their titles.
        function: the solver; checks its arguments.
        model: the pydantic model of its arguments.
    """

    name: str
    summary: str
    description: str
    sections: Mapping[str, str]
    function: Callable[..., Result[Any, Any]]
    model: type[BaseModel]

    @staticmethod
    def of(function: Callable[..., Any]) -> Definition:
        """The definition of a function that has the decorator `solver`."""
        found: Definition = function.__dict__["definition"]
        return found

    @property
    def parameters(self) -> dict[str, Any]:
        """JSON schema of the arguments, as function calling wants it."""
        schema = self.model.model_json_schema()
        schema.pop("title", None)
        for shown in schema.get("properties", {}).values():
            shown.pop("title", None)
        return schema

    @property
    def example(self) -> dict[str, Any]:
        """Arguments of one call."""
        arguments: dict[str, Any] = json.loads(self.sections["Example"])
        return arguments

    def function_schema(self) -> dict[str, Any]:
        """The tool as OpenAI-compatible servers take it in `tools`."""
        function = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": function}

    def bind(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as the function sees them, defaults included.

        Raises:
            SolverInputError: they do not fit the signature; the line names the first that does not.
        """
        try:
            bound = self.model.model_validate(dict(arguments))
        except ValidationError as error:
            raise SolverInputError(_first_line(error, list(self.model.model_fields))) from None
        except RecursionError:
            raise SolverInputError("the arguments are nested too deeply") from None
        return {name: getattr(bound, name) for name in self.model.model_fields}


def solver(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function a solver: its arguments are checked and converted, its time is measured.

    Args:
        function: typed, with a docstring as the module's describes it; returns a `Result` and raises
            `SolverInputError` where arguments of the right types make no problem.

    Returns:
        The function, which now raises `SolverInputError` for arguments of wrong types too.
    """
    signature = inspect.signature(function)
    definition = _define(function, signature)

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise SolverInputError(str(error)) from None
        arguments = definition.bind(given)
        started = time.perf_counter()
        result = function(**arguments)  # type: ignore[call-arg]
        return replace(result, seconds=time.perf_counter() - started)

    checked.__dict__["definition"] = replace(definition, function=checked)
    return checked


def _define(function: Callable[..., Any], signature: inspect.Signature) -> Definition:
    text = inspect.getdoc(function) or ""
    head, sections = _sections(text)
    described = _arguments(sections.get("Args", ""))
    types = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    for name, parameter in signature.parameters.items():
        if name not in described:
            raise TypeError(f"solver {function.__name__}: argument {name} is not described in its docstring")
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[name] = (types[name], Field(default, description=described[name]))
    if "Example" not in sections:
        raise TypeError(f"solver {function.__name__}: its docstring has no section Example")
    model = create_model(function.__name__, __config__=_CONFIG, **fields)
    summary = head.partition("\n")[0].rstrip(".")
    return Definition(function.__name__, summary, head, sections, function, model)


def _sections(text: str) -> tuple[str, dict[str, str]]:
    """What stands before the first section, and the sections by their titles."""
    parts = _SECTION.split(text)
    return parts[0].strip(), {
        title: body.strip("\n").rstrip() for title, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def _arguments(section: str) -> dict[str, str]:
    parts = _ARGUMENT.split(section)
    return {name: " ".join(text.split()) for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def _first_line(error: ValidationError, names: list[str]) -> str:
    """The first complaint in one line."""
    first = error.errors(include_url=False, include_context=False)[0]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    if first["type"] == "missing":
        return f"{place}: missing"
    if first["type"] == "extra_forbidden":
        shown = place if len(place) <= 40 else place[:40] + "…"
        return f"{shown!r}: no such argument; there are {', '.join(names)}"
    message = first["msg"].removeprefix("Value error, ")
    return f"{place}: {message}"[:_MAX_SHOWN]
