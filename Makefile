# The developer's manual. `make demo` and `make test` need Python 3.11+, git and make, and nothing typed before.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
export XDG_RUNTIME_DIR ?= $(or $(TMPDIR),/tmp)

.PHONY: demo test test-sqlite test-postgresql lint types stress bench serve lock clean

demo: $(VENV)/run.stamp                  ## everything on loopback; SERVE=0 ends by itself
	$(BIN)/clausewatch demo $(if $(filter 0,$(SERVE)),--no-serve)

test: lint types $(VENV)/pywb.stamp $(VENV)/moto.stamp     ## all that must hold before a commit lands
	$(MAKE) --no-print-directory -j2 test-sqlite test-postgresql

test-sqlite:                             ## every test, on one of two processors
	$(BIN)/pytest -m "not stress" $(ARGS)

test-postgresql:                         ## beside it on the other, what touches an archive
	CLAUSEWATCH_TESTS_DATABASE=postgresql $(BIN)/pytest -q -p no:cacheprovider \
		-m "not stress and not sqlite and not once" \
		tests/archive tests/notifier tests/web tests/jobs tests/cli tests/demo tests/crawler/test_limiter.py \
		tests/test_scheduler.py

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/dev.stamp
	$(BIN)/mypy

stress: $(VENV)/dev.stamp                ## what takes longer than a test run may
	$(BIN)/pytest -m stress $(ARGS)

bench: $(VENV)/bench.stamp               ## figures as ratios, written to benchmarks/results
	$(BIN)/python -m benchmarks

serve: $(VENV)/run.stamp
	$(BIN)/clausewatch serve

# --no-deps: the lock files name every package; no resolver runs, so the pip of any Python 3.11 will do
$(VENV)/run.stamp: requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Clausewatch needs Python 3.11 or newer; set PYTHON=/path/to/it")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	touch $@

# a real Wayback Machine for tests; its packages would overwrite ours, so it has an environment of its own
$(VENV)/pywb.stamp: requirements/pywb.txt $(VENV)/dev.stamp
	test -x $(VENV)/pywb/bin/python || $(PYTHON) -m venv $(VENV)/pywb
	$(VENV)/pywb/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
		-r requirements/pywb.txt
	touch $@

# a server that speaks S3, for tests; apart because it holds packages back that we have newer
$(VENV)/moto.stamp: requirements/moto.txt $(VENV)/dev.stamp
	test -x $(VENV)/moto/bin/python || $(PYTHON) -m venv $(VENV)/moto
	$(VENV)/moto/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
		-r requirements/moto.txt
	touch $@

$(VENV)/bench.stamp: requirements/bench.txt $(VENV)/dev.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/bench.txt
	touch $@

lock:                                    ## needs uv; writes no index address
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q \
		pyproject.toml --group dev -o requirements/dev.txt $(ARGS)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q \
		pyproject.toml --group build -c requirements/dev.txt -o requirements/run.txt $(ARGS)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q \
		pyproject.toml --group build --extra browser --extra postgres --extra cluster --extra s3 -c requirements/dev.txt \
		-o requirements/full.txt $(ARGS)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q \
		pyproject.toml --extra bench -c requirements/dev.txt -o requirements/bench.txt $(ARGS)
	printf 'pywb>=2.10\nwarcio>=1.8\nsetuptools<81\n' | uv pip compile --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --no-annotate -q - -o requirements/pywb.txt $(ARGS)
	printf 'moto[s3]>=5.2\nflask\nflask-cors\n' | uv pip compile --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --no-annotate -q - -o requirements/moto.txt $(ARGS)

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
