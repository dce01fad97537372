"""Terms drawn from the policy of a network in spans: the heads of `network.spans` as play needs them, compiled.

Play asks for many terms of one state, and many of these begin with the same vectors. So what depends on one vector
alone is multiplied by the weights once and then added up, one state after another, and all tables of a state stay in
the core's cache; JAX would write those of all vectors of all terms of all states to memory. Learning is by
`network.spans`; a test holds the two together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stages.compiled import compiled, compiled_sums
from stages.game.spans import (
    CLASSES,
    MOST_LANES,
    MOST_POINTS,
    PAIR_FEATURES,
    POINT_FEATURES,
    Contractions,
    contract,
    count_pairs,
    room,
    see_points_of,
)
from stages.network.spans import Choice, SpansNetwork

_TOGETHER = 4  # lanes of a table that are multiplied in one pass


class Choosing(NamedTuple):
    """Weights of the choice of one factor given those before it; rows are inputs.

    Attributes:
      pairs: [sides * PAIR_FEATURES, hidden].
      points: of the sums of a vector with those given, [sums, size, hidden].
      given: of the vectors given, [vectors, size, hidden].
      logit: [hidden].
    """

    pairs: np.ndarray
    points: np.ndarray
    given: np.ndarray
    logit: np.ndarray


class Heads(NamedTuple):
    """Weights of all that chooses vectors; rows are inputs.

    Attributes:
      hidden: from features of a vector, [POINT_FEATURES, hidden].
      point: from these to its embedding, [hidden, size], and what is added to that, [size].
      first: of u; of a term with other factors and of a cube, [2, size].
    """

    hidden: np.ndarray
    point: np.ndarray
    point_bias: np.ndarray
    first: np.ndarray
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

    size, width = len(np.asarray(network.point.bias)), len(np.asarray(network.trunk[1].bias))

    def choosing(choice: Choice) -> Choosing:
        point, context, hidden = rows(choice.point), rows(choice.context)[width:], len(np.asarray(choice.context.bias))
        of_points, of_given = (np.ascontiguousarray(each.reshape(-1, size, hidden)) for each in (point, context))
        return Choosing(rows(choice.pairs), of_points, of_given, rows(choice.logit)[:, 0].copy())

    first = np.stack([rows(head)[:, 0] for head in (network.first, network.cube)])
    return Heads(
        rows(network.point_features),
        rows(network.point),
        np.asarray(network.point.bias),
        first,
        choosing(network.second),
        choosing(network.third),
    )


@compiled
def pick(shares: np.ndarray, points: int, uniform: float) -> int:
    """A vector, never zero, by its share, through the inverse of the cumulative distribution.

    Args:
      shares: of the vectors, with any sum in front.
      points: how many vectors there are.
      uniform: in [0, 1) of that sum.
    """
    left, last = uniform, 0
    for v in range(1, points):
        share = shares[v]
        if share > 0:
            last = v
            left -= share
            if left < 0:
                break
    return last


@compiled_sums
def _multiply(table: np.ndarray, points: int, weights: np.ndarray, into: np.ndarray) -> None:
    """into[v] += table[v] @ weights."""
    inputs, outputs = weights.shape
    whole = inputs // 4 * 4
    for v in range(points):
        row = into[v]
        for at in range(0, whole, 4):
            a, b, c, d = table[v, at], table[v, at + 1], table[v, at + 2], table[v, at + 3]
            for h in range(outputs):
                row[h] += a * weights[at, h] + b * weights[at + 1, h] + c * weights[at + 2, h] + d * weights[at + 3, h]
        for at in range(whole, inputs):
            a = table[v, at]
            for h in range(outputs):
                row[h] += a * weights[at, h]


@compiled_sums
def _multiply_pairs(
    given: Contractions,
    u: int,
    source: int,
    image: int,
    weights: np.ndarray,
    into: np.ndarray,
) -> None:
    """Adds to `into`, [several, 2^d, hidden], what the pair features of all v given u say by several weights.

    Args:
      weights: [several, PAIR_FEATURES, hidden].
    """
    tables, scales = np.empty((3, MOST_POINTS * MOST_LANES), np.float32), np.empty((3, MOST_LANES), np.float32)
    modes, points, hidden = count_pairs(given, u, source, image, tables, scales), 1 << given.dims[image], into.shape[2]
    scaled = np.empty((_TOGETHER, hidden), np.float32)
    for number in range(3):
        num, lanes = given.lanes[modes[number]]
        table = tables[number]
        for start in range(0, num, _TOGETHER):
            for which in range(len(weights)):
                scaled[:] = 0
                for lane in range(start, min(start + _TOGETHER, num)):
                    row = number * CLASSES + given.ranks[modes[number], lane] - 1
                    for h in range(hidden):
                        scaled[lane - start, h] = scales[number, lane] * weights[which, row, h]
                for v in range(points):
                    at, sums = v * lanes + start, into[which, v]
                    a, b, c, d = table[at], table[at + 1], table[at + 2], table[at + 3]
                    for h in range(hidden):
                        sums[h] += a * scaled[0, h] + b * scaled[1, h] + c * scaled[2, h] + d * scaled[3, h]


@compiled_sums
def _logits(
    hidden: np.ndarray, points: int, added: np.ndarray, sums: np.ndarray, logit: np.ndarray, found: np.ndarray
) -> None:
    """Of each v: a layer's sum of what v alone says and of what its sums with the vectors given say.

    Args:
      hidden: [several, 2^d, hidden], all of which are added up.
      added: [terms, 2^d, hidden].
      sums: [terms] vectors; row v ^ sums[term] of each term is added.
    """
    size = len(logit)
    x = np.empty(size, np.float32)
    for v in range(points):
        for h in range(size):
            x[h] = hidden[0, v, h]
        for some in range(1, len(hidden)):
            for h in range(size):
                x[h] += hidden[some, v, h]
        for term in range(len(added)):
            row = added[term, v ^ sums[term]]
            for h in range(size):
                x[h] += row[h]
        total = np.float32(0)
        for h in range(size):
            total += max(x[h], np.float32(0)) * logit[h]
        found[v] = total


@compiled_sums
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


@compiled_sums
def _embed(
    given: Contractions,
    is_cyclic: bool,
    heads: Heads,
    contexts: np.ndarray,
    seen: np.ndarray,
    hidden: np.ndarray,
    table: np.ndarray,
    embedded: np.ndarray,
) -> None:
    """The embeddings of the vectors of all modes, [3, 512, size]; `seen`, `hidden` and `table` are room to work in."""
    for mode in range(3):
        if mode and is_cyclic:
            embedded[mode] = embedded[0]
            continue
        points = 1 << given.dims[mode]
        seen[:points] = 0
        see_points_of(given, mode, is_cyclic, table, seen)
        for v in range(points):
            hidden[v], embedded[mode, v] = contexts[mode], heads.point_bias
        _multiply(seen, points, heads.hidden, hidden)
        for v in range(points):
            for h in range(hidden.shape[1]):
                hidden[v, h] = max(hidden[v, h], np.float32(0))
        _multiply(hidden, points, heads.point, embedded[mode])


@compiled_sums
def _alone(choosing: Choosing, embedded: np.ndarray, points: int) -> np.ndarray:
    """What each vector says to a choice, for each sum that it may be: [sums, 2^d, hidden]."""
    sums, _, hidden = choosing.points.shape
    said = np.zeros((sums, points, hidden), np.float32)
    for one in range(sums):
        _multiply(embedded, points, choosing.points[one], said[one])
    return said


@compiled_sums
def _fill(into: np.ndarray, points: int, context: np.ndarray, weights: np.ndarray, embedding: np.ndarray) -> None:
    """Each row becomes context + embedding @ weights."""
    row = context.copy()
    for at in range(len(embedding)):
        for h in range(len(row)):
            row[h] += embedding[at] * weights[at, h]
    for v in range(points):
        into[v] = row


@compiled_sums
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
    columns = sides * PAIR_FEATURES
    terms = np.zeros((states, candidates, 3), np.int64)
    held, table = room(), np.empty(MOST_POINTS * MOST_LANES, np.float32)
    seen, hidden = np.empty((MOST_POINTS, POINT_FEATURES), np.float32), np.empty((MOST_POINTS, width), np.float32)
    embedded = np.empty((3, MOST_POINTS, size), np.float32)
    of_first, of_second = np.empty((2, MOST_POINTS), np.float32), np.empty(MOST_POINTS, np.float32)
    of_third, seconds = np.empty((candidates, MOST_POINTS), np.float32), np.empty(candidates, np.int64)
    # What a given u says of each v and of each w, and what a given v says of each w.
    said = np.empty((3, MOST_POINTS, width), np.float32)
    of_w = said[1:]
    for row in range(states):
        contract(residuals[row], is_cyclic, held)
        points = np.array([1 << held.dims[0], 1 << held.dims[1], 1 << held.dims[2]])
        _embed(held, is_cyclic, heads, contexts.points[row], seen, hidden, table, embedded)
        for which in range(sides):
            for v in range(points[0]):
                logit = np.float32(0)
                for at in range(size):
                    logit += embedded[0, v, at] * heads.first[which, at]
                of_first[which, v] = logit
            _softmax(of_first[which], points[0])
        alone_second, alone_third = _alone(second, embedded[1], points[1]), _alone(third, embedded[2], points[2])
        last, num = 0, 0
        for candidate in range(candidates):
            if is_cyclic and uniform[row, candidate, 3] < contexts.is_cube[row]:
                terms[row, candidate] = pick(of_first[1], points[0], uniform[row, candidates - 1 - candidate, 0])
                continue
            u = pick(of_first[0], points[0], uniform[row, candidate, 0])
            if u != last:
                last, num = u, 0
                _fill(said[0], points[1], contexts.second[row], second.given[0], embedded[0, u])
                _fill(said[1], points[2], contexts.third[row], third.given[0], embedded[0, u])
                if is_cyclic:
                    for side in range(2):
                        some = slice(side * PAIR_FEATURES, (side + 1) * PAIR_FEATURES)
                        both = np.stack((second.pairs[some], third.pairs[some]))
                        _multiply_pairs(held, u, 0, side + 1, both, said[:2])
                else:
                    _multiply_pairs(held, u, 0, 1, second.pairs[None], said[:1])
                    _multiply_pairs(held, u, 0, 2, third.pairs[:columns][None], said[1:2])
                _logits(said[:1], points[1], alone_second, np.array([0, u])[:sides], second.logit, of_second)
                _softmax(of_second, points[1])
            v = pick(of_second, points[1], uniform[row, candidate, 1])
            known = 0
            while known < num and seconds[known] != v:
                known += 1
            if known == num:
                seconds[num] = v
                num += 1
                _fill(said[2], points[2], np.zeros(width, np.float32), third.given[1], embedded[1, v])
                for side in range(sides):
                    some = slice(columns + side * PAIR_FEATURES, columns + (side + 1) * PAIR_FEATURES)
                    source, image = (0, side + 1) if is_cyclic else (1, 2)
                    _multiply_pairs(held, v, source, image, third.pairs[some][None], said[2:])
                _logits(
                    of_w, points[2], alone_third, np.array([0, u, v, u ^ v])[: sides**2], third.logit, of_third[known]
                )
                _softmax(of_third[known], points[2])
            terms[row, candidate, 0], terms[row, candidate, 1] = u, v
            terms[row, candidate, 2] = pick(of_third[known], points[2], uniform[row, candidate, 2])
    return terms
