"""Coq and Rocq: text, guard, processes, bridge."""
