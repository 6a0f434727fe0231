PYTHON ?= python3
BIN := .venv/bin
FOLDER ?= demo_line

.PHONY: demo test clean

demo: .venv/trained
	$(BIN)/qc-station demo --folder $(FOLDER)

# Tests run two at a time, each on one core; a file stays together, so that what it prepares is prepared once.
test: .venv/developed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2 --dist loadfile

# torch first and alone: its CPU build is taken where the index offers one, and the extras then find it satisfied.
.venv/trained: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[train]'
	touch $@

.venv/developed: .venv/trained
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[train,live,sign,dev]'
	touch $@

clean:
	rm -rf .venv demo_line
