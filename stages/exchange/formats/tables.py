"""Plain numbers in rows: one line each for U, V, W after «n m p R»; blocks, also with shared sums; bit masks; Bini.

`#` begins a comment. Numbers are parted by white space, or as in CSV all by commas or all by semicolons.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from stages.errors import SchemeError
from stages.exchange.formats.candidate import (
    Candidate,
    Number,
    candidate_of,
    check_extent,
    checked_size,
    matrix_of_rows,
    matrix_of_terms,
    number,
    rank_last,
    short,
    size_of_modes,
)
from stages.exchange.formats.grammar import HASH, blank, combination, plain, position

_LONGEST_MASK = 4000  # digits; Python reads no longer integers
_MASKS = re.compile(r"(?:[0-9]{1,9}\n)?(?:(?:R )?[0-9]+ [0-9]+ [0-9]+\n)+", re.ASCII)
_SHARED = re.compile(r"^#[ \t]*Substitution information[ \t]*$", re.MULTILINE)
_MERE_HASH = re.compile(r"^[ \t]*#[ \t]*$", re.MULTILINE)


def read(text: str) -> Iterator[Candidate]:
    """A text of numbers alone: bit masks, blocks parted by lines that are a mere #, counted lines, or three blocks."""
    text = plain(text)
    said = re.sub(HASH, blank, text)
    if mark := re.search("[,;]", said):
        said = _parted(said, mark[0])
    marks = [match.start() for match in _MERE_HASH.finditer(text)]
    marks = [mark for mark in marks if said[:mark].strip() and said[mark:].strip()]  # between numbers
    lines = [" ".join(line.split()) + "\n" for line in said.splitlines() if line.strip()]
    if _MASKS.fullmatch("".join(lines)):
        yield _masks(lines)
    elif shared := _SHARED.search(text):
        yield _with_shared_sums(said, shared.start(), marks)
    elif marks:
        yield _blocks(said, marks)
    else:
        yield from _counted(said)


def _parted(text: str, mark: str) -> str:
    """The text with blanks for a mark, which must stand once between any two numbers of a line."""
    field = rf"[ \t]*[^\s{mark}]+[ \t]*"
    for line in re.finditer(r"\S[^\n]*", text):
        if not re.fullmatch(rf"{field}(?:{mark}{field})*", line[0]):
            raise SchemeError(f"{position(text, line.start())}: expected numbers, '{mark}' once between any two")
    return text.replace(mark, " ")


def _numbers(text: str, begin: int = 0, end: int | None = None) -> list[Number]:
    """The numbers in a part of the text.

    Raises:
      SchemeError: something else is there; with line and column.
    """
    part = text[begin:end]
    words = part.split()
    known: dict[str, Number] = {}  # a large file has few different ones
    for word in dict.fromkeys(words):
        try:
            known[word] = number(word)
        except SchemeError as error:
            match = re.search(rf"(?<!\S){re.escape(word)}(?!\S)", part)
            raise SchemeError(f"{position(text, begin + match.start() if match else begin)}: {error}") from None
    return [known[word] for word in words]


def _masks(lines: list[str]) -> Candidate:
    """One product a line over Z2: three integers whose bits say which entries are in the sums over A, B and C.

    The lowest bit is the first entry. The rank may stand above; R may stand before each product.
    """
    rank = None if len(lines[0].split()) > 1 else int(lines[0])
    rows = [line.removeprefix("R ").split() for line in lines[rank is not None :]]
    if rank not in (None, len(rows)):
        raise SchemeError(f"expected {rank} products, as the first line says, got {len(rows)}")
    if longest := max((word for row in rows for word in row), key=len)[_LONGEST_MASK:]:
        raise SchemeError(f"expected bit masks of at most {_LONGEST_MASK} digits, got {len(longest)} more")
    masks = [tuple(map(int, row)) for row in rows]
    u, v, w = (max(mask[mode] for mask in masks).bit_length() for mode in range(3))
    size = size_of_modes((u, v, w))
    check_extent(size.modes, len(masks))
    terms = (
        [{bit: 1 for bit in range(mask[mode].bit_length()) if mask[mode] >> bit & 1} for mask in masks]
        for mode in range(3)
    )
    factors = [matrix_of_terms(part, length) for part, length in zip(terms, size.modes, strict=True)]
    return candidate_of(factors, size, ring="Z2")


