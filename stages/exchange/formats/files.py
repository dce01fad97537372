"""From a path to candidates, and from a scheme to bytes. A file is what it holds, not what it is called."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from stages.algebra.factors import Scheme
from stages.errors import SchemeError
from stages.exchange import certificate
from stages.exchange.formats import (
    archives,
    arrays,
    containers,
    equations,
    maple,
    nested,
    objects,
    plinopt,
    products,
    tables,
)
from stages.exchange.formats.candidate import Candidate

LARGEST_FILE = 2**26  # bytes, packed and unpacked
STANDARD_INPUT = Path("-")

WRITERS: Mapping[str, Callable[[Scheme], bytes]] = {
    "npz": archives.write,
    "exp": products.write,
    "json": objects.write,
    "m": nested.write,
    "txt": equations.write,
    "latex": equations.write_latex,
    "certificate": certificate.write,
}
WRITERS_OF_PARTS: Mapping[str, Callable[[Scheme], Mapping[str, bytes]]] = {
    "sms": plinopt.write_matrices,
    "slp": plinopt.write_programs,
}

# The first sign of nested lists: two brackets, or a name and one, in a tuple or an array, after imports and numbers.
_LISTS = re.compile(
    r"\{\s*[{\[]|\(\s*\[|\(\s*\(\s*\(\s*[-+0-9/]+\s*,"
    r"|((import|from)\s[^\n]*\s+)*(\w+\s*=\s*[0-9]+;?\s+)*\w+\s*:?=\s*"
    r"(\[\s*\[?\s*[-+.0-9]|\(*((np\.|numpy\.)?array\(\s*)?[\[{(]\s*[\[{(]+\s*(Fraction|[-+0-9./]+\s*[],})j]))"
)
_MAPLE = re.compile(r"\b(Triad|TriadSet|Matrix)\s*\(|\b(LRP|MUL|ADD)\s*:=")

# Every format has a first sign, and its reader takes what no format above has taken. Bytes are told by how they begin,
# text by what it says outside lines of comments.
_BINARY: Sequence[tuple[bytes, Callable[[bytes], Iterator[Candidate | SchemeError]]]] = (
    (b"PK", archives.read),
    (b"\x93NUMPY", arrays.read),
)
_TEXT: Sequence[tuple[Callable[[str], object], Callable[[str], Iterator[Candidate]]]] = (
    (_MAPLE.search, maple.read),
    (_LISTS.match, nested.read),
    (lambda said: said.startswith("{"), objects.read),
    (lambda said: said.startswith("["), nested.read),
    (lambda said: said.startswith("Bini"), tables.read_bini),
    (lambda said: "=" in said, equations.read),
    (lambda said: re.search("[abc(]", said, re.IGNORECASE) or not re.search("[0-9]", said), products.read),
    (lambda _: True, tables.read),
)
_NOT_READ = {
    b"\x89HDF": "an HDF5 file, such as one of MATLAB or Keras,",
    b"MATLAB ": "a MATLAB file",
    b"\xd0\xcf\x11\xe0": "an Office file",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    **{b"\x80" + bytes([protocol]): "a pickle, such as one of PyTorch," for protocol in range(2, 6)},
}

_TEXT_NOT_READ = (  # what is saved in place of a scheme, and what looks like one
    (re.compile(r"<(!doctype|html|\?xml)", re.IGNORECASE), "a page of the web is not read: save the raw file"),
    (re.compile(r"version https://git-lfs"), "a pointer of Git LFS is not read: git lfs pull gets the file"),
    (re.compile(r"40[34]: "), "the message of a server that has no such file"),
    (re.compile(r'\{\s*"(cells|nbformat)"'), "a notebook is not read: save the cell of the scheme"),
    (re.compile(r"[\d\s]*-+\s*\d{6}:"), "a table of Brent equations is not read: the tensor or script beside it is"),
    (re.compile(r"(function|package|using|class|static|public|void)\s+\w"), "a program is not read: its equations are"),
)


def write(name: str, scheme: Scheme) -> Mapping[str, bytes]:
    """The files of a scheme in a format, by what each adds to their common name; nothing where there is one."""
    return {"": WRITERS[name](scheme)} if name in WRITERS else WRITERS_OF_PARTS[name](scheme)


def read(path: Path) -> Iterator[Candidate | SchemeError]:
    """The candidates of a file in its order; one of several that cannot be read is its error, the others go on.

    Args:
      path: `STANDARD_INPUT` is read to its end.
    Raises:
      SchemeError: the file cannot be read, is empty or too large, or is in no known format.
    """
    data = _opened(path)
    for start, name in _NOT_READ.items():
        if data.startswith(start):
            raise SchemeError(f"{name} is not read: {arrays.ADVICE}")
    for start, reader in _BINARY:
        if data.startswith(start):
            return reader(data)
    text = _text(data)
    said = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("#", "%"))).strip()
    if not said:
        raise SchemeError("nothing but white space and comments")
    for start_, advice in _TEXT_NOT_READ:
        if start_.match(said):
            raise SchemeError(advice)
    if plinopt.is_part(said):
        return plinopt.read(path, text, lambda part: _text(_opened(part)))
    return next(reader(text) for is_it, reader in _TEXT if is_it(said))


def _opened(path: Path) -> bytes:
    data = containers.unpacked(_bytes(path), LARGEST_FILE)
    if not data:
        raise SchemeError("an empty file")
    return data


def _bytes(path: Path) -> bytes:
    try:
        if path == STANDARD_INPUT:
            data = sys.stdin.buffer.read(LARGEST_FILE + 1)
        elif not path.is_file():  # a pipe or a device could be without end
            what = "no such file" if not path.exists() else "a folder: give its files" if path.is_dir() else ""
            raise SchemeError(what or "not a regular file")
        else:
            with path.open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise SchemeError(f"cannot be read ({getattr(error, 'strerror', None) or error})") from None
    if len(data) > LARGEST_FILE:
        raise SchemeError(f"larger than {LARGEST_FILE} bytes")
    return data


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        raise SchemeError("neither text in UTF-8, or in UTF-16 with its mark, nor a NumPy file") from None
