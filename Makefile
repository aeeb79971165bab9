# Two commands for a fresh machine: `make demo` and `make test`. Both set up what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo serve-demo test setup chromium
.DELETE_ON_ERROR:

demo: $(READY)
	$(BIN)/structurer run eval/filings --out out

# The pages of review on a store of their own; what was decided there is there the next time.
serve-demo: $(READY)
	$(BIN)/structurer run eval/filings --store sqlite:///demo.db --store-only
	$(BIN)/structurer serve --store sqlite:///demo.db --uploads demo-uploads

test: $(READY) chromium
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest -n 2
	$(BIN)/structurer schema check
	$(BIN)/structurer gold check
	$(BIN)/structurer eval gate --baseline eval/baseline.json

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; say which with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(MAKE) --no-print-directory venv-package
	@echo "setting up $(VENV) (once, about a minute)"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# Debian keeps venv in a package of its own.
.PHONY: venv-package
venv-package:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
	then apt-get update -qq && apt-get install -y -qq python3-venv; \
	else echo "Python's venv is missing; install it with: sudo apt-get install python3-venv"; exit 1; fi

# The tests of the review page drive a real browser, with fonts for what filings say.
chromium:
	@command -v chromium >/dev/null || { \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
	then apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; \
	else echo "chromium is missing; install it with: sudo apt-get install chromium fonts-noto-cjk"; exit 1; fi; }
