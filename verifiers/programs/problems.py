"""A problem of kind `program`, read: which of the four forms of tests it has, and what they need.

>>> record = {"id": "p", "kind": "program", "entry_point": "add", "tests": ["assert add(1, 2) == 3"]}
>>> ProgramProblem.of(Problem.from_json(record)).plan.calls
(Call(name='add', arguments=(1, 2), keywords={}),)
"""

from __future__ import annotations

import ast
import json
import math
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from verifiers.extraction import is_safe_to_parse, preamble
from verifiers.judging import profile_for
from verifiers.plain_data import PlainDataError, decode, encode
from verifiers.programs.assertions import Call, Check, Plan, compile_assertions, compile_check
from verifiers.programs.comparison import Tolerance, matches_json
from verifiers.programs.evalplus_rules import ORACLES, ReferenceCase, matches_reference
from verifiers.programs.evaluator import is_builtin
from verifiers.programs.streams import COMPARISONS, StreamCase
from verifiers.records import Problem, RecordError

__all__ = ["ProgramProblem"]

FORMS = ("cases", "tests", "test", "stdio")


@dataclass(frozen=True, slots=True)
class ProgramProblem:
    """What a candidate is tested with.

    Attributes:
        entry_point: the function under test, or `Class.method`; empty for whole programs.
        prompt: what a completion continues.
        setup: source that the tests need; only its import lines also reach the candidate (whole programs have no tests,
            so that the rest of theirs has no effect).
        tests: assert statements that no plan could be made of, each judged apart.
        check: likewise, source that defines `check(candidate)`.
        plan: calls and checks, where the tests are no more than that.
        streams: runs of a whole program.
        profile: the sandbox profile that holds what the tests import.
        helpers: what the prompt defines before the entry point, where that is functions: tests that call them mean
            these, whatever a candidate calls by the same name.
    """

    entry_point: str
    prompt: str
    setup: str = ""
    tests: tuple[str, ...] = ()
    check: str = ""
    plan: Plan | None = None
    streams: tuple[StreamCase, ...] = ()
    profile: str = "bare"
    helpers: str = ""

    @property
    def defined(self) -> str:
        """The name that a candidate has to define: the function, or the class of the method."""
        return self.entry_point.partition(".")[0]

    @property
    def imports(self) -> str:
        """The import lines of `setup`."""
        return _import_lines(self.setup)

    @classmethod
    def of(cls, problem: Problem) -> ProgramProblem:
        """Read the fields of a problem of kind `program`.

        Raises:
            RecordError: it has none or several of the four forms of tests, or one of them is malformed.
        """
        forms = [form for form in FORMS if problem.fields.get(form)]
        if len(forms) != 1:
            found = "none" if not forms else " and ".join(forms)
            raise RecordError(
                forms[1] if forms else "tests", f"expected exactly one of {', '.join(FORMS)}; found {found}"
            )
        (form,) = forms
        entry_point = problem.text("entry_point", "")
        parts = entry_point.split(".")
        if entry_point and not (all(map(str.isidentifier, parts)) and len(parts) <= (2 if form == "cases" else 1)):
            raise RecordError("entry_point", f"not a name: {entry_point[:100]!r}")
        setup = problem.text("setup", "")
        if form == "stdio":
            return cls(entry_point, problem.prompt, setup, streams=_read_streams(problem))
        if form == "cases":
            _require(entry_point, form)
            return cls(entry_point, problem.prompt, setup, plan=_read_cases(problem, entry_point))
        if form == "test":
            _require(entry_point, form)
            test = problem.text("test")
            helpers, names = _helpers_of(problem.prompt, entry_point)
            plan = None if setup else _without_calls_of(names, _compiled_check(test, entry_point))
            profile = profile_for(test, setup, helpers)
            check = "" if plan else test
            return cls(entry_point, problem.prompt, setup, (), check, plan, profile=profile, helpers=helpers)
        tests = _read_tests(problem.fields["tests"])
        entry_point = entry_point or _called_first(tests)
        helpers, names = _helpers_of(problem.prompt, entry_point)
        plan = _without_calls_of(names, _compiled_assertions(tests, setup, entry_point))
        profile = profile_for(setup, helpers, *tests)
        asked = () if plan else tests
        return cls(entry_point, problem.prompt, setup, asked, "", plan, profile=profile, helpers=helpers)


