"""What each engine makes of the working directory: the graph as DVC reads it, and what is stale."""

from __future__ import annotations

import os
import time
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

from dvc.dependency import ParamsDependency
from dvc.repo import Repo
from snakemake.api import SnakemakeApi
from snakemake.jobs import Job
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, Quietness, ResourceSettings


class Node(NamedTuple):
    """A stage with its agent or walk. Paths are relative to the root; a folder stands as the files in it."""

    inputs: frozenset[str]
    outputs: frozenset[str]
    params: frozenset[str]


def dvc_graph() -> dict[str, Node]:
    """The stages of dvc.yaml in the working directory, by name."""
    root = Path.cwd()
    with Repo() as repo:
        stages = list(repo.index.stages)
    outputs = {stage.name: {_relative(out.fs_path) for out in stage.outs} for stage in stages}
    written = set().union(*outputs.values())

    def files(path: Path) -> set[str]:
        """Of a folder the outputs that come to lie in it, or else the sources that do."""
        sources = [file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
        inside = {out for out in written if path in (root / out).parents}
        return inside or set(map(_relative, sources)) or {_relative(path)}

    graph = {}
    for stage in stages:
        params = [dep for dep in stage.deps if isinstance(dep, ParamsDependency)]
        paths = [Path(dep.fs_path) for dep in stage.deps if dep not in params]
        graph[stage.name] = Node(
            frozenset().union(*map(files, paths)),
            frozenset(outputs[stage.name]),
            frozenset(key for dep in params for key in dep.params),
        )
    return graph


def followers(stages: set[str], graph: dict[str, Node]) -> set[str]:
    """`stages` and all that reads what they write, also through others."""
    written = frozenset().union(*(graph[stage].outputs for stage in stages))
    reached = stages | {name for name, stage in graph.items() if stage.inputs & written}
    return reached if reached == stages else followers(reached, graph)


def dvc_stale() -> set[str]:
    """The stages but `code` that DVC holds for changed themselves, not for what runs before them."""
    with Repo() as repo:
        return set(repo.status()) - {"code"}


def snakemake_planned() -> set[str]:
    """The stages that Snakemake would run: those it holds for stale and all that follows from them.

    It writes the fingerprints before it plans.
    """
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        workflow = api.workflow(ResourceSettings(cores=2), ConfigSettings(), snakefile=Path("workflow/Snakefile"))
        workflow.dag(DAGSettings()).execute_workflow(executor="dryrun")
        jobs = workflow._workflow.dag.needrun_jobs(exclude_finished=False)  # the API has no public way to them
    return {_name(job) for job in jobs if job.output}


def order_times(graph: dict[str, Node]) -> None:
    """Gives the files of a run the times of one without a break: outputs are newer than what they are made from."""
    makers = {output: name for name, stage in graph.items() for output in stage.outputs}
    before = {name: {makers[path] for path in stage.inputs if path in makers} for name, stage in graph.items()}
    sources = frozenset().union(*(stage.inputs for stage in graph.values())) - makers.keys()
    made = [sources, *(graph[name].outputs for name in TopologicalSorter(before).static_order())]
    begin = time.time() - len(made)
    for place, files in enumerate(made):
        for file in files:
            os.utime(file, (begin + place, begin + place))


def _relative(path: str | Path) -> str:
    return str(Path(path).relative_to(Path.cwd()))


def _name(job: Job) -> str:
    return "@".join([job.rule.name, *job.wildcards])
