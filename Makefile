# make install | demo: to run it. make develop | docs | test | lint | bench | chaos: to work on it.
# Each sets up what it needs, in a venv in .venv, pinned by constraints.txt.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN = .venv/bin
PIP = $(BIN)/python -m pip install --quiet --constraint constraints.txt
INSTALLED = .venv/.installed
DEVELOPED = .venv/.developed

.PHONY: install develop demo docs test lint format bench bench-pages chaos machine clean

install: $(INSTALLED)

develop: $(DEVELOPED)

$(INSTALLED): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 with venv is needed"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) --upgrade 'pip>=25.1'
	$(PIP) --editable '.[postgres]'
	@touch $@

$(DEVELOPED): $(INSTALLED)
	$(PIP) --group dev
	@touch $@

demo: $(INSTALLED)
	$(BIN)/aom-gateway demo

docs: $(DEVELOPED) # not --quiet: with it, MkDocs counts no warning, and --strict lets all pass
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

# three for each processor, since tests wait most of the time; without bytecode each compiles all again
test: $(DEVELOPED)
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder \
		--numprocesses $$(( $$(getconf _NPROCESSORS_ONLN) * 3 ))

lint: $(DEVELOPED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEVELOPED)
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

bench: $(DEVELOPED)
	$(BIN)/python -m tests.bench

chaos: $(DEVELOPED)
	$(BIN)/python -m tests.chaos

machine: $(DEVELOPED) # as root: boots a bare Debian and follows docs/operators/one_machine.md in it
	AOM_MACHINE=1 $(BIN)/python -m pytest tests/deploy/test_one_machine.py -s

bench-pages: $(DEVELOPED)
	$(BIN)/python -m tests.bench.pages

clean:
	rm -rf .venv build dist site *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
