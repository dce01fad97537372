# From verified schemes to code, and from code to seconds.


rule kernels:
    input:
        code("errors.py", "algebra", "contract", "compiled.py", "program", "backends", "kernels"),
        "results/verification/schemes.parquet",
    output:
        update("results/kernels/kernels.parquet"),
        update("results/kernels/refused.parquet"),
        update("results/kernels/timing.csv"),
    log:
        "logs/kernels.log",
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    shell:
        "dvc --wait-for-lock repro --single-item kernels 2>&1 | tee {log} >&2"


# All cores are its own: nothing runs beside a measurement.
rule benchmarking:
    input:
        code("errors.py", "algebra", "contract", "params", "timing.py", "backends", "benchmarking"),
        "results/kernels/kernels.parquet",
    output:
        update("results/benchmarking/timings.parquet"),
    log:
        "logs/benchmarking.log",
    conda:
        "../envs/stages.yaml"
    threads: workflow.cores or 1
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        declared=given("benchmarking"),
    shell:
        "dvc --wait-for-lock repro --single-item benchmarking 2>&1 | tee {log} >&2"
