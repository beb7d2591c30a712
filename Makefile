# poly: every target makes .venv by itself; all it needs is Python >= 3.11 and make.
# It sets up from the hashed lock file, with uv where uv is there, else with venv and pip.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Without byte code every start of every process compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON := .venv/bin/python
BIN := .venv/bin
READY := .venv/.ready
JOBS ?= auto
SOURCES := bot infra ops sandbox

-include tools/pulumi/pulumi.mk

.PHONY: help demo test check bench clean hooks

help:  ## what can be made (the default)
	@echo "make ..."
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{printf "%-12s %s\n", $$1, $$2}'
	@echo "  pulumi     find the Pulumi CLI, or build it into build/pulumi"

demo: $(READY)  ## play the whole story on recorded real windows, without any account
	$(BIN)/poly demo

test: $(READY)  ## run every test; 100 % of the branches of bot/domain and bot/engine
	@$(PYTHON) tools/suite.py --jobs $(JOBS)

check: $(READY)  ## lint, format, types, import directions, tidiness, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -q -n0 tests/test_tidy.py tests/test_contracts.py
	$(BIN)/deptry .

bench: $(READY)  ## measure: commits, decoding, replay, start, status, as ratios in one run
	@$(PYTHON) -m bench

hooks: $(READY)  ## install the local pre-commit hooks into this clone
	$(BIN)/prek install --hook-type pre-commit --hook-type commit-msg

clean:  ## remove what was built and cached; the ledger in data/ and .venv stay
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* mutants
	@find $(SOURCES) tests bench tools -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements-dev.lock pyproject.toml tools/setup.sh
	@sh tools/setup.sh

pulumi preview up: $(READY)
