import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.solvers import SolverInputError, Status, bounded_hamming
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
    text, pattern = np.ones(2_000_000), np.ones(1_000_000)
    assert (_by_transform(text, pattern) == 1_000_000).all()


@given(st.text(alphabet="abc", min_size=1, max_size=60), st.integers(0, 6), st.data())
@settings(max_examples=80, deadline=None)
def test_bounded_distances_agree_with_counting(text, most, data):
    pattern = data.draw(st.text(alphabet="abc", min_size=1, max_size=len(text)))
    result = pattern_hamming(text, pattern, most=most)
    want = [min(count, most + 1) for count in brute_force(text, pattern)]
    assert result.solution.distances.tolist() == want
    assert result.certificate.wrong == 0


def test_a_few_mismatches_are_found_in_a_long_text_of_many_letters():
    random = np.random.default_rng(1)
    text = random.integers(0x4E00, 0x9000, 60_000)
    pattern = text[23_456:33_456].copy()
    pattern[[7, 8000]] += 1
    words = ("".join(map(chr, letters)) for letters in (text, pattern))
    solution = pattern_hamming(*words, most=3).solution
    assert (solution.best_shift, solution.best) == (23_456, 2)
    assert (np.delete(solution.distances, 23_456) == 4).all()


def test_a_collision_of_hashes_is_caught(monkeypatch):
    monkeypatch.setattr(bounded_hamming._Hash, "equal", lambda self, a, b, length: np.ones(len(a), dtype=bool))
    assert pattern_hamming("abcabd", "abc", most=1).solution.distances.tolist() == [0, 2, 2, 1]


def test_estimates_have_the_error_that_they_say():
    random = np.random.default_rng(2)
    # 24 letters, each frequent enough for a transform of its own.
    text, pattern = ("".join(map(chr, random.integers(97, 121, size))) for size in (26_000, 24_000))
    exact = pattern_hamming(text, pattern).solution.distances
    result = pattern_hamming(text, pattern, error=0.25)
    errors = result.solution.distances / exact - 1
    assert 0 < np.sqrt((errors**2).mean()) < 0.25
    assert 0 < result.certificate.relative_error < 0.25
    assert result.certificate.wrong > 0
    # Where counting exactly is less work it is done.
    assert pattern_hamming("abracadabra", "abra", error=0.5).certificate.wrong == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [({"most": -1}, "most: "), ({"most": 1, "error": 0.1}, "most: "), ({"error": 0.001}, "error: ")],
)
def test_bad_options_are_one_clear_line(options, message):
    with pytest.raises(SolverInputError, match=message):
        pattern_hamming("abc", "ab", **options)


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
