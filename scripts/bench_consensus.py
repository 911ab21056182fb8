r"""How often functional consensus, a majority vote and self-tests pick a right candidate, and what theory says.

    python scripts/bench_consensus.py --trials 2000 --out consensus

A population has n candidates, k of them right. The wrong ones are

- spread: each gives the right value on an input with probability 1 - d, else a value that no other candidate gives;
- clustered: all make the same mistake, which shows on an input with probability d.

Each trial draws T inputs. *Consensus* takes the highest functional score, *vote* the largest group with the same values
on all inputs, *self-test* the candidate that passes most of T tests, each of which is right with probability a (a wrong
test expects what no candidate gives). Ties are broken at random, as in the methods themselves, whose scoring functions
are used here.

Prediction for consensus, without approximation. On input t let R_t be the wrong candidates that are right there. A
right candidate shares its value with k - 1 + |R_t| others, a wrong one with as many if it is in R_t and with none
otherwise (spread). So no wrong candidate beats a right one, and it ties exactly if on every input it is in R_t, or the
right candidates score nothing there (k = 1 and R_t empty). For a given set of s of the m = n - k wrong candidates the
chance of this is

    p_s = ((1 - d)^s + [k = 1] d^m)^T,   p_0 = 1,

and by inclusion and exclusion exactly w of them tie with probability

    P(w) = sum over s = w..m of (-1)^(s - w) C(s, w) C(m, s) p_s.

A random pick among the best is right with probability sum over w of P(w) k / (k + w). Clustered: with probability
(1 - d)^T no input shows the mistake and the pick is right with probability k / n; otherwise the larger group wins, and
a tie k = n - k is decided by a coin.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from math import comb, sqrt
from pathlib import Path

from reasoning.methods.funcoder.consensus import cluster_scores, functional_scores, leaders

Population = Callable[[random.Random, int, int, int, float], list[list[str]]]


def spread(rng: random.Random, n: int, k: int, inputs: int, d: float) -> list[list[str]]:
    """Values of k right and n - k wrong candidates, whose mistakes have nothing in common."""
    rows = [["right"] * inputs for _ in range(k)]
    rows += [[f"wrong {number}" if rng.random() < d else "right" for _ in range(inputs)] for number in range(n - k)]
    return rows


def clustered(rng: random.Random, n: int, k: int, inputs: int, d: float) -> list[list[str]]:
    """Values of k right candidates and of n - k that are the same wrong function."""
    mistaken = ["wrong" if rng.random() < d else "right" for _ in range(inputs)]
    return [["right"] * inputs for _ in range(k)] + [mistaken] * (n - k)


def predicted_spread(n: int, k: int, inputs: int, d: float) -> float:
    """Chance that consensus picks a right candidate; see the formula above."""
    wrong = n - k
    alone = d**wrong if k == 1 else 0.0
    joint = [1.0, *(((1 - d) ** size + alone) ** inputs for size in range(1, wrong + 1))]
    total = 0.0
    for ties in range(wrong + 1):
        chance = sum(
            (-1) ** (size - ties) * comb(size, ties) * comb(wrong, size) * joint[size]
            for size in range(ties, wrong + 1)
        )
        total += chance * k / (k + ties)
    return total


def predicted_clustered(n: int, k: int, inputs: int, d: float) -> float:
    """Likewise for wrong candidates that are all the same."""
    hidden = (1 - d) ** inputs
    decided = 1.0 if 2 * k > n else 0.5 if 2 * k == n else 0.0
    if k == n:
        decided = 1.0
    return hidden * k / n + (1 - hidden) * decided


PREDICTED = {"spread": predicted_spread, "clustered": predicted_clustered}
POPULATIONS: dict[str, Population] = {"spread": spread, "clustered": clustered}


def self_test_scores(rng: random.Random, table: Sequence[Sequence[str]], right_tests: float) -> list[int]:
    """Tests passed, each test being right with probability `right_tests`."""
    good = [rng.random() < right_tests for _ in table[0]]
    return [sum(value == "right" and fair for value, fair in zip(row, good, strict=True)) for row in table]


def measured(
    kind: str, n: int, k: int, inputs: int, d: float, right_tests: float, trials: int, seed: int
) -> dict[str, float]:
    """Share of trials in which each way of choosing took a right candidate."""
    rng = random.Random(f"{kind} {n} {k} {inputs} {d} {right_tests} {seed}")
    hits = {"consensus": 0, "vote": 0, "self-test": 0}
    for _ in range(trials):
        table = POPULATIONS[kind](rng, n, k, inputs, d)
        scores = {
            "consensus": functional_scores(table),
            "vote": cluster_scores(table),
            "self-test": self_test_scores(rng, table, right_tests),
        }
        for name, row in scores.items():
            hits[name] += rng.choice(leaders(row)) < k
    return {name: count / trials for name, count in hits.items()}


def plot(rows: list[tuple[str, int, float, dict[str, float]]], n: int) -> str:
    """Accuracy over k for both populations, as SVG: lines measured, crosses predicted."""
    colours = {"consensus": "#1b6ca8", "vote": "#c26b1e", "self-test": "#6b8e23"}
    width, height, left, top = 360, 260, 44, 30
    parts = []
    for panel, kind in enumerate(POPULATIONS):
        offset = panel * (width + 70) + left
        mine = [row for row in rows if row[0] == kind]

        def place(k: int, share: float, offset: int = offset) -> tuple[float, float]:
            return offset + (k - 1) / (n - 1) * width, top + (1 - share) * height

        parts.append(f'<text x="{offset}" y="18">{kind} mistakes, {n} candidates</text>')
        parts.append(f'<rect x="{offset}" y="{top}" width="{width}" height="{height}" fill="none" stroke="#999"/>')
        for share in (0, 0.5, 1):
            parts.append(f'<text x="{offset - 38}" y="{top + (1 - share) * height + 4}">{share:.0%}</text>')
        for name, colour in colours.items():
            points = " ".join("{:.1f},{:.1f}".format(*place(k, shares[name])) for _, k, _, shares in mine)
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for _, k, expected, _ in mine:
            x, y = place(k, expected)
            parts.append(f'<path d="M{x - 4:.1f} {y:.1f}h8M{x:.1f} {y - 4:.1f}v8" stroke="#000"/>')
    for number, (name, colour) in enumerate(colours.items()):
        parts.append(f'<text x="{left + 150 * number}" y="{top + height + 42}" fill="{colour}">{name}</text>')
    parts.append(f'<text x="{left + 450}" y="{top + height + 42}">+ predicted for consensus; k from 1 to {n}</text>')
    total_width, total_height = 2 * (width + 70) + left, top + height + 60
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total_width} {total_height}" '
        f'font-family="sans-serif" font-size="12">{"".join(parts)}</svg>\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=11, help="candidates")
    parser.add_argument("--inputs", type=int, default=6, help="T")
    parser.add_argument("-d", type=float, default=0.3, help="share of inputs on which a mistake shows")
    parser.add_argument("-a", type=float, default=0.8, help="share of self-tests that are right")
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="writes OUT.svg and OUT.tsv")
    options = parser.parse_args()
    rows = []
    print("population  k  predicted  consensus  (deviations)   vote  self-test")
    for kind in POPULATIONS:
        for k in range(1, options.n + 1):
            expected = PREDICTED[kind](options.n, k, options.inputs, options.d)
            shares = measured(kind, options.n, k, options.inputs, options.d, options.a, options.trials, options.seed)
            rows.append((kind, k, expected, shares))
            sigma = sqrt(max(expected * (1 - expected), 1e-12) / options.trials)
            off = (shares["consensus"] - expected) / sigma if sigma > 1e-6 else 0.0
            print(
                f"{kind:<10} {k:>2}  {expected:>8.1%}  {shares['consensus']:>8.1%}  {off:>+8.1f}     "
                f"{shares['vote']:>7.1%}  {shares['self-test']:>8.1%}"
            )
    if options.out is not None:
        options.out.with_suffix(".svg").write_text(plot(rows, options.n))
        lines = ["population\tk\tpredicted\tconsensus\tvote\tself-test"]
        lines += [
            "\t".join([kind, str(k), f"{expected:.4f}", *(f"{shares[name]:.4f}" for name in shares)])
            for kind, k, expected, shares in rows
        ]
        options.out.with_suffix(".tsv").write_text("\n".join(lines) + "\n")
        print(f"written: {options.out.with_suffix('.svg')}, {options.out.with_suffix('.tsv')}")


if __name__ == "__main__":
    main()
