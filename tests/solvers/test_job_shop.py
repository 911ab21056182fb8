import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shops import OPTIMA, read_shop

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.job_shop import job_shop, machine_bound
from reasoning.solvers.job_shop_rules import RULES, Shop, active_schedule, improve, makespan, violation


def check(jobs, schedule, releases=None):
    """Raises unless the schedule keeps every rule; written without the solver's own check."""
    spans = []
    for number, (job, starts) in enumerate(zip(jobs, schedule.starts, strict=True)):
        ready = releases[number] if releases else 0
        for (machine, duration), start in zip(job, starts, strict=True):
            assert start >= ready
            ready = start + duration
            spans.append((machine, start, ready))
    for (machine, start, end), (other, begin, finish) in itertools.combinations(spans, 2):
        assert machine != other or end <= begin or finish <= start or start == end or begin == finish
    return max(end for _, _, end in spans)


def brute_force(jobs):
    """Least makespan over all orders in which operations can be put down."""
    order = [number for number, job in enumerate(jobs) for _ in job]
    best = None
    for one in set(itertools.permutations(order)):
        steps, ready, machines = [0] * len(jobs), [0] * len(jobs), {}
        for job in one:
            machine, duration = jobs[job][steps[job]]
            ready[job] = machines[machine] = max(ready[job], machines.get(machine, 0)) + duration
            steps[job] += 1
        best = max(ready) if best is None else min(best, max(ready))
    return best


@pytest.mark.parametrize("name", ["ft06", "la01"])
def test_instances_of_the_literature_are_solved_and_proved(name):
    jobs = read_shop(name)
    result = job_shop(jobs)
    assert result.status is Status.CONVERGED
    assert check(jobs, result.solution) == result.solution.objective == OPTIMA[name]
    assert result.certificate.lower_bound == OPTIMA[name]
    assert result.certificate.violation == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ft10", "la16"])
def test_instances_of_ten_by_ten_are_solved_and_proved(name):
    jobs = read_shop(name)
    result = job_shop(jobs, seconds=300)
    assert result.status is Status.CONVERGED
    assert check(jobs, result.solution) == result.solution.objective == OPTIMA[name]


def test_the_machine_bound_proves_la01_alone():
    assert machine_bound(Shop.of(read_shop("la01"))) == 666
    assert machine_bound(Shop.of(read_shop("ft06"))) < 55


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=2), min_size=1, max_size=3)
)
@settings(max_examples=25, deadline=None)
def test_small_shops_agree_with_brute_force(jobs):
    result = job_shop(jobs)
    assert result.status is Status.CONVERGED
    assert check(jobs, result.solution) == result.solution.objective == brute_force(jobs)


@given(st.randoms(use_true_random=False), st.sampled_from(sorted(RULES)))
@settings(max_examples=20, deadline=None)
def test_rules_and_local_search_give_schedules(random, rule):
    jobs = [[(random.randrange(4), random.randrange(9)) for _ in range(random.randint(1, 4))] for _ in range(5)]
    releases = [random.randrange(6) for _ in jobs]
    shop = Shop.of(jobs, releases)
    starts = active_schedule(shop, RULES[rule])
    assert violation(shop, starts) == 0
    better = improve(shop, starts, 50)
    assert violation(shop, better) == 0
    assert machine_bound(shop) <= makespan(shop, better) <= makespan(shop, starts)


def test_local_search_reaches_the_optimum_of_ft06():
    result = job_shop(read_shop("ft06"), method="rules")
    assert result.solution.objective == 55
    assert result.status is Status.LIMIT
    assert "not proved" in result.message


def test_a_violated_schedule_is_seen():
    shop = Shop.of([[(0, 3), (1, 2)], [(0, 4)]], [1, 0])
    assert violation(shop, [[4, 7], [0]]) == 0
    assert violation(shop, [[3, 7], [0]]) == 1
    assert violation(shop, [[4, 5], [0]]) == 2
    assert violation(shop, [[0, 7], [3]]) == 1


def test_tardiness_counts_lateness():
    # One machine: by due date 3 + 2 ends at 5; the job of length 2 and due 2 first.
    result = job_shop([[[0, 3]], [[0, 2]]], dues=[5, 2], objective="tardiness")
    assert result.solution.objective == 0
    late = job_shop([[[0, 3]], [[0, 2]]], releases=[1, 1], dues=[3, 2], objective="tardiness")
    assert late.status is Status.CONVERGED
    assert late.solution.objective == 4  # 2 first: late 1, then 3 ends at 6, late 3


def test_a_limit_keeps_the_best_schedule():
    jobs = read_shop("ft10")
    result = job_shop(jobs, seconds=0.01)
    assert result.status is Status.LIMIT
    assert check(jobs, result.solution) == result.solution.objective >= 930
    assert result.certificate.lower_bound <= 930


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"jobs": []}, "jobs: expected at least one job"),
        ({"jobs": [[]]}, r"jobs\[0\]: expected at least one operation"),
        ({"jobs": [[[0, -1]]]}, "not negative"),
        ({"jobs": [[[0, 1.5]]]}, "jobs"),
        ({"jobs": [[[0, 1]]], "releases": [1, 2]}, "releases: expected 1 numbers"),
        ({"jobs": [[[0, 1]]], "objective": "tardiness"}, "dues: needed"),
        ({"jobs": [[[0, 1]] * 5001]}, "at most 5000 operations"),
        ({"jobs": [[[0, 10**10]]]}, "add up to more"),
        ({"jobs": [[[0, 1]]], "seconds": 1000}, "seconds"),
    ],
)
def test_bad_input_is_one_clear_line(arguments, message):
    with pytest.raises(SolverInputError, match=message):
        job_shop(**arguments)
