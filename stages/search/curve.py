"""The curve of a search, one row for each round and target, and the figures of its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from stages.search.round import Report
from stages.search.setup import Setup
from stages.search.state import State


@dataclass(frozen=True)
class Row:
    """Where a search stands with one target after one round. None where there is nothing to tell.

    Attributes:
      round: rounds that were played.
      games: games that were played, of all targets, window games among them.
      solved_share, rewritten_share: shares of this round's games and window games that ended in a decomposition.
      best_game, best_window: the lowest ranks found so far by either.
      policy_loss, value_loss: means over this round's train steps.
    """

    round: int
    games: int
    target: str
    solved_share: float | None
    rewritten_share: float | None
    best_game: int | None
    best_window: int | None
    policy_loss: float | None
    value_loss: float | None


COLUMNS = [field.name for field in fields(Row)]


def rows_after(state: State, report: Report, setup: Setup) -> list[Row]:
    """The rows of the round that led to `state`, one for each target."""
    return [
        Row(
            round=state.round,
            games=state.round * setup.games_per_round,
            target=target,
            solved_share=report.shares["game"].get(target),
            rewritten_share=report.shares["window"].get(target),
            best_game=state.best_rank["game"].get(target),
            best_window=state.best_rank["window"].get(target),
            policy_loss=report.losses.get("policy"),
            value_loss=report.losses.get("value"),
        )
        for target in setup.agent.targets
    ]


def metrics(curve: Sequence[Row], state: State, schemes: int) -> dict[str, object]:
    """Deterministic figures of a finished search, for `dvc metrics`; `schemes` is the number of those handed on."""
    last = [row for row in curve if row.round == state.round]

    def known(values: Mapping[str, float | None]) -> dict[str, float]:
        return {name: float(f"{value:.6g}") for name, value in values.items() if value is not None}

    return {
        "games": last[0].games,
        "best_game": state.best_rank["game"],
        "best_window": state.best_rank["window"],
        "solved_share": known({row.target: row.solved_share for row in last}),
        "rewritten_share": known({row.target: row.rewritten_share for row in last}),
        "losses": known({"policy": last[0].policy_loss, "value": last[0].value_loss}),
        "schemes": schemes,
    }
