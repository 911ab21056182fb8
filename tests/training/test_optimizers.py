"""Optimisers against vectors of the authors' code, and against what accelerate and checkpoints do to them."""

from __future__ import annotations

import pytest

from reasoning.training.optimizer_settings import OptimizerSettings

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from reasoning.training.optimizers import (  # noqa: E402
    OPTIMIZERS,
    SOAP,
    Lion,
    MuonWithAdamW,
    build_optimizer,
)

W0 = [[1.0, -2.0], [0.5, 3.0]]
GRADIENTS = [
    [[0.1, 0.2], [-0.3, 0.4]],
    [[0.5, -0.1], [0.2, 0.3]],
    [[-0.2, 0.4], [0.1, -0.6]],
    [[0.3, 0.3], [-0.5, 0.2]],
]
VECTOR = ([1.0, -2.0, 0.5], [[0.1, 0.2, -0.3], [0.5, -0.1, 0.2], [-0.2, 0.4, 0.1], [0.3, 0.3, -0.5]])
WIDE = [[1, -2, 0.3], [0.5, 3, -1]]
WIDE_GRADIENTS = [
    [[0.1, 0.2, -0.3], [-0.3, 0.4, 0.2]],
    [[0.5, -0.1, 0.1], [0.2, 0.3, -0.4]],
    [[-0.2, 0.4, 0.6], [0.1, -0.6, 0.3]],
    [[0.3, 0.3, -0.1], [-0.5, 0.2, 0.5]],
]


def steps(make, start, gradients):
    parameter = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = make([parameter])
    seen = []
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        seen.append(parameter.detach().flatten().tolist())
    return seen, optimizer.state[parameter]


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        (10, {
            1: [1, -2, 0.5, 3],
            2: [0.9957274870, -1.9999399996, 0.4999849991, 2.9956674885],
            3: [0.9934584982, -2.0015348998, 0.4988034843, 2.9971269035],
            4: [0.9915884235, -2.0032754491, 0.4995232468, 2.9973720568],
        }),
        (1, {
            3: [0.9936363462, -2.0009215288, 0.4981282450, 2.9977967877],
            4: [0.9918814691, -2.0026857815, 0.4985658190, 2.9977064786],
        }),
    ],
)  # fmt: skip
def test_soap_equals_the_authors_code(every, expected):
    seen, state = steps(lambda p: SOAP(p, precondition_every=every), W0, GRADIENTS)
    for call, values in expected.items():
        assert seen[call - 1] == pytest.approx(values, abs=1e-10)
    if every == 1:
        assert state["left"].flatten().tolist() == pytest.approx(
            [0.0323759375, -0.0115478125, -0.0115478125, 0.0486584375], abs=1e-10
        )
        assert state["second"].flatten().tolist() == pytest.approx(
            [0.0258527891, 0.0206752932, 0.0112541382, 0.0103915295], abs=1e-10
        )


@pytest.mark.parametrize(
    ("largest", "expected"),
    [
        (10_000, [0.9935325480, -2.0024869919, 0.2969612228, 0.4952415615, 3.0018055209, -0.9969897739]),
        (2, [0.9943355261, -2.0003362225, 0.2926401402, 0.4942651584, 2.9981527430, -0.9978583914]),
    ],
)
def test_soap_on_a_wide_matrix_with_both_factors_or_one(largest, expected):
    seen, _ = steps(lambda p: SOAP(p, precondition_every=1, max_preconditioned_dimension=largest), WIDE, WIDE_GRADIENTS)
    assert seen[3] == pytest.approx(expected, abs=1e-10)


def test_soap_without_factors_is_adam_whose_first_call_only_looks():
    expected = [0.9941124152, -2.0005024892, 0.4948451906]
    assert steps(SOAP, *VECTOR)[0][3] == pytest.approx(expected, abs=1e-10)
    seen, state = steps(lambda p: SOAP(p, max_preconditioned_dimension=1), W0, GRADIENTS)
    assert seen[3] == pytest.approx([*expected, 2.9980031252], abs=1e-10)
    assert "left" not in state


def test_soap_trains_bfloat16_parameters_with_float32_state():
    parameter = torch.nn.Parameter(torch.tensor(W0, dtype=torch.bfloat16))
    optimizer = SOAP([parameter], lr=0.1)
    for gradient in GRADIENTS:
        parameter.grad = torch.tensor(gradient, dtype=torch.bfloat16)
        optimizer.step()
    assert parameter.dtype == torch.bfloat16
    assert optimizer.state[parameter]["second"].dtype == torch.float32
    assert not torch.equal(parameter, torch.tensor(W0, dtype=torch.bfloat16))


