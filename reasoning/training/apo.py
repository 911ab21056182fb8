"""APO on TRL's GRPO trainer; the formulas are in `reasoning.training.objectives`.

The trainer's own loss already holds the KL term with weight 1, so what is added is its weighted difference. The logged
`kl` stays the unweighted one; `apo/kl_weight` is the mean weight and `apo/length_factor` the mean factor.
"""

from __future__ import annotations

from typing import Any

import torch

from reasoning.training.objectives import kl_weights, length_factors, normalised_difference
from reasoning.training.trainers import GrpoTrainer

__all__ = ["ApoTrainer"]


class ApoTrainer(GrpoTrainer):
    """GRPO with shaped KL weights and a length penalty on wrong completions; needs `beta` above 0."""

    def _calculate_rewards(self, *arguments: Any, **named: Any) -> Any:
        table = super()._calculate_rewards(*arguments, **named)
        # Right or wrong as the verifier decided, whatever the shaping added; NaN where it could not decide.
        right = [
            float("nan") if reward.value is None else reward.parts["correct"] for reward in self.session.last_rewards
        ]
        self._correct = self.accelerator.gather(torch.tensor(right, device=table.device))
        return table

    def _generate_and_score_completions(self, inputs: Any) -> Any:
        output = super()._generate_and_score_completions(inputs)
        apo = self.session.config.apo
        group = self.num_generations if self.model.training else self.num_generations_eval
        advantages = self.accelerator.gather(output["advantages"])
        lengths = self.accelerator.gather(output["completion_mask"].sum(1)).to(advantages.dtype)
        correct = _completed(self._correct, group)
        weights = kl_weights(correct, advantages if apo.positive == "advantage" else correct, group_size=group)
        factors = length_factors(
            correct, lengths, advantages, group_size=group, rate=apo.length_rate, only_negative=apo.only_negative
        )
        mine = len(output["advantages"])
        own = slice(self.accelerator.process_index * mine, (self.accelerator.process_index + 1) * mine)
        output["kl_weight"] = weights[own]
        output["advantages"] = output["advantages"] * factors[own]
        mode = "train" if self.model.training else "eval"
        self._metrics[mode]["apo/kl_weight"].append(weights.mean().item())
        self._metrics[mode]["apo/length_factor"].append(factors.mean().item())
        return output

    def _get_per_token_logps_and_entropies(self, *arguments: Any, **named: Any) -> Any:
        result = super()._get_per_token_logps_and_entropies(*arguments, **named)
        if torch.is_grad_enabled():
            self._logps = result[0]
        return result

    def _compute_loss(self, model: Any, inputs: Any) -> Any:
        base = super()._compute_loss(model, inputs)
        ratio = inputs["ref_per_token_logps"] - self._logps
        kl = torch.exp(ratio) - ratio - 1
        accumulation = self.current_gradient_accumulation_steps if self.model.training else 1
        items = inputs["num_items_in_batch"].clamp(min=1.0) / self.accelerator.num_processes
        if self.model.training:
            items = items * accumulation / self.args.steps_per_generation
        difference = normalised_difference(
            kl,
            inputs["completion_mask"],
            inputs["kl_weight"],
            loss_type=self.session.config.apo.loss,
            accumulation=accumulation,
            items_per_process=items,
            longest=self.max_completion_length,
        )
        return base + self.beta * difference


def _completed(correct: torch.Tensor, group: int) -> torch.Tensor:
    """`correct` with its unknowns replaced by the mean of their group, so that they do not move its pass rate."""
    table = correct.reshape(-1, group)
    means = torch.nan_to_num(table.nanmean(dim=1, keepdim=True))
    return torch.where(table.isnan(), means, table).reshape(-1)
