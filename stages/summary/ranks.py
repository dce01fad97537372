"""The table of ranks: for each size and ring, who found what, beside what is published.

A scheme over Z counts for Z2 too, never the reverse. The ring of an agent's scheme is the one it played over: a lift of
it is a walk's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stages.algebra.rings import RINGS, parse_ring
from stages.algebra.targets import parse_size
from stages.contract.origin import Origin
from stages.contract.rows.published import PublishedRow
from stages.errors import TableError
from stages.params.section import STANDARD_START, is_named
from stages.params.walks import first_start
from stages.summary.sources import Sources


@dataclass(frozen=True)
class RankRow:
    """Ranks of one size over one ring; None where there is none."""

    size: str
    ring: str
    naive: int  # of the standard algorithm
    alphatensor: int | None  # published in 2022
    best_known: int | None
    agent_game: int | None = None  # full games from a blank start
    agent_window: int | None = None  # games that rewrite a few terms of the agent's own schemes
    walk: int | None = None  # walks from the standard algorithm
    walk_from_agent: int | None = None  # walks from what an agent found
    recombination: int | None = None  # what all these found, on blocks
    imported: int | None = None  # what others found
    verified: int | None = None  # the best of this project's own

    @property
    def agent(self) -> int | None:
        """The best of the agents', by games or windows."""
        return min((rank for rank in (self.agent_game, self.agent_window) if rank is not None), default=None)


def rank_rows(sources: Sources) -> list[RankRow]:
    """One row per size and ring that was tried or found, by size and then ring.

    Raises:
      TableError: an origin that names no agent or walk of params.yaml.
    """
    found: dict[tuple[str, str], dict[str, int]] = {key: {} for key in _tried(sources)}
    for scheme in sources.schemes:
        column = _finder(scheme.origin, sources)
        for ring in rings_of(scheme.ring):
            ranks = found.setdefault((scheme.target, ring), {})
            for each in (column,) if column == "imported" else (column, "verified"):
                ranks[each] = min(scheme.rank, ranks.get(each, scheme.rank))
    keys = sorted(found, key=lambda key: (parse_size(key[0]), RINGS.index(parse_ring(key[1]))))
    return [_row(size, ring, sources.known.get(size), found[size, ring]) for size, ring in keys]


def _row(size: str, ring: str, known: PublishedRow | None, ranks: Mapping[str, int]) -> RankRow:
    published = {}
    if known:
        published = {"Z2": (known.alphatensor_z2, known.best_z2), "Z": (known.alphatensor_z, known.best_z)}
    return RankRow(size, ring, parse_size(size).naive_rank, *published.get(ring, (None, None)), **ranks)


def _tried(sources: Sources) -> Iterator[tuple[str, str]]:
    """Targets of the agents in the rings where their schemes count; sizes of the walks, which lift from Z2 to Z."""
    for agent in sources.agents.values():
        yield from ((size, ring) for size in _sizes(agent.targets) for ring in rings_of(agent.ring))
    for walk in sources.walks.values():
        yield from ((size, ring) for size in _sizes(walk.targets) for ring in rings_of("Z"))


def _sizes(targets: Iterable[str]) -> list[str]:
    """What is no matrix product has its own table, in verification."""
    return [target for target in targets if not is_named(target)]


def rings_of(ring: str) -> Sequence[str]:
    """The rings over which a scheme of this one counts."""
    return ("Z2", "Z") if ring == "Z" else (ring,)


def _finder(origin: Origin, sources: Sources) -> str:
    match origin:
        case Origin("search", agent, ("game" | "window") as kind) if agent in sources.agents:
            return f"agent_{kind}"
        case Origin("refinement", walk) if walk in sources.walks:
            is_own = first_start(sources.walks, walk) == STANDARD_START
            return "walk" if is_own else "walk_from_agent"
        case Origin(("recombination" | "imported") as stage):
            return stage
    raise TableError(f"origin: expected the name of an agent or a walk of params.yaml, got {origin}")
