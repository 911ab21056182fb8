"""References of compound problems beside other ways of getting the same: the standard library, SymPy, brute force."""

import datetime
import json
import random
import re
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import pytest
import sympy

FILE = Path(__file__).parents[2] / "data" / "compound" / "compound.jsonl"
ROWS = {row["id"]: row for row in map(json.loads, FILE.read_text(encoding="utf-8").splitlines())}


def reference(id: str) -> Callable[..., Any]:
    names: dict[str, Any] = {}
    exec(ROWS[id]["meta"]["reference"], names)
    function: Callable[..., Any] = names[ROWS[id]["entry_point"]]
    return function


def arguments(id: str) -> list[list[Any]]:
    return [case["args"] for case in ROWS[id]["cases"]]


def test_calculator_is_python_arithmetic() -> None:
    calculate, rng = reference("parsing/infix-calculator"), random.Random(1)

    def expression(depth: int) -> str:
        if depth == 0 or rng.random() < 0.2:
            return str(rng.randrange(10))
        kind = rng.choice(["+", "-", "*", "/", "%", "^", "()", "-u"])
        if kind == "()":
            return f"({expression(depth - 1)})"
        if kind == "-u":
            return f"-{expression(depth - 1)}"
        if kind == "^":
            return f"{rng.randrange(4)}^{rng.randrange(4)}"
        return f"{expression(depth - 1)} {kind} {expression(depth - 1)}"

    for _ in range(500):
        text = expression(4)
        try:
            expected = eval(text.replace("/", "//").replace("^", "**"))
        except ZeroDivisionError:
            expected = None
        assert calculate(text) == expected, text


def test_matrices_are_those_of_sympy() -> None:
    facts = reference("arithmetic/fraction-matrix")
    for (rows,) in arguments("arithmetic/fraction-matrix"):
        matrix = sympy.Matrix([[sympy.Rational(entry) for entry in row] for row in rows])
        found = facts(rows)
        assert found["rank"] == matrix.rank()
        assert found["kernel"] == len(matrix.nullspace())
        assert found["reduced"] == [[str(entry) for entry in row] for row in matrix.rref()[0].tolist()]
        if matrix.rows == matrix.cols:
            assert found["determinant"] == str(matrix.det())
            inverse = None if matrix.det() == 0 else matrix.inv().tolist()
            assert found["inverse"] == (inverse and [[str(entry) for entry in row] for row in inverse])


def test_polynomials_are_those_of_sympy() -> None:
    desk, x = reference("arithmetic/polynomial-desk"), sympy.Symbol("x")

    def read(text: str) -> Any:
        squeezed = text.replace(" ", "").replace("*", "").replace("^", "**")
        return sympy.expand(sympy.sympify(re.sub(r"(?<=\d)x", "*x", squeezed)))

    for left, operator, right in arguments("arithmetic/polynomial-desk"):
        a, b = read(left), read(right)
        result = desk(left, operator, right)
        if operator != "/":
            assert read(result) == sympy.expand({"+": a + b, "-": a - b, "*": a * b}[operator])
        elif b == 0:
            assert result == "undefined"
        else:
            quotient, _, rest = result.partition(" rest ")
            assert sympy.expand(read(quotient) * b + read(rest or "0") - a) == 0
            if sympy.Poly(b, x).LC() in (1, -1):
                assert (read(quotient), read(rest or "0")) == sympy.div(a, b, x)


def test_repeating_digits_keep_the_value() -> None:
    rewrite = reference("arithmetic/repeating-digits")

    def value(text: str, base: int) -> Fraction:
        sign = -1 if text.startswith("-") else 1
        whole, _, after = text.removeprefix("-").partition(".")
        start, _, period = after.removesuffix(")").partition("(")
        total = Fraction(int(whole, base)) + (Fraction(int(start, base), base ** len(start)) if start else 0)
        if period:
            total += Fraction(int(period, base), base ** len(start) * (base ** len(period) - 1))
        return sign * total

    for numbers, source, target in arguments("arithmetic/repeating-digits"):
        for number, result in zip(numbers, rewrite(numbers, source, target), strict=True):
            assert value(result, target) == value(number, source)


