# `make demo` learns a gait, `make test` runs the tests; both make the environment they need.

VENV := .venv
BIN := $(VENV)/bin
# PyBullet has a wheel for CPython 3.11.
PYTHON ?= $(shell for p in python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
	&& echo $$p && break; done)
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test check format docs study baselines clean

help: ## list what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 10

demo: $(READY) ## an AIBO ERS-7 learns to walk faster; a couple of minutes
	$(BIN)/gaitopt learn --robot aibo-ers7 --traversals 900 --seed 1 --name demo --video

test: $(READY) ## run the tests; a few minutes
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not study"

check: $(READY) ## format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: $(VENV)/.docs ## build the pages of docs/ into site/
	$(BIN)/mkdocs build --strict

study: $(READY) ## measure the tables of docs/results again; a day
	$(BIN)/python -m pytest -m study
	$(BIN)/python scripts/study/study_fidelity.py
	$(BIN)/python scripts/study/study_convergence.py
	$(BIN)/python scripts/study/study_learning.py
	$(BIN)/python scripts/study/study_policies.py
	$(BIN)/python scripts/study/study_optimizers.py

baselines: $(READY) ## install stable-baselines3 and PyTorch, to check the environments and to compare with
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[sb3]'

format: $(READY) ## let ruff format the code and fix what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove the environment
	rm -rf $(VENV)

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "gaitopt needs CPython 3.11 (PyBullet has a wheel for it); install it, or name it: make PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(VENV)/.docs: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	@touch $@
