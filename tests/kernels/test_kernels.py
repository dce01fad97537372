import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stages.algebra.factors import Factors, Scheme, standard
from stages.algebra.symmetry import PERMUTATIONS, oriented
from stages.algebra.targets import Size
from stages.backends import jax_emitter, kernel, numpy_emitter
from stages.backends.expressions import unpacked
from stages.backends.kernel import try_jax, try_numpy
from stages.backends.source import kernel_hash
from stages.contract import tables
from stages.contract.rows.kernels import KERNELS
from stages.contract.rows.schemes import VERIFIED, VerifiedRow
from stages.errors import KernelError
from stages.kernels.selection import make_all
from stages.params.kernels import Kernels
from stages.program.costs import additions
from stages.program.program import from_scheme, to_json
from tests.examples import halves, modulo_two, product, strassen, winograd
from tests.rows import verified_row

ROOT = Path(__file__).parents[2]


def values(**changes: object) -> Kernels:
    return Kernels(**({"per_size": 20, "c_sizes": ("2x2x2", "2x2x4"), "fused": "2x2x2"} | changes))


def verified(scheme: Scheme) -> VerifiedRow:
    """A row of the verified table, as the stage before writes it."""
    program = from_scheme(scheme)
    return verified_row(scheme, additions=additions(program), program=to_json(program))


@pytest.fixture
def untried(monkeypatch):
    """Texts in C are not compiled: of which schemes they are is the test's, and whether they are right another's."""
    monkeypatch.setattr(kernel, "build", lambda source: None)


def test_kernels_come_by_size_and_rank_once_per_scheme_and_back_end():
    four, small = product(strassen(), strassen()), product(strassen(), standard(Size(1, 1, 2).target))
    rows = [verified(scheme) for scheme in (four, strassen(), small, strassen(), halves())]
    kernels, refused = make_all(rows, values())
    assert refused == []
    expected = [*sorted((strassen(), halves()), key=lambda scheme: scheme.hash), small, four]
    backends = {scheme.hash: ("jax", "numpy") for scheme in expected}  # C only over Z, and of 4x4x4 it is not wanted
    backends |= {scheme.hash: ("c", "jax", "numpy") for scheme in (strassen(), small)}
    assert [(row.scheme, row.backend) for row in kernels] == [
        (scheme.hash, backend) for scheme in expected for backend in backends[scheme.hash]
    ]
    assert len({row.kernel for row in kernels}) == len(kernels)
    for row in kernels:
        assert row.kernel == kernel_hash(row.source)
        assert row.inner == (strassen().hash if row.backend == "c" else "")
        assert row.scheme in row.source
    row = next(row for row in kernels if row.scheme == strassen().hash)
    assert (row.additions, row.emax) == (18, 12.0)


def test_c_has_the_scheme_with_fewest_operands_that_are_sums_and_fuses_the_one_with_fewest_nonzeros(untried):
    """Winograd: 4 + 4 operands that are sums and 42 non-zeros; Strassen: 5 + 5 and 36."""
    kernels, _ = make_all([verified(scheme) for scheme in (strassen(), winograd(), halves())], values())
    (row,) = (row for row in kernels if row.backend == "c")
    assert (row.scheme, row.inner) == (winograd().hash, strassen().hash)


def test_c_needs_a_scheme_to_fuse():
    long = product(strassen(), standard(Size(1, 1, 2).target))
    for rows in ([verified(long)], [verified(long), verified(halves())]):
        assert {row.backend for row in make_all(rows, values())[0]} == {"jax", "numpy"}


def test_no_more_than_the_best_of_a_size_are_kept_and_those_that_c_needs(untried):
    """Winograd has 15 additions, so it comes first; C fuses Strassen, which has fewer non-zeros."""
    more = [oriented(strassen(), permutation) for permutation in PERMUTATIONS[1:]]
    kernels, refused = make_all([verified(scheme) for scheme in (*more, strassen(), winograd())], values(per_size=1))
    (row,) = (row for row in kernels if row.backend == "c")
    assert {row.scheme for row in kernels} == {winograd().hash, row.inner}
    assert row.scheme == winograd().hash
    assert {row.reason for row in refused} == {"1 schemes of its size and ring come first by rank and additions"}
    hashes = {scheme.hash for scheme in (*more, strassen(), winograd())}
    assert {row.scheme for row in refused} == hashes - {winograd().hash, row.inner}
    assert len(refused) > 0


