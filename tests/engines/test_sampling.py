"""Drawing tokens: the right distribution, seeds that mean something, and rows that do not touch each other."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from reasoning.engines.sampling import BatchSampler, gumbel_noise  # noqa: E402

CPU = torch.device("cpu")
LOGITS = torch.tensor([2.0, 0.0, 1.0, -1.0, 0.5])


def sampler(seeds, *, temperatures=None, top_ps=None) -> BatchSampler:
    ones = [1.0] * len(seeds)
    return BatchSampler(seeds=list(seeds), temperatures=temperatures or ones, top_ps=top_ps or ones, device=CPU)


def draws(rows: int, steps: int, *, temperature: float = 1.0, top_p: float = 1.0) -> list[list[int]]:
    """`steps` draws of each of `rows` rows from the same logits."""
    batch = sampler(range(rows), temperatures=[temperature] * rows, top_ps=[top_p] * rows)
    return [batch.draw(LOGITS.expand(rows, -1)).tolist() for _ in range(steps)]


def draw(rows: int, *, temperature: float = 1.0, top_p: float = 1.0) -> list[int]:
    return draws(rows, 1, temperature=temperature, top_p=top_p)[0]


def draws_of_one(seed: int, steps: int) -> list[int]:
    batch = sampler([seed])
    return [int(batch.draw(LOGITS[None])) for _ in range(steps)]


def splitmix_noise(seed: int, step: int, token: int) -> float:
    """The same noise by Python's unbounded integers."""
    wrap = (1 << 64) - 1

    def mix(state: int) -> int:
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & wrap
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & wrap
        return state ^ (state >> 31)

    golden = 0x9E3779B97F4A7C15
    key = mix((mix(seed & wrap) + golden * (step + 1)) & wrap)
    bits = mix((key + golden * (token + 1)) & wrap) >> 12
    return -math.log(-math.log((bits + 0.5) * 2.0**-52))


def test_noise_is_splitmix64_for_all_sizes_of_seed() -> None:
    seeds = [0, 1, 2**31, 2**62 + 12345, 2**63 - 1]
    steps = torch.full((len(seeds),), 999)
    noise = gumbel_noise(torch.tensor(seeds), steps, 3, 40)
    expected = [
        [[splitmix_noise(seed, step, token) for token in range(40)] for seed in seeds] for step in (999, 1000, 1001)
    ]
    assert torch.allclose(noise, torch.tensor(expected, dtype=torch.float64), rtol=1e-12)


def test_frequencies_follow_the_softmax_at_each_temperature() -> None:
    rows = 40_000
    for temperature in (0.7, 1.0, 2.0):
        counts = torch.bincount(torch.tensor(draw(rows, temperature=temperature)), minlength=5)
        expected = (LOGITS / temperature).softmax(dim=0) * rows
        # Chi-squared with 4 degrees of freedom: 23.5 is passed by chance once in 10,000; seeds are fixed.
        assert float(((counts - expected) ** 2 / expected).sum()) < 23.5


def test_steps_and_seeds_give_independent_draws() -> None:
    first, second = torch.tensor(draws(40_000, 2))
    probabilities = LOGITS.softmax(dim=0)
    agreement = float((first == second).double().mean())
    assert abs(agreement - float((probabilities**2).sum())) < 0.01


def test_top_p_keeps_the_smallest_sufficient_set() -> None:
    # Softmax, likeliest first: tokens 0 (.56), 2 (.21), 4 (.13), 1 (.08), 3 (.03).
    assert set(draw(2_000, top_p=0.5)) == {0}
    assert set(draw(2_000, top_p=0.6)) == {0, 2}
    assert set(draw(2_000, top_p=0.8)) == {0, 2, 4}
    assert set(draw(5_000)) == {0, 1, 2, 3, 4}


def test_rows_keep_their_own_options_beside_others() -> None:
    alone = draw(8)
    logits = LOGITS.expand(9, -1)
    seeds = [99, *range(8)]
    mixed = sampler(seeds, temperatures=[0.0, *[1.0] * 8]).draw(logits)
    assert mixed.tolist() == [0, *alone]
    narrow = sampler(seeds, top_ps=[0.1, *[1.0] * 8]).draw(logits)
    assert narrow.tolist() == [0, *alone]


def test_a_row_draws_the_same_whoever_leaves_and_however_many_steps_are_made_at_once() -> None:
    # Alone, a row's noise is made for many steps at once; among 2,000 for one; rows leave at every step.
    steps, followed = 40, [3, 700, 1999]
    alone = {seed: draws_of_one(seed, steps) for seed in followed}
    rows = list(range(2000))
    batch = sampler(rows)
    drawn = {seed: [] for seed in followed}
    for step in range(steps):
        tokens = batch.draw(LOGITS.expand(len(rows), -1)).tolist()
        for row, token in zip(rows, tokens, strict=True):
            if row in drawn:
                drawn[row].append(token)
        kept = [place for place, row in enumerate(rows) if row in followed or (row * 7 + step) % 5]
        batch.keep(torch.tensor(kept))
        rows = [rows[place] for place in kept]
    assert drawn == alone
    assert rows == followed


def test_a_row_that_joins_draws_as_it_would_alone() -> None:
    expected = {seed: draws_of_one(seed, 30) for seed in (1, 2, 3, 4)}
    batch, drawn = sampler([1, 2]), {1: [], 2: [], 3: [], 4: []}

    def draw_from(batch: BatchSampler, rows: list[int], steps: int) -> None:
        for _ in range(steps):
            for row, token in zip(rows, batch.draw(LOGITS.expand(len(rows), -1)).tolist(), strict=True):
                drawn[row].append(token)

    draw_from(batch, [1, 2], 5)
    batch.keep(torch.tensor([1]))
    draw_from(batch, [2], 2)
    late, latest = sampler([3]), sampler([4])
    draw_from(late, [3], 3)
    batch.join(late)
    draw_from(batch, [2, 3], 4)
    batch.join(latest)
    draw_from(batch, [2, 3, 4], 19)
    assert drawn == {seed: expected[seed][: len(tokens)] for seed, tokens in drawn.items()}
    assert [len(tokens) for tokens in drawn.values()] == [5, 30, 26, 19]


def test_greedy_rows_and_sampled_ones_may_join_each_other() -> None:
    alone = draws_of_one(7, 6)
    for first, second in ((0.0, 1.0), (1.0, 0.0)):
        batch = sampler([7], temperatures=[first])
        tokens = [int(batch.draw(LOGITS[None])) for _ in range(3)]
        batch.join(sampler([7], temperatures=[second]))
        both = [batch.draw(LOGITS.expand(2, -1)).tolist() for _ in range(3)]
        mine, theirs = ([*tokens, *(pair[0] for pair in both)], [pair[1] for pair in both])
        assert (mine, theirs) == (([0] * 6, alone[:3]) if first == 0 else (alone, [0] * 3))
