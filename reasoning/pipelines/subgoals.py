"""One iteration of subgoal-based expert learning: sample, score, accept by reward, verify, write each generator's data.

$ reasoning generate subgoals --problems problems.jsonl --engine vllm:base --temperature 0.6 --jsonl --out runs/round-1

Two kinds of problems of kind `proof` go in. One with a statement and a known proof (`meta.reference`, or a benchmark's
reference) gets proofs in steps, in words, rewarded by how likely they make the known proof. One with steps
(`meta.subgoals`) and no statement gets formal statements, rewarded by how likely they make the steps, and a formal
proof of each, rewarded by how likely the steps can be read back from it. Of 8 samples 2 are accepted; what is formal is
judged. Source: SubgoalXL (Zhao et al. 2024, arXiv 2408.11172).

The tables `statement`, `subgoal`, `proof_1` to `proof_4` and `posterior` are for fine-tuning each generator from its
base: the next iteration names the models with `--statement-engine` and the like.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from reasoning.engines.base import Request
from reasoning.engines.scoring import mean_logprob
from reasoning.evaluation.benchmarks.base import Entry
from reasoning.methods.base import Prompt
from reasoning.methods.direct import NO_ANSWER
from reasoning.methods.subgoal_closing import Effort, close_gaps, proof_in
from reasoning.methods.subgoal_prompts import (
    SYSTEMS,
    Form,
    Step,
    form_of,
    posterior_prompt,
    proof_completion,
    proof_form,
    proof_prompt,
    statement_completion,
    statement_prompt,
    subgoal_prompt,
)
from reasoning.pipelines.base import Discarded, Outcome, Pipeline, PipelineError, Row, option
from reasoning.pipelines.expert_learning import drop_probability, rejection_sample, thinned
from reasoning.pipelines.job import Job
from reasoning.pipelines.solutions import steps_of, topic_of
from reasoning.pipelines.written_statements import read_statement
from reasoning.runs.recording import RecordingEngine
from verifiers.proofs.lean.install import LeanMissingError
from verifiers.proofs.lean.worker import WorkerKilled, WorkerNotStarted
from verifiers.proofs.records import ProofTask
from verifiers.records import RecordError, Status
from verifiers.together import all_or_first_error

__all__ = ["PIPELINE", "SubgoalsOptions", "run"]

PROOF_VERSIONS: Final = 4
_FILTERED: Final = (2, 4)
"""Copies of the proof generator that learn from data with fewer short proofs."""
_ANY_PROOF: Final = {"lean": "  skip", "isabelle": "by simp"}
"""Judged with a statement to see whether that can be read."""


@dataclass(frozen=True, slots=True)
class SubgoalsOptions:
    """How much is sampled and accepted, and who writes what."""

    samples: int = option(8, "Samples of each problem.", low=1)
    keep: int = option(2, "Of these, how many are accepted by reward.", low=1)
    beta: float = option(0.5, "Weight of the divergence from the old generator: rewards are divided by it.", low=0.001)
    overlap: float = option(0.75, "Drop a proof with a larger Jaccard overlap with another of the problem.",
                            low=0.0, high=1.0)  # fmt: skip
    share: float = option(1.0, "Share of the given problems that are used; later iterations: 0.5.", low=0.0, high=1.0)
    statement_engine: str = option("", "Writes statements. Default: the engine of the run.")
    subgoal_engine: str = option("", "Writes steps in words, and scores statements by them.")
    proof_engines: str = option("", "Write formal proofs: up to four engines with ; between them. The first scores "
                                    "steps by known proofs.")  # fmt: skip
    posterior_engine: str = option("", "Scores proofs by the steps that can be read back from them.")
    gap_attempts: int = option(60, "Proofs that automation tries in each gap of a formal proof.", low=1)
    gap_seconds: float = option(5.0, "Seconds in the prover for each gap.", low=0.1)

    def __post_init__(self) -> None:
        if len(self.proof_specs) > PROOF_VERSIONS:
            raise PipelineError(f"--proof-engines {self.proof_engines}: expected at most {PROOF_VERSIONS}")

    @property
    def proof_specs(self) -> list[str]:
        """The engines that write proofs."""
        return [spec.strip() for spec in self.proof_engines.split(";")]


@dataclass(frozen=True, slots=True)
class _Generators:
    """The engines behind the generators."""

    statement: RecordingEngine
    subgoal: RecordingEngine
    proofs: tuple[RecordingEngine, ...]
    posterior: RecordingEngine


async def run(job: Job, options: SubgoalsOptions) -> AsyncIterator[Outcome]:
    """Sample, score, accept and judge, problem by problem."""
    async with AsyncExitStack() as stack:
        engines = _Generators(
            await stack.enter_async_context(job.other_engine(options.statement_engine)),
            await stack.enter_async_context(job.other_engine(options.subgoal_engine)),
            tuple([await stack.enter_async_context(job.other_engine(spec)) for spec in options.proof_specs]),
            await stack.enter_async_context(job.other_engine(options.posterior_engine)),
        )

        async def work(entry: Entry) -> list[Outcome]:
            return await _Item(job, options, engines, entry).outcomes()

        async with aclosing(job.map("problems", _drawn(job, options.share), work)) as outcomes:
            async for outcome in outcomes:
                yield outcome


def _drawn(job: Job, share: float) -> Iterator[Entry]:
    """The problems, each with the given probability."""
    for entry in job.seeds():
        if share >= 1 or Random(job.seed("share", entry.problem.id)).random() < share:
            yield entry


class _Item:
    """One problem on its way."""

    def __init__(self, job: Job, options: SubgoalsOptions, engines: _Generators, entry: Entry) -> None:
        problem = entry.problem
        system = problem.fields.get("system")
        if problem.kind != "proof" or system not in SYSTEMS:
            raise PipelineError(f"problem '{problem.id}': expected a proof in {' or '.join(SYSTEMS)}")
        subgoals, reference = problem.meta.get("subgoals", ""), next(iter(entry.references), "")
        if not isinstance(subgoals, str):
            raise PipelineError(f"problem '{problem.id}', field 'meta.subgoals': expected a text")
        self.job, self.options, self.engines = job, options, engines
        self.id, self.topic = problem.id, topic_of(problem) or str(problem.meta.get("area", ""))
        self.form = form_of(job.style(problem))
        self.step = Step(
            str(system),
            problem.prompt,
            subgoals.strip(),
            problem.text("header", ""),
            problem.text("statement", ""),
            reference,
        )

    async def outcomes(self) -> list[Outcome]:
        """Rows for the generators, and what was thrown away."""
        try:
            if self.step.statement and self.step.proof:
                return await self._of_known_proof()
            if self.step.subgoals and not self.step.statement:
                return await self._of_words()
        except (LeanMissingError, WorkerNotStarted, WorkerKilled) as error:
            raise PipelineError(str(error)) from None
        missing = "a known proof (meta.reference)" if self.step.statement else "a statement or meta.subgoals"
        return [Discarded(self.id, "problem", f"has not {missing}")]

    async def _of_known_proof(self) -> list[Outcome]:
        """Steps for a statement with a proof; steps that were given are taken as they are."""
        step = self.step
        verdict = await self.job.verdict(step.problem(self.id), step.proof)
        if not verdict.passed:
            return [self._thrown("verdict", f"{verdict.status.value}: {verdict.detail}", step.proof)]
        if step.subgoals:
            return self._rows(step, ("statement", "subgoal", "proof", "posterior"), {"given": True})
        prompt = subgoal_prompt(step, self.form)
        texts, thrown = _different(self, await self._sampled("subgoal", prompt, self.engines.subgoal))
        if not texts:
            return [self._thrown("reply", "no reply holds steps", "")]
        scored = [replace(step, subgoals=text) for text in texts]
        first = proof_form(self.form, 1, 0)
        rewards = await all_or_first_error(
            self._reward(
                self.engines.proofs[0], "--proof-engines", proof_prompt(one, first), proof_completion(one, first)
            )
            for one in scored
        )
        accepted, refused = self._accepted("subgoal", scored, rewards, lambda one: one.subgoals)
        kept = [
            row
            for one, reward in accepted
            for row in self._rows(one, ("statement", "subgoal", "proof", "posterior"), {"reward": reward})
        ]
        return [*kept, *thrown, *refused]

    async def _of_words(self) -> list[Outcome]:
        """Statements for a problem with steps, and a proof of each."""
        replies = await self._sampled("statement", statement_prompt(self.step, self.form), self.engines.statement)
        if not replies:
            return [self._thrown("reply", "no reply holds a statement", "")]
        stated: dict[str, Step] = {}
        thrown: list[Outcome] = []
        for number, reply in enumerate(replies):
            written = read_statement(self.step.system, reply, f"{_name(self.id)}_{number}")
            key = written.statement.replace(f"{_name(self.id)}_{number}", "", 1)
            if written.reason or key in stated:
                thrown.append(self._thrown("statement", written.reason or "the same statement again", reply))
            else:
                stated[key] = replace(self.step, statement=written.statement)
        steps = list(stated.values())
        kept, refused = await self._statements(steps)
        proved, failed = await self._proofs(steps)
        return [*kept, *proved, *thrown, *refused, *failed]

    async def _statements(self, steps: list[Step]) -> tuple[list[Outcome], list[Outcome]]:
        """The accepted statements that the prover can read, as rows; and the others."""
        rewards = await all_or_first_error(
            self._reward(self.engines.subgoal, "--subgoal-engine", subgoal_prompt(one, self.form), one.subgoals)
            for one in steps
        )
        accepted, thrown = self._accepted("statement", steps, rewards, lambda one: one.statement)
        rows: list[Outcome] = []
        for step, reward in accepted:
            reason = await self._unreadable(step)
            if reason:
                thrown.append(self._thrown("statement", reason, step.statement))
            else:
                rows += self._rows(step, ("statement", "subgoal"), {"reward": reward})
        return rows, thrown

    async def _proofs(self, steps: list[Step]) -> tuple[list[Outcome], list[Outcome]]:
        """The accepted proofs that the verifier passes, as rows; and the others."""
        replies = await all_or_first_error(self._proof(step, number) for number, step in enumerate(steps))
        drafts = [replace(step, proof=reply) for step, reply in zip(steps, replies, strict=True) if reply.strip()]
        rewards = await all_or_first_error(
            self._reward(self.engines.posterior, "--posterior-engine", posterior_prompt(one, self.form), one.subgoals)
            for one in drafts
        )
        accepted, thrown = self._accepted("proof", drafts, rewards, lambda one: one.proof)
        proved: list[tuple[Step, float]] = []
        for draft, reward in accepted:
            step, reason = await self._verified(draft)
            if reason:
                thrown.append(self._thrown("verdict", reason, f"{draft.statement}\n{draft.proof}"))
            else:
                proved.append((step, reward))
        kept = set(thinned([step.proof for step, _ in proved], self.step.system, self.options.overlap))
        rows: list[Outcome] = []
        for number, (step, reward) in enumerate(proved):
            if number in kept:
                rows += self._rows(step, ("proof", "posterior"), {"reward": reward})
            else:
                thrown.append(self._thrown("overlap", "much the same as another proof", step.proof))
        return rows, thrown

    async def _sampled(self, step: str, prompt: Prompt, engine: RecordingEngine) -> list[str]:
        """The replies that are answers, in the order of their samples."""
        completions = await all_or_first_error(
            self.job.ask(step, self.id, sample, prompt, engine=engine) for sample in range(self.options.samples)
        )
        return [one.text.strip() for one in completions if one.finish_reason not in NO_ANSWER and one.text.strip()]

    async def _proof(self, step: Step, number: int) -> str:
        """A proof of statement `number` by copy `number mod 4` of the generator; empty where it has none."""
        version = number % PROOF_VERSIONS
        engine = self.engines.proofs[version % len(self.engines.proofs)]
        prompt = proof_prompt(step, proof_form(self.form, version + 1, number // PROOF_VERSIONS))
        problem = step.problem(f"{self.id}/{number}")
        completion = await self.job.ask("proof", self.id, number, prompt, engine=engine, problem=problem)
        if completion.finish_reason in NO_ANSWER:
            return ""
        return proof_in(ProofTask.of(problem), completion.text)

    async def _reward(self, engine: RecordingEngine, flag: str, prompt: Prompt, completion: str) -> float:
        if not engine.can_score:
            raise PipelineError(
                f"{flag}: the engine '{engine.name}' cannot score completions; name one that can: nano, transformers:, "
                "vllm:, or openai: with a server that echoes prompts"
            )
        return await mean_logprob(engine, Request(messages=prompt.messages, prompt=prompt.text), completion)

    def _accepted(
        self, kind: str, steps: list[Step], rewards: list[float], text: Callable[[Step], str]
    ) -> tuple[list[tuple[Step, float]], list[Outcome]]:
        """The candidates that are accepted, with their rewards, and the others as thrown away."""
        stream = Random(self.job.seed("accept", kind, self.id))
        chosen = rejection_sample(rewards, self.options.keep, beta=self.options.beta, random=stream)
        left = [index for index in range(len(steps)) if index not in chosen]
        thrown: list[Outcome] = [
            self._thrown("reward", f"{kind}: not accepted", text(steps[index]), reward=rewards[index]) for index in left
        ]
        return [(steps[index], rewards[index]) for index in chosen], thrown

    async def _unreadable(self, step: Step) -> str:
        """Why the prover does not read a statement; empty where it does."""
        try:
            verdict = await self.job.judge.verdict(step.problem(self.id), _ANY_PROOF[step.system])
        except RecordError as error:
            return str(error)
        read = verdict.status in (Status.PASSED, Status.WRONG)
        return "" if read else f"{verdict.status.value}: {verdict.detail}"

    async def _verified(self, draft: Step) -> tuple[Step, str]:
        """The draft with its gaps closed and judged as a whole, and why it is not accepted."""
        effort = Effort(self.options.gap_attempts, self.options.gap_seconds)
        problem = draft.problem(self.id)
        try:
            closing = await close_gaps(self.job.pool, ProofTask.of(problem), draft.proof, effort)
            if closing.text is None:
                return draft, closing.reason
            verdict = await self.job.judge.verdict(problem, closing.text)
        except RecordError as error:
            return draft, str(error)
        return replace(draft, proof=closing.text), (
            "" if verdict.passed else f"{verdict.status.value}: {verdict.detail}"
        )

    def _rows(self, step: Step, parts: Iterable[str], meta: dict[str, object]) -> list[Outcome]:
        rows: list[Outcome] = []
        for part in parts:
            if part == "statement":
                rows.append(self._row(part, step, statement_prompt, statement_completion(step, self.form), meta))
            elif part == "proof":
                rows += self._proof_rows(step, meta)
            else:
                prompt = subgoal_prompt if part == "subgoal" else posterior_prompt
                rows.append(self._row(part, step, prompt, step.subgoals, meta))
        return rows

    def _proof_rows(self, step: Step, meta: dict[str, object]) -> Iterator[Row]:
        """A row for each copy of the proof generator, the filtered ones only with some probability."""
        dropped = drop_probability(step.proof, step.system)
        for version in range(1, PROOF_VERSIONS + 1):
            stream = Random(self.job.seed("length", version, self.id, step.statement, step.proof))
            if version in _FILTERED and stream.random() < dropped:
                continue
            form = proof_form(self.form, version, stream.randrange(2))
            yield self._row(f"proof_{version}", step, proof_prompt, proof_completion(step, form), meta, form)

    def _row(
        self,
        part: str,
        step: Step,
        prompt: Callable[[Step, Form], Prompt],
        completion: str,
        meta: dict[str, object],
        form: Form | None = None,
    ) -> Row:
        asked = prompt(step, form or self.form)
        return Row(
            problem=step.problem(self.id),
            group=self.id,
            completion=completion,
            topic=self.topic,
            steps=steps_of(completion),
            source=self.job.settings.problems,
            part=part,
            prompt=asked.text if asked.text is not None else asked.messages[-1].content,
            meta=meta,
        )

    def _thrown(self, stage: str, reason: str, text: str, **meta: object) -> Discarded:
        return Discarded(self.id, stage, reason, text, meta)


def _different(item: _Item, texts: list[str]) -> tuple[list[str], list[Outcome]]:
    """The texts without those that came before, and these as thrown away."""
    different = list(dict.fromkeys(texts))
    again = len(texts) - len(different)
    return different, [item._thrown("duplicate", "the same steps again", "") for _ in range(again)]


def _name(id: str) -> str:
    return "stated_" + re.sub(r"\W+", "_", id, flags=re.ASCII)


PIPELINE = Pipeline(
    name="subgoals",
    summary="Train statement, subgoal and proof generators on each other's samples (SubgoalXL, one iteration).",
    options=SubgoalsOptions,
    run=run,
    engine=True,
    seeds=True,
    default_problems="core-lean",
    description=(
        "Data for the generators of SubgoalXL: formal statements, proofs in steps, formal proofs, and steps read back "
        "from formal proofs. Samples were accepted by reward, the mean log-probability per token of a text that they "
        "should explain. Statements were read by the prover, proofs passed the verifier; steps in words are judged by "
        "their reward alone."
    ),
    references=("Zhao et al. 2024, SubgoalXL: Subgoal-based Expert Learning for Theorem Proving, arXiv 2408.11172",),
    examples=(
        "reasoning generate subgoals --engine vllm:base --prompt complete --temperature 0.6 --jsonl --out runs/round-1",
        "reasoning generate subgoals --problems words.jsonl --engine vllm:base --proof-engines 'vllm:a;vllm:b'",
    ),
)
