"""What an agent learns from and what it has learnt."""

from __future__ import annotations

from dataclasses import dataclass

from stages.contract.tables import Int8s, Int16, Int32s, Table


@dataclass(frozen=True, eq=False)
class DemonstrationRow:
    """One synthetic demonstration."""

    rank: Int16  # number of terms R, at most max_rank
    terms: Int8s  # row-major [max_rank, 3, S] in game order; terms beyond R are zero


@dataclass(frozen=True, eq=False)
class ParameterRow:
    """One leaf of a network."""

    path: str  # its place in the network
    shape: Int32s
    dtype: str  # NumPy's name
    bytes: bytes  # row-major, little endian


DEMONSTRATIONS = Table("demonstrations/1", DemonstrationRow)
PARAMETERS = Table("parameters/1", ParameterRow)
