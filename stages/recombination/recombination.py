"""Recombination: schemes of large sizes from held ones applied to blocks (AlphaTensor, «Recombination»).

A base <a, b, c> multiplies block matrices whose axes are split in any way, n = n_1 + .. + n_a and so on, a block of
length 0 being none. Its product r needs only the rows that its sum of blocks of A has and its sum into C wants, so it
costs the rank of a part n_r x m_r x p_r, with

    n_r = min(longest n_i among block rows of u_r, longest n_i among block columns of w_r),

and m_r, p_r alike. Parts are smaller than the whole: one pass over the sizes by n + m + p finds the lowest sum of each,
exactly, over all bases, all orders of the axes, and all splits with blocks that differ by at most one on two axes and
any blocks on the third. (Splits uneven on more axes lowered no rank up to 12x12x12 when they were tried.) Even splits
give Kronecker products, splits of the standard 1x1x2 put schemes side by side, blocks of length 0 project.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int, Int32, UInt8, UInt16

from stages.algebra.factors import Scheme, standard
from stages.algebra.moves import reduced
from stages.algebra.symmetry import (
    MODE_AXES,
    as_matrices,
    from_matrices,
    orientation,
    oriented,
    sorted_scheme,
    sorted_size,
)
from stages.algebra.targets import Size
from stages.contract.candidates import Candidate
from stages.contract.origin import Origin
from stages.contract.progress import Progress
from stages.recombination.splits import cheapest, splits

RECOMBINATION = Origin("recombination")

Split = tuple[int, ...]
Ranks = Int32[np.ndarray, "n m p"]


class Bases(NamedTuple):
    """Schemes of one size and rank, ready for the search.

    Attributes:
      schemes: no two alike in the blocks that their products touch.
      even, free: by axis, then by its length: uint16 [schemes, splits, R], the length that each split leaves each
        product, times the stride of the axis in the table of ranks. Blocks that differ by at most one, and any.
    """

    schemes: Sequence[Scheme]
    even: Sequence[Sequence[np.ndarray]]
    free: Sequence[Sequence[np.ndarray]]


class Recombination(NamedTuple):
    """A base on blocks.

    Attributes:
      rank: sum of the ranks of the parts; a scheme built from it has a lower one where terms coincide.
      splits: lengths of the blocks along the three axes of the base.
    """

    rank: int
    base: Scheme
    splits: tuple[Split, Split, Split]


def recombine(limits: Sequence[Size], given: Sequence[Scheme], most_blocks: int) -> list[Candidate]:
    """A scheme of each size that fits into one of the limits, where it has a lower rank than what is given.

    Over Z2 only ranks that are lower than those over Z. Nothing is drawn at random and nothing saved: a run that was
    killed begins again.

    Args:
      given: schemes over Z2 and Z; of each size those of the lowest rank are bases and parts.
      most_blocks: along an axis of a base.
    """
    sizes = sizes_within(limits)
    longest = max(size.p for size in sizes)
    progress = Progress("recombination", 2 * len(sizes), "sizes")
    parts: dict[Size, Scheme] = {}
    found: list[Candidate] = []
    for ring_number, ring in enumerate(("Z", "Z2")):  # a part over Z is one over Z2, too
        held = lowest(given, ring)
        bases = prepare([scheme for size in sorted(held) for scheme in held[size]], longest, most_blocks)
        ranks = naive_ranks(longest)
        for number, size in enumerate(sizes, 1):
            known = [*held.get(size, ())[:1], *filter(None, [parts.get(size)]), standard(size.target)]
            parts[size] = min(known, key=lambda scheme: scheme.rank)
            enter(ranks, size, parts[size].rank)
            best = cheapest_recombination(bases, ranks, size)
            if best is not None:
                parts[size] = build(best, parts, ring)
                enter(ranks, size, parts[size].rank)
                found.append(Candidate(parts[size], RECOMBINATION, best.base.hash, 0, 0))
            progress.update(ring_number * len(sizes) + number, f"{size.name} rank {parts[size].rank} over {ring}")
    return found


def lowest(given: Iterable[Scheme], ring: str) -> dict[Size, list[Scheme]]:
    """By size the schemes of the lowest rank that hold over a ring."""
    held: dict[Size, dict[int, list[Scheme]]] = {}
    for scheme in given:
        if scheme.ring in (ring, "Z"):
            held.setdefault(scheme.target.size, {}).setdefault(scheme.rank, []).append(scheme)
    return {size: by_rank[min(by_rank)] for size, by_rank in held.items()}


def sizes_within(limits: Iterable[Size]) -> list[Size]:
    """All sizes n <= m <= p with 2 <= n that fit into one of the limits, parts before the whole.

    A product with a row or a column has no lower rank than that of the standard algorithm.
    """
    limits = list(limits)
    longest = max(limit.p for limit in limits)
    sizes = (Size(*size) for size in itertools.combinations_with_replacement(range(2, longest + 1), 3))
    fitting = [s for s in sizes if any(s.n <= limit.n and s.m <= limit.m and s.p <= limit.p for limit in limits)]
    return sorted(fitting, key=lambda size: (sum(size), size))


def naive_ranks(longest: int) -> Ranks:
    """The table of ranks [n, m, p], all in 0..longest, of the standard algorithm."""
    lengths = np.arange(longest + 1, dtype=np.int32)
    return np.einsum("n,m,p->nmp", lengths, lengths, lengths)


def enter(ranks: Ranks, size: Size, rank: int) -> None:
    """Puts a rank into the table, in all orders of the size."""
    for order in itertools.permutations(size):
        ranks[order] = rank


def prepare(schemes: Iterable[Scheme], longest: int, most_blocks: int) -> list[Bases]:
    """Bases from the standard 1x1x2 and schemes of sizes of up to `most_blocks`, for axes of up to `longest`."""
    alike: dict[tuple[Size, int], dict[bytes, Scheme]] = {}
    for scheme in [*schemes, standard(Size(1, 1, 2).target)]:
        if scheme.target.size.p <= most_blocks:
            alike.setdefault((scheme.target.size, scheme.rank), {}).setdefault(_pattern(scheme), scheme)
    return [_prepare(list(group.values()), longest) for group in alike.values()]


def _prepare(schemes: list[Scheme], longest: int) -> Bases:
    pairs = zip(*map(_touched, schemes), strict=True)  # for each axis, of all schemes
    touched = [tuple(map(np.stack, zip(*of_axis, strict=True))) for of_axis in pairs]

    def reach(axis: int, length: int, are_even: bool) -> UInt16[np.ndarray, "schemes splits R"]:
        stride = np.uint16((longest + 1) ** (2 - axis))
        ways = splits(length, schemes[0].target.size[axis], are_even)
        return stride * _lengths(ways, touched[axis])

    even, free = (
        [[reach(axis, length, are_even) for length in range(longest + 1)] for axis in range(3)]
        for are_even in (True, False)
    )
    return Bases(schemes, even, free)


def _touched(scheme: Scheme) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each axis the blocks that a product touches in the two matrices that carry it: bool [blocks, R] each."""
    u, v, w = (matrix != 0 for matrix in as_matrices(scheme))
    return [(u.any(axis=1), w.any(axis=0)), (u.any(axis=0), v.any(axis=1)), (v.any(axis=0), w.any(axis=1))]


