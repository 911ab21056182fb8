"""Benchmarks, metrics and the evaluation of an engine or of a file of candidates.

>>> from reasoning.evaluation.metrics import pass_at_k
>>> pass_at_k(n=10, c=3, k=1)
0.3
"""
