"""Plain numbers in rows: one line each for U, V, W after «n m p R»; coefficient blocks parted by #; Bini tables."""

from __future__ import annotations

from collections.abc import Iterator

from stages.errors import SchemeError
from stages.exchange.formats.candidate import (
    Candidate,
    Number,
    candidate_of,
    check_extent,
    checked_size,
    matrix_of_rows,
    number,
    short,
)


def read_lines(text: str) -> Iterator[Candidate]:
    """«n m p R», then U, V and W product by product; fractions as pairs «numerator denominator» throughout.

    A file of several schemes begins with their count.

    Raises:
      SchemeError: another number of numbers than the counts say.
    """
    words = " ".join(line for line in text.splitlines() if not line.startswith("#")).split()
    first = _numbers(words[:5])
    options = [(0, 1, 1), (0, 1, 2)]  # where the schemes begin, how many there are, words per coefficient
    if first and 1 <= first[0] <= len(words):
        options += [(1, first[0], 1), (1, first[0], 2)]
    for start, count, width in options:
        ends = _ends(words, start, count, width)
        if ends is not None:
            for position, (begin, end) in enumerate(ends, start=1):
                label = str(position) if start else ""
                yield _lines_candidate(_numbers(words[begin:end]), width, label)
            return
    raise SchemeError(f"expected «n m p R» and R (nm + mp + pn) coefficients, got {len(words)} numbers")


def _numbers(words: list[str]) -> list[int]:
    values = [number(word) for word in words]
    integers = [value for value in values if isinstance(value, int)]
    if len(integers) < len(values):
        raise SchemeError("expected integers, or pairs of them")
    return integers


def _ends(words: list[str], start: int, count: int, width: int) -> list[tuple[int, int]] | None:
    """Begin and end of each scheme, if they fill the file exactly."""
    ends = []
    for _ in range(count):
        head = words[start : start + 4]
        if len(head) < 4 or not all(word.isascii() and word.isdigit() and len(word) <= 9 for word in head):
            return None
        n, m, p, rank = map(int, head)
        end = start + 4 + width * rank * (n * m + m * p + p * n)
        ends.append((start, end))
        if end > len(words):
            return None
        start = end
    return ends if start == len(words) else None


def _lines_candidate(values: list[int], width: int, label: str) -> Candidate:
    n, m, p, rank = values[:4]
    size = checked_size(n, m, p)
    if not rank:
        raise SchemeError(f"{size.name}: expected at least one term")
    check_extent(size.modes, rank)
    rest, factors = values[4:], []
    for length, name in zip(size.modes, "uvw", strict=True):
        part, rest = rest[: width * rank * length], rest[width * rank * length :]
        entries: list[Number] = [*part]
        if width == 2:
            entries = [number(f"{above}/{below}") for above, below in zip(part[::2], part[1::2], strict=True)]
        rows = [entries[row::length] for row in range(length)]
        factors.append(matrix_of_rows(rows, name))
    return candidate_of(factors, size, label)


def read_blocks(text: str) -> Iterator[Candidate]:
    """Three blocks, rows are entries and columns products, parted by lines that are a mere #."""
    blocks: list[list[list[Number]]] = [[]]
    for line in text.splitlines():
        line = line.strip()
        if line == "#":
            blocks.append([])
        elif line and not line.startswith("#"):
            blocks[-1].append([number(word) for word in line.split()])
    blocks = [block for block in blocks if block]
    if len(blocks) != 3:
        raise SchemeError(f"expected three blocks parted by #, got {len(blocks)}")
    yield candidate_of([matrix_of_rows(block, name) for block, name in zip(blocks, "uvw", strict=True)])


def read_bini(text: str) -> Iterator[Candidate]:
    """«Bini n m p R», then for each product its number; row of C; row of A; row of B, parted by semicolons."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    head = lines[0].split()
    if len(head) != 5 or not all(word.isascii() and word.isdigit() and len(word) <= 6 for word in head[1:]):
        raise SchemeError(f"expected «Bini n m p R», got {short(lines[0])}")
    n, m, p, rank = map(int, head[1:])
    size = checked_size(n, m, p)
    check_extent(size.modes, rank)
    products = [[part.split() for part in line.split(";")] for line in lines[1:] if ";" in line]
    if len(products) != rank or any(len(parts) != 4 for parts in products):
        raise SchemeError(f"expected {rank} rows «product; C; A; B», got {len(products)}")
    factors = []
    for place, name in ((2, "u"), (3, "v"), (1, "w")):
        rows = [[number(word) for word in parts[place]] for parts in products]
        if len({len(row) for row in rows}) != 1:
            raise SchemeError(f"factor {name}: expected rows of one length")
        factors.append(matrix_of_rows(list(zip(*rows, strict=True)), name))
    yield candidate_of(factors, size)
