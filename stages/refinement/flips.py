"""The flip-graph walk, compiled by Numba (Kauers and Moosbauer 2022; plus: Arai, Ichikawa, Hukushima 2023).

`modes` calls it. A factor is one machine word, as `packed` makes it. Moves:

- flip: two terms that share a factor, a b c + a b' c' = a b (c + c') + a (b + b') c';
- reduction: two terms that share two factors become one, a b c + a b c' = a b (c + c'); done as soon as possible;
- plus: a b c + a' b' c' = a (b + b') c + a b' (c + c') + (a + a') b' c', one term more.

Over Z (Perminov's ternary walk) coefficients are -1, 0, 1. Each move draws the signs that it leaves open, and does not
take place if a sum leaves these coefficients; nor does a reduction, so terms that share two factors may stand side by
side. Over Z3 signs are drawn alike, and every sum is a factor. In the cyclic walk a term is an orbit of three, or of
six, and each move is made by all of them at once (see `cyclic`). Where the symmetry takes a factor to one like it by a
reversal, the other two of its term move on with it.

The index of `places` is rebuilt from the factors at each call of `advance`: the factors, the pool and the registers are
the whole state. Like `places`, this module is outside the jaxtyping hook of the tests.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stages.compiled import compiled
from stages.refinement.arithmetic import add, drawn_sign, inlined, is_as_sparse, unsigned, vanishes
from stages.refinement.places import (
    FOUR,
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
    empty_index,
    following,
    image,
    is_nothing,
    is_taken_reversed,
    mix,
    places_of,
    replace,
    rotated,
    share_two,
)

NUM_SPANS = 256  # resolution of the log-uniform draw of L

# Registers of a walker
RNG, RANK, BEST, POOLED, SPAN, CEILING, WAITED, LENGTH, LEFT, HIGHEST, NUM_REGISTERS = range(11)


class Walker(NamedTuple):
    """State of one attempt.

    Attributes:
      factors: uint64 [4 * capacity], packed; at `mode * capacity + r` lies that of term r in that mode, and in a fourth
        row its sign (1 for minus; over Z2 all are 0).
      pool: uint64 [members, 4 * capacity]; schemes of the best rank so far.
      registers: uint64 [NUM_REGISTERS]: random state, terms now, fewest terms, pool members, moves before a plus (L),
        terms that a plus may reach, moves since the last plus or reduction, length of a walk from a pool member, moves
        left of it, terms that no plus may exceed in the whole attempt.
    """

    factors: np.ndarray
    pool: np.ndarray
    registers: np.ndarray


class Policy(NamedTuple):
    """How a walker climbs out of a plateau; L and margin are redrawn at each return to the pool.

    Attributes:
      spans: uint64 [NUM_SPANS]; L is one of these, log-uniform.
      margins: uint64 [2]; a plus may reach best rank + margin, margin uniform between these, both included.
      lengths: uint64 [2]; moves from one pool member after a new best rank, and the most that they grow to.
      growth: by which the length is multiplied at each further return.
      plus_draws: uint64; pairs of terms tried for one plus transition.
    """

    spans: np.ndarray
    margins: np.ndarray
    lengths: np.ndarray
    growth: float
    plus_draws: np.uint64


def policy(
    plus_after: tuple[int, int], margin: tuple[int, int], lengths: tuple[int, int], growth: float, plus_draws: int
) -> Policy:
    spans = np.rint(np.geomspace(*plus_after, NUM_SPANS)).astype(U)
    return Policy(spans, np.array(margin, U), np.array(lengths, U), growth, U(plus_draws))


def begin(terms: np.ndarray, pool_size: int, highest: int, first_length: int, stream: int) -> Walker:
    """A walker at a scheme.

    Args:
      terms: uint64 [4, R] packed factors, none zero, and signs.
      pool_size: most schemes of the best rank to return to.
      highest: terms that no plus may exceed.
      first_length: of the policy.
      stream: start of the random stream.
    """
    rank = terms.shape[1]
    capacity = 1 << int(highest).bit_length()
    factors = np.zeros((4, capacity), U)
    factors[:, :rank] = terms
    registers = np.zeros(NUM_REGISTERS, U)
    registers[[RNG, RANK, BEST, POOLED, LENGTH, HIGHEST]] = stream, rank, rank, 1, first_length, highest
    pool = np.zeros((pool_size, 4 * capacity), U)
    pool[0] = factors.ravel()
    return Walker(factors.ravel(), pool, registers)


def terms_of(walker: Walker) -> np.ndarray:
    """Packed factors [4, R] of the scheme where the walker stands, the signs of the terms last."""
    return walker.factors.reshape(4, -1)[:, : int(walker.registers[RANK])]


def pooled_terms(walker: Walker) -> np.ndarray:
    """Packed factors [members, 4, R] of the schemes of the best rank."""
    members, rank = int(walker.registers[POOLED]), int(walker.registers[BEST])
    return walker.pool[:members].reshape(members, 4, -1)[:, :, :rank]


@inlined
def _put(ring, symmetry, factors, heads, nexts, pairs, position, bits, place, factor, count):
    """Puts a factor into a place as it stands in the index; its sign goes to the term."""
    factor, sign = unsigned(ring, factor)
    factors[(THREE << bits) | (place & ((ONE << bits) - ONE))] ^= sign
    return replace(symmetry, factors, heads, nexts, pairs, position, bits, place, factor, count)


@inlined
def _pair(symmetry, factors, bits, code):
    """The two places of a code, the terms of these, and the sign of the second term beside the first."""
    low, high = places_of(symmetry, U(code), bits)
    r, s = low & ((ONE << bits) - ONE), high & ((ONE << bits) - ONE)
    return low, high, r, s, factors[(THREE << bits) | r] ^ factors[(THREE << bits) | s]


@inlined
def _flip(ring, symmetry, factors, heads, nexts, pairs, position, bits, count, z):
    """One flip, if its sums are factors; returns the number of pairs, and whether a reduction is possible."""
    low, high, _, _, t = _pair(symmetry, factors, bits, pairs[((z >> HALF) * count) >> HALF])
    b, other_b = following(low, bits), following(high, bits)
    c, other_c = following(b, bits), following(other_b, bits)
    if z & ONE:
        b, other_b, c, other_c = c, other_c, b, other_b
    # a b c + t a b' c' = a b (c + x c') + t a (b' - t x b) c' for signs t, x; 1 stands for minus.
    x = drawn_sign(ring, z >> ONE)
    turns = is_taken_reversed(symmetry, factors[low], factors[high], z & TWO)
    sum_c, c_fits = add(ring, factors[c], image(symmetry, factors[other_c], turns), x)
    sum_b, b_fits = add(ring, factors[other_b], image(symmetry, factors[b], turns), t ^ x ^ ONE)
    if not (b_fits and c_fits):
        return count, False
    if vanishes(ring, sum_b) or vanishes(ring, sum_c):
        return count, True  # terms that share two factors and could not be merged before
    count, one = _put(ring, symmetry, factors, heads, nexts, pairs, position, bits, c, sum_c, count)
    count, two = _put(ring, symmetry, factors, heads, nexts, pairs, position, bits, other_b, sum_b, count)
    return count, one | two


@inlined
def _reduce(ring, symmetry, factors, heads, nexts, pairs, position, bits, terms, count):
    """Merges terms that share two factors until there are none; returns terms and number of pairs."""
    i = ZERO
    while i < count:
        low, high, r, s, t = _pair(symmetry, factors, bits, pairs[i])
        i += ONE
        second, other = following(low, bits), following(high, bits)
        # Terms equal in two modes stand in the pairs of both; one of these is followed by the other cyclically.
        is_shared, turns = share_two(symmetry, factors[low], factors[second], factors[high], factors[other])
        if not is_shared:
            continue
        third, other = following(second, bits), following(other, bits)
        factor, fits = add(ring, factors[third], image(symmetry, factors[other], turns), t)
        if not fits:
            continue
        if s < r:
            r, s, third, factor = s, r, other, image(symmetry, factor, turns)
        # The lower number is kept: the last term may take the other one.
        count = drop(symmetry, factors, heads, nexts, pairs, position, bits, s, terms, count)
        terms -= ONE
        if factor == ZERO:
            count = drop(symmetry, factors, heads, nexts, pairs, position, bits, r, terms, count)
            terms -= ONE
        else:
            count, _ = _put(ring, symmetry, factors, heads, nexts, pairs, position, bits, third, factor, count)
        i = ZERO
    r = terms
    while r > ZERO:
        r -= ONE
        if is_nothing(symmetry, factors[r], factors[(ONE << bits) | r], factors[(TWO << bits) | r]):
            count = drop(symmetry, factors, heads, nexts, pairs, position, bits, r, terms, count)
            terms -= ONE
    return terms, count


@inlined
def _plus(ring, symmetry, factors, heads, nexts, pairs, position, bits, terms, count, state, draws):
    """One plus transition between two terms that differ in every mode, if a few draws find such.

    Returns terms, number of pairs, whether a reduction is possible, and the random state.
    """
    mask = U(0xFFFFFFFF)
    signs = THREE << bits
    for _ in range(draws):
        state += GOLDEN
        z = mix(state)
        r, s = ((z >> HALF) * terms) >> HALF, ((z & mask) * terms) >> HALF
        state += GOLDEN
        z = mix(state)
        mode = ((z >> HALF) * THREE) >> HALF
        second = (mode + ONE + (z & ONE)) % THREE
        third = THREE - mode - second
        a, b, c = (mode << bits) | r, (second << bits) | r, (third << bits) | r
        # In the cyclic walk the second orbit is rotated at random, and where that is a symmetry reversed.
        other_a, other_b, other_c = (
            rotated(symmetry, mode, z, bits) | s,
            rotated(symmetry, second, z, bits) | s,
            rotated(symmetry, third, z, bits) | s,
        )
        turns = (z & FOUR) != ZERO
        seen_a = image(symmetry, factors[a], turns)
        seen_b = image(symmetry, factors[other_b], turns)
        seen_c = image(symmetry, factors[c], turns)
        if r == s or seen_a == factors[other_a] or seen_b == factors[b] or seen_c == factors[other_c]:
            continue
        # With signs x, y and t, that of the second term beside the first, a b c + t a' b' c' =
        # a (b + y b') c + t x a b' (c' - t x y c) + t (a' - x a) b' c'.
        x, y = drawn_sign(ring, z >> ONE), drawn_sign(ring, z >> TWO)
        t = factors[signs | r] ^ factors[signs | s]
        sum_a, a_fits = add(ring, factors[other_a], seen_a, x ^ ONE)
        sum_b, b_fits = add(ring, factors[b], seen_b, y)
        sum_c, c_fits = add(ring, factors[other_c], seen_c, t ^ x ^ y ^ ONE)
        if not (a_fits and b_fits and c_fits):
            continue
        sum_a, sign = unsigned(ring, sum_a)
        factors[signs | terms] = factors[signs | s] ^ sign
        factors[signs | s] ^= x
        factors[(mode << bits) | terms] = sum_a
        factors[(second << bits) | terms] = factors[other_b]
        factors[(third << bits) | terms] = factors[other_c]
        count, one = _put(ring, symmetry, factors, heads, nexts, pairs, position, bits, b, sum_b, count)
        count, two = _put(ring, symmetry, factors, heads, nexts, pairs, position, bits, other_c, sum_c, count)
        count, three = replace(symmetry, factors, heads, nexts, pairs, position, bits, other_a, seen_a, count)
        count, four = append(symmetry, factors, heads, nexts, pairs, position, bits, terms, count)
        return terms + ONE, count, one | two | three | four, state
    return terms, count, False, state


@compiled
def advance(ring, symmetry, walker, policy, moves):
    """Walks `moves` moves, or fewer if the rank falls below the best of this attempt; returns the moves made (uint64).

    After a new best rank the pool holds that scheme alone. Over Z a full pool takes a scheme only for one of as many
    non-zeros or more.
    """
    factors, pool, registers = walker
    bits = ZERO
    while (U(4) << bits) < U(factors.size):
        bits += ONE
    heads, nexts, pairs, position = empty_index(bits)
    state, terms, best, pooled = registers[RNG], registers[RANK], registers[BEST], registers[POOLED]
    span, ceiling, waited = registers[SPAN], registers[CEILING], registers[WAITED]
    length, left = registers[LENGTH], registers[LEFT]
    count, is_reducible = build(symmetry, factors, heads, nexts, pairs, position, bits, terms)
    done = ZERO
    ahead = mix(state + GOLDEN)  # the next random number: a flip that waited for it took a twentieth longer
    while done < moves:
        if left == ZERO:
            # Back to a pool member, under a newly drawn policy.
            state += GOLDEN
            z = mix(state)
            copy(factors, pool[((z >> HALF) * pooled) >> HALF])
            terms = best
            count, is_reducible = build(symmetry, factors, heads, nexts, pairs, position, bits, terms)
            span = policy.spans[z & U(NUM_SPANS - 1)]
            low, high = policy.margins[0], policy.margins[1]
            ceiling = min(best + low + ((z >> U(8)) & U(0xFFFF)) % (high - low + ONE), registers[HIGHEST])
            waited = ZERO
            left = length
            ahead = mix(state + GOLDEN)
            length = min(U(length * policy.growth), policy.lengths[1])
        done += ONE
        left -= ONE
        waited += ONE
        if count == ZERO or waited >= span:
            if terms < ceiling:
                terms, count, is_reducible, state = _plus(
                    ring,
                    symmetry,
                    factors,
                    heads,
                    nexts,
                    pairs,
                    position,
                    bits,
                    terms,
                    count,
                    state,
                    policy.plus_draws,
                )
                ahead = mix(state + GOLDEN)
                waited = ZERO
            elif count == ZERO:
                left = ZERO  # a dead end
        if count > ZERO and not is_reducible:
            state += GOLDEN
            z = ahead
            ahead = mix(state + GOLDEN)
            count, is_reducible = _flip(ring, symmetry, factors, heads, nexts, pairs, position, bits, count, z)
        is_back = False
        if is_reducible:
            before = terms
            terms, count = _reduce(ring, symmetry, factors, heads, nexts, pairs, position, bits, terms, count)
            is_reducible = False
            if terms < before:
                waited = ZERO
                is_back = terms == best
            if terms < best:
                best = terms
                copy(pool[0], factors)
                pooled = ONE
                length, left = policy.lengths[0], ZERO
                break
        if is_back or (left == ZERO and terms == best):
            slot, is_kept = pooled, True
            if pooled < U(pool.shape[0]):
                pooled += ONE
            else:
                state += GOLDEN
                slot = ((mix(state) >> HALF) * pooled) >> HALF
                ahead = mix(state + GOLDEN)
                is_kept = is_as_sparse(ring, factors, pool[slot], bits, terms)
            if is_kept:
                copy(pool[slot], factors)
    registers[RNG], registers[RANK], registers[BEST], registers[POOLED] = state, terms, best, pooled
    registers[SPAN], registers[CEILING], registers[WAITED] = span, ceiling, waited
    registers[LENGTH], registers[LEFT] = length, left
    return done
