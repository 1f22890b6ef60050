# Runs everything from a fresh checkout: Python 3.11 or later, make, git and the package registries are enough.
# `make` alone explains the targets. Works with GNU make 3.81 (macOS) and later.

PYTHON ?= python3
STAMP := .venv/made-from-requirements
RUN := .venv/bin/python

# A shell that turns bytecode off would make every start of every plugin several times slower.
export PYTHONDONTWRITEBYTECODE :=
ifdef PORT
export PORT
endif

.DEFAULT_GOAL := help
.PHONY: help venv engine up preview down unit test acceptance lint bench crash

help:
	@echo 'make up          deploy to the local Azure and show who sees what through the gateway (PORT=43000: first port)'
	@echo 'make preview     what `make up` would change, and whether the policy pack allows it'
	@echo 'make down        remove everything that `make up` made, and stop the local Azure'
	@echo
	@echo 'make unit        the tests that need neither engine nor emulator process'
	@echo 'make test        all tests but the long ones'
	@echo 'make acceptance  the tests on the real engine, the long ones too'
	@echo 'make lint        ruff and mypy'
	@echo 'make crash       kills applies and undos of role tags at random moments and goes on with them (KILLS=200 SEED=1)'
	@echo 'make bench       how fast role tags are written, and (after make up) what the gateway adds to a query'
	@echo
	@echo 'make venv        the Python environment in .venv (every target above makes it)'
	@echo 'make engine      the Pulumi engine: from PATH, else installed or built once (up, preview, test get it)'

venv: $(STAMP)

$(STAMP): requirements.txt requirements-dev.txt pyproject.toml
	@$(PYTHON) tools/venv.py
	@touch $@

engine: $(STAMP)
	@$(RUN) -m tools.engine

up preview down: $(STAMP)
	@$(RUN) -m tools $@

# The engine's tests share one stack and run one after the other; all others spread over the processors.
UNIT := $(RUN) -m pytest -q --numprocesses=auto -m "not engine and not acceptance"

unit: $(STAMP)
	$(UNIT)

test: engine
	$(UNIT)
	$(RUN) -m pytest -q -m "engine and not acceptance"

acceptance: engine
	$(RUN) -m pytest -q -m "engine or acceptance"

lint: $(STAMP)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(RUN) -m mypy __main__.py

bench: $(STAMP)
	@$(RUN) -m benchmarks

KILLS ?= 200
SEED ?= 1

crash: $(STAMP)
	@$(RUN) -m tests.crash --kills $(KILLS) --seed $(SEED)
