"""Short walks: parameters, what they keep, and schemes over Z2 for tests of what is done with schemes."""

from pathlib import Path

from stages.algebra.factors import Scheme, standard
from stages.algebra.targets import parse_target
from stages.contract import candidates
from stages.contract.candidates import Candidate
from stages.contract.origin import Origin
from stages.params.walks import FlipsWalk, Modulo3Walk, TernaryWalk
from stages.refinement.archive import WalkArchive
from stages.refinement.modes import mode_of, start_at
from stages.refinement.packed import Z2, Z3, Ternary

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

ORIGIN = Origin("refinement", "test")
RINGS = {"flips": Z2(), "modulo3": Z3(), "ternary": Ternary()}
LONGER = FLIPS.model_copy(update={"plus_after": (50, 5000), "pool": 8})


def walked(name: str, moves: int, stream: int = 0) -> list[Scheme]:
    """Schemes of the best rank that a walk from the standard algorithm holds."""
    mode, target = mode_of(LONGER), parse_target(name)
    attempt, _ = mode.advanced(mode.begin(start_at(standard(target), mode.ring), stream), moves)
    return mode.harvested(attempt)


def rows(archive: WalkArchive) -> list[dict]:
    """Rows that can be compared."""
    made = [vars(candidates.to_row(candidate)) for candidate in archive.held.candidates()]
    return [row | {name: row[name].tolist() for name in "uvw"} for row in made]


def write(path: Path, *schemes: Scheme) -> None:
    candidates.write(path, [Candidate(scheme, ORIGIN, "", 0, 0) for scheme in schemes])
