# What runs here on a laptop is what runs in CI: .ci/run calls `make test`.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := test
# The steps share one machine and one output: they run in their order.
.NOTPARALLEL:

ifeq ($(origin PYTHON),undefined)
PYTHON := $(shell tools/which-python)
endif
VENV := .venv
BIN := $(VENV)/bin
# Unit test processes; the machine may be shared.
JOBS ?= 2
# Clouds that functional tests run at the same time.
CLOUDS ?= $(shell nproc)
PYTEST_ARGS ?=
# Where unit tests leave which lines they executed.
COVERAGE := .coverage.json
# Or "all": also those that are long and repeat what another shows.
FUNCTIONAL_TESTS ?= usual
# What the lab tests run in; "all" needs three regions, two hosts in the first.
LAB_TOPOLOGY ?= lab/topologies/$(if $(filter all,$(LAB_TESTS)),three,default).yaml
# Or "all": also those that are long and prove little more.
LAB_TESTS ?= usual

# Set by some environments, it would make every import of Neutron slow.
unexport PYTHONDONTWRITEBYTECODE

STAMP := $(VENV)/.installed-$(shell \
	{ cat pyproject.toml constraints.txt constraints-volumes.txt \
	tools/make-venv tools/system-packages; \
	echo $(PYTHON); $(PYTHON) -VV; } | sha256sum | cut -c1-16)

# Directories with Python in them; some come with later work.
SOURCES := $(wildcard tricircle tests lab benchmarks doc/source)

.PHONY: test checks venv format lint type docs unit unit-and-lab unit-aside \
	functional lab-packages lab-tests demo bench record-plain-neutron \
	prove-bed clean distclean

# The tests come last, so that the output ends with pytest's own summary.
test: checks lab-packages unit-and-lab functional

venv: $(STAMP)

$(STAMP):
	tools/system-packages $(PYTHON)
	tools/make-venv $(PYTHON) $(VENV) $@

# None of them uses more than one processor.
checks: venv
	tools/at-once lint type docs

format: venv
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	tools/hacking $(SOURCES)
	# reno reads the history: an unpacked archive has none.
	@if git rev-parse --quiet --verify HEAD >/dev/null 2>&1; \
	then $(BIN)/reno lint; else echo 'reno lint: no commit to read'; fi

type: venv
	$(BIN)/mypy --strict tricircle $(wildcard tests/functional tests/lab lab)

# -E reads everything afresh: what -W must catch is also in unchanged pages.
docs: venv
	$(BIN)/sphinx-build -W --keep-going -q -E -b html -d doc/build/doctrees \
		doc/source doc/build/html

# Coverage costs some seconds. What a selection of tests executes is only
# printed.
unit: venv
	$(BIN)/python -m slipcover --source tricircle --json --out $(COVERAGE) \
		-m pytest -n $(JOBS) --dist worksteal --durations 20 \
		tests/unit $(PYTEST_ARGS)
	$(BIN)/python tools/coverage $(COVERAGE) \
		$(if $(PYTEST_ARGS),,--check)

# Half of what the lab takes is waiting: unit tests have the processors then.
unit-and-lab: venv
	tools/at-once unit-aside lab-tests

unit-aside:
	nice -n 5 $(MAKE) --no-print-directory unit

# Each process runs a cloud of Neutron processes of its own (2 GiB).
functional: venv
	$(if $(filter all,$(FUNCTIONAL_TESTS)),STATEFUL_STEPS=160 \
		PLAIN_NEUTRON=live BED_TESTS=always) \
		$(BIN)/python -m pytest -n $(CLOUDS) --dist loadfile \
		--no-loadscope-reorder --durations 20 \
		$(if $(filter usual,$(FUNCTIONAL_TESTS)),-m 'not thorough') \
		tests/functional $(PYTEST_ARGS)

# What plain Neutron answers to the conformance suite, after a change of that
# suite or of constraints.txt.
record-plain-neutron: venv
	PLAIN_NEUTRON=record $(BIN)/python -m pytest -p no:xdist \
		tests/functional/conformance

# Tests of the test bed, after a change of it or of constraints.txt: until
# they have passed here, every functional run has them.
prove-bed: venv
	BED_TESTS=prove $(BIN)/python -m pytest -p no:xdist \
		$(addprefix tests/functional/test_,cloud_fixture.py \
		cloud_sessions.py forks.py)

# Programs that the lab runs, and functional tests that need root.
lab-packages:
	tools/system-packages $(PYTHON) lab

# Real packets, in a cloud that is brought up for it and then wiped. Root is
# needed. While a lab is up, `pytest tests/lab` uses that one and leaves it.
lab-tests: venv lab-packages
	tools/lab-tests $(LAB_TOPOLOGY) $(LAB_TESTS) $(PYTEST_ARGS)

# A cloud of two regions on this machine, and a ping between them.
demo: venv lab-packages
	bin/lab demo

bench: venv
	$(BIN)/python -m benchmarks

clean:
	rm -rf build dist doc/build .hypothesis .mypy_cache .pytest_cache \
		.ruff_cache $(COVERAGE) etc/*.sample
	find $(SOURCES) -name __pycache__ -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV) $(VENV).lock tricircle.egg-info
