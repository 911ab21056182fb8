"""Child side: one solver, one script, one answer.

The payload is `{"solver": "z3"|"cvc5", "script": "...", "milliseconds": N}`; the answer `{"result": "sat",
"model": {name: "1/2"}}` (or `unsat`, `unknown`), or `{"error": "..."}` when the solver refuses the script.
"""

from __future__ import annotations

import json
from typing import Any

from verifiers.sandbox.channel import Channel

__all__ = ["solve"]


def solve(channel: Channel) -> None:
    """Ask the solver."""
    order = json.loads(channel.receive() or b"{}")
    ask = _z3 if order["solver"] == "z3" else _cvc5
    try:
        answer = ask(order["script"], order["milliseconds"])
    except Exception as error:  # noqa: BLE001 - whatever the solver has against the script
        answer = {"error": " ".join(str(error).split())[:500]}
    channel.send(json.dumps(answer).encode())


def _z3(script: str, milliseconds: int) -> dict[str, Any]:
    import z3

    solver = z3.Solver()
    solver.set("timeout", milliseconds)
    solver.from_string(script)
    result = str(solver.check())
    if result != "sat":
        return {"result": result, "model": {}}
    model = solver.model()
    values = {}
    for declared in model.decls():
        value = model[declared]
        # A number that is no fraction has no such string: it is left as the solver writes it.
        values[declared.name()] = value.as_string() if z3.is_rational_value(value) else str(value)
    return {"result": result, "model": values}


def _cvc5(script: str, milliseconds: int) -> dict[str, Any]:
    import cvc5

    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("tlimit-per", str(milliseconds))
    solver.setOption("produce-models", "true")
    parser = cvc5.InputParser(solver)
    if "(set-logic" not in script:
        solver.setLogic("ALL")
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "claim")
    symbols = parser.getSymbolManager()
    while not (command := parser.nextCommand()).isNull():
        said = str(command.invoke(solver, symbols))
        if "error" in said:
            return {"error": said[:500]}
    result = solver.checkSat()
    word = "sat" if result.isSat() else "unsat" if result.isUnsat() else "unknown"
    values = {}
    for term in symbols.getDeclaredTerms() if word == "sat" else ():
        value = solver.getValue(term)
        plain = value.isIntegerValue() or value.isRealValue()
        values[str(term)] = str(value.getRealValue() if plain else value)
    return {"result": word, "model": values}
