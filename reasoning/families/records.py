r"""What is known of a problem family and of one problem drawn from it.

    family = Family("number_theory/divisor-sum", source, "DivisorSum", topic="number theory", grade="high")
    instance.text, instance.answer       # ("Find the sum of all positive divisors of 360.", "1170")

A family is the source text of one class, an *executable functional abstraction* (EFAGen, arXiv 2504.09763): it draws
parameters, states the problem for them and computes the answer. Its source is never run outside the sandbox.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verifiers.records import Problem

__all__ = ["LEVELS", "Family", "FamilyError", "Instance"]

LEVELS = (1, 2, 3, 4, 5)
"""The difficulty dial of every family, easiest first."""
_COMPUTED_TOPICS = ("arithmetic", "word problems")
"""Where computing is what is asked, so that an answer such as `37 + 58` is none (convention `computed`)."""
_PROGRAM_FUNCTION = "code"
_PROGRAM_NAME = "answer"


class FamilyError(ValueError):
    """A family is unknown, malformed or cannot be drawn from; one clear line."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One problem of a family.

    Attributes:
        params: the parameters as plain data.
        text: the problem.
        answer: the answer, as text that the answer verifier reads.
        solution: worked solution in words, ending in the answer; empty where the family writes none.
        index: its place in the stream that it was drawn from.
        level: setting of the difficulty dial.
    """

    params: Mapping[str, Any]
    text: str
    answer: str
    solution: str = ""
    index: int = 0
    level: int = 0
    code_answer: str = ""
    """What the family's solution in code gives; only where it was asked for."""


@dataclass(frozen=True, slots=True)
class Family:
    """One executable functional abstraction.

    Attributes:
        id: `topic/name` for a built-in one.
        source: Python text that defines the class, with its imports.
        name: of the class.
        topic: branch of mathematics.
        grade: for whom: elementary, middle, high, college or olympiad.
        version: raised whenever the same seed would give other problems.
        summary: one line.
    """

    id: str
    source: str
    name: str
    topic: str = ""
    grade: str = ""
    version: int = 1
    summary: str = ""

    def program(self, params: Mapping[str, Any]) -> str:
        """The solution in code: a program that prints the answer for `params`; empty where the family has none."""
        module = ast.parse(self.source)
        (owner,) = (node for node in module.body if isinstance(node, ast.ClassDef) and node.name == self.name)
        found = [node for node in owner.body if isinstance(node, ast.FunctionDef) and node.name == _PROGRAM_FUNCTION]
        if not found:
            return ""
        (function,) = found
        used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        arguments = ", ".join(f"{name}={value!r}" for name, value in params.items())
        if "Fraction(" in arguments:
            used.add("Fraction")
        imports = [line for node in module.body if (line := _import_of(node, used))]
        text = textwrap.dedent(ast.get_source_segment(self.source, function, padded=True) or "")
        body = text.replace(f"def {_PROGRAM_FUNCTION}(", f"def {_PROGRAM_NAME}(", 1)
        head = "\n".join(imports) + "\n\n\n" if imports else ""
        return f"{head}{body.rstrip()}\n\n\nprint({_PROGRAM_NAME}({arguments}))\n"

    def problem(self, id: str, instance: Instance) -> Problem:
        """The instance as a problem of kind `answer`."""
        meta = {
            "family": self.id,
            "version": self.version,
            "topic": self.topic,
            "grade": self.grade,
            "level": instance.level,
            "source": "families",
        }
        fields = {"gold": instance.answer}
        if self.topic in _COMPUTED_TOPICS:
            fields["convention"] = "computed"
        return Problem(id, "answer", instance.text, fields, meta)


def _import_of(node: ast.stmt, used: set[str]) -> str:
    """The part of an import statement that binds names in `used`; empty for none."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return ""
    names = [alias for alias in node.names if (alias.asname or alias.name).partition(".")[0] in used]
    if not names:
        return ""
    if isinstance(node, ast.Import):
        return ast.unparse(ast.Import(names))
    return ast.unparse(ast.ImportFrom(node.module, names, node.level))
