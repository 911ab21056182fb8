"""Template induction: a problem family from one seed problem and its solution, with no model.

    induced = induce("Ada has 3 boxes of 8 pens. How many pens?", "3 * 8 = 24 pens.", "24")
    induced.source          # a class in the function layout; induced.steps: ("3 * 8 = 24",)
    steps_program(read(problem, solution, answer), numbers).source       # a function of the numbers instead

The numbers of the problem become parameters; the equations and numbers of the solution say how the answer comes about;
what they leave open is looked for by a bounded search over exact rationals. Nothing is guessed: where two readings of a
number are possible the seed is given up, with the reason.
"""

from reasoning.families.induction.derivation import InductionError
from reasoning.families.induction.program import StepsProgram, steps_program
from reasoning.families.induction.reading import Reading, read
from reasoning.families.induction.template import Induced, induce

__all__ = ["Induced", "InductionError", "Reading", "StepsProgram", "induce", "read", "steps_program"]
