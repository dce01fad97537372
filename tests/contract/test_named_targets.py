"""Targets that are no matrix products: the shipped ones mean what their names say, and bad files end with one line."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stages.algebra.check import check
from stages.algebra.factors import standard
from stages.contract import scheme_files
from stages.contract.named_targets import read_target, read_targets
from stages.errors import SchemeError

FOLDER = Path(__file__).parents[2] / "data/targets"
Draw = Callable[..., np.ndarray]  # integers of a shape
Example = tuple[np.ndarray, np.ndarray, np.ndarray]  # a, b and what the map makes of them
SHIPPED = {target.name: target for target in read_targets(FOLDER)}


def upper(matrix: np.ndarray, diagonal: int = 0) -> np.ndarray:
    """Entries on and above a diagonal, by rows."""
    return matrix[np.triu_indices(len(matrix), diagonal)]


def symmetric(draw: Draw, n: int) -> np.ndarray:
    square = draw(n, n)
    return square + square.T


def skew(draw: Draw, n: int) -> np.ndarray:
    square = draw(n, n)
    return square - square.T


def complexes(draw: Draw) -> Example:
    a, b = draw(2), draw(2)
    c = complex(*a) * complex(*b)
    return a, b, np.array([c.real, c.imag])


def quaternions(draw: Draw) -> Example:
    """By matrices [[a + bi, c + di], [-c + di, a - bi]], of which the first row says all."""

    def matrix(a: int, b: int, c: int, d: int) -> np.ndarray:
        return np.array([[complex(a, b), complex(c, d)], [complex(-c, d), complex(a, -b)]])

    a, b = draw(4), draw(4)
    first, second = (matrix(*a) @ matrix(*b))[0]
    return a, b, np.array([first.real, first.imag, second.real, second.imag])


def convolution(draw: Draw, n: int) -> Example:
    a, b = draw(n), draw(n)
    return a, b, sum(x * np.roll(b, turn) for turn, x in enumerate(a))


def polynomials(draw: Draw, n: int) -> Example:
    a, b = draw(n), draw(n)
    return a, b, np.convolve(a, b)


def symmetric_times_vector(draw: Draw, n: int) -> Example:
    a, b = symmetric(draw, n), draw(n)
    return upper(a), b, a @ b


def symmetric_times_symmetric(draw: Draw, n: int) -> Example:
    a, b = symmetric(draw, n), symmetric(draw, n)
    return upper(a), upper(b), a @ b


def skew_times_vector_or_matrix(draw: Draw, n: int, *m: int) -> Example:
    a, b = skew(draw, n), draw(n, *m)
    return upper(a, 1), b, a @ b


def skew_times_skew(draw: Draw, n: int) -> Example:
    a, b = skew(draw, n), skew(draw, n)
    return upper(a, 1), upper(b, 1), a @ b


def triangular_times_matrix(draw: Draw, n: int, m: int) -> Example:
    a, b = np.tril(draw(n, n)), draw(n, m)
    return a[np.tril_indices(n)], b, a @ b


def gram(draw: Draw, n: int, m: int) -> Example:
    x, y = draw(n, m), draw(n, m)
    return x, y, upper(x @ y.T)


EXAMPLES: dict[str, Callable[..., Example]] = {
    "complex": complexes,
    "cyclic": convolution,
    "gram": gram,
    "poly": polynomials,
    "quaternion": quaternions,
    "skew": skew_times_vector_or_matrix,
    "skewskew": skew_times_skew,
    "sym": symmetric_times_vector,
    "symsym": symmetric_times_symmetric,
    "tri": triangular_times_matrix,
}


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_targets_compute_what_they_say(name):
    """Beside another way to compute the same, on random integers."""
    rng = np.random.default_rng(0)
    family, lengths = re.match("[a-z]+", name)[0], re.findall(r"\d+", name)
    for _ in range(3):
        a, b, c = EXAMPLES[family](lambda *shape: rng.integers(-9, 10, shape), *map(int, lengths))
        computed = np.einsum("ijk,i,j->k", SHIPPED[name].tensor, a.ravel(), b.ravel())
        np.testing.assert_array_equal(computed, c.ravel())


@pytest.mark.parametrize("name", SHIPPED)
def test_the_standard_algorithm_has_a_term_for_each_entry(name):
    scheme = standard(SHIPPED[name])
    assert check(scheme) is None
    assert scheme.rank == SHIPPED[name].naive_rank == np.count_nonzero(SHIPPED[name].tensor)


def test_schemes_of_a_target_need_it_to_be_read(tmp_path):
    scheme = standard(SHIPPED["skew3"])
    scheme_files.write(tmp_path / "a.json", scheme)
    assert scheme_files.read(tmp_path / "a.json", SHIPPED.values()).hash == scheme.hash
    with pytest.raises(SchemeError, match=r"a.json: target: expected a size like 3x4x5 or one of \[\], got 'skew3'"):
        scheme_files.read(tmp_path / "a.json")


GOOD = {"modes": [1, 2, 3], "entries": [[0, 1, 2, -3], [0, 0, 0, 1]]}


def test_entries_are_sorted(tmp_path):
    (tmp_path / "good.json").write_text(json.dumps(GOOD))
    target = read_target(tmp_path / "good.json")
    assert (target.name, target.modes) == ("good", (1, 2, 3))
    assert target.entries.tolist() == [[0, 0, 0, 1], [0, 1, 2, -3]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"modes": [1, 2]}, r"modes: expected three lengths"),
        ({"modes": [1, 2, 0]}, r"modes: expected three lengths"),
        ({"modes": [1, 2, True]}, r"modes: expected three lengths"),
        ({"modes": [2**12, 2**12, 2]}, r"modes: expected three lengths, at most 16777216 entries in all"),
        ({"entries": []}, r"entries: expected a list of at least one"),
        ({"entries": [[0, 0, 0]]}, r"entries: expected \[i, j, k, value\], got \[0, 0, 0\]"),
        ({"entries": [[0, 0, 0, 1.0]]}, r"entries: expected \[i, j, k, value\], got \[0, 0, 0, 1.0\]"),
        ({"entries": [[0, 2, 0, 1]]}, r"entries: expected indices below \[1, 2, 3\], got \[0, 2, 0\]"),
        ({"entries": [[0, -1, 0, 1]]}, r"entries: expected indices below"),
        ({"entries": [[0, 0, 0, 0]]}, r"entries: expected a value other than 0 within int32, got 0"),
        ({"entries": [[0, 0, 0, 2**31]]}, r"entries: expected a value other than 0 within int32, got 2147483648"),
        ({"entries": [[0, 0, 0, 1], [0, 0, 0, 2]]}, r"entries: expected each place once, got \[0, 0, 0\] twice"),
        ({"more": 1}, r"expected an object with modes and entries, got \['entries', 'modes', 'more'\]"),
    ],
)
def test_bad_file_is_one_line(tmp_path, change, message):
    (tmp_path / "bad.json").write_text(json.dumps(GOOD | change))
    with pytest.raises(SchemeError, match=rf"bad.json: {message}") as caught:
        read_targets(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[1]", "[" * 100_000, '{"modes": NaN}', "1" * 5000])
def test_what_is_no_object_is_one_line(tmp_path, text):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(SchemeError, match=r"bad.json: "):
        read_target(tmp_path / "bad.json")


def test_foreign_names_and_folders(tmp_path):
    for name, message in (("2x2x2.json", "expected a name of small letters"), ("a.txt", "expected only JSON files")):
        (tmp_path / name).write_text(json.dumps(GOOD))
        with pytest.raises(SchemeError, match=message):
            read_targets(tmp_path)
        (tmp_path / name).unlink()
    with pytest.raises(SchemeError, match="absent: no such folder"):
        read_targets(tmp_path / "absent")
