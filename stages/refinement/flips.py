"""The flip-graph walk over Z2, compiled by Numba (Kauers and Moosbauer 2022; plus: Arai, Ichikawa, Hukushima 2023).

Lowest level of the stage; `chain` calls it. A factor is one machine word, so a mode has at most 64 entries. Moves:

- flip: two terms that share a factor, a b c + a b' c' = a b (c + c') + a (b + b') c';
- reduction: two terms that share two factors become one, a b c + a b c' = a b (c + c'); done as soon as possible;
- plus: a b c + a' b' c' = a (b + b') c + a b' (c + c') + (a + a') b' c', one term more.

Equal factors are found through one chained hash table per mode; the pairs of terms that share a factor stand in a list
with a table of positions, so a uniform flip costs O(1). Both are rebuilt from the words at each call of `advance`: the
words, the pool and the registers are the whole state.

All integers are unsigned: Numba turns uint64 with int64 into float64, and signed indices cost a wraparound test. This
module stays outside the jaxtyping hook of the tests: a wrapped function cannot be compiled.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

FIRST_LENGTH = 5_000  # moves from one pool member after a new best rank
LAST_LENGTH = 10_000_000  # each further reset makes it 1/20 longer, up to this
NUM_SPANS = 256  # resolution of the log-uniform draw of L
PLUS_DRAWS = 16  # pairs of terms tried for one plus transition

# Registers of a walker
RNG, RANK, BEST, POOLED, SPAN, CEILING, WAITED, LENGTH, LEFT, NUM_REGISTERS = range(10)

U = np.uint64
ZERO, ONE, TWO, THREE, TWENTY, HALF = U(0), U(1), U(2), U(3), U(20), U(32)
GOLDEN = U(0x9E3779B97F4A7C15)  # step of splitmix64 and multiplier of the hash
NOBODY = U(0xFFFFFFFF)  # end of a hash chain

compiled = numba.njit(cache=True, nogil=True)


class Walker(NamedTuple):
    """State of one attempt; arrays are changed in place.

    Attributes:
      words: uint64 [4 * capacity]; word `mode * capacity + r` is the factor of term r in that mode (a fourth mode keeps
        sizes powers of two).
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
      terms: uint64 [3, R] words, none zero.
      pool_size: most schemes of the best rank to return to.
      highest_margin: of the policy.
      stream: start of the random stream.
    """
    rank = terms.shape[1]
    capacity = 1 << int(rank + highest_margin).bit_length()
    words = np.zeros((4, capacity), U)
    words[:3, :rank] = terms
    registers = np.zeros(NUM_REGISTERS, U)
    registers[[RNG, RANK, BEST, POOLED, LENGTH]] = stream, rank, rank, 1, FIRST_LENGTH
    pool = np.zeros((pool_size, 4 * capacity), U)
    pool[0] = words.ravel()
    return Walker(words.ravel(), pool, registers)


def terms_of(walker: Walker) -> np.ndarray:
    """Words [3, R] of the scheme where the walker stands."""
    return walker.words.reshape(4, -1)[:3, : int(walker.registers[RANK])]


def pooled_terms(walker: Walker) -> np.ndarray:
    """Words [members, 3, R] of the schemes of the best rank."""
    members, rank = int(walker.registers[POOLED]), int(walker.registers[BEST])
    return walker.pool[:members].reshape(members, 4, -1)[:, :3, :rank]


# The index derived from the words, passed as bare arrays because tuples of arrays are reference-counted (4x slower):
#   heads     first term of each bucket of the hash table, [4 * buckets]
#   nexts     the term after each in its bucket, [4 * capacity]
#   pairs     codes of the pairs of terms that share a factor, in no order; code = (mode, lower term, higher term)
#   position  place in `pairs` of each code
# `bits` is log2 of the capacity, `count` the number of pairs.


@compiled
def _mix(state):
    """Output of splitmix64 at this state."""
    z = (state ^ (state >> U(30))) * U(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> U(27))) * U(0x94D049BB133111EB)
    return z ^ (z >> U(31))


@compiled
def _bucket(mode, word, bits):
    """Four buckets per term keep chains near length one."""
    width = bits + TWO
    return (mode << width) | ((word * GOLDEN) >> (U(64) - width))


@compiled
def _code(mode, r, s, bits):
    return (((mode << bits) | min(r, s)) << bits) | max(r, s)


@compiled
def _leave(words, heads, nexts, pairs, position, bits, mode, r, count):
    """Takes term r out of the chain and the pairs of one mode; returns the number of pairs."""
    base = mode << bits
    word = words[base | r]
    slot = _bucket(mode, word, bits)
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
                place = position[_code(mode, r, s, bits)]
                moved = pairs[count]
                pairs[place] = moved
                position[moved] = place
            previous = s
        s = after
    return count


@compiled
def _enter(words, heads, nexts, pairs, position, bits, mode, r, count):
    """Puts term r into the chain and the pairs of one mode.

    Returns the number of pairs, and whether r now shares two factors with another term.
    """
    base = mode << bits
    word = words[base | r]
    slot = _bucket(mode, word, bits)
    second = mode + ONE if mode < TWO else ZERO
    third = THREE - mode - second
    is_reducible = False
    first = U(heads[slot])
    s = first
    while s != NOBODY:
        if words[base | s] == word:
            code = _code(mode, r, s, bits)
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
def _replace(words, heads, nexts, pairs, position, bits, mode, r, word, count):
    """Gives term r another factor in one mode."""
    count = _leave(words, heads, nexts, pairs, position, bits, mode, r, count)
    words[(mode << bits) | r] = word
    return _enter(words, heads, nexts, pairs, position, bits, mode, r, count)


@compiled
def _append(words, heads, nexts, pairs, position, bits, r, count):
    """Enters term r, whose words are set, in all modes."""
    is_reducible = False
    for mode in (ZERO, ONE, TWO):
        count, found = _enter(words, heads, nexts, pairs, position, bits, mode, r, count)
        is_reducible |= found
    return count, is_reducible


@compiled
def _drop(words, heads, nexts, pairs, position, bits, r, rank, count):
    """Removes term r; the last term takes its number. The rank is then one lower."""
    last = rank - ONE
    for mode in (ZERO, ONE, TWO):
        count = _leave(words, heads, nexts, pairs, position, bits, mode, r, count)
        if r != last:
            count = _leave(words, heads, nexts, pairs, position, bits, mode, last, count)
            words[(mode << bits) | r] = words[(mode << bits) | last]
    if r != last:
        count, _ = _append(words, heads, nexts, pairs, position, bits, r, count)
    return count


@compiled
def _reduce(words, heads, nexts, pairs, position, bits, rank, count):
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
        word = words[third | r] ^ words[third | s]
        count = _drop(words, heads, nexts, pairs, position, bits, s, rank, count)  # r < s, so r keeps its number
        rank -= ONE
        if word == ZERO:
            count = _drop(words, heads, nexts, pairs, position, bits, r, rank, count)
            rank -= ONE
        else:
            count, _ = _replace(words, heads, nexts, pairs, position, bits, third >> bits, r, word, count)
        place = ZERO
    return rank, count


@compiled
def _plus(words, heads, nexts, pairs, position, bits, rank, count, state):
    """One plus transition between two terms that differ in every mode, if a few draws find such.

    Returns rank, number of pairs, whether a reduction is possible, and the random state.
    """
    mask = U(0xFFFFFFFF)
    for _ in range(PLUS_DRAWS):
        state += GOLDEN
        z = _mix(state)
        r, s = ((z >> HALF) * rank) >> HALF, ((z & mask) * rank) >> HALF
        state += GOLDEN
        z = _mix(state)
        a = (((z >> HALF) * THREE) >> HALF) << bits
        b = ((a >> bits) + ONE + (z & ONE)) % THREE << bits
        c = (THREE << bits) - a - b
        if words[a | r] == words[a | s] or words[b | r] == words[b | s] or words[c | r] == words[c | s]:
            continue
        words[a | rank] = words[a | r] ^ words[a | s]
        words[b | rank] = words[b | s]
        words[c | rank] = words[c | s]
        count, one = _replace(
            words, heads, nexts, pairs, position, bits, b >> bits, r, words[b | r] ^ words[b | s], count
        )
        count, two = _replace(
            words, heads, nexts, pairs, position, bits, c >> bits, s, words[c | r] ^ words[c | s], count
        )
        count, three = _replace(words, heads, nexts, pairs, position, bits, a >> bits, s, words[a | r], count)
        count, four = _append(words, heads, nexts, pairs, position, bits, rank, count)
        return rank + ONE, count, one | two | three | four, state
    return rank, count, False, state


@compiled
def _build(words, heads, nexts, pairs, position, bits, rank):
    """Index of the words; returns the number of pairs and whether a reduction is possible."""
    heads[:] = NOBODY
    count, is_reducible = ZERO, False
    for r in range(rank):
        count, found = _append(words, heads, nexts, pairs, position, bits, U(r), count)
        is_reducible |= found
    return count, is_reducible


@compiled
def advance(walker, policy, moves):
    """Walks `moves` moves, or fewer if the rank falls below the best of this attempt; returns the moves made (uint64).

    After a new best rank the pool holds that scheme alone.
    """
    words, pool, registers = walker
    bits = ZERO
    while (U(4) << bits) < U(words.size):
        bits += ONE
    mask = (ONE << bits) - ONE
    heads = np.empty(U(16) << bits, np.uint32)
    nexts = np.empty(U(4) << bits, np.uint32)
    pairs = np.empty(THREE << (bits + bits), np.uint32)
    position = np.empty(U(4) << (bits + bits), np.uint32)
    state, rank, best, pooled = registers[RNG], registers[RANK], registers[BEST], registers[POOLED]
    span, ceiling, waited = registers[SPAN], registers[CEILING], registers[WAITED]
    length, left = registers[LENGTH], registers[LEFT]
    count, is_reducible = _build(words, heads, nexts, pairs, position, bits, rank)
    done = ZERO
    while done < moves:
        if left == ZERO:
            # Back to a pool member, under a newly drawn policy.
            state += GOLDEN
            z = _mix(state)
            words[:] = pool[((z >> HALF) * pooled) >> HALF]
            rank = best
            count, is_reducible = _build(words, heads, nexts, pairs, position, bits, rank)
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
                rank, count, is_reducible, state = _plus(words, heads, nexts, pairs, position, bits, rank, count, state)
                waited = ZERO
            elif count == ZERO:
                left = ZERO  # a dead end
        if count > ZERO and not is_reducible:
            state += GOLDEN
            z = _mix(state)
            code = U(pairs[((z >> HALF) * count) >> HALF])
            s, r, mode = code & mask, (code >> bits) & mask, code >> (bits + bits)
            second = mode + ONE if mode < TWO else ZERO
            third = THREE - mode - second
            if z & ONE:
                second, third = third, second
            # Neither sum is zero: terms equal in two modes have been merged.
            word = words[(third << bits) | r] ^ words[(third << bits) | s]
            count, one = _replace(words, heads, nexts, pairs, position, bits, third, r, word, count)
            word = words[(second << bits) | r] ^ words[(second << bits) | s]
            count, two = _replace(words, heads, nexts, pairs, position, bits, second, s, word, count)
            is_reducible = one | two
        is_back = False
        if is_reducible:
            before = rank
            rank, count = _reduce(words, heads, nexts, pairs, position, bits, rank, count)
            is_reducible = False
            if rank < before:
                waited = ZERO
                is_back = rank == best
            if rank < best:
                best = rank
                pool[0] = words
                pooled = ONE
                length, left = U(FIRST_LENGTH), ZERO
                break
        if is_back or (left == ZERO and rank == best):
            slot = pooled
            if pooled < U(pool.shape[0]):
                pooled += ONE
            else:
                state += GOLDEN
                slot = ((_mix(state) >> HALF) * pooled) >> HALF
            pool[slot] = words
    registers[RNG], registers[RANK], registers[BEST], registers[POOLED] = state, rank, best, pooled
    registers[SPAN], registers[CEILING], registers[WAITED] = span, ceiling, waited
    registers[LENGTH], registers[LEFT] = length, left
    return done
