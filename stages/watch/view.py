"""Jobs in words: lines for a pipe, a table for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from rich.table import Table
from rich.text import Text

from stages.watch.jobs import Job

COLOURS = {"done": "green", "failed": "bold red", "killed": "bold red"}


def line(job: Job) -> str:
    """What a job told last, as one line."""
    if job.is_over:
        return f"{job.name}: {job.state} after {clock(job.wall_s)}"
    parts = [amount(job), rate(job), job.work.get("best", ""), left(job, job.told), cores(job)]
    return f"{job.name}: " + (", ".join(part for part in parts if part) or job.state)


def table(jobs: Sequence[Job], now: float) -> Table:
    """A row per job, as it stands at Unix time `now`; a screen that is too low shows those that still work."""
    shown = Table(box=None, pad_edge=False, caption=totals(jobs), caption_justify="left")
    for column in ("job", "state", "done", "rate", "best so far", "left", "cores"):
        shown.add_column(column, overflow="fold", justify="right" if column in ("left", "cores") else "left")
    for job in sorted(jobs, key=lambda job: (job.is_over, -job.begun)):
        best = job.work.get("best", "")
        if job.is_over:
            moving = ("", "", best, f"after {clock(job.wall_s)}", "")
        else:
            moving = (amount(job), rate(job), best, left(job, now).removesuffix(" left"), cores(job).split(" ")[0])
        shown.add_row(*map(Text, (job.name, job.state, *moving)), style=COLOURS.get(job.state))
    return shown


def totals(jobs: Sequence[Job]) -> str:
    """How many jobs are in which state."""
    counts = Counter(job.state for job in jobs)
    return ", ".join(f"{count} {state}" for state, count in counts.items()) or "no job yet"


def amount(job: Job) -> str:
    """How much of its present work a job has done; of a job with several works, of which one."""
    if not job.work:
        return ""
    share = f"{job.work['done']:,}/{job.work['total']:,} {job.work['unit']}"
    which = job.work["label"].replace(":", "@").removeprefix(job.name).strip()
    return f"{which}: {share}" if which else share


def rate(job: Job) -> str:
    if not job.work:
        return ""
    per_s = job.work["units_per_s"]
    return f"{per_s:,.0f}/s" if per_s >= 100 else f"{per_s:.3g}/s"


def left(job: Job, now: float) -> str:
    """The time that its present work still takes at the rate so far, counted from `now`."""
    if job.work.get("left_s") is None:
        return ""
    return f"{clock(max(0.0, job.work['left_s'] - (now - job.told)))} left"


def cores(job: Job) -> str:
    return "" if job.cores is None else f"{job.cores:.1f} cores"


def clock(seconds: float) -> str:
    """Hours, minutes and seconds: «0:01:40»."""
    return str(timedelta(seconds=round(seconds)))
