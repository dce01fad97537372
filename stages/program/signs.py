"""Signs for sums over Z2, so that they hold over Z.

An addition is x + y or x - y. A minus changes what is computed by 2 y modulo 4, so all that a program computes is
linear in its signs modulo 4, and so are the Brent equations and the condition that given sums come out: linear systems
over Z2. Solutions are then tried out over Z.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme
from stages.algebra.targets import Target
from stages.program.sums import Sums, matrix

TRIES = 64  # solutions of a linear system


@dataclass(frozen=True)
class Steps:
    """Sums over Z2 as additions of two registers, which are numbered as in `Sums`.

    Attributes:
      inputs: how many there are.
      pairs: the registers of each addition.
      taken: of each output its register.
    """

    inputs: int
    pairs: list[tuple[int, int]]
    taken: list[int]

    def sums(self, signs: np.ndarray, of_outputs: np.ndarray) -> Sums:
        """With a sign, -1 or 1, for the second register of each addition, and for each output."""
        additions = zip(self.pairs, signs.tolist(), strict=True)
        outputs = zip(of_outputs.tolist(), self.taken, strict=True)
        return Sums(
            self.inputs, tuple(((1, x), (sign, y)) for (x, y), sign in additions), tuple((each,) for each in outputs)
        )

    def unsigned(self) -> Sums:
        """With all signs 1."""
        return self.sums(np.ones(len(self.pairs), np.int64), np.ones(len(self.taken), np.int64))

    def changes(self) -> np.ndarray:
        """Half of what a minus in each addition changes in each output, modulo 2: [additions, outputs, inputs]."""
        registers = list(np.eye(self.inputs, dtype=np.int64))
        changes = [np.zeros((len(self.pairs), self.inputs), np.int64) for _ in registers]
        for at, (x, y) in enumerate(self.pairs):
            registers.append(registers[x] ^ registers[y])
            changes.append(changes[x] ^ changes[y])
            changes[-1][at] ^= registers[y]
        return np.stack([changes[register] for register in self.taken], axis=1)


def steps_of(made: np.ndarray, words: np.ndarray, inputs: int, rng: np.random.Generator) -> Steps:
    """The additions behind an order of words as `fewest` leaves it; of several pairs for one word, a random one.

    Args:
      words: the outputs, none of them 0.
    """
    order = made.tolist()
    places = {word: at for at, word in enumerate(order)}
    pairs = []
    for at in range(inputs, len(order)):
        others = [(x, places.get(order[at] ^ order[x], at)) for x in range(at)]
        ways = [(x, y) for x, y in others if x < y < at]
        pairs.append(ways[rng.integers(len(ways))])
    return Steps(inputs, pairs, [places[word] for word in words.tolist()])


def signed_scheme(
    target: Target, sides: tuple[Steps, Steps, Steps], rng: np.random.Generator
) -> tuple[Scheme, list[Sums]] | None:
    """A scheme over Z from the sums of the three modes of one over Z2, with its sums; None if no signs are found."""
    u, v, w = (matrix(side.unsigned()) for side in sides)
    defect = target.tensor.astype(np.int64) - np.einsum("ri,rj,rk->ijk", u, v, w)
    u, v, w = u & 1, v & 1, w & 1
    columns = [
        np.einsum("ari,rj,rk->aijk", sides[0].changes(), v, w),
        np.einsum("ri,arj,rk->aijk", u, sides[1].changes(), w),
        np.einsum("ri,rj,ark->aijk", u, v, sides[2].changes()),
        np.einsum("ri,rj,rk->rijk", u, v, w),
    ]
    ends = np.cumsum([len(each) for each in columns[:3]])
    for chosen in _solutions(np.concatenate(columns), defect, rng):
        *signs, of_products = np.split(chosen, ends)
        of_outputs = (np.ones_like(of_products), np.ones_like(of_products), of_products)
        sums = [side.sums(*each) for side, *each in zip(sides, signs, of_outputs, strict=True)]
        scheme = Scheme(target, "Z", Factors(*(matrix(each).T for each in sums)))
        if check(scheme) is None:
            return scheme, sums
    return None


def signed_sums(side: Steps, rows: np.ndarray, rng: np.random.Generator) -> Sums | None:
    """Sums over Z that compute `rows` (int64 [outputs, inputs]) and not only modulo 2; None if no signs are found."""
    values = matrix(side.unsigned())
    outputs = np.eye(len(rows), dtype=np.int64)[:, :, None] * (values & 1)
    for chosen in _solutions(np.concatenate([side.changes(), outputs]), rows - values, rng):
        sums = side.sums(*np.split(chosen, [len(side.pairs)]))
        if np.array_equal(matrix(sums), rows):
            return sums
    return None


def _solutions(columns: np.ndarray, defect: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Signs of -1 and 1 with which twice the sum of the columns of the minuses is the defect modulo 4; at most TRIES.

    Args:
      columns: 0 and 1, [unknowns, ...]; those of all signs in turn.
      defect: even integers [...].
    """
    unknowns = len(columns)
    halves = np.concatenate([columns, (defect[None] >> 1)]).reshape(unknowns + 1, -1) & 1
    packed = [int.from_bytes(np.packbits(column).tobytes(), "big") for column in halves.astype(np.uint8)]
    echelon: list[tuple[int, int, int]] = []  # highest bit, sum of columns, which
    zeros: list[int] = []  # sums of columns that are zero; the first has the defect in it
    for place, column in enumerate(packed):
        which = 1 << place
        for highest, other, its in echelon:
            if column >> highest & 1:
                column, which = column ^ other, which ^ its
        if place == unknowns:
            if column:
                return []
            zeros.insert(0, which)
        elif column:
            echelon.append((column.bit_length() - 1, column, which))
        else:
            zeros.append(which)
    solution, *kernel = (np.array([which >> place & 1 for place in range(unknowns)]) for which in zeros)
    found = {solution.tobytes(): solution}
    for _ in range(min(TRIES, 2 ** len(kernel)) - 1):
        drawn = solution.copy()
        for zero in kernel:
            drawn ^= zero * rng.integers(2)
        found[drawn.tobytes()] = drawn
    return [1 - 2 * signs for signs in found.values()]
