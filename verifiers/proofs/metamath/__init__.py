"""Metamath: a verifier of our own, and the bridge that also asks the C program."""
