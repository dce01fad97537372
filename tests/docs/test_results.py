"""The results in git are of the stages and the tables that the code has now."""

import csv
import dataclasses
from pathlib import Path

import yaml
from dvc.repo import Repo

from stages.summary.ranks import RankRow

ROOT = Path(__file__).parents[2]


def test_lock_holds_the_stages_of_the_graph():
    with Repo(str(ROOT)) as repo:
        stages = {stage.addressing for stage in repo.index.stages}
    locked = yaml.safe_load((ROOT / "dvc.lock").read_text())["stages"]
    assert set(locked) == stages


def test_table_of_ranks_has_the_columns_of_its_rows():
    with (ROOT / "results/summary/ranks.csv").open(newline="") as file:
        header = next(csv.reader(file))
    assert header == [field.name for field in dataclasses.fields(RankRow)]
