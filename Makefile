# The two commands a newcomer needs: `make demo` and `make test`. Everything they install goes into .venv.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

.PHONY: demo test check lint types wheel bench clean

demo: $(VENV)/base.done          ## base install, then the Hioki study: a first verdict
	$(BIN)/cosim run hioki

test: $(VENV)/dev.done           ## every extra, then the whole test suite
	$(BIN)/python -m pytest -n auto

check: lint types test           ## what CI runs, less the wheel

lint: $(VENV)/dev.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.done
	$(BIN)/mypy

wheel: $(VENV)/dev.done          ## build the wheel into dist/
	rm -rf dist
	$(BIN)/python -m build --no-isolation --wheel --outdir dist .

bench: $(VENV)/bench.done        ## what a step costs, as ratios (BENCH="--quick" within five minutes)
	$(BIN)/python -m tests.benchmarks $(BENCH)

clean:
	rm -rf $(VENV) dist build runs

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/base.done: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) -e .
	touch $@

$(VENV)/bench.done: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) -e ".[simbench,bench]"
	touch $@ $(VENV)/base.done

$(VENV)/dev.done: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) -e ".[simbench,bench,dev]"
	touch $@ $(VENV)/base.done
