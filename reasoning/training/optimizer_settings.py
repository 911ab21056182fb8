"""Which optimiser, and how far it steps; read without PyTorch, so that a configuration can hold it.

>>> OptimizerSettings("lion").betas(0.9, 0.99)
(0.9, 0.99)
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["OptimizerSettings"]


@dataclass(frozen=True, slots=True)
class OptimizerSettings:
    """Which optimiser, and how far it steps.

    Attributes:
        name: `adamw`, `soap`, `lion` or `muon`.
        learning_rate: of all parameters; with Muon, of those that Muon does not take (embeddings, norms, biases).
        weight_decay: decoupled; biases, norms and other vectors are never decayed.
        beta1: decay of the first moment; None: the optimiser's own default (AdamW .9, SOAP .95, Lion .9).
        beta2: decay of the second moment; None: AdamW .999, SOAP .95, Lion .99.
        epsilon: added to the root of the second moment (AdamW, SOAP).
        muon_learning_rate: of the matrices that Muon takes.
        muon_momentum: momentum of Muon.
        precondition_every: SOAP: steps between two refreshes of the eigenbasis.
    """

    name: str = "adamw"
    learning_rate: float = 1e-4
    weight_decay: float = 0.0
    beta1: float | None = None
    beta2: float | None = None
    epsilon: float = 1e-8
    muon_learning_rate: float = 0.02
    muon_momentum: float = 0.95
    precondition_every: int = 10

    def betas(self, first: float, second: float) -> tuple[float, float]:
        """Both betas, with these defaults."""
        return (first if self.beta1 is None else self.beta1, second if self.beta2 is None else self.beta2)
