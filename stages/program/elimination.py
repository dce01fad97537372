"""Greedy elimination of common pairs, compiled by Numba; `subexpressions` calls it and gives the result a form.

A pair is two registers x < y with the ratio of their coefficients, one of +-1, +-2, +-1/2; it stands for all its
multiples: x + y also serves -x - y and 2x + 2y, but not x - y. A step makes one pair a temporary in every row that
holds it. A pair in k rows costs one addition and saves k.

Which pair goes first is the method (Martensson and Wagner 2024, «The number of the beast»; Perminov 2025): the highest

    k - 1 + gain * (repetitions that the temporary brings) - loss * (repetitions that it ends)

where a pair in k rows counts as k - 1 repetitions. gain = loss = 0 is the plain greedy choice, gain = loss > 0 «greedy
potential», gain = 0 < loss «greedy intersections». Equal scores are decided at random (splitmix64).
This module stays outside the jaxtyping hook of the tests: a wrapped function cannot be compiled.
"""

from __future__ import annotations

import numpy as np

from stages.compiled import compiled

U = np.uint64
GOLDEN = U(0x9E3779B97F4A7C15)
FIRST = np.array([1, 1, 2, 2, 1, 1])  # coefficients of x and y in a pair, by ratio
SECOND = np.array([1, -1, 1, -1, 2, -2])
SLACK = 1  # with weights, pairs in this many rows less than the most frequent one compete, too: the rest save less


@compiled
def draw(state: np.ndarray, below: int) -> int:
    """Advances a stream uint64 [1]; returns a number below `below`."""
    state[0] += GOLDEN
    z = state[0]
    z = (z ^ (z >> U(30))) * U(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> U(27))) * U(0x94D049BB133111EB)
    return np.int64(((z ^ (z >> U(31))) >> U(33)) % U(below))  # type: ignore[return-value]  # Numba has one kind of integer


@compiled
def ratio(a: int, b: int) -> int:
    """Which pair the coefficients a and b form; -1 for none."""
    if a == 0 or b == 0:
        return -1
    if a == b:
        return 0
    if a == -b:
        return 1
    if a == 2 * b:
        return 2
    if a == -2 * b:
        return 3
    if b == 2 * a:
        return 4
    if b == -2 * a:
        return 5
    return -1


@compiled
def _place(row: np.ndarray, x: int, y: int) -> tuple[int, int, int]:
    """(ratio, x, y) of the pair that two registers of a row form; ratio -1 for none."""
    if x > y:
        x, y = y, x
    return ratio(row[x], row[y]), x, y


@compiled
def _end(table: np.ndarray, row: np.ndarray, registers: np.ndarray, length: int, x: int, y: int) -> None:
    """Takes all pairs of a row with x or y out of `table`, but (x, y) itself."""
    for at in range(length):
        z = registers[at]
        if z != x and z != y:
            for old in (x, y):
                kind, low, high = _place(row, old, z)
                if kind >= 0:
                    table[kind, low, high] -= 1


@compiled
def _met(met: np.ndarray, at: int, kind: int, z: int, start: int) -> int:
    """Counts a pair with z once more; counts from before `start` are of an earlier candidate. Returns how often it was
    met."""
    if met[at, kind, z] < start:
        met[at, kind, z] = start
    met[at, kind, z] += 1
    many: int = met[at, kind, z] - start
    return many


@compiled
def _repetitions(
    table: np.ndarray,
    rows: np.ndarray,
    registers: np.ndarray,
    length: np.ndarray,
    pair: tuple[int, int, int],
    users: np.ndarray,
    met: np.ndarray,
    start: int,
) -> tuple[int, int]:
    """How many repetitions a pair would end and bring as a temporary.

    Args:
      users: rows with x, or with y; among them are all that hold the pair.
      met: int64 [3, kinds, capacity], counts of pairs with x, with y, and with the temporary, in the holders so far;
        none is beyond `start`.
    """
    ended, begun = 0, 0
    kind, x, y = pair
    for r in users:
        row = rows[r]
        if ratio(row[x], row[y]) != kind:
            continue
        factor = row[x] // FIRST[kind]
        for at in range(length[r]):
            z = registers[r, at]
            if z != x and z != y:
                for side in range(2):
                    other, low, high = _place(row, x if side == 0 else y, z)
                    if other >= 0 and (_met(met, side, other, z, start) < table[other, low, high]):
                        ended += 1  # the last time that a pair occurs at all is no repetition
                born = ratio(row[z], factor)
                if born >= 0 and _met(met, 2, born, z, start) > 1:
                    begun += 1
    return ended, begun


@compiled
def _hold(rows: np.ndarray, kind: int, x: int, y: int, holders: np.ndarray) -> int:
    """Writes the numbers of the rows that hold a pair; returns how many there are."""
    found = 0
    for r in range(rows.shape[0]):
        if ratio(rows[r, x], rows[r, y]) == kind:
            holders[found] = r
            found += 1
    return found


