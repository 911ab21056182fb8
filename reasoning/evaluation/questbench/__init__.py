"""Problems that lack one piece: which question would settle them? Solvers that prove it, and generators.

    from reasoning.evaluation.questbench import equations
    problem = equations.generate(seed=0, index=0)
    equations.sufficient(problem)            # frozenset({'x3'}): its value is all that is missing

A problem is a constraint satisfaction problem: variables, constraints, some values given, and a target. It is
underspecified when the target does not follow. A question is right when every answer to it makes the target follow;
problems here have at least one such question, so exactly one value is missing.

Source: Li, Kim and Wang 2025, "QuestBench: Can LLMs ask the right question to acquire information in reasoning tasks?"
"""

__all__ = ["equations", "generation", "logic", "planning"]
