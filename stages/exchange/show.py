"""What is held of a target, and what is published."""

from __future__ import annotations

import re
from pathlib import Path

from stages.algebra.rings import RINGS
from stages.algebra.targets import parse_target
from stages.contract import csv_tables
from stages.contract.named_targets import NAME, read_target
from stages.contract.origin import IMPORTED, Origin
from stages.contract.rows.published import PublishedRow
from stages.contract.rows.schemes import NAMED, VERIFIED, VerifiedRow
from stages.errors import SchemeError
from stages.exchange.held import imported, verified


def show(name: str, known: Path, table: Path, named: Path, folder: Path, targets: Path) -> list[str]:
    """Lines about a size or another target: published ranks, then what is held, by ring and rank.

    Args:
      known: table of published ranks.
      table, named: of verified schemes; they need not exist.
      folder: of imported schemes.
      targets: folder of the targets that are no sizes.
    Raises:
      SchemeError: neither a size nor a target. TableError: a table is damaged, or that of published ranks is missing.
    """
    is_named = re.fullmatch(NAME, name) is not None
    if is_named and not (targets / f"{name}.json").exists():
        raise SchemeError(f"{name}: expected a size such as 3x4x5 or the name of a file of {targets}, got neither")
    target = read_target(targets / f"{name}.json") if is_named else parse_target(name)
    published = {row.size: row for row in csv_tables.read(known, PublishedRow)}.get(name)
    lines = [f"{name}: the standard algorithm needs {target.naive_rank} products"]
    if published:
        best = {"Z2": published.best_z2, "Z": published.best_z, "Q": published.best_q}
        ranks = ", ".join(f"{ring} {rank or '?'}" for ring, rank in best.items())
        source = f" ({published.source})" if published.source else ""
        lines.append(f"published, tables of {published.as_of}: {ranks}{source}")
    else:
        lines.append(f"published: not in {known}")
    rows = verified(named, NAMED) if is_named else verified(table, VERIFIED)
    held = {
        (RINGS.index(row.ring), row.rank, str(row.origin), row.hash): (
            f"{row.additions} additions" if isinstance(row, VerifiedRow) else f"{row.nonzeros} non-zeros"
        )
        for row in rows
        if row.target == name
    }
    seen = {key[3] for key in held}
    for path, scheme in imported(folder, [target] if is_named else ()):
        if scheme.target == target and scheme.hash not in seen:
            held[RINGS.index(scheme.ring), scheme.rank, str(Origin(IMPORTED, path.name)), scheme.hash] = (
                "not yet verified"
            )
    lines += [
        f"held: {RINGS[ring]} {rank}, {digits}, {origin}, {fact}"
        for (ring, rank, origin, digits), fact in sorted(held.items())
    ]
    return lines if held else [*lines, "held: none"]