def test_lion_equals_the_authors_code():
    seen, state = steps(lambda p: Lion(p, lr=0.01, weight_decay=0.1), W0, GRADIENTS[:3])
    assert seen[0] == pytest.approx([0.989, -2.008, 0.5095, 2.987], abs=1e-12)
    assert seen[1] == pytest.approx([0.978011, -1.995992, 0.4989905, 2.974013], abs=1e-12)
    assert seen[2] == pytest.approx([0.9870329890, -2.0039960080, 0.4884915095, 2.9810389870], abs=1e-10)
    assert state["momentum"].flatten().tolist() == pytest.approx(
        [0.0039301, 0.0049702, 0.0000397, 0.0008904], abs=1e-12
    )


def test_lion_with_decay_ends_in_its_box():
    place = torch.nn.Parameter(torch.tensor([3.0], dtype=torch.float64))
    lion = Lion([place], lr=0.01, weight_decay=1.0)
    for step in range(1, 4001):
        place.grad = place.detach() - 5
        lion.step()
        if step == 100:
            assert float(place) == pytest.approx(1 + 2 * 0.99**100, abs=1e-9)
    assert float(place) == pytest.approx(1.0, abs=1e-9)


def model():
    torch.manual_seed(0)
    made = torch.nn.Module()
    made.embed = torch.nn.Embedding(5, 4)
    made.inner = torch.nn.Linear(4, 4)
    made.norm = torch.nn.LayerNorm(4)
    made.frozen = torch.nn.Linear(4, 4)
    made.frozen.requires_grad_(False)
    return made


def backward(made):
    made.zero_grad()
    made.norm(made.inner(made.embed(torch.tensor([0, 1, 2])))).pow(3).sum().backward()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_trains_what_may_be_trained_and_decays_matrices_only(name):
    made = model()
    optimizer = build_optimizer(made, OptimizerSettings(name=name, learning_rate=0.01, weight_decay=0.1))
    held = {parameter for group in optimizer.param_groups for parameter in group["params"]}
    assert held == {parameter for parameter in made.parameters() if parameter.requires_grad}
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            assert group["weight_decay"] == (0.1 if parameter.ndim == 2 else 0.0)
    before = [parameter.clone() for parameter in held]
    for _ in range(3):
        backward(made)
        optimizer.step()
    assert all(not torch.equal(old, new) for old, new in zip(before, held, strict=True))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_schedule_still_rules_after_accelerate_has_replaced_the_groups(name):
    """Wrapping loads the optimiser's own state into it, which replaces its groups."""
    made = model()
    optimizer = build_optimizer(made, OptimizerSettings(name=name, learning_rate=0.01, muon_learning_rate=0.01))
    optimizer.load_state_dict(optimizer.state_dict())
    backward(made)
    optimizer.step()
    before = [parameter.detach().clone() for parameter in made.parameters()]
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    backward(made)
    optimizer.step()
    assert all(torch.equal(old, new) for old, new in zip(before, made.parameters(), strict=True))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_saved_state_goes_on_as_if_nothing_had_happened(name):
    settings = OptimizerSettings(name=name, learning_rate=0.01, precondition_every=2)
    one, other = model(), model()
    straight, first = build_optimizer(one, settings), build_optimizer(other, settings)
    for optimizer, made in ((straight, one), (first, other)):
        for _ in range(3):
            backward(made)
            optimizer.step()
    second = build_optimizer(other, settings)
    second.load_state_dict(first.state_dict())
    for optimizer, made in ((straight, one), (second, other)):
        for _ in range(3):
            backward(made)
            optimizer.step()
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_muon_takes_inner_matrices_alone():
    made = model()
    optimizer = build_optimizer(made, OptimizerSettings(name="muon", learning_rate=0.5, muon_learning_rate=0.25))
    assert isinstance(optimizer, MuonWithAdamW)
    rates = {group["algorithm"]: (group["lr"], group["params"]) for group in optimizer.param_groups}
    assert rates["muon"] == (0.25, [made.inner.weight])
    assert rates["adamw"][0] == 0.5


def test_unknown_names_and_frozen_models_are_refused():
    with pytest.raises(ValueError, match="no optimizer 'sgd'; known: adamw, soap, lion, muon"):
        build_optimizer(model(), OptimizerSettings(name="sgd"))
    frozen = model().requires_grad_(False)
    with pytest.raises(ValueError, match="no trainable parameters"):
        build_optimizer(frozen, OptimizerSettings())
