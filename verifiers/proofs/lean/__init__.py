"""Lean 4 without an installation of Lean: a WebAssembly build in the sandbox, its kernel the judge."""
