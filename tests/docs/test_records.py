"""What is said of the records is about the certificates that lie there."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from stages.algebra.factors import Factors, Scheme
from stages.algebra.rings import parse_ring
from stages.algebra.targets import parse_target

RECORDS = Path(__file__).parents[2] / "results/records"
with (RECORDS / "attempts.csv").open(newline="") as file:
    ROWS = list(csv.DictReader(file))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['size']}_{row['ring']}_{row['rank']}")
def test_attempts_are_of_the_scheme_of_the_certificate(row):
    given = json.loads((RECORDS / f"{row['size']}_{row['ring']}_{row['rank']}.json").read_text())
    factors = Factors(*(np.array(given[factor]) for factor in "uvw"))
    assert (
        Scheme(parse_target(given["size"]), parse_ring(given["ring"]), factors, given["denominator"]).hash
        == row["hash"]
    )
