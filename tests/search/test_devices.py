"""An agent on four devices plays as on one, and learns the same up to the order of sums."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from stages.contract import resume
from stages.errors import TrainingError
from stages.game.rules import rules_for
from stages.learning.devices import spread
from stages.search.setup import set_up
from tests.agents import OPTIMISER, agent, settings
from tests.search.players import reader_for, searched

ROOT = Path(__file__).parents[2]
PROGRAM = """
import json, sys
from pathlib import Path
from tests.search.test_devices import played
print(json.dumps(played(Path(sys.argv[1]))))
"""


def played(folder: Path) -> dict:
    """Two rounds of an agent on the devices that JAX shows."""
    resume.FOLDER = folder / "resume"
    given = settings(games=16, rounds=2, optimiser=OPTIMISER | {"batch": 8})
    player = agent("Z2", "1x1x2").model_copy(update={"search": given})
    *_, search = searched(set_up("x", player, reader_for(folder, rules_for(player.ring, player.window))))
    network = jax.tree.leaves(search.state.train.network)
    return {
        "devices": sorted({len(leaf.sharding.device_set) for leaf in network}),
        "network": np.concatenate([np.ravel(leaf) for leaf in network]).tolist(),
        "found": [candidate.scheme.hash for candidate in search.candidates()],
        "shares": [row.solved_share for row in search.curve if row.round == 1],
    }


def played_on(devices: int, folder: Path) -> dict:
    """The same in a process of its own, where XLA compiles as in this one."""
    environment = os.environ | {"JAX_NUM_CPU_DEVICES": str(devices), "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", PROGRAM, folder]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert not ended.returncode, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


def test_four_devices_share_the_games_and_batches_of_one(tmp_path: Path):
    one, four = played(tmp_path), played_on(4, tmp_path)
    assert (one.pop("devices"), four.pop("devices")) == ([1], [4])
    np.testing.assert_allclose(four.pop("network"), one.pop("network"), rtol=1e-3, atol=1e-5)
    assert four == one


def test_rows_that_the_devices_do_not_divide_are_one_clear_error(monkeypatch):
    monkeypatch.setattr(jax, "devices", lambda: 4 * ["device"])
    with pytest.raises(TrainingError, match="expected multiples of the 4 devices that JAX shows, got 9"):
        spread(np.zeros((2, 9)), axis=1)
