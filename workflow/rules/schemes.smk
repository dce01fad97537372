# Schemes from every source: walks that refine, and the one verdict on all.


rule refinement:
    input:
        code("errors.py", "algebra", "contract", "params", "compiled.py", "refinement"),
        lambda wildcards: config["walks"][wildcards.walk]["start"],
    output:
        update("results/refinement/schemes/{walk}.parquet"),
        report(
            update("results/refinement/curves/{walk}.csv"),
            caption="../report/refinement.rst",
            category="Walks",
            labels={"walk": "{walk}", "table": "finds"},
        ),
        report(
            update("results/refinement/attempts/{walk}.csv"),
            caption="../report/attempts.rst",
            category="Walks",
            labels={"walk": "{walk}", "table": "attempts"},
        ),
        update("results/refinement/timing/{walk}.csv"),
    log:
        "logs/refinement/{walk}.log",
    conda:
        "../envs/stages.yaml"
    threads: min(workflow.cores or 1024, config["refinement"]["walkers"])
    resources:
        mem_mb=4000,
        runtime=1440,
    params:
        declared=given("walks.{walk}", "refinement"),
    shell:
        "dvc --wait-for-lock repro --single-item refinement@{wildcards.walk} 2>&1 | tee {log} >&2"


rule verification:
    input:
        code("errors.py", "algebra", "contract", "params", "compiled.py", "program", "exchange", "verification"),
        expand("results/search/schemes/{agent}.parquet", agent=AGENTS),
        expand("results/refinement/schemes/{walk}.parquet", walk=WALKS),
        sorted(map(str, Path("data/imported").glob("[!.]*"))),
        sorted(map(str, Path("data/targets").iterdir())),
    output:
        update("results/verification/schemes.parquet"),
        update("results/verification/named.parquet"),
        update("results/verification/rejected.parquet"),
        update("results/verification/certificates.zip"),
        update("results/verification/timing.csv"),
    log:
        "logs/verification.log",
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        declared=given("agents", "walks"),
    shell:
        "dvc --wait-for-lock repro --single-item verification 2>&1 | tee {log} >&2"
