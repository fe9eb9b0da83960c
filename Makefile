# What CONTRIBUTING.md describes. Each target sets up what it needs in .venv.
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
VAPOURSYNTH_PYTHON ?= python3.12
VAPOURSYNTH_VENV ?= .venv-vapoursynth
# PyPI's PyTorch brings gigabytes of CUDA where no CPU build is configured; any torch>=2.6 will do.
TORCH ?= torch==2.13.0
SOURCES := src tests benchmarks examples scripts
LATER := browser or cluster or film or training or slow
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo quick test vapoursynth coverage check types docs site bench mutants release clean

demo: $(VENV)/installed
	$(BIN)/python examples/colorize_folder.py examples examples/colored

quick: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2 -m "not ($(LATER))"

test: $(VENV)/installed-dev build/node_modules build/vendor build/onnxruntime
	$(BIN)/python -m pytest -n 2

# For the JavaScript example of docs/onnx.md; without npm its test is skipped.
build/node_modules:
	@if command -v npm >/dev/null; \
	then npm install --silent --no-save --ignore-scripts --prefix build onnxruntime-node@1.30.0; \
	else echo "the JavaScript example is not run: there is no npm"; fi

# For the engine of the page and the browser edition; without npm their tests are skipped.
build/vendor: $(VENV)/installed-dev
	@if command -v npm >/dev/null; \
	then $(BIN)/python browser/build.py --runtime; \
	else echo "the page's engine is not run: there is no npm"; fi

# Headers for the C++ example; where they cannot be had, its test is skipped.
build/onnxruntime:
	@scripts/onnxruntime_headers.sh || echo "the C++ example is not compiled: no headers"

# VapourSynth needs Python 3.12, so it has an environment of its own.
vapoursynth: $(VAPOURSYNTH_VENV)/installed
	$(VAPOURSYNTH_VENV)/bin/python -m pytest tests/film/test_vapoursynth.py

$(VAPOURSYNTH_VENV)/installed: pyproject.toml
	$(VAPOURSYNTH_PYTHON) -m venv $(VAPOURSYNTH_VENV)
	$(VAPOURSYNTH_VENV)/bin/python -m pip install --quiet --editable ".[vapoursynth]"
	$(VAPOURSYNTH_VENV)/bin/python -m pip install --quiet hypothesis onnx pytest scikit-image
	touch $@

coverage: $(VENV)/installed-dev
	$(BIN)/coverage erase
	set -e; for room in 'tests/test_*.py' tests/[a-z]*/; do \
	  $(BIN)/python -m pytest -n 2 --cov --cov-append --cov-context=test --cov-report= \
	    --cov-fail-under=0 $$room; \
	done
	$(BIN)/coverage report

check: $(VENV)/installed-dev types docs
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/python scripts/options.py --check
	$(BIN)/python scripts/page_types.py --check

types: $(VENV)/installed-dev
	$(BIN)/mypy
	@if command -v npx >/dev/null; \
	then npx --yes --package=typescript@5.9 tsc --project src/tintype/web; \
	else echo "the page's types are not checked: there is no npx"; fi

docs: $(VENV)/installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

site: docs
	$(BIN)/python browser/build.py -o site/try

bench: $(VENV)/installed-dev
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/upsampling.py
	$(BIN)/python benchmarks/regression.py

mutants: $(VENV)/installed-dev
	$(BIN)/python benchmarks/mutants.py

release: $(VENV)/installed-dev
	@test -n "$(VERSION)" || { echo "make release VERSION=0.2.0"; exit 2; }
	$(BIN)/python scripts/release.py $(VERSION)

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || \
	{ echo "Tintype needs Python 3.11 or newer: set PYTHON=..."; exit 1; }
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
	rm -rf $(VENV) $(VAPOURSYNTH_VENV) examples/colored site dist build
	rm -rf .pytest_cache .ruff_cache .mypy_cache .hypothesis .coverage .coverage.*
