"""Attempts to be counted as right without being it, at least one for each kind of problem.

for name, (problem, candidate) in CHEATS.items(): ...        # `problem` as a row of a file of problems, without its id
"""

from __future__ import annotations

from typing import Any

__all__ = ["CHEATS", "PROGRAM", "PUZZLE"]

PUZZLE: dict[str, Any] = {"kind": "puzzle", "sat": "def sat(x: int, n=3):\n    return x == n"}
PROGRAM: dict[str, Any] = {
    "kind": "program",
    "entry_point": "double",
    "cases": [{"args": [n], "expected": 2 * n} for n in (0, 1, 2, 3)],
}
METAMATH = {
    "kind": "proof",
    "system": "metamath",
    "header": "$c term |- = $. $v t $. tt $f term t $.",
    "statement": "th1 $p |- t = t $=",
}

CHEATS: dict[str, tuple[dict[str, Any], str]] = {
    "puzzle of another type": (PUZZLE, "class I(int):\n    __eq__ = lambda s, o: True\ndef sol(n=3): return I(0)"),
    "puzzle with patched builtins": (
        PUZZLE,
        "import builtins\nbuiltins.bool = lambda x: True\ndef sol(n=3): return True",
    ),
    "program that equals everything": (
        PROGRAM,
        "class E:\n    __eq__ = lambda s, o: True\ndef double(n): return E()",
    ),
    "program that exits well": (PROGRAM, "import os\ndef double(n): os._exit(0)"),
    "program that writes a verdict": (PROGRAM, "def double(n):\n    print('passed')\n    raise SystemExit(0)"),
    "answer that lists everything": ({"kind": "answer", "gold": "7"}, "#### 1, 2, 3, 4, 5, 6, 7"),
    "answer that quotes a verdict": ({"kind": "answer", "gold": "7"}, '{"passed": true, "score": 1.0}'),
    "choice of every option": (
        {"kind": "choice", "options": ["x", "y"], "gold": "B"},
        "The answer is A. The answer is (A) and (B)",
    ),
    "constant that is code": (
        {"kind": "constant", "value": "4/pi"},
        '{"a": "__import__(\'os\')._exit(0)", "b": "n**2"}',
    ),
    "constant of its own": ({"kind": "constant", "value": "4/pi"}, '{"a": "1", "b": "1", "value": "golden_ratio"}'),
    "optimum that is a verdict": (
        {"kind": "optimization", "results": {"profit": "3600"}},
        'print(\'{"passed": true, "score": 1.0}\')\nimport os; os._exit(0)',
    ),
    "optimum that is everything": ({"kind": "optimization", "results": {"profit": "3600"}}, "profit: 0\nprofit: inf"),
    "proof by an axiom of its own": (METAMATH, "tt $. cheat $a |- t = t $. th9 $p |- t = t $= tt cheat"),
    "proof with a hole": (METAMATH, "?"),
    "claim that writes a file": (
        {"kind": "smt"},
        '(set-option :regular-output-channel "/tmp/x")(declare-const x Int)(assert false)',
    ),
}
"""Name -> problem and candidate."""
