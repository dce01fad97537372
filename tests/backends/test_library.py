"""What cannot become a part of the package's C source is told in one line."""

import json

import numpy as np
import pytest

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.targets import Size
from stages.backends import library
from stages.errors import KernelError
from stages.program.program import from_scheme, to_json
from tests.examples import modulo_two, strassen


def two() -> Scheme:
    """1 = 2 - 1: no sandwich removes the 2."""
    one = np.ones((1, 2), np.int64)
    return Scheme(Size(1, 1, 1).target, "Z", Factors(np.array([[2, -1]]), one, one))


def wrong() -> Scheme:
    u, v, w = strassen().factors
    return Scheme(Size(2, 2, 2).target, "Z", Factors(-u, v, w))


@pytest.mark.parametrize("role", ["LEVELS", "FUSED"])
@pytest.mark.parametrize(
    ("given", "message"),
    [(two(), "expected coefficients -1, 0, 1"), (modulo_two(), "over Z$"), (wrong(), "expected a scheme of 2x2x2")],
)
def test_certificates_without_a_kernel(monkeypatch, tmp_path, role, given, message):
    u, v, w = (matrix.tolist() for matrix in given.factors)
    parts = {"size": given.size.name, "ring": given.ring, "denominator": 1, "u": u, "v": v, "w": w}
    (tmp_path / "given.json").write_text(json.dumps(parts))
    for name in ("LEVELS", "FUSED"):
        monkeypatch.setattr(library, name, ("given.json",) * (name == role))
    with pytest.raises(KernelError, match=rf"given\.json: .*{message}"):
        library.library(tmp_path)


def test_a_program_has_equal_sides(monkeypatch, tmp_path):
    (tmp_path / "programs").mkdir()
    path = tmp_path / "programs/given.json"
    path.write_text(to_json(from_scheme(standard(Size(1, 2, 3).target))))
    monkeypatch.setattr(library, "LEVELS", ("programs/given.json",))
    with pytest.raises(KernelError, match=r"given\.json: expected a program of equal sides, got 1x2x3"):
        library.library(tmp_path)
