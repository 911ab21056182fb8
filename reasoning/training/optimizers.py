"""Optimisers that every trainer offers: AdamW and Muon (torch's), SOAP and Lion (here).

    optimizer = build_optimizer(model, OptimizerSettings(name="soap", learning_rate=3e-3))
    loss.backward(); optimizer.step()

Each is a plain `torch.optim.Optimizer` whose state is tensors and numbers, so checkpoints and accelerate's wrapper,
which replaces the `param_groups` of what it wraps, need nothing special. Sharded parameters (FSDP) are not supported
by SOAP and Muon, which look at whole matrices.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import torch

from reasoning.training.optimizer_settings import OptimizerSettings

__all__ = ["OPTIMIZERS", "SOAP", "Lion", "MuonWithAdamW", "build_optimizer"]

OPTIMIZERS = ("adamw", "soap", "lion", "muon")
"""Names that a configuration may give."""

_EIGENVALUE_FLOOR = 1e-30
_NO_FACTORS = 1
"""A `max_preconditioned_dimension` under which no dimension gets a factor: plain Adam in SOAP's clothes."""


def build_optimizer(model: Any, settings: OptimizerSettings) -> torch.optim.Optimizer:
    """The optimiser of the trainable parameters of `model` (a `torch.nn.Module`).

    Raises:
        ValueError: there is no optimiser of that name, or nothing to train.
    """
    if settings.name not in _BUILDERS:
        raise ValueError(f"no optimizer '{settings.name}'; known: {', '.join(OPTIMIZERS)}")
    matrices, embeddings, vectors = _sorted_parameters(model)
    if not (matrices or embeddings or vectors):
        raise ValueError("the model has no trainable parameters")
    return _BUILDERS[settings.name](settings, matrices, embeddings, vectors)


class _Optimizer(torch.optim.Optimizer):  # type: ignore[misc]
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of every parameter that has a gradient."""
        loss = _evaluate(closure)
        with torch.no_grad():
            self._update_all()
        return loss

    @abstractmethod
    def _update_all(self) -> None:
        """Change the parameters, without a record of gradients."""


class Lion(_Optimizer):
    """Lion (Chen et al. 2023, algorithm 2): the sign of an interpolated momentum, with decoupled decay.

    c = b1 m + (1 - b1) g;  x <- x - lr (sign(c) + wd x);  m <- b2 m + (1 - b2) g, with sign(0) = 0 and m = 0 at first.
    With decay the iterates end in the box |x| <= 1 / wd (Chen, Liu et al., arXiv 2310.05898), so a decay of 1 or more
    needs small weights to begin with.

    Args:
        params: parameters or groups.
        lr: step size; rule of thumb: a third to a tenth of AdamW's.
        betas: decay of the interpolation and of the momentum.
        weight_decay: three to ten times AdamW's.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        _check(lr=lr, betas=betas, weight_decay=weight_decay)
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    def _update_all(self) -> None:
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for parameter in _with_gradient(group):
                state = self.state[parameter]
                if not state:
                    state["momentum"] = torch.zeros_like(parameter)
                momentum, gradient = state["momentum"], parameter.grad
                direction = momentum.lerp(gradient, 1 - beta1).sign_()
                parameter.mul_(1 - group["lr"] * group["weight_decay"]).add_(direction, alpha=-group["lr"])
                momentum.lerp_(gradient, 1 - beta2)


