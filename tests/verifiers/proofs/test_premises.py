"""Constants read from an export that the embedded Lean sent: `exact Nat.dvd_add h g`."""

from __future__ import annotations

import base64

import pytest

from verifiers.proofs.lean.premises import premises_of

EXPORT = base64.b64decode(
    "AQAAAAgAAF9wcml2YXRlAgEAAAEAADABAgAAAQAAYQEAAAADAABOYXQWBAAAAAAAAQAAAAMAAER2ZAEFAAADAABkdmQWBgAAAQAA"
    "AAAAFwEAAAAAAAEEAAAHAABpbnN0RHZkFgcAAAAAABcCAAADAAAUAgAAFwQAAAUAABQBAAAXBgAABwAAFAMAABcEAAAJAAAXCgAA"
    "BwAAFAQAABcEAAAMAAABAAAABAAASEFkZAEIAAAEAABoQWRkFgkAAAMAAAAAAAAAAAAAABcOAAAAAAAXDwAAAAAAFxAAAAAAAAEA"
    "AAAIAABpbnN0SEFkZBYKAAABAAAAAAAXEgAAAAAAAQAAAAoAAGluc3RBZGROYXQWCwAAAAAAFxMAABQAABcRAAAVAAAXFgAACQAA"
    "FxcAAAUAABcNAAAYAAAZCwAAGQAAGQgAABoAABkAAAAbAAAZAAAAHAAAGQAAAB0AAAEEAAAHAABkdmRfYWRkFgwAAAAAABcfAAAM"
    "AAAXIAAACQAAFyEAAAUAABciAAAHAAAUAAAAFyMAACQAABgLAAAlAAAYCAAAJgAAGAAAACcAABgAAAAoAAAYAAAAKQAAKAEAAAMA"
    "AAAAAB4AACoAAAAAAAAAAD8="
)
NAMES = ("Dvd.dvd", "HAdd.hAdd", "Nat", "Nat.dvd_add", "Nat.instDvd", "instAddNat", "instHAdd")


def test_constants_that_the_export_does_not_declare():
    # The theorem itself is an item of the export, and none of its constants.
    assert premises_of(EXPORT) == NAMES


def test_a_declared_constant_is_no_premise():
    name = bytes([1, 0, 0, 0, 1, 0, 0]) + b"a" + bytes([1, 1, 0, 0, 1, 0, 0]) + b"b"
    constants = bytes([22, 1, 0, 0, 0, 0, 0, 22, 2, 0, 0, 0, 0, 0])
    item = bytes([40, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    assert premises_of(name + constants) == ("a", "a.b")
    assert premises_of(name + constants + item) == ("a.b",)


@pytest.mark.parametrize("cut", [0, 1, 5, 100, 300])
def test_bytes_that_end_early_or_are_none_of_lean_s_give_what_can_be_read(cut):
    assert set(premises_of(EXPORT[:cut])) <= {*NAMES, *(name.rpartition(".")[0] for name in NAMES)}
    assert premises_of(b"\xff" * 50) == ()
    assert premises_of(bytes([22]) + b"\xff" * 6) == ()
