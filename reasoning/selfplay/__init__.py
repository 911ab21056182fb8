"""A conjecturer and a prover, one model, that teach each other against a proof checker (STP, arXiv 2502.00212)."""
