"""Every number in params.yaml makes exactly the stages stale that it means something to, in both engines.

Each number by the sections that the stages declare, the same in both; the engines themselves are asked about one number
of each section and about whatever is more than a number.
"""

import re
from collections.abc import Iterator

import clones
import pytest
import yaml
from graphs import Node, dvc_graph, dvc_stale, snakemake_graph, snakemake_planned

# What reads which key; the longest prefix counts.
READERS = {
    "agents.{name}": "pretraining@{name} search@{name} verification summary",
    "agents.{name}.ring": "demonstrations@{name} pretraining@{name} search@{name} verification summary",
    "agents.{name}.core": "demonstrations@{name} pretraining@{name} search@{name} verification summary",
    "agents.{name}.seed": "demonstrations@{name} pretraining@{name} search@{name} verification summary",
    "demonstrations.{name}": "demonstrations@{name}",
    "pretraining.{name}": "pretraining@{name}",
    "search.{name}": "search@{name}",
    "walks.{name}": "refinement@{name} verification summary",
    "refinement": "refinement@standard refinement@from_z2 refinement@sparse refinement@recombined refinement@skew",
    "benchmarking": "benchmarking",
    "benchmarking.seed": "benchmarking summary",
}

# Another valid value, where a greater integer, a smaller fraction or the other truth is none.
OTHER_VALUES = {
    "ring": {"Z2": "Z", "Z": "Z2"},
    "targets": {("1x1x2", "1x2x2"): ["1x2x2", "1x1x2"], ("1x1x2",): ["1x1x3"]},
    "core": {"1x1x3": "1x2x3"},
    "torso": {"ranks": "attention"},
    "entries_per_token": {3: 1, 1: 3},
    "law": {(0.5, 0.5): [0.4, 0.6], (0.005, 0.195, 0.6, 0.195, 0.005): [0.0, 0.2, 0.6, 0.2, 0.0]},
    "subgame_terms": {(2, 3): [2, 2]},
    "reanalyse": {0.5: 0.25, 0.0: 0.5},
    "name": {"one_ply": "puct", "gumbel": "puct"},
    "start": {
        "data/standard.json": "results/search/schemes/z.parquet",
        "results/search/schemes/z2.parquet": "results/search/schemes/z.parquet",
        "data/targets/skew3.json": "data/targets/skew4.json",
        "results/refinement/schemes/standard.parquet": "results/refinement/schemes/from_z2.parquet",
    },
    "mode": {"flips": "cyclic", "recombination": "cyclic", "ternary": "flips"},
    "sizes": {("2x2x2",): ["3x3x3"], ("2x2x3",): ["3x3x3"], ("skew3",): ["skew4"], (64,): [65]},
    "dtypes": {("float32",): ["float64"]},
    "states": {("warm",): ["idle"]},
    "schemes": {("2x2x2",): ["3x3x3"]},
    "backends": {("c", "jax", "numpy"): ["c"]},
    "forms": {None: ["jax L1"]},
}
LAW_OF_OTHER_RING = {"Z": [0.1, 0.2, 0.4, 0.2, 0.1], "Z2": [0.4, 0.6]}


def leaves(section: dict, prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in section.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def other(key: str, value):
    known = OTHER_VALUES.get(key.split(".")[-1])
    if known:
        return known[tuple(value) if isinstance(value, list) else value]
    if isinstance(value, list):
        return [*value[:-1], other("", value[-1])]
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else value / 2


def readers(key: str) -> tuple[str, set[str]]:
    """The section of a key that counts for it in READERS, and the stages named there."""
    found = {}
    for pattern, stages in READERS.items():
        match = re.match(pattern.replace(".", r"\.").replace("{name}", "(?P<name>[^.]+)") + r"(?=\.|$)", key)
        if match:
            found[match.group()] = {stage.format(**match.groupdict()) for stage in stages.split()}
    section = max(found, key=len)
    return section, found[section]


def followers(stages: set[str], graph: dict[str, Node]) -> set[str]:
    """`stages` and all that reads what they write, also through others."""
    written = frozenset().union(*(graph[stage].outputs for stage in stages))
    reached = stages | {name for name, stage in graph.items() if stage.inputs & written}
    return reached if reached == stages else followers(reached, graph)


LEAVES = dict(leaves(yaml.safe_load(clones.PARAMS.read_text())))
ONE_OF_EACH_SECTION = set({readers(key)[0]: key for key in LEAVES}.values())
ASKED = [key for key in LEAVES if key in ONE_OF_EACH_SECTION or key.split(".")[-1] in OTHER_VALUES]


@pytest.fixture(scope="module")
def graph(runs):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(runs.snakemake)
        found = dvc_graph()
        assert snakemake_graph() == found
        return found


@pytest.fixture
def run_to_edit(runs, monkeypatch):
    """The finished run as working directory; its parameters are put back."""
    monkeypatch.chdir(runs.snakemake)
    yield runs.snakemake
    clones.run(runs.snakemake, "git", "checkout", "--quiet", "params.yaml")


def test_nothing_is_stale_after_a_run(run_to_edit):
    assert dvc_stale() == snakemake_planned() == set()


def change(clone, key: str) -> None:
    """Another value for a key, and what has to go with it."""
    value = other(key, LEAVES[key])
    clones.set_param(clone, key, value)
    if key.endswith(".ring"):  # a law has as many entries as its ring has coefficients
        clones.set_param(clone, f"demonstrations.{key.split('.')[1]}.law", LAW_OF_OTHER_RING[value])
    if key.endswith(".torso"):  # only the torso that sees ranks takes combinations
        clones.set_param(clone, key.replace(".torso", ".combinations"), None)
    if value == "cyclic":  # it begins from the standard algorithm
        clones.set_param(clone, key.replace(".mode", ".start"), "data/standard.json")
    if value == "data/targets/skew4.json":  # a target of one's own is start and size at once
        clones.set_param(clone, key.replace(".start", ".sizes"), ["skew4"])
    if value == ["skew4"]:
        clones.set_param(clone, key.replace(".sizes", ".start"), "data/targets/skew4.json")
    if LEAVES[key] == "recombination":  # a cyclic walk has flips and a seed, and square sizes
        for name, setting in {"flips": 20000, "seed": 0, "sizes": ["2x2x2"]}.items():
            clones.set_param(clone, key.replace("mode", name), setting)
    if LEAVES[key] == "one_ply":  # a tree search needs a number of simulations
        clones.set_param(clone, key.replace(".name", ".simulations"), 2)


@pytest.mark.parametrize("key", LEAVES)
def test_a_number_lies_in_a_section_of_each_reader(key, graph):
    declaring = {name for name, stage in graph.items() if any(f"{key}.".startswith(f"{x}.") for x in stage.params)}
    assert declaring == readers(key)[1]


@pytest.mark.parametrize("key", ASKED)
def test_a_number_makes_its_readers_stale(key, run_to_edit, graph):
    change(run_to_edit, key)
    stale = readers(key)[1]
    assert dvc_stale() == stale
    assert snakemake_planned() == followers(stale, graph)
