import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning.methods.code.blocks import python_blocks
from reasoning.methods.code.examples import visible_tests
from reasoning.methods.code.imports import complete_program
from reasoning.methods.code.replies import parts_of_reply
from reasoning.methods.code.signatures import same_signature
from reasoning.methods.code.syntax import (
    SourceError,
    as_stub,
    docstring_literal,
    function_named,
    merge,
    parse,
    render,
    with_docstring,
)

SOURCE = '''\
import os, sys as system
from typing import List
# Above.
LIMIT: int = 3  # behind
low, high = 1, 2; other = "é"
class Box(dict):
    pass
@cached
# between
@wrapped(1)
def f(x: List[int], *, y=2) -> int:
    r"""Doc "quoted"."""
    # inside
    return x  # end
print(f(1))
if __name__ == "__main__":
    f(2)
async def g(): pass
'''


def test_parts_keep_their_text_and_other_statements_are_dropped():
    parts = parse(SOURCE)
    assert [(part.kind, part.name) for part in parts] == [
        ("import", "os"),
        ("import", "sys"),
        ("import", "from typing"),
        ("constant", "LIMIT"),
        ("constant", "low, high"),
        ("constant", "other"),
        ("class", "Box"),
        ("function", "f"),
    ]
    assert parts[3].source == "# Above.\nLIMIT: int = 3  # behind"
    assert (parts[4].source, parts[5].source) == ("low, high = 1, 2", 'other = "é"')
    assert parts[7].source.startswith("@cached\n# between\n@wrapped(1)\ndef f(")
    assert parts[7].source.endswith("# inside\n    return x  # end")


@pytest.mark.parametrize(
    ("body", "implemented"),
    [
        ("pass", False),
        ("...", False),
        ("raise NotImplementedError", False),
        ("raise NotImplementedError('later')", False),
        ("'''Only words.'''", False),
        ("'''Words.'''\n    pass", False),
        ("raise ValueError", True),
        ("return None", True),
        ("'''Words.'''\n    'more words'", True),
    ],
)
def test_stubs_are_told_from_functions(body, implemented):
    assert parse(f"def f():\n    {body}\n")[0].implemented is implemented


@pytest.mark.parametrize(
    "source",
    [
        "def f(x): return x",
        "def f(x):  # why\n    return x",
        'def f(x):\n    """Doc."""\n    return x',
        'def f(x): "Doc."; return x',
        "def f(x):\n  # first\n  @a\n  def g(): pass\n  return g",
        "@d\ndef f(\n    x,\n):\n\treturn (\n\t\tx)",
    ],
)
def test_stubs_and_docstrings_are_put_in_place(source):
    (function,) = parse(source)
    (stub,) = parse(as_stub(function))
    assert not stub.implemented
    assert stub.docstring == function.docstring
    assert ast.dump(stub.function.args) == ast.dump(function.function.args)
    changed = with_docstring(function, '"""New."""')
    assert changed.docstring == "New."
    kept = function.function.body[1:] if function.docstring else function.function.body
    assert [ast.dump(node) for node in changed.function.body[1:]] == [ast.dump(node) for node in kept]


@given(st.text())
def test_any_statement_can_become_a_docstring(text):
    text = text.encode("utf-8", "replace").decode().replace("\0", "")
    source = f"def f():\n    {docstring_literal(text)}\n    raise NotImplementedError()"
    (part,) = parse(source)
    assert not part.implemented
    # Line ends and the indentation of lines are all that may differ.
    assert "".join(part.docstring.split()) == "".join(text.split())


def test_merging_follows_its_rules():
    parts = parse(
        "from a import x\nfrom a import y as z\nN = 1\ndef f(): return 1\ndef f(): return 2\ndef f(): pass\nN = 2\n"
        "def g(): pass\ndef g(): ...\nclass C: a = 1\nclass C: b = 1\n"
    )
    merged = merge(parts)
    assert [part.source for part in merged] == [
        "from a import x, y as z",
        "N = 2",
        "def f(): return 2",
        "def g(): ...",
        "class C: b = 1",
    ]
    assert function_named(parts, "f").source == "def f(): return 2"
    assert function_named(parts, "h") is None


