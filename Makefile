HOST ?= 127.0.0.1
PORT ?= 8501
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do $$python -c "" 2>/dev/null && echo $$python && break; done)

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.PHONY: help run test format models browser

help:
	@echo "make run     install what is needed (first time: some minutes, 3 GB) and serve http://$(HOST):$(PORT)"
	@echo "             for a class: make run HOST=0.0.0.0; another port: make run PORT=8600"
	@echo "make test    every check: style, types, imports, tests, a real browser"
	@echo "make format  put the code into the house's form"
	@echo "make models  train every recipe into trained_models/"

run: .venv/installed
	$(BIN)/streamlit run app.py --server.address $(HOST) --server.port $(PORT)

test: .venv/installed-tests browser
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist loadfile

format: .venv/installed-tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

models: .venv/installed
	for preset in $$($(BIN)/python -c "from core.recipe import PRESETS; print(*PRESETS)"); do $(BIN)/python -m core.training $$preset || exit 1; done

# The stamps are written last: an interrupted installation is taken up again.
.venv/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	    { echo "Python 3.11, 3.12 or 3.13 is needed; name it: make run PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(PIP) install -r requirements.txt
	touch $@

.venv/installed-tests: tests/requirements.txt .venv/installed
	$(PIP) install -r tests/requirements.txt
	touch $@

# Any Chromium will do; as root, apt-get brings the libraries it needs as well.
browser: .venv/installed-tests
	@for name in chromium chromium-browser google-chrome chrome; do command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    export DEBIAN_FRONTEND=noninteractive; apt-get update && apt-get install -y chromium; \
	else \
	    $(BIN)/playwright install chromium; \
	fi
