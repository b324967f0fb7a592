# `make demo` and `make test` are all a newcomer needs; both install first. `make help` lists more.

SHELL := /bin/sh
BIN := .venv/bin
PY := $(BIN)/python
STAMP := .venv/installed
FORMATS := .venv-formats/installed
LINT_ENV := env -u DATABASE_URL ERRATA_HOME=.errata/lint ERRATA_HUB=https://errata.example
PURE := $(wildcard client/errata/*.py client/errata/commands/*.py \
	$(addprefix audits/,aggregation.py asking.py belief.py calibration.py camps.py control.py crowd.py \
		dawid_skene.py effort.py evaluation.py evidence.py faults.py features.py gate.py \
		fingerprint.py guide_starts.py money.py ordering.py plots.py policies.py proposals.py \
		recurrence.py reliability.py review_simulation.py samples.py triage.py calculators/*.py \
		$(addprefix verifiers/,calculator.py conversation.py prompting.py quotes.py)) \
	$(addprefix versions/,ahead.py diffing.py changelog.py quality.py ranges.py scoring.py signer.py \
		validity.py comparability.py naming.py notes.py snapshot_format.py untold.py \
		$(addprefix exports/,about.py card.py citation.py croissant.py jsonl.py tasks.py)) \
	$(addprefix registry/,chain.py errors.py ids.py keeping.py) pages/charts.py)
ON_SQLITE := $(wildcard tests/registry tests/journeys)
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate $(if $(UPGRADE),--upgrade)

.PHONY: help install demo up test test-formats lint bench screenshots lock clean
.DEFAULT_GOAL := help

help: ## list what make can do
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

install: $(STAMP) ## make .venv with everything, pinned and checked by hash

demo: install ## walk the main job, then serve it (SERVE=0, DATA=file.csv PRESET=name TRUTH=file.csv PORT=8000)
	@$(PY) -m config.demo $(if $(SERVE),--serve '$(SERVE)') $(if $(DATA),--data '$(DATA)') \
		$(if $(PRESET),--preset '$(PRESET)') $(if $(TRUTH),--truth '$(TRUTH)') \
		$(if $(PORT),--port '$(PORT)')

up: install ## run the hub for real use (HOST=127.0.0.1 PORT=8000; settings from the environment)
	@$(PY) -m config.serve $(if $(HOST),--host '$(HOST)') $(if $(PORT),--port '$(PORT)')

test: install ## the whole suite on PostgreSQL, then registry and journeys on SQLite (ARGS=…)
	@status=0; \
	$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS) || status=1; \
	$(if $(ON_SQLITE),ERRATA_TEST_DATABASE=sqlite \
		$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ON_SQLITE) $(ARGS) || status=1;) \
	exit $$status

test-formats: install $(FORMATS) ## a release in datasets, mlcroissant, lm-eval, inspect-ai and cffconvert (ARGS=…)
	@folder=$$(mktemp -d); status=0; \
	$(PY) -m tests.formats.release $$folder && \
	RELEASE=$$folder/release PYTHONPATH=client PYTHONDONTWRITEBYTECODE=1 HF_HOME=$$folder/hf HF_HUB_OFFLINE=1 \
		.venv-formats/bin/python -m pytest -c tests/formats/pytest.ini --rootdir tests/formats \
		--confcutdir tests/formats $(ARGS) tests/formats || status=1; \
	rm -rf $$folder; exit $$status

lint: install ## style, layers, types, migrations and deployment checks
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/mypy $(PURE)
	$(LINT_ENV) $(PY) -W error manage.py makemigrations --check --dry-run
	$(LINT_ENV) $(PY) -W error manage.py check --deploy --fail-level WARNING

bench: install $(FORMATS) ## measure; writes docs/benchmarks.md (ROWS=10000: only what is large)
	@$(PY) -m tests.bench $(if $(ROWS),--rows '$(ROWS)')

screenshots: install ## take the pictures of README and docs anew, in Chromium on a demo hub
	@$(PY) -m config.demo.screenshots

lock: ## resolve requirements/*.in anew (UPGRADE=1 takes newer versions)
	@sh requirements/new_venv.sh .venv
	$(LOCK) requirements/runtime.in -o requirements/runtime.lock
	$(LOCK) requirements/dev.in -o requirements/dev.lock
	$(LOCK) requirements/formats.in -o requirements/formats.lock

clean: ## remove the environments and caches; never data
	rm -rf .venv .venv-formats .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.errata/*' -prune -exec rm -rf {} +

# The stamp names the folder it was made in, since a moved checkout needs a new installation.
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif

# uv is fast but does not read pip's configuration (mirrors): where it fails, pip does the same.
# Like pip it is to trust the certificates that this machine trusts.
$(STAMP): requirements/dev.lock pyproject.toml client/pyproject.toml requirements/new_venv.sh
	@sh requirements/new_venv.sh .venv
	@UV_SYSTEM_CERTS=true $(BIN)/uv pip sync --quiet --python $(PY) --require-hashes \
		--compile-bytecode requirements/dev.lock || { \
		echo 'uv could not do it (see above), so pip installs the same. It takes a minute or two.'; \
		$(PY) -m pip install --quiet --require-hashes --no-deps \
			--requirement requirements/dev.lock; }
	@$(PY) -m pip install --quiet --no-deps --no-build-isolation --editable client --editable .
	@echo '$(CURDIR)' > $@

$(FORMATS): requirements/formats.lock requirements/new_venv.sh
	@sh requirements/new_venv.sh .venv-formats
	@UV_SYSTEM_CERTS=true .venv-formats/bin/uv pip sync --quiet --python .venv-formats/bin/python \
		--require-hashes requirements/formats.lock || { \
		echo 'uv could not do it (see above), so pip installs the same.'; \
		.venv-formats/bin/python -m pip install --quiet --require-hashes --no-deps \
			--requirement requirements/formats.lock; }
	@touch $@
