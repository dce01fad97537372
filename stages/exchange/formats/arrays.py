"""NumPy arrays, as .npy files or as members of an archive (`archives`), and every layout of schemes in them.

Three factors [S, R] or [R, S] stand in one array [3, S, R], in any order of its axes, where all S are equal; in many
such ones, [N, R, 3, S]; else in an object array of three (see `pickles`). flip-cpd writes a scheme a row, with
numerators and denominators. A binary float is a fraction over a power of two; its bits are read as integers.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from stages.algebra.targets import Size
from stages.errors import SchemeError
from stages.exchange.formats.candidate import (
    COMPLEX,
    LARGEST_FACTORS,
    Candidate,
    Matrix,
    Number,
    candidate_of,
    check_extent,
    common_denominator,
    matrix_of_rows,
    number,
    rank_last,
    short,
)
from stages.exchange.formats.pickles import Array, DType, decode

ADVICE = "save the factors with numpy.savez"  # for files that are not read
LARGEST_PICKLE = 2**24  # bytes: 12x12x12 of rank 1,000 needs 2**22
LARGEST_MODE = 64  # of flip-cpd: its factors are machine words
_HEADER = re.compile(
    rb"\{'descr': '([<>|]?)([A-Za-z][0-9]*)', 'fortran_order': (True|False), 'shape': \(([0-9, ]{0,99})\), \} *\n?"
)
_NUMBERS = re.compile(r"[iu][1248]|b1|f[248]|c8|c16|U[1-9][0-9]?", re.ASCII)  # U: numbers as text, such as 1/2


def read(data: bytes) -> Iterator[Candidate]:
    """The schemes of an .npy file."""
    return schemes(parsed(data))


def schemes(array: Array, size: Size | None = None, label: str = "") -> Iterator[Candidate]:
    """The schemes of one array; of several, each has its number in the label.

    Raises:
      SchemeError: it has no layout of schemes.
    """
    if array.shape == (3,) and isinstance(array.content, list):
        yield candidate_of(factors([exact(part) for part in array.content]), size, label)
        return
    shape = array.shape
    if len(shape) == 3 and 3 in shape:
        yield candidate_of(_stacked(exact(array)), size, label)
    elif len(shape) == 4 and 3 in shape[1:]:
        for position, one in enumerate(_numbers(array), start=1):
            yield candidate_of(_stacked(_exact(one)), size, f"{label} {position}".strip())
    elif len(shape) == 2 and array.dtype and array.dtype.code[0] == "i":
        numbers = _numbers(array)
        for position, row in enumerate(numbers, start=1):
            yield _pairs(row, f"{label} {position}".strip() if len(numbers) > 1 else label)
    else:
        raise SchemeError(f"expected an array [3, S, R], [N, R, 3, S] or of three factors, got {short(list(shape))}")


def factors(parts: Sequence[Matrix]) -> list[Matrix]:
    """Three factors [S, R] from such ones, from [R, S], or from R matrices each, [R, n, m] or [n, m, R].

    R is the length that is common to all; where two are, the longer one, as in `rank_last`.
    """
    axes = {part.integers.ndim for part in parts}
    if axes == {3}:
        first, last = ({part.integers.shape[axis] for part in parts} for axis in (0, 2))
        is_first = len(first) == 1 and (len(last) > 1 or max(first) > max(last))
        parts = [
            Matrix(
                part.integers.reshape((len(part.integers), -1) if is_first else (-1, part.integers.shape[2])),
                part.denominator,
            )
            for part in parts
        ]
    elif axes != {2}:
        raise SchemeError("expected factors with two axes [S, R]")
    return rank_last(parts)


def of_compressed_rows(parts: Sequence[Matrix]) -> Matrix:
    """A factor [S, R] from a sparse matrix [R, S] whose last column has an entry.

    Args:
      parts: where its rows begin and the last ends; then of its entries the columns, numerators and denominators.
    """
    if any(part.denominator != 1 for part in parts):
        raise SchemeError("expected compressed rows of integers, got fractions")
    starts, places, numerators, denominators = (part.integers for part in parts)
    if any(part.ndim != 1 or not part.size for part in (starts, places, numerators, denominators)):
        raise SchemeError("expected compressed rows: lists of numbers, none of them empty")
    lengths = np.diff(starts)
    ends = (starts[0], starts[-1], len(numerators), len(denominators))
    if ends != (0, *[len(places)] * 3) or min(lengths.min(initial=0), places.min(), denominators.min() - 1) < 0:
        raise SchemeError("expected compressed rows that begin with 0 and end with the number of their entries")
    products = np.repeat(np.arange(len(lengths)), lengths)
    if len({*zip(products.tolist(), places.tolist(), strict=True)}) < len(places):
        raise SchemeError("expected compressed rows with each entry at most once")
    length = int(places.max()) + 1
    check_extent((length,), len(lengths))
    common = common_denominator({*denominators.tolist()})
    integers = np.zeros((length, len(lengths)), object)
    integers[places, products] = numerators.astype(object) * (common // denominators.astype(object))
    return Matrix(_narrow(integers), common)


def _stacked(numbers: Matrix) -> list[Matrix]:
    """The factors of one array, of whose three axes one has length three."""
    stack = np.moveaxis(numbers.integers, numbers.integers.shape.index(3), 0)
    return factors([Matrix(part, numbers.denominator) for part in stack])


def _pairs(row: np.ndarray, label: str) -> Candidate:
    """A scheme of flip-cpd, a row of integers.

    Its tool `select` writes u, v and w one after the other, product by product, each entry as numerator and
    denominator; its tool `lift` writes all numerators of u, then all denominators of u, and v and w alike. Neither
    names the size: all that the length allows are tried, the least rank first.
    """
    readings = []
    for size in _sizes():
        rank, rest = divmod(len(row), 2 * sum(size.modes))
        if not rest and max(size.modes) <= rank <= size.naive_rank:
            readings += [(rank, size, is_split) for is_split in (False, True)]
    candidates = []
    for rank, size, is_split in sorted(readings):
        ends = itertools.accumulate(2 * rank * length for length in size.modes)
        matrices = []
        for part in np.split(row, list(ends)[:2]):
            numerators, denominators = part.reshape(2, -1) if is_split else part.reshape(-1, 2).T
            if not denominators.all():
                break
            common = common_denominator(set(denominators.tolist()))
            matrices.append(
                Matrix(
                    _narrow(numerators.astype(object) * (common // denominators.astype(object))).reshape(rank, -1).T,
                    common,
                )
            )
        else:
            candidates.append(candidate_of(matrices, size, label))
    if not candidates:
        raise SchemeError(f"{len(row)} numbers in a row are no factors of a matrix product, with their denominators")
    return dataclasses.replace(candidates[0], others=tuple(candidates[1:]))


@functools.cache
def _sizes() -> tuple[Size, ...]:
    """The sizes of no mode beyond `LARGEST_MODE`."""
    sides = range(1, LARGEST_MODE + 1)
    return tuple(
        Size(n, m, p) for n in sides for m in sides[: LARGEST_MODE // n] for p in sides[: LARGEST_MODE // max(n, m)]
    )


def parsed(data: bytes) -> Array:
    """The array of an .npy file, its content still raw."""
    if data[:6] != b"\x93NUMPY" or data[6:8] not in (b"\x01\x00", b"\x02\x00", b"\x03\x00"):
        raise SchemeError("not an .npy array")
    start = 10 if data[6] == 1 else 12
    length = int.from_bytes(data[8:start], "little")
    header = _HEADER.fullmatch(data[start : start + length])
    if not header:
        raise SchemeError("not an .npy array: its header is not NumPy's")
    order, code, is_fortran, shape = (part.decode() for part in header.groups())
    content = data[start + length :]
    if code == "O":
        if len(content) > LARGEST_PICKLE:
            raise SchemeError(f"a pickle of {len(content)} bytes, more than {LARGEST_PICKLE}")
        found = decode(content)
        if not isinstance(found, Array):
            raise SchemeError("not an .npy array: its pickle holds no array")
        return found
    if not _NUMBERS.fullmatch(code):
        raise SchemeError(f"expected an array of numbers, got the type {short(code)}")
    lengths = tuple(int(side) for side in re.findall("[0-9]+", shape))
    return Array(lengths, DType(code, order or "|"), is_fortran == "True", content)


def _numbers(array: Array) -> np.ndarray:
    """The array's numbers, in NumPy's type for them."""
    count = math.prod(array.shape)
    if array.dtype is None or not _NUMBERS.fullmatch(array.dtype.code) or not isinstance(array.content, bytes):
        raise SchemeError("expected an array of numbers")
    dtype = np.dtype(f"{array.dtype.order}{array.dtype.code}")
    if len(array.content) != count * dtype.itemsize:
        raise SchemeError("an array that does not hold as many numbers as its shape says")
    return np.frombuffer(array.content, dtype).reshape(array.shape, order="F" if array.is_fortran else "C")


def exact(array: object) -> Matrix:
    """The numbers of an array of any shape: an array of numbers, or an object array of integers, floats and scalars."""
    if not isinstance(array, Array):
        raise SchemeError("expected an array of numbers")
    if not isinstance(array.content, list):
        return _exact(_numbers(array))
    if len(array.content) != math.prod(array.shape) or array.is_fortran or not array.content:
        raise SchemeError("an array that does not hold as many numbers as its shape says")
    row = matrix_of_rows([[_entry(item) for item in array.content]], "")
    return Matrix(row.integers.reshape(array.shape), row.denominator)


def _entry(item: Any) -> Number:
    if isinstance(item, Array):
        scalar = _exact(_numbers(item).reshape(-1, 1))
        item = scalar.integers[0, 0].item() if len(scalar.integers) == scalar.denominator == 1 else None
    if isinstance(item, bool) or not hasattr(item, "denominator"):
        raise SchemeError("expected integers in an object array")
    entry: Number = item
    return entry


def _exact(numbers: np.ndarray) -> Matrix:
    """Integers, floats or texts of any shape; a float is an odd integer times a power of two, read off its bits."""
    if numbers.size > LARGEST_FACTORS:
        raise SchemeError(f"{numbers.size} coefficients, more than {LARGEST_FACTORS}")
    if numbers.dtype.kind == "U":
        return _of_texts(numbers)
    if numbers.dtype.kind == "c":
        if numbers.imag.any():
            raise SchemeError(COMPLEX)
        numbers = numbers.real
    if numbers.dtype.kind != "f":
        if numbers.dtype == np.uint64 and numbers.size and numbers.max() >= 2**63:
            raise SchemeError(f"expected coefficients within int32, got {numbers.max()}")
        return Matrix(numbers.astype(np.int64))
    bits = numbers.astype("<f8").view(np.int64)  # exact: a narrower float is one of these
    exponents = (bits >> 52) & 0x7FF
    if (exponents == 0x7FF).any():
        raise SchemeError("expected numbers, got NaN or infinity")
    mantissas = (bits & (2**52 - 1)) | ((exponents != 0).astype(np.int64) << 52)
    lowest = np.where(mantissas == 0, 1, mantissas & -mantissas)  # the bit of the power of two in a mantissa
    odd = mantissas // lowest
    powers = np.where(mantissas == 0, 0, np.maximum(exponents, 1) - 1075 + _log2(lowest))
    if odd.size and (odd.max() >= 2**31 or powers.max() > 31 or powers.min() < -31):
        raise SchemeError("expected floats that are integers within int32 over a power of two up to 2**31")
    shift = int(-min(powers.min(initial=0), 0))
    integers = np.where(bits < 0, -odd, odd).astype(object) * (1 << (powers + shift).astype(object))
    return Matrix(_narrow(np.asarray(integers)), 2**shift)


def _of_texts(texts: np.ndarray) -> Matrix:
    characters = np.frombuffer(texts.tobytes(), f"{texts.dtype.byteorder}u4")
    if characters.size and characters.max() > 127:  # what is beyond the last character that there is, is no text either
        raise SchemeError("expected numbers, got text of other characters than ASCII's")
    words = texts.ravel().tolist()
    known = {word: number(word) for word in set(words)}
    row = matrix_of_rows([[known[word] for word in words]], "")
    return Matrix(row.integers.reshape(texts.shape), row.denominator)


def _log2(powers: np.ndarray) -> np.ndarray:
    """The exponents of powers of two, by counting the bits below each."""
    exponents = np.zeros_like(powers)
    for step in (32, 16, 8, 4, 2, 1):
        high = powers >> step != 0
        exponents += np.where(high, step, 0)
        powers = np.where(high, powers >> step, powers)
    return exponents


def _narrow(integers: np.ndarray) -> np.ndarray:
    return (
        integers.astype(np.int64) if not integers.size or max(abs(integers.min()), integers.max()) < 2**63 else integers
    )
