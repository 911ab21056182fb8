"""The store of a run, `run.sqlite`: what is finished, kept so that no crash loses it and no resume repeats it.

    store = RunStore(Path("runs/first/run.sqlite"))
    store.add_completion(key, Completion("def sol(): return 3"), seconds=0.8)
    store.commit()
    store.completion(key)       # Completion(text='def sol(): return 3', ...), also after kill -9

Tables (schema version 2; texts from models are JSON strings in ASCII, so that lone surrogates survive):

- `problems(number, id, meta)`: the problems in the order of the benchmark, `meta` as JSON;
- `completions(key, body)`: `key` is the hash of request, seed and engine (see `reasoning.runs.recording`), `body` the
  JSON list `[text, finish_reason, prompt_tokens, completion_tokens, seconds, meta, logprobs]`, empty tail left out;
- `judgements(id, key, problem, candidate, score, status, detail, seconds, isolation)`: one for each distinct pair of
  problem and candidate; `candidate` is NULL where the method found none;
- `items(position, judgement, finish, cost, trace)`: one for each sample, `position = number of the problem * samples +
  sample`; `cost` is a JSON list (see `Cost`) and `trace` the method's own JSON, NULL where there is none;
- `outcomes(stage, position, body)`: what came of one unit of a pipeline's work, as JSON;
- `tool_replies(key, body)`: what tools and programs answered, by a hash of the call;
- `rejudgements`: as `judgements`, while `reasoning verify --run` is under way;
- `facts(name, value)`: schema version, what a pipeline's work took in the sandbox, and the like.

Writes are batched: they are committed every `COMMIT_ROWS` rows, and by `Run` every `COMMIT_SECONDS`. SQLite's
write-ahead log keeps the file whole whatever kills the process.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from pathlib import Path
from typing import Any, NoReturn

from reasoning.engines.base import Completion, TokenLogprob
from verifiers.records import Status, Verdict

__all__ = [
    "COMMIT_ROWS",
    "COMMIT_SECONDS",
    "EXPORTED",
    "Cost",
    "FinishedItem",
    "RunStore",
    "StoreError",
    "StoredJudgement",
    "compact_json",
]

compact_json = json.JSONEncoder(separators=(",", ":")).encode
"""JSON without spaces. One encoder for all: `json.dumps` makes a new one at each call with separators."""

COMMIT_ROWS = 200
"""A transaction is committed when it holds this many rows."""
COMMIT_SECONDS = 0.05
"""Longest time that a finished row waits for its commit while a run is working."""
SCHEMA_VERSION = "2"
_UPGRADES = {"1": ("ALTER TABLE items ADD COLUMN cost TEXT", "ALTER TABLE items ADD COLUMN trace TEXT")}
"""Statements that turn a store of an earlier version into one of this version."""

EXPORTED = "exported"
"""The fact that what is finished has been written out as it is; it is dropped when an item or a verdict changes."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS problems(number INTEGER PRIMARY KEY, id TEXT NOT NULL, meta TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS completions(key BLOB PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS judgements(
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, problem INTEGER NOT NULL, candidate TEXT,
    score REAL NOT NULL, status TEXT NOT NULL, detail TEXT NOT NULL, seconds REAL NOT NULL, isolation TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS items(position INTEGER PRIMARY KEY, judgement INTEGER NOT NULL, finish TEXT NOT NULL,
    cost TEXT, trace TEXT);
