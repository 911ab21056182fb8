"""`reasoning identify`: which constant is this number made of?"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from verifiers.wording import counted

__all__ = ["identify"]

EXIT_NOT_FOUND = 1


def identify(
    number: Annotated[str, typer.Argument(help="The number, in at least 26 decimal digits.")],
    basis: Annotated[
        str | None, typer.Option(help="Constants, separated by semicolons, such as 'pi;zeta(3)'. Default: 18 of them.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find closed forms of a number.

    Every digit but the last is trusted; at least 25 trusted digits are needed. A form is shown when the number
    confirms at least twice as many digits as the form's coefficients hold. Exit status 1: nothing was found.

    \b
    Examples:
      reasoning identify 1.27323954473516268615107010698
      reasoning identify 0.831907372580707468683126278821530734 --basis 'zeta(3);pi**2' --json
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.discovery import DEFAULT_BASIS
    from reasoning.discovery import identify as find

    names = DEFAULT_BASIS if basis is None else [name.strip() for name in basis.split(";") if name.strip()]
    if not names:
        raise typer.BadParameter("--basis: no constant is named")
    found = find(number, names)
    if as_json:
        print(json.dumps([{**asdict(one), "evidence": round(one.evidence, 2)} for one in found], indent=2))
    for one in [] if as_json else found:
        print(
            f"{one.expression}    ({one.form}; {counted(one.digits, 'digit')}, {one.evidence:.1f} for each of the "
            "relation's)"
        )
    if not found:
        if not as_json:
            print(f"nothing over {counted(len(names), 'constant')}")
        raise typer.Exit(EXIT_NOT_FOUND)