@compiled
def _leave(users: np.ndarray, uses: np.ndarray, register: int, row: int) -> None:
    """Takes a row out of those that use a register."""
    uses[register] -= 1
    at = 0
    while users[at] != row:
        at += 1
    users[at] = users[uses[register]]


@compiled
def eliminate(
    rows: np.ndarray, inputs: int, temporaries: np.ndarray, gain: float, loss: float, state: np.ndarray
) -> tuple[int, int]:
    """Replaces pairs by temporaries until none occurs twice or there is no room for another.

    Args:
      rows: int64 [outputs, capacity], changed in place; columns from `inputs` on are zero, as many as temporaries fit.
        Half of the additions are always enough, since each temporary costs one and saves more.
      temporaries: int64 [capacity - inputs, 4], written: x, its coefficient, y, its coefficient.
      gain, loss: weights of the method.
      state: uint64 [1], the random stream.
    Returns:
      How many temporaries there are, and the additions of all sums.
    """
    outputs, capacity = rows.shape
    length = np.zeros(outputs, np.int64)
    longest, terms = 0, 0
    kinds = 2
    for r in range(outputs):
        for x in range(inputs):
            if rows[r, x] != 0:
                length[r] += 1
                if abs(rows[r, x]) > 1:
                    kinds = 6
        longest = max(longest, length[r])
        terms += length[r]
    registers = np.zeros((outputs, longest), np.int64)  # of each row, in no order
    users = np.zeros((capacity, outputs), np.int64)  # rows with each register, in no order
    uses = np.zeros(capacity, np.int64)
    table = np.zeros((kinds, capacity, capacity), np.int16)  # rows that hold a pair
    for r in range(outputs):
        at = 0
        for x in range(inputs):
            if rows[r, x] != 0:
                for before in range(at):
                    kind, low, high = _place(rows[r], registers[r, before], x)
                    if kind >= 0:
                        table[kind, low, high] += 1
                registers[r, at] = x
                at += 1
                users[x, uses[x]] = r
                uses[x] += 1
    candidates = [(0, 0, 0) for _ in range(0)]
    for kind in range(kinds):
        for x in range(inputs):
            for y in range(x + 1, inputs):
                if table[kind, x, y] > 1:
                    candidates.append((kind, x, y))
    holders = np.zeros(outputs, np.int64)
    met = np.zeros((3, kinds, capacity), np.int64)
    start: int = np.int64(0)  # type: ignore[assignment]  # Numba has one kind of integer
    made = 0
    is_weighted = gain != 0.0 or loss != 0.0
    while True:
        # Pairs of old registers only become rarer, so one that is not repeated never will be.
        alive, most = 0, 0
        for at in range(len(candidates)):
            kind, x, y = candidates[at]
            many = table[kind, x, y]
            if many > 1:
                candidates[alive] = candidates[at]
                alive += 1
                most = max(most, many)
        while len(candidates) > alive:
            candidates.pop()
        if not alive or made == temporaries.shape[0]:
            break
        new = inputs + made
        best, ties, chosen = -1e300, 0, (0, 0, 0)
        for pair in candidates:
            kind, x, y = pair
            many = table[kind, x, y]
            if many < most - (SLACK if is_weighted else 0):
                continue
            score = many - 1.0
            if is_weighted:
                rarer = x if uses[x] < uses[y] else y
                users_of = users[rarer, : uses[rarer]]
                ended, begun = _repetitions(table, rows, registers, length, pair, users_of, met, start)
                start += outputs
                score += gain * begun - loss * ended
            if score > best:
                best, ties, chosen = score, 1, pair
            elif score == best:
                ties += 1
                if draw(state, ties) == 0:
                    chosen = pair
        kind, x, y = chosen
        temporaries[made, 0], temporaries[made, 1] = x, FIRST[kind]
        temporaries[made, 2], temporaries[made, 3] = y, SECOND[kind]
        made += 1
        found = _hold(rows, kind, x, y, holders)
        table[kind, x, y] = 0
        for r in holders[:found]:
            _end(table, rows[r], registers[r], length[r], x, y)
            factor = rows[r, x] // FIRST[kind]
            rows[r, x], rows[r, y], rows[r, new] = 0, 0, factor
            for old in (x, y):
                _leave(users[old], uses, old, r)
            users[new, uses[new]] = r
            uses[new] += 1
            kept = 0
            for at in range(length[r]):
                z = registers[r, at]
                if z != x and z != y:
                    registers[r, kept] = z
                    kept += 1
                    born = ratio(rows[r, z], factor)
                    if born >= 0:
                        table[born, z, new] += 1
                        if table[born, z, new] == 2:
                            candidates.append((born, z, new))
            registers[r, kept] = new
            length[r] = kept + 1
            terms -= 1
    return made, made + terms - outputs
