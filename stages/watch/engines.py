"""Snakemake and DVC as processes: a run lasts as long as one of them works in its folder."""

from __future__ import annotations

from pathlib import Path

import psutil

DVC_RUNS = {"repro", "run", "start"}  # of `dvc repro`, `dvc exp run`, `dvc queue start`


def beginnings(folder: Path) -> list[float]:
    """Unix times at which the processes began that run stages in a folder."""
    found = psutil.process_iter(["cmdline", "cwd", "create_time"])
    return [
        one.info["create_time"]
        for one in found
        if one.info["cwd"] == str(folder.resolve()) and _runs_stages(one.info["cmdline"] or [])
    ]


def _runs_stages(words: list[str]) -> bool:
    """Whether a command line is that of an engine, itself a script or given to an interpreter."""
    programs = {Path(word).name for word in words[:2]} | {word for word in words[2:3] if words[1] == "-m"}
    return "snakemake" in programs or ("dvc" in programs and not DVC_RUNS.isdisjoint(words))
