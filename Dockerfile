# The two commands in a container, on what is committed. `docker build --tag open-alphatensor .`, and then
#   docker run --name first open-alphatensor        the pipeline
#   docker cp first:/open-alphatensor/results .     takes its results out
#   docker run --rm open-alphatensor make test      the tests; those that need Chromium or SLURM are skipped
FROM python:3.11-slim
# Debian keeps no older versions of its packages, so there is none to name.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc git libc6-dev make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /open-alphatensor
COPY .git .git
RUN git reset --hard --quiet && make .venv/installed-dev
CMD ["make"]
