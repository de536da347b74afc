# The two commands of the README: `make run` and `make test`. Both set up what they need.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# One process of tests more than there are cores: some of the tests wait.
PARALLEL := --numprocesses=$$(($$(getconf _NPROCESSORS_ONLN) + 1)) --maxprocesses=8

.PHONY: run test test-slow lint bench bench-extraction bench-publishing bench-search bench-cluster bench-rhythm bench-load bench-scale bench-bad-servers bench-peers soak test-systemd docs screenshots clean

run: $(VENV)/.installed
	@$(BIN)/aggregator demo

# Lint and what every change should pass: minutes on two cores. Each room is covered.
test: lint
	$(BIN)/pytest $(PARALLEL) --dist=worksteal

# The rest: whole stories, kills, hostile documents, browsers, Jekyll, feed readers, whole corpora. What a
# file of them prepares takes long and is done once.
test-slow: $(VENV)/.installed-dev
	$(BIN)/pytest -m "slow and not soak" $(PARALLEL) --dist=loadfile

# What takes minutes a test, and prints its counts.
soak: $(VENV)/.installed-dev
	$(BIN)/pytest -m soak -s

# The service in a container of systemd's own, and the image of the Containerfile; as root.
test-systemd: $(VENV)/.installed-dev
	$(BIN)/pytest -m systemd

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.spine

bench-publishing: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.publishing

bench-search: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.search

bench-load: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.load

bench-cluster: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.cluster

# What a million sources would cost, written into docs/scale.md: an hour, and 25 GB of disk for a while.
bench-scale: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.scale

bench-rhythm: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.rhythm

bench-bad-servers: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.bad_servers

# Beside lemon24/reader, bare httpx and nginx, on the same feeds; Debian's nginx serves them, its wrk asks for ours.
# It takes half an hour and writes the table of docs/performance.md; ROWS="first served-200" measures some of it.
bench-peers: $(VENV)/.installed-dev
	@$(BIN)/python -m pip install --quiet --editable '.[bench]'
	$(BIN)/python -m benchmarks.peers $(ROWS)

# The site of the documentation, in var/docs; it reads without a server, too.
docs: $(VENV)/.installed-dev
	@$(BIN)/python -m docs.site.build

screenshots: $(VENV)/.installed-dev
	$(BIN)/python docs/screenshots.py

bench-extraction: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.extraction

clean:
	rm -rf $(VENV) var/demo

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "aggregator needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12"; exit 1; }
	@echo "Setting up $(VENV) (once) ..."
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "Python's venv module is missing; on Debian: apt install python3-venv"; rm -rf $(VENV); exit 1; }
	@$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.installed
