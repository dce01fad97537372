# An agent: random demonstrations, supervised training on them, self-play. JAX computes on one thread, so that the
# bytes do not depend on the machine's cores; agents run side by side.


rule demonstrations:
    input:
        inputs("demonstrations"),
    output:
        outputs("demonstrations"),
    log:
        "logs/demonstrations/{agent}.log",
    priority: 2
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        declared=given("demonstrations"),
    shell:
        "dvc --wait-for-lock repro --single-item demonstrations@{wildcards.agent} 2>&1 | tee {log} >&2"


rule pretraining:
    input:
        inputs("pretraining"),
    output:
        outputs(
            "pretraining",
            report(
                "results/pretraining/curves/{agent}.csv",
                caption="../report/pretraining.rst",
                category="Agents",
                labels={"agent": "{agent}", "table": "pretraining"},
            ),
        ),
    log:
        "logs/pretraining/{agent}.log",
    priority: 2
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        declared=given("pretraining"),
    shell:
        "dvc --wait-for-lock repro --single-item pretraining@{wildcards.agent} 2>&1 | tee {log} >&2"


rule search:
    input:
        inputs("search"),
    output:
        outputs(
            "search",
            report(
                "results/search/curves/{agent}.csv",
                caption="../report/search.rst",
                category="Agents",
                labels={"agent": "{agent}", "table": "search"},
            ),
        ),
    log:
        "logs/search/{agent}.log",
    priority: 2
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=8000,
        runtime=1440,
    params:
        declared=given("search"),
    shell:
        "dvc --wait-for-lock repro --single-item search@{wildcards.agent} 2>&1 | tee {log} >&2"
