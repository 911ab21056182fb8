r"""The built-in families: one text file a topic below `data/families`, one class a family.

    families = built_in_families()
    families["number_theory/divisor-sum"].grade        # "high"

The files hold Python text in the function layout (see `reasoning.families.adapter`), named `.efa` because they are
data: they are read here, but run in the sandbox only, exactly like families that a model wrote.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from reasoning.data_files import data_file
from reasoning.families.records import Family, FamilyError

__all__ = ["GRADES", "built_in_families", "find_families", "read_families"]

GRADES = ("elementary", "middle", "high", "college", "olympiad")
"""For whom a family is, easiest first."""
_CARD = "families/README.md"
_PATTERN = "*.efa"


def built_in_families() -> Mapping[str, Family]:
    """All families of the data folder by id, in the order of topics and files.

    Raises:
        DataFileError: there is no such folder.
        FamilyError: a file is malformed.
    """
    return _in_folder(data_file(_CARD).parent)


def find_families(names: Iterable[str]) -> list[Family]:
    """Families by id, by topic (`algebra`), or all of them where no name is given.

    Raises:
        FamilyError: a name fits none.
    """
    known = built_in_families()
    chosen: dict[str, Family] = {}
    for name in names:
        fitting = {id: one for id, one in known.items() if name in (id, one.topic, id.partition("/")[0], one.grade)}
        if not fitting:
            raise FamilyError(f"no family, topic or grade '{name}'; see `reasoning families`")
        chosen |= fitting
    return list((chosen or known).values())


def read_families(path: Path) -> list[Family]:
    """The families of one file.

    Raises:
        FamilyError: it is not Python text, or a class lacks a grade.
    """
    text = path.read_text(encoding="utf-8")
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise FamilyError(f"{path}: {error}") from None
    lines = text.splitlines()
    imports = "\n".join(ast.unparse(node) for node in module.body if isinstance(node, ast.Import | ast.ImportFrom))
    found = []
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            source = f"{imports}\n\n\n" + "\n".join(lines[node.lineno - 1 : node.end_lineno]) + "\n"
            found.append(_family(path, node, source))
    return found


@lru_cache(maxsize=8)
def _in_folder(folder: Path) -> Mapping[str, Family]:
    families: dict[str, Family] = {}
    for path in sorted(folder.glob(_PATTERN)):
        for family in read_families(path):
            if family.id in families:
                raise FamilyError(f"{path}: family '{family.id}' occurs twice")
            families[family.id] = family
    return families


def _family(path: Path, node: ast.ClassDef, source: str) -> Family:
    facts = dict(filter(None, map(_constant, node.body)))
    grade = facts.get("grade")
    if grade not in GRADES:
        raise FamilyError(
            f"{path}, line {node.lineno}: class {node.name}: grade is {grade!r}, expected one of {GRADES}"
        )
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", node.name).lower()
    return Family(
        id=f"{path.stem}/{name}",
        source=source,
        name=node.name,
        topic=path.stem.replace("_", " "),
        grade=grade,
        version=facts.get("version", 1),
        summary=(ast.get_docstring(node) or "").partition("\n")[0],
    )


def _constant(node: ast.stmt) -> tuple[str, Any] | None:
    """Name and value of a plain assignment in a class body."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
        return None
    try:
        return node.targets[0].id, ast.literal_eval(node.value)
    except ValueError:
        return None
