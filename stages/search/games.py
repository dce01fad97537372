"""Games of whole targets as they were played, failed ones too: what a search hands on for others to learn from.

MuZero Unplugged (Schrittwieser et al., 2021) learns from any mix of own and others' games. Here a game is one row of a
table, in the basis of its target, whatever the kind of agent that has played it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int

from stages.algebra.targets import Target
from stages.contract import tables
from stages.contract.rows.games import GAMES, GameRow
from stages.errors import TableError
from stages.game.rules import Rules, rules_for
from stages.learning.buffers import BestGames
from stages.learning.positions import Terms
from stages.params.agents import Agent, SpanAgent

MOST_BYTES = 2**25  # of the moves of one record in memory: 46,000 games of 3x3x3; the oldest go
_CHUNK = 4096  # games that are made rows at once
BEAM = "beam"


class Games(NamedTuple):
    """Games in the order in which they were played.

    Attributes:
      target: the place of each game's target among the agent's.
      round: in which it was played, from 0; below 0 of what others have played.
      is_line: whether a beam has played it.
      count: how many moves were made.
      left: a bound of the rank of what they left; 0 where the game was solved.
      moves: factors, zero from `count` on and beyond the axes of the target.
    """

    target: Int[np.ndarray, " games"]
    round: Int[np.ndarray, " games"]
    is_line: Bool[np.ndarray, " games"]
    count: Int[np.ndarray, " games"]
    left: Int[np.ndarray, " games"]
    moves: Int[np.ndarray, "games max_rank 3 s"]


def no_games(rules: Rules) -> Games:
    """None."""
    return games_of(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros((0, 0, 3, rules.length)), rules)


def games_of(
    target: np.ndarray, count: np.ndarray, left: np.ndarray, moves: np.ndarray, rules: Rules, *, is_line: bool = False
) -> Games:
    """Games, of which `record` will say the round; `moves` may be fewer than the rules allow."""
    padded = np.zeros((len(moves), rules.max_rank, *moves.shape[2:]), np.int8)
    padded[:, : moves.shape[1]] = moves
    numbers = (np.asarray(each).astype(np.int32) for each in (target, np.zeros(len(moves)), count, left))
    index, number, made, bound = numbers
    return Games(index, number, np.full(len(moves), is_line), made, bound, padded)


def record(held: Games, new: Games, number: int) -> Games:
    """Adds the games of a round. Of own games the newest stay whose moves fill MOST_BYTES; others' stay."""
    added = new._replace(round=np.full(len(new.round), number, np.int32))
    every = Games(*(np.concatenate(parts) for parts in zip(held, added, strict=True)))
    most = MOST_BYTES // (every.moves[0].nbytes if len(every.moves) else 1)
    own = np.flatnonzero(every.round >= 0)
    return take(every, np.setdiff1d(np.arange(len(every.round)), own[: max(0, len(own) - most)]))


def orbits(moves: Int[np.ndarray, "moves 3 s"]) -> Int[np.ndarray, "rank 3 s"]:
    """The terms of symmetric moves: u v w, v w u, w u v; of a cube itself alone."""
    is_cube = (moves == moves[:, :1]).all(axis=(1, 2))
    return np.concatenate([moves, *(np.roll(moves[~is_cube], -turn, axis=1) for turn in (1, 2))])


def best_of(games: Games, symmetry: str) -> BestGames:
    """The solved ones, to learn from."""
    solved = take(games, np.flatnonzero(games.left == 0))
    costs = [_cost(moves[:count], symmetry) for moves, count in zip(solved.moves, solved.count, strict=True)]
    terms = Terms(solved.moves.astype(np.int32), solved.count)
    return BestGames(terms, solved.target, np.array(costs, np.int32))


def write_games(path: Path, games: Games, agent: Agent, targets: Mapping[str, Target]) -> None:
    """Writes the own games as a table, in row groups."""
    own = np.flatnonzero(games.round >= 0)
    with tables.writer(path, GAMES) as file:
        for first in range(0, len(own), _CHUNK):
            rows = list(_rows(take(games, own[first : first + _CHUNK]), agent, targets))
            file.append({name: [getattr(row, name) for row in rows] for name in GAMES.schema.names})


