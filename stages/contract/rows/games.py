"""Games that agents have played."""

from __future__ import annotations

from dataclasses import dataclass

from stages.contract.tables import Int8s, Int32, Table


@dataclass(frozen=True, eq=False)
class GameRow:
    """One game of a whole target, solved or not. Windows are no games of a target, so they have no row."""

    target: str  # a size, n <= m <= p, or the name of another target
    ring: str  # Z2, Z
    symmetry: str  # none, cyclic: whose moves
    planner: str  # beam, of which a few solved lines are kept; or the planner of a move
    round: Int32  # of the search, from 0
    cost: Int32  # terms of its moves; in a cyclic game an orbit costs 3
    left: Int32  # upper bound of the rank of what the moves left; 0 where the game was solved
    moves: Int8s  # row-major [moves, 3, S] in game order, in the target's own basis; S is its longest axis


GAMES = Table("games/1", GameRow)
