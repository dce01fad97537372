"""Programs whose additions are proven to be fewest, or how far they may be from that.

What a program with integer coefficients computes over Z, it computes modulo 2; so the fewest additions of sums over Z2
(`fewest`) bound those over Z. Where sums over Z2 get signs (`signs`), the bound is reached. The sums of C are read
backwards, as those of the columns of w (Tellegen's theorem). A factor 1/2 in the midst of a program is not covered.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stages.algebra.factors import Scheme, leading_signs
from stages.algebra.rings import Ring, reduced_to
from stages.program.fewest import MADE, MOST_HELPERS, MOST_INPUTS, NODES, is_enough, make_room
from stages.program.program import Program, from_scheme
from stages.program.signs import signed_sums, steps_of
from stages.program.subexpressions import transposed
from stages.program.sums import Sums, matrix

MOST_NODES = 4000  # of the search for one helper more; a node takes about a microsecond
ORDERS = 8  # ways to make sums of pairs for which signs are looked for


class Proven(NamedTuple):
    """A program, and a number of additions such that none of the same scheme has fewer."""

    program: Program
    bound: int


def prove(scheme: Scheme, nodes: int = MOST_NODES) -> Proven:
    """The program of a scheme with the fewest additions, where they are found, else that of `from_scheme`.

    Args:
      nodes: of each search, at most.
    Raises:
      SchemeError: a block of C that no term reaches.
    """
    program = from_scheme(scheme)
    given = transposed(program.output)
    (left, left_bound), (right, right_bound), (columns, bound) = (
        _fewest(sums, scheme.ring, nodes) for sums in (program.left, program.right, given)
    )
    output = program.output if columns is given else transposed(columns)
    more = program.output.additions - given.additions
    proven = Program(scheme.size, scheme.ring, scheme.denominator, left, right, output)
    return Proven(proven, left_bound + right_bound + bound + more)


def tidied(sums: Sums) -> Sums:
    """Without temporaries that go into one sum alone."""
    return transposed(transposed(sums))


def _fewest(sums: Sums, ring: Ring, nodes: int) -> tuple[Sums, int]:
    """The same sums with fewer additions, the fewest that there are, or those given; and a bound of the additions."""
    rows = reduced_to(matrix(sums), ring)
    if ring == "Z3":  # what follows is of sums modulo 2, or over Z, which are sums modulo 2, too
        return sums, _distinct(rows)
    least = _distinct(rows & 1)
    bound = max(_distinct(rows), least)
    if sums.inputs > MOST_INPUTS:
        return sums, bound
    words = (rows & 1) @ (1 << np.arange(sums.inputs))
    room, rng = make_room(), np.random.default_rng(0)
    most = min(sums.additions, least + MOST_HELPERS + 1)
    for additions in range(bound, most):
        is_found = is_enough(room, words, sums.inputs, additions - least, nodes)
        if is_found and words.all():
            for _ in range(ORDERS):
                steps = steps_of(room.made[: room.counts[MADE]], words, sums.inputs, rng)
                found = steps.unsigned() if ring == "Z2" else signed_sums(steps, rows, rng)
                if found:
                    return tidied(found), additions
        if is_found or not room.counts[NODES]:
            return sums, additions
    return sums, most


def _distinct(rows: np.ndarray) -> int:
    """How many outputs are sums of several inputs, and none a multiple of another: each costs an addition."""
    several = rows[np.count_nonzero(rows, axis=1) > 1]
    several = several // np.gcd.reduce(several, axis=1)[:, None]
    return len({row.tobytes() for row in several * leading_signs(several.T)[:, None]})
