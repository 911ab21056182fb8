"""Schedules of a job shop without a solver: dispatching rules, and local search on critical blocks.

>>> shop = Shop.of([[(0, 3), (1, 2)], [(1, 4), (0, 1)]])
>>> starts = best_by_rules(shop)
>>> makespan(shop, starts)
6
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = [
    "RULES",
    "Shop",
    "Starts",
    "active_schedule",
    "best_by_rules",
    "improve",
    "makespan",
    "tardiness",
    "violation",
]

Starts = list[list[int]]
"""Start of each operation, by job."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A job shop.

    Attributes:
        machines: machine of each operation, by job.
        durations: time of each operation, by job.
        releases: earliest start of each job.
        dues: due time of each job.
    """

    machines: list[list[int]]
    durations: list[list[int]]
    releases: list[int]
    dues: list[int]

    @classmethod
    def of(
        cls,
        jobs: Sequence[Sequence[tuple[int, int]]],
        releases: Sequence[int] | None = None,
        dues: Sequence[int] | None = None,
    ) -> Shop:
        """From (machine, duration) of each operation; jobs are released, and due, at 0 when nothing is said."""
        machines = [[int(machine) for machine, _ in job] for job in jobs]
        durations = [[int(duration) for _, duration in job] for job in jobs]
        none = [0] * len(jobs)
        return cls(machines, durations, [int(x) for x in releases or none], [int(x) for x in dues or none])

    @property
    def horizon(self) -> int:
        """A time by which every active schedule is done."""
        return max(self.releases) + sum(map(sum, self.durations))


def makespan(shop: Shop, starts: Starts) -> int:
    """When the last job ends."""
    return max(begun[-1] + took[-1] for begun, took in zip(starts, shop.durations, strict=True))


def tardiness(shop: Shop, starts: Starts) -> int:
    """How late the jobs end, in all."""
    ends = [begun[-1] + took[-1] for begun, took in zip(starts, shop.durations, strict=True)]
    return sum(max(0, end - due) for end, due in zip(ends, shop.dues, strict=True))


def violation(shop: Shop, starts: Starts) -> int:
    """The largest violation of a release, of the order of a job or of a machine's one operation at a time; 0: none."""
    worst = 0
    on_machine: dict[int, list[tuple[int, int]]] = {}
    for job, begun in enumerate(starts):
        ready = shop.releases[job]
        for start, took, machine in zip(begun, shop.durations[job], shop.machines[job], strict=True):
            worst = max(worst, ready - start)
            ready = start + took
            on_machine.setdefault(machine, []).append((start, start + took))
    for spans in on_machine.values():
        spans.sort()
        reached = spans[0][1]
        for start, end in spans[1:]:
            worst = max(worst, reached - start)
            reached = max(reached, end)
    return worst


Priority = Callable[[Shop, int, int, int], float]
"""(shop, job, operation, when the job is ready) -> a number; the operation with the least one goes first."""

RULES: dict[str, Priority] = {
    "SPT": lambda shop, job, step, ready: shop.durations[job][step],
    "LPT": lambda shop, job, step, ready: -shop.durations[job][step],
    "MWKR": lambda shop, job, step, ready: -sum(shop.durations[job][step:]),
    "MOPNR": lambda shop, job, step, ready: step - len(shop.durations[job]),
    "FIFO": lambda shop, job, step, ready: ready,
    "EDD": lambda shop, job, step, ready: shop.dues[job],
}
"""Dispatching rules: shortest and longest processing time, most work and most operations remaining, first in first
out, earliest due date."""


def active_schedule(shop: Shop, priority: Priority) -> Starts:
    """The active schedule that a rule leads to (Giffler and Thompson 1960).

    Of the operations that may come next, the one that could end first blocks its machine; among those that could start
    on that machine before this end, the rule chooses.
    """
    steps = [0] * len(shop.machines)
    job_ready = list(shop.releases)
    machine_ready: dict[int, int] = {}
    starts: Starts = [[] for _ in shop.machines]
    waiting = [job for job, machines in enumerate(shop.machines) if machines]

    def earliest(job: int) -> int:
        return max(job_ready[job], machine_ready.get(shop.machines[job][steps[job]], 0))

    while waiting:
        first = min(waiting, key=lambda job: (earliest(job) + shop.durations[job][steps[job]], job))
        end, machine = earliest(first) + shop.durations[first][steps[first]], shop.machines[first][steps[first]]
        rivals = [
            job
            for job in waiting
            if shop.machines[job][steps[job]] == machine and (earliest(job) < end or job == first)
        ]
        job = min(rivals, key=lambda job: (priority(shop, job, steps[job], job_ready[job]), job))
        start = earliest(job)
        starts[job].append(start)
        job_ready[job] = machine_ready[machine] = start + shop.durations[job][steps[job]]
        steps[job] += 1
        if steps[job] == len(shop.machines[job]):
            waiting.remove(job)
    return starts


def best_by_rules(shop: Shop, objective: Callable[[Shop, Starts], int] = makespan) -> Starts:
    """The best of the schedules of all `RULES`."""
    return min((active_schedule(shop, rule) for rule in RULES.values()), key=lambda starts: objective(shop, starts))


