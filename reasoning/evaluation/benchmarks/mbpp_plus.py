r'''MBPP+ of Liu et al. 2023: sanitized MBPP with many more inputs, from EvalPlus's release file.

    reasoning evaluate mbpp-plus --data MbppPlus.jsonl.gz --engine ... --out runs/plus

The prompt of a task is a docstring: """\nWrite a function to ...\nassert ...\n""". The file is JSON, so tuples, sets
and complex numbers among the inputs stand there as lists and strings; `_SHAPES` says which tasks mean what. Split
`base` has MBPP's own inputs only. See `evalplus_files` for the format and the rules.
'''

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from reasoning.evaluation.benchmarks.base import SourceFile
from reasoning.evaluation.benchmarks.evalplus_files import evalplus_benchmark
from reasoning.evaluation.benchmarks.program_prompts import chat_prompt, whole_reply
from reasoning.methods.base import Prompt, PromptStyle
from verifiers.records import Problem

__all__ = ["BENCHMARK"]

_FILE = SourceFile(
    "MbppPlus.jsonl",
    origin="https://github.com/evalplus/mbppplus_release/releases/download/v0.2.0/MbppPlus.jsonl.gz",
)
_STOP = ("\nif __name__", "\nassert", "\nprint", '\n"""')
_ORACLES = {
    "are_equivalent": "anything",
    "sum_div": "or-zero",
    "surface_Area": "surface-area",
    "digit_distance_nums": "digit-distance",
    **dict.fromkeys(("check_str", "text_match_three", "text_starta_endb"), "not-none"),
    **dict.fromkeys(("similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly"), "same-set"),
    **dict.fromkeys(("larg_nnum", "intersection_array", "find_dissimilar", "Diff"), "same-set"),
}


def _tuples(values: list[Any]) -> list[Any]:
    return [tuple(value) for value in values]


def _lists_of_tuples(values: list[Any]) -> list[Any]:
    return [_tuples(value) for value in values]


def _tuples_of_tuples(values: list[Any]) -> list[Any]:
    return [tuple(_tuples(value)) for value in values]


def _first_a_list_of_tuples(values: list[Any]) -> list[Any]:
    first, second = values
    return [_tuples(first), second]


def _first_a_tuple(values: list[Any]) -> list[Any]:
    return [tuple(values[0]), *values[1:]]


def _second_a_tuple(values: list[Any]) -> list[Any]:
    first, second = values
    return [first, tuple(second)]


def _list_of_sets(values: list[Any]) -> list[Any]:
    # An empty list means an empty dictionary there.
    return [[set(item) if isinstance(item, list) and item else {} for item in values[0]]]


def _mixed_tuple(values: list[Any]) -> list[Any]:
    return [tuple(tuple(item) if isinstance(item, list) else item for item in values[0])]


def _dictionary_of_tuples(values: list[Any]) -> list[Any]:
    return [{key: tuple(value) for key, value in values[0].items()}, *values[1:]]


def _complex(values: list[Any]) -> list[Any]:
    return [complex(values[0])]


def _float_and_complex(values: list[Any]) -> list[Any]:
    return [float(values[0]), complex(values[1])]


def _all_tuples(values: Any) -> Any:
    return tuple(_all_tuples(value) for value in values) if isinstance(values, list) else values


_SHAPES: dict[Callable[[list[Any]], Sequence[Any]], tuple[int, ...]] = {
    _tuples: (
        2,
        116,
        132,
        143,
        222,
        261,
        273,
        394,
        399,
        421,
        424,
        429,
        470,
        560,
        579,
        596,
        616,
        630,
        726,
        740,
        744,
        809,
    ),
    _lists_of_tuples: (63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780),
    _first_a_list_of_tuples: (75, 413, 444, 753),
    _second_a_tuple: (106, 750),
    _list_of_sets: (115,),
    _float_and_complex: (124,),
    _first_a_tuple: (250, 405, 446, 617, 720, 763, 808, 307),
    _complex: (252,),
    _tuples_of_tuples: (259, 401, 445),
    _mixed_tuple: (278,),
    _all_tuples: (580, 615, 791),
    _dictionary_of_tuples: (722,),
}
"""How inputs become arguments -> the numbers of the tasks; those of the others stay as they are."""
_SHAPE_OF = {number: shape for shape, numbers in _SHAPES.items() for number in numbers}


def _arguments(id: str, values: list[Any]) -> Sequence[Any]:
    shape = _SHAPE_OF.get(int(id.rpartition("/")[2]))
    return values if shape is None else shape(values)


def _chat(problem: Problem) -> Prompt:
    return chat_prompt("Write a Python function for this task.", problem.prompt)


def _complete(problem: Problem) -> Prompt:
    return Prompt(text=problem.prompt, stop=_STOP)


BENCHMARK = evalplus_benchmark(
    "mbpp-plus",
    "MBPP+: sanitized MBPP's tasks with EvalPlus's inputs; needs its release file",
    _FILE,
    (
        PromptStyle("chat", "the task and its tests, asking for a code block", _chat, whole_reply),
        PromptStyle("complete", "continues the task's docstring; for base models", _complete, whole_reply),
    ),
    _ORACLES,
    _arguments,
)
