r"""From a problem to the function that has to be written.

>>> prompt = "import math\n\ndef area(r):\n    '''Area of a circle.\n    >>> area(0)\n    0.0\n    '''\n"
>>> task = code_task(Problem("p", "program", prompt, {"entry_point": "area", "test": "..."}), "funcoder")
>>> task.root.name, [part.name for part in task.context], task.examples
('area', ['math'], ('assert area(0) == 0.0',))

Only the statement and the entry point's name are read, never the tests.
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass

from reasoning.methods.base import MethodError
from reasoning.methods.code.blocks import python_blocks
from reasoning.methods.code.examples import visible_tests
from reasoning.methods.code.syntax import (
    Part,
    SourceError,
    as_stub,
    docstring_literal,
    docstring_source,
    function_named,
    parse,
    render,
    with_docstring,
)
from verifiers.extraction import is_safe_to_parse
from verifiers.records import Problem

__all__ = ["SOLUTION", "CodeTask", "code_task", "whole_program"]

SOLUTION = "solution"
"""Name of the function that a mathematical problem or a whole program asks for."""
MAX_SAMPLES = 20
"""Most samples of a statement that are looked at."""
_RUN = f"""

if __name__ == "__main__":
    import sys

    print({SOLUTION}(sys.stdin.read()))
"""
_STREAMS = "`text` is all of standard input; return all that belongs on standard output. Do not read or print."


@dataclass(frozen=True, slots=True)
class CodeTask:
    """A function to write.

    Attributes:
        problem: where it comes from.
        root: the function as a stub, with the statement as its docstring.
        docstring: source of that docstring.
        context: what the problem gives beside it: imports, constants, classes, finished functions.
        examples: assert statements that stand in the statement.
        free: whether its arguments are not known, so that any will do.
        stub_given: whether the statement is the function itself, as code.
        samples: inputs and outputs that the statement of a whole program shows.
        whole: whether a whole program is asked for: a function from all of its input to all of its output.
    """

    problem: Problem
    root: Part
    docstring: str
    context: tuple[Part, ...] = ()
    examples: tuple[str, ...] = ()
    free: bool = False
    stub_given: bool = True
    samples: tuple[tuple[str, str], ...] = ()
    whole: bool = False

    @property
    def code(self) -> str:
        """The statement as code: the context and the stub."""
        return render([*self.context, self.root]) if self.context else self.root.source + "\n"


def whole_program(task: CodeTask, program: str) -> str:
    """What is judged: `program`, which defines the function, and where a whole program is asked for the call of it."""
    return program + _RUN if task.whole else program


def code_task(problem: Problem, method: str, *, mathematics: bool = False) -> CodeTask:
    """The function that `problem` asks for; a program that reads standard input is one from its input to its output.

    Args:
        problem: of kind `program` with an entry point (a field, or the function that assert lines of the statement
            call); of kind `answer` where that is allowed.
        method: name of the method, for messages.
        mathematics: whether a problem of kind `answer` is taken as a function without arguments.

    Raises:
        MethodError: the problem does not fit.
    """
    if problem.kind == "answer" and mathematics:
        return _without_arguments(problem)
    kinds = "program or answer" if mathematics else "program"
    if problem.kind != "program":
        raise MethodError(
            f"method '{method}' takes problems of kind {kinds}; problem '{problem.id}' is of kind {problem.kind}"
        )
    if problem.fields.get("stdio"):
        return _whole_program(problem)
    entry_point = _entry_point(problem)
    if not entry_point:
        raise MethodError(f"method '{method}' needs the name of a function; problem '{problem.id}' has no entry_point")
    examples = tuple(visible_tests(problem.prompt, entry_point))
    for source in (problem.prompt, f"{problem.prompt}\n    pass\n"):
        task = _from_code(problem, source, entry_point, examples, statement="")
        if task is not None:
            return task
    for block in python_blocks(problem.prompt):
        task = _from_code(problem, block, entry_point, examples, statement=problem.prompt)
        if task is not None:
            return task
    return _from_examples(problem, entry_point, examples)


def _entry_point(problem: Problem) -> str:
    given = problem.fields.get("entry_point")
    if isinstance(given, str) and given.isidentifier():
        return given
    for line in problem.prompt.splitlines():
        called = _called(line.strip()) if line.strip().startswith("assert ") else ""
        if called:
            return called
    return ""


def _called(line: str) -> str:
    """The first function that an assert line calls and that is not builtin (else the first one)."""
    if not is_safe_to_parse(line):
        return ""
    try:
        tree = ast.parse(line)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    calls = [node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return next((name for name in calls if not hasattr(builtins, name)), calls[0] if calls else "")


def _from_code(
    problem: Problem, source: str, entry_point: str, examples: tuple[str, ...], statement: str
) -> CodeTask | None:
    try:
        parts = parse(source)
    except SourceError:
        return None
    function = function_named(parts, entry_point)
    if function is None:
        return None
    literal = docstring_literal(statement or function.docstring or _first_text(function))
    stub = parse(as_stub(function))[-1]
    if statement or not stub.docstring:
        stub = with_docstring(stub, literal)
    else:
        literal = docstring_source(stub)
    context = tuple(part for part in (*parts, *_imports_within(function)) if part is not function and part.implemented)
    return CodeTask(problem, stub, literal, context, examples, stub_given=not statement)


def _first_text(function: Part) -> str:
    """A text among the function's statements that is no docstring only because something stands before it."""
    for statement in function.function.body:
        value = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
    return ""


def _imports_within(function: Part) -> tuple[Part, ...]:
    found = [node for node in function.function.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return parse("\n".join(map(ast.unparse, found)))


def _from_examples(problem: Problem, entry_point: str, examples: tuple[str, ...]) -> CodeTask:
    """A function whose arguments are only known by number, from the first example that calls it."""
    count = 0
    for example in examples:
        calls = [node for node in ast.walk(ast.parse(example)) if isinstance(node, ast.Call)]
        own = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == entry_point]
        if own:
            count = len(own[0].args)
            break
    arguments = ", ".join(f"argument_{number}" for number in range(1, count + 1))
    literal = docstring_literal(problem.prompt)
    source = f"def {entry_point}({arguments}):\n    {literal}\n    raise NotImplementedError()"
    return CodeTask(problem, parse(source)[-1], literal, (), examples, free=True, stub_given=False)


def _whole_program(problem: Problem) -> CodeTask:
    literal = docstring_literal(f"{problem.prompt.strip()}\n\n{_STREAMS}")
    source = f"def {SOLUTION}(text: str) -> str:\n    {literal}\n    raise NotImplementedError()"
    stub = parse(source)[-1]
    return CodeTask(problem, stub, literal, stub_given=False, samples=_samples(problem), whole=True)


def _samples(problem: Problem) -> tuple[tuple[str, str], ...]:
    """The pairs that the statement shows, as benchmarks note them; the tests that decide are not looked at."""
    shown = problem.meta.get("samples")
    pairs = shown if isinstance(shown, list) else []
    return tuple(
        (pair[0], pair[1])
        for pair in pairs[:MAX_SAMPLES]
        if isinstance(pair, list | tuple) and len(pair) == 2 and all(isinstance(text, str) for text in pair)
    )


def _without_arguments(problem: Problem) -> CodeTask:
    literal = docstring_literal(problem.prompt)
    source = f"def {SOLUTION}():\n    {literal}\n    raise NotImplementedError()"
    return CodeTask(problem, parse(source)[-1], literal, stub_given=False)
