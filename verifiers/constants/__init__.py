"""Continued fractions for mathematical constants: is this fraction that number?

The verifier of kind `constant` stands in `verifier`; `judge` decides, from exact convergents (`convergents`), series of
slow tails (`tails`), signed fractions (`signed`) and closed forms in ball arithmetic (`closed_form`).
"""

from verifiers.constants.verifier import DEFAULT_DIGITS, ConstantVerifier

__all__ = ["DEFAULT_DIGITS", "ConstantVerifier"]
