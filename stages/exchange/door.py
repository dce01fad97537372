"""The door: other people's schemes in, ours out. `__main__` prints what these functions return."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from stages.algebra.factors import Scheme
from stages.algebra.rings import RINGS, Ring
from stages.algebra.targets import Bilinear, parse_size
from stages.contract import candidates, tables
from stages.contract.csv_tables import PUBLISHED, read_csv
from stages.contract.named_targets import NAME, read_target
from stages.errors import SchemeError
from stages.exchange.findings import Finding, examine, refusal
from stages.exchange.formats import files


def check(paths: Sequence[Path], demanded: Ring | None) -> Iterator[tuple[bool, str]]:
    """For each scheme of each file whether it holds (in the ring demanded, or in any), and a line about it."""
    for path in paths:
        for finding in examine(path):
            yield _verdict(path, finding, demanded)


def import_files(paths: Sequence[Path], folder: Path) -> Iterator[tuple[bool, str]]:
    """Writes each scheme that holds into `folder`, one JSON file per scheme and ring, named by what it is.

    Returns:
      For each scheme whether it holds, and a line about it with the names of its files.
    Raises:
      SchemeError: there is no such folder.
    """
    if not folder.is_dir():
        raise SchemeError(f"{folder}: no such folder")
    for path in paths:
        for finding in examine(path):
            holds, line = _verdict(path, finding, None)
            yield holds, f"{line} -> {', '.join(_held(finding, folder))}" if holds else line


def _held(finding: Finding, folder: Path) -> Iterator[str]:
    for scheme in finding.schemes():
        path = folder / f"{scheme.size.name}-{scheme.rank}-{scheme.ring}-{scheme.hash}.json"
        if not path.exists():
            candidates.write_json(path, scheme)
        yield str(path)


def _verdict(path: Path, finding: Finding | SchemeError, demanded: Ring | None) -> tuple[bool, str]:
    if isinstance(finding, SchemeError):
        return False, _one_line(f"{path}: unreadable: {finding}")
    claim, reason = finding.claim, refusal(finding, demanded)
    place = f"{path} [{claim.label}]" if claim.label else str(path)
    what = f"{place}: {claim.size.name}, rank {claim.factors.rank}"
    if reason:
        return False, _one_line(f"{what}: WRONG: {reason}")
    return True, _one_line(
        f"{what}: holds over {', '.join(finding.rings)}; its third factor indexes {finding.convention}"
    )


def _one_line(text: str) -> str:
    """Names of files and members may hold anything; a terminal gets one line of printable characters."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape", "replace").decode() for char in text)


def export(prefix: str, name: str, table: Path, folder: Path) -> bytes:
    """The file of one scheme in the format `name`.

    Args:
      prefix: of its hash, at least four digits.
      table: of verified schemes; it need not exist.
      folder: of imported schemes; these are checked here.
    Raises:
      SchemeError: no scheme or several have this hash, or the format cannot hold it.
    """
    if len(prefix) < 4:
        raise SchemeError(f"hash: expected at least four digits, got {prefix!r}")
    found = {row["hash"]: candidates.scheme_from_row(row) for row in _rows(table) if row["hash"].startswith(prefix)}
    for _, scheme in _imported(folder):
        if scheme.hash.startswith(prefix):
            found.setdefault(scheme.hash, scheme)
    if len(found) != 1:
        names = f"{len(found)} schemes: {', '.join(sorted(found))}" if found else "none"
        raise SchemeError(f"hash {prefix}: expected one scheme in {table} or {folder}, got {names}")
    return files.WRITERS[name](next(iter(found.values())))


def _rows(table: Path, schema: pa.Schema = tables.VERIFIED) -> list[dict]:
    return tables.read_rows(table, schema) if table.exists() else []


def _imported(folder: Path, targets: Mapping[str, Bilinear] = candidates.NO_TARGETS) -> Iterator[tuple[Path, Scheme]]:
    """The files of `folder` that hold a scheme; verification reports the others."""
    for path in sorted(folder.glob("*.json")):
        try:
            yield path, candidates.read_json(path, targets)
        except SchemeError:
            continue


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
    size = read_target(targets / f"{name}.json") if is_named else parse_size(name)
    columns = {"size": str} | PUBLISHED | {"best_any_field": int, "source": str}
    published = {row["size"]: row for row in read_csv(known, columns)}.get(name)
    lines = [f"{name}: the standard algorithm needs {size.naive_rank} products"]
    if published:
        ranks = (
            f"Z2 {published['best_z2'] or '?'}, Z {published['best_z'] or '?'}, "
            f"any field {published['best_any_field'] or '?'} ({published['source']})"
        )
        lines.append(f"published: {ranks}")
    else:
        lines.append(f"published: not in {known}")
    rows = _rows(named, tables.NAMED) if is_named else _rows(table)
    held = {
        (RINGS.index(row["ring"]), row["rank"], row["origin"], row["hash"]): (
            f"{row['nonzeros']} non-zeros" if is_named else f"{row['additions']} additions"
        )
        for row in rows
        if row["size"] == name
    }
    seen = {key[3] for key in held}
    for path, scheme in _imported(folder, {name: size} if is_named else candidates.NO_TARGETS):
        if scheme.size == size and scheme.hash not in seen:
            held[RINGS.index(scheme.ring), scheme.rank, f"imported:{path.name}", scheme.hash] = "not yet verified"
    lines += [
        f"held: {RINGS[ring]} {rank}, {digits}, {origin}, {fact}"
        for (ring, rank, origin, digits), fact in sorted(held.items())
    ]
    return lines if held else [*lines, "held: none"]
