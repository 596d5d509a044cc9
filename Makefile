# Immich Drop: `make run` to try it, `make test` to check it. Both do all the set-up.
PYTHON ?= python3.11
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
BABEL := $(BIN)/python -m babel.messages.frontend --quiet

.PHONY: run test lint format build words bench soak fuzz screenshots lock clean browser

run: build
	@$(MANAGE) try_out

test: build .venv/dev.stamp browser
	npm test --silent
	$(BIN)/python -m tests.suite

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

build: static/collected/staticfiles.json locale/.stamp

# After a string was added, changed or taken away: brings every catalogue in line. What is new there is yours to translate.
words: .venv/run.stamp
	@mkdir -p build
	@$(BABEL) extract -F pyproject.toml --add-location=file --sort-by-file -w 120 --project="Immich Drop" -o build/django.pot .
	@$(BABEL) update -D django -i build/django.pot -d locale --no-fuzzy-matching --ignore-obsolete \
		--ignore-pot-creation-date -w 120

bench: build .venv/dev.stamp
	$(BIN)/python -m bench

# Ten minutes of SIGKILL at random moments, and the state machines' long searches. Neither is part of `make test`.
soak: build .venv/dev.stamp
	$(BIN)/python -m tests.chaos.soak $(MINUTES)

fuzz: build .venv/dev.stamp
	HYPOTHESIS_PROFILE=deep $(BIN)/python -m pytest $(addprefix tests/uploads/test_,promise_machine.py tus_protocol.py \
		multipart_stream.py older_chunks.py media_types.py names.py dates.py dates_fuzz.py dates_hostile.py) \
		tests/ingest/icloud/test_naming.py

# The pictures of docs/screenshots, taken anew from the running product.
screenshots: build .venv/dev.stamp browser
	$(BIN)/python -m pytest -q -p no:randomly tests/browser/gallery.py

# New versions: pins and hashes only, no addresses.
COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url
lock: .venv/dev.stamp
	$(BIN)/pip install --quiet uv
	$(COMPILE) pyproject.toml -o requirements.txt
	$(COMPILE) pyproject.toml --group dev -o requirements-dev.txt

clean:
	rm -rf .venv node_modules static/dist static/collected locale/.stamp locale/*/LC_MESSAGES/*.mo .mypy_cache .ruff_cache .pytest_cache

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/run.stamp: requirements.txt | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt .venv/run.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

node_modules/.stamp: package.json package-lock.json
	npm ci --silent --no-audit --no-fund
	@touch $@

static/dist/.stamp: node_modules/.stamp $(shell find static/src templates -type f)
	npm run build --silent
	@touch $@

static/collected/staticfiles.json: static/dist/.stamp .venv/run.stamp
	@DATA_DIR=build/collect $(MANAGE) collectstatic --noinput --clear --verbosity 0
	@touch $@

locale/.stamp: .venv/run.stamp $(wildcard locale/*/LC_MESSAGES/django.po)
	@$(BABEL) compile -D django -d locale
	@touch $@

# The tests drive Debian's chromium, or whatever CHROMIUM names.
browser:
	@if [ -n "$$CHROMIUM" ] || command -v chromium >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; \
	else echo "The browser tests need Chromium: install it (Debian: apt install chromium), or set CHROMIUM=/path/to/it." >&2; exit 1; fi
