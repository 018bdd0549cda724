# Everything a person or CI does here. `make demo` and `make test` set up what they need by themselves.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
PEERS := .peers
MUTANTS := .mutants
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
UV := $(shell command -v uv || echo $(BIN)/uv)
# With bytecode: where a process may not write it, each start would compile for three seconds.
INSTALL := $(UV) pip install --quiet --compile-bytecode --python $(BIN)/python

# What failed beside other tests is tried once more, with nothing beside it: the log shows both.
ALONE = $(BIN)/coverage run -m pytest -n 0 --last-failed --last-failed-no-failures none

.PHONY: help setup demo test lint bench fault mutants web wheel wheel-check train docs lock clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .setup/dev .setup/web ## install everything that development needs

demo: .setup/serve webui/dist ## replay a recorded incident end to end (CHECK=1: assert and exit)
	@$(BIN)/patternwatch demo $(if $(CHECK),--check) $(ARGS)

test: setup webui/dist ## pass every test: Python, web and browser
	npm --prefix webui test
	$(BIN)/patternwatch warm # once, instead of in every process
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n auto --dist worksteal $(ARGS) || $(ALONE)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

lint: setup ## every check of style, types, floors and documents
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --verbose
	npm --prefix webui run lint

bench: .setup/dev .setup/peers ## every claimed figure, into benchmarks/README.md
	$(BIN)/python -m benchmarks.tables

fault: ## the bugs that the fault lab found: make fault-NAME shows one again
	@grep -oE '^\| `make fault-[a-z-]+`' docs/faults.md | tr -d '|` ' | sed 's/^make/make /'

fault-%: .setup/dev
	$(BIN)/python -m benchmarks.faults --scenario $*

mutants: .setup/mutants ## change the code in one place at a time: how much do the tests catch?
	$(MUTANTS)/bin/python -m benchmarks.mutants --run

web: .setup/web webui/dist ## build the page

wheel: .setup/uv webui/dist ## build the wheel, with the page in it, into dist/
	rm -rf dist
	$(UV) build --quiet --out-dir dist

wheel-check: wheel ## install the wheel into an empty environment and try it there
	$(BIN)/python .ci/wheel-check $(UV) dist/*.whl requirements/serve.lock

train: .setup/dev ## make the shipped shape model again
	$(BIN)/python -m patternwatch.training.train

docs: .setup/dev .setup/web ## write the generated documents: schemas, AsyncAPI, OpenAPI, web types
	$(BIN)/python -m patternwatch.cli.docs docs
	npm --prefix webui run generate

lock: .setup/uv ## resolve the dependencies anew: versions and hashes, no addresses
	$(UV) pip compile pyproject.toml -q --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--python-version 3.11 --universal -o requirements/serve.lock
	$(UV) pip compile pyproject.toml -q --all-extras -c requirements/serve.lock --generate-hashes \
		--no-emit-index-url --no-annotate --no-header --python-version 3.11 --universal -o requirements/dev.lock
	$(UV) pip compile pyproject.toml requirements/mutants.in -q --all-extras --generate-hashes \
		--override requirements/mutants.overrides \
		--no-emit-index-url --no-annotate --no-header --python-version 3.11 --universal -o requirements/mutants.lock
	$(UV) pip compile requirements/peers.in -q --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--python-version 3.11 --universal -o requirements/peers.lock

clean: ## remove everything that was built or installed here
	rm -rf $(VENV) $(PEERS) $(MUTANTS) mutants .setup webui/dist webui/node_modules dist .coverage* htmlcov

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "patternwatch needs Python 3.11 or newer: set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

.setup/uv: $(BIN)/python
	@mkdir -p .setup
	@command -v uv >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.setup/serve: requirements/serve.lock pyproject.toml | .setup/uv
	$(INSTALL) --require-hashes -r requirements/serve.lock
	$(INSTALL) --no-deps --editable .
	@touch $@

.setup/dev: requirements/dev.lock pyproject.toml | .setup/uv
	$(INSTALL) --require-hashes -r requirements/dev.lock
	$(INSTALL) --no-deps --editable .
	@touch .setup/serve $@

.setup/mutants: requirements/mutants.lock | .setup/uv
	$(PYTHON) -m venv $(MUTANTS)
	$(UV) pip install --quiet --python $(MUTANTS)/bin/python --no-deps --require-hashes -r requirements/mutants.lock
	$(UV) pip install --quiet --python $(MUTANTS)/bin/python --no-deps --editable .
	@touch $@

.setup/peers: requirements/peers.lock | .setup/uv
	$(PYTHON) -m venv $(PEERS)
	$(UV) pip install --quiet --python $(PEERS)/bin/python --require-hashes -r requirements/peers.lock
	@touch $@

.setup/web: webui/package-lock.json | .setup/uv
	@command -v npm >/dev/null || { echo "patternwatch's page needs Node.js (its version: webui/package.json) with npm"; exit 1; }
	npm --prefix webui ci --no-audit --no-fund --loglevel=error
	@touch $@

webui/dist: .setup/web $(shell find webui/src webui/index.html webui/public -type f 2>/dev/null)
	npm --prefix webui run --silent build
	@touch $@
