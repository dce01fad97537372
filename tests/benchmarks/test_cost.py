"""What benchmarks/cost.py measures is what a run may have, and each row is measured by itself."""

import csv
import json

from stages.params.agents import OneAgent

SCRIPT = "cost"


def test_every_row_is_of_an_agent_that_a_run_may_have(judge):
    for stage, *point in judge.points():
        if stage != "refinement":
            agent = OneAgent.model_validate_json(json.dumps(judge.agent_tree(*point))).root
            assert (agent.targets, agent.window, agent.search.train_steps) == ((point[1],), point[1], 0)


def test_what_is_changed_is_changed_and_nothing_else(judge):
    changed = judge.agent_tree("spans", "2x2x2", "network.width", "512")
    plain = judge.agent_tree("spans", "2x2x2", "", "")
    assert changed["network"] == plain["network"] | {"width": 512}
    assert changed | {"network": {}} == plain | {"network": {}}


def test_the_table_has_rows_of_these_points(judge):
    with judge.TABLE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    keys = {tuple(row[name] for name in judge.KEY) for row in rows}
    # All walks, and the agents that docs/scale.md goes by.
    plain = {point for point in judge.points() if not point[3]}
    assert {point for point in plain if point[1] in ("", "spans")} | {("search", "ranks", "2x2x2", "", "")} <= keys
    assert keys <= set(judge.points())
    assert all(float(row["unit_s"]) > 0 and int(row["memory_mb"]) > 0 for row in rows)
