"""Families with a letter for an integer: which letter, and where the counting starts, does not matter."""

import pytest

from verifiers.answers import judge

QUARTERS = r"x=\frac{\pi}{4}+k\pi, k\in\mathbb{Z}"
ARCS = r"(k\pi, k\pi+\frac{\pi}{2}), k\in\mathbb{Z}"


@pytest.mark.parametrize(
    ("gold", "answer", "right"),
    [
        (r"x=\frac{\pi}{2}+n\pi, n\in\mathbb{Z}", r"x=\frac{\pi}{2}+k\pi,\ k\in\mathbb{Z}", True),
        (r"x=\frac{\pi}{2}+n\pi", r"x=\frac{(2k+1)\pi}{2}, k\in\mathbb Z", True),
        (r"x=n\pi, n\in\mathbb{Z}", r"\{\pi n \mid n\in\mathbb Z\}", True),
        (r"x=n\pi, n\in\mathbb{Z}", r"x=2n\pi, n\in\mathbb Z", False),
        (r"x=2n\pi, n\in\mathbb{Z}", r"x=n\pi, n\in\mathbb Z", False),
        (r"x=k\pi, k\in \mathbb{Z}", r"x=2k\pi \text{ or } x=\pi+2k\pi, k \in \mathbb{Z}", True),
        (r"x=k\pi, k\in \mathbb{Z}", r"x=3k\pi \text{ or } x=\pi+3k\pi, k \in \mathbb{Z}", False),
        (r"x=k\pi, k\in\mathbb{Z}", r"y=k\pi, k\in\mathbb{Z}", False),
        (r"x=k\pi, k\in\mathbb{Z}", r"x=k, k\in\mathbb{Z}", False),
        (r"x=k\pi, k\in\mathbb{Z}", r"x=\pi", False),
        (QUARTERS, r"x=\frac{5\pi}{4}+k\pi, k\in\mathbb{Z}", True),
        (QUARTERS, r"x=\frac{\pi}{4}-k\pi, k\in\mathbb{Z}", True),
        (QUARTERS, r"x=-\frac{\pi}{4}+k\pi, k\in\mathbb{Z}", False),
        (QUARTERS, r"x=\frac{\pi}{4}+2k\pi, k\in\mathbb{Z}", False),
        (QUARTERS, "x = 45° + 180°n for any integer n", True),
        (QUARTERS, "x = 45° + 90°n for any integer n", False),
        (r"\{x\mid x=2k, k\in\mathbb{Z}\}", r"\{x\mid x=2n, n\in\mathbb{Z}\}", True),
        (r"\{x\mid x=2k, k\in\mathbb{Z}\}", r"\{x\mid x=2n+1, n\in\mathbb{Z}\}", False),
        (
            r"x = 2k\pi \pm \frac{\pi}{3}, k\in \mathbb{Z}",
            r"x=\frac{\pi}{3}+2k\pi \text{ or } x=\frac{5\pi}{3}+2k\pi, k \in \mathbb{Z}",
            True,
        ),
        (r"x = 2k\pi \pm \frac{\pi}{3}, k\in \mathbb{Z}", r"x=\frac{\pi}{3}+2k\pi, k \in \mathbb{Z}", False),
        (r"6k+1, k\in\mathbb{Z}", r"6n-5, n\in\mathbb{Z}", True),
        (r"6k+1, k\in\mathbb{Z}", r"6n+5, n\in\mathbb{Z}", False),
        (ARCS, r"(n\pi, n\pi+\frac{\pi}{2}), n\in\mathbb{Z}", True),
        (ARCS, r"(n\pi, n\pi+\frac{\pi}{3}), n\in\mathbb{Z}", False),
        # Without a word of integers another letter is another variable.
        ("3k+1", "3n+1", False),
    ],
)
def test_the_same_numbers(gold: str, answer: str, right: bool) -> None:
    assert judge(gold, rf"\boxed{{{answer}}}").passed is right
