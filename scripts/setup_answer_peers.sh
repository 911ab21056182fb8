#!/usr/bin/env bash
# An environment of the graders that bench_answers.py compares with; apart from ours, since they pin other versions.
# What is installed is a list of exact versions, so that figures can be compared with earlier ones.
#
#     scripts/setup_answer_peers.sh .venv-peers
#     python scripts/bench_answers.py --recorded DIR --peer-python .venv-peers/bin/python
set -euo pipefail

target="${1:-.venv-peers}"
"${PYTHON:-python3}" -m venv "$target"
"$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    --requirement "$(dirname "$0")/answer-peers-requirements.txt"
"$target/bin/python" -m pip list --disable-pip-version-check | grep -iE '^(math-verify|inspect|sympy|antlr4)'
