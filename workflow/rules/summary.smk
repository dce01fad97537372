# What a person looks at.


rule summary:
    input:
        inputs("summary"),
    output:
        outputs(
            "summary",
            report(
                "results/summary/ranks.csv",
                caption="../report/ranks.rst",
                category="Ranks",
                labels={"result": "every size and ring"},
            ),
            report(
                "results/summary/figures/ranks.svg",
                caption="../report/ranks.rst",
                category="Ranks",
                labels={"result": "figure"},
            ),
            report(
                "results/summary/figures/learning.svg",
                caption="../report/learning.rst",
                category="Agents",
                labels={"agent": "all", "table": "figure"},
            ),
            report(
                "results/summary/figures/controls.svg",
                caption="../report/controls.rst",
                category="Agents",
                labels={"agent": "all", "table": "controls"},
            ),
            report(
                "results/summary/figures/refinement.svg",
                caption="../report/refinement.rst",
                category="Walks",
                labels={"walk": "all"},
            ),
            report(
                "results/summary/figures/speedups.svg",
                caption="../report/speedups.rst",
                category="Kernels",
                labels={"result": "figure"},
            ),
            report(
                "results/summary/page.html",
                caption="../report/page.rst",
                category="All on one page",
            ),
        ),
    log:
        "logs/summary.log",
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        declared=given("summary"),
    shell:
        "dvc --wait-for-lock repro --single-item summary 2>&1 | tee {log} >&2"