def _counted(text: str) -> Iterator[Candidate]:
    """«n m p R», then U, V and W product by product; fractions as pairs «numerator denominator» throughout.

    A file of several schemes begins with their count. Without counts there may be three blocks, parted by empty lines.

    Raises:
      SchemeError: another number of numbers than the counts say.
    """
    values = _numbers(text)
    options = [(0, 1, 1), (0, 1, 2)]  # where the schemes begin, how many there are, numbers per coefficient
    if values and 1 <= values[0] <= len(values) and isinstance(values[0], int):
        options += [(1, values[0], 1), (1, values[0], 2)]
    for start, count, width in options:
        ends = _ends(values, start, count, width)
        if ends is not None:
            for position_, (begin, end) in enumerate(ends, start=1):
                yield _counted_candidate(values[begin:end], width, str(position_) if start else "")
            return
    gaps = [match.start() for match in re.finditer(r"\n[ \t]*(?=\n)", text.strip("\n"))]
    if gaps:
        yield _blocks(text, [gap + len(text) - len(text.lstrip("\n")) for gap in gaps])
        return
    raise SchemeError(
        f"expected «n m p R» and R (nm + mp + pn) coefficients, or three blocks, got {len(values)} numbers"
    )


def _ends(values: list[Number], start: int, count: int, width: int) -> list[tuple[int, int]] | None:
    """Begin and end of each scheme, if they fill the file exactly."""
    ends = []
    for _ in range(count):
        head = values[start : start + 4]
        if len(head) < 4 or not all(isinstance(value, int) and 0 <= value < 10**9 for value in head):
            return None
        n, m, p, rank = map(int, head)
        end = start + 4 + width * rank * (n * m + m * p + p * n)
        ends.append((start, end))
        if end > len(values):
            return None
        start = end
    return ends if start == len(values) else None


def _counted_candidate(values: list[Number], width: int, label: str) -> Candidate:
    n, m, p, rank = map(int, values[:4])
    size = checked_size(n, m, p)
    if not rank:
        raise SchemeError(f"{size.name}: expected at least one term")
    check_extent(size.modes, rank)
    rest, factors = values[4:], []
    for length, name in zip(size.modes, "uvw", strict=True):
        entries, rest = rest[: width * rank * length], rest[width * rank * length :]
        if width == 2:
            entries = [number(f"{above}/{below}") for above, below in zip(entries[::2], entries[1::2], strict=True)]
        factors.append(matrix_of_rows([entries[row::length] for row in range(length)], name))
    return candidate_of(factors, size, label)


def _blocks(text: str, marks: list[int]) -> Candidate:
    """Three blocks of lines, parted at some places of the text: rows are entries and columns products, or turned."""
    blocks = [block for block in _number_blocks(text, 0, marks, len(text)) if block]
    if len(blocks) != 3:
        raise SchemeError(f"expected three blocks, parted by a line that is a mere # or empty, got {len(blocks)}")
    return candidate_of(rank_last([matrix_of_rows(block, name) for block, name in zip(blocks, "uvw", strict=True)]))


def _number_blocks(text: str, begin: int, marks: Iterable[int], end: int) -> Iterator[list[list[Number]]]:
    """The rows of numbers in each part of the text."""
    for first, last in pairwise([begin, *marks, end]):
        lines = (match.span() for match in re.finditer(r"\S.*", text[first:last]))
        yield [_numbers(text, first + start, first + stop) for start, stop in lines]


