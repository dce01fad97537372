# make        the environment from requirements.lock, then the whole pipeline
# make test   that environment with what requirements-dev.lock adds, then every test
# make slurm  what workflow/profiles/slurm needs beside that environment
# make bench  after `make`: kernels and `matmul` against the libraries, errors, schemes of one rank by time
#
# The locks are made from pyproject.toml, with hashes and without addresses. On the first the stages run: each depends
# on it. The others are for those who change the project, and for clusters; no stage depends on them.
#   uv pip compile --universal --generate-hashes --no-annotate --no-header --extra pipeline \
#     pyproject.toml --output-file requirements.lock
#   uv pip compile --universal --generate-hashes --no-annotate --no-header --group dev \
#     --constraint requirements.lock --output-file requirements-dev.lock
#   uv pip compile --universal --generate-hashes --no-annotate --no-header --group slurm \
#     --constraint requirements.lock --output-file requirements-slurm.lock

PYTHON ?= python3.11
INSTALL := .venv/bin/python -m pip install --disable-pip-version-check --require-hashes -r
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: run test slurm bench

run: .venv/installed
	snakemake

test: .venv/installed-dev
	python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

slurm: .venv/installed-slurm

bench: .venv/installed fastmm/kernels/kernels.so
	python benchmarks/kernels.py
	python -m fastmm tune --seconds 120
	python benchmarks/matmul.py
	python benchmarks/accuracy.py
	python benchmarks/schemes.py --size 3x3x3
	python benchmarks/schemes.py --size 4x4x4

# As `pip install` does it, for the package in this folder.
fastmm/kernels/kernels.so: fastmm/kernels/kernels.c
	cc $$(sed -n 's/.*Compile: cc \(.*\) FILE;.*/\1/p' $<) -o $@ $(CURDIR)/$<

# Written last: an install that was interrupted is made again.
.venv/installed: requirements.lock
	$(PYTHON) -m venv --clear .venv
	$(INSTALL) requirements.lock
	touch $@

.venv/installed-dev: requirements-dev.lock .venv/installed
	$(INSTALL) requirements-dev.lock
	touch $@

.venv/installed-slurm: requirements-slurm.lock .venv/installed
	$(INSTALL) requirements-slurm.lock
	touch $@
