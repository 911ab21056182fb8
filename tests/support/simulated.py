"""A simulated engine: replies of our own with known pass rates, in the place of a model.

engine = SimulatedEngine({"p1": 0.9, "p2": 0.1})
await engine.complete(Request(problem=problem, seeds=(7,)))     # right with probability 0.9, by the seed alone
"""

import random

from reasoning.engines.base import Completion


class SimulatedEngine:
    """Answers problems of kind `answer`: rightly with the probability given for their id, else with -1."""

    name = "simulated"

    def __init__(self, rates, default=0.5):
        self.rates = rates
        self.default = default
        self.asked = 0

    async def complete(self, request):
        replies = []
        for seed in request.seeds:
            self.asked += 1
            rate = self.rates.get(request.problem.id, self.default)
            right = random.Random(seed).random() < rate
            answer = request.problem.fields["gold"] if right else "-1"
            replies.append(Completion(f"Attempt {seed}: the answer is \\boxed{{{answer}}}."))
        return replies

    async def close(self):
        pass

    def describe(self):
        return {"engine": self.name}