def test_programs_define_things_before_they_are_needed():
    program = render(
        parse(
            "def f(): return g() + N\nTABLE = [f(), f()]\nN = 1\ndef g(): return 1\nfrom __future__ import annotations\n"
        )
    )
    namespace = {}
    exec(program, namespace)
    assert namespace["TABLE"] == [2, 2]
    assert program.startswith("from __future__")


def test_imports_that_are_forgotten_are_added_and_others_are_not():
    program = complete_program(
        parse("import numpy as np\nre = 3\ndef f(x: List[int]) -> Any:\n    return math.pi + re")
    )
    lines = program.splitlines()
    assert "import math" in lines
    assert "from typing import Any, List" in lines
    assert not any(line == "import re" for line in lines)
    assert lines.count("import numpy as np") == 1


@pytest.mark.parametrize(
    ("asked", "given", "same"),
    [
        ("x, y=1", "x, y=1", True),
        ("x, y=1", "x, y=2", False),
        ("x, y=1", "x, y", False),
        ("x, y", "y, x", False),
        ("x, *, y", "x, y", False),
        ("x, *rest", "x, *rest", True),
        ("x: List[int]", "x: list[int]", True),
        ("x: typing.List[int]", "x: List[int]", True),
        ("x: List", "x: List[int]", True),
        ("x: List[int]", "x: List", False),
        ("x: int", "x", False),
        ("x", "x: int", True),
        ("x: Any", "x: int", True),
        ("x: 'int'", "x: int", True),
        ("x: int | None", "x: int | None", True),
        ("x: Dict[str, int]", "x: dict[str, str]", False),
    ],
)
def test_signatures(asked, given, same):
    assert same_signature(parse(f"def f({asked}): ...")[0], parse(f"def f({given}): return 1")[0]) is same


def test_a_missing_result_annotation_is_accepted_and_another_one_is_not():
    asked = parse("def f() -> int: ...")[0]
    assert same_signature(asked, parse("def f(): return 1")[0])
    assert not same_signature(asked, parse("def f() -> str: return 1")[0])


def test_blocks():
    assert python_blocks("```python\na\n```\n```js\nb\n```\n~~~\nc\n~~~\n```\nd\n```\n```py\ne") == [
        "a\n",
        "c\n",
        "d\n",
        "e",
    ]
    assert python_blocks("no code") == []
    assert python_blocks("````python\n```\ninner\n```\n````") == ["```\ninner\n```\n"]


@pytest.mark.parametrize(
    "source",
    [
        "(" * 200,
        "x = 1\n" * 201,
        "-" * 99_999 + "1",
        "x = " + "1+" * 49_000 + "1",
        "x = '" + "a" * 200_000 + "'",
        "def f(:\n",
        "\0",
        "x = " + "9" * 5_000,
    ],
)
def test_hostile_sources_are_refused(source):
    with pytest.raises(SourceError):
        parse(source)


def test_a_reply_of_many_blocks_is_bounded():
    reply = "".join(f"```python\nv{block}_{line} = 1\n```\n" for block in range(100) for line in range(1))
    assert len(parts_of_reply(reply)) == 32
    assert len(parts_of_reply("```python\n" + "x = 1\n" * 10_000 + "```")) == 0


@given(st.text(alphabet="`\npython def():x=1 ", max_size=400))
def test_any_reply_is_read(text):
    parts_of_reply(text)
    python_blocks(text)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (">>> f([1, 2])\n[2, 1]", ["assert f([1, 2]) == [2, 1]"]),
        (">>> f(1) == 2\nTrue", ["assert f(1) == 2"]),
        (">>> f(1)\n", []),
        ("For f('a)') returns 'b'.", ["assert f('a)') == 'b'"]),
        ('f("x", 3) ➞ True', ['assert f("x", 3) == True']),
        ("f(2) = 1 + 1", []),
        ("f(n) = 3", ["assert f(n) == 3"]),
        ("g.f(1) == 2 and of(1) == 3", []),
        ("assert f(1) == 2", ["assert f(1) == 2"]),
        ("assert g(1) == 2", []),
        ("assert f(1", []),
        ("f(1) == " + "[" * 300, []),
    ],
)
def test_examples_of_a_statement(statement, found):
    assert visible_tests(statement, "f") == found
