"""A number in params.yaml makes exactly the stages stale that declare a section it lies in, in both engines."""

import clones
import pytest
import yaml
from clones import CHANGES, lies_in
from graphs import dvc_graph, dvc_stale, followers, snakemake_planned


@pytest.fixture(scope="module")
def graph(module_copy):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(module_copy)
        return dvc_graph()


def test_nothing_is_stale_after_a_run(edited):
    assert dvc_stale() == snakemake_planned() == set()


def test_every_kind_of_declaration_is_tried(graph):
    """Of what is declared once for each agent or walk, one."""
    values = yaml.safe_load(clones.PARAMS.read_text())
    names = {name: "*" for section in ("agents", "walks") for name in values[section]}

    def kind(stage: str, section: str) -> tuple[str, str]:
        return stage.split("@")[0], ".".join(names.get(part, part) for part in section.split("."))

    declared = {(name, section) for name, stage in graph.items() for section in stage.params}
    tried = {kind(*pair) for pair in declared if any(lies_in(key, pair[1]) for key in CHANGES)}
    assert tried == {kind(*pair) for pair in declared}


@pytest.mark.parametrize("key", CHANGES)
def test_a_number_makes_its_readers_stale(key, edited, graph):
    clones.set_param(edited, key, CHANGES[key])
    declaring = {name for name, stage in graph.items() if any(lies_in(key, section) for section in stage.params)}
    assert declaring
    assert snakemake_planned() == followers(declaring, graph)
    assert dvc_stale() == declaring
