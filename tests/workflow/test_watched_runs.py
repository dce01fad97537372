"""`python -m stages.watch` beside real runs: it shows every job, and ends with the run."""

import sys
from dataclasses import replace

import clones

from stages.watch import view
from stages.watch.jobs import jobs


def test_every_job_of_a_run_has_told_how_it_ended(finished):
    told = list(jobs(finished / "logs/progress"))
    assert {job.name for job in told} == set(clones.lock(finished))  # that of `code` is of DVC's last word
    assert {job.state for job in told} == {"done"}
    worked = {job.name.split("@")[0]: job for job in told if job.work}
    assert worked.keys() >= {"pretraining", "search", "refinement", "verification", "kernels", "benchmarking"}
    search = replace(worked["search"], state="running")
    assert view.line(search).startswith(f"{search.name}: {search.work['done']}/{search.work['total']} rounds, ")
    assert "best over Z" in view.line(search)


def test_it_ends_with_the_run(copy):
    run = clones.start(copy, "dvc", "repro", "--force", "--single-item", "recombination")
    printed = ""
    while run.poll() is None and "recombination" not in printed:  # until DVC has begun, nothing runs
        watch = clones.start(copy, sys.executable, "-m", "stages.watch")
        printed, _ = watch.communicate()
    clones.finish(run)
    assert printed.splitlines()[0].startswith("recombination: ")
    assert printed.splitlines()[-1] == "the run has ended: 1 done"
    idle = clones.start(copy, sys.executable, "-m", "stages.watch")
    assert idle.communicate()[0] == f"error: {copy}: neither snakemake nor dvc runs here\n"
    assert idle.returncode == 1
