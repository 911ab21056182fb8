import asyncio

from reasoning.engines.base import Completion, Request
from reasoning.runs.metering import Meter
from verifiers.sandbox import SandboxPool, Task, measure_usage
from verifiers.sandbox.entries import program_payload

PROGRAM = Task("verifiers.sandbox.entries:run_program", program_payload("print(sum(range(10)))"), capture=True)


class Two:
    name = "two"

    async def complete(self, request):
        return [Completion("x", prompt_tokens=5, completion_tokens=index + 1) for index in range(len(request.seeds))]

    async def close(self):
        raise AssertionError("the engine belongs to the run")

    def describe(self):
        return {"engine": "two"}


def test_calls_tokens_and_sandbox_time_are_counted_apart_for_each_sample():
    async def sample(pool, engine, runs):
        with Meter(engine) as meter:
            await meter.engine.complete(Request(prompt="p", seeds=tuple(range(runs))))
            await meter.engine.close()
            await asyncio.gather(*(pool.run(PROGRAM) for _ in range(runs)))
        return meter.cost()

    async def work():
        async with SandboxPool(workers=2) as pool:
            with measure_usage() as outside:
                costs = await asyncio.gather(*(sample(pool, Two(), runs) for runs in (1, 3)))
                outcome = await pool.run(PROGRAM)
            return costs, outside, outcome

    (one, three), outside, outcome = asyncio.run(work())
    assert (one.calls, one.prompt_tokens, one.completion_tokens, one.sandbox_tasks) == (1, 5, 1, 1)
    assert (three.calls, three.prompt_tokens, three.completion_tokens, three.sandbox_tasks) == (3, 15, 6, 3)
    assert one.sandbox_seconds > 0
    # What a sample measured is not counted outside again.
    assert (outside.tasks, outside.cpu_seconds) == (1, outcome.cpu_seconds)


def test_a_conversation_counts_once():
    async def work():
        async with SandboxPool(workers=1) as pool:
            with measure_usage() as usage:
                async with pool.session(PROGRAM) as session:
                    await session.finish()
                    await session.finish()
            return usage.tasks

    assert asyncio.run(work()) == 1
