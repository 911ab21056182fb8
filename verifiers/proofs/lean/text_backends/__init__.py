"""Lean behind a REPL process or a Kimina server: text goes in, messages come out, and our own check pins the statement.

`guarded.py` says what such a verdict is worth; `repl.py` and `kimina.py` carry the text.
"""
