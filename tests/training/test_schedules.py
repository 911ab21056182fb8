"""Schedules and scaling rules against published vectors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reasoning.training.schedules import (
    GradientNorms,
    constant,
    cosine_decay,
    flat_then_linear,
    linear_decay,
    read_gradient_norms,
    refined_multiplier,
    refined_schedule,
    scale_to_batch,
    with_warmup,
)

NORMS = [8, 4, 2, 2, 1, 1, 1, 1.5, 1, 2]
SGD = [
    0.0222333177,
    0.0878759398,
    0.3345864662,
    0.3176691729,
    1,
    0.7293233083,
    0.4586466165,
    0.1503759398,
    0.0676691729,
    0,
]
ADAM = [0.1925, 0.37, 0.68, 0.62, 1, 0.76, 0.52, 0.24, 0.12, 0]
FILTERED = [0.1852678571, 0.3571428571, 0.6607142857, 0.6071428571, 1, 0.7857142857, 0.5714285714, 0.3571428571, 0.1428571429, 0]  # fmt: skip


@pytest.mark.parametrize(("power", "share", "expected"), [(2, 0, SGD), (1, 0, ADAM), (1, 0.3, FILTERED)])
def test_the_refined_schedule_equals_the_authors_code(power, share, expected):
    assert refined_schedule(NORMS, power=power, filter_share=share) == pytest.approx(expected, abs=1e-9)


def test_constant_norms_give_linear_decay():
    assert refined_schedule([3.0] * 5, power=1, filter_share=0) == pytest.approx([1, 0.75, 0.5, 0.25, 0], abs=1e-12)


def test_the_filter_is_a_running_median():
    values = np.abs(np.sin(np.arange(200.0))) + 0.1
    one = refined_schedule(values, power=1, filter_share=0.1)
    # Width 21 in the middle of the record, by hand, for two places; weights are compared through their ratio.
    smooth = np.array([np.median(values[place - 10 : place + 11]) for place in range(10, 190)])
    later = np.array([one[place] * smooth[place - 10] for place in range(10, 190)])
    steps = -np.diff(later)
    assert np.allclose(steps[:-1] * smooth[1:-1], steps[0] * smooth[1], rtol=1e-9)


def test_a_zero_norm_does_not_break_it():
    assert np.isfinite(refined_schedule([1.0, 0.0, 1.0], power=2, filter_share=0)).all()


def test_the_refined_shape_fits_a_run_of_another_length(tmp_path):
    record = GradientNorms(l1=tuple([1.0] * 50), l2=tuple([2.0] * 50))
    record.save(tmp_path / "norms.json")
    shape = refined_multiplier(read_gradient_norms(tmp_path / "norms.json"), adaptive=True)
    assert [shape(step, 10) for step in range(10)] == pytest.approx(
        [1 - (step + 0.5) / 10 for step in range(10)], abs=1e-3
    )


@pytest.mark.parametrize("text", ["", "[]", '{"l1": [1]}', '{"l1": ["a"], "l2": [1]}'])
def test_a_damaged_record_is_named(tmp_path, text):
    path = tmp_path / "norms.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"norms\.json: no record of gradient norms"):
        read_gradient_norms(path)


def test_too_short_a_record_is_refused():
    with pytest.raises(ValueError, match="2 usable gradient norms are too few"):
        refined_multiplier(GradientNorms((1.0, math.inf, 1.0), (1.0, 1.0, 1.0)), adaptive=True)


def test_linear_decay_reaches_the_bound_of_the_theorem():
    worst = 0.0
    for start in np.linspace(-1, 1, 2001):
        place = start
        for step in range(1, 11):
            place -= math.copysign(1, place) * (1 / math.sqrt(10)) * (1 - step / 10) if place else 0
        worst = max(worst, abs(place))
    assert worst == pytest.approx(0.0316, abs=5e-5)
    assert worst <= 1 / math.sqrt(10)


def test_shapes():
    assert [linear_decay(step, 4) for step in range(5)] == [1, 0.75, 0.5, 0.25, 0]
    assert constant(3, 4) == 1
    assert cosine_decay(2, 4) == pytest.approx(0.5)
    assert [flat_then_linear(step, 10) for step in (0, 6, 8)] == pytest.approx([1, 1, 0.5])
    assert flat_then_linear(10, 10) == 0.05
    assert [with_warmup(constant, 4)(step, 10) for step in range(5)] == [0.25, 0.5, 0.75, 1, 1]


def test_scaling_to_another_batch():
    linear = scale_to_batch(1e-6, 4, rule="linear", betas=(0.9, 0.999), epsilon=1e-8)
    root = scale_to_batch(1e-6, 4, rule="root", betas=(0.9, 0.999), epsilon=1e-8)
    assert linear.learning_rate == pytest.approx(4e-6)
    assert (root.learning_rate, root.beta1, root.beta2, root.epsilon) == pytest.approx((2e-6, 0.6, 0.996, 5e-9))


@pytest.mark.parametrize(("factor", "rule"), [(11, "root"), (0, "root"), (math.nan, "linear"), (2, "cubic")])
def test_impossible_scaling_is_refused(factor, rule):
    with pytest.raises(ValueError):
        scale_to_batch(1e-6, factor, rule=rule, betas=(0.9, 0.999))
