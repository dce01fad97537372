import json
from pathlib import Path

import numpy as np
import pytest

from stages.algebra.factors import Factors, Scheme
from stages.algebra.targets import Size

RECORDS = Path(__file__).parents[2] / "results/records"


@pytest.fixture(scope="session")
def cube() -> Scheme:
    """Our own scheme of 3x3x3 of rank 23 over Z2."""
    given = json.loads((RECORDS / "3x3x3_Z2_23.json").read_text())
    return Scheme(Size(3, 3, 3).target, "Z2", Factors(*(np.array(given[factor]) for factor in "uvw")))
