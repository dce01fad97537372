# An agent: random demonstrations, supervised training on them, self-play. JAX computes on one thread, so that the
# bytes do not depend on the machine's cores; agents run side by side.


rule demonstrations:
    input:
        code("errors.py", "algebra", "contract", "params", "game", "demonstrations"),
    output:
        update("data/demonstrations/{agent}.parquet"),
        update("results/demonstrations/timing/{agent}.csv"),
    log:
        "logs/demonstrations/{agent}.log",
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        declared=given(
            "agents.{agent}.ring", "agents.{agent}.window", "agents.{agent}.seed", "agents.{agent}.demonstrations"
        ),
    shell:
        "dvc --wait-for-lock repro --single-item demonstrations@{wildcards.agent} 2>&1 | tee {log} >&2"


rule pretraining:
    input:
        code("errors.py", "algebra", "contract", "params", "game", "network", "learning", "pretraining"),
        "data/demonstrations/{agent}.parquet",
    output:
        update("results/pretraining/parameters/{agent}.parquet"),
        report(
            update("results/pretraining/curves/{agent}.csv"),
            caption="../report/pretraining.rst",
            category="Agents",
            labels={"agent": "{agent}", "table": "pretraining"},
        ),
        update("results/pretraining/timing/{agent}.csv"),
    log:
        "logs/pretraining/{agent}.log",
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        declared=given(
            "agents.{agent}.ring",
            "agents.{agent}.window",
            "agents.{agent}.seed",
            "agents.{agent}.network",
            "agents.{agent}.pretraining",
        ),
    shell:
        "dvc --wait-for-lock repro --single-item pretraining@{wildcards.agent} 2>&1 | tee {log} >&2"


rule search:
    input:
        code("errors.py", "algebra", "contract", "params", "game", "network", "learning", "planning", "search"),
        "data/demonstrations/{agent}.parquet",
        "results/pretraining/parameters/{agent}.parquet",
    output:
        update("results/search/schemes/{agent}.parquet"),
        update("results/search/parameters/{agent}.parquet"),
        report(
            update("results/search/curves/{agent}.csv"),
            caption="../report/search.rst",
            category="Agents",
            labels={"agent": "{agent}", "table": "search"},
        ),
        update("results/search/metrics/{agent}.json"),
        update("results/search/timing/{agent}.csv"),
    log:
        "logs/search/{agent}.log",
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=8000,
        runtime=1440,
    params:
        declared=given(
            "agents.{agent}.ring",
            "agents.{agent}.targets",
            "agents.{agent}.window",
            "agents.{agent}.seed",
            "agents.{agent}.network",
            "agents.{agent}.search",
        ),
    shell:
        "dvc --wait-for-lock repro --single-item search@{wildcards.agent} 2>&1 | tee {log} >&2"
