"""APO and CPL against vectors computed with their authors' code."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from reasoning.training.objectives import (  # noqa: E402
    cpl_loss,
    cpl_score,
    kl_weights,
    length_factors,
    normalised_difference,
)


def tensor(*values):
    return torch.tensor(*values, dtype=torch.float64)


REWARDS = tensor([1.5, 1, 0.5, 0.5, 0, 0.5, 1.5, 0])
LENGTHS = tensor([100, 300, 500, 150, 900, 200, 200, 3000])
CORRECT = REWARDS.trunc().clamp(max=1)
ADVANTAGES = (REWARDS - REWARDS.mean()) / (REWARDS.std() + 1e-9)


def test_divergence_weights_of_vector_a():
    weights = kl_weights(CORRECT, ADVANTAGES, group_size=8)
    expected = [0.6391726485, 0.6391726485, 1, 1, 1, 1, 0.6391726485, 1]
    assert weights.tolist() == pytest.approx(expected, abs=1e-10)


def test_divergence_weights_by_pass_rate():
    expected = [0.2880767929, 0.4931653472, 0.6391726485, 0.7431186347, 0.8171201946, 0.8698036224, 0.9073101773]
    for right, weight in enumerate(expected, 1):
        correct = tensor([1.0] * right + [0.0] * (8 - right))
        assert kl_weights(correct, correct, group_size=8).tolist() == pytest.approx(
            [weight] * right + [1.0] * (8 - right)
        )
    for correct in (torch.zeros(8), torch.ones(8)):
        assert kl_weights(correct, torch.ones(8), group_size=8).tolist() == [1.0] * 8


def test_length_factors_of_vector_a():
    factors = length_factors(CORRECT, LENGTHS, ADVANTAGES, group_size=8)
    assert factors.tolist() == pytest.approx([1, 1, 1.0029954895, 1, 1.0069755223, 1, 1, 1.0276114971], abs=1e-10)
    scaled = ADVANTAGES * factors
    assert scaled[[2, 4, 7]].tolist() == pytest.approx([-0.3166727656, -1.1657410212, -1.1896305813], abs=1e-8)


def test_a_long_wrong_completion_with_a_positive_advantage_is_enlarged_only_where_asked():
    rewards = tensor([1, 0, 0, 0, 0, 0, 0, 0.5])
    advantages = (rewards - rewards.mean()) / (rewards.std() + 1e-9)
    lengths = tensor([10, 1, 1, 1, 1, 1, 1, 500])
    correct = rewards.trunc()
    assert advantages[7] == pytest.approx(0.840, abs=1e-3)
    assert length_factors(correct, lengths, advantages, group_size=8)[7] == 1
    assert length_factors(correct, lengths, advantages, group_size=8, only_negative=False)[7] > 1


def test_groups_without_a_right_completion_get_no_factor():
    factors = length_factors(torch.zeros(8), LENGTHS, -torch.ones(8), group_size=4)
    assert factors.tolist() == [1.0] * 8


LP = [[-1, -0.5, -2], [-0.7, -1.5, 0]]
OLD = tensor([[-1.1, -0.5, -1.7], [-0.7, -1.4, 0]])
REFERENCE = tensor([[-1.2, -0.4, -1.8], [-0.9, -1.1, 0]])
MASK = tensor([[1, 1, 1], [1, 1, 0]])
WEIGHTS = tensor([0.6391726485, 1])
BETA = 1e-3


def vector_b(lp):
    ratio = torch.exp(lp - OLD)
    advantages = tensor([[1.0], [-0.8]])
    policy = -torch.min(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages)
    difference = REFERENCE - lp
    return policy, torch.exp(difference) - difference - 1


@pytest.mark.parametrize(
    ("loss_type", "expected"),
    [
        ("view-r1", -0.264391375778),
        ("bnpo", -0.264395938305),
        ("grpo", -0.093331574431),
        ("dapo", -0.264395938305),
        ("dr_grpo", -0.165247461441),
    ],
)
def test_weighted_losses_of_vector_b(loss_type, expected):
    lp = tensor(LP).requires_grad_()
    policy, kl = vector_b(lp)
    whole = policy + BETA * kl
    base = {
        "view-r1": (whole * MASK).sum() / MASK.sum(),
        "bnpo": (whole * MASK).sum() / MASK.sum(),
        "grpo": ((whole * MASK).sum(1) / MASK.sum(1)).mean(),
        "dapo": (whole * MASK).sum() / 5,
        "dr_grpo": (whole * MASK).sum() / (2 * 4),
    }[loss_type]
    extra = normalised_difference(
        kl, MASK, WEIGHTS, loss_type=loss_type, accumulation=1, items_per_process=5, longest=4
    )
    loss = base + BETA * extra
    assert float(loss) == pytest.approx(expected, abs=1e-11)
    if loss_type == "view-r1":
        loss.backward()
        gradient = [-0.2210148732, -0.2000112037, -0.1481872299, 0.1600453173, 0.1446510307, 0]
        assert lp.grad.flatten().tolist() == pytest.approx(gradient, abs=1e-9)


def test_a_loss_without_a_weighted_term_is_refused():
    with pytest.raises(ValueError, match="no weighted KL term for the loss 'sapo'"):
        normalised_difference(MASK, MASK, WEIGHTS, loss_type="sapo", accumulation=1, items_per_process=1, longest=1)


CHOSEN, OTHER = [-1.2, -0.3, -2.5, 0.0], [-0.8, -3.1, -0.4, -1.0]
PAIR_MASK = tensor([[1, 1, 1, 0], [1, 1, 1, 1]])


def scores(alpha, reference=None, discount=1.0, lp=None):
    lp = tensor([CHOSEN, OTHER]) if lp is None else lp
    return cpl_score(lp, PAIR_MASK, alpha=alpha, reference=reference, discount=discount)


@pytest.mark.parametrize(
    ("bias", "label", "expected"),
    [
        (1, 1, 0.6302581947), (1, 0, 0.7602581947), (1, 0.5, 0.6952581947),
        (0.5, 1, 0.7629235777), (0.5, 0, 0.8716983586), (0.5, 0.5, 0.8173109682),
    ],
)  # fmt: skip
def test_cpl_of_the_vector(bias, label, expected):
    preferred, other = scores(0.1)
    assert float(cpl_loss(preferred, other, bias=bias, label=tensor(label))) == pytest.approx(expected, abs=1e-10)


def test_cpl_gradients_with_a_conservative_bias():
    lp = tensor([CHOSEN, OTHER]).requires_grad_()
    preferred, other = scores(0.1, lp=lp)
    cpl_loss(preferred, other, bias=0.5).backward()
    assert lp.grad[0].tolist() == pytest.approx([-0.0533698835] * 3 + [0], abs=1e-10)
    assert lp.grad[1].tolist() == pytest.approx([0.0266849418] * 4, abs=1e-10)


def test_cpl_with_a_discount():
    preferred, other = scores(0.1, discount=0.99)
    assert [float(preferred), float(other)] == pytest.approx([-0.3947250000, -0.5231339000], abs=1e-10)
    assert float(cpl_loss(preferred, other, bias=0.5)) == pytest.approx(0.7619409533, abs=1e-10)


@pytest.mark.parametrize(("bias", "expected"), [(0.75, 0.7365500338), (1, 0.7339469673)])
def test_cpl_with_a_reference_is_dpo_at_bias_one(bias, expected):
    reference = tensor([[-1, -0.5, -2, 0], [-0.9, -2.6, -0.6, -1.1]])
    preferred, other = scores(0.2, reference)
    assert float(cpl_loss(preferred, other, bias=bias)) == pytest.approx(expected, abs=1e-10)
    if bias == 1:
        margin = 0.2 * ((tensor(CHOSEN) - reference[0]) * PAIR_MASK[0]).sum()
        margin = margin - 0.2 * ((tensor(OTHER) - reference[1]) * PAIR_MASK[1]).sum()
        assert float(-torch.nn.functional.logsigmoid(margin)) == pytest.approx(expected, abs=1e-10)
