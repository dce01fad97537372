"""A number in params.yaml makes exactly the stages stale that declare a section it lies in, in both engines."""

import clones
import pytest
from clones import CHANGES, lies_in
from graphs import Node, dvc_graph, dvc_stale, followers, snakemake_planned


def section_of(key: str) -> str:
    """What a stage declares: a section, of an agent one of its own."""
    section, *rest = key.split(".")
    return rest[1] if section == "agents" else section


SAMPLE = {section_of(key): key for key in CHANGES}.values()


@pytest.fixture(scope="module")
def graph(module_copy):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(module_copy)
        return dvc_graph()


def readers(key: str, graph: dict[str, Node]) -> set[str]:
    """The stages that declare a section in which a key lies."""
    return {name for name, stage in graph.items() if any(lies_in(key, section) for section in stage.params)}


def test_nothing_is_stale_after_a_run(edited):
    assert dvc_stale() == snakemake_planned() == set()


def test_every_stage_with_parameters_is_tried(graph):
    with_parameters = {name.split("@")[0] for name, stage in graph.items() if stage.params}
    assert {name.split("@")[0] for key in SAMPLE for name in readers(key, graph)} == with_parameters


@pytest.mark.parametrize("key", SAMPLE)
def test_a_number_makes_its_readers_stale(key, edited, graph):
    clones.set_param(edited, key, CHANGES[key])
    stale = readers(key, graph)
    assert stale
    assert snakemake_planned() == followers(stale, graph)
    assert dvc_stale() == stale