def test_no_compiler_is_an_error_that_names_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KernelError, match="expected a C compiler called cc on PATH"):
        make_all([verified(strassen())], values())


def test_what_makes_no_kernel_has_its_reason():
    u, v, w = (np.full((length, 1), 2**31 - 1) for length in (1, 2, 2))
    huge = Scheme(Size(1, 1, 2).target, "Z", Factors(u, v, w))  # no scheme at all, but its program is well formed
    rows = [verified(modulo_two()), verified(standard(Size(2, 2, 2).target)), verified(huge)]
    kernels, refused = make_all(rows, values())
    assert kernels == []
    assert [row.reason for row in refused] == [
        "coefficients too large: values on small matrices (-3..3) can pass 2^53",
        "holds only modulo 2; a kernel needs Z or Q",
        "8 products do not beat the 8 of the standard algorithm",
    ]


def test_terms_that_vanish_are_no_products(untried):
    """Strassen with a zero term has rank 8 and seven products: a kernel all the same."""
    padded = Factors(*(np.pad(matrix, ((0, 0), (0, 1))) for matrix in strassen().factors))
    kernels, refused = make_all([verified(Scheme(Size(2, 2, 2).target, "Z", padded))], values())
    assert [(row.backend, row.rank) for row in kernels] == [("c", 8), ("jax", 8), ("numpy", 8)]
    assert refused == []
    assert all("7 products instead of 8" in row.source for row in kernels)


def test_a_program_of_another_scheme_is_an_error():
    row = verified_row(strassen(), program=to_json(from_scheme(product(strassen(), standard(Size(1, 1, 2).target)))))
    with pytest.raises(KernelError, match="expected a program for 2x2x2 over Z, got one for 2x2x4 over Z"):
        make_all([row], values())


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("        a0 + a3,", "        a0 - a3,"),
        ("axis=1", "axis=0"),
        ("c[: a.shape[0], : b.shape[1]]", "c"),  # wrong only where blocks are padded
    ],
)
def test_the_trial_finds_a_wrong_text_for_jax(right, wrong):
    program = from_scheme(strassen())
    source = jax_emitter.emit(program, strassen().hash)
    try_jax(source, program, strassen().hash)
    assert right in source
    with pytest.raises(KernelError, match=f"scheme {strassen().hash}: the emitted JAX kernel gives a wrong"):
        try_jax(source.replace(right, wrong), program, strassen().hash)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("a0 + a3,", "a0 - a3,"),
        ("c[:n, :p] += a", "c[:n, :p] -= a"),  # wrong only where blocks leave something over
    ],
)
def test_the_trial_finds_a_wrong_text_for_numpy(right, wrong):
    program = from_scheme(strassen())
    source = numpy_emitter.emit(program, strassen().hash)
    try_numpy(source, program, strassen().hash)
    assert right in source
    with pytest.raises(KernelError, match=f"scheme {strassen().hash}: the emitted NumPy kernel gives a wrong"):
        try_numpy(source.replace(right, wrong), program, strassen().hash)


def _run(folder: Path, name: str) -> subprocess.CompletedProcess:
    outputs = {"kernels": "kernels.parquet", "refused": "refused.parquet", "timing": "timing.csv"}
    options = [text for option, path in outputs.items() for text in (f"--{option}", str(folder / name / path))]
    command = [sys.executable, "-m", "stages.kernels", "--params", "params.yaml"]
    command += ["--schemes", str(folder / "schemes.parquet"), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_command_line(tmp_path):
    tables.write(tmp_path / "schemes.parquet", VERIFIED, [verified(scheme) for scheme in (strassen(), modulo_two())])
    for name in ("one", "two"):
        done = _run(tmp_path, name)
        assert done.returncode == 0, done.stderr
        assert "kernels: 3 emitted, 1 schemes refused" in done.stderr
    for table in ("kernels.parquet", "refused.parquet"):
        assert (tmp_path / "one" / table).read_bytes() == (tmp_path / "two" / table).read_bytes()
    assert len(tables.read(tmp_path / "one/kernels.parquet", KERNELS)) == 3


@pytest.mark.parametrize("count", [1, 22, 23, 24, 25, 62, 200])
def test_a_long_list_of_names_is_one_statement(count):
    names = [f"m{i}" for i in range(count)]
    given: dict = {"m": list(range(count))}
    exec("\n".join(unpacked(names, "m")), given)
    assert [given[name] for name in names] == given["m"]
