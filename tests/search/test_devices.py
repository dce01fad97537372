"""An agent on the devices of two processes plays as on one device, and learns the same up to the order of sums."""

import json
import os
import socket
import subprocess
import sys
from contextlib import closing
from itertools import count
from pathlib import Path

import jax
import numpy as np
import pytest

from stages.contract import csv_tables, resume
from stages.contract.rows.curves import SearchCurveRow
from stages.errors import TrainingError
from stages.game.rules import rules_for
from stages.learning.devices import join, spread
from stages.network.agent import read_parameters, write_parameters
from stages.search.games import write_games
from stages.search.setup import set_up
from tests.agents import OPTIMISER, agent, settings, span_agent, untrained
from tests.search.players import reader_for, searched

ROOT = Path(__file__).parents[2]
READ = {"params": "params.yaml", "code": "code.json", "demonstrations": "demonstrations.parquet"}
READ |= {"pretrained": "network.parquet", "optimiser": "network.parquet"}
READ |= {"targets": ROOT / "data/targets", "data": ROOT / "data/standard.json"}
WRITTEN = ("schemes", "games", "parameters", "curve", "metrics", "timing")
PORTS = range(61440, 65536)  # of which JAX takes one by SLURM's number of the job


@pytest.fixture
def two_processes():
    """A function that runs a stage here as `srun --ntasks 2` does, with two devices in each process."""
    started = []

    def run(*command: str) -> list[str]:
        """What each process says on stderr."""
        step = {"SLURM_JOB_ID": str(free_port()), "SLURM_STEP_NODELIST": "localhost", "PYTHONPATH": str(ROOT)}
        step |= {"SLURM_NTASKS": "2", "SLURM_STEP_NUM_TASKS": "2", "JAX_PLATFORMS": "cpu", "JAX_NUM_CPU_DEVICES": "2"}
        for number in "01":
            environment = os.environ | step | {"SLURM_PROCID": number, "SLURM_LOCALID": number}
            given = [sys.executable, *(part.replace("NUMBER", number) for part in command)]
            started.append(subprocess.Popen(given, env=environment, stderr=subprocess.PIPE, text=True))
        said = [process.communicate(timeout=300)[1] for process in started]
        assert [process.returncode for process in started] == [0, 0], said
        return said

    yield run
    for process in started:
        process.kill()


def free_port() -> int:
    for port in count(PORTS[0] + os.getpid() % len(PORTS)):
        with closing(socket.socket()) as tried:
            if tried.connect_ex(("localhost", PORTS[port % len(PORTS)])):
                return PORTS[port % len(PORTS)]


def test_two_processes_with_two_devices_each_search_as_one_device(tmp_path: Path, monkeypatch, two_processes):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(resume, "FOLDER", tmp_path / "resume of one")
    given = settings(games=16, rounds=2, optimiser=OPTIMISER | {"batch": 8})
    player = agent("Z2", "1x1x2").model_copy(update={"search": given})
    setup = set_up("x", player, reader_for(tmp_path, rules_for(player.ring, player.window)))
    *_, one = searched(setup)
    write_games(Path("games of one"), one.state.record, player, setup.targets)
    Path("params.yaml").write_text(json.dumps({"agents": {"x": player.model_dump(mode="json")}}))
    Path("code.json").touch()
    write_parameters(Path("network.parquet"), untrained(player))

    files = [*READ.items(), *((name, f"of process NUMBER/{name}") for name in WRITTEN)]
    options = [part for name, path in files for part in (f"--{name}", str(path))]
    two_processes("-m", "stages.search", "x", *options)
    assert sorted(path.name for path in Path("of process 0").iterdir()) == sorted(WRITTEN)
    assert not Path("of process 1").exists()
    assert not [*Path(".resume").iterdir()]

    assert Path("of process 0/games").read_bytes() == Path("games of one").read_bytes()
    shares = [[row.solved_share for row in curve] for curve in (one.curve, read_curve("of process 0/curve"))]
    assert shares[0] == shares[1]
    weights = jax.tree.leaves(read_parameters(Path("of process 0/parameters"), player))
    for ours, theirs in zip(jax.tree.leaves(one.state.train.network), weights, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-3, atol=1e-5)


def read_curve(path: str) -> list[SearchCurveRow]:
    return csv_tables.read(Path(path), SearchCurveRow)


def test_several_processes_of_an_agent_in_spans_are_one_clear_error(monkeypatch):
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "2")
    with pytest.raises(TrainingError, match="processes of this step: expected 1 for an agent in spans, got 2"):
        join(span_agent("2x2x2"))


def test_rows_that_the_devices_do_not_divide_are_one_clear_error(monkeypatch):
    monkeypatch.setattr(jax, "devices", lambda: 4 * ["device"])
    with pytest.raises(TrainingError, match="expected multiples of the 4 devices that JAX shows, got 9"):
        spread(np.zeros((2, 9)), axis=1)
