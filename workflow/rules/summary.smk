# What a person looks at.


rule summary:
    input:
        code("errors.py", "algebra", "contract", "params", "timing.py", "summary"),
        "data/known_ranks.csv",
        "results/verification/schemes.parquet",
        "results/verification/rejected.parquet",
        "results/verification/timing.csv",
        "results/kernels/kernels.parquet",
        "results/kernels/timing.csv",
        "results/benchmarking/timings.parquet",
        expand("results/demonstrations/timing/{agent}.csv", agent=AGENTS),
        expand("results/pretraining/{table}/{agent}.csv", table=["curves", "timing"], agent=AGENTS),
        expand("results/search/{table}/{agent}.csv", table=["curves", "timing"], agent=AGENTS),
        expand("results/search/metrics/{agent}.json", agent=AGENTS),
        expand("results/refinement/{table}/{walk}.csv", table=["curves", "timing"], walk=WALKS),
    output:
        report(
            update("results/summary/ranks.csv"),
            caption="../report/ranks.rst",
            category="Ranks",
            labels={"result": "every size and ring"},
        ),
        update("results/summary/metrics.json"),
        report(
            update("results/summary/figures/ranks.svg"),
            caption="../report/ranks.rst",
            category="Ranks",
            labels={"result": "figure"},
        ),
        report(
            update("results/summary/figures/learning.svg"),
            caption="../report/learning.rst",
            category="Agents",
            labels={"agent": "all", "table": "figure"},
        ),
        report(
            update("results/summary/figures/refinement.svg"),
            caption="../report/refinement.rst",
            category="Walks",
            labels={"walk": "all"},
        ),
        report(
            update("results/summary/figures/speedups.svg"),
            caption="../report/speedups.rst",
            category="Kernels",
            labels={"result": "figure"},
        ),
        report(
            update("results/summary/page.html"),
            caption="../report/page.rst",
            category="All on one page",
        ),
    log:
        "logs/summary.log",
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        declared=given("agents", "walks", "benchmarking.seed"),
    shell:
        "dvc --wait-for-lock repro --single-item summary 2>&1 | tee {log} >&2"
