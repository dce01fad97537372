"""The curve of a search, one row for each round and target, and the figures of its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Int

from stages.contract.csv_tables import text
from stages.contract.rows.curves import SearchCurveRow
from stages.search.round import Report
from stages.search.setup import Setup
from stages.search.state import State


def rows_after(state: State, report: Report, setup: Setup) -> list[SearchCurveRow]:
    """The rows of the round that led to `state`, one for each target."""
    return [
        SearchCurveRow(
            round=state.round,
            games=state.games,
            target=target,
            solved_share=_share(report.ends.get(target)),
            rank_shares=rank_shares(report.ends[target]) if target in report.ends else "",
            rewritten_share=report.rewritten.get(target),
            best_game=state.best_rank["game"].get(target),
            best_window=state.best_rank["window"].get(target),
            policy_loss=report.losses.get("policy"),
            value_loss=report.losses.get("value"),
        )
        for target in setup.agent.targets
    ]


def _share(ends: Int[np.ndarray, " games"] | None) -> float | None:
    return None if ends is None else float((ends > 0).mean())


def rank_shares(ends: Int[np.ndarray, " games"]) -> str:
    """As in `SearchCurveRow`, of games that ended at these ranks; 0 where one was not solved."""
    ranks, counts = np.unique(ends[ends > 0], return_counts=True)
    return " ".join(f"{rank}:{text(float(count / len(ends)))}" for rank, count in zip(ranks, counts, strict=True))


def metrics(curve: Sequence[SearchCurveRow], state: State, schemes: int) -> dict[str, object]:
    """Deterministic figures of a finished search, for `dvc metrics`; `schemes` is the number of those handed on."""
    last = [row for row in curve if row.round == state.round]

    def known(values: Mapping[str, float | None]) -> dict[str, float]:
        return {name: float(text(value)) for name, value in values.items() if value is not None}

    return {
        "games": last[0].games,
        "best_game": state.best_rank["game"],
        "best_window": state.best_rank["window"],
        "solved_share": known({row.target: row.solved_share for row in last}),
        "rewritten_share": known({row.target: row.rewritten_share for row in last}),
        "losses": known({"policy": last[0].policy_loss, "value": last[0].value_loss}),
        "schemes": schemes,
    }