def test_working_days_by_the_calendar_of_the_standard_library() -> None:
    move = reference("calendar/working-days")

    def works(day: datetime.date, holidays: list[str]) -> bool:
        return day.weekday() < 5 and day.isoformat() not in holidays and day.isoformat()[5:] not in holidays

    for start, steps, holidays in arguments("calendar/working-days"):
        day, expected = datetime.date.fromisoformat(start), []
        for step in steps:
            if step == 0:
                near = sorted(range(-20, 21), key=lambda days: (abs(days), days))
                day += datetime.timedelta(next(n for n in near if works(day + datetime.timedelta(n), holidays)))
            way, left = datetime.timedelta(1 if step > 0 else -1), abs(step)
            while left:
                day += way
                left -= works(day, holidays)
            expected.append(day.isoformat())
        assert move(start, steps, holidays) == expected


def test_alarms_by_trying_every_hour() -> None:
    ring, rng = reference("scheduling/next-alarm"), random.Random(2)
    for _ in range(40):
        fields = [
            rng.choice(choices)
            for choices in (["*/20", "5,50", "0", "7-40/9"], ["*", "3", "20-23", "*/8"], ["*", "1-9/4", "28-31"],
                            ["*", "2", "1-12/5"], ["*", "6,7", "1-5"])
        ]  # fmt: skip
        start = datetime.datetime(2024, 1, 1) + datetime.timedelta(minutes=rng.randrange(60 * 24 * 50))
        limits = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7))
        minutes, *others = (_values(field, *limit) for field, limit in zip(fields, limits, strict=True))
        hours = [start.replace(minute=0) + datetime.timedelta(hours=count) for count in range(24 * 400)]
        times = (
            hour + datetime.timedelta(minutes=minute)
            for hour in hours
            if all(v in a for v, a in zip((hour.hour, hour.day, hour.month, hour.isoweekday()), others, strict=True))
            for minute in sorted(minutes)
        )
        first = next((time for time in times if time > start), None)
        if first is not None:
            assert ring(" ".join(fields), f"{start:%Y-%m-%d %H:%M}") == f"{first:%Y-%m-%d %H:%M}"


def _values(field: str, low: int, high: int) -> set[int]:
    values: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = (f"{low}-{high}" if span == "*" else span).partition("-")
        values |= {v for v in range(int(first), int(last or first) + 1) if (v - int(first)) % int(step or 1) == 0}
    return values


def test_fences_obey_the_theorem_of_pick() -> None:
    report = reference("geometry/fence-report")
    for posts, _ in arguments("geometry/fence-report"):
        xs, ys = [x for x, _ in posts], [y for _, y in posts]
        box = [[x, y] for x in range(min(xs, default=0), max(xs, default=0) + 1)
               for y in range(min(ys, default=0), max(ys, default=0) + 1)]  # fmt: skip
        found = report(posts, box)
        if found is not None:
            assert found["fence"] == found["on_fence"]
            assert found["area"] == 2 * found["inside"] + found["on_fence"] - 2
            assert report(posts, posts)["outside"] == 0


def test_posters_by_painting_cells() -> None:
    see = reference("geometry/overlapping-posters")
    for (width, height), posters in arguments("geometry/overlapping-posters"):
        cells = [
            [n for n, (x1, y1, x2, y2) in enumerate(posters) if x1 <= x < x2 and y1 <= y < y2]
            for x in range(width)
            for y in range(height)
        ]
        visible = [sum(1 for over in cells if over and over[-1] == n) for n in range(len(posters))]
        assert see([width, height], posters) == {
            "visible": visible,
            "bare": sum(1 for over in cells if not over),
            "hidden": [n for n, area in enumerate(visible) if area == 0],
            "deepest": max(map(len, cells)),
        }


def test_free_time_minute_by_minute() -> None:
    free = reference("scheduling/common-free-time")

    def minute(text: str) -> int:
        return 60 * int(text[:2]) + int(text[3:])

    for calendars, hours, least in arguments("scheduling/common-free-time"):
        first, last = map(minute, hours.split("-"))
        busy = {m for calendar in calendars for one in calendar for m in range(*map(minute, one.split("-")))}
        expected, start = [], None
        for m in range(first, last + 1):
            if m < last and m not in busy:
                start = m if start is None else start
            elif start is not None:
                if m - start >= least:
                    expected.append(f"{start // 60:02d}:{start % 60:02d}-{m // 60:02d}:{m % 60:02d}")
                start = None
        assert free(calendars, hours, least) == expected


