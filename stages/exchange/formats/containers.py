"""Files packed by gzip, bzip2 or xz: unpacked up to a limit, and to the last byte."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Any

from stages.errors import SchemeError
from stages.exchange.formats.candidate import short

_DAMAGED = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)
_KINDS: tuple[tuple[bytes, str, Callable[[], Any]], ...] = (
    (b"\x1f\x8b", "gzip", lambda: zlib.decompressobj(31)),  # 31: with gzip's head and checksum
    (b"BZh", "bzip2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\0", "xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=2**27)),
)

_MOST_TIMES = 3
UNPACK = "unpack it, and give its files"
_NOT_READ = ((0, b"\x28\xb5\x2f\xfd", "zstd"), (0, b"7z\xbc\xaf", "7-Zip"), (0, b"Rar!", "RAR"), (257, b"ustar", "tar"))


def unpacked(data: bytes, largest: int) -> bytes:
    """What a packed file holds, all its streams one after the other, also if packed again; any other file as it is.

    Raises:
      SchemeError: more than `largest` bytes, damaged, cut short, with something behind the last stream, packed too
        often, or an archive of files.
    """
    times = 0
    while kind := next((kind for kind in _KINDS if data.startswith(kind[0])), None):
        if times == _MOST_TIMES:
            raise SchemeError(f"packed more than {_MOST_TIMES} times")
        data = _unpacked_once(data, largest, *kind[1:])
        times += 1
    return _no_archive(data)


def _unpacked_once(data: bytes, largest: int, name: str, decompressor: Callable[[], Any]) -> bytes:
    whole = bytearray()
    while data:
        stream = decompressor()
        try:
            whole += stream.decompress(data, largest + 1 - len(whole))
        except _DAMAGED as error:
            raise SchemeError(f"packed by {name}, damaged ({short(str(error))})") from None
        if len(whole) > largest:
            raise SchemeError(f"packed by {name}: unpacks to more than {largest} bytes")
        if not stream.eof:
            raise SchemeError(f"packed by {name}, cut short")
        data = stream.unused_data
    return bytes(whole)


def _no_archive(data: bytes) -> bytes:
    for place, sign, name in _NOT_READ:
        if data.startswith(sign, place):
            raise SchemeError(f"an archive of {name} is not read: {UNPACK}")
    return data
