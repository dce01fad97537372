"""A stage needs what it declares and nothing else: no other code, no other parameter, no second core.

So no stage of an agent needs a published scheme, a published rank, a record. A search is in test_killed_search.py.
"""

import os

import clones
import pytest

AGENTS = ("demonstrations@z", "pretraining@z2")


@pytest.mark.parametrize("stage", [*AGENTS, "refinement@sparse", "recombination", "verification", "kernels", "summary"])
def test_a_stage_alone_ends_in_the_same_bytes(stage, finished, tmp_path):
    command = clones.copy_what_is_declared(finished, tmp_path, stage)
    one_cpu = str(min(os.sched_getaffinity(0)))
    clones.finish(clones.start(tmp_path, "taskset", "--cpu-list", one_cpu, *command, **clones.TRAPS))
    clones.assert_same_outputs(finished, tmp_path, stage)
    if stage in AGENTS:
        clones.assert_no_knowledge(finished, tmp_path)