def _pattern(scheme: Scheme) -> bytes:
    """Equal for schemes that cost the same on every size."""
    rows = np.concatenate([blocks for pair in _touched(scheme) for blocks in pair])
    return rows[:, np.lexsort(rows)].tobytes()


def _lengths(
    ways: UInt8[np.ndarray, "splits blocks"], touched: Sequence[Bool[np.ndarray, "*schemes blocks R"]]
) -> UInt8[np.ndarray, "*schemes splits R"]:
    """The length that each split leaves each product along one axis."""
    one, other = ((ways[:, :, None] * blocks[..., None, :, :]).max(axis=-2) for blocks in touched)
    return np.minimum(one, other)


def cheapest_recombination(bases: Iterable[Bases], ranks: Ranks, size: Size) -> Recombination | None:
    """The lowest of all sums of ranks that are below the rank in the table; None if there is none."""
    best, found = int(ranks[size]), None
    for group, order, free in itertools.product(bases, sorted(set(itertools.permutations(size))), range(3)):
        reach = [(group.free if axis == free else group.even)[axis][length] for axis, length in enumerate(order)]
        rank, number, *places = cheapest(ranks.reshape(-1), *reach, best)
        if rank < best:
            base = group.schemes[number]
            chosen = (
                tuple(splits(length, blocks, axis != free)[place].tolist())
                for axis, (length, blocks, place) in enumerate(zip(order, base.target.size, places, strict=True))
            )
            best, found = rank, Recombination(rank, base, tuple(chosen))
    return found


def build(found: Recombination, parts: Mapping[Size, Scheme], ring: str) -> Scheme:
    """The scheme of a recombination: every product of the base becomes the terms of its part.

    Args:
      parts: schemes over `ring`, or over Z, by size; where there is none the standard algorithm serves.
    """
    axes = zip(found.splits, _touched(found.base), strict=True)
    lengths = [_lengths(np.array([split], np.uint8), touched)[0].tolist() for split, touched in axes]  # [axes][R]
    terms: list[list[np.ndarray]] = [[], [], []]
    for r, size in enumerate(itertools.starmap(Size, zip(*lengths, strict=True))):
        if 0 in size:
            continue
        part = parts.get(sorted_size(size)) or standard(sorted_size(size).target)
        part = oriented(part, orientation(part.target.size, size))
        for mode, (rows, cols) in enumerate(MODE_AXES):
            outer, inner = as_matrices(found.base)[mode][:, :, r], as_matrices(part)[mode]
            terms[mode].append(_on_blocks(outer, inner, found.splits[rows], found.splits[cols]))
    u, v, w = (np.concatenate(mode, axis=2) for mode in terms)
    whole = Size(*map(sum, found.splits))
    return sorted_scheme(Scheme(whole.target, ring, reduced(from_matrices((u, v, w)), ring)))


def _on_blocks(
    outer: Int[np.ndarray, "row_blocks col_blocks"],
    inner: Int[np.ndarray, "rows cols rank"],
    row_split: Split,
    col_split: Split,
) -> Int[np.ndarray, "all_rows all_cols rank"]:
    """The factors of a part on the blocks of one factor of the base, each cut to the length of its block."""
    factors = np.zeros((sum(row_split), sum(col_split), inner.shape[2]), np.int64)
    for i, j in np.argwhere(outer):
        height, width = min(row_split[i], inner.shape[0]), min(col_split[j], inner.shape[1])
        row, col = sum(row_split[:i]), sum(col_split[:j])
        factors[row : row + height, col : col + width] = outer[i, j] * inner[:height, :width]
    return factors
