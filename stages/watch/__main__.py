"""python -m stages.watch: a line per job of the run in this folder, until the run ends. Ctrl-C ends the view alone.

In a terminal it is a table that is drawn anew each second; elsewhere each line is printed when a job tells something.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.live import Live

from stages.contract import command, progress
from stages.errors import StageError
from stages.watch import view
from stages.watch.engines import beginnings
from stages.watch.jobs import Job, jobs

REFRESH_S = 1.0
SKEW_S = 3.0  # by which the clocks of two nodes may differ


def main(given: argparse.Namespace) -> None:
    console = Console()
    try:
        if console.is_terminal and not console.is_dumb_terminal:
            draw(console)
        else:
            tell()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def draw(console: Console) -> None:
    """A table that changes in place."""
    with Live(console=console, auto_refresh=False) as live:
        for now in moments():
            live.update(view.table(now, time.time()), refresh=True)


def tell() -> None:
    """A line whenever a job tells something new."""
    before: dict[str, Job] = {}
    for now in moments():
        for job in now:
            if before.get(job.name) != job:
                print(view.line(job), flush=True)
        before = {job.name: job for job in now}
    print(f"the run has ended: {view.totals(list(before.values()))}")


def moments() -> Iterator[list[Job]]:
    """The jobs of the run, each second and once after it has ended.

    Raises:
      StageError: nothing runs here.
    """
    began = None
    while True:
        engines = beginnings(Path())  # asked first: what they began before they ended is then in its file
        now = list(jobs(progress.FOLDER))
        signs = engines + [job.begun for job in now if not job.is_over]
        if not signs and began is None:
            raise StageError(f"{Path.cwd()}: neither snakemake nor dvc runs here")
        began = min(signs + ([] if began is None else [began]))
        yield [job for job in now if job.begun >= began - SKEW_S]
        if not signs:
            return
        time.sleep(REFRESH_S)


if __name__ == "__main__":
    command.run(main, argparse.ArgumentParser("python -m stages.watch", description=__doc__))
