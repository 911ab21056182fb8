"""Compares runs of `reasoning train self-play` at equal numbers of verdicts: tables, and curves as SVG.

    python scripts/compare_self_play.py runs/stp runs/expert_iteration --out runs/compared

Writes OUT/proved.svg, and OUT/held_out.svg where the runs measured on held-out statements.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from reasoning.selfplay.comparison import Compared, conjectures_markdown
from reasoning.selfplay.store import SelfPlayError
from reasoning.training.forms import ConfigError


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="run directories, one for each method and seed"
    )
    parser.add_argument("--out", type=Path, default=Path("runs/compared"), help="folder for the charts")
    given = parser.parse_args()
    try:
        compared = Compared(given.runs)
    except (SelfPlayError, ConfigError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    given.out.mkdir(parents=True, exist_ok=True)
    for name, drawn in (("proved", compared.svg()), ("held_out", compared.held_out_svg())):
        if drawn:
            (given.out / f"{name}.svg").write_text(drawn, encoding="utf-8")
    print(compared.markdown())
    if compared.conjecturing:
        print(f"\n{conjectures_markdown(compared.conjecturing)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