_compiled_check = lru_cache(maxsize=1024)(compile_check)


@lru_cache(maxsize=1024)
def _compiled_assertions(tests: tuple[str, ...], setup: str, entry_point: str) -> Plan | None:
    return compile_assertions(list(tests), setup, entry_point)


@lru_cache(maxsize=1024)
def _helpers_of(prompt: str, entry_point: str) -> tuple[str, frozenset[str]]:
    """What a prompt defines before the entry point, and the names of its functions; nothing where it has none.

    Objects of a class must stay with the candidate, so a prompt that defines one keeps all its names there; so does
    one that leaves a second function to be written.
    """
    source = preamble(prompt, entry_point)
    body = ast.parse(source).body if "def " in source else []
    functions = [node for node in body if isinstance(node, ast.FunctionDef)]
    if any(isinstance(node, ast.ClassDef) for node in body) or any(map(_is_stub, functions)):
        return "", frozenset()
    names = frozenset(function.name for function in functions)
    return (source, names) if names else ("", names)


def _is_stub(function: ast.FunctionDef) -> bool:
    return all(isinstance(part, ast.Pass | ast.Raise) or _is_constant(part) for part in function.body)


def _is_constant(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _without_calls_of(helpers: frozenset[str], plan: Plan | None) -> Plan | None:
    return None if plan is None or any(call.name in helpers for call in plan.calls) else plan


def _require(entry_point: str, form: str) -> None:
    if not entry_point:
        raise RecordError("entry_point", f"missing; '{form}' needs it")


def _read_tests(field: object) -> tuple[str, ...]:
    if not isinstance(field, list) or not all(isinstance(test, str) for test in field):
        raise RecordError("tests", "expected a list of assert statements")
    return tuple(field)


def _read_streams(problem: Problem) -> tuple[StreamCase, ...]:
    field = problem.fields["stdio"]
    if not isinstance(field, list):
        raise RecordError("stdio", f"expected a list, got {type(field).__name__}")
    comparison = problem.text("comparison", "lines")
    if comparison not in COMPARISONS:
        raise RecordError("comparison", f"'{comparison[:100]}' is none of {', '.join(COMPARISONS)}")
    seconds = problem.fields.get("case_seconds")
    if seconds is not None and not (type(seconds) in (int, float) and seconds > 0):
        raise RecordError("case_seconds", f"expected a number above 0, got {seconds!r}")
    streams = []
    for number, case in enumerate(field, 1):
        if not isinstance(case, dict) or not isinstance(case.get("input"), str):
            raise RecordError("stdio", f"case {number}: expected an object with the string 'input' and 'output'")
        output = case.get("output")
        accepted: list[Any] = output if isinstance(output, list) else [output]
        if not accepted or not all(isinstance(text, str) for text in accepted):
            raise RecordError("stdio", f"case {number}: 'output' must be a string, or a list of accepted ones")
        streams.append(StreamCase(case["input"], tuple(accepted), comparison, seconds))
    return tuple(streams)


def _read_cases(problem: Problem, entry_point: str) -> Plan:
    field = problem.fields["cases"]
    if not isinstance(field, list):
        raise RecordError("cases", f"expected a list, got {type(field).__name__}")
    comparison = problem.text("comparison", "json")
    if comparison == "evalplus":
        return _read_reference_cases(problem, field, entry_point)
    if comparison != "json":
        raise RecordError("comparison", f"'{comparison[:100]}' is neither json nor evalplus")
    common = problem.fields.get("tolerance")
    calls, checks = [], []
    for index, case in enumerate(field):
        if not isinstance(case, dict) or "expected" not in case or not isinstance(case.get("args"), list):
            raise RecordError("cases", f"case {index + 1}: expected an object with a list 'args' and 'expected'")
        keywords = case.get("kwargs") or {}
        if not isinstance(keywords, dict):
            raise RecordError("cases", f"case {index + 1}: 'kwargs' must be an object")
        calls.append(Call(entry_point, tuple(case["args"]), keywords))
        tolerance = Tolerance.of(case.get("tolerance", common))
        condition = partial(_matches, index, case["expected"], tolerance)
        checks.append(Check(f"case {index + 1}: {_shown(case['args'])}", (index,), (condition,)))
    try:
        encode([call.arguments for call in calls])
    except PlainDataError as error:
        raise RecordError("cases", str(error)) from None
    return Plan(tuple(calls), tuple(checks), library_values_as_plain=True)


def _read_reference_cases(problem: Problem, field: list[Any], entry_point: str) -> Plan:
    """Cases whose `args` and `expected` are written as plain data, to be compared by EvalPlus's rules."""
    oracle = problem.text("oracle", "")
    if oracle and oracle not in ORACLES:
        raise RecordError("oracle", f"'{oracle[:100]}' is none of {', '.join(ORACLES)}")
    # Both columns are decoded whole: tasks have a thousand cases, and a judgement reads them anew.
    try:
        arguments, outputs = (
            decode(json.dumps([case[name] for case in field]).encode()) for name in ("args", "expected")
        )
    except (PlainDataError, KeyError, TypeError) as error:
        raise RecordError("cases", f"'args' and 'expected' of a case are no plain data: {error}") from None
    calls, checks = [], []
    for index, (case, values, expected) in enumerate(zip(field, arguments, outputs, strict=True)):
        if type(values) is not list:
            raise RecordError("cases", f"case {index + 1}: 'args' must be a list")
        tolerance = case.get("tolerance", 0)
        if type(tolerance) not in (int, float) or not tolerance >= 0:
            raise RecordError("tolerance", f"case {index + 1}: must be a number of at least 0, got {tolerance!r}")
        calls.append(Call(entry_point, tuple(values)))
        condition = partial(_matches_reference, index, expected, ReferenceCase(tuple(values), tolerance, oracle))
        checks.append(Check(f"case {index + 1}", (index,), (condition,)))
    return Plan(tuple(calls), tuple(checks), library_values_as_plain=True, seconds=_seconds_of(field))


def _seconds_of(cases: list[dict[str, Any]]) -> tuple[float, ...]:
    """The time limit of each case; empty where none has one."""
    if not any("seconds" in case for case in cases):
        return ()
    limits: list[Any] = [case.get("seconds") for case in cases]
    for number, seconds in enumerate(limits, 1):
        if type(seconds) not in (int, float) or not 0 < seconds < math.inf:
            raise RecordError("cases", f"case {number}: 'seconds' must be a number above 0, got {seconds!r}")
    return tuple(limits)


def _matches_reference(index: int, expected: object, case: ReferenceCase, answers: Any) -> bool:
    return matches_reference(answers[index], expected, case)


def _matches(index: int, expected: object, tolerance: Tolerance, answers: Any) -> bool:
    return matches_json(answers[index], expected, tolerance)


def _shown(arguments: Any) -> str:
    return json.dumps(arguments)[1:-1]


def _called_first(tests: tuple[str, ...]) -> str:
    """The function that the tests are about when the problem does not say.

    It is the first one called that is not builtin; a candidate may also redefine a builtin function, so failing that
    it is the first one called.
    """
    called = [name for test in tests for name in _called(test)]
    return next((name for name in called if not is_builtin(name)), called[0] if called else "")


def _called(test: str) -> list[str]:
    if not is_safe_to_parse(test):
        return []
    try:
        tree = ast.parse(test)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [function.id for function in calls if isinstance(function, ast.Name)]


@lru_cache(maxsize=1024)
def _import_lines(setup: str) -> str:
    if not setup or not is_safe_to_parse(setup):
        return ""
    try:
        body = ast.parse(setup).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return "\n".join(ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom))
