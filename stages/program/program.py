"""A bilinear algorithm as data: sums of blocks of A, sums of blocks of B, products of these, sums that give C.

Here the third mode of a scheme (C transposed, row k*n + i) becomes the blocks of C (i*p + k); nothing after this
border transposes. Blocks are numbered by rows: A i*m + j, B j*p + k, C i*p + k. Over Q the last sums give
denominator * C; over Z2 everything holds mod 2.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stages.algebra.factors import Scheme, canonical
from stages.algebra.rings import RINGS, Ring, reduced_to
from stages.algebra.targets import Size, parse_size
from stages.errors import SchemeError
from stages.program.subexpressions import TRIES, share
from stages.program.sums import Combination, Sums, matrix


@dataclass(frozen=True)
class Program:
    """A straight-line program for one size of matrix product.

    Attributes:
      size: blocks of A are [n, m], of B [m, p], of C [n, p].
      ring: what it holds over.
      denominator: of the result; 1 but over Q.
      left: n*m blocks of A -> one left operand per product.
      right: m*p blocks of B -> one right operand per product.
      output: products -> n*p blocks of C.
    Raises:
      SchemeError: the parts do not fit together.
    """

    size: Size
    ring: Ring
    denominator: int
    left: Sums
    right: Sums
    output: Sums

    def __post_init__(self) -> None:
        n, m, p = self.size
        products = self.output.inputs
        got = [self.left.inputs, self.right.inputs, len(self.left.outputs), len(self.right.outputs)]
        got.append(len(self.output.outputs))
        if got != [n * m, m * p, products, products, n * p]:
            raise SchemeError(
                f"program {self.size.name} with {products} products: expected inputs, operands and outputs "
                f"{[n * m, m * p, products, products, n * p]}, got {got}"
            )
        if self.denominator < 1 or (self.denominator > 1 and self.ring != "Q"):
            raise SchemeError(f"program over {self.ring}: denominator {self.denominator} is not possible there")

    @property
    def products(self) -> int:
        return self.output.inputs

    @cached_property
    def matrices(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What the parts compute, with R products: left [R, nm], right [R, mp], output [np, R]; 0 and 1 over Z2."""
        left, right, output = (reduced_to(matrix(part), self.ring) for part in (self.left, self.right, self.output))
        return left, right, output


def from_scheme(scheme: Scheme, tries: int = TRIES) -> Program:
    """The program of a scheme, common subexpressions shared; equal hashes give equal programs.

    Terms with a zero factor need no product and are dropped.

    Args:
      tries: ways of sharing that are tried out for each part.
    Raises:
      SchemeError: a block of C that no term reaches (so it is no matrix product).
    """
    n, _, p = scheme.size
    factors = canonical(scheme.factors, scheme.ring)
    used = np.flatnonzero(np.all([matrix.any(axis=0) for matrix in factors], axis=0))
    u, v, w = (matrix[:, used] for matrix in factors)
    c = w.reshape(p, n, -1).transpose(1, 0, 2).reshape(n * p, -1)  # row k*n + i -> row i*p + k
    return Program(scheme.size, scheme.ring, scheme.denominator, *(share(rows, tries) for rows in (u.T, v.T, c)))


_PARTS = ("left", "right", "output")
_KEYS = ("size", "ring", "denominator", *_PARTS)
_SUMS_KEYS = ("inputs", "temporaries", "outputs")


def to_json(program: Program) -> str:
    """One line of JSON; equal programs give equal text."""
    parts = {name: {key: getattr(getattr(program, name), key) for key in _SUMS_KEYS} for name in _PARTS}
    head = {"size": program.size.name, "ring": program.ring, "denominator": program.denominator}
    return json.dumps(head | parts, separators=(",", ":"))


def from_json(text: str) -> Program:
    """Reads what `to_json` wrote.

    Raises:
      SchemeError: not JSON, other keys, not integers, or parts that `Program` refuses.
    """
    try:
        given = _object(json.loads(text), _KEYS, "program")
    except (json.JSONDecodeError, RecursionError) as error:
        raise SchemeError(f"program: not JSON ({error})") from None
    if not isinstance(given["size"], str):
        raise SchemeError(f"program: expected a size such as 2x2x2, got {given['size']!r}")
    if given["ring"] not in RINGS:
        raise SchemeError(f"program: expected a ring of {', '.join(RINGS)}, got {given['ring']!r}")
    sums = (_sums(given[name], name) for name in _PARTS)
    return Program(parse_size(given["size"]), given["ring"], _integer(given["denominator"]), *sums)


def _object(given: object, keys: tuple[str, ...], place: str) -> dict[str, object]:
    if not isinstance(given, dict) or sorted(given) != sorted(keys):
        got = sorted(given) if isinstance(given, dict) else type(given).__name__
        raise SchemeError(f"{place}: expected an object with {list(keys)}, got {got}")
    return given


def _sums(given: object, place: str) -> Sums:
    sums = _object(given, _SUMS_KEYS, f"program, {place}")
    return Sums(_integer(sums["inputs"]), *(_combinations(sums[key]) for key in ("temporaries", "outputs")))


def _combinations(given: object) -> tuple[Combination, ...]:
    return tuple(tuple((_integer(c), _integer(r)) for c, r in map(_pair, _list(each))) for each in _list(given))


def _list(given: object) -> list[object]:
    if not isinstance(given, list):
        raise SchemeError(f"program: expected a list, got {given!r}")
    return given


def _pair(given: object) -> list[object]:
    pair = _list(given)
    if len(pair) != 2:
        raise SchemeError(f"program: expected a pair of coefficient and register, got {given!r}")
    return pair


def _integer(given: object) -> int:
    if type(given) is not int:
        raise SchemeError(f"program: expected an integer, got {given!r}")
    return given
