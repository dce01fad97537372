"""NumPy files: .npz archives as AlphaTensor's authors publish them, or with u, v, w; .npy of the lifting tools.

An archive of theirs holds one member per size, named «n,m,p», with u [nm, R], v [mp, R], w [pn, R]: one array
[3, n^2, R] for square sizes, an object array of three for the others (see `pickles`), with integers or with floats
that are multiples of a power of 1/2. A binary float is such a fraction exactly; its bits are read as integers.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from stages.algebra.factors import Scheme
from stages.algebra.targets import Size
from stages.errors import SchemeError
from stages.exchange.formats.candidate import (
    LARGEST_FACTORS,
    Candidate,
    Matrix,
    Number,
    candidate_of,
    check_extent,
    checked_size,
    common_denominator,
    matrix_of_rows,
    short,
)
from stages.exchange.formats.pickles import Array, DType, decode

ADVICE = "save the factors with numpy.savez"  # for files that are not read
LARGEST_MEMBER = 2**27  # bytes, unpacked: 2**24 coefficients of eight bytes
LARGEST_ARCHIVE = 2**30  # bytes, all members unpacked
LARGEST_PICKLE = 2**24  # bytes: 12x12x12 of rank 1,000 needs 2**22
_HEADER = re.compile(
    rb"\{'descr': '([<>|]?)([A-Za-z][0-9]*)', 'fortran_order': (True|False), 'shape': \(([0-9, ]{0,99})\), \} *\n?"
)
_NUMBERS = re.compile(r"[iu][1248]|b1|f[248]", re.ASCII)
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, NotImplementedError)
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # NumPy's; zipfile unpacks the others without a limit


def read_archive(data: bytes) -> Iterator[Candidate | SchemeError]:
    """The candidates of an .npz; a member that is none is its error, the others go on.

    Raises:
      SchemeError: no archive, one that unpacks to too much, or with two members of one name.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _DAMAGED as error:
        raise SchemeError(f"not a whole .npz archive ({short(str(error))})") from None
    members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
    if len(members) < len(archive.infolist()):
        raise SchemeError("archive: two members of one name")
    unpacked = sum(member.file_size for member in members.values())
    if unpacked > LARGEST_ARCHIVE:
        raise SchemeError(f"archive: unpacks to {unpacked} bytes, more than {LARGEST_ARCHIVE}")
    if members.keys() == {"u", "v", "w"}:
        yield candidate_of([_matrix(_array(_unpacked(archive, members[name]))) for name in "uvw"])
        return
    for key, member in members.items():
        try:
            yield candidate_of(_three(_array(_unpacked(archive, member))), _size_of_key(key), label=key)
        except SchemeError as error:
            yield SchemeError(f"{short(key)}: {error}")


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.file_size > LARGEST_MEMBER:
        raise SchemeError(f"unpacks to {member.file_size} bytes, more than {LARGEST_MEMBER}")
    if member.compress_type not in _PACKED:
        raise SchemeError("expected a member stored or deflated")
    try:
        with archive.open(member) as file:
            return file.read(member.file_size)  # unpacks no more, whatever follows; compares the checksum
    except _DAMAGED as error:
        raise SchemeError(f"damaged ({short(str(error))})") from None


def _size_of_key(key: str) -> Size:
    if not re.fullmatch(r"[0-9]{1,2},[0-9]{1,2},[0-9]{1,2}", key, re.ASCII):
        raise SchemeError("expected members named n,m,p such as 2,3,4, or the three u, v, w")
    return checked_size(*map(int, key.split(",")))


def _array(data: bytes) -> Array:
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
    if count > LARGEST_FACTORS:
        raise SchemeError(f"an array of {short(count)} numbers, more than {LARGEST_FACTORS}")
    if array.dtype is None or not _NUMBERS.fullmatch(array.dtype.code) or not isinstance(array.content, bytes):
        raise SchemeError("expected an array of numbers")
    dtype = np.dtype(f"{array.dtype.order}{array.dtype.code}")
    if len(array.content) != count * dtype.itemsize:
        raise SchemeError("an array that does not hold as many numbers as its shape says")
    return np.frombuffer(array.content, dtype).reshape(array.shape, order="F" if array.is_fortran else "C")


