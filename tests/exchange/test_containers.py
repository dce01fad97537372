"""Packed files: every kind, whole or refused, and never more than the limit."""

import bz2
import gzip
import io
import lzma
import tarfile

import pytest

from stages.errors import SchemeError
from stages.exchange.formats.containers import unpacked

PACK = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize("name", PACK)
def test_a_packed_file_is_unpacked_to_its_last_stream(name):
    pack = PACK[name]
    assert unpacked(pack(b"one") + pack(b"two"), 6) == b"onetwo"
    assert unpacked(b"one", 1) == b"one"


def test_a_packed_file_may_be_packed_again():
    data = b"one"
    for _ in range(3):
        data = gzip.compress(data)
        assert unpacked(data, 100) == b"one"
    data = gzip.compress(data)
    with pytest.raises(SchemeError, match="packed more than 3 times"):
        unpacked(data, 100)


@pytest.mark.parametrize("name", PACK)
def test_every_byte_of_a_packed_file_counts(name):
    whole = PACK[name](b"one" * 100)
    for data, words in (
        (whole[:-3], "cut short"),
        (whole + b"x", "damaged|cut short"),
        (whole[:20] + bytes([whole[20] ^ 255]) + whole[21:], "damaged|cut short"),
        (PACK[name](bytes(10**6)), "unpacks to more than 300 bytes"),
    ):
        with pytest.raises(SchemeError, match=f"packed by {name}.*({words})"):
            unpacked(data, 300)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_an_archive_of_files_is_not_read(pack):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("scheme.exp"))
    with pytest.raises(SchemeError, match="an archive of tar is not read: unpack it, and give its files"):
        unpacked(pack(file.getvalue()), 10**6)