def test_routes_by_trying_all() -> None:
    route = reference("graphs/toll-roads")
    for roads, stops, budget, closed in arguments("graphs/toll-roads"):
        towns = sorted({town for a, b, *_ in roads for town in (a, b)})
        if len(stops) != 2 or stops[0] == stops[1] or len(towns) > 6:
            continue
        start, goal = stops
        inner = [town for town in towns if town not in (start, goal, *closed)]
        ways = []
        for count in range(len(inner) + 1):
            for middle in permutations(inner, count):
                path = [start, *middle, goal]
                costs = [(0, 0)]
                for a, b in pairwise(path):
                    legs = [(minutes, toll) for c, d, minutes, toll in roads if {a, b} == {c, d}]
                    costs = [(m + dm, t + dt) for m, t in costs for dm, dt in legs]
                ways += [(m, t, path) for m, t in costs if t <= budget]
        best = min(ways, default=None)
        found = route(roads, stops, budget, closed)
        assert found == (best and {"minutes": best[0], "toll": best[1], "route": best[2]})


def test_differences_lead_from_the_old_to_the_new_and_are_shortest() -> None:
    compare = reference("text/line-diff")
    for old, new, _ in arguments("text/line-diff"):
        if old == new:
            continue
        lines = compare(old, new, 10_000)
        assert [line[1:] for line in lines if line[0] != "+"] == old
        assert [line[1:] for line in lines if line[0] != "-"] == new
        longest = {(-1, j): 0 for j in range(-1, len(new))} | {(i, -1): 0 for i in range(-1, len(old))}
        for i, a in enumerate(old):
            for j, b in enumerate(new):
                longest[i, j] = max(longest[i - 1, j], longest[i, j - 1], longest[i - 1, j - 1] + (a == b))
        assert sum(line[0] == " " for line in lines) == longest[len(old) - 1, len(new) - 1]


def test_codes_are_as_short_as_huffman_trees_allow() -> None:
    book = reference("coding/prefix-code-book")
    for sample, _ in arguments("coding/prefix-code-book"):
        counts = {char: sample.count(char) for char in sample}
        codes = book(sample, [])["codes"]
        assert not any(a != b and b.startswith(a) for a in codes.values() for b in codes.values())
        weights, cost = sorted(counts.values()), 0
        while len(weights) > 1:
            cost += weights[0] + weights[1]
            weights = sorted([weights[0] + weights[1], *weights[2:]])
        assert sum(counts[char] * len(code) for char, code in codes.items()) == (
            cost if len(counts) > 1 else len(sample)
        )
        assert book(sample, [sample, f"bits:{''.join(codes[char] for char in sample)}"])["messages"][1] == sample


def test_seats_by_exact_quotients() -> None:
    divide = reference("elections/seats-and-thresholds")
    for regions, votes, threshold, method in arguments("elections/seats-and-thresholds"):
        total = sum(sum(counts.values()) for counts in votes.values())
        parties = {p for counts in votes.values() for p in counts}
        sums = {p: sum(counts.get(p, 0) for counts in votes.values()) for p in parties}
        taking = {p for p in parties if sums[p] and sums[p] * 100 >= threshold * total}
        for region, number in regions.items():
            counts = {p: n for p, n in votes.get(region, {}).items() if p in taking and n}
            steps = [1 + s for s in range(number)] if method == "dhondt" else [1 + 2 * s for s in range(number)]
            quotients = sorted((-Fraction(n, step), -n, p) for p, n in counts.items() for step in steps)
            won = [p for _, _, p in quotients[:number]]
            expected = {p: won.count(p) for p in sorted(set(won))}
            assert divide(regions, votes, threshold, method)["seats"][region] == expected


@pytest.mark.parametrize("id", ["ledgers/shared-expenses"])
def test_payments_settle_all_balances(id: str) -> None:
    settle = reference(id)
    for people, expenses in arguments(id):
        found = settle(people, expenses)
        balance = dict(found["balances"])
        assert sum(balance.values()) == 0
        for payer, receiver, cents in found["payments"]:
            assert cents > 0
            balance[payer] += cents
            balance[receiver] -= cents
        assert set(balance.values()) <= {0}
        assert len(found["payments"]) < max(len(people), 1)
