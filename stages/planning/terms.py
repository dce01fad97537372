"""Terms drawn from the policy of a network in spans: the heads of `network.spans` as play needs them, compiled.

Play asks for many terms of one state, and many of these begin with the same vectors. So what depends on one vector
alone is multiplied by the weights once and then added up, one state after another, and all tables of a state stay in
the core's cache; JAX would write those of all vectors of all terms of all states to memory. Learning is by
`network.spans`; a test holds the two together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stages.compiled import compiled, fma
from stages.game.contractions import (
    MOST_LANES,
    MOST_POINTS,
    PAIR_FEATURES,
    POINT_FEATURES,
    Contractions,
    contract,
    contractions,
    count_pairs,
    count_points,
)
from stages.network.spans import Choice, SpansNetwork


class Choosing(NamedTuple):
    """Weights of the choice of one factor given those before it; rows are inputs.

    Attributes:
      points: of the sums of a vector with those given, [sums, size, hidden].
      given: of the vectors given, [vectors, size, hidden].
      logit: [hidden].
    """

    points: np.ndarray
    given: np.ndarray
    logit: np.ndarray


class Heads(NamedTuple):
    """Weights of all that chooses vectors; rows are inputs.

    Attributes:
      hidden: from features of a vector, [POINT_FEATURES, hidden].
      point: from these to its embedding, [hidden, size], and what is added to that, [size].
      first: of u; of a term with other factors and of a cube, [2, size].
      pairs_of_u: from the features of each vector of the second and of the third mode given u, and for the second and
        the third choice: [2, 2, PAIR_FEATURES, hidden].
      pairs_of_v: from those given v, for the third choice: [sides, 1, PAIR_FEATURES, hidden].
    """

    hidden: np.ndarray
    point: np.ndarray
    point_bias: np.ndarray
    first: np.ndarray
    pairs_of_u: np.ndarray
    pairs_of_v: np.ndarray
    second: Choosing
    third: Choosing


class Contexts(NamedTuple):
    """What the heads add for a state, whatever the vector.

    Attributes:
      is_cube: chance that a term is a cube, [states].
      points: [states, modes, hidden].
      second, third: [states, hidden].
    """

    is_cube: np.ndarray
    points: np.ndarray
    second: np.ndarray
    third: np.ndarray


def heads(network: SpansNetwork) -> Heads:
    """The weights as NumPy arrays."""

    def rows(linear) -> np.ndarray:
        return np.ascontiguousarray(np.asarray(linear.weight).T)

    (size, hidden), width = network.point.weight.shape, len(network.trunk[1].bias)

    def choosing(choice: Choice) -> Choosing:
        point, context = rows(choice.point), rows(choice.context)[width:]
        of_points, of_given = (np.ascontiguousarray(each.reshape(-1, size, hidden)) for each in (point, context))
        return Choosing(of_points, of_given, rows(choice.logit)[:, 0].copy())

    second, third = (
        rows(choice.pairs).reshape(-1, PAIR_FEATURES, hidden) for choice in (network.second, network.third)
    )
    of_u, of_v = np.split(third, 2)
    if network.is_cyclic:
        of_both = np.stack([second, of_u], axis=1)
    else:  # the second choice sees the second mode alone, the third choice the third one; the rest is never read
        nothing = np.zeros_like(of_u)
        of_both = np.stack([np.concatenate([second, nothing]), np.concatenate([nothing, of_u])], axis=1)
    return Heads(
        rows(network.point_features),
        rows(network.point),
        np.array(network.point.bias),
        np.stack([rows(head)[:, 0] for head in (network.first, network.cube)]),
        np.ascontiguousarray(of_both),
        np.ascontiguousarray(of_v[:, None]),
        choosing(network.second),
        choosing(network.third),
    )


@compiled
def pick(shares: np.ndarray, points: int, uniform: float) -> int:
    """A vector, never zero, by its share, through the inverse of the cumulative distribution.

    Args:
      shares: of the vectors, with any sum in front.
      points: how many vectors there are.
      uniform: of that sum; from it on the last vector with a share.
    """
    left, last = uniform, 1
    for v in range(1, points):
        share = shares[v]
        if share > 0:
            last = v
            left -= share
            if left < 0:
                break
    return last


@compiled
def _multiply(rows: np.ndarray, columns: np.ndarray, points: int, weights: np.ndarray, into: np.ndarray) -> None:
    """into[h, v] += the sum over i of weights[columns[i], h] rows[i, v], for an even number of h.

    The inner loop over vectors is long and becomes vector instructions; four rows and two sums at a time, so that it
    multiplies more than it loads.
    """
    num = len(columns)
    whole = num // 4 * 4
    for h in range(0, len(into), 2):
        here, there = into[h], into[h + 1]
        for at in range(0, whole, 4):
            a, b, c, d = rows[at], rows[at + 1], rows[at + 2], rows[at + 3]
            of_a, of_b, of_c, of_d = columns[at], columns[at + 1], columns[at + 2], columns[at + 3]
            p, q, r, s = weights[of_a, h], weights[of_b, h], weights[of_c, h], weights[of_d, h]
            t, w, x, y = weights[of_a, h + 1], weights[of_b, h + 1], weights[of_c, h + 1], weights[of_d, h + 1]
            for v in range(points):
                here[v] = fma(s, d[v], fma(r, c[v], fma(q, b[v], fma(p, a[v], here[v]))))
                there[v] = fma(y, d[v], fma(x, c[v], fma(w, b[v], fma(t, a[v], there[v]))))
        for at in range(whole, num):
            a, p, t = rows[at], weights[columns[at], h], weights[columns[at], h + 1]
            for v in range(points):
                here[v] = fma(p, a[v], here[v])
                there[v] = fma(t, a[v], there[v])


@compiled
def _add(table: np.ndarray, points: int, into: np.ndarray) -> None:
    """into[h, v] += table[h, v] for all vectors v."""
    for h in range(len(into)):
        for v in range(points):
            into[h, v] += table[h, v]


@compiled
def _add_sums(one: int, table: np.ndarray, points: int, into: np.ndarray) -> None:
    """into[h, v] += table[h, v + one] for all vectors v."""
    for h in range(len(into)):
        for v in range(points):
            into[h, v] += table[h, v ^ one]


@compiled
def _fill(into: np.ndarray, points: int, context: np.ndarray, weights: np.ndarray, embedding: np.ndarray) -> None:
    """into[h, v] = context[h] + the sum over i of weights[i, h] embedding[i]."""
    for h in range(len(into)):
        total = context[h]
        for at in range(len(embedding)):
            total = fma(embedding[at], weights[at, h], total)
        into[h, :points] = total


@compiled
def _softmax(logits: np.ndarray, points: int) -> None:
    """Over the vectors that are not zero, in place."""
    highest, total = logits[1], np.float32(0)
    for v in range(1, points):
        highest = max(highest, logits[v])
    for v in range(1, points):
        logits[v] = np.exp(logits[v] - highest)
        total += logits[v]
    logits[0] = 0
    for v in range(1, points):
        logits[v] /= total


@compiled
def _choose(hidden: np.ndarray, points: int, logit: np.ndarray, shares: np.ndarray) -> None:
    """The distribution over the vectors of which the hidden layer, [hidden, 2^d], is given before its activation."""
    shares[:points] = 0
    for h in range(len(hidden)):
        weight, row = logit[h], hidden[h]
        for v in range(points):
            shares[v] = fma(weight, max(row[v], np.float32(0)), shares[v])
    _softmax(shares, points)


class _Room(NamedTuple):
    """Tables to work in."""

    table: np.ndarray
    shares: np.ndarray
    columns: np.ndarray
    hidden: np.ndarray


@compiled
def _embed(
    given: Contractions, is_cyclic: bool, heads: Heads, contexts: np.ndarray, room: _Room, embedded: np.ndarray
) -> None:
    """The embeddings of the vectors of all modes, [modes, size, 512]."""
    for mode in range(len(embedded)):
        points = 1 << given.dims[mode]
        num = count_points(given, mode, is_cyclic, room.table, room.shares, room.columns)
        for h in range(len(room.hidden)):
            room.hidden[h, :points] = contexts[mode, h]
        _multiply(room.shares, room.columns[:num], points, heads.hidden, room.hidden)
        for h in range(len(room.hidden)):
            for v in range(points):
                room.hidden[h, v] = max(room.hidden[h, v], np.float32(0))
        for at in range(len(heads.point_bias)):
            embedded[mode, at, :points] = heads.point_bias[at]
        _multiply(room.hidden, np.arange(len(room.hidden)), points, heads.point, embedded[mode])


@compiled
def _say(given: Contractions, u: int, source: int, image: int, room: _Room, weights: np.ndarray, into: np.ndarray):
    """Adds what the features of all v given u say, [several, PAIR_FEATURES, hidden], to [several, hidden, 512]."""
    num = count_pairs(given, u, source, image, room.table, room.shares, room.columns)
    for which in range(len(weights)):
        _multiply(room.shares, room.columns[:num], 1 << given.dims[image], weights[which], into[which])


@compiled
def _alone(choosing: Choosing, embedded: np.ndarray, points: int, alone: np.ndarray) -> None:
    """What each vector says to a choice, for each sum that it may be: [sums, hidden, 512]."""
    for one in range(len(choosing.points)):
        alone[one, :, :points] = 0
        _multiply(embedded, np.arange(len(embedded)), points, choosing.points[one], alone[one])


@compiled
def draw_terms(
    residuals: np.ndarray, is_cyclic: bool, heads: Heads, contexts: Contexts, uniform: np.ndarray
) -> np.ndarray:
    """Draws u, then v given u, then w given both; in a symmetric game each term may be a cube.

    Args:
      residuals: [states, 9, 9] words, none zero.
      uniform: [states, candidates, 4] numbers in [0, 1): for u, in order, v, w, and whether the term is a cube.
    Returns:
      [states, candidates, 3] vectors in coordinates of the spans.
    """
    states, candidates = uniform.shape[:2]
    width, size = heads.point.shape
    second, third, sides = heads.second, heads.third, 2 if is_cyclic else 1
    terms = np.zeros((states, candidates, 3), np.int64)
    held, nothing = contractions(), np.zeros(width, np.float32)
    room = _Room(
        np.empty(MOST_POINTS * MOST_LANES, np.float32),
        np.empty((POINT_FEATURES, MOST_POINTS), np.float32),
        np.empty(POINT_FEATURES, np.int64),
        np.empty((width, MOST_POINTS), np.float32),
    )
    mode, modes = np.arange(3), 1 if is_cyclic else 3  # for plain numbers Numba would compile `_say` for each
    embedded = np.empty((modes, size, MOST_POINTS), np.float32)
    of_vs, of_ws = embedded[1 % modes], embedded[2 % modes]
    alone_second = np.empty((len(second.points), width, MOST_POINTS), np.float32)
    alone_third = np.empty((len(third.points), width, MOST_POINTS), np.float32)
    # Hidden layers: what u says of v and of w; what each v that was drawn says of w; of w, all together.
    by_u = np.empty((2, width, MOST_POINTS), np.float32)
    by_v, place_of_v = np.empty((candidates, width, MOST_POINTS), np.float32), np.empty(MOST_POINTS, np.int64)
    of_first, of_second = np.empty((2, MOST_POINTS), np.float32), np.empty(MOST_POINTS, np.float32)
    of_third, pairs = np.empty((candidates, MOST_POINTS), np.float32), np.empty(candidates, np.int64)
    for row in range(states):
        contract(residuals[row], held)
        points = np.array([1 << held.dims[0], 1 << held.dims[1], 1 << held.dims[2]])
        _embed(held, is_cyclic, heads, contexts.points[row], room, embedded)
        for which in range(sides):
            of_first[which, : points[0]] = 0
            for at in range(size):
                for v in range(points[0]):
                    of_first[which, v] = fma(heads.first[which, at], embedded[0, at, v], of_first[which, v])
            _softmax(of_first[which], points[0])
        _alone(second, of_vs, points[1], alone_second)
        _alone(third, of_ws, points[2], alone_third)
        place_of_v[:] = -1
        last, num_v, num_pairs = 0, 0, 0
        for candidate in range(candidates):
            if is_cyclic and uniform[row, candidate, 3] < contexts.is_cube[row]:
                terms[row, candidate] = pick(of_first[1], points[0], uniform[row, candidates - 1 - candidate, 0])
                continue
            u = pick(of_first[0], points[0], uniform[row, candidate, 0])
            if u != last:
                last, num_pairs = u, 0
                _fill(by_u[0], points[1], contexts.second[row], second.given[0], embedded[0, :, u].copy())
                _fill(by_u[1], points[2], contexts.third[row], third.given[0], embedded[0, :, u].copy())
                _add(alone_second[0], points[1], by_u[0])
                if is_cyclic:
                    _add_sums(u, alone_second[1], points[1], by_u[0])
                    _add_sums(u, alone_third[1], points[2], by_u[1])
                for side in range(2):
                    both = slice(0, 2) if is_cyclic else slice(side, side + 1)
                    _say(held, u, mode[0], mode[side + 1], room, heads.pairs_of_u[side, both], by_u[both])
                _choose(by_u[0], points[1], second.logit, of_second)
            v = pick(of_second, points[1], uniform[row, candidate, 1])
            place = place_of_v[v]
            if place < 0:
                place = place_of_v[v] = num_v
                num_v += 1
                said = by_v[place]
                _fill(said, points[2], nothing, third.given[1], of_vs[:, v].copy())
                _add(alone_third[0], points[2], said)
                if is_cyclic:
                    _add_sums(v, alone_third[2], points[2], said)
                for side in range(sides):
                    source, image = (mode[0], mode[side + 1]) if is_cyclic else (mode[1], mode[2])
                    _say(held, v, source, image, room, heads.pairs_of_v[side], by_v[place : place + 1])
            known = 0
            while known < num_pairs and pairs[known] != v:
                known += 1
            if known == num_pairs:
                pairs[known] = v
                num_pairs += 1
                room.hidden[:, : points[2]] = 0
                _add(by_u[1], points[2], room.hidden)
                _add(by_v[place], points[2], room.hidden)
                if is_cyclic:
                    _add_sums(u ^ v, alone_third[3], points[2], room.hidden)
                _choose(room.hidden, points[2], third.logit, of_third[known])
            terms[row, candidate, 0], terms[row, candidate, 1] = u, v
            terms[row, candidate, 2] = pick(of_third[known], points[2], uniform[row, candidate, 2])
    return terms
