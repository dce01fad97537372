"""The table of ranks: for each size and ring, who found what, beside what is published.

A scheme over Z counts for Z2 too, never the reverse. The ring of an agent's scheme is the one it played over: a lift of
it is a walk's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stages.algebra.targets import parse_size
from stages.contract.origin import Origin
from stages.errors import TableError
from stages.params.walks import STANDARD_START, first_start
from stages.summary.sources import Row, Sources

FINDERS = ("agent_game", "agent_subgame", "walk", "walk_from_agent", "recombination", "imported")
COLUMNS = ["size", "ring", "naive", "alphatensor", "best_known", *FINDERS, "verified"]
PUBLISHED_COLUMNS = {"Z2": ("alphatensor_z2", "best_z2"), "Z": ("alphatensor_z", "best_z")}
RING_ORDER = ("Z2", "Z", "Q")


def rank_rows(sources: Sources) -> list[dict]:
    """One row per size and ring that was tried or found, by size and then ring.

    Returns:
      Rows of `COLUMNS`; None where there is no rank.
    Raises:
      TableError: an origin that names no agent or walk of params.yaml.
    """
    found: dict[tuple[str, str], dict[str, int]] = {key: {} for key in _tried(sources)}
    for scheme in sources.schemes:
        column = _finder(scheme.origin, sources)
        for ring in _rings_of(scheme.ring):
            ranks = found.setdefault((scheme.target, ring), {})
            ranks[column] = min(scheme.rank, ranks.get(column, scheme.rank))
            if column != "imported":
                ranks["verified"] = min(scheme.rank, ranks.get("verified", scheme.rank))
    keys = sorted(found, key=lambda key: (parse_size(key[0]), RING_ORDER.index(key[1])))
    return [_row(size, ring, sources.known.get(size, {}), found[size, ring]) for size, ring in keys]


def _row(size: str, ring: str, published: Row, ranks: Mapping[str, int]) -> dict:
    alphatensor, best = PUBLISHED_COLUMNS.get(ring, ("", ""))
    facts = {
        "size": size,
        "ring": ring,
        "naive": parse_size(size).naive_rank,
        "alphatensor": published.get(alphatensor),
        "best_known": published.get(best),
    }
    return facts | {column: ranks.get(column) for column in (*FINDERS, "verified")}


def _tried(sources: Sources) -> Iterator[tuple[str, str]]:
    """Targets of the agents in the rings where their finds count; sizes of the walks, which lift from Z2 to Z."""
    for agent in sources.agents.values():
        yield from ((target, ring) for target in agent.targets for ring in _rings_of(agent.ring))
    for walk in sources.walks.values():
        if not walk.named_target:  # what is no matrix product has its own table, in verification
            yield from ((size, ring) for size in walk.targets for ring in _rings_of("Z"))


def _rings_of(ring: str) -> Sequence[str]:
    return ("Z2", "Z") if ring == "Z" else (ring,)


def _finder(origin: Origin, sources: Sources) -> str:
    match origin:
        case Origin("search", agent, ("game" | "subgame") as kind) if agent in sources.agents:
            return f"agent_{kind}"
        case Origin("refinement", walk) if walk in sources.walks:
            is_own = first_start(sources.walks, walk) == STANDARD_START
            return "walk" if is_own else "walk_from_agent"
        case Origin("recombination"):
            return "recombination"
        case Origin(is_imported=True):
            return "imported"
    raise TableError(f"origin: expected the name of an agent or a walk of params.yaml, got {origin}")
