r"""Theorems drawn from grammars: linear arithmetic, identities, residues, tautologies, computations.

    draft = draw(random.Random(1))
    draft.statement      # "theorem linear_consequence (a b : Nat) (h : a + 3 ≤ b) : 2 * a < 2 * b := by"

Each family computes something that is true (a tautology by its truth table, an identity by expanding it), and lists
tactics that ought to prove it; Lean judges which do.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from typing import Final

from reasoning.proving.drafts import Draft

__all__ = ["FAMILIES", "draw"]

_NATS: Final = ("a", "b", "c", "d", "k", "m", "n", "x", "y")
_INTS: Final = ("a", "b", "c", "x", "y", "z")
_MOST_TRIES: Final = 200


def draw(stream: random.Random) -> Draft:
    """A theorem of a family drawn at random."""
    return stream.choice(FAMILIES)(stream)


def _draft(family: str, head: str, goal: str, proofs: Sequence[str], stream: random.Random) -> Draft:
    shuffled = [f"  {proof}" for proof in proofs]
    stream.shuffle(shuffled)
    return Draft(f"theorem {family} {head + ' ' if head else ''}: {goal} := by", tuple(shuffled), family)


def _names(stream: random.Random, kind: str, count: int) -> list[str]:
    return stream.sample(_NATS if kind == "Nat" else _INTS, count)


def _kind(stream: random.Random) -> str:
    return stream.choice(("Nat", "Int"))


def _sum(terms: Sequence[tuple[int, str]]) -> str:
    """Terms (coefficient, name) in their order; the name of a number is empty; coefficients are positive."""
    return " + ".join(
        str(factor) if not name else name if factor == 1 else f"{factor} * {name}" for factor, name in terms
    )


def _linear_identity(stream: random.Random) -> Draft:
    kind = _kind(stream)
    names = _names(stream, kind, stream.choice((2, 3, 3, 4)))
    terms = [(stream.choice((1, 1, 1, 2, 3)), name) for name in names]
    if stream.random() < 0.5:
        terms.append((stream.randint(1, 9), ""))
    left, right = stream.sample(terms, len(terms)), stream.sample(terms, len(terms))
    if stream.random() < 0.5:
        factor, name = left.pop()
        left_text = f"{_sum(left)} + ({_sum([(factor, name), (1, names[0])])})"
        return _draft(
            "linear_identity", f"({' '.join(names)} : {kind})", f"{left_text} = {names[0]} + {_sum(right)}",
            ("omega", "grind"), stream,
        )  # fmt: skip
    return _draft(
        "linear_identity", f"({' '.join(names)} : {kind})", f"{_sum(left)} = {_sum(right)}",
        ("omega", "grind", "ac_rfl"), stream,
    )  # fmt: skip


def _linear_consequence(stream: random.Random) -> Draft:
    """A positive combination of hypotheses, weakened."""
    kind = _kind(stream)
    names = _names(stream, kind, 3)
    a, b, c = names
    k, m = stream.randint(1, 9), stream.randint(0, 5)
    hypotheses, goal = stream.choice(
        (
            ((f"{a} ≤ {b}", f"{b} + {k} ≤ {c}"), f"{a} + {max(k - m, 0)} ≤ {c}"),
            ((f"{a} < {b}", f"{b} < {c}"), f"{a} + 1 < {c}"),
            ((f"{a} + {b} = {k + m}", f"{a} = {k}"), f"{b} = {m}"),
            ((f"{a} ≤ {b}", f"{b} ≤ {c}"), f"{k} * {a} ≤ {k} * {c}"),
            ((f"{a} = {b} + {k}", f"{c} = {a} + {m}"), f"{c} = {b} + {k + m}"),
            ((f"{a} < {b}", f"{c} ≤ {a}"), f"{c} ≠ {b}"),
            ((f"{a} ≤ {b} + {k}", f"¬ {a} ≤ {b}"), f"{b} < {a} ∧ {a} ≤ {b} + {k}"),
            ((f"{k} * {a} + {m} ≤ {k} * {b}",), f"{a} ≤ {b}"),
            ((f"{a} < {b} ∨ {b} < {a}",), f"{a} ≠ {b}"),
            ((f"{a} + {k} = {b}", f"{b} + {k} = {c}"), f"{c} = {a} + {2 * k}"),
        )
    )
    used = [name for name in names if any(name in text.split() for text in (*hypotheses, goal))]
    head = f"({' '.join(used)} : {kind}) " + " ".join(
        f"(h{number if len(hypotheses) > 1 else ''} : {text})" for number, text in enumerate(hypotheses, 1)
    )
    return _draft("linear_consequence", head, goal, ("omega", "grind", "simp_all"), stream)


def _linear_solution(stream: random.Random) -> Draft:
    kind = _kind(stream)
    if stream.random() < 0.5:
        (x,) = _names(stream, kind, 1)
        k, root, m = stream.randint(2, 9), stream.randint(1, 9), stream.randint(1, 12)
        return _draft(
            "linear_solution", f"({x} : {kind}) (h : {k} * {x} + {m} = {k * root + m})", f"{x} = {root}",
            ("omega", "grind"), stream,
        )  # fmt: skip
    x, y = _names(stream, kind, 2)
    one, other = sorted((stream.randint(1, 12), stream.randint(1, 12)))
    k = stream.randint(2, 5)
    head = f"({x} {y} : {kind}) (h1 : {x} + {y} = {one + other}) (h2 : {x} + {k} * {y} = {other + k * one})"
    goal = stream.choice((f"{x} = {other} ∧ {y} = {one}", f"{x} = {other}", f"{y} = {one}"))
    return _draft("linear_solution", head, goal, ("omega", "grind"), stream)


def _remainder(stream: random.Random) -> Draft:
    kind = _kind(stream)
    (n,) = _names(stream, kind, 1)
    k, times = stream.choice((2, 3, 4, 5, 6, 7)), stream.randint(2, 4)
    r = stream.randrange(k * times)
    hypothesis, goal = stream.choice(
        (
            (f"{n} % {k * times} = {r}", f"{n} % {k} = {r % k}"),
            (f"{n} % {k} = {r % k}", f"({n} + {times}) % {k} = {(r + times) % k}"),
            (f"{n} % {k} = {r % k}", f"({times} * {n}) % {k} = {times * r % k}"),
            (f"{n} % {k} ≠ 0", f"{n} ≠ {k * times}"),
            ("", f"({k * times} * {n} + {r}) % {k} = {r % k}"),
            ("", f"{n} % {k} < {k + r}"),
            ("", f"{k} ∣ {k * times} * {n}"),
            ("", f"{n} / {k} * {k} ≤ {n} + {r}"),
            ("", f"{n} / {k} / {times} = {n} / {k * times}"),
        )
    )
    given = f" (h : {hypothesis})" if hypothesis else ""
    return _draft("remainder", f"({n} : {kind}){given}", goal, ("omega", "grind"), stream)


def _residues(stream: random.Random) -> Draft:
    """What powers leave modulo a number, by cases."""
    kind, modulus = _kind(stream), stream.choice((2, 3, 4, 5, 6))
    (n,) = _names(stream, kind, 1)
    power, add = stream.choice((2, 2, 3)), stream.choice((0, 0, 1, 2))
    value = " * ".join([n] * power)
    values = sorted({(r**power + add) % modulus for r in range(modulus)})
    whole = f"({value} + {add}) % {modulus}" if add else f"{value} % {modulus}"
    missing = [r for r in range(modulus) if r not in values]
    if missing and stream.random() < 0.6:
        goal = f"{whole} ≠ {stream.choice(missing)}"
    else:
        goal = " ∨ ".join(f"{whole} = {r}" for r in values)
    cases = " ∨ ".join(f"{n} % {modulus} = {r}" for r in range(modulus))
    pattern = " | ".join(["h"] * modulus)
    mod = "mod" if kind == "Nat" else "emod"
    rules = f"{kind}.mul_{mod}, {kind}.add_{mod}, h" if add else f"{kind}.mul_{mod}, h"
    proof = f"have h : {cases} := by omega\n  rcases h with {pattern} <;> simp [{rules}]"
    return _draft("residues", f"({n} : {kind})", goal, (proof,), stream)


def _computation(stream: random.Random) -> Draft:
    a, b, c = (stream.randint(2, 30) for _ in range(3))
    items = [stream.randint(0, 9) for _ in range(stream.randint(2, 4))]
    k = stream.randint(1, 3)
    goal = stream.choice(
        (
            f"{a} * {b} = {a * b}",
            f"{a} + {b} * {c} = {a + b * c}",
            f"{a * b} / {a} = {b}",
            f"{a * b + 1} % {a} = {1 % a}",
            f"{a} ^ {k} = {a**k}",
            f"({a} : Int) - {b} = {a - b}",
            f"(-{a} : Int) * {b} = {-a * b}",
            f"{items}.sum = {sum(items)}",
            f"{items}.length = {len(items)}",
            f"{items}.reverse = {items[::-1]}",
            f"{items}.map (· + {k}) = {[item + k for item in items]}",
            f"{items}.take {k} = {items[:k]}",
            f"{items} ++ [{k}] = {[*items, k]}",
            f"{a} < {a + b}",
            f"{a} ≠ {a + c}",
            f"¬ {a + b} ≤ {a}",
            f"max {a} {a + b} = {a + b}",
            f"{a} ∣ {a * b}",
        )
    )
    return _draft("computation", "", goal, ("rfl", "decide", "simp", "omega"), stream)


def _bounded(stream: random.Random) -> Draft:
    bound, k = stream.randint(3, 12), stream.randint(2, 5)
    goal = stream.choice(
        (
            f"∀ n, n < {bound} → n * n < {bound * bound}",
            f"∀ n, n < {bound} → {k} * n < {k * bound}",
            f"∀ n, n < {bound} → n * (n + 1) % 2 = 0",
            f"∃ n, n < {bound + k} ∧ n * n = {k * k}",
            f"∃ n, n < {bound} ∧ n + {k} = {bound + k - 1}",
            f"∀ m, m < {k} → ∀ n, n < {k} → m * n = n * m",
            "∀ b : Bool, (b || !b) = true",
        )
    )
    return _draft("bounded", "", goal, ("decide", "grind", "omega"), stream)


def _witness(stream: random.Random) -> Draft:
    kind = _kind(stream)
    x, y = _names(stream, kind, 2)
    k, m = stream.randint(2, 9), stream.randint(1, 9)
    goal, value, head = stream.choice(
        (
            (f"∃ {y}, {y} + {k} = {k + m}", str(m), ""),
            (f"∃ {y}, {k} * {y} = {k * m}", str(m), ""),
            (f"∃ {y}, {x} + {k} ≤ {y}", f"{x} + {k}", x),
            (f"∃ {y}, {y} = {x} + {m}", f"{x} + {m}", x),
            (f"∃ {y}, {k} * {y} = {k * m} * {x}", f"{m} * {x}", x),
            (f"∃ {y}, {x} < {y} ∧ {y} ≤ {x} + {k}", f"{x} + 1", x),
        )
    )
    binder = f"({head} : {kind})" if head else ""
    goal = goal if head else goal.replace(f"∃ {y},", f"∃ {y} : {kind},")
    return _draft("witness", binder, goal, (f"exact ⟨{value}, by omega⟩", f"exact ⟨{value}, by simp⟩"), stream)


def _min_max(stream: random.Random) -> Draft:
    kind = _kind(stream)
    a, b, c = _names(stream, kind, 3)
    k = stream.randint(1, 6)
    goal = stream.choice(
        (
            f"min {a} {b} ≤ {b} + {k}",
            f"{a} ≤ max {a} {b} + {k}",
            f"min ({a} + {k}) ({b} + {k}) = min {a} {b} + {k}",
            f"max {a} (min {a} {b}) = {a}",
            f"min {a} (max {a} {b}) = {a}",
            f"min {a} {b} + {k} ≤ max {a} {b} + {k}",
            f"max (max {a} {b}) {c} = max {a} (max {b} {c})",
            f"min (min {a} {b}) {c} ≤ {c}",
            f"max {a} {b} = max {b} {a}",
        )
    )
    used = [name for name in (a, b, c) if name in goal.replace("(", " ").replace(")", " ").split()]
    return _draft("min_max", f"({' '.join(used)} : {kind})", goal, ("omega", "grind"), stream)


def _polynomial(stream: random.Random) -> Draft:
    """A product of two linear forms, expanded."""
    kind = _kind(stream)
    x, y = _names(stream, kind, 2)
    k, m = stream.randint(1, 5), stream.randint(1, 5)
    goal = stream.choice(
        (
            f"({x} + {k}) * ({x} + {m}) = {x} * {x} + {k + m} * {x} + {k * m}",
            f"({x} + {y}) * ({x} + {k}) = {x} * {x} + {k} * {x} + {x} * {y} + {k} * {y}",
            f"{k + 1} * ({x} + {y}) * {x} = {k + 1} * {x} * {x} + {k + 1} * {y} * {x}",
            f"({x} + {y}) * ({x} + {y}) = {x} * {x} + 2 * {x} * {y} + {y} * {y}",
            f"({k + 1} * {x}) * ({m + 1} * {y}) = {(k + 1) * (m + 1)} * ({y} * {x})",
            f"({x} + {k}) ^ 2 = {x} ^ 2 + {2 * k} * {x} + {k * k}",
            f"{x} * ({y} + {k}) + {m} = {x} * {y} + {k} * {x} + {m}",
        )
    )
    if kind == "Int" and stream.random() < 0.4:
        goal = stream.choice(
            (
                f"({x} - {k}) * ({x} + {k}) = {x} * {x} - {k * k}",
                f"({x} - {y}) * ({x} - {y}) = {x} * {x} - 2 * {x} * {y} + {y} * {y}",
                f"{k} * ({x} - {y}) + {k} * {y} = {k} * {x}",
                f"-({x} - {y}) * {k} = {k} * {y} - {k} * {x}",
            )
        )
    names = [name for name in (x, y) if name in goal.replace("(", " ").replace(")", " ").replace("-", " ").split()]
    return _draft("polynomial", f"({' '.join(names)} : {kind})", goal, ("grind",), stream)


Formula = tuple[str, Callable[[dict[str, bool]], bool]]


def _formula(stream: random.Random, names: Sequence[str], depth: int) -> Formula:
    if depth == 0 or stream.random() < 0.2:
        name = stream.choice(names)
        return name, lambda values: values[name]
    sign = stream.choice(("∧", "∨", "→", "¬"))
    one, one_value = _formula(stream, names, depth - 1)
    if sign == "¬":
        return f"¬ {one}" if len(one) == 1 else f"¬ ({one})", lambda values: not one_value(values)
    other, other_value = _formula(stream, names, depth - 1)
    text = " ".join((_bracketed(one), sign, _bracketed(other)))
    rules: dict[str, Callable[[bool, bool], bool]] = {
        "∧": lambda a, b: a and b,
        "∨": lambda a, b: a or b,
        "→": lambda a, b: not a or b,
    }
    return text, lambda values: rules[sign](one_value(values), other_value(values))


def _bracketed(text: str) -> str:
    return text if len(text) == 1 else f"({text})"


def _holds(value: Callable[[dict[str, bool]], bool], names: Sequence[str]) -> bool:
    return all(value(dict(zip(names, row, strict=True))) for row in itertools.product((False, True), repeat=len(names)))


def _tautology(stream: random.Random) -> Draft:
    """An implication between random formulas that the truth table confirms."""
    names = stream.sample(("p", "q", "r", "s"), stream.choice((2, 2, 3)))
    for _ in range(_MOST_TRIES):
        one, one_value = _formula(stream, names, 2)
        other, other_value = _formula(stream, names, 2)
        if one == other or len({*one} & {*names}) < 2:
            continue
        equal = _holds(lambda v, f=one_value, g=other_value: f(v) == g(v), names)  # type: ignore[misc]
        follows = _holds(lambda v, f=one_value, g=other_value: not f(v) or g(v), names)  # type: ignore[misc]
        used = [name for name in names if name in one + other]
        head = f"({' '.join(used)} : Prop)"
        if equal and stream.random() < 0.7:
            goal = f"{_bracketed(one)} ↔ {_bracketed(other)}"
            return _draft("equivalence", head, goal, ("grind", "simp", "simp_all"), stream)
        if follows:
            if stream.random() < 0.6:
                given = ("simp_all", "grind", "exact h")
                return _draft("implication", f"{head} (h : {one})", other, given, stream)
            closed = ("grind", "simp_all", "intro h\n  simp_all", "intro h\n  grind")
            return _draft("implication", head, f"{_bracketed(one)} → {_bracketed(other)}", closed, stream)
    return _draft("implication", "(p : Prop) (h : p)", "p ∨ p", ("simp_all", "grind"), stream)


def _boolean(stream: random.Random) -> Draft:
    """An identity between random Boolean terms that the truth table confirms."""
    names = stream.sample(("a", "b", "c"), stream.choice((1, 2, 2, 3)))
    signs = {"∧": "&&", "∨": "||"}
    for _ in range(_MOST_TRIES):
        one, one_value = _formula(stream, names, 2)
        other, other_value = _formula(stream, names, 1)
        if one == other or "→" in one + other:
            continue
        if _holds(lambda v, f=one_value, g=other_value: f(v) == g(v), names):  # type: ignore[misc]
            used = [name for name in names if name in one + other]
            texts = [_bracketed(text.replace("¬ ", "!")) for text in (one, other)]
            goal = " = ".join(texts)
            for sign, operator in signs.items():
                goal = goal.replace(sign, operator)
            proofs = [" <;> ".join([*(f"cases {name}" for name in used), "rfl"]), "grind", "simp", "simp_all"]
            return _draft("boolean", f"({' '.join(used)} : Bool)", goal, proofs, stream)
    return _draft("boolean", "(a : Bool)", "(a && a) = a", ("simp", "cases a <;> rfl"), stream)


def _list_lengths(stream: random.Random) -> Draft:
    """Lengths of composed lists."""
    names = stream.sample(("xs", "ys", "zs", "l"), 2)
    k, m = stream.randint(1, 5), stream.randint(1, 5)

    def term(depth: int) -> tuple[str, str]:
        """A list and what its length is."""
        if depth == 0:
            name = stream.choice(names)
            return name, f"{name}.length"
        text, length = term(depth - 1)
        return stream.choice(
            (
                (f"({text} ++ {names[0]})", f"({length} + {names[0]}.length)"),
                (f"{text}.reverse", length),
                (f"({text}.map (· + {k}))", length),
                (f"({m} :: {text})", f"({length} + 1)"),
                (f"({text}.drop {k})", f"({length} - {k})"),
                (f"({text} ++ [{k}, {m}])", f"({length} + 2)"),
                (f"({text}.take {k})", f"(min {k} {length})"),
            )
        )

    text, length = term(stream.choice((1, 2, 2)))
    length = length.removeprefix("(").removesuffix(")") if length.startswith("(") else length
    used = [name for name in names if name in text]
    proofs = ("simp", "simp; omega", "grind", "simp +arith")
    return _draft("list_lengths", f"({' '.join(used)} : List Nat)", f"{text}.length = {length}", proofs, stream)


def _range_sum(stream: random.Random) -> Draft:
    """Sums over a range, and powers against linear forms, by induction."""
    n, k, m = stream.choice(("n", "k", "m")), stream.randint(2, 9), stream.randint(1, 9)
    goal, zero, step = stream.choice(
        (
            (f"(List.replicate {n} {m}).sum + {k} = {m} * {n} + {k}", "rfl",
             "simp [List.replicate_succ] at ih ⊢; omega"),
            (f"{k} ^ {n} % {k - 1} = {1 % (k - 1)}", "rfl", "rw [Nat.pow_succ]; omega"),
            (f"{n} + {m} < {k} ^ {n} + {m}", "decide", "rw [Nat.pow_succ]; omega"),
            (f"{m} ≤ {m} * {k} ^ {n}", "decide", "rw [Nat.pow_succ]; omega"),
            (f"{k - 1} * {n} < {k} ^ {n}", "decide", "rw [Nat.pow_succ]; omega"),
        )
    )  # fmt: skip
    proof = f"induction {n} with\n  | zero => {zero}\n  | succ {n} ih => {step}"
    return _draft("range_sum", f"({n} : Nat)", goal, (proof,), stream)


FAMILIES: Final[tuple[Callable[[random.Random], Draft], ...]] = (
    _linear_identity,
    _linear_consequence,
    _linear_solution,
    _remainder,
    _residues,
    _computation,
    _bounded,
    _witness,
    _min_max,
    _polynomial,
    _tautology,
    _boolean,
    _list_lengths,
    _range_sum,
)
