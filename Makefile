# make        the environment from requirements.lock, then the whole pipeline
# make test   the environment, then every test
# make bench  after `make`: kernels and `matmul` against the libraries, errors, schemes of one rank by time
#
# requirements.lock is made from pyproject.toml, with hashes and without addresses:
#   uv pip compile --universal --generate-hashes --no-annotate --no-header --group test pyproject.toml \
#     --output-file requirements.lock

PYTHON ?= python3.11
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: run test bench

run: .venv/installed
	snakemake

test: .venv/installed
	python -m pytest --numprocesses auto --no-loadscope-reorder

bench: .venv/installed
	python benchmarks/kernels.py
	python benchmarks/matmul.py
	python benchmarks/accuracy.py
	python benchmarks/schemes.py --size 3x3x3
	python benchmarks/schemes.py --size 4x4x4

# Written last: an install that was interrupted is made again from nothing.
.venv/installed: requirements.lock
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@
