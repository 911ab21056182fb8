r"""A double of the Isabelle server: its wire protocol, and a toy for its prover. Knows no logic.

    async with IsabelleDouble(tmp_path, closes={"1 + 1": {"auto", "simp"}}) as server:
        server.variable         # "127.0.0.1:PORT:PASSWORD"

A theory is read from its file. `by METHOD` is right exactly where the theory's statement holds a key of `closes` with
that method; a `sorry` fails as it does without `quick_and_dirty`; `by eval` leaves an oracle; a statement with `nonsense`
is refused at its own line. Misbehaviour is asked for by name in `tricks`, one for each `use_theories`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import uuid
from collections import deque
from itertools import pairwise
from pathlib import Path

PASSWORD = "2b1f8d44-0000-4000-8000-1d0ab1e00000"


class IsabelleDouble:
    def __init__(self, folder: Path, closes=None, tricks=(), segments=False, facts=None):
        self.folder = folder / "session"
        self.folder.mkdir(exist_ok=True)
        self.closes = closes or {}
        self.facts = facts or {}
        self.tricks = deque(tricks)
        self.segments = segments
        self.commands: list[tuple[str, object]] = []
        self.theories: list[str] = []
        self.sessions: set[str] = set()
        self.cancelled = asyncio.Event()
        self._running: dict[str, asyncio.Task] = {}
        self._sending = asyncio.Lock()
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.variable = f"127.0.0.1:{self.port}:{PASSWORD}"
        return self

    async def __aexit__(self, *_):
        await self.stop()

    async def stop(self):
        self._server.close()
        for task in self._running.values():
            task.cancel()
        for writer in self._writers:
            writer.close()

    def count(self, name):
        return sum(1 for command, _ in self.commands if command == name)

    async def _serve(self, reader, writer):
        self._writers.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            if await _message(reader) == PASSWORD:
                await self._send(writer, "OK", {"isabelle_id": "double", "isabelle_name": "Isabelle2025"})
                while True:
                    name, _, argument = (await _message(reader)).partition(" ")
                    await self._command(writer, name, json.loads(argument) if argument else None)
        writer.close()

    async def _command(self, writer, name, argument):
        self.commands.append((name, argument))
        if name in ("session_start", "session_stop", "session_build", "use_theories"):
            task = str(uuid.uuid4())
            await self._send(writer, "OK", {"task": task})
            self._running[task] = asyncio.create_task(self._run(writer, name, argument, task))
        elif name == "cancel":
            self.cancelled.set()
            self._running[argument["task"]].cancel()
            await self._send(writer, "OK", None)
        elif name == "purge_theories":
            purged = [{"node_name": one, "theory_name": f"Draft.{one}"} for one in argument["theories"]]
            await self._send(writer, "OK", {"purged": purged, "retained": []})
        elif name == "echo":
            await self._send(writer, "OK", argument)
        elif name in ("help", "shutdown"):
            await self._send(writer, "OK", None)
        else:
            await self._send(writer, "ERROR", f"Bad command '{name}'")

    async def _run(self, writer, name, argument, task):
        note = {"kind": "writeln", "message": f"{name} \\<forall> " + "." * 120, "task": task}
        try:
            await self._send(writer, "NOTE", note)
            end, body = await self._outcome(writer, name, argument)
        except asyncio.CancelledError:
            end, body = "FAILED", {"kind": "error", "message": "Interrupt"}
        if end:
            with contextlib.suppress(ConnectionError):
                await self._send(writer, end, {**body, "task": task})

    async def _outcome(self, writer, name, argument):
        if name == "session_start":
            session = str(uuid.uuid4())
            self.sessions.add(session)
            return "FINISHED", {"session_id": session, "tmp_dir": str(self.folder)}
        if argument["session_id"] not in self.sessions:
            return "FAILED", {"kind": "error", "message": f"No session {argument['session_id']!r}"}
        if name == "session_stop":
            self.sessions.remove(argument["session_id"])
            return "FINISHED", {"ok": True, "return_code": 0}
        trick = self.tricks.popleft() if self.tricks else ""
        if trick == "slow":
            await asyncio.Event().wait()
        if trick == "close":
            writer.close()
            return "", {}
        if trick == "bad json":
            writer.write(b"FINISHED {not json\n")
            return "", {}
        if trick == "forget":
            self.sessions.clear()
            return "FAILED", {"kind": "error", "message": f"No session {argument['session_id']!r}"}
        body = self._checked(argument["theories"][0], Path(argument["master_dir"]))
        if trick == "not consolidated":
            body["nodes"][0]["status"]["consolidated"] = False
        if trick == "no oracles":
            body["nodes"][0]["messages"] = []
        if trick == "no dependencies":
            body["nodes"][0]["messages"].pop()
        return "FINISHED", body

    def _checked(self, name, folder):
        path = folder / f"{name}.thy"
        text = path.read_text()
        assert text.startswith(f"theory {name} ")
        self.theories.append(text)
        rows = text.split("\n")
        starts = [i for i, row in enumerate(rows) if re.match(r"(theorem|lemma)\b", row)]
        found, said = [], []
        if "Missing" in rows[0]:
            found.append((1, "theory", 'Bad theory import "Missing"'))
            rows, starts = rows[:1], []
        dirty, known = False, {}
        for start, end in pairwise([*starts, len(rows)]):
            dirty = "declare [[quick_and_dirty = true]]" in rows[:start][-1:]
            wrong, answers = self._theorem(rows, start, end, dirty, known)
            found += wrong
            said += answers
        for number, row in enumerate(rows, 1):
            if row.startswith("thm "):
                fact = row.removeprefix("thm ")
                said += [(number, self.facts[fact])] if fact in self.facts else []
                found += [] if fact in self.facts else [(number, fact, f'Undefined fact: "{fact}"\\<^here>')]
        messages = [_error(path, rows, *one) for one in found]
        messages += [
            {"kind": "writeln", "message": message, "pos": {"line": number, "file": str(path)}}
            for number, message in said
        ]
        ok = not found
        status = {"ok": ok, "total": 7, "unprocessed": 0, "running": 0, "warned": 0, "failed": len(found),
                  "finished": 7, "canceled": False, "consolidated": True, "percentage": 100}  # fmt: skip
        node = {"node_name": str(path), "theory_name": f"Draft.{name}", "status": status, "messages": messages}
        return {"ok": ok, "errors": [one for one in messages if one["kind"] == "error"], "nodes": [node]}

    def _theorem(self, rows, start, end, dirty, known):
        """What is wrong between a theorem and the next one, and what its commands say."""
        found, said = [], []
        proof = next((i for i in range(start + 1, end) if re.match(r"\s*(by|proof|using|unfolding|apply|sorry|oops|"
                      r"solve_direct|sledgehammer|\.)\b", rows[i])), start + 1)  # fmt: skip
        stated = "\n".join(rows[start:proof])
        closing = {method for key, methods in self.closes.items() if key in stated for method in methods}
        found += [
            (i + 1, "nonsense", "Undefined constant nonsense") for i in range(start, proof) if "nonsense" in rows[i]
        ]
        used = []
        for number, row in enumerate(rows[proof:end], proof + 1):
            if row == "end":
                break
            told = re.sub(r'"[^"]*"', _blank, row)
            for step in re.finditer(r"\bby\b(?:\s+(\w+|\([^)]*\)))?|\bsorry\b", told):
                if step.group(1) not in closing and not (dirty and step.group() == "sorry"):
                    found.append((number, step.group(), "Failed to finish proof\\<^here>:\ngoal (1 subgoal):\n 1. ..."))
            if row.startswith("thm_oracles "):
                evaluated = any("by eval" in one for one in rows[proof:end])
                said.append((number, "oracles:" + ("\n  \\<^item> holds_by_evaluation" if evaluated else "")))
            elif row.startswith("thm_deps "):
                used = [f"{rows[0].split()[1]}.helper", *(fact for fact in self.facts if fact in used)]
                said.append((number, f"dependencies: {len(used)}" + "".join(f"\n  \\<^item> {one}" for one in used)))
            elif row == "solve_direct":
                same = [f"  {name}: {one}" for name, one in {**self.facts, **known}.items() if one == _shown(stated)]
                head = "solve_direct: the current goal can be solved directly with\n"
                said.append((number, head + "\n".join(same) if same else "No proof found"))
            else:
                used += re.findall(r"[A-Za-z][\w.']*", told)
        name = re.match(r"\w+\s+([\w']+)\s*:", stated)
        known[name.group(1) if name else "unnamed"] = _shown(stated)
        return found, said

    async def _send(self, writer, name, body):
        async with self._sending:
            await self._write(writer, name, body)

    async def _write(self, writer, name, body):
        data = (name if body is None else f"{name} {json.dumps(body, ensure_ascii=False)}").encode() + b"\n"
        if len(data) > 100:
            data = b"%d\n%s" % (len(data), data)
        size = 7 if self.segments else len(data)
        for begin in range(0, len(data), size):
            writer.write(data[begin : begin + size])
            await writer.drain()
            if self.segments:
                await asyncio.sleep(0)


async def _message(reader):
    line = (await reader.readuntil(b"\n")).strip()
    return (await reader.readexactly(int(line)) if line.isdigit() else line).decode().strip()


def _shown(stated):
    """The last proposition of a statement."""
    return " ".join(re.findall(r'"([^"]*)"', stated)[-1].split())


def _blank(found):
    return " " * len(found.group())


def _error(path, rows, line, word, message):
    """An error as the server places it: it counts symbols from 1, and `\\<forall>` is one."""
    before = "\n".join(rows[: line - 1]) + "\n" + rows[line - 1][: rows[line - 1].index(word)]
    offset = len(re.findall(r"\\<\^?\w+>|[\s\S]", before)) + 1
    pos = {"line": line, "offset": offset, "end_offset": offset + len(word), "file": str(path)}
    return {"kind": "error", "message": message, "pos": pos}
