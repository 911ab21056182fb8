"""A stand-in for `pydantic` inside the sandbox: enough of `BaseModel` for a class that holds parameters.

Models are used to writing `class EFA(BaseModel)`. Nothing is validated here: the tests judge what the class does.
Runs in the child; imports the standard library only.
"""

from __future__ import annotations

import inspect
import sys
from types import ModuleType
from typing import Any

__all__ = ["BaseModel", "install"]

_MISSING = object()


class BaseModel:
    """Fields from annotations, defaults from class attributes, keyword arguments."""

    def __init__(self, **values: Any) -> None:
        for name in self._fields():
            value = values.pop(name, _MISSING)
            if value is _MISSING:
                value = getattr(type(self), name, _MISSING)
            if value is _MISSING:
                raise ValueError(f"{type(self).__name__}: field '{name}' is missing")
            self.__dict__[name] = value
        if values:
            raise ValueError(f"{type(self).__name__}: no field '{next(iter(values))}'")

    @classmethod
    def _fields(cls) -> list[str]:
        names: dict[str, None] = {}
        for owner in reversed(cls.__mro__):
            for name, annotation in inspect.get_annotations(owner).items():
                if not name.startswith("_") and name != "model_config" and "ClassVar" not in str(annotation):
                    names[name] = None
        return list(names)

    def model_dump(self) -> dict[str, Any]:
        """The fields by name."""
        return {name: self.__dict__[name] for name in self._fields()}

    dict = model_dump

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(tuple(self.__dict__.items()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.model_dump().items())})"


def _field(default: Any = _MISSING, **_: Any) -> Any:
    return default


def _decorator(*_: Any, **__: Any) -> Any:
    return lambda function: function


def install() -> None:
    """Make `import pydantic` find the stand-in."""
    module = ModuleType("pydantic")
    names = {"BaseModel": BaseModel, "Field": _field}
    names |= dict.fromkeys(("validator", "field_validator", "model_validator", "root_validator"), _decorator)
    names |= {"ConfigDict": dict}
    module.__dict__.update(names)
    sys.modules["pydantic"] = module