def improve(shop: Shop, starts: Starts, iterations: int, tenure: int = 8) -> Starts:
    """A schedule of a makespan that is not longer, by tabu search over the neighbourhood N5.

    A move exchanges the first two or the last two operations of a block of the critical path (Nowicki and Smutnicki
    1996); the best one that was not undone lately is taken, also when it makes the schedule longer.

    Args:
        shop: the problem.
        starts: a schedule to begin with.
        iterations: moves made at most.
        tenure: moves for which an exchange may not be undone, unless it gives a new best.

    Returns:
        The best schedule found.
    """
    graph = _Graph(shop, starts)
    heads = graph.heads()
    assert heads is not None
    best_length, best = graph.length(heads), heads
    forbidden: dict[tuple[int, int], int] = {}
    for step in range(iterations):
        chosen: tuple[int, tuple[int, int], list[int]] | None = None
        for pair in graph.moves(heads):
            graph.swap(*pair)
            after = graph.heads()
            graph.swap(pair[1], pair[0])
            if after is None:
                continue
            length = graph.length(after)
            allowed = forbidden.get(pair, -1) < step or length < best_length
            if allowed and (chosen is None or length < chosen[0]):
                chosen = length, pair, after
        if chosen is None:
            break
        length, (left, right), heads = chosen
        graph.swap(left, right)
        forbidden[(right, left)] = step + tenure
        if length < best_length:
            best_length, best = length, heads
    return graph.starts(best)


class _Graph:
    """Operations numbered job by job, with the order on each machine."""

    def __init__(self, shop: Shop, starts: Starts) -> None:
        self._sizes = [len(job) for job in shop.machines]
        self._job = [job for job, size in enumerate(self._sizes) for _ in range(size)]
        self._duration = [took for job in shop.durations for took in job]
        self._machine = [machine for job in shop.machines for machine in job]
        self._first = [True] * len(self._job)
        for number in range(1, len(self._job)):
            self._first[number] = self._job[number] != self._job[number - 1]
        self._release = [shop.releases[job] if first else 0 for job, first in zip(self._job, self._first, strict=True)]
        begun = [start for job in starts for start in job]
        self._order: dict[int, list[int]] = {}
        # Operations of no duration may start together; the numbers keep the order of a job.
        for number in sorted(range(len(begun)), key=lambda n: (begun[n], begun[n] + self._duration[n], n)):
            self._order.setdefault(self._machine[number], []).append(number)
        self._place = {number: place for order in self._order.values() for place, number in enumerate(order)}

    def swap(self, left: int, right: int) -> None:
        """Exchange two neighbours on a machine."""
        order = self._order[self._machine[left]]
        place = self._place[left]
        order[place], order[place + 1] = right, left
        self._place[left], self._place[right] = place + 1, place

    def _before(self, number: int) -> tuple[int, int]:
        """What must end before an operation starts: of its job, of its machine; -1: nothing."""
        place = self._place[number]
        return (
            -1 if self._first[number] else number - 1,
            self._order[self._machine[number]][place - 1] if place else -1,
        )

    def heads(self) -> list[int] | None:
        """Earliest start of each operation; None when the order has a cycle."""
        count = len(self._job)
        waits = [0] * count
        heads = list(self._release)
        for number in range(count):
            waits[number] = sum(1 for one in self._before(number) if one >= 0)
        ready = [number for number in range(count) if not waits[number]]
        done = 0
        while ready:
            number = ready.pop()
            done += 1
            end = heads[number] + self._duration[number]
            place, order = self._place[number], self._order[self._machine[number]]
            after = [order[place + 1]] if place + 1 < len(order) else []
            if number + 1 < count and not self._first[number + 1]:
                after.append(number + 1)
            for one in after:
                heads[one] = max(heads[one], end)
                waits[one] -= 1
                if not waits[one]:
                    ready.append(one)
        return heads if done == count else None

    def length(self, heads: list[int]) -> int:
        """The makespan."""
        return max(head + took for head, took in zip(heads, self._duration, strict=True))

    def moves(self, heads: list[int]) -> list[tuple[int, int]]:
        """The neighbourhood N5: pairs of one critical path."""
        length = self.length(heads)
        number = next(n for n in range(len(heads)) if heads[n] + self._duration[n] == length)
        path = [number]
        while True:
            tight = [
                one for one in self._before(number) if one >= 0 and heads[one] + self._duration[one] == heads[number]
            ]
            if not tight:
                break
            number = tight[-1]
            path.append(number)
        path.reverse()
        return self._block_ends(path)

    def _block_ends(self, path: list[int]) -> list[tuple[int, int]]:
        blocks: list[list[int]] = []
        for number in path:
            if blocks and self._machine[blocks[-1][-1]] == self._machine[number]:
                blocks[-1].append(number)
            else:
                blocks.append([number])
        pairs: dict[tuple[int, int], None] = {}
        for index, block in enumerate(blocks):
            if len(block) < 2:
                continue
            if index > 0:
                pairs[(block[0], block[1])] = None
            if index < len(blocks) - 1:
                pairs[(block[-2], block[-1])] = None
        return [pair for pair in pairs if self._job[pair[0]] != self._job[pair[1]]]

    def starts(self, heads: list[int]) -> Starts:
        """By job."""
        found, number = [], 0
        for size in self._sizes:
            found.append(heads[number : number + size])
            number += size
        return found
