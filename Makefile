# `make run` starts the console, `make test` tests it; both set up everything they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH_VENV := .venv-bench

.PHONY: run test test-long lint bench bench-tools clean

run: $(VENV)/.run-ready
	$(BIN)/streamlit run app.py

test: $(VENV)/.test-ready
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not long"

test-long: $(VENV)/.test-ready
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -n 3 --dist worksteal -m "long or property"

lint: $(VENV)/.test-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.test-ready bench-tools
	$(BIN)/python -m benchmarks.list_page
	$(BIN)/python -m benchmarks.cost_page
	$(BIN)/python -m benchmarks.browse_rerun
	sh tools/install_speech.sh
	$(BIN)/python -m benchmarks.measure_clips
	$(BIN)/python -m benchmarks.scan
	$(BIN)/python -m benchmarks.scan --store
	$(BIN)/python -m benchmarks.scan --large
	$(BIN)/python -m benchmarks.welcomes_sync
	$(BIN)/python -m benchmarks.next_clip
	$(BIN)/python -m benchmarks.review_queue
	$(BIN)/python -m benchmarks.promotion_plan
	$(BIN)/python -m benchmarks.promotion_copy
	$(BIN)/python -m benchmarks.promotion_same

bench-tools: $(BENCH_VENV)/.ready

$(VENV)/.python-ready:
	@$(PYTHON) -c 'import sys; sys.exit("Soundstage needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run-ready: $(VENV)/.python-ready requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.test-ready: $(VENV)/.run-ready requirements-dev.txt tools/install_browser.sh tools/install_postgres.sh tools/install_ffmpeg.sh
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	sh tools/install_browser.sh $(BIN)/python
	sh tools/install_postgres.sh
	sh tools/install_ffmpeg.sh
	@touch $@

# what benchmarks compare with brings its own versions of what the console uses too
$(BENCH_VENV)/.ready: requirements-bench.txt
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@touch $@

clean:
	rm -rf $(VENV) $(BENCH_VENV) .mypy_cache .ruff_cache .hypothesis test-output
