# fixgw. `make` prints this help; `make check` is what CI runs.

.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# What pip installs: each version and the digests of its files, from requirements/. What is in none of
# these files is not installed, and only quickfix, which has no wheel for Linux, is built: with what
# stands in build.txt, and not with what was published since.
PINS := requirements/build.txt requirements/run.txt requirements/dev.txt
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
PINNED := --require-hashes --no-deps --no-build-isolation --only-binary=:all: --no-binary=quickfix

# What the build needs from the system: the commands that prove it, and Debian's packages.
PACKAGES := g++ make python3-dev python3-venv

# What only the tests need: FIX by others than QuickFIX. tshark dissects the traffic, jspurefix is a
# client; node runs it, and npm fetches it. Only what is missing is installed: who has node from
# elsewhere keeps it.
INTEROP := tests/interop/jspurefix
NODE := $(VENV)/node
NODE_READY := $(NODE)/.ready

# $(call apt,packages): install them as root, else say how.
apt = if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	    echo Installing $(1); \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y -qq --no-install-recommends $(1) >/dev/null; \
	else \
	    echo Some of these are missing: $(1). Install them, then run make again:; \
	    echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends" $(1); \
	    exit 1; \
	fi

.PHONY: help
help: ## Print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(READY) ## Set up, then watch FIX orders reach four sandbox venues and survive kill -9
	@$(BIN)/python -m tests.demo

.PHONY: run
run: $(READY) ## Set up, then run four sandboxes and gateway for your own FIX initiator
	@$(BIN)/python -m tests.demo --serve

# Two workers a core: the tests wait more than they work, for processes and for time to pass. Here and
# not in setup.cfg: one file alone is quicker in one process, and a debugger works there. A worker
# takes whole files, as many have a stack of real processes of their own, and of the certification
# one counterpart at a time (tests/sharing.py); in the order of their
# names: pytest-xdist would begin with those that have the most tests, and they are the shortest.
WORKERS ?= $(shell echo $$(( 2 * $$(nproc) )))
WORKERS_MAX := 12

# Without bytecode on disk, every process that a test starts would compile the gateway again.
unexport PYTHONDONTWRITEBYTECODE

# The order in which Python keeps sets is chance, and CI has the same one every time.
.PHONY: test
test: export PYTHONHASHSEED := 0
test: $(READY) tools ## Set up, then run all tests
	$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses $(WORKERS_MAX) \
	    --dist loadfile --no-loadscope-reorder

.PHONY: check
check: lint types imports test ## Lint, types, import rules, tests: all that CI wants

.PHONY: lint
lint: $(READY) ## Style
	$(BIN)/flake8 fixgw tests docs

.PHONY: types
types: $(READY) ## Types, strictly
	$(BIN)/mypy

.PHONY: imports
imports: $(READY) ## Who may import whom
	$(BIN)/lint-imports

.PHONY: bench
bench: $(READY) ## Compare with a bare QuickFIX echo (takes some minutes; the machine should be idle)
	@$(BIN)/python -m tests.bench

.PHONY: hostile
hostile: $(READY) ## Attack a gateway that trades, and print what its client noticed (some minutes)
	@$(BIN)/python -m tests.hostile

# What CI draws from seeds that never change is drawn from new ones here, until the time is over.
MINUTES ?= 10

.PHONY: soak
soak: $(READY) ## Search at random for what breaks the rules of the tests (MINUTES=10)
	@$(BIN)/python -m tests.soak --minutes $(MINUTES) --workers $(WORKERS)

# So many changes, drawn from that seed; 0: all, which takes hours. ONLY=core/mass names files.
SAMPLE ?= 200
SEED ?= 0
ONLY ?=

.PHONY: mutants
mutants: $(READY) ## Plant small mistakes in core and fix, and see whether the tests notice (SAMPLE=200)
	@$(BIN)/python -m tests.mutants --sample $(SAMPLE) --seed $(SEED) $(ONLY)

.PHONY: diagrams
diagrams: $(READY) ## Draw docs/order-states.svg from the table in the code
	$(BIN)/python docs/diagrams.py

.PHONY: install
install: $(READY) ## Make .venv with everything in it

.PHONY: tools
tools: test-system $(NODE_READY) ## Install what only the tests need: tshark, node, jspurefix

.PHONY: clean
clean: ## Remove what was built, .venv included
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .hypothesis .import_linter_cache

# Building quickfix dominates: there is no wheel of it. pip keeps the one it builds.
$(READY): setup.cfg setup.py $(PINS)
	@$(MAKE) --no-print-directory system
	@echo "Installing into $(VENV). The first time, building quickfix takes about four minutes."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes --no-deps --only-binary=:all: -r requirements/build.txt
	@$(PIP) install $(PINNED) -r requirements/run.txt -r requirements/dev.txt
	@PYTHONWARNINGS=ignore $(PIP) install --no-deps --no-build-isolation -e .
	@touch $(READY)

# A setting of pip's (an index, a cap) is none of uv's, and no line of these files names one.
COMPILE := $(BIN)/uv pip compile --quiet --no-config --upgrade --universal --python-version 3.11 \
    --generate-hashes --no-annotate --no-emit-index-url --custom-compile-command "make pins"

.PHONY: pins
pins: $(READY) ## Write requirements/*.txt anew, with today's releases
	@$(PIP) install --require-hashes --no-deps --only-binary=:all: -r requirements/pins.txt
	@for each in pins build; do $(COMPILE) requirements/$$each.in -o requirements/$$each.txt; done
	@$(COMPILE) setup.cfg -o requirements/run.txt
	@$(COMPILE) requirements/dev.in --overrides requirements/dev-overrides.in \
	    --constraints requirements/run.txt --constraints requirements/build.txt \
	    $$(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' requirements/run.txt requirements/build.txt) \
	    -o requirements/dev.txt

.PHONY: system
system:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "fixgw needs Python 3.11 or newer; make PYTHON=/path/to/python3.11 …"; exit 1; }
	@missing=0; \
	command -v g++ >/dev/null 2>&1 || missing=1; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || missing=1; \
	$(PYTHON) -c 'import os, sysconfig, sys; sys.exit(not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")))' || missing=1; \
	if [ $$missing = 0 ]; then exit 0; fi; \
	$(call apt,$(PACKAGES))

# The lock file says every version and its digest. Nothing that is installed may run a script.
$(NODE_READY): $(INTEROP)/package.json $(INTEROP)/package-lock.json | $(READY) test-system
	@echo "Installing jspurefix into $(NODE)"
	@mkdir -p $(NODE) && cp $^ $(NODE)
	@cd $(NODE) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: test-system
test-system:
	@missing=""; \
	command -v tshark >/dev/null 2>&1 || missing="$$missing tshark"; \
	command -v node >/dev/null 2>&1 || missing="$$missing nodejs ca-certificates"; \
	command -v npm >/dev/null 2>&1 || missing="$$missing npm"; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	$(call apt,$$missing)
	@node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' || { \
	    echo "The tests need Node.js 18 or newer, and this is $$(node --version)."; exit 1; }
