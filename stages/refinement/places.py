"""The index of the walks: which places share a packed factor. And their random stream. Compiled by Numba.

A place is one mode of one term: place = mode * capacity + term, with a power of two as capacity. Equal factors are
found through one chained hash table; the pairs of places that share a factor stand in a list with a table of positions,
so a uniform draw costs O(1).

Where the walk knows no symmetry (`Free`), factors of one mode are shared. In the cyclic walk a term stands for an orbit
{a b c, b c a, c a b} (`Cyclic`): all factors live in one space, and whatever modes they are of they are shared, but not
by the modes of one term. With the reversal a -> a' of all three factors, too (`CyclicReversal`), a factor is shared by
whoever has it or its reversal. A symmetry comes first, and its type decides, as the ring does in `arithmetic`.

Like that module, this one is outside the jaxtyping hook of the tests, and all its integers are unsigned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba.extending import overload

from stages.compiled import compiled

U = np.uint64
ZERO, ONE, TWO, THREE, FOUR, HALF = U(0), U(1), U(2), U(3), U(4), U(32)
GOLDEN = U(0x9E3779B97F4A7C15)  # step of splitmix64 and multiplier of the hash
NOBODY = U(0xFFFFFFFF)  # end of a hash chain


class Free(NamedTuple):
    """No symmetry.

    Attributes:
      orbit: terms that one numbered term stands for.
    """

    orbit: int = 1


class Cyclic(NamedTuple):
    """The scheme stays the same when the factors of every term move on by one mode. Attributes as of `Free`."""

    orbit: int = 3


class CyclicReversal(NamedTuple):
    """It stays the same when all factors are reversed, too, which exchanges the halves of a word."""

    orbit: int = 6


Symmetry = Free | Cyclic | CyclicReversal


def _by_symmetry(symmetry, free: Callable, cyclic: Callable, reversal: Callable) -> Callable:
    return {Free: free, Cyclic: cyclic, CyclicReversal: reversal}[symmetry.instance_class]


# The index derived from the factors, passed as bare arrays because tuples of arrays are reference-counted (4x slower):
#   heads     first place of each bucket of the hash table, [64 * capacity]
#   nexts     the place after each in its bucket, [4 * capacity]
#   pairs     codes of the pairs of places whose factors are alike, in no order; see `code_of`
#   position  where in `pairs` each code stands, [16 * capacity^2]
# `bits` is log2 of the capacity, `count` the number of pairs.


@compiled
def empty_index(bits):
    """Arrays for `build`."""
    heads, nexts = np.empty(U(64) << bits, np.uint32), np.empty(U(4) << bits, np.uint32)
    codes = U(16) << (bits + bits)
    return heads, nexts, np.empty(codes, np.uint32), np.empty(codes, np.uint32)


@compiled
def copy(target, source):
    """Elements one by one: with an assignment of arrays Numba compiles the text of its error, for seconds."""
    for i in range(target.size):
        target[i] = source[i]


@compiled
def mix(state):
    """Output of splitmix64 at this state."""
    z = (state ^ (state >> U(30))) * U(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> U(27))) * U(0x94D049BB133111EB)
    return z ^ (z >> U(31))


@compiled
def reverse(factor):
    """A factor reversed."""
    return (factor << HALF) | (factor >> HALF)


def image(symmetry, factor, is_reversed):
    """The factor, or its reversal."""
    raise NotImplementedError


@overload(image, jit_options={"forceinline": True})
def _image(symmetry, factor, is_reversed):
    def same(symmetry, factor, is_reversed):
        return factor

    def reversal(symmetry, factor, is_reversed):
        return reverse(factor) if is_reversed else factor

    return _by_symmetry(symmetry, same, same, reversal)


def are_alike(symmetry, one, other):
    """Whether the symmetry takes a factor to another."""
    raise NotImplementedError


@overload(are_alike, jit_options={"forceinline": True})
def _are_alike(symmetry, one, other):
    def equal(symmetry, one, other):
        return one == other

    def reversal(symmetry, one, other):
        return one == other or one == reverse(other)

    return _by_symmetry(symmetry, equal, equal, reversal)


def is_taken_reversed(symmetry, one, other, bit):
    """Whether the reversal takes a factor to one like it; `bit` draws where both it and the identity do."""
    raise NotImplementedError


@overload(is_taken_reversed, jit_options={"forceinline": True})
def _is_taken_reversed(symmetry, one, other, bit):
    def never(symmetry, one, other, bit):
        return False

    def reversal(symmetry, one, other, bit):
        return one == reverse(other) and (one != other or bit != ZERO)

    return _by_symmetry(symmetry, never, never, reversal)


def share_two(symmetry, a, b, other_a, other_b):
    """Whether one element takes a to a factor like it, and b to another; and whether it reverses."""
    raise NotImplementedError


@overload(share_two, jit_options={"forceinline": True})
def _share_two(symmetry, a, b, other_a, other_b):
    def equal(symmetry, a, b, other_a, other_b):
        return b == other_b, False

    def reversal(symmetry, a, b, other_a, other_b):
        if a == other_a and b == other_b:
            return True, False
        is_shared = reverse(a) == other_a and reverse(b) == other_b
        return is_shared, is_shared

    return _by_symmetry(symmetry, equal, equal, reversal)


def is_nothing(symmetry, a, b, c):
    """Whether the terms of an orbit cancel modulo 2, all of which come twice."""
    raise NotImplementedError


@overload(is_nothing, jit_options={"forceinline": True})
def _is_nothing(symmetry, a, b, c):
    def never(symmetry, a, b, c):
        return False

    def reversal(symmetry, a, b, c):
        return a == reverse(a) and b == reverse(b) and c == reverse(c)

    return _by_symmetry(symmetry, never, never, reversal)


def bucket(symmetry, place, factor, bits):
    """Where the chain of a factor begins.

    Over sixteen buckets per factor: two factors in one chain are what the processor guesses wrong (with four buckets a
    flip over Z2 took an eighth longer).
    """
    raise NotImplementedError


@overload(bucket, jit_options={"forceinline": True})
def _bucket(symmetry, place, factor, bits):
    def free(symmetry, place, factor, bits):
        width = bits + FOUR
        return ((place >> bits) << width) | ((factor * GOLDEN) >> (U(64) - width))

    def cyclic(symmetry, place, factor, bits):
        return (factor * GOLDEN) >> (U(58) - bits)

    def reversal(symmetry, place, factor, bits):
        return (min(factor, reverse(factor)) * GOLDEN) >> (U(58) - bits)

    return _by_symmetry(symmetry, free, cyclic, reversal)


def can_share(symmetry, place, other, bits):
    """Whether two places of a bucket that hold factors alike are a pair."""
    raise NotImplementedError


@overload(can_share, jit_options={"forceinline": True})
def _can_share(symmetry, place, other, bits):
    def free(symmetry, place, other, bits):
        return True

    def cyclic(symmetry, place, other, bits):
        mask = (ONE << bits) - ONE
        return (place & mask) != (other & mask)

    return _by_symmetry(symmetry, free, cyclic, cyclic)


@compiled
def following(place, bits):
    """The place of the same term in the next mode, cyclically."""
    return place + (ONE << bits) if place >> bits < TWO else place - (TWO << bits)


def rotated(symmetry, mode, z, bits):
    """First place of a mode, or of the one that a random rotation of the orbit brings there, from 16 bits of z."""
    raise NotImplementedError


@overload(rotated, jit_options={"forceinline": True})
def _rotated(symmetry, mode, z, bits):
    def free(symmetry, mode, z, bits):
        return mode << bits

    def cyclic(symmetry, mode, z, bits):
        return ((mode + ((((z >> U(8)) & U(0xFFFF)) * THREE) >> U(16))) % THREE) << bits

    return _by_symmetry(symmetry, free, cyclic, cyclic)


def code_of(symmetry, place, other, bits):
    """The number of a pair of places. Without a symmetry both are of one mode, and the table of positions is small."""
    raise NotImplementedError


@overload(code_of, jit_options={"forceinline": True})
def _code_of(symmetry, place, other, bits):
    def free(symmetry, place, other, bits):
        return (min(place, other) << bits) | (max(place, other) & ((ONE << bits) - ONE))

    def cyclic(symmetry, place, other, bits):
        return (min(place, other) << (bits + TWO)) | max(place, other)

    return _by_symmetry(symmetry, free, cyclic, cyclic)


def places_of(symmetry, code, bits):
    """The pair of places of a number, the lower one first."""
    raise NotImplementedError


@overload(places_of, jit_options={"forceinline": True})
def _places_of(symmetry, code, bits):
    def free(symmetry, code, bits):
        place, mask = code >> bits, (ONE << bits) - ONE
        return place, (place & ~mask) | (code & mask)

    def cyclic(symmetry, code, bits):
        return code >> (bits + TWO), code & ((ONE << (bits + TWO)) - ONE)

    return _by_symmetry(symmetry, free, cyclic, cyclic)


@compiled
def leave(symmetry, factors, heads, nexts, pairs, position, bits, place, count):
    """Takes a place out of its chain and out of the pairs; returns the number of pairs."""
    factor = factors[place]
    head = bucket(symmetry, place, factor, bits)
    previous = NOBODY
    other = U(heads[head])
    while other != NOBODY:
        after = U(nexts[other])
        if other == place:
            if previous == NOBODY:
                heads[head] = after
            else:
                nexts[previous] = after
        else:
            if are_alike(symmetry, factors[other], factor) and can_share(symmetry, place, other, bits):
                count -= ONE
                hole = position[code_of(symmetry, place, other, bits)]
                moved = pairs[count]
                pairs[hole] = moved
                position[moved] = hole
            previous = other
        other = after
    return count


@compiled
def enter(symmetry, factors, heads, nexts, pairs, position, bits, place, count):
    """Puts a place into its chain and into the pairs.

    Returns the number of pairs, and whether its term now shares two factors, and these in the same order of modes, with
    another, or is nothing at all.
    """
    factor = factors[place]
    head = bucket(symmetry, place, factor, bits)
    second = following(place, bits)
    third = following(second, bits)
    is_reducible = is_nothing(symmetry, factor, factors[second], factors[third])
    first = U(heads[head])
    other = first
    while other != NOBODY:
        like = factors[other]
        if are_alike(symmetry, like, factor) and can_share(symmetry, place, other, bits):
            code = code_of(symmetry, place, other, bits)
            pairs[count] = code
            position[code] = count
            count += ONE
            beside = following(other, bits)
            is_reducible |= (
                share_two(symmetry, factor, factors[second], like, factors[beside])[0]
                or share_two(symmetry, factor, factors[third], like, factors[following(beside, bits)])[0]
            )
        other = U(nexts[other])
    nexts[place] = first
    heads[head] = place
    return count, is_reducible


@compiled
def replace(symmetry, factors, heads, nexts, pairs, position, bits, place, factor, count):
    """Puts another factor into a place."""
    count = leave(symmetry, factors, heads, nexts, pairs, position, bits, place, count)
    factors[place] = factor
    return enter(symmetry, factors, heads, nexts, pairs, position, bits, place, count)


@compiled
def append(symmetry, factors, heads, nexts, pairs, position, bits, term, count):
    """Enters a term, whose factors are set, in all modes."""
    is_reducible = False
    for mode in (ZERO, ONE, TWO):
        place = (mode << bits) | term
        count, found = enter(symmetry, factors, heads, nexts, pairs, position, bits, place, count)
        is_reducible |= found
    return count, is_reducible


@compiled
def drop(symmetry, factors, heads, nexts, pairs, position, bits, term, terms, count):
    """Removes a term; the last one takes its number. There is then one less."""
    last = terms - ONE
    for mode in (ZERO, ONE, TWO):
        base = mode << bits
        count = leave(symmetry, factors, heads, nexts, pairs, position, bits, base | term, count)
        if term != last:
            count = leave(symmetry, factors, heads, nexts, pairs, position, bits, base | last, count)
            factors[base | term] = factors[base | last]
    if term != last:
        factors[(THREE << bits) | term] = factors[(THREE << bits) | last]
        count, _ = append(symmetry, factors, heads, nexts, pairs, position, bits, term, count)
    return count


@compiled
def build(symmetry, factors, heads, nexts, pairs, position, bits, terms):
    """Index of the factors; returns the number of pairs and whether a reduction is possible."""
    heads[:] = NOBODY
    count, is_reducible = ZERO, False
    for term in range(terms):
        count, found = append(symmetry, factors, heads, nexts, pairs, position, bits, U(term), count)
        is_reducible |= found
    return count, is_reducible
