# make        the environment from requirements.lock, then the whole pipeline
# make test   the environment, then every test
#
# requirements.lock is made from pyproject.toml, with hashes and without addresses:
#   uv pip compile --universal --generate-hashes --no-annotate --no-header --group test pyproject.toml \
#     --output-file requirements.lock

PYTHON ?= python3.11
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: run test

run: .venv/installed
	snakemake

test: .venv/installed
	python -m pytest --numprocesses auto --no-loadscope-reorder

# Written last: an install that was interrupted is made again from nothing.
.venv/installed: requirements.lock
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@
