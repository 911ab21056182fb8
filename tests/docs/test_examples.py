"""The examples that docstrings show with `>>>` are run, and give what stands below them."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OPTIONAL = {"torch"}
"""Import names that a base install may lack."""
PACKAGES = sorted(path for name in ("reasoning", "verifiers") for path in [ROOT / name, *(ROOT / name).iterdir()]
                  if (path / "__init__.py").is_file())  # fmt: skip


def modules_below(package: Path) -> list[str]:
    """Names of the modules with an example, of a package and all below it; of the two outermost, their own alone."""
    paths = package.glob("*.py") if package.parent == ROOT else package.rglob("*.py")
    shown = [path.relative_to(ROOT).with_suffix("").parts for path in paths if ">>> " in path.read_text("utf-8")]
    return sorted(".".join(parts[:-1] if parts[-1] == "__init__" else parts) for parts in shown)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: ".".join(path.relative_to(ROOT).parts))
def test_examples_give_what_they_show(package):
    said: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    for name in modules_below(package):
        try:
            module = import_module(name)
        except ModuleNotFoundError as error:
            if error.name in OPTIONAL:
                continue
            raise
        for example in doctest.DocTestFinder(exclude_empty=True).find(module, name):
            runner.run(example, out=said.append)
    assert not said, "".join(said)


def test_the_examples_are_many():
    assert sum(len(modules_below(package)) for package in PACKAGES) > 150