def _with_shared_sums(text: str, middle: int, marks: list[int]) -> Candidate:
    """fast-matmul's files with fewer additions: three blocks, and in the middle begin up to three of shared sums.

    A row of these defines a sum over the entries of A or B, or over the products. The sums over entries have the last
    rows of the first two blocks, those over products have the last columns of the third.
    """
    blocks = [block for block in _number_blocks(text, 0, [mark for mark in marks if mark < middle], middle) if block]
    shared = list(_number_blocks(text, middle, [mark for mark in marks if mark > middle], len(text)))
    if len(blocks) != 3 or len(shared) > 3:
        raise SchemeError(
            f"expected three blocks and at most three of shared sums, got {len(blocks)} and {len(shared)}"
        )
    u, v, w = blocks
    shared += [[]] * (3 - len(shared))
    for rows, name in zip(blocks, "uvw", strict=True):
        matrix_of_rows(rows, name)  # rows of one length
    rank = len(u[0])
    lengths = (len(u) - len(shared[0]), len(v) - len(shared[1]), len(w))
    if len(v[0]) != rank or len(w[0]) != rank + len(shared[2]) or min(lengths) < 1:
        raise SchemeError("expected a row for each entry and shared sum, and a column for each product")
    check_extent(lengths, rank)
    sides = [
        _expanded(zip(*block, strict=True), sums, length)
        for block, sums, length in zip((u, v), shared, lengths, strict=False)
    ]
    outputs = _expanded(w, shared[2], rank)
    columns = [{row: form[column] for row, form in enumerate(outputs) if column in form} for column in range(rank)]
    return candidate_of(
        [matrix_of_terms(terms, length) for terms, length in zip([*sides, columns], lengths, strict=True)]
    )


def _expanded(forms: Iterable[Sequence[Number]], sums: list[list[Number]], length: int) -> list[dict[int, Number]]:
    """Forms over `length` inputs and over sums of these, which may take the sums before them, put in."""
    known: list[dict[int, Number]] = [{index: 1} for index in range(length)]
    for row in sums:
        if not length <= len(row) <= len(known):
            raise SchemeError(f"expected {length} numbers in a row of shared sums, got {len(row)}")
        known.append(combination(zip(row, known, strict=False)))
    return [combination(zip(form, known, strict=True)) for form in forms]


def read_bini(text: str) -> Iterator[Candidate]:
    """«Bini n m p R», a line of headings, then for each product its number; row of C; row of A; row of B."""
    text = re.sub(HASH, blank, plain(text))
    lines = [match.span() for match in re.finditer(r"\S.*", text)]
    head = _numbers(text, lines[0][0] + len("Bini"), lines[0][1])
    if len(head) != 4 or not all(isinstance(value, int) and 0 <= value < 10**6 for value in head):
        raise SchemeError(
            f"{position(text, lines[0][0])}: expected «Bini n m p R», got {short(text[slice(*lines[0])])}"
        )
    n, m, p, rank = map(int, head)
    size = checked_size(n, m, p)
    check_extent(size.modes, rank)
    rows = lines[
        1 + any(text[begin:end].split() == ["product", "Gamma", "Alpha", "Beta"] for begin, end in lines[1:2]) :
    ]
    if len(rows) != rank:
        raise SchemeError(f"expected {rank} rows «product; C; A; B», got {len(rows)}")
    columns: list[list[list[Number]]] = [[], [], []]
    for count, (begin, end) in enumerate(rows, start=1):
        parts = [_numbers(text, begin + first, begin + last) for first, last in _parts(text[begin:end])]
        if [len(part) for part in parts] != [1, size.modes[2], *size.modes[:2]] or parts[0] != [count]:
            raise SchemeError(
                f"{position(text, begin)}: expected «{count}; row of C; row of A; row of B» of {size.name}"
            )
        for column, part in zip(columns, (parts[2], parts[3], parts[1]), strict=True):
            column.append(part)
    factors = [
        matrix_of_rows(list(zip(*column, strict=True)), name) for column, name in zip(columns, "uvw", strict=True)
    ]
    yield candidate_of(factors, size)


def _parts(line: str) -> Iterator[tuple[int, int]]:
    """Begin and end of the parts of a line between semicolons."""
    begin = 0
    for part in line.split(";"):
        yield begin, begin + len(part)
        begin += len(part) + 1
