r"""FStarDataSet of Chakraborty et al. 2024 (arXiv 2405.01787), versions 1 and 2: definitions wanted for given F* types.

{"file_name": "FStar.Math.Lemmas.fst", "name": "FStar.Math.Lemmas.add_comm", "original_source_type": "val add_comm ...",
 "source_type": "val add_comm ...", "source_definition": "let add_comm x y = ()", "file_context": "module ...",
 "opens_and_abbrevs": [{"abbrev": false, "full_module": "FStar.Mul", "short_module": null}, ...],
 "vconfig": {"initial_fuel": 2, ...}, "interleaved": false, "source": {"project_name": "FStar", ...},
 "ideal_premises": [...], "is_proof": true, "is_simply_typed": false, "isa_cross_project_example": false, ...}

`cross` holds problems of projects that are not in the training file, `intra` of those that are. The splits that end
in `-related` show related definitions and premises as well, which are looked up in `train.json`. Definitions that are
copies out of an interface, or whose type or text cannot be checked as a definition, are left out, as the authors'
checker does; so are further ones of the same name. Types are checked in the project's own checked files, which
`REASONING_FSTAR_PROJECT` has to name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reasoning.evaluation.benchmarks.base import (
    Benchmark,
    BenchmarkError,
    Entry,
    SourceFile,
    json_array,
    text_field,
)
from reasoning.evaluation.benchmarks.fstar_prompts import CONTEXT_CHARACTERS, STYLES
from reasoning.evaluation.benchmarks.fstar_retrieval import read_related, with_related
from verifiers.proofs.fstar.text import split_statement
from verifiers.records import Problem, RecordError

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["BENCHMARK", "header_of"]

_TIMEOUT_SECONDS: Final = 120.0
_ORIGIN: Final = "microsoft/FStarDataSet or microsoft/FStarDataSet-V2 on the Hugging Face Hub"
_UNKNOWN: Final = ("", "<UNK>")
"""What stands for a type that the source does not declare."""
_FLAGS: Final = {
    **{name: f"--{name}" for name in (
        "initial_fuel", "max_fuel", "initial_ifuel", "max_ifuel", "z3rlimit", "z3rlimit_factor", "z3seed")},
    "smtencoding_elim_box": "--smtencoding.elim_box",
    "smtencoding_nl_arith_repr": "--smtencoding.nl_arith_repr",
    "smtencoding_l_arith_repr": "--smtencoding.l_arith_repr",
    "smtencoding_valid_intro": "--smtencoding.valid_intro",
    "smtencoding_valid_elim": "--smtencoding.valid_elim",
}  # fmt: skip
"""Fields of `vconfig` that are options with a value."""
_LISTED_FLAGS: Final = {"z3cliopt": "--z3cliopt", "z3smtopt": "--z3smtopt"}


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    related = read_related(paths[2]) if len(paths) > 2 else repeat({})
    seen: set[str] = set()
    for (place, record), found in zip(json_array(paths[0]), related, strict=False):
        entry = _entry(record, place, found)
        if entry is not None and entry.problem.id not in seen:
            seen.add(entry.problem.id)
            yield entry


def _entry(record: Mapping[str, Any], place: str, related: Mapping[str, Any]) -> Entry | None:
    """The problem in a record; None where there is none that can be checked."""
    name, file = text_field(record, "name", place), text_field(record, "file_name", place)
    reference = text_field(record, "source_definition", place)
    if record.get("interleaved") is True or "=" not in reference:
        return None
    original = str(record.get("original_source_type") or "").strip()
    declared = original not in _UNKNOWN
    statement = original if declared else text_field(record, "source_type", place).strip()
    try:
        split_statement(statement)
    except RecordError:
        return None
    fields = {
        "system": "fstar",
        "statement": statement,
        "header": header_of(record, place),
        "file": Path(file).name,
        "until": name,
        "declared": declared,
    }
    return Entry(Problem(name, "proof", "", fields, _meta(record, related)), (reference,))


def header_of(record: Mapping[str, Any], place: str) -> str:
    """What is pushed before the type: the file's opened modules and abbreviations, its own, the solver's options.

    Raises:
        BenchmarkError: an entry of `opens_and_abbrevs` names no module.
    """
    lines: list[str] = []
    abbreviations: list[str] = []
    module = Path(text_field(record, "file_name", place)).stem
    for entry in reversed(record.get("opens_and_abbrevs") or []):
        full = entry.get("full_module") or entry.get("open") if isinstance(entry, Mapping) else None
        if not isinstance(full, str):
            raise BenchmarkError(f"{place}: field 'opens_and_abbrevs': an entry names no module")
        short = entry.get("short_module") or entry.get("abbrev")
        if isinstance(short, str):
            abbreviations.append(f"module {short} = {full}")
        else:
            lines.append(f"open {full}")
    if module.lower() != "prims":
        lines += [*abbreviations, f"open {module}"]
    else:
        lines = []
    options = " ".join(_options(record.get("vconfig")))
    return "\n".join([*lines, *([f'#push-options "{options}"'] if options else [])])


def _options(vconfig: object) -> Iterator[str]:
    for name, value in vconfig.items() if isinstance(vconfig, Mapping) else ():
        if name in _FLAGS and value is not None:
            yield f"{_FLAGS[name]} {str(value).lower() if isinstance(value, bool) else value}"
        elif name in _LISTED_FLAGS and isinstance(value, list):
            yield from (f"{_LISTED_FLAGS[name]} '{one}'" for one in value)
        elif name == "z3refresh" and value:
            yield "--z3refresh"


def _meta(record: Mapping[str, Any], related: Mapping[str, Any]) -> dict[str, Any]:
    source = record.get("source")
    project = source.get("project_name") if isinstance(source, Mapping) else None
    if record.get("is_proof") is True:
        kind = "proof"
    else:
        kind = "simply typed" if record.get("is_simply_typed") is True else "dependently typed"
    return {
        "class": kind,
        "project": project if isinstance(project, str) else "",
        "goal": str(record.get("source_type") or ""),
        "context": str(record.get("file_context") or "")[-CONTEXT_CHARACTERS:],
        **related,
    }


async def _prepare(paths: tuple[Path, ...], sandbox: SandboxPool, quiet: bool) -> tuple[Path, ...]:
    """The file of related definitions, for the splits that show them. No code of the benchmark is run for it."""
    return await with_related(paths, quiet) if len(paths) == 2 else paths


def _files() -> dict[str, tuple[SourceFile, ...]]:
    names = {"cross": "test_cross_project.json", "intra": "test_intra_project.json", "valid": "valid.json"}
    train = SourceFile("train.json", origin=_ORIGIN)
    plain = {split: (SourceFile(name, origin=_ORIGIN),) for split, name in names.items()}
    return {**plain, **{f"{split}-related": (*files, train) for split, files in plain.items()}}


BENCHMARK = Benchmark(
    name="fstar",
    summary="FStarDataSet: definitions and proofs wanted for given F* types (needs F* and the built projects)",
    files=_files(),
    styles=STYLES,
    timeout_seconds=_TIMEOUT_SECONDS,
    read=_read,
    groups=("class", "project"),
    prepare=_prepare,
)
