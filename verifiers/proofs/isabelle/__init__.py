"""Isabelle: a client of its server, a guard, and the bridge over both."""
