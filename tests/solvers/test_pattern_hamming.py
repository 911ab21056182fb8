import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.pattern_hamming import _by_transform, pattern_hamming


def brute_force(text, pattern):
    return [
        sum(a != b for a, b in zip(text[shift:], pattern, strict=False))
        for shift in range(len(text) - len(pattern) + 1)
    ]


@given(st.text(alphabet="abcdé\U0001f600", min_size=1, max_size=60), st.data())
@settings(max_examples=80, deadline=None)
def test_distances_agree_with_counting(text, data):
    pattern = data.draw(st.text(alphabet="abcx", min_size=1, max_size=len(text)))
    result = pattern_hamming(text, pattern)
    want = brute_force(text, pattern)
    assert result.status is Status.CONVERGED
    assert result.solution.distances.tolist() == want
    assert result.solution.best == min(want) == want[result.solution.best_shift]
    assert result.certificate.wrong == 0
    assert set(result.certificate.checked) <= set(range(len(want)))


def test_frequent_letters_go_through_the_transform_and_agree():
    random = np.random.default_rng(0)
    text, pattern = ("".join(random.choice(list("aab"), size)) for size in (3000, 700))
    distances = pattern_hamming(text, pattern).solution.distances
    codes, wanted = np.array(list(text)), np.array(list(pattern))
    for shift in range(0, 2301, 77):
        assert distances[shift] == (codes[shift : shift + 700] != wanted).sum()


def test_the_transform_is_exact_at_its_longest():
    text, pattern = np.ones(2_000_000, dtype=bool), np.ones(1_000_000, dtype=bool)
    assert (_by_transform(text, pattern) == 1_000_000).all()


@pytest.mark.parametrize(
    ("text", "pattern", "message"),
    [
        ("abc", "", "pattern: expected at least one letter"),
        ("", "a", "more than the text's 0"),
        ("a" * 2_000_001, "a", "at most 2000000 letters"),
        (3, "a", "text"),
    ],
)
def test_bad_input_is_one_clear_line(text, pattern, message):
    with pytest.raises(SolverInputError, match=message):
        pattern_hamming(text, pattern)
