"""Job shop scheduling: an optimal schedule with a proof, by OR-tools' CP-SAT, started from rules of our own.

>>> job_shop([[(0, 3), (1, 2)], [(1, 4), (0, 1)]]).solution
Schedule(starts=[[0, 4], [0, 4]], objective=6)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reasoning.solvers.arguments import IntegerVector, Seed
from reasoning.solvers.definition import solver
from reasoning.solvers.job_shop_rules import Shop, Starts, best_by_rules, improve, makespan, tardiness, violation
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["Schedule", "ScheduleCertificate", "job_shop", "machine_bound"]

MAX_OPERATIONS = 5000
MAX_TIME = 10**9
"""Longest sum of durations."""
MAX_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """When each operation starts.

    Attributes:
        starts: start of each operation, by job.
        objective: the makespan, or the sum of the jobs' tardiness.
    """

    starts: list[list[int]]
    objective: int


@dataclass(frozen=True, slots=True)
class ScheduleCertificate:
    """What is known of the schedule.

    Attributes:
        violation: the largest violation of a release, of a job's order or of a machine's capacity; 0.
        lower_bound: no schedule has a smaller objective, as CP-SAT proved or as `machine_bound` shows.
        machine_bound: makespan only: the part of the bound that anybody can compute: the largest, over machines, of
            the least time before it + its load + the least time after it, and over jobs of release + durations.
    """

    violation: int
    lower_bound: int
    machine_bound: int | None


@solver
def job_shop(
    jobs: list[list[tuple[int, int]]],
    releases: IntegerVector | None = None,
    dues: IntegerVector | None = None,
    objective: Literal["makespan", "tardiness"] = "makespan",
    method: Literal["exact", "rules"] = "exact",
    seconds: float = 30.0,
    seed: Seed = 0,
) -> Result[Schedule, ScheduleCertificate]:
    """Schedule jobs on machines: job shop, least makespan or least total tardiness.

    Operation k of job j runs for d_jk without interruption on machine m_jk, after operation k - 1 of the job and not
    before the release of the job; a machine runs one operation at a time. Minimised is the end of the last job, or the
    sum over jobs of max(0, end - due). Job shops of 10 x 10 take seconds.

    Args:
        jobs: for each job its operations in their order, each [machine, duration]; whole numbers, durations >= 0.
        releases: earliest start of each job, >= 0; default 0.
        dues: due time of each job; needed for tardiness.
        objective: "makespan" or "tardiness".
        method: "exact" (CP-SAT, with a proof where time allows) or "rules" (dispatching rules and, for the makespan,
            local search; no proof but the machine bound).
        seconds: wall time for CP-SAT, at most 300.
        seed: of CP-SAT's search.

    Returns:
        `converged` with a schedule that is proved optimal, or `limit` with the best one found.

    Raises:
        SolverInputError: there are no jobs, a job has no operations, or numbers are negative or too large.

    Source:
        CP-SAT of OR-tools (interval variables, one NoOverlap a machine); Giffler and Thompson 1960, Nowicki and
        Smutnicki 1996 for the schedule that it starts from.

    Example:
        {"jobs": [[[0, 3], [1, 2], [2, 2]], [[0, 2], [2, 1], [1, 4]], [[1, 4], [2, 3]]]}
    """
    _check(jobs, releases, dues, objective, seconds)
    shop = Shop.of(
        jobs,
        None if releases is None else releases.tolist(),
        None if dues is None else dues.tolist(),
    )
    value = makespan if objective == "makespan" else tardiness
    starts = best_by_rules(shop, value)
    bound = machine_bound(shop) if objective == "makespan" else None
    lower, iterations = bound or 0, 0
    if objective == "makespan" and value(shop, starts) > lower:
        starts = improve(shop, starts, iterations=500 if method == "exact" else 5000)
    if method == "exact" and value(shop, starts) > lower:
        starts, proved, iterations = _exact(shop, starts, objective, seconds, seed)
        lower = max(lower, proved)
    found = Schedule(starts, value(shop, starts))
    certificate = ScheduleCertificate(violation(shop, starts), lower, bound)
    optimal = found.objective == lower
    message = "" if optimal else f"not proved optimal: the objective is {found.objective}, the bound {lower}"
    return Result(Status.CONVERGED if optimal else Status.LIMIT, found, certificate, iterations, seed, message)


def _check(
    jobs: list[list[tuple[int, int]]],
    releases: IntegerVector | None,
    dues: IntegerVector | None,
    objective: str,
    seconds: float,
) -> None:
    if not jobs:
        raise SolverInputError("jobs: expected at least one job")
    for number, job in enumerate(jobs):
        if not job:
            raise SolverInputError(f"jobs[{number}]: expected at least one operation")
        if min(min(operation) for operation in job) < 0:
            raise SolverInputError(f"jobs[{number}]: machines and durations are not negative")
    operations = sum(map(len, jobs))
    if operations > MAX_OPERATIONS:
        raise SolverInputError(f"jobs: at most {MAX_OPERATIONS} operations are taken, got {operations}")
    if sum(duration for job in jobs for _, duration in job) > MAX_TIME:
        raise SolverInputError(f"jobs: the durations add up to more than {MAX_TIME}")
    for name, times in (("releases", releases), ("dues", dues)):
        if times is None:
            continue
        if len(times) != len(jobs):
            raise SolverInputError(f"{name}: expected {len(jobs)} numbers, one a job, got {len(times)}")
        if times.min() < 0 or times.max() > MAX_TIME:
            raise SolverInputError(f"{name}: expected numbers from 0 to {MAX_TIME}")
    if objective == "tardiness" and dues is None:
        raise SolverInputError("dues: needed for the objective tardiness")
    if not 0 < seconds <= MAX_SECONDS:
        raise SolverInputError(f"seconds: expected a number above 0 and at most {MAX_SECONDS:g}")


def machine_bound(shop: Shop) -> int:
    """A lower bound on the makespan: a machine's load between the least head and the least tail of its operations."""
    heads: dict[int, int] = {}
    loads: dict[int, int] = {}
    tails: dict[int, int] = {}
    longest = 0
    for machines, durations, release in zip(shop.machines, shop.durations, shop.releases, strict=True):
        head, tail = release, sum(durations)
        longest = max(longest, head + tail)
        for machine, duration in zip(machines, durations, strict=True):
            tail -= duration
            heads[machine] = min(heads.get(machine, head), head)
            tails[machine] = min(tails.get(machine, tail), tail)
            loads[machine] = loads.get(machine, 0) + duration
            head += duration
    return max(longest, *(heads[machine] + loads[machine] + tails[machine] for machine in loads))


