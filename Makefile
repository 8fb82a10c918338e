# Each target does its own set-up and asks nothing; the first time takes a minute, later ones are quick.

VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready

.PHONY: help run test check bench bench-imap kill-imap docs texts lock clean python servers clients browser

help:            ## what can be made
	@sed -n 's/^\([a-z-]*\): .*## /  make \1	/p; s/^\([a-z-]*\):  *## /  make \1	/p' Makefile | expand -t 18

run: $(READY) servers  ## start Webmail with a sample mailbox, and print its address
	@$(BIN)/python -m tests.demo

# The second time the gateway stands before our own IMAP service.
test: $(READY) servers clients browser  ## all tests, with real servers, mail programs and a browser
	$(BIN)/pytest
	$(BIN)/pytest --backend=own $(addprefix tests/,servers backend gateway pages services writing)

check: $(READY)  ## format, lint, types, floors; under half a minute
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) servers  ## compare our pages with the bare IMAP exchange, side by side
	@$(BIN)/python -m tests.bench

bench-imap: $(READY) servers  ## compare our IMAP service with Dovecot, side by side; five minutes
	@$(BIN)/python -m tests.bench_imap

kill-imap: $(READY)  ## kill the IMAP service 200 times under three writers; five minutes
	@$(BIN)/python -m tests.store.kills 200

docs: $(READY)  ## write docs/parameters.md anew from the registry
	$(BIN)/python -m webmail.config.document

texts: $(READY)  ## gather the texts for translators: webmail/locale/webmail.pot
	mkdir -p webmail/locale
	$(BIN)/pybabel --quiet extract --mapping pyproject.toml --keyword N_ --keyword NN_:1,2 --project Webmail \
		--output-file webmail/locale/webmail.pot .

lock: $(READY)  ## choose the newest allowed versions of all Python packages anew
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
		--group dev --custom-compile-command "make lock" --no-emit-index-url \
		--output-file tests/requirements.lock pyproject.toml tests/requirements.in

clean:           ## remove what make has made
	rm -rf $(VENV) .run .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

python:
	@tests/servers/install python

servers:
	@tests/servers/install servers

clients:
	@tests/servers/install clients

browser:
	@tests/servers/install browser

# Exactly the versions and the contents that the lock names, then our own package over the work tree.
$(READY): pyproject.toml tests/requirements.lock | python
	python3 -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r tests/requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)
