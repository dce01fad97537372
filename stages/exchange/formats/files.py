"""From a path to candidates, and from a scheme to bytes. A file is what it holds, not what it is called."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from stages.algebra.factors import Scheme
from stages.errors import SchemeError
from stages.exchange import certificate
from stages.exchange.formats import arrays, equations, nested, objects, products, tables
from stages.exchange.formats.candidate import Candidate

LARGEST_FILE = 2**26  # bytes

WRITERS: Mapping[str, Callable[[Scheme], bytes]] = {
    "npz": arrays.write_archive,
    "exp": products.write,
    "json": objects.write,
    "m": nested.write,
    "txt": equations.write,
    "latex": equations.write_latex,
    "certificate": certificate.write,
}

# The first sign of nested lists: two brackets, or a name and one, in a tuple or an array.
_LISTS = re.compile(
    r"\{\s*[{\[]|\(\s*\[|\(\s*\(\s*\(\s*[-+0-9/]+\s*,"
    r"|((import|from)\s[^\n]*\s+)*\w+\s*:?=\s*((np\.|numpy\.)?array\(\s*)?[\[{(]\s*[\[{(]+\s*[-+0-9./]+\s*[],})]"
)


def read(path: Path) -> Iterator[Candidate | SchemeError]:
    """The candidates of a file in its order; one of several that cannot be read is its error, the others go on.

    Raises:
      SchemeError: the file cannot be read, is empty or too large, or is in no known format.
    """
    data = _bytes(path)
    if data.startswith(arrays.ARCHIVE_MAGIC):
        yield from arrays.read_archive(data)
    elif data.startswith(arrays.ARRAY_MAGIC):
        yield from arrays.read_array(data)
    else:
        text = _text(data)
        yield from _text_reader(text)(text)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        raise SchemeError("neither text in UTF-8, or in UTF-16 with its mark, nor a NumPy file") from None


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():  # a pipe or a device could be without end
            raise SchemeError("no such file" if not path.exists() else "not a regular file")
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise SchemeError(f"cannot be read ({getattr(error, 'strerror', None) or error})") from None
    if len(data) > LARGEST_FILE:
        raise SchemeError(f"larger than {LARGEST_FILE} bytes")
    if not data:
        raise SchemeError("an empty file")
    return data


def _text_reader(text: str) -> Callable[[str], Iterator[Candidate]]:
    """The reader for a text, by its first sign that only one format has."""
    said = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#")).strip()
    if _LISTS.match(said):
        return nested.read
    if said[:1] in ("{", "["):
        return objects.read if said[:1] == "{" else nested.read
    if "Triad(" in said:
        return nested.read_maple
    if said.startswith("Bini"):
        return tables.read_bini
    if "=" in said:
        return equations.read
    if re.search("[abc(]", said, re.IGNORECASE) or not re.search("[0-9]", said):
        return products.read
    return tables.read