def _three(array: Array) -> list[Matrix]:
    """u, v, w of a member: one array [3, S, R], or an object array of three arrays, or of 3*S*R numbers."""
    if not isinstance(array.content, list):
        numbers = _numbers(array)
        if numbers.ndim != 3 or len(numbers) != 3:
            raise SchemeError(f"expected an array [3, S, R] or three arrays, got {short(list(array.shape))}")
        return [_exact(factor) for factor in numbers]
    if len(array.content) != math.prod(array.shape) or not array.shape or array.shape[0] != 3:
        raise SchemeError(f"expected an array [3, S, R] or three arrays, got {short(list(array.shape))}")
    if array.shape == (3,):
        return [_matrix(factor) for factor in array.content]
    if len(array.shape) != 3 or array.is_fortran:
        raise SchemeError(f"expected an array [3, S, R] or three arrays, got {short(list(array.shape))}")
    step = len(array.content) // 3
    parts = (array.content[start : start + step] for start in range(0, 3 * step, step or 1))
    return [_matrix(Array(array.shape[1:], array.dtype, False, part)) for part in parts]


def _matrix(array: object) -> Matrix:
    """One factor [S, R]: an array of numbers, or an object array of integers, floats and NumPy's scalars."""
    if not isinstance(array, Array) or len(array.shape) != 2:
        raise SchemeError("expected factors with two axes [S, R]")
    if not isinstance(array.content, list):
        return _exact(_numbers(array))
    rows, columns = array.shape
    if len(array.content) != rows * columns or array.is_fortran or not rows * columns:
        raise SchemeError("an array that does not hold as many numbers as its shape says")
    entries = [_entry(item) for item in array.content]
    return matrix_of_rows([entries[row * columns : (row + 1) * columns] for row in range(rows)], "")


def _entry(item: Any) -> Number:
    if isinstance(item, Array):
        scalar = _exact(_numbers(item).reshape(-1, 1))
        item = scalar.integers[0, 0].item() if len(scalar.integers) == scalar.denominator == 1 else None
    if isinstance(item, bool) or not hasattr(item, "denominator"):
        raise SchemeError("expected integers in an object array")
    number: Number = item
    return number


def _exact(numbers: np.ndarray) -> Matrix:
    """A factor of integers or floats; a float is an odd integer times a power of two, and so is read off its bits."""
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
    powers = np.maximum(exponents, 1) - 1075 + _log2(lowest)
    powers[mantissas == 0] = 0
    if odd.size and (odd.max() >= 2**31 or powers.max() > 31 or powers.min() < -31):
        raise SchemeError("expected floats that are integers within int32 over a power of two up to 2**31")
    shift = int(-min(powers.min(initial=0), 0))
    integers = np.where(bits < 0, -odd, odd).astype(object) * (1 << (powers + shift).astype(object))
    return Matrix(_narrow(integers), 2**shift)


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


def read_array(data: bytes) -> Iterator[Candidate]:
    """A square scheme of the lifting tools: rows are products, columns numerators and denominators of u, v and w.

    That is [R, 6 n^2] with the blocks U_num, U_den, V_num, V_den, W_num, W_den.
    """
    numbers = _numbers(_array(data))
    if numbers.ndim != 2 or numbers.dtype.kind != "i":
        raise SchemeError(f"expected integers [R, 6 n^2], got {numbers.dtype}{short(list(numbers.shape))}")
    n = math.isqrt(numbers.shape[1] // 6)
    if not n or 6 * n * n != numbers.shape[1]:
        raise SchemeError(f"expected 6 n^2 columns, got {numbers.shape[1]}")
    check_extent(checked_size(n, n, n).modes, len(numbers))
    blocks = numbers.T.reshape(3, 2, n * n, -1).astype(object)
    if (blocks[:, 1] == 0).any():
        raise SchemeError("a denominator is zero")
    matrices = []
    for numerators, denominators in blocks:
        common = common_denominator(set(denominators.ravel().tolist()))
        matrices.append(Matrix(_narrow(numerators * (common // denominators)), common))
    yield candidate_of(matrices, Size(n, n, n))


def write_archive(scheme: Scheme) -> bytes:
    """u, v, w as members of their own: NumPy reads them without allow_pickle.

    Over Q w is divided by the denominator, as floats, which must be exact.

    Raises:
      SchemeError: the denominator is no power of two.
    """
    u, v, w = map(np.ascontiguousarray, scheme.factors)  # in memory two equal ones may differ by their order
    if scheme.denominator & (scheme.denominator - 1):
        raise SchemeError(f"npz: expected a power of two as denominator, got {scheme.denominator}; the others hold it")
    if scheme.denominator > 1:
        w = np.ldexp(w.astype(np.float64), 1 - scheme.denominator.bit_length())
    file = io.BytesIO()
    np.savez(file, u=u, v=v, w=w)  # every member is dated 1980: equal schemes give equal bytes
    return file.getvalue()