class SOAP(_Optimizer):
    """SOAP (Vyas et al., arXiv 2409.11321): Adam in the eigenbasis of Shampoo's two factors.

    The first step of a parameter only sets up its factors and moves nothing. Matrices have a left factor L (m x m)
    and a right one R (n x n), as far as these dimensions are at most `max_preconditioned_dimension`; everything else
    is Adam in the original basis. State is float32, or the parameter's type if wider; per m x n matrix it holds
    2mn + 2m^2 + 2n^2 numbers, and a refresh costs O(m^3 + n^3).

    Args:
        params: parameters or groups.
        lr: step size.
        betas: decays of the moments; the second is that of the factors too.
        eps: added to the root of the second moment before its bias is corrected.
        weight_decay: decoupled, of the updated parameter.
        precondition_every: steps between two refreshes of the eigenbasis.
        max_preconditioned_dimension: larger dimensions have no factor.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 3e-3,
        betas: tuple[float, float] = (0.95, 0.95),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        precondition_every: int = 10,
        max_preconditioned_dimension: int = 10_000,
    ) -> None:
        _check(lr=lr, betas=betas, weight_decay=weight_decay)
        if precondition_every < 1:
            raise ValueError(f"precondition_every is {precondition_every}, expected at least 1")
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "precondition_every": precondition_every,
            "max_preconditioned_dimension": max_preconditioned_dimension,
        }
        super().__init__(params, defaults)

    def _update_all(self) -> None:
        for group in self.param_groups:
            for parameter in _with_gradient(group):
                state = self.state[parameter]
                gradient = parameter.grad.to(_state_type(parameter))
                if state:
                    self._update(parameter, gradient, state, group)
                else:
                    self._begin(gradient, state, group)

    def _begin(self, gradient: torch.Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        state["step"] = 0
        state["first"] = torch.zeros_like(gradient)
        state["second"] = torch.zeros_like(gradient)
        if gradient.ndim != 2:
            return
        for factor, dimension in (("left", 0), ("right", 1)):
            if gradient.shape[dimension] <= group["max_preconditioned_dimension"]:
                state[factor] = _outer(gradient, dimension) * (1 - group["betas"][1])
                floor = _EIGENVALUE_FLOOR * torch.eye(len(state[factor]), dtype=gradient.dtype, device=gradient.device)
                state[f"{factor}_basis"] = torch.linalg.eigh(state[factor] + floor).eigenvectors.flip(1)

    def _update(
        self, parameter: torch.Tensor, gradient: torch.Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        beta1, beta2 = group["betas"]
        state["step"] += 1
        step = state["step"]
        rotated = _into_basis(gradient, state)
        state["first"].lerp_(rotated, 1 - beta1)
        state["second"].mul_(beta2).addcmul_(rotated, rotated, value=1 - beta2)
        rate = group["lr"] * (1 - beta2**step) ** 0.5 / (1 - beta1**step)
        direction = _out_of_basis(state["first"] / (state["second"].sqrt() + group["eps"]), state)
        parameter.sub_((rate * direction).to(parameter.dtype))
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        state["first"] = _out_of_basis(state["first"], state)
        for factor, dimension in (("left", 0), ("right", 1)):
            if factor in state:
                state[factor].lerp_(_outer(gradient, dimension), 1 - beta2)
                if step % group["precondition_every"] == 0:
                    _refresh(state, factor, dimension)
        state["first"] = _into_basis(state["first"], state)


class MuonWithAdamW(_Optimizer):
    """`torch.optim.Muon` for the groups marked `"algorithm": "muon"`, `torch.optim.AdamW` for those marked `"adamw"`.

    The two hold nothing of their own: before each step they are given this optimiser's groups and state, which
    accelerate and checkpoints may have replaced meanwhile.

    Args:
        groups: parameter groups, each with `algorithm` and the options of that optimiser.
    """

    def __init__(self, groups: list[dict[str, Any]]) -> None:
        made = {"muon": torch.optim.Muon, "adamw": torch.optim.AdamW}
        self._parts = {}
        complete: list[dict[str, Any]] = []
        for name, kind in made.items():
            own = [{key: value for key, value in g.items() if key != "algorithm"} for g in groups if _is(g, name)]
            if own:
                self._parts[name] = kind(own)
                complete += [{**group, "algorithm": name} for group in self._parts[name].param_groups]
        super().__init__(complete, {})

    def _update_all(self) -> None:
        for name, part in self._parts.items():
            part.param_groups = [group for group in self.param_groups if _is(group, name)]
            part.state = self.state
            part.step()


def _build_adamw(s: OptimizerSettings, matrices: list[Any], embeddings: list[Any], vectors: list[Any]) -> Any:
    groups = _decayed(s, matrices + embeddings, vectors)
    return torch.optim.AdamW(groups, lr=s.learning_rate, betas=s.betas(0.9, 0.999), eps=s.epsilon)


def _build_lion(s: OptimizerSettings, matrices: list[Any], embeddings: list[Any], vectors: list[Any]) -> Any:
    return Lion(_decayed(s, matrices + embeddings, vectors), lr=s.learning_rate, betas=s.betas(0.9, 0.99))


def _build_soap(s: OptimizerSettings, matrices: list[Any], embeddings: list[Any], vectors: list[Any]) -> Any:
    groups = _decayed(s, matrices, vectors)
    if embeddings:
        # Embeddings and the head are one vector a token: the rotation has nothing to find there.
        whole = {"weight_decay": s.weight_decay, "max_preconditioned_dimension": _NO_FACTORS}
        groups.append({"params": embeddings, **whole})
    return SOAP(
        groups,
        lr=s.learning_rate,
        betas=s.betas(0.95, 0.95),
        eps=s.epsilon,
        precondition_every=s.precondition_every,
    )


def _build_muon(s: OptimizerSettings, matrices: list[Any], embeddings: list[Any], vectors: list[Any]) -> Any:
    groups = [
        {**group, "algorithm": "adamw", "lr": s.learning_rate, "betas": s.betas(0.9, 0.95), "eps": s.epsilon}
        for group in _decayed(s, embeddings, vectors)
    ]
    if matrices:
        muon = {"lr": s.muon_learning_rate, "momentum": s.muon_momentum, "weight_decay": s.weight_decay}
        groups.append({"params": matrices, "algorithm": "muon", **muon})
    return MuonWithAdamW(groups)


_BUILDERS: dict[str, Callable[[OptimizerSettings, list[Any], list[Any], list[Any]], Any]] = {
    "adamw": _build_adamw,
    "soap": _build_soap,
    "lion": _build_lion,
    "muon": _build_muon,
}


def _sorted_parameters(model: Any) -> tuple[list[Any], list[Any], list[Any]]:
    """Trainable parameters: matrices, embeddings and heads, everything else."""
    matrices, embeddings, others = [], [], []
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        if parameter.ndim != 2:
            others.append(parameter)
        elif any(part in name for part in ("embed", "lm_head", "score", "wte", "wpe")):
            embeddings.append(parameter)
        else:
            matrices.append(parameter)
    return matrices, embeddings, others


def _decayed(settings: OptimizerSettings, decayed: list[Any], kept: list[Any]) -> list[dict[str, Any]]:
    groups = [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": kept, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]


def _is(group: dict[str, Any], algorithm: str) -> bool:
    return bool(group["algorithm"] == algorithm)


def _check(*, lr: float, betas: tuple[float, float], weight_decay: float) -> None:
    if lr < 0:
        raise ValueError(f"lr is {lr}, expected 0 or more")
    if not all(0 <= beta < 1 for beta in betas):
        raise ValueError(f"betas are {betas}, expected values in [0, 1)")
    if weight_decay < 0:
        raise ValueError(f"weight_decay is {weight_decay}, expected 0 or more")


def _evaluate(closure: Callable[[], Any] | None) -> Any:
    if closure is None:
        return None
    with torch.enable_grad():
        return closure()


def _with_gradient(group: dict[str, Any]) -> list[Any]:
    return [parameter for parameter in group["params"] if parameter.grad is not None]


def _state_type(parameter: torch.Tensor) -> torch.dtype:
    return torch.promote_types(parameter.dtype, torch.float32)


def _outer(gradient: torch.Tensor, dimension: int) -> torch.Tensor:
    return gradient @ gradient.T if dimension == 0 else gradient.T @ gradient


def _into_basis(tensor: torch.Tensor, state: dict[str, Any]) -> torch.Tensor:
    if "left_basis" in state:
        tensor = state["left_basis"].T @ tensor
    return tensor @ state["right_basis"] if "right_basis" in state else tensor


def _out_of_basis(tensor: torch.Tensor, state: dict[str, Any]) -> torch.Tensor:
    if "left_basis" in state:
        tensor = state["left_basis"] @ tensor
    return tensor @ state["right_basis"].T if "right_basis" in state else tensor


def _refresh(state: dict[str, Any], factor: str, dimension: int) -> None:
    """One step of orthogonal iteration; the second moment follows the new order of the basis, but is not rotated."""
    matrix, basis = state[factor], state[f"{factor}_basis"]
    order = torch.einsum("ji,jk,ki->i", basis, matrix, basis).argsort(descending=True)
    state["second"] = state["second"].index_select(dimension, order)
    state[f"{factor}_basis"] = torch.linalg.qr(matrix @ basis[:, order]).Q
