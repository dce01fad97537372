"""The flip-graph walk, compiled by Numba (Kauers and Moosbauer 2022; plus: Arai, Ichikawa, Hukushima 2023).

`modes` calls it. A factor is one machine word, so a mode has at most 64 entries over Z2. Moves:

- flip: two terms that share a factor, a b c + a b' c' = a b (c + c') + a (b + b') c';
- reduction: two terms that share two factors become one, a b c + a b c' = a b (c + c'); done as soon as possible;
- plus: a b c + a' b' c' = a (b + b') c + a b' (c + c') + (a + a') b' c', one term more.

Over Z (Perminov's ternary walk) coefficients are -1, 0, 1, coded as in `words`, so a mode has at most 32 entries. Each
move draws the signs that it leaves open, and does not take place if a sum leaves these coefficients; nor does a
reduction, so terms that share two factors may stand side by side.

The index of `pairs` is rebuilt from the words at each call of `advance`: the words, the pool and the registers are the
whole state. Like `pairs`, this module is outside the jaxtyping hook of the tests.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from stages.compiled import compiled
from stages.refinement.pairs import (
    GOLDEN,
    HALF,
    ONE,
    THREE,
    TWO,
    ZERO,
    U,
    append,
    build,
    copy,
    drop,
    mix,
    replace,
)

FIRST_LENGTH = 5_000  # moves from one pool member after a new best rank
LAST_LENGTH = 10_000_000  # each further reset makes it 1/20 longer, up to this
NUM_SPANS = 256  # resolution of the log-uniform draw of L
PLUS_DRAWS = 16  # pairs of terms tried for one plus transition

# Registers of a walker
RNG, RANK, BEST, POOLED, SPAN, CEILING, WAITED, LENGTH, LEFT, NUM_REGISTERS = range(10)

TWENTY = U(20)

# The walk is compiled once for each ring: what is called with a constant `is_ternary` has to be part of its caller. One
# code for both, asking at each flip, was half as fast over Z2.
inlined = numba.njit(forceinline=True)


class Walker(NamedTuple):
    """State of one attempt; arrays are changed in place.

    Attributes:
      words: uint64 [4 * capacity]; word `mode * capacity + r` is the factor of term r in that mode, and in a fourth row
        its sign (1 for minus; over Z2 all are 0).
      pool: uint64 [members, 4 * capacity]; schemes of the best rank so far.
      registers: uint64 [NUM_REGISTERS]: random state, rank now, best rank, pool members, moves before a plus (L), rank
        that a plus may reach, moves since the last plus or reduction, length of a walk from a pool member, moves left.
    """

    words: np.ndarray
    pool: np.ndarray
    registers: np.ndarray


class Policy(NamedTuple):
    """How a walker climbs out of a plateau; redrawn at each return to the pool.

    Attributes:
      spans: uint64 [NUM_SPANS]; L is one of these, log-uniform.
      margins: uint64 [2]; a plus may reach best rank + margin, margin uniform between these, both included.
    """

    spans: np.ndarray
    margins: np.ndarray


def policy(plus_after: tuple[int, int], margin: tuple[int, int]) -> Policy:
    return Policy(np.rint(np.geomspace(*plus_after, NUM_SPANS)).astype(U), np.array(margin, U))


def begin(terms: np.ndarray, pool_size: int, highest_margin: int, stream: int) -> Walker:
    """A walker at a scheme.

    Args:
      terms: uint64 [3, R] words, none zero; [4, R] with signs.
      pool_size: most schemes of the best rank to return to.
      highest_margin: of the policy.
      stream: start of the random stream.
    """
    rank = terms.shape[1]
    capacity = 1 << int(rank + highest_margin).bit_length()
    words = np.zeros((4, capacity), U)
    words[: len(terms), :rank] = terms
    registers = np.zeros(NUM_REGISTERS, U)
    registers[[RNG, RANK, BEST, POOLED, LENGTH]] = stream, rank, rank, 1, FIRST_LENGTH
    pool = np.zeros((pool_size, 4 * capacity), U)
    pool[0] = words.ravel()
    return Walker(words.ravel(), pool, registers)


def terms_of(walker: Walker) -> np.ndarray:
    """Words [4, R] of the scheme where the walker stands, the signs of the terms last."""
    return walker.words.reshape(4, -1)[:, : int(walker.registers[RANK])]


def pooled_terms(walker: Walker) -> np.ndarray:
    """Words [members, 4, R] of the schemes of the best rank."""
    members, rank = int(walker.registers[POOLED]), int(walker.registers[BEST])
    return walker.pool[:members].reshape(members, 4, -1)[:, :, :rank]


@inlined
def negative(word):
    """The halves exchanged: the same factor with other signs."""
    return (word << HALF) | (word >> HALF)


@inlined
def add(one, other, is_minus, is_ternary):
    """One factor plus or minus another (modulo 2 there is no difference), and whether the sum is within {-1, 0, 1}."""
    if not is_ternary:
        return one ^ other, True
    if is_minus:
        other = negative(other)
    both = one | other
    return both & ~negative(both), (one & other) == ZERO


@inlined
def _unsigned(words, bits, r, word, is_ternary):
    """A factor for term r as it stands in the index; its sign goes to the term."""
    if is_ternary and negative(word) < word:
        words[(THREE << bits) | r] ^= ONE
        return negative(word)
    return word


@inlined
def _flip(words, heads, nexts, pairs, position, bits, count, z, is_ternary):
    """One flip, if its sums are factors; returns the number of pairs, and whether a reduction is possible."""
    mask = (ONE << bits) - ONE
    code = U(pairs[((z >> HALF) * count) >> HALF])
    s, r, mode = code & mask, (code >> bits) & mask, code >> (bits + bits)
    second = mode + ONE if mode < TWO else ZERO
    third = THREE - mode - second
    if z & ONE:
        second, third = third, second
    # a b c + t a b' c' = a b (c + x c') + t a (b' - t x b) c' for signs t, x; 1 stands for minus.
    t, x = words[(THREE << bits) | r] ^ words[(THREE << bits) | s], (z >> ONE) & ONE
    c, c_fits = add(words[(third << bits) | r], words[(third << bits) | s], x, is_ternary)
    b, b_fits = add(words[(second << bits) | s], words[(second << bits) | r], t ^ x ^ ONE, is_ternary)
    if is_ternary:
        if not (b_fits and c_fits):
            return count, False
        if b == ZERO or c == ZERO:
            return count, True  # terms that share two factors and could not be merged before
        c, b = _unsigned(words, bits, r, c, is_ternary), _unsigned(words, bits, s, b, is_ternary)
    # Over Z2 neither sum is zero: terms equal in two modes have been merged.
    count, one = replace(words, heads, nexts, pairs, position, bits, third, r, c, count)
    count, two = replace(words, heads, nexts, pairs, position, bits, second, s, b, count)
    return count, one | two


@inlined
def _reduce(words, heads, nexts, pairs, position, bits, rank, count, is_ternary):
    """Merges terms that share two factors until there are none; returns rank and number of pairs."""
    place = ZERO
    while place < count:
        code = U(pairs[place])
        place += ONE
        mask = (ONE << bits) - ONE
        s, r, mode = code & mask, (code >> bits) & mask, code >> (bits + bits)
        second = mode + ONE if mode < TWO else ZERO
        # Terms equal in two modes stand in the pairs of both; one of these is followed by the other cyclically.
        if words[(second << bits) | r] != words[(second << bits) | s]:
            continue
        third = (THREE - mode - second) << bits
        sign = words[(THREE << bits) | r] ^ words[(THREE << bits) | s]
        word, fits = add(words[third | r], words[third | s], sign, is_ternary)
        if not fits:
            continue
        count = drop(words, heads, nexts, pairs, position, bits, s, rank, count)  # r < s, so r keeps its number
        rank -= ONE
        if word == ZERO:
            count = drop(words, heads, nexts, pairs, position, bits, r, rank, count)
            rank -= ONE
        else:
            word = _unsigned(words, bits, r, word, is_ternary)
            count, _ = replace(words, heads, nexts, pairs, position, bits, third >> bits, r, word, count)
        place = ZERO
    return rank, count


@inlined
def _plus(words, heads, nexts, pairs, position, bits, rank, count, state, is_ternary):
    """One plus transition between two terms that differ in every mode, if a few draws find such.

    Returns rank, number of pairs, whether a reduction is possible, and the random state.
    """
    mask = U(0xFFFFFFFF)
    signs = THREE << bits
    for _ in range(PLUS_DRAWS):
        state += GOLDEN
        z = mix(state)
        r, s = ((z >> HALF) * rank) >> HALF, ((z & mask) * rank) >> HALF
        state += GOLDEN
        z = mix(state)
        a = (((z >> HALF) * THREE) >> HALF) << bits
        b = ((a >> bits) + ONE + (z & ONE)) % THREE << bits
        c = (THREE << bits) - a - b
        if words[a | r] == words[a | s] or words[b | r] == words[b | s] or words[c | r] == words[c | s]:
            continue
        # With signs x, y and t, that of the second term beside the first, a b c + t a' b' c' =
        # a (b + y b') c + t x a b' (c' - t x y c) + t (a' - x a) b' c'.
        x, y = (z >> ONE) & ONE, (z >> TWO) & ONE
        t = words[signs | r] ^ words[signs | s]
        a_word, a_fits = add(words[a | s], words[a | r], x ^ ONE, is_ternary)
        b_word, b_fits = add(words[b | r], words[b | s], y, is_ternary)
        c_word, c_fits = add(words[c | s], words[c | r], t ^ x ^ y ^ ONE, is_ternary)
        if is_ternary:
            if not (a_fits and b_fits and c_fits):
                continue
            words[signs | rank] = words[signs | s]
            words[signs | s] ^= x
            a_word, b_word = _unsigned(words, bits, rank, a_word, True), _unsigned(words, bits, r, b_word, True)
            c_word = _unsigned(words, bits, s, c_word, True)
        words[a | rank] = a_word
        words[b | rank] = words[b | s]
        words[c | rank] = words[c | s]
        count, one = replace(words, heads, nexts, pairs, position, bits, b >> bits, r, b_word, count)
        count, two = replace(words, heads, nexts, pairs, position, bits, c >> bits, s, c_word, count)
        count, three = replace(words, heads, nexts, pairs, position, bits, a >> bits, s, words[a | r], count)
        count, four = append(words, heads, nexts, pairs, position, bits, rank, count)
        return rank + ONE, count, one | two | three | four, state
    return rank, count, False, state


@inlined
def _non_zeros(words, bits, rank):
    """Coefficients of the scheme that are not zero: bits that are set."""
    total = ZERO
    for mode in (ZERO, ONE, TWO):
        for r in range(rank):
            word = words[(mode << bits) | U(r)]
            word -= (word >> ONE) & U(0x5555555555555555)
            word = (word & U(0x3333333333333333)) + ((word >> TWO) & U(0x3333333333333333))
            word = (word + (word >> U(4))) & U(0x0F0F0F0F0F0F0F0F)
            total += (word * U(0x0101010101010101)) >> U(56)
    return total


@inlined
def _advance(walker, policy, moves, is_ternary):
    words, pool, registers = walker
    bits = ZERO
    while (U(4) << bits) < U(words.size):
        bits += ONE
    heads = np.empty(U(16) << bits, np.uint32)
    nexts = np.empty(U(4) << bits, np.uint32)
    pairs = np.empty(THREE << (bits + bits), np.uint32)
    position = np.empty(U(4) << (bits + bits), np.uint32)
    state, rank, best, pooled = registers[RNG], registers[RANK], registers[BEST], registers[POOLED]
    span, ceiling, waited = registers[SPAN], registers[CEILING], registers[WAITED]
    length, left = registers[LENGTH], registers[LEFT]
    count, is_reducible = build(words, heads, nexts, pairs, position, bits, rank)
    done = ZERO
    while done < moves:
        if left == ZERO:
            # Back to a pool member, under a newly drawn policy.
            state += GOLDEN
            z = mix(state)
            copy(words, pool[((z >> HALF) * pooled) >> HALF])
            rank = best
            count, is_reducible = build(words, heads, nexts, pairs, position, bits, rank)
            span = policy.spans[z & U(NUM_SPANS - 1)]
            low, high = policy.margins[0], policy.margins[1]
            ceiling = best + low + ((z >> U(8)) & U(0xFFFF)) % (high - low + ONE)
            waited = ZERO
            left = length
            length = min(length + length // TWENTY, U(LAST_LENGTH))
        done += ONE
        left -= ONE
        waited += ONE
        if count == ZERO or waited >= span:
            if rank < ceiling:
                rank, count, is_reducible, state = _plus(
                    words, heads, nexts, pairs, position, bits, rank, count, state, is_ternary
                )
                waited = ZERO
            elif count == ZERO:
                left = ZERO  # a dead end
        if count > ZERO and not is_reducible:
            state += GOLDEN
            z = mix(state)
            count, is_reducible = _flip(words, heads, nexts, pairs, position, bits, count, z, is_ternary)
        is_back = False
        if is_reducible:
            before = rank
            rank, count = _reduce(words, heads, nexts, pairs, position, bits, rank, count, is_ternary)
            is_reducible = False
            if rank < before:
                waited = ZERO
                is_back = rank == best
            if rank < best:
                best = rank
                copy(pool[0], words)
                pooled = ONE
                length, left = U(FIRST_LENGTH), ZERO
                break
        if is_back or (left == ZERO and rank == best):
            slot, is_kept = pooled, True
            if pooled < U(pool.shape[0]):
                pooled += ONE
            else:
                state += GOLDEN
                slot = ((mix(state) >> HALF) * pooled) >> HALF
                is_kept = not is_ternary or _non_zeros(words, bits, rank) <= _non_zeros(pool[slot], bits, rank)
            if is_kept:
                copy(pool[slot], words)
    registers[RNG], registers[RANK], registers[BEST], registers[POOLED] = state, rank, best, pooled
    registers[SPAN], registers[CEILING], registers[WAITED] = span, ceiling, waited
    registers[LENGTH], registers[LEFT] = length, left
    return done


@compiled
def advance(walker, policy, moves):
    """Walks `moves` moves, or fewer if the rank falls below the best of this attempt; returns the moves made (uint64).

    After a new best rank the pool holds that scheme alone.
    """
    return _advance(walker, policy, moves, False)


@compiled
def advance_ternary(walker, policy, moves):
    """As `advance`, over Z. A full pool takes a scheme only for one of as many non-zeros or more."""
    return _advance(walker, policy, moves, True)
