"""The tables of README.md and docs/: `python docs/tables.py` writes them, `--check` compares and changes nothing.

A table stands between a line `<!-- table: NAME -->` and a line `<!-- end -->`. NAME is a function of a module of
docs/page_tables/, which makes the table from files in git. So no number of a table is typed.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from page_tables import ROOT, agents, bilinear, default_run, faults, formats, records, speeds, work

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
REGION = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit code 1 if a table differs from its files")
    is_check = parser.parse_args().check
    stale = []
    for page in PAGES:
        text = page.read_text()
        now = rewritten(text)
        if now != text:
            stale.append(str(page.relative_to(ROOT)))
            if not is_check:
                page.write_text(now)
    if is_check and stale:
        raise SystemExit(f"tables differ from their files in {', '.join(stale)}: run python docs/tables.py")


def rewritten(text: str) -> str:
    """The text of a page with every table made anew.

    Raises:
      KeyError: a table that no function makes.
    """

    def made(region: re.Match[str]) -> str:
        lines = "".join(f"{line}\n" for line in TABLES[region[2]]())
        return f"{region[1]}{lines}{region[3]}"

    return REGION.sub(made, text)


TABLES: dict[str, Callable[[], Iterator[str]]] = {
    make.__name__: make
    for make in (
        default_run.squares_found,
        default_run.ranks,
        default_run.seconds,
        default_run.speedups,
        speeds.products,
        speeds.shapes,
        agents.agent,
        agents.variants,
        agents.shares,
        agents.window_choices,
        speeds.clusters,
        agents.planners,
        default_run.walks,
        records.records,
        records.record_counts,
        records.record_walks,
        records.additions,
        records.classes,
        speeds.kernels,
        faults.faults,
        default_run.trained,
        default_run.artifacts,
        work.cost,
        work.model,
        bilinear.targets,
        bilinear.target_agents,
        formats.formats,
    )
}

if __name__ == "__main__":
    main()
