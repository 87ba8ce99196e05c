# The commands of this project; `make` alone lists them.  All that they need is put into .venv, from PyPI.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test test-webkit check prepare screenshots gallery fuzz fuzz-http soak clean
.PHONY: bench-ingest bench-pictures bench-stills bench-links bench-fanout bench-page

help:  ## list these commands
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

demo: $(VENV)/.installed  ## watch a simulated camera in the browser: prints the link to open (ARGS="…" for options)
	@$(BIN)/mjpeg-viewer demo $(ARGS)

test: prepare check  ## run all checks and all tests (ARGS="…" for pytest's options)
	@$(BIN)/python -m pytest $(ARGS)

test-webkit: $(VENV)/.installed-test  ## run the page in WebKitGTK, too (needs webkit2gtk-driver and xvfb)
	@tests/prepare.sh WebKitWebDriver Xvfb
	@$(BIN)/python -m pytest tests/browser/webkit_pages.py $(ARGS)

check: $(VENV)/.installed-test  ## lint, formatting, types, insecure habits
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "the files above are not formatted; type: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive mjpeg_viewer

prepare: $(VENV)/.installed-test
	@tests/prepare.sh

screenshots: prepare  ## make the README's pictures anew, from the real pages (ARGS=FOLDER: all of them, to look at)
	@$(BIN)/python docs/make_screenshots.py $(ARGS)

gallery: $(VENV)/.installed-test  ## make docs/gallery.md and its pictures anew
	@$(BIN)/python docs/make_gallery.py

fuzz: SECONDS = 1800
fuzz: $(VENV)/.installed-fuzz  ## send damaged messages to the parser and the decoders (SECONDS=1800 in all)
	@$(BIN)/python -m tests.fuzz $(SECONDS)

fuzz-http: REQUESTS = 20000
fuzz-http: $(VENV)/.installed-test  ## ask the server what docs/openapi.yaml allows and forbids (REQUESTS=20000)
	@$(BIN)/python -m tests.fuzz.http $(REQUESTS)

soak: SECONDS = 300
soak: $(VENV)/.installed-test  ## run the server while one message in two is damaged (SECONDS=300)
	@$(BIN)/python -m tests.fuzz.soak $(SECONDS)

bench-ingest: $(VENV)/.installed-test  ## measure receiving, decoding and how new the newest frame is
	@$(BIN)/python -m benchmarks.decode
	@$(BIN)/python -m benchmarks.idle
	@$(BIN)/python -m benchmarks.newest

bench-pictures: $(VENV)/.installed-test  ## measure what a picture costs, and a camera of 100 Hz with ten viewers
	@$(BIN)/python -m benchmarks.pictures
	@$(BIN)/python -m benchmarks.live

bench-stills: $(VENV)/.installed-test  ## measure exact snapshots and backgrounds
	@$(BIN)/python -m benchmarks.stills

bench-links: $(VENV)/.installed-test  ## measure how old pictures are behind a thin link (as root; ARGS="…" for options)
	@$(BIN)/python -m benchmarks.links $(ARGS)

bench-fanout: $(VENV)/.installed-test  ## measure what showing one stream to many costs (ROWS="cost crowd …" ARGS="--long")
	@$(BIN)/python -m benchmarks.fanout $(ROWS) $(ARGS)

bench-page: prepare  ## measure the camera's page in Chromium: first picture, CPU, memory (ROWS="first cpu" ARGS="--hour")
	@$(BIN)/python -m benchmarks.page $(ROWS) $(ARGS)

clean:  ## remove the virtual environment and all that was built
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is younger than what it was made from, so a second run is instant and changed dependencies are installed.
$(VENV)/.installed: setup.cfg pyproject.toml $(VENV)/.made
	@echo "installing mjpeg-viewer into $(VENV)"
	@$(call install,-e .)
	@touch $@

$(VENV)/.installed-test: setup.cfg pyproject.toml $(VENV)/.made
	@echo "installing mjpeg-viewer and its test tools into $(VENV)"
	@$(call install,-e '.[test]')
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-fuzz: setup.cfg pyproject.toml $(VENV)/.made
	@echo "installing mjpeg-viewer and its fuzzing engine into $(VENV)"
	@$(call install,-e '.[fuzz]')
	@touch $@ $(VENV)/.installed

# uv installs in 14 s what takes pip 54 s; pip knows indexes (pip.conf) that uv does not, so it is asked when uv fails.
install = $(BIN)/uv pip install --quiet --python $(BIN)/python $(1) 2> $(VENV)/uv.log \
	|| $(BIN)/pip install --quiet --disable-pip-version-check $(1) || { tail -n 20 $(VENV)/uv.log; exit 1; }

$(VENV)/.made:
	$(if $(shell { $(PYTHON) -c 'import sys; print("new" * (sys.version_info >= (3, 11)))'; } 2>/dev/null),,$(error $(old)))
	$(if $(shell $(PYTHON) -c 'import venv, ensurepip; print("there")' 2>/dev/null),,$(error $(bare)))
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check uv || echo "no uv to be had: pip does it, slower"
	@touch $@

old = $(PYTHON) is missing or older than 3.11; with another one, type: make PYTHON=python3.11
bare = $(PYTHON) cannot make virtual environments; type: apt-get install -y python3-venv
