"""Every run is a whole file of parameters, the one that is used by default included."""

from pathlib import Path

import pytest

from stages.params import whole
from stages.params.agents import games_of
from stages.params.section import STANDARD_START

ROOT = Path(__file__).parents[2]
RUNS = [ROOT / "params.yaml", *sorted((ROOT / "runs").glob("*.yaml"))]


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.stem)
def test_run_loads_whole(run):
    assert whole.load(run).agents


def test_parts_of_other_runs_are_those_of_the_default_run():
    default, records, paper = (
        whole.load(ROOT / name) for name in ("params.yaml", "runs/records.yaml", "runs/paper.yaml")
    )
    assert {name: records.agents[name] for name in default.agents} == default.agents
    from_its_agents = {name: walk for name, walk in default.walks.items() if name != "from_z2_cyclic"}
    assert paper.walks == from_its_agents


def test_the_offline_agent_plays_nothing_and_learns_from_the_teachers_games():
    agents = whole.load(ROOT / "runs/offline.yaml").agents
    assert agents["teacher"].search.data == STANDARD_START
    assert {agents[name].search.data for name in ("offline", "again")} == {games_of("teacher")}
    assert [agents[name].search.games for name in ("teacher", "offline", "again")] == [32, 0, 32]


def test_the_papers_run_plays_every_size_up_to_5x5x5_whole():
    agents = whole.load(ROOT / "runs/paper.yaml").agents
    assert {agent.ring for agent in agents.values()} == {"Z", "Z2"}
    for agent in agents.values():
        assert agent.whole == agent.targets
        assert len(agent.targets) == 20  # 2 <= n <= m <= p <= 5
