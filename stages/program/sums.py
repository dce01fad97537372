"""Linear combinations as data: the parts of a program before and after its products.

Registers are numbered: first the inputs, then one per temporary, in order. A combination is a tuple of (coefficient,
register) and stands for the sum of coefficient * register; a temporary may use only registers before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from jaxtyping import Int

from stages.errors import SchemeError

Combination = tuple[tuple[int, int], ...]
Value = TypeVar("Value", int, np.ndarray)  # what can be added, and multiplied by an integer


@dataclass(frozen=True)
class Sums:
    """Outputs as combinations of inputs, by way of shared temporaries.

    Attributes:
      inputs: how many there are.
      temporaries: one combination each.
      outputs: one combination each.
    Raises:
      SchemeError: an empty combination, a zero coefficient, or a register twice or before it is computed.
    """

    inputs: int
    temporaries: tuple[Combination, ...]
    outputs: tuple[Combination, ...]

    def __post_init__(self) -> None:
        known = self.inputs + len(self.temporaries)
        limits = [*range(self.inputs, known), *[known] * len(self.outputs)]
        for combination, limit in zip((*self.temporaries, *self.outputs), limits, strict=True):
            coefficients, registers = zip(*combination, strict=True) if combination else ((), ())
            if not registers or len({*registers}) < len(registers) or 0 in coefficients:
                raise SchemeError(f"program: expected distinct registers, each with a factor not 0, got {combination}")
            if min(registers) < 0 or max(registers) >= limit:
                raise SchemeError(f"program: expected registers 0..{limit - 1}, got {sorted(registers)}")

    @property
    def additions(self) -> int:
        """Additions and subtractions; signs and factors are not counted."""
        return sum(len(combination) - 1 for combination in (*self.temporaries, *self.outputs))


def evaluate(sums: Sums, inputs: Sequence[Value]) -> list[Value]:
    """The outputs for these inputs: numbers, or arrays of one shape."""
    registers = list(inputs)
    for combination in sums.temporaries:
        registers.append(_combine(combination, registers))
    return [_combine(combination, registers) for combination in sums.outputs]


def _combine(combination: Combination, registers: Sequence[Value]) -> Value:
    (coefficient, register), *rest = combination
    total = coefficient * registers[register]
    for coefficient, register in rest:
        total = total + coefficient * registers[register]
    return total


def matrix(sums: Sums) -> Int[np.ndarray, "outputs inputs"]:
    """The matrix of the linear map: outputs = matrix @ inputs."""
    return np.stack(evaluate(sums, list(np.eye(sums.inputs, dtype=np.int64))))


def magnitude(sums: Sums, bounds: Sequence[int]) -> tuple[int, list[int]]:
    """Bounds of what `evaluate` computes when |input i| <= bounds[i]: of any value or partial sum, and of each output.

    Python integers, so the bounds themselves cannot overflow.
    """
    registers = range(sums.inputs + len(sums.temporaries))
    outputs = _absolute(sums.outputs) + tuple(((1, register),) for register in registers)
    values = evaluate(Sums(sums.inputs, _absolute(sums.temporaries), outputs), bounds)
    return max(values), values[: len(sums.outputs)]


def _absolute(combinations: tuple[Combination, ...]) -> tuple[Combination, ...]:
    return tuple(tuple((abs(coefficient), register) for coefficient, register in each) for each in combinations)
