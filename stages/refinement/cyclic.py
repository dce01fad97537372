"""The walk among cyclically symmetric schemes over Z2, compiled by Numba (Moosbauer and Poole 2025).

For square sizes the target stays the same when the three factors of every term move on by one place. A scheme that does
so too is some cubes a a a and orbits {a b c, b c a, c a b}; an orbit is kept as one of its three. Cubes stay as they
are: the walk moves orbits, each flip three terms at once, and their number falls in steps of one, the rank in steps of
three. All factors live in one space, so one table finds equal ones in whatever places they stand:

- flip: two orbits that share a factor, turned so that it comes first, a b c + a b' c' = a b (c + c') + a (b + b') c';
- reduction: two orbits that share two neighbouring factors become one;
- plus: as in `flips`, one orbit more.

No flip within one orbit. An orbit a a a is a cube modulo 2: it counts as three here and as one in `terms_of`. The plain
policy (a plus every so often, no pool to return to) is the one that was measured to reach 93 for 5x5x5. Like `pairs`,
this module is outside the jaxtyping hook of the tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from stages.compiled import compiled
from stages.refinement.pairs import GOLDEN, HALF, NOBODY, ONE, THREE, TWO, ZERO, U, mix

PLUS_AFTER = U(16_667)  # flips between two plus transitions, while there are fewer orbits than at the start
RESTART_AFTER = 33_000_000  # flips without fewer orbits before the next attempt
PLUS_DRAWS = 16  # pairs of orbits tried for one plus transition

# Registers of a walker, all in orbits
RNG, ORBITS, BEST, CEILING, WAITED, NUM_REGISTERS = range(6)

Blocks = tuple[tuple[int, ...], ...]


class Walker(NamedTuple):
    """State of one attempt; arrays are changed in place.

    Attributes:
      words: uint64 [4 * capacity]; word `place * capacity + r` is the factor of orbit r in that place (a fourth place
        keeps sizes powers of two).
      cubes: uint64 [cubes], never changed.
      registers: uint64 [NUM_REGISTERS]: random state, orbits now, fewest so far, as many as a plus may reach, flips
        since the last plus or reduction.
    """

    words: np.ndarray
    cubes: np.ndarray
    registers: np.ndarray


def partitions(items: tuple[int, ...]) -> Iterator[Blocks]:
    """All set partitions."""
    if not items:
        yield ()
        return
    first, rest = items[0], items[1:]
    for blocks in partitions(rest):
        yield ((first,), *blocks)
        for place, block in enumerate(blocks):
            yield (*blocks[:place], (first, *block), *blocks[place + 1 :])


def draw_blocks(rng: np.random.Generator, n: int) -> Blocks:
    """A uniformly random partition of the diagonal of an n x n matrix."""
    every = list(partitions(tuple(range(n))))
    return every[rng.integers(len(every))]


def begin(n: int, blocks: Blocks, stream: int) -> Walker:
    """A walker at the standard algorithm of n x n x n, the diagonal products of each block made into one cube.

    Args:
      blocks: a partition of the diagonal. (The sum of e_ii over a block) cubed holds the products of the block's e_ii
        with each other, too; those are taken off again by orbits of their own.
      stream: start of the random stream.
    """

    def bit(i: int, j: int) -> int:
        return 1 << (i * n + j)

    indices = [(i, j, k) for i in range(n) for j in range(n) for k in range(n)]
    orbits = [(bit(i, j), bit(j, k), bit(k, i)) for i, j, k in indices if _leads(i, j, k)]
    for block in blocks:
        mixed = [(i, j, k) for i in block for j in block for k in block if _leads(i, j, k)]
        orbits += [(bit(i, i), bit(j, j), bit(k, k)) for i, j, k in mixed]
    capacity = 1 << (len(orbits) + 1).bit_length()
    words = np.zeros((4, capacity), U)
    words[:3, : len(orbits)] = np.array(orbits, U).reshape(-1, 3).T
    registers = np.zeros(NUM_REGISTERS, U)
    registers[[RNG, ORBITS, BEST, CEILING]] = stream, len(orbits), len(orbits), len(orbits)
    cubes = np.array([sum(bit(i, i) for i in block) for block in blocks], U)
    return Walker(words.ravel(), cubes, registers)


def _leads(i: int, j: int, k: int) -> bool:
    """Whether this is the first of its three rotations, and they differ."""
    return (i, j, k) < (j, k, i) and (i, j, k) <= (k, i, j)


def terms_of(walker: Walker) -> np.ndarray:
    """Words [3, R] of all terms of the scheme where the walker stands; equal ones cancel."""
    first, second, third = walker.words.reshape(4, -1)[:3, : int(walker.registers[ORBITS])]
    cubes = walker.cubes
    terms = np.stack(
        [
            np.concatenate([cubes, first, second, third]),
            np.concatenate([cubes, second, third, first]),
            np.concatenate([cubes, third, first, second]),
        ]
    )
    distinct, counts = np.unique(terms, axis=1, return_counts=True)
    return distinct[:, counts % 2 == 1]


def rank_of(walker: Walker) -> int:
    """The lowest rank of the attempt."""
    return len(walker.cubes) + 3 * int(walker.registers[BEST])


# The index, as in `pairs` but over slots, slot = place * capacity + orbit:
#   heads     first slot of each bucket of the hash table
#   nexts     the slot after each in its bucket
#   pairs     codes of the pairs of slots of different orbits that hold equal factors; code = (lower slot, higher slot)
#   position  place in `pairs` of each code
# `bits` is log2 of the capacity, `count` the number of pairs. One index for both would make the position table of
# `pairs`, where only terms of one mode meet, four times as large.


@compiled
def _bucket(word, bits):
    return (word * GOLDEN) >> (U(60) - bits)  # 16 buckets per orbit


@compiled
def _code(slot, other, bits):
    return (min(slot, other) << (bits + TWO)) | max(slot, other)


@compiled
def _after(slot, bits):
    """The slot of the next factor of the same orbit."""
    return slot + (ONE << bits) if slot >> bits < TWO else slot - (TWO << bits)


@compiled
def _leave(words, heads, nexts, pairs, position, bits, slot, count):
    """Takes a slot out of its chain and out of the pairs; returns the number of pairs."""
    mask = (ONE << bits) - ONE
    word = words[slot]
    head = _bucket(word, bits)
    previous = NOBODY
    other = U(heads[head])
    while other != NOBODY:
        following = U(nexts[other])
        if other == slot:
            if previous == NOBODY:
                heads[head] = following
            else:
                nexts[previous] = following
        else:
            if words[other] == word and (other & mask) != (slot & mask):
                count -= ONE
                place = position[_code(slot, other, bits)]
                moved = pairs[count]
                pairs[place] = moved
                position[moved] = place
            previous = other
        other = following
    return count


@compiled
def _enter(words, heads, nexts, pairs, position, bits, slot, count):
    """Puts a slot into its chain and into the pairs.

    Returns the number of pairs, and whether its orbit now shares two neighbouring factors with another.
    """
    mask = (ONE << bits) - ONE
    word = words[slot]
    head = _bucket(word, bits)
    second = _after(slot, bits)
    third = _after(second, bits)
    is_reducible = False
    first = U(heads[head])
    other = first
    while other != NOBODY:
        if words[other] == word and (other & mask) != (slot & mask):
            code = _code(slot, other, bits)
            pairs[count] = code
            position[code] = count
            count += ONE
            beside = _after(other, bits)
            is_reducible |= words[beside] == words[second] or words[_after(beside, bits)] == words[third]
        other = U(nexts[other])
    nexts[slot] = first
    heads[head] = slot
    return count, is_reducible


@compiled
def _replace(words, heads, nexts, pairs, position, bits, slot, word, count):
    """Puts another factor into a slot."""
    count = _leave(words, heads, nexts, pairs, position, bits, slot, count)
    words[slot] = word
    return _enter(words, heads, nexts, pairs, position, bits, slot, count)


@compiled
def _append(words, heads, nexts, pairs, position, bits, orbit, count):
    """Enters an orbit whose words are set."""
    is_reducible = False
    for place in (ZERO, ONE, TWO):
        count, found = _enter(words, heads, nexts, pairs, position, bits, (place << bits) | orbit, count)
        is_reducible |= found
    return count, is_reducible


@compiled
def _drop(words, heads, nexts, pairs, position, bits, orbit, orbits, count):
    """Removes an orbit; the last one takes its number. There is then one less."""
    last = orbits - ONE
    for place in (ZERO, ONE, TWO):
        base = place << bits
        count = _leave(words, heads, nexts, pairs, position, bits, base | orbit, count)
        if orbit != last:
            count = _leave(words, heads, nexts, pairs, position, bits, base | last, count)
            words[base | orbit] = words[base | last]
            # As long as the orbit is not whole its other factors belong to nobody.
    if orbit != last:
        count, _ = _append(words, heads, nexts, pairs, position, bits, orbit, count)
    return count


@compiled
def _reduce(words, heads, nexts, pairs, position, bits, orbits, count):
    """Merges orbits that share two neighbouring factors until there are none; returns orbits and number of pairs."""
    mask = (ONE << bits) - ONE
    place = ZERO
    while place < count:
        code = U(pairs[place])
        place += ONE
        low, high = code >> (bits + TWO), code & ((ONE << (bits + TWO)) - ONE)
        # Of two shared factors one is followed by the other, so each merger shows in the pair of the former.
        if words[_after(low, bits)] != words[_after(high, bits)]:
            continue
        third, other = _after(_after(low, bits), bits), _after(_after(high, bits), bits)
        word = words[third] ^ words[other]
        kept, gone = low & mask, high & mask
        if word == ZERO:
            first, second = max(kept, gone), min(kept, gone)
            count = _drop(words, heads, nexts, pairs, position, bits, first, orbits, count)
            count = _drop(words, heads, nexts, pairs, position, bits, second, orbits - ONE, count)
            orbits -= TWO
        else:
            count, _ = _replace(words, heads, nexts, pairs, position, bits, third, word, count)
            count = _drop(words, heads, nexts, pairs, position, bits, gone, orbits, count)
            orbits -= ONE
        place = ZERO
    return orbits, count


@compiled
def _plus(words, heads, nexts, pairs, position, bits, orbits, count, state):
    """One plus transition between two orbits, turned at random, that differ in every place, if a few draws find such.

    Returns orbits, number of pairs, whether a reduction is possible, and the random state.
    """
    mask = U(0xFFFFFFFF)
    for _ in range(PLUS_DRAWS):
        state += GOLDEN
        z = mix(state)
        r, s = ((z >> HALF) * orbits) >> HALF, ((z & mask) * orbits) >> HALF
        state += GOLDEN
        z = mix(state)
        a = ((((z >> HALF) * THREE) >> HALF) << bits) | r
        d = ((((z & mask) * THREE) >> HALF) << bits) | s
        b, e = _after(a, bits), _after(d, bits)
        c, f = _after(b, bits), _after(e, bits)
        if r == s or words[a] == words[d] or words[b] == words[e] or words[c] == words[f]:
            continue
        words[orbits] = words[a]
        words[(ONE << bits) | orbits] = words[e]
        words[(TWO << bits) | orbits] = words[c] ^ words[f]
        sum_b, sum_d = words[b] ^ words[e], words[a] ^ words[d]
        count, one = _replace(words, heads, nexts, pairs, position, bits, b, sum_b, count)
        count, two = _replace(words, heads, nexts, pairs, position, bits, d, sum_d, count)
        count, three = _append(words, heads, nexts, pairs, position, bits, orbits, count)
        return orbits + ONE, count, one | two | three, state
    return orbits, count, False, state


@compiled
def advance(walker, moves):
    """Walks `moves` flips, or fewer if the orbits become fewer than ever in this attempt.

    Returns the flips made (uint64).
    """
    words, _, registers = walker
    bits = ZERO
    while (U(4) << bits) < U(words.size):
        bits += ONE
    slots = (ONE << (bits + TWO)) - ONE
    heads = np.full(U(16) << bits, NOBODY, np.uint32)
    nexts = np.empty(U(4) << bits, np.uint32)
    pairs = np.empty(U(16) << (bits + bits), np.uint32)
    position = np.empty(U(16) << (bits + bits), np.uint32)
    state, orbits, best = registers[RNG], registers[ORBITS], registers[BEST]
    ceiling, waited = registers[CEILING], registers[WAITED]
    count, is_reducible = ZERO, False
    for orbit in range(orbits):
        count, found = _append(words, heads, nexts, pairs, position, bits, U(orbit), count)
        is_reducible |= found
    done = ZERO
    while done < moves:
        done += ONE
        waited += ONE
        if count == ZERO or waited >= PLUS_AFTER:
            waited = ZERO
            if orbits < ceiling:
                orbits, count, found, state = _plus(words, heads, nexts, pairs, position, bits, orbits, count, state)
                is_reducible |= found
        if count > ZERO and not is_reducible:
            state += GOLDEN
            z = mix(state)
            code = U(pairs[((z >> HALF) * count) >> HALF])
            first, second = code >> (bits + TWO), code & slots
            if z & ONE:
                first, second = second, first
            # a b c + a b' c' = a b (c + c') + a (b + b') c'. Neither sum is zero: such orbits have been merged.
            b, e = _after(first, bits), _after(second, bits)
            c, f = _after(b, bits), _after(e, bits)
            sum_c, sum_b = words[c] ^ words[f], words[b] ^ words[e]
            count, one = _replace(words, heads, nexts, pairs, position, bits, c, sum_c, count)
            count, two = _replace(words, heads, nexts, pairs, position, bits, e, sum_b, count)
            is_reducible = one | two
        if is_reducible:
            before = orbits
            orbits, count = _reduce(words, heads, nexts, pairs, position, bits, orbits, count)
            is_reducible = False
            if orbits < before:
                waited = ZERO
            if orbits < best:
                best = orbits
                break
    registers[RNG], registers[ORBITS], registers[BEST], registers[WAITED] = state, orbits, best, waited
    return done
