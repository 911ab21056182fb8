"""Residents: children that stay beside the pool's tasks."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from verifiers.proofs.lean.entry import program_payload
from verifiers.sandbox import End, Limits, Profile, SandboxPool, Task
from verifiers.sandbox.entries import program_payload as python_payload

SOURCE = """
import os, sys
channel = int(sys.argv[1])
while data := os.read(channel, 65536):
    os.write(channel, data)
"""
ECHO = [os.path.realpath(sys.executable), "-S", "-E", "-c", SOURCE, "{channel}"]
ENTRY = "verifiers.proofs.lean.entry:become_program"
PYTHON = "verifiers.sandbox.entries:run_program"


def test_a_program_answers_on_the_channel_that_it_inherits():
    async def run():
        async with SandboxPool(workers=1) as pool:
            task = Task(ENTRY, program_payload(ECHO, {}))
            resident = await pool.resident(task, Limits(wall_seconds=30))
            await resident.send(b"one")
            first = await resident.receive()
            # The only slot of the pool is free for others meanwhile.
            outcome = await pool.run(Task(PYTHON, python_payload("print(1)"), capture=True), Limits())
            await resident.send(b"two")
            second = await resident.receive()
            ended = await resident.kill()
            return first, second, outcome.stdout, ended.end

    assert asyncio.run(run()) == (b"one", b"two", b"1\n", End.LIMIT)


def test_a_resident_ends_with_the_pool():
    async def run():
        pool = SandboxPool(workers=1)
        task = Task(ENTRY, program_payload(ECHO, {}))
        resident = await pool.resident(task, Limits(wall_seconds=30))
        await pool.close()
        return await resident.receive()

    assert asyncio.run(run()) is None


@pytest.mark.parametrize(("space", "fits"), [(None, False), (1 << 20, True)])
def test_address_space_is_limited_apart_from_memory(space, fits):
    source = "import mmap\nmmap.mmap(-1, 2 << 30)\nprint('mapped')"

    async def run():
        async with SandboxPool(workers=1) as pool:
            limits = Limits(memory_mib=256, address_space_mib=space)
            return await pool.run(Task(PYTHON, python_payload(source), capture=True), limits)

    assert (asyncio.run(run()).stdout == b"mapped\n") is fits


def test_a_profile_may_be_added_once_under_its_name():
    pool = SandboxPool(workers=1)
    pool.add_profile(Profile("mine"))
    pool.add_profile(Profile("mine"))
    with pytest.raises(ValueError, match="mine"):
        pool.add_profile(Profile("mine", packages=("numpy",)))


def test_a_package_behind_a_link_is_there_by_both_of_its_paths(tmp_path, monkeypatch):
    """As in an environment that a link leads to: what a package starts it may name by its real path."""
    package = tmp_path / "real" / "linked_package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "program").write_text("read")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.syspath_prepend(str(tmp_path / "link"))
    paths = [str(tmp_path / name / "linked_package" / "program") for name in ("link", "real")]
    source = f"print([open(path).read() for path in {paths}])"

    async def run():
        async with SandboxPool(workers=1) as pool:
            pool.add_profile(Profile("linked", packages=("linked_package",)))
            return await pool.run(Task(PYTHON, python_payload(source), capture=True, profile="linked"), Limits())

    outcome = asyncio.run(run())
    assert outcome.stdout == b"['read', 'read']\n", outcome.stderr
