# Needs Python 3.11 or newer and make; everything else comes from the locks.
# PYTHON picks the interpreter, ARGS goes to the command: make token ARGS="--role caseworker …"
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
SHELL := /bin/sh
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Processes with servers of their own: two work while two wait; ARGS="-n 0" runs all in one.
SHARED := -n 4 --dist loadfile --no-loadscope-reorder
PYTEST := $(BIN)/python -m pytest $(SHARED)
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" --quiet

# Processes that are started again and again need not read their sources each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help env dev run demo test test-long test-pages screenshots proofs check audit passport document deploy-check verify-terms verify-process \
	verify-api verify-kill verify-oidc test-cluster verify-money mutate wheel-test bench token fix lock migration clean

help: ## show what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name purpose; do \
		printf '  %-14s %s\n' "$$name" "$$purpose"; done

# The interpreter is checked here because pip would refuse with a page of words.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# A lock that changed makes the environment anew: what it no longer names must not stay.
$(VENV)/.run: requirements.lock | $(BIN)/python
	@if [ -e $@ ]; then $(PYTHON) -m venv --clear $(VENV); fi
	$(PIP) install --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@if [ -e $@ ]; then $(PYTHON) -m venv --clear $(VENV); fi
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $(VENV)/.run $@

# The command `ozhb` and the way to our own modules; last, since either lock may have cleared it.
$(BIN)/ozhb: pyproject.toml $(VENV)/.run
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

env: $(BIN)/ozhb ## make the environment that runs the system

dev: $(VENV)/.dev $(BIN)/ozhb ## make the environment that tests it too

run: env ## bring up the whole system here (OZHB_HOME, OZHB_PORT)
	@$(BIN)/ozhb up $(ARGS)

demo: env ## play programmes from receipt to payment on a stack of its own
	@$(BIN)/ozhb demo $(ARGS)

token: env ## print a bearer token: make token ARGS="--role caseworker …"
	@$(BIN)/ozhb token $(ARGS)

test: dev ## test on real PostgreSQL and Temporal
	$(PYTEST) -m "not long" $(ARGS)

test-long: dev ## the tests that take longest: whole stacks killed, upgraded and restored, every page and edge
	$(PYTEST) -m long $(ARGS)

test-pages: dev ## go through the pages in three languages (needs Chromium)
	OZHB_PROOF=pages OZHB_PAGES=all $(BIN)/python -m pytest -n 2 --dist load tests/pages \
		tests/api/console/test_mistakes_in_words.py tests/api/console/test_plain_words.py $(ARGS)

screenshots: dev ## pictures of every page in three languages and two widths (needs Chromium; ARGS=folder)
	@$(BIN)/python -m tests.pages.screenshots $(ARGS)

proofs: dev ## what is proven without running anything: format, lint, types, the law, migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/ozhb definitions check
	$(BIN)/ozhb law check
	$(BIN)/python -m cli.migrations check

check: proofs ## everything that must hold: the proofs, the tests, the libraries, the document of the API, the wheel
	$(PYTEST) $(ARGS)
	$(MAKE) audit
	$(MAKE) document
	$(MAKE) wheel-test

# pip-audit and cyclonedx-py are fetched at their pinned versions when first asked for.
audit: dev ## what an installation is made of, and what is known to be weak in it (evidence/)
	@$(BIN)/python -m tests.audit

passport: env ## one page of what is proven for this build, from evidence/ of the proofs
	@$(BIN)/ozhb release passport --output evidence $(ARGS)

document: dev ## read the document of the API with linters and makers of clients (needs Node)
	$(BIN)/python -m tests.document

deploy-check: dev ## read image, chart, units and alerts with the tools that would run them
	$(BIN)/python -m tests.deploy

verify-terms: dev ## let two calculators of terms agree on five million (ARGS="--count … --seed …")
	$(BIN)/python -m tests.domain.agreement $(ARGS)

verify-process: dev ## walk 50,000 seeded ways through the process (OZHB_WALKS=…; OZHB_SEED=… repeats one)
	OZHB_PROOF=walks OZHB_WALKS=$${OZHB_WALKS:-50000} $(PYTEST) --timeout 0 -m walks tests/domain $(ARGS)

verify-api: dev ## ask every operation with every known edge and many random requests (OZHB_EXAMPLES=…)
	OZHB_EXAMPLES=$${OZHB_EXAMPLES:-100} $(PYTEST) tests/api/test_randomised.py tests/api/test_edges.py $(ARGS)

verify-kill: dev ## kill a worker, reset a case, at every message and effect; change builds under open cases
	OZHB_PROOF=kill OZHB_BLOWS=all $(BIN)/python -m pytest -n 0 tests/workflows/test_kill.py tests/workflows/test_silence.py \
		tests/workflows/test_builds.py tests/test_processes.py $(ARGS)

verify-oidc: dev ## sign in by a provider that others made: keys, step-up, sign-out, programs (needs Node)
	OZHB_PROOF=oidc $(BIN)/python -m pytest -n 0 tests/provider $(ARGS)

test-cluster: dev ## strike every part of a Temporal cluster under load (needs Go, or TEMPORAL_SERVER=; ARGS="--soak 120")
	$(BIN)/python -m tests.cluster $(ARGS)

verify-money: dev ## play 100,000 seeded runs of a payment (OZHB_RUNS=…; OZHB_SEED=… repeats one)
	OZHB_PROOF=money OZHB_RUNS=$${OZHB_RUNS:-100000} $(BIN)/python -m pytest -n 0 -s tests/domain/test_money_runs.py $(ARGS)

mutate: dev ## change rules, case file and doors sign by sign; what no test notices (ARGS="domain/case/asking.py")
	$(BIN)/python -m tests.support.mutate $(ARGS)

wheel-test: dev ## test a built wheel in a fresh environment in a temporary folder
	$(BIN)/python -m tests.support.wheel $(SHARED) $(ARGS)

bench: dev ## measure against a bare Temporal flow and DBOS (ARGS=million, long, midnight or counts)
	$(BIN)/python -m bench $(ARGS)

fix: dev ## format, and repair what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: dev ## resolve the dependencies anew (ARGS=--upgrade for newer ones)
	$(LOCK) $(ARGS) --group install -o requirements.lock
	$(LOCK) $(ARGS) --group install --group dev -c requirements.lock -o requirements-dev.lock

migration: dev ## write a migration from the tables: make migration ARGS="add a column"
	$(BIN)/python -m cli.migrations write "$(ARGS)"

clean: ## remove the environment and what was built; data in .ozhb stays
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
