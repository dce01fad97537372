"""Short walks: parameters, and schemes over Z2 for tests of what is done with schemes."""

from stages.algebra.factors import Scheme, standard
from stages.algebra.targets import parse_target
from stages.params.walks import FlipsWalk, Modulo3Walk, TernaryWalk
from stages.refinement.modes import mode_of, start_at

SETTINGS = {
    "start": "data/standard.json",
    "targets": ("2x2x2", "2x2x3", "2x3x3"),
    "flips": 1_500_000,
    "seed": 3,
    "walkers": 3,
    "barrier": 20_000,
    "restart_after": 60_000,
    "plus_after": (50, 2000),
    "plus_draws": 16,
    "margin": (2, 6),
    "length": (5_000, 10_000_000),
    "growth": 1.05,
    "pool": 16,
    "harvest": 8,
    "keep": 4,
}
FLIPS, TERNARY = FlipsWalk(mode="flips", **SETTINGS), TernaryWalk(mode="ternary", **SETTINGS)
MODULO3 = Modulo3Walk(mode="modulo3", **SETTINGS | {"targets": ("2x2x2",), "flips": 300_000})

LONGER = FLIPS.model_copy(update={"plus_after": (50, 5000), "pool": 8})


def walked(name: str, moves: int, stream: int = 0) -> list[Scheme]:
    """Schemes of the best rank that a walk from the standard algorithm holds."""
    mode, target = mode_of(LONGER), parse_target(name)
    attempt, _ = mode.advanced(mode.begin(start_at(standard(target), mode.ring), stream), moves)
    return mode.harvested(attempt)
