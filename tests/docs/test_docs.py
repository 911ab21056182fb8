"""The README and the docs: what they show runs, some test runs each command, links lead somewhere.

Commands of `console` blocks and Python blocks run here, as they stand. Those of `sh` blocks want a reader's model,
server or file: `doc_sessions.py` says what stands in for them and which suite runs them.
"""

from __future__ import annotations

import re
import shlex

import pytest
from run_directories import evaluation, record

from tests.support.doc_commands import (
    LOOKS_LIKE_A_COMMAND,
    PAGES,
    ROOT,
    Block,
    begins_with,
    blocks,
    commands,
    console_lines,
    environment,
    play,
    play_program,
    shown,
    spoken_commands,
    statements,
)
from tests.support.doc_sessions import (
    CORE,
    ELSEWHERE,
    FRAGMENTS,
    MODELS,
    QUICK,
    SESSIONS,
    TRAINING,
    fragments,
)


def named(block: Block) -> str:
    return f"{block.page}: {block.body.splitlines()[0]}"[:70]


@pytest.mark.parametrize("block", blocks("console"), ids=named)
def test_commands_of_the_docs_run(block, tmp_path):
    lines = [line for line in console_lines(block.body) if not line.startswith("make ")]  # make runs these tests
    play("\n".join(lines), tmp_path, environment(tmp_path, benchmarks=False))


@pytest.mark.parametrize("block", [*blocks("python"), *fragments(QUICK)], ids=named)
def test_programs_of_the_docs_run(block, tmp_path):
    if block.page == "reports.md":
        evaluation(tmp_path / "runs" / "first", [record("a", 0, True)])
    printed = play_program(block, tmp_path, environment(tmp_path, benchmarks=False))
    assert printed or "print(" not in block.body


def test_each_command_of_the_docs_is_run_by_one_test():
    """In a session, with its stand-ins, or elsewhere; and no row of a table is left over."""
    listed = [(one.page, begins) for one in SESSIONS for begins in one.steps]
    listed += [(one.page, one.begins) for one in ELSEWHERE]
    used, wrong = set(), []
    for command in commands():
        rows = {row for row in listed if row[0] == command.page and begins_with(command.text, row[1])}
        is_run = command.language == "console" and not command.text.startswith("make ")
        used |= set() if is_run else rows
        if not is_run and len(rows) != 1:
            wrong.append(f"{command.page}: {command.text}: {len(rows)} rows")
    assert not wrong
    assert {*listed} == used
    assert len(listed) == len({*listed})


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session.name)
def test_no_stand_in_is_left_over(session):
    shown = "\n".join(command.text for command, _ in session.written())
    assert [old for old in session.swaps if old not in shown] == []
    assert {*session.prints} <= {*session.steps}


def test_commands_stand_in_blocks_of_commands():
    wrong = [
        f"{block.page}: {line}"
        for block in blocks()
        if block.language not in ("sh", "console")
        for line in block.body.splitlines()
        if LOOKS_LIKE_A_COMMAND.match(line)
    ]
    assert not wrong


def test_commands_in_the_running_text_are_read_by_the_command_line():
    """Commands, options and the forms of their values; what is named without its arguments may lack them."""
    import typer

    from reasoning.cli.commands import app

    spoken, whole = spoken_commands(), typer.main.get_command(app)
    assert len(spoken) > 50
    for page, text in spoken:
        command, rest, context = whole, shlex.split(text)[1:], None
        try:
            while True:
                context = command.make_context(command.name, list(rest), parent=context)
                rest = [*getattr(context, "_protected_args", ()), *context.args]
                if not hasattr(command, "commands") or not rest:
                    break
                _, command, rest = command.resolve_command(context, rest)
        except typer.Exit:  # --help
            continue
        except Exception as error:
            if type(error).__name__ == "MissingParameter":
                continue
            raise AssertionError(f"{page}: {text}: {error}") from error
        assert not rest, f"{page}: {text}"


def test_each_part_of_a_program_is_run_by_one_test():
    for block in blocks("py"):
        assert sum(block.page == page and block.body.startswith(begins) for page, begins in FRAGMENTS) == 1, block
    assert len(FRAGMENTS) == len(blocks("py"))


def test_what_runs_a_command_elsewhere_takes_it_from_the_page():
    """A test by `shown`; a file of ours has the same words."""
    for one in ELSEWHERE:
        file, _, name = one.instead.partition("::")
        text = (ROOT / file).read_text()
        if name:
            assert re.search(rf"^(async )?def {name}\(", text, re.MULTILINE), one
            assert f'shown("{one.page}", "{one.begins}")' in text, one
        else:
            assert re.search(rf"(?<!\S){re.escape(shown(one.page, one.begins))}(?!\S)", text), one
    for runs in FRAGMENTS.values():
        if runs not in (QUICK, CORE, MODELS, TRAINING):
            file, name = runs.split("::")
            assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(), re.MULTILINE), runs


def test_statements_of_a_script():
    script = "# what\na b \\\n   --c  # why\n\ncat > f <<'END'\n# kept\nEND\nfor x in 1 2; do\n  y $x\ndone\n"
    assert [*statements(script)] == ["a b --c", "cat > f <<'END'\n# kept\nEND", "for x in 1 2; do\n  y $x\ndone"]
    assert console_lines("$ a  # b\nprinted\n$ c") == ["a", "c"]


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"