def _exact(shop: Shop, hint: Starts, objective: str, seconds: float, seed: int) -> tuple[Starts, int, int]:
    """CP-SAT's best schedule (never worse than `hint`), its lower bound, its number of branches."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    horizon = max(shop.horizon, makespan(shop, hint))
    variables: list[list[cp_model.IntVar]] = []
    on_machine: dict[int, list[cp_model.IntervalVar]] = {}
    for job, (machines, durations) in enumerate(zip(shop.machines, shop.durations, strict=True)):
        row: list[cp_model.IntVar] = []
        for machine, duration in zip(machines, durations, strict=True):
            start = model.new_int_var(shop.releases[job], horizon, "")
            on_machine.setdefault(machine, []).append(model.new_fixed_size_interval_var(start, duration, ""))
            model.add_hint(start, hint[job][len(row)])
            if row:
                model.add(start >= row[-1] + durations[len(row) - 1])
            row.append(start)
        variables.append(row)
    for intervals in on_machine.values():
        model.add_no_overlap(intervals)
    ends = [row[-1] + durations[-1] for row, durations in zip(variables, shop.durations, strict=True)]
    if objective == "makespan":
        last = model.new_int_var(machine_bound(shop), makespan(shop, hint), "")
        for end in ends:
            model.add(end <= last)
        model.minimize(last)
    else:
        late = [model.new_int_var(0, horizon, "") for _ in ends]
        for end, due, lateness in zip(ends, shop.dues, late, strict=True):
            model.add(lateness >= end - due)
        model.minimize(sum(late))
    engine = cp_model.CpSolver()
    engine.parameters.max_time_in_seconds = seconds
    engine.parameters.random_seed = seed % (1 << 31)
    # Eight strategies by turns: the same answer for the same seed, unless time runs out.
    engine.parameters.num_workers = 8
    engine.parameters.interleave_search = True
    status = engine.solve(model)
    lower = round(engine.best_objective_bound)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return hint, lower, engine.num_branches
    return [[engine.value(start) for start in row] for row in variables], lower, engine.num_branches
