# Schemes from every source: walks that refine, what all schemes give on blocks, and the one verdict on all.


# A walk asks for one core, so that agents go first, and works on as many as it has walkers.
rule refinement:
    input:
        inputs("refinement"),
    output:
        outputs(
            "refinement",
            report(
                "results/refinement/curves/{walk}.csv",
                caption="../report/refinement.rst",
                category="Walks",
                labels={"walk": "{walk}", "table": "lowest ranks"},
            ),
            report(
                "results/refinement/attempts/{walk}.csv",
                caption="../report/attempts.rst",
                category="Walks",
                labels={"walk": "{walk}", "table": "attempts"},
            ),
        ),
    log:
        "logs/refinement/{walk}.log",
    priority: is_waited_for
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=4000,
        runtime=1440,
    params:
        declared=given("refinement"),
    shell:
        "dvc --wait-for-lock repro --single-item refinement@{wildcards.walk} 2>&1 | tee {log} >&2"


rule recombination:
    input:
        inputs("recombination"),
    output:
        outputs("recombination"),
    log:
        "logs/recombination.log",
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        declared=given("recombination"),
    shell:
        "dvc --wait-for-lock repro --single-item recombination 2>&1 | tee {log} >&2"


rule verification:
    input:
        inputs("verification"),
    output:
        outputs("verification"),
    log:
        "logs/verification.log",
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        declared=given("verification"),
    shell:
        "dvc --wait-for-lock repro --single-item verification 2>&1 | tee {log} >&2"
