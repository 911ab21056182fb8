"""Language models that prove: their prompts, and searches with a prover's goals."""