def _rows(games: Games, agent: Agent, targets: Mapping[str, Target]) -> Iterator[GameRow]:
    planner = "one_ply" if isinstance(agent, SpanAgent) else agent.search.planner.name
    for index, number, is_line, count, left, moves in zip(*games, strict=True):
        target, made = targets[agent.targets[index]], moves[:count]
        yield GameRow(
            target=target.name,
            ring=agent.ring,
            symmetry=agent.symmetry,
            planner=BEAM if is_line else planner,
            round=int(number),
            cost=_cost(made, agent.symmetry),
            left=int(left),
            moves=made[:, :, : max(target.modes)].ravel(),
        )


def read_games(path: Path, agent: Agent, targets: Mapping[str, Target]) -> Games:
    """What another agent has played of the targets that this one plays whole; the newest are of round -1.

    Raises:
      TableError: one line with the file's name: another ring or symmetry, moves that the agent cannot make, a game that
        does not end as its row says, or no game of a target that the agent plays whole.
    """
    rules, places = rules_for(agent.ring, agent.window), {name: agent.targets.index(name) for name in agent.whole}
    rows = tables.read(path, GAMES)
    for number, row in enumerate(rows):
        where = f"{path}: game {number}"
        if (row.ring, row.symmetry) != (agent.ring, agent.symmetry):
            wanted, got = (f"over {each.ring} with symmetry {each.symmetry}" for each in (agent, row))
            raise TableError(f"{where}: expected one {wanted}, got one {got}")
    rows_of = [(number, row) for number, row in enumerate(rows) if row.target in places]
    if not rows_of:
        raise TableError(f"{path}: expected games of one of {list(agent.whole)}, got {len(rows)} games, none of these")
    moves = np.zeros((len(rows_of), rules.max_rank, 3, rules.length), np.int8)
    count = np.zeros(len(rows_of), np.int32)
    for place, (number, row) in enumerate(rows_of):
        made = _checked(f"{path}: game {number}", row, agent, targets[row.target], rules)
        moves[place, : len(made), :, : made.shape[-1]], count[place] = made, len(made)
    target, left, number, is_line = (
        np.array(each)
        for each in zip(
            *((places[row.target], row.left, row.round, row.planner == BEAM) for _, row in rows_of), strict=True
        )
    )
    age = number.max() + 1 - number
    return games_of(target, count, left, moves, rules)._replace(round=-age.astype(np.int32), is_line=is_line)


def _checked(where: str, row: GameRow, agent: Agent, target: Target, rules: Rules) -> np.ndarray:
    """The moves of a row, [moves, 3, s], that the agent could have made and that end as the row says."""
    length = max(target.modes)
    allowed = (-1, 0, 1) if isinstance(agent, SpanAgent) and agent.ring == "Z" else rules.coefficients
    if len(row.moves) % (3 * length) or len(row.moves) > 3 * length * rules.max_rank:
        expected = f"at most {rules.max_rank} moves of 3 x {length} coefficients"
        raise TableError(f"{where}: expected {expected}, got {len(row.moves)} numbers")
    if beyond := sorted(set(row.moves.tolist()) - set(allowed)):
        raise TableError(f"{where}: expected coefficients of {list(allowed)}, got {beyond[0]}")
    moves = row.moves.reshape(-1, 3, length)
    terms = (orbits(moves) if agent.symmetry == "cyclic" else moves).astype(np.int64)
    rest = np.pad(target.tensor, [(0, length - axis) for axis in target.modes])
    rest = rest - np.einsum("ri,rj,rk->ijk", *np.moveaxis(terms, 1, 0), optimize=True)
    is_solved = not (rest % 2 if agent.ring == "Z2" else rest).any()
    if (cost := _cost(moves, agent.symmetry)) != row.cost or row.left < 0 or is_solved != (row.left == 0):
        got = f"moves that cost {cost} and {'solve' if is_solved else 'do not solve'} {target.name}"
        raise TableError(f"{where}: expected cost {row.cost} and {row.left} left, got {got}")
    return moves


def _cost(moves: np.ndarray, symmetry: str) -> int:
    return len(orbits(moves)) if symmetry == "cyclic" else len(moves)


def take(games: Games, rows: np.ndarray) -> Games:
    """Some of the games, in this order."""
    return Games(*(field[rows] for field in games))
