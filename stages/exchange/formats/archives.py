"""NumPy archives, .npz: the factors of one scheme by name, schemes by their size, or arrays of schemes.

AlphaTensor's authors name a member by its size, «n,m,p», which holds u [nm, R], v [mp, R], w [pn, R]. Of one scheme
the members are u, v, w, or a, b, c, in capitals too, or arr_0, arr_1, arr_2, as numpy.savez calls what has no name;
or a sparse matrix for each of u, v, w, [R, S] in compressed rows: u_indptr, u_indices, u_numerators, u_denominators.
Further members are compared where they say a size or the rank, and named as not read where they do not.
"""

from __future__ import annotations

import dataclasses
import io
import re
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np

from stages.algebra.factors import Scheme
from stages.errors import SchemeError
from stages.exchange.formats import arrays
from stages.exchange.formats.candidate import Candidate, candidate_of, checked_size, facts_of, meant, short
from stages.exchange.formats.containers import UNPACK
from stages.exchange.formats.pickles import Array

LARGEST_MEMBER = 2**27  # bytes, unpacked: 2**24 coefficients of eight bytes
LARGEST_ARCHIVE = 2**28  # bytes, all members unpacked
_SIZE = re.compile(r"\(?([0-9]{1,2})(?:, ?|x)([0-9]{1,2})(?:, ?|x)([0-9]{1,2})\)?", re.ASCII)
_FACTORS = ("uvw", "abc", ("arr_0", "arr_1", "arr_2"))
_COMPRESSED = [[f"{name}_{part}" for part in ("indptr", "indices", "numerators", "denominators")] for name in "uvw"]
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, NotImplementedError)
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # NumPy's; zipfile unpacks the others without a limit
_END = b"PK\5\6"  # the last 22 bytes of an archive without a comment begin so


def read(data: bytes) -> Iterator[Candidate | SchemeError]:
    """The candidates of an .npz; one of several sizes that is none is its error, the others go on.

    Raises:
      SchemeError: no archive of NumPy's, one that unpacks to too much, or with two members of one name.
    """
    archive, members = _opened(data)
    names = {name.lower(): name for name in members}
    if len(names) < len(archive.infolist()):
        raise SchemeError("archive: two members of one name")
    for of_one_scheme in _FACTORS:
        if names.keys() >= set(of_one_scheme):
            parts = [arrays.exact(_array(archive, members[names.pop(name)])) for name in of_one_scheme]
            candidate = candidate_of(arrays.factors(parts))
            meaning = {name: meant(name, names) for name in names}
            for name, expected in facts_of(candidate, names).items():
                if name in names:
                    _check_fact(name, expected, _array(archive, members[names.pop(name)]), meaning[name])
            yield dataclasses.replace(candidate, unread=tuple(names.values()))
            return
    if names.keys() >= {name for parts in _COMPRESSED for name in parts}:
        factors = [
            arrays.of_compressed_rows([arrays.exact(_array(archive, members[names.pop(name)])) for name in parts])
            for parts in _COMPRESSED
        ]
        candidate = candidate_of(factors)
        yield dataclasses.replace(candidate, unread=tuple(names.values()))
        return
    sizes = {name: match.groups() for name in members if (match := _SIZE.fullmatch(name))}
    if not sizes and len(members) != 1:
        raise SchemeError(
            f"expected members u, v, w, or a, b, c, or arr_0 to arr_2, or named n,m,p such as 2,3,4, or one array of "
            f"schemes, got {short(sorted(members))}"
        )
    unread = tuple(name for name in members if sizes and name not in sizes)
    for name in sizes or members:
        try:
            size = checked_size(*map(int, sizes[name])) if sizes else None
            for candidate in arrays.schemes(_array(archive, members[name]), size, name):
                yield dataclasses.replace(candidate, unread=unread)
        except SchemeError as error:
            yield SchemeError(f"{short(name)}: {error}")


def _opened(data: bytes) -> tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]:
    """The archive and its members by name."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _DAMAGED as error:
        raise SchemeError(f"not a whole .npz archive ({short(str(error))})") from None
    names = archive.namelist()
    if any(name.endswith("data.pkl") for name in names):
        raise SchemeError(f"a PyTorch file is not read: {arrays.ADVICE}")
    if "[Content_Types].xml" in names:
        raise SchemeError(f"an Office file is not read: {arrays.ADVICE}, or its sheets as CSV")
    if not all(name.endswith(".npy") for name in names):
        raise SchemeError(f"a .zip of other files than NumPy's is not read: {UNPACK}")
    if data[-22:-18] != _END:
        raise SchemeError("archive: bytes behind its end, or a comment")
    unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > LARGEST_ARCHIVE:
        raise SchemeError(f"archive: unpacks to {unpacked} bytes, more than {LARGEST_ARCHIVE}")
    return archive, {member.filename.removesuffix(".npy"): member for member in archive.infolist()}


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Array:
    if member.file_size > LARGEST_MEMBER:
        raise SchemeError(f"unpacks to {member.file_size} bytes, more than {LARGEST_MEMBER}")
    if member.compress_type not in _PACKED:
        raise SchemeError("expected a member stored or deflated")
    try:
        with archive.open(member) as file:
            # Unpacks no more, whatever follows; compares the checksum.
            return arrays.parsed(file.read(member.file_size))
    except _DAMAGED as error:
        raise SchemeError(f"damaged ({short(str(error))})") from None


def _check_fact(name: str, expected: int, array: Array, meaning: str) -> None:
    given = arrays.exact(array)
    if given.integers.tolist() != expected or given.denominator != 1:
        got = short(given.integers.tolist())
        raise SchemeError(f"{name}: expected {expected}, as the factors have it, got {got}{meaning}")


def write(scheme: Scheme) -> bytes:
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
