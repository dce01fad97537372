"""The index of the walks: which terms share a factor. And their random stream. Compiled by Numba.

Lowest level of the stage, below `flips` and `cyclic`. Equal factors are found through one chained hash table per mode;
the pairs of terms that share a factor stand in a list with a table of positions, so a uniform draw costs O(1).

All integers are unsigned: Numba turns uint64 with int64 into float64, and signed indices cost a wraparound test. This
module stays outside the jaxtyping hook of the tests: a wrapped function cannot be compiled.
"""

from __future__ import annotations

import numpy as np

from stages.compiled import compiled

U = np.uint64
ZERO, ONE, TWO, THREE, HALF = U(0), U(1), U(2), U(3), U(32)
GOLDEN = U(0x9E3779B97F4A7C15)  # step of splitmix64 and multiplier of the hash
NOBODY = U(0xFFFFFFFF)  # end of a hash chain

# The index derived from the words, passed as bare arrays because tuples of arrays are reference-counted (4x slower):
#   heads     first term of each bucket of the hash table, [4 * buckets]
#   nexts     the term after each in its bucket, [4 * capacity]
#   pairs     codes of the pairs of terms that share a factor, in no order; code = (mode, lower term, higher term)
#   position  place in `pairs` of each code
# `bits` is log2 of the capacity, `count` the number of pairs.


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
def bucket(mode, word, bits):
    """Four buckets per term keep chains near length one."""
    width = bits + TWO
    return (mode << width) | ((word * GOLDEN) >> (U(64) - width))


@compiled
def code_of(mode, r, s, bits):
    return (((mode << bits) | min(r, s)) << bits) | max(r, s)


@compiled
def leave(words, heads, nexts, pairs, position, bits, mode, r, count):
    """Takes term r out of the chain and the pairs of one mode; returns the number of pairs."""
    base = mode << bits
    word = words[base | r]
    slot = bucket(mode, word, bits)
    previous = NOBODY
    s = U(heads[slot])
    while s != NOBODY:
        after = U(nexts[base | s])
        if s == r:
            if previous == NOBODY:
                heads[slot] = after
            else:
                nexts[base | previous] = after
        else:
            if words[base | s] == word:
                count -= ONE
                place = position[code_of(mode, r, s, bits)]
                moved = pairs[count]
                pairs[place] = moved
                position[moved] = place
            previous = s
        s = after
    return count


@compiled
def enter(words, heads, nexts, pairs, position, bits, mode, r, count):
    """Puts term r into the chain and the pairs of one mode.

    Returns the number of pairs, and whether r now shares two factors with another term.
    """
    base = mode << bits
    word = words[base | r]
    slot = bucket(mode, word, bits)
    second = mode + ONE if mode < TWO else ZERO
    third = THREE - mode - second
    is_reducible = False
    first = U(heads[slot])
    s = first
    while s != NOBODY:
        if words[base | s] == word:
            code = code_of(mode, r, s, bits)
            pairs[count] = code
            position[code] = count
            count += ONE
            is_reducible |= (
                words[(second << bits) | s] == words[(second << bits) | r]
                or words[(third << bits) | s] == words[(third << bits) | r]
            )
        s = U(nexts[base | s])
    nexts[base | r] = first
    heads[slot] = r
    return count, is_reducible


@compiled
def replace(words, heads, nexts, pairs, position, bits, mode, r, word, count):
    """Gives term r another factor in one mode."""
    count = leave(words, heads, nexts, pairs, position, bits, mode, r, count)
    words[(mode << bits) | r] = word
    return enter(words, heads, nexts, pairs, position, bits, mode, r, count)


@compiled
def append(words, heads, nexts, pairs, position, bits, r, count):
    """Enters term r, whose words are set, in all modes."""
    is_reducible = False
    for mode in (ZERO, ONE, TWO):
        count, found = enter(words, heads, nexts, pairs, position, bits, mode, r, count)
        is_reducible |= found
    return count, is_reducible


@compiled
def drop(words, heads, nexts, pairs, position, bits, r, rank, count):
    """Removes term r; the last term takes its number. The rank is then one lower."""
    last = rank - ONE
    for mode in (ZERO, ONE, TWO):
        count = leave(words, heads, nexts, pairs, position, bits, mode, r, count)
        if r != last:
            count = leave(words, heads, nexts, pairs, position, bits, mode, last, count)
            words[(mode << bits) | r] = words[(mode << bits) | last]
    if r != last:
        words[(THREE << bits) | r] = words[(THREE << bits) | last]
        count, _ = append(words, heads, nexts, pairs, position, bits, r, count)
    return count


@compiled
def build(words, heads, nexts, pairs, position, bits, rank):
    """Index of the words; returns the number of pairs and whether a reduction is possible."""
    heads[:] = NOBODY
    count, is_reducible = ZERO, False
    for r in range(rank):
        count, found = append(words, heads, nexts, pairs, position, bits, U(r), count)
        is_reducible |= found
    return count, is_reducible
