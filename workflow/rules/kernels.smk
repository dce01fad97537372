# From verified schemes to code, and from code to seconds.


rule kernels:
    input:
        inputs("kernels"),
    output:
        outputs("kernels"),
    log:
        "logs/kernels.log",
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        declared=given("kernels"),
    shell:
        "dvc --wait-for-lock repro --single-item kernels 2>&1 | tee {log} >&2"


# All cores are its own: nothing runs beside a measurement.
rule benchmarking:
    input:
        inputs("benchmarking"),
    output:
        outputs("benchmarking"),
    log:
        "logs/benchmarking.log",
    conda:
        "../envs/stages.yaml"
    threads: CORES
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        declared=given("benchmarking"),
    shell:
        "dvc --wait-for-lock repro --single-item benchmarking 2>&1 | tee {log} >&2"
