# `make` alone lists the targets. Everything happens in .venv and nothing outside this folder changes.
# On Windows without make: README.md, "Without make".

VENV   ?= .venv
BIN    := $(VENV)/bin
# The first Python that is new enough and able to make a virtual environment.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
            $$p -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

SAMPLE_ROWS ?= 2500

.DEFAULT_GOAL := help
.PHONY: help demo test test-lowest test-buckets prove branches coverage mutants lint format types contracts docs docs-check notebooks notebooks-check \
        samples golden bench bench-smoke lock wheel check clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---------------------------------------------------------------------------------- to try it out

demo: $(VENV)/.ready ## judge the sample company's logs and say where the report is
	$(BIN)/mailflow analyze sample_logs/logs --tenant sample_logs/tenant --out demo-report --force
	@echo
	@echo "Open the report: $(CURDIR)/demo-report/report.html"

# ------------------------------------------------------------------------------------ to change it

test: $(VENV)/.ready-dev ## run every test (ARGS=... goes to pytest)
	$(BIN)/python -m pytest $(ARGS)

test-lowest: $(VENV)/.ready-dev ## run every test on the oldest versions that pyproject.toml allows (Python 3.11)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/lowest
	$(BIN)/uv pip install --quiet --python build/lowest --resolution lowest-direct -r pyproject.toml --extra dask --extra notebook
	$(BIN)/uv pip install --quiet --python build/lowest pytest hypothesis
	$(BIN)/uv pip install --quiet --python build/lowest --no-deps -e .
	build/lowest/bin/python -m pytest -W default $(ARGS)

test-buckets: $(VENV)/.ready-dev ## read logs from an S3 of moto's, which is installed apart from the locked tools
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/moto
	$(BIN)/uv pip install --quiet --python build/moto 'moto[s3,server]'
	PATH="$(CURDIR)/build/moto/bin:$$PATH" $(BIN)/python -m pytest tests/pipeline/test_cluster_storage.py

prove: $(VENV)/.ready-dev ## hold the engine against the second one on 105,000 random cases
	$(BIN)/python -m pytest tests/two_engines --hypothesis-profile nightly $(ARGS)

# The modules that decide, and the tests that are about them: what pyproject.toml gives to mutmut.
DECIDING := analyzer/selection/*,analyzer/paths.py,analyzer/evidence/*,analyzer/compare/*
HELD_BY  := tests/selection tests/compare tests/test_evidence.py tests/test_oracle.py tests/test_paths.py \
            tests/test_routing.py tests/two_engines

branches: $(VENV)/.ready-dev ## demand every branch of the deciding modules of the tests that are about them
	$(BIN)/python -m coverage run --data-file=.coverage.branches -m pytest $(HELD_BY) --hypothesis-profile mutants
	$(BIN)/python -m coverage report --data-file=.coverage.branches --fail-under=100 --include='$(DECIDING)'

coverage: $(VENV)/.ready-dev ## run every test and demand every branch of the deciding modules and the findings
	$(BIN)/python -m coverage run -m pytest $(ARGS)
	$(BIN)/python -m coverage report
	$(BIN)/python -m coverage report --fail-under=100 --include='$(DECIDING),analyzer/findings/*'

mutants: build/mutants/.ready ## change the deciding modules in thousands of small ways and see which no test notices
	nice $(MUTANTS)/python -m benchmarks.mutants $(ARGS)

MUTANTS := build/mutants/bin

lint: $(VENV)/.ready-dev ## check style and format (ruff)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.ready-dev ## mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.ready-dev ## check types (mypy, strict)
	$(BIN)/mypy

contracts: $(VENV)/.ready-dev ## check that imports run one way only
	$(BIN)/lint-imports --no-logo

check: lint types contracts docs-check test ## lint, types, contracts, docs-check and test, as before a commit

# ------------------------------------------------------------------------------------ to regenerate

docs: $(VENV)/.ready ## write the generated pages below docs/
	$(BIN)/python docs/generate.py

docs-check: $(VENV)/.ready ## fail if a generated page is out of date
	$(BIN)/python docs/generate.py --check

notebooks: $(VENV)/.ready-dev ## execute the notebooks into build/notebooks/, to look at the figures
	mkdir -p build/notebooks
	cp notebooks/*.ipynb build/notebooks/
	$(BIN)/python -m jupyter execute --inplace build/notebooks/*.ipynb

notebooks-check: $(VENV)/.ready-dev ## execute the notebooks and store nothing
	$(BIN)/python -m jupyter execute notebooks/*.ipynb

samples: $(VENV)/.ready ## write sample_logs/ anew (SAMPLE_ROWS=2500, seed 1: always the same bytes); then `make golden`
	rm -rf build/samples
	$(BIN)/mailflow generate --out build/samples --rows $(SAMPLE_ROWS) --seed 1 --days 30 \
	  --format message-trace --format message-trace-json --format enhanced-summary --format extended
	rm -rf sample_logs/logs sample_logs/tenant sample_logs/truth.parquet
	mkdir -p sample_logs/logs sample_logs/formats/message-trace sample_logs/formats/extended
	mv build/samples/tenant build/samples/truth.parquet sample_logs/
	mv build/samples/logs/enhanced-summary.csv sample_logs/logs/
	mv build/samples/logs/message-trace.* sample_logs/formats/message-trace/
	mv build/samples/logs/extended.csv sample_logs/formats/extended/

golden: $(VENV)/.ready-dev ## write the expected results of the tests anew; review them as a diff
	$(BIN)/python -m pytest --update-golden

bench: $(VENV)/.ready-dev build/bench/.ready ## measure speed and memory on this machine, half an hour (ARGS="--sizes 100000")
	$(BIN)/python -m benchmarks.run $(ARGS)

bench-smoke: $(VENV)/.ready-dev ## the heart of it on few rows: checks the books, prints the ratio, never fails on time
	$(BIN)/python -m benchmarks.smoke

lock: $(VENV)/.ready-dev ## resolve the dependencies anew (add UPGRADE=--upgrade to take newer ones)
	$(BIN)/uv pip compile $(LOCK) -o requirements.lock
	$(BIN)/uv pip compile $(LOCK) --extra dev -c requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile $(LOCK) --extra dev --group mutants -c requirements-dev.lock -o requirements-mutants.lock
	$(BIN)/uv pip compile --group bench $(LOCKED) -o requirements-bench.lock

# One lock for every Python from 3.11 and every system; hashes, and no host: any mirror will do.
LOCK = pyproject.toml --group build $(LOCKED)
LOCKED = --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
         --custom-compile-command 'make lock' --quiet $(UPGRADE)

wheel: $(VENV)/.ready ## build the wheel into dist/
	rm -rf dist
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation -w dist .

clean: ## remove what make has made
	rm -rf $(VENV) build dist mutants demo-report bench-out .coverage .coverage.branches .hypothesis .import_linter_cache
	rm -rf .mypy_cache .pytest_cache .ruff_cache

# ------------------------------------------------------------------------------- the environment
# Stamps: a second run does nothing unless a lock has changed.

$(VENV)/.ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer with venv found; name one: make PYTHON=/path/to/python"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock $(VENV)/.ready
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

build/mutants/.ready: requirements-mutants.lock $(VENV)/.ready-dev
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/mutants
	$(BIN)/uv pip install --quiet --python build/mutants --require-hashes -r requirements-mutants.lock
	@touch $@

# polars and DuckDB, to be measured beside the program: never in its own environment.
build/bench/.ready: requirements-bench.lock
	$(PYTHON) -m venv build/bench
	build/bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