CREATE TABLE IF NOT EXISTS outcomes(
    stage TEXT NOT NULL, position INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY(stage, position)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tool_replies(key BLOB PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rejudgements(
    id INTEGER PRIMARY KEY, score REAL NOT NULL, status TEXT NOT NULL, detail TEXT NOT NULL, seconds REAL NOT NULL,
    isolation TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS item_added AFTER INSERT ON items BEGIN DELETE FROM facts WHERE name = 'exported'; END;
CREATE TRIGGER IF NOT EXISTS item_dropped AFTER DELETE ON items BEGIN DELETE FROM facts WHERE name = 'exported'; END;
CREATE TRIGGER IF NOT EXISTS verdict_changed AFTER UPDATE ON judgements
    BEGIN DELETE FROM facts WHERE name = 'exported'; END;
"""
_USAGE = "sandbox usage"
_VERDICT_COLUMNS = "score, status, detail, seconds, isolation"


class StoreError(RuntimeError):
    """The file is not a run's store, or of another version, or it cannot be written."""


@dataclass(frozen=True, slots=True)
class StoredJudgement:
    """A judged candidate: `id` names it within the store, `candidate` is None where the method found none."""

    id: int
    problem: int
    candidate: str | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Cost:
    """What one sample took.

    Attributes:
        calls: completions that its method asked for, those from the store counted like the others.
        prompt_tokens: of these completions.
        completion_tokens: likewise.
        sandbox_tasks: children that ran for its method; the final judgement is not among them.
        sandbox_seconds: their CPU time.
        tool_calls: calls of tools, those whose reply the run had already counted like the others.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    sandbox_tasks: int = 0
    sandbox_seconds: float = 0.0
    tool_calls: int = 0


_cost_values = attrgetter(*(one.name for one in fields(Cost)))
"""The values of a cost in the order of its fields; `astuple` copies each of them deeply."""


@dataclass(frozen=True, slots=True)
class FinishedItem:
    """One sample as it is exported.

    Attributes:
        problem: number of its problem.
        problem_id: that problem's id.
        sample: index of the sample.
        finish_reason: how its last completion ended.
        judgement: how it was judged.
        cost: what it took.
        vote: what a vote may weigh it by: the part `vote` of its trace.
        tools: what its method called: the part `tools` of its trace.
    """

    problem: int
    problem_id: str
    sample: int
    finish_reason: str
    judgement: StoredJudgement
    cost: Cost = Cost()
    vote: Mapping[str, Any] = field(default_factory=dict)
    tools: Sequence[Mapping[str, Any]] = ()


class RunStore:
    """All finished work of one run. Used from one thread."""

    def __init__(self, path: Path, *, reading: bool = False) -> None:
        """Open the store at `path`, making it when it is not there.

        Args:
            path: of its file.
            reading: it is there and nothing will be written, so that it may lie where nothing can be.

        Raises:
            StoreError: the file is something else or was written by another version.
        """
        self._path = path
        if reading and not path.is_file():
            raise StoreError(f"{path}: no such file")
        self._pending = 0
        self._failure: StoreError | None = None
        fixed = reading and not (os.access(path.parent, os.W_OK) and os.access(path, os.W_OK))
        try:
            self._connection = sqlite3.connect(
                _address(path) if fixed else path, isolation_level=None, cached_statements=64, uri=fixed
            )
        except sqlite3.OperationalError as error:
            raise StoreError(f"{path}: cannot be opened: {error}") from None
        try:
            self._prepare(fixed)
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self, fixed: bool) -> None:
        try:
            if not fixed:
                self._connection.execute("PRAGMA journal_mode=WAL")
                self._connection.execute("PRAGMA synchronous=NORMAL")
                self._connection.executescript(_SCHEMA)
            version = self.fact("schema")
            if not fixed:
                self._upgrade(version)
        except sqlite3.OperationalError as error:
            self._fail(error)
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{self._path} is not a run's store: {error}") from None
        if version not in (SCHEMA_VERSION, *(() if fixed else (None, *_UPGRADES))):
            raise StoreError(f"{self._path} has schema {version}, expected {SCHEMA_VERSION}")
        if version is None:
            self.set_fact("schema", SCHEMA_VERSION)
            self.commit()
        row = self._row("SELECT coalesce(max(id), 0) FROM judgements")
        self._next_judgement = 1 if row is None else 1 + int(row[0])

    def _upgrade(self, version: str | None) -> None:
        statements = _UPGRADES.get(version or "", ())
        if statements:
            self._connection.execute("BEGIN")
            for statement in statements:
                self._connection.execute(statement)
            self._connection.execute("UPDATE facts SET value = ? WHERE name = 'schema'", (SCHEMA_VERSION,))
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Commit and close; after a failure to write only close.

        Raises:
            StoreError: what was written last cannot be committed.
        """
        try:
            if self._failure is None:
                self.commit()
        finally:
            self._connection.close()

    def commit(self) -> None:
        """Make all that was written so far durable against the death of the process.

        Raises:
            StoreError: it cannot be written, or something before it could not.
        """
        if self._failure is not None:
            raise self._failure
        if self._pending:
            try:
                self._connection.execute("COMMIT")
            except sqlite3.OperationalError as error:
                self._fail(error)
            self._pending = 0

    def fact(self, name: str) -> str | None:
        """The value of a named fact, or None."""
        row = self._row("SELECT value FROM facts WHERE name = ?", (name,))
        return None if row is None else str(row[0])

    def set_fact(self, name: str, value: str) -> None:
        """Write a named fact."""
        self._write("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def add_problem(self, number: int, id: str, meta: dict[str, Any]) -> None:
        """Note the problem with this number (from 0); one that is there already stays."""
        self._write("INSERT OR IGNORE INTO problems VALUES (?, ?, ?)", (number, id, json.dumps(meta)))

    def problems(self) -> Iterator[tuple[int, str, dict[str, Any]]]:
        """Number, id and meta of all problems, in order."""
        for number, id, meta in self._rows("SELECT number, id, meta FROM problems ORDER BY number"):
            yield number, id, json.loads(meta)

    def completion(self, key: bytes) -> Completion | None:
        """The stored completion with this key, or None."""
        row = self._row("SELECT body FROM completions WHERE key = ?", (key,))
        return None if row is None else _completion(json.loads(row[0]))

    def add_completion(self, key: bytes, completion: Completion, seconds: float) -> None:
        """Keep a completion that took `seconds` to sample."""
        logprobs = [[entry.token, entry.logprob] for entry in completion.logprobs]
        meta = dict(completion.meta)
        body: list[Any] = [
            completion.text,
            completion.finish_reason,
            completion.prompt_tokens,
            completion.completion_tokens,
            round(seconds, 6),
        ]
        if meta or logprobs:
            body.append(meta)
        if logprobs:
            body.append(logprobs)
        text = compact_json(body)
        self._write("INSERT OR IGNORE INTO completions VALUES (?, ?)", (key, text))

    def tool_reply(self, key: bytes) -> str | None:
        """What a tool or program answered to the call with this key, or None."""
        row = self._row("SELECT body FROM tool_replies WHERE key = ?", (key,))
        return None if row is None else str(row[0])

    def add_tool_reply(self, key: bytes, body: str) -> None:
        """Keep what a tool or program answered; the first answer stays."""
        self._write("INSERT OR IGNORE INTO tool_replies VALUES (?, ?)", (key, body))

    def completion_totals(self) -> dict[str, float]:
        """How many completions there are, with their tokens and seconds added up."""
        totals = {"completions": 0.0, "prompt_tokens": 0.0, "completion_tokens": 0.0, "seconds": 0.0}
        for (text,) in self._rows("SELECT body FROM completions"):
            body = json.loads(text)
            totals["completions"] += 1
            totals["prompt_tokens"] += body[2]
            totals["completion_tokens"] += body[3]
            totals["seconds"] += body[4]
        return totals

    def judgement(self, key: bytes) -> tuple[int, Verdict] | None:
        """Id and verdict of the judgement with this key, or None."""
        row = self._row(f"SELECT id, {_VERDICT_COLUMNS} FROM judgements WHERE key = ?", (key,))  # noqa: S608
        return None if row is None else (row[0], _verdict("", *row[1:]))

    def add_judgement(self, key: bytes, problem: int, candidate: str | None, verdict: Verdict) -> int:
        """Keep a verdict; returns its id."""
        id = self._next_judgement
        self._next_judgement += 1
        text = None if candidate is None else json.dumps(candidate)
        self._write(
            "INSERT INTO judgements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (id, key, problem, text, *_columns(verdict))
        )
        return id

    def candidates(self) -> list[int]:
        """Ids of all judgements that have a candidate, by problem."""
        query = "SELECT id FROM judgements WHERE candidate IS NOT NULL ORDER BY problem, id"
        return [id for (id,) in self._rows(query)]

    def stored_judgement(self, id: int) -> StoredJudgement:
        """The judgement with this id."""
        query = f"SELECT problem, candidate, {_VERDICT_COLUMNS} FROM judgements WHERE id = ?"  # noqa: S608
        problem, candidate, *columns = self._row(query, (id,)) or self._damaged(f"there is no judgement {id}")
        return StoredJudgement(
            id, problem, None if candidate is None else json.loads(candidate), _verdict("", *columns)
        )

    def add_item(
        self,
        position: int,
        judgement: int,
        finish_reason: str,
        cost: Cost | None = None,
        trace: Mapping[str, Any] | None = None,
    ) -> None:
        """Mark a sample as finished."""
        spent = None if cost is None else compact_json(_cost_values(cost))
        kept = compact_json(trace) if trace else None
        self._write(
            "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?)", (position, judgement, finish_reason, spent, kept)
        )

    def trace(self, position: int) -> dict[str, Any]:
        """What the method kept of the sample at `position`; empty when it kept nothing or is not finished."""
        row = self._row("SELECT trace FROM items WHERE position = ?", (position,))
        return {} if row is None or row[0] is None else json.loads(row[0])

    def finished(self, total: int) -> bytearray:
        """For each of `total` positions 1 when it is finished, else 0."""
        flags = bytearray(total)
        for (position,) in self._rows("SELECT position FROM items WHERE position < ?", (total,)):
            flags[position] = 1
        return flags

    def items(self, samples: int) -> Iterator[FinishedItem]:
        """All finished samples in the order of their positions; `samples` is their number for each problem."""
        columns = ", ".join(f"judgements.{name}" for name in _VERDICT_COLUMNS.split(", "))
        query = (
            "SELECT items.position, items.finish, items.cost, "  # noqa: S608
            # Few traces hold a vote or tools, and the others may be long.
            "CASE WHEN instr(items.trace, '\"vote\":') OR instr(items.trace, '\"tools\":') THEN items.trace END, "
            f"judgements.id, judgements.candidate, {columns} "
            "FROM items JOIN judgements ON judgements.id = items.judgement ORDER BY items.position"
        )
        names = {number: id for number, id, _ in self.problems()}
        for position, finish, cost, trace, judgement, candidate, *verdict in self._rows(query):
            number, sample = divmod(position, samples)
            if number not in names:
                self._damaged(f"sample {position} is of no problem, with the {samples} of each in config.json")
            text = None if candidate is None else json.loads(candidate)
            stored = StoredJudgement(judgement, number, text, _verdict(names[number], *verdict))
            spent = Cost() if cost is None else Cost(*json.loads(cost))
            kept = {} if trace is None else json.loads(trace)
            vote, tools = kept.get("vote", {}), kept.get("tools", ())
            yield FinishedItem(number, names[number], sample, finish, stored, spent, vote, tools)

    def outcome(self, stage: str, position: int) -> Any:
        """What came of a unit of work, as `add_outcome` was given it; None when it is not finished."""
        row = self._row("SELECT body FROM outcomes WHERE stage = ? AND position = ?", (stage, position))
        return None if row is None else json.loads(row[0])

    def add_outcome(self, stage: str, position: int, body: Any) -> None:
        """Keep what came of a unit of work: plain JSON, not None."""
        self._write("INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?)", (stage, position, json.dumps(body)))

    def outcomes(self, stage: str) -> Iterator[Any]:
        """What came of each finished unit of a stage, in their order."""
        query = "SELECT body FROM outcomes WHERE stage = ? ORDER BY position"
        for (body,) in self._rows(query, (stage,)):
            yield json.loads(body)

    def add_sandbox_usage(self, tasks: int, cpu_seconds: float) -> None:
        """Count children that ran in the sandbox for a pipeline's work, judges among them, and their CPU time."""
        if tasks:
            before, seconds = self.sandbox_usage()
            self.set_fact(_USAGE, json.dumps([before + tasks, round(seconds + cpu_seconds, 6)]))

    def sandbox_usage(self) -> tuple[int, float]:
        """All that `add_sandbox_usage` was given, in every attempt at this run: children and CPU seconds."""
        known = self.fact(_USAGE)
        tasks, seconds = (0, 0.0) if known is None else json.loads(known)
        return tasks, seconds

    def forget_unjudged(self) -> int:
        """Drop samples that could not be judged, so that they are tried again; returns how many."""
        statuses = [status.value for status in Status if not status.judged]
        marks = ", ".join("?" for _ in statuses)
        dropped = self._connection.execute(
            f"DELETE FROM items WHERE judgement IN (SELECT id FROM judgements WHERE status IN ({marks}))",  # noqa: S608
            statuses,
        ).rowcount
        self._connection.execute(f"DELETE FROM judgements WHERE status IN ({marks})", statuses)  # noqa: S608
        return dropped

    def rejudged(self) -> set[int]:
        """Ids of the judgements that were judged again and not yet taken over."""
        return {id for (id,) in self._rows("SELECT id FROM rejudgements")}

    def add_rejudgement(self, id: int, verdict: Verdict) -> None:
        """Keep the new verdict of a judgement beside the old one."""
        self._write("INSERT OR REPLACE INTO rejudgements VALUES (?, ?, ?, ?, ?, ?)", (id, *_columns(verdict)))

    def forget_rejudgements(self) -> None:
        """Drop the new verdicts that were not taken over."""
        self._write("DELETE FROM rejudgements", ())
        self.commit()

    def changed_statuses(self) -> list[tuple[str, str, int]]:
        """Old status, new status and number of candidates, for those whose status changed."""
        rows = self._rows(
            "SELECT judgements.status, rejudgements.status, count(*) FROM judgements JOIN rejudgements USING (id) "
            "WHERE judgements.status <> rejudgements.status GROUP BY 1, 2 ORDER BY 1, 2"
        )
        return list(rows)

    def take_over_rejudgements(self) -> None:
        """Put all new verdicts in the place of the old ones, at once."""
        self._write(
            f"UPDATE judgements SET ({_VERDICT_COLUMNS}) = "  # noqa: S608
            f"(SELECT {_VERDICT_COLUMNS} FROM rejudgements WHERE rejudgements.id = judgements.id) "
            "WHERE id IN (SELECT id FROM rejudgements)",
            (),
        )
        self._write("DELETE FROM rejudgements", ())
        self.commit()

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        if self._failure is not None:
            raise self._failure
        try:
            if not self._pending:
                self._connection.execute("BEGIN")
            # Counted before the statement runs: a transaction is open from here on, whatever the statement does.
            self._pending += 1
            self._connection.execute(statement, values)
        except sqlite3.OperationalError as error:
            self._fail(error)
        if self._pending >= COMMIT_ROWS:
            self.commit()

    def _fail(self, error: sqlite3.OperationalError) -> NoReturn:
        """Write nothing any more: what was committed stays, and a resume goes on from there."""
        full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
        what = "no space left on the disk" if full else f"cannot be written: {error}"
        remedy = "free some, then" if full else "when it can,"
        self._failure = StoreError(f"{self._path}: {what}; {remedy} go on with --resume {self._path.parent}")
        self._pending = 0
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        raise self._failure from error

    def _rows(self, query: str, values: tuple[object, ...] = ()) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._connection.execute(query, values)
        except sqlite3.DatabaseError as error:
            self._damaged(str(error))

    def _row(self, query: str, values: tuple[object, ...] = ()) -> tuple[Any, ...] | None:
        return next(self._rows(query, values), None)

    def _damaged(self, why: str) -> NoReturn:
        raise StoreError(f"{self._path}: cannot be read: {why}")


def _address(path: Path) -> str:
    """Of a store that cannot be written."""
    log = path.with_name(path.name + "-wal")
    # Beside a store that may change SQLite makes files of its own. Without a log this one is whole and stays as it is.
    whole = not (log.exists() and log.stat().st_size)
    return f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if whole else ''}"


def _completion(body: list[Any]) -> Completion:
    meta = body[5] if len(body) > 5 else {}
    logprobs = body[6] if len(body) > 6 else []
    return Completion(
        text=body[0],
        finish_reason=body[1],
        prompt_tokens=body[2],
        completion_tokens=body[3],
        logprobs=tuple(TokenLogprob(token, logprob) for token, logprob in logprobs),
        meta=meta,
    )


def _columns(verdict: Verdict) -> tuple[object, ...]:
    detail = json.dumps(verdict.detail)
    return verdict.score, verdict.status.value, detail, round(verdict.seconds, 6), ",".join(verdict.isolation)


def _verdict(id: str, score: float, status: str, detail: str, seconds: float, isolation: str) -> Verdict:
    layers = tuple(isolation.split(",")) if isolation else ()
    return Verdict(id, score, Status(status), json.loads(detail), seconds, layers)
