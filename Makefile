# make demo: color the photographs in examples/.   make test: all tests.   make check: format, lint, types, documents.   make docs: build them.   make bench: measure.
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
# The plain PyTorch of the registry brings gigabytes of CUDA with it where no CPU build is configured; any torch>=2.6 will do.
TORCH ?= torch==2.13.0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test check docs bench clean

demo: $(VENV)/installed
	$(BIN)/python examples/colorize_folder.py examples examples/colored

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2

check: $(VENV)/installed-dev docs
	$(BIN)/ruff format --check src tests benchmarks examples
	$(BIN)/ruff check src tests benchmarks examples
	$(BIN)/mypy
	@if command -v npx >/dev/null; then npx --yes --package=typescript@5.9 tsc --project src/tintype/web; \
	else echo "the page's types are not checked: there is no npx"; fi

docs: $(VENV)/installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

bench: $(VENV)/installed-dev
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/upsampling.py
	$(BIN)/python benchmarks/regression.py

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Tintype needs Python 3.11 or newer: set PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/installed-dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet "$(TORCH)"
	$(BIN)/python -m pip install --quiet --editable ".[train,dev]"
	touch $@ $(VENV)/installed

$(VENV)/installed-docs: pyproject.toml | $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable ".[docs]"
	touch $@

clean:
	rm -rf $(VENV) examples/colored site .pytest_cache .ruff_cache .mypy_cache .hypothesis
