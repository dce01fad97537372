"""Other people's files, verified; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from stages.algebra.rings import Ring
from stages.errors import SchemeError
from stages.exchange.findings import WANTED, Finding, UndoneError, Wanted, examine, refusal


def check(paths: Sequence[Path], demanded: Ring | None, wanted: Wanted = WANTED) -> Iterator[tuple[bool, str]]:
    """For each scheme of each file whether it holds (in the ring demanded, or in any), and a line about it."""
    for path in paths:
        for finding in examine(path, wanted):
            yield verdict(path, finding, demanded)


def verdict(path: Path, finding: Finding | SchemeError, demanded: Ring | None) -> tuple[bool, str]:
    if isinstance(finding, SchemeError):
        verb = "not done" if isinstance(finding, UndoneError) else "unreadable"
        return False, _one_line(f"{path}: {verb}: {finding}")
    candidate, reason = finding.candidate, refusal(finding, demanded)
    place = f"{path} [{candidate.label}]" if candidate.label else str(path)
    what = f"{place}: {finding.target.name}, rank {candidate.factors.rank}"
    if reason:
        return False, _one_line(f"{what}: WRONG: {reason}")
    third = f"; its third factor indexes {finding.convention}" if finding.convention else ""
    beside = f"; not read: {', '.join(candidate.unread)}" if candidate.unread else ""
    beyond = f"; but it cannot be imported: {candidate.beyond}" if candidate.beyond else ""
    return True, _one_line(f"{what}: holds over {', '.join(finding.rings)}{third}{beside}{beyond}")


def _one_line(text: str) -> str:
    """Names of files and members may hold anything; a terminal gets one line of printable characters."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape", "replace").decode() for char in text)
