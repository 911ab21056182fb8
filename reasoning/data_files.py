"""Finds the built-in problem sets and models, wherever the package is installed.

>>> data_file("puzzles/puzzles.jsonl").name
'puzzles.jsonl'
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["DATA_VARIABLE", "DataFileError", "data_file"]

DATA_VARIABLE = "REASONING_DATA"
"""Environment variable that names a folder to look in before the built-in data."""


class DataFileError(FileNotFoundError):
    """A built-in file is in none of the places where it could be."""


def data_file(name: str) -> Path:
    """The path of the built-in file `name`, relative to the data folder.

    Looked for in the folder that `REASONING_DATA` names, then in the installed package, then in the source tree.

    Raises:
        DataFileError: it is in none of them.
    """
    package = Path(__file__).resolve().parent
    folders = [package / "_data", package.parent / "data"]
    if named := os.environ.get(DATA_VARIABLE):
        folders.insert(0, Path(named))
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    places = ", ".join(str(folder) for folder in folders)
    raise DataFileError(f"built-in file '{name}' is not in {places}; set {DATA_VARIABLE} to the data folder")
