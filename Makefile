# Each target makes its own environment on first use; only Python 3.11+ and make are needed.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= auto

# With it each process compiles all modules again, and the tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test quick lint oracle bench docs clean

help:
	@echo "make demo    train a CNN on handwritten digits, draw its graph, check its derivatives"
	@echo "make test    run the test suite        (make quick: a part of it, in under a minute)"
	@echo "make oracle  compare with PyTorch      (installs PyTorch)"
	@echo "make bench   measure beside PyTorch, JAX and NumPy (installs them), in ten minutes"
	@echo "make lint    ruff, mypy, and the generated files"
	@echo "make docs    write the generated files again"

# A stamp for each set of extras: made again when the packaging files change.
$(VENV)/.%: setup.cfg pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[$*]"
	@touch $@

demo: $(VENV)/.demo
	$(BIN)/python -m autograd demo

test: $(VENV)/.test
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal --ignore tests/oracle

# Of tests that ask every op, or every file, the same question: a quarter, another one each day.
quick: $(VENV)/.test
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal --ignore tests/oracle -m "not slow" --thin 4

oracle: $(VENV)/.oracle
	$(BIN)/python -m pytest tests/oracle

bench: $(VENV)/.bench
	$(BIN)/python benchmarks

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m autograd ops --check

docs: $(VENV)/.test
	$(BIN)/python -m autograd ops --write

clean:
	rm -rf $(VENV) build dist demo *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
