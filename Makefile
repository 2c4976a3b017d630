# Nianbao. `make` alone lists what there is.
#
# One .venv serves everything. `make demo` installs what a crawl needs (requirements.lock); `make test`, `lint`,
# `bench` and `soak` add what a developer needs (requirements-dev.lock, which holds the former with the same pins).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq --require-hashes
# The stamps say from which lock .venv was filled; a lock that changed is installed again.
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev

UVFLAGS := --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

SEED ?= 1
COUNT ?= 2000
MUTATIONS ?= 10000
PORTALS ?= 50
KILLS ?= 30
EACH ?= 12
# How many tests run at once: one more than there are cores, for a test waits for programs a third of its time.
JOBS ?= $(shell echo $$(($$(nproc 2>/dev/null || echo 1) + 1)))

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test lint format bench soak year corpus lock sample cases clean
# Two recipes at once would fill the same .venv.
.NOTPARALLEL:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(RUNTIME) ## make .venv with what a crawl needs (pinned, with hashes)

setup-dev: $(DEV) ## add pytest, ruff and mypy to it

# Made anew when it is missing, and when the Python it was made from is gone.
$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || \
		{ echo "make: no $(PYTHON) found; Nianbao needs Python 3.11 or newer (make PYTHON=/path/to/python3 ...)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "make: $$($(PYTHON) --version 2>&1) is too old; Nianbao needs Python 3.11 or newer" \
			"(make PYTHON=/path/to/python3 ...)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "make: $(PYTHON) cannot make environments; install its venv module (Debian: apt install python3-venv)" >&2; exit 1; }
	@echo "making $(VENV) with $$($(PYTHON) --version 2>&1)" >&2
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

$(RUNTIME): requirements.lock | $(BIN)/python
	@echo "installing requirements.lock into $(VENV) (a minute at the first time)" >&2
	@$(PIP) -r requirements.lock
	@touch $@

$(DEV): requirements-dev.lock | $(BIN)/python
	@echo "installing requirements-dev.lock into $(VENV) (a minute at the first time)" >&2
	@$(PIP) -r requirements-dev.lock
	@touch $@ $(RUNTIME)

demo: setup ## crawl the sample archive with the four spiders, offline, and show the records
	@SCRAPY_PROJECT=demo $(BIN)/scrapy demo

# Compiled modules are kept even where the environment says otherwise: the tests start Python some hundred times.
test: setup-dev ## run all tests; the kernel's line coverage must reach 95 %
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder \
		--cov=crawler.extraction --cov=crawler.listing --cov-report=term:skip-covered --cov-fail-under=95

lint: setup-dev ## ruff (rules and format) and strict mypy on the kernel
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: setup-dev ## let ruff format and mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup-dev ## speed of PDF, HTML, readers, start and crawl beside their peers; memory by kind and over 5,000 documents
	@$(BIN)/python -m tests.bench.bench

soak: setup-dev ## COUNT mixed documents drawn from SEED, MUTATIONS broken ones, PORTALS crawled, KILLS crawls killed
	@$(BIN)/python -m tests.bench.soak --seed $(SEED) --count $(COUNT) --mutations $(MUTATIONS) --portals $(PORTALS) \
		--kills $(KILLS)

year: setup-dev ## a year of monthly runs over invented portals that change by SEED: catalogue and feeds against the truth
	@$(BIN)/python -m tests.bench.year --seed $(SEED)

corpus: setup-dev ## make EACH documents of every kind from SEED in build/corpus, and count the cells read right
	@$(BIN)/python -m tests.corpus make --seed $(SEED) --count $(EACH) build/corpus
	@$(BIN)/python -m tests.corpus score build/corpus

# The pins of requirements.lock are what the resolver prefers for requirements-dev.lock: one .venv serves both.
lock: ## pin the newest versions of all dependencies (needs uv)
	@command -v uv >/dev/null || { echo "make: lock needs uv (https://docs.astral.sh/uv/)" >&2; exit 1; }
	@echo "resolving requirements.lock" >&2
	@rm -f requirements.lock.part
	@uv pip compile $(UVFLAGS) pyproject.toml -o requirements.lock.part
	@echo "resolving requirements-dev.lock" >&2
	@cp requirements.lock.part requirements-dev.lock.part
	@uv pip compile $(UVFLAGS) pyproject.toml --group dev -o requirements-dev.lock.part
	@echo "resolving deploy/requirements.lock" >&2
	@cp requirements-dev.lock.part deploy/requirements.lock.part
	@uv pip compile $(UVFLAGS) pyproject.toml deploy/requirements.in --extra ocr --extra postgres --extra watch --extra s3 -o deploy/requirements.lock.part
	@for lock in requirements.lock requirements-dev.lock deploy/requirements.lock; do \
		{ echo "# Made by: make lock"; cat $$lock.part; } > $$lock && rm $$lock.part; \
	done

sample: setup ## build the sample archive of `make demo` from tests/sites
	@$(BIN)/python -m tests.sites.archive crawler/samples/portals.warc.gz

cases: setup ## write the hard cases of tests/cases anew
	@$(BIN)/python -m tests.cases.make

clean: ## remove .venv and what tools left; data/ stays
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .coverage build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
