import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.targets import Size
from stages.contract import tables
from stages.contract.candidates import Candidate, to_row
from stages.errors import KernelError
from stages.kernels.emitter import emit
from stages.kernels.kernel import try_out
from stages.kernels.selection import make_all
from stages.program.costs import additions
from stages.program.program import from_scheme, to_json
from tests.examples import halves, modulo_two, product, strassen

ROOT = Path(__file__).parents[2]


def verified(scheme: Scheme) -> dict:
    """A row of the verified table, as the stage before writes it."""
    program = from_scheme(scheme)
    facts = {"rings": scheme.ring, "invariant": "", "class": "", "representative": True, "nonzeros": 0, "nontrivial": 0}
    facts |= {"largest": 1, "naive_additions": 0, "additions": additions(program), "emax": 1.0, "growth": 1.0}
    row = to_row(Candidate(scheme, "refinement:walk", parent="", seed=0, clock=0))
    return row | facts | {"omega": 3.0, "program": to_json(program)}


def test_kernels_come_by_size_and_rank_once_per_scheme():
    four, small = product(strassen(), strassen()), product(strassen(), standard(Size(1, 1, 2)))
    kernels, refused = make_all([verified(scheme) for scheme in (four, strassen(), small, strassen(), halves())])
    assert refused == []
    assert [(row["size"], row["rank"]) for row in kernels] == [
        ("2x2x2", 7),
        ("2x2x2", 7),
        ("2x2x4", 14),
        ("4x4x4", 49),
    ]
    row = next(row for row in kernels if row["scheme"] == strassen().hash)
    assert set(row) == set(tables.KERNELS.names)
    assert row["kernel"] == hashlib.sha256(row["source"].encode()).hexdigest()[:16]
    assert (row["additions"], row["emax"], row["backend"]) == (18, 12.0, "jax")


def test_what_makes_no_kernel_has_its_reason():
    u, v, w = (np.full((length, 1), 2**31 - 1) for length in (1, 2, 2))
    huge = Scheme(Size(1, 1, 2), "Z", Factors(u, v, w))  # no scheme at all, but its program is well formed
    rows = [verified(modulo_two()), verified(standard(Size(2, 2, 2))), verified(huge)]
    kernels, refused = make_all(rows)
    assert kernels == []
    assert all(set(row) == set(tables.REFUSED.names) for row in refused)
    assert [row["reason"] for row in refused] == [
        "coefficients too large: values on small matrices (-3..3) can pass 2^53",
        "holds only modulo 2; a kernel needs Z or Q",
        "8 products do not beat the 8 of the standard algorithm",
    ]


def test_terms_that_vanish_are_no_products():
    """Strassen with a zero term has rank 8 and seven products: a kernel all the same."""
    padded = Factors(*(np.pad(matrix, ((0, 0), (0, 1))) for matrix in strassen().factors))
    (kernel,), refused = make_all([verified(Scheme(Size(2, 2, 2), "Z", padded))])
    assert (kernel["rank"], refused) == (8, [])
    assert "with 7 block products instead of 8" in kernel["source"]


def test_a_program_of_another_scheme_is_an_error():
    row = verified(strassen()) | {"program": to_json(from_scheme(product(strassen(), standard(Size(1, 1, 2)))))}
    with pytest.raises(KernelError, match="expected a program for 2x2x2 over Z, got one for 2x2x4 over Z"):
        make_all([row])


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("dot(a0 + a3, b0 + b3)", "dot(a0 - a3, b0 + b3)"),
        ("axis=1", "axis=0"),
        ("c[: a.shape[0], : b.shape[1]]", "c"),  # wrong only where blocks are padded
    ],
)
def test_the_trial_finds_a_wrong_text(right, wrong):
    program = from_scheme(strassen())
    source = emit(program, strassen().hash)
    try_out(source, program, strassen().hash)
    assert right in source
    with pytest.raises(KernelError, match=f"scheme {strassen().hash}: the emitted kernel gives a wrong"):
        try_out(source.replace(right, wrong), program, strassen().hash)


def _run(folder: Path, name: str) -> subprocess.CompletedProcess:
    outputs = {"kernels": "kernels.parquet", "refused": "refused.parquet", "timing": "timing.csv"}
    options = [text for option, path in outputs.items() for text in (f"--{option}", str(folder / name / path))]
    command = [sys.executable, "-m", "stages.kernels", "--schemes", str(folder / "schemes.parquet"), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_command_line(tmp_path):
    tables.write_rows(
        tmp_path / "schemes.parquet", tables.VERIFIED, [verified(scheme) for scheme in (strassen(), modulo_two())]
    )
    for name in ("one", "two"):
        done = _run(tmp_path, name)
        assert done.returncode == 0, done.stderr
        assert "kernels: 1 emitted, 1 schemes refused" in done.stderr
    for table in ("kernels.parquet", "refused.parquet"):
        assert (tmp_path / "one" / table).read_bytes() == (tmp_path / "two" / table).read_bytes()
    assert len(tables.read_rows(tmp_path / "one/kernels.parquet", tables.KERNELS)) == 1
