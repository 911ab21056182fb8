# make demo    set up an environment and watch puzzles being solved and judged
# make test    set up an environment and run the fast tests
# make check   format, lint and types: before every commit
# make learn   watch a small model learn from verdicts (a CPU, minutes); LEARN='--all --hard': more of it
# make bench   measure here what takes minutes; docs/measured.md has the last page

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= runs/demo
LEARN ?=

.PHONY: demo test test-slow test-docs test-vllm test-train test-interop test-proofs learn check format bench clean

$(VENV)/.base: pyproject.toml constraints.txt
	@echo "Setting up $(VENV) (about a minute, the first time) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $(PYTHON) is too old: Python 3.11 or newer is needed (make PYTHON=python3.12 ...)" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "error: $(PYTHON) cannot make environments; on Debian: apt-get install python3-venv" >&2; exit 2; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,lean,smt,solvers,mcp]'
	@touch $@

$(VENV)/.ray: $(VENV)/.dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[ray]'
	@touch $@

demo: $(VENV)/.base
	@rm -rf $(OUT)
	@$(BIN)/reasoning evaluate puzzles --engine search --out $(OUT)

test: $(VENV)/.dev
	@$(BIN)/python -m pytest -q -n auto

test-slow: $(VENV)/.ray
	@$(BIN)/python -m pytest -q -m slow --ignore=tests/docs --ignore=tests/engines --ignore=tests/training --ignore=tests/rewards --ignore=tests/verifiers/proofs --durations=10

test-docs: $(VENV)/.ray
	@$(BIN)/python -m pytest -q -m slow tests/docs --durations=5

test-proofs: $(VENV)/.dev
	@$(BIN)/python -m pytest -q -m slow tests/verifiers/proofs --durations=5

.venv-vllm/.ready: pyproject.toml scripts/setup_vllm_cpu.sh
	@PYTHON=$(PYTHON) scripts/setup_vllm_cpu.sh .venv-vllm
	@touch $@

test-vllm: .venv-vllm/.ready
	@.venv-vllm/bin/python -m pytest -q -m 'slow or not slow' tests/engines/test_sampling.py tests/engines/test_prompts.py tests/engines/test_gpu.py tests/engines/test_transformers_engine.py tests/engines/test_architectures.py tests/engines/test_vllm_engine.py tests/engines/test_vllm_tools.py tests/engines/test_nano_parity.py tests/engines/test_nano_prover.py tests/engines/test_doc_sessions.py tests/discovery/test_llm.py tests/embeddings tests/evaluation/test_funcoder_with_a_model.py tests/rewards tests/pipelines/test_real_model.py --durations=5

test-train: .venv-vllm/.ready
	@.venv-vllm/bin/python -m pytest -q -m 'slow or not slow' tests/training --durations=5

.venv-interop/.ready: .venv-vllm/.ready scripts/setup_interop.sh scripts/interop-requirements.txt
	@PYTHON=$(PYTHON) scripts/setup_interop.sh .venv-interop .venv-vllm
	@touch $@

test-interop: .venv-interop/.ready
	@REASONING_INTEROP=1 .venv-interop/bin/python -m pytest -q tests/interop --durations=5

check: $(VENV)/.dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(VENV)/.dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

learn: .venv-vllm/.ready
	@.venv-vllm/bin/python scripts/learn.py --out runs/learn $(LEARN)

bench: $(VENV)/.dev
	@$(BIN)/python scripts/bench_all.py --out docs/measured.md

clean:
	rm -rf $(VENV) .venv-vllm .venv-interop .mypy_cache .ruff_cache .pytest_cache
