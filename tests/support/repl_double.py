"""A double of the REPL process for what a real one does rarely: it dies, hangs, or leaves the protocol. Knows no Lean.

Each request `{"cmd": WORD ...}` is acted out by its first word; the number of requests so far is the environment.
"""

from __future__ import annotations

import json
import sys
import time

number = 0
for line in sys.stdin:
    if not line.strip():
        continue
    word = json.loads(line).get("cmd", "").split("\n")[-1].split(" ")[0]
    if word == "die":
        sys.exit(3)
    if word == "hang":
        time.sleep(600)
    if word == "garbage":
        print("not json\n", flush=True)
        continue
    if word == "list":
        print("[1]\n", flush=True)
        continue
    message = {"severity": "info", "pos": {"line": 1, "column": 0}, "data": word}
    print(json.dumps({"env": number, "messages": [message]}, indent=1) + "\n", flush=True)
    number += 1
