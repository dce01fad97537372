"""An agent needs nothing but what its stages declare: no published scheme, no published rank, no record.

A search in such a folder is in test_killed_search.py.
"""

import clones

STAGES = ("demonstrations", "pretraining")


def test_agents_learn_the_same_with_no_knowledge_in_reach(runs, tmp_path):
    """In a folder with the declared code and parameters alone both agents end in the bytes of the whole run."""
    recorded, running = clones.lock(runs.dvc), {}
    for agent in ("z2", "z"):
        stages = [f"{stage}@{agent}" for stage in STAGES]
        clones.copy_dependencies(runs.dvc, tmp_path / agent, *stages)
        commands = " && ".join(recorded[stage]["cmd"] for stage in stages)
        running[agent] = clones.start(tmp_path / agent, "sh", "-c", commands)
    for agent, process in running.items():
        clones.finish(process)
        clones.assert_no_knowledge(runs.dvc, tmp_path / agent)
        for stage in STAGES:
            clones.assert_same_outputs(runs.dvc, tmp_path / agent, f"{stage}@{agent}")
