"""Flips per second of the walk: python benchmarks/walk.py [--seconds S]

First the kernel alone on one core, beside a walk without the index of places («row scan»), both over Z2 from the
standard algorithm, interleaved, in process CPU seconds: medians and their ratio. The baseline is compiled by Numba too.
It draws a term and a mode and compares the term with all others until one shares the factor, as simple flip-graph
programs do; it never reduces and has no plus transition, so it does less per flip.

Then walks of mode `cyclic` by group: orbits moved per second, and times the terms of an orbit.

Then the walk `standard` of params.yaml, cut to as many flips as take about S seconds, end to end on all cores: with
starts, checks, lifts and barriers, in wall seconds. «bare» is the rate of its rounds alone, in CPU seconds of the
threads that walk them, times the cores; the ratio is what the walk makes of the machine. All is compiled before, by a
short walk that is not counted.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from stages.algebra.factors import standard  # noqa: E402
from stages.algebra.targets import Target, parse_target  # noqa: E402
from stages.contract.command import Stopwatch  # noqa: E402
from stages.contract.origin import Origin  # noqa: E402
from stages.params import whole as params  # noqa: E402
from stages.params.walks import FlipsWalk  # noqa: E402
from stages.refinement import places  # noqa: E402
from stages.refinement import walk as walk_lib  # noqa: E402
from stages.refinement.archive import WalkArchive  # noqa: E402
from stages.refinement.lanes import Report  # noqa: E402
from stages.refinement.modes import Attempt, Mode, mode_of, start_at  # noqa: E402
from stages.refinement.schedule import Schedule  # noqa: E402
from stages.refinement.start import read_start  # noqa: E402

SIZES = ("3x3x3", "4x4x4", "5x5x5")
ROUNDS = 5
FLIPS = 4_000_000
WARM_UP = 2_000_000  # flips, in which schemes are found and lifted
WALKS = params.load(ROOT / "params.yaml").walks
MODES = {
    "L = 50000": mode_of(WALKS["standard"].model_copy(update={"plus_after": (50_000, 50_000), "margin": (2, 2)})),
    "default": mode_of(WALKS["standard"]),
    "ternary": mode_of(WALKS["sparse"]),
}
# Published partitions of the diagonal.
REVERSIBLE = {
    "5x5x5": ((0, 4), (1, 3), (2,)),
    "6x6x6": ((0, 1), (2, 3), (4, 5)),
}
GROUPS = {
    group: mode_of(WALKS["cyclic"].model_copy(update={"group": group, "cubes": REVERSIBLE}))
    for group in ("C3", "C3xZ2")
}


@places.compiled
def scan_rows(terms, state, moves):
    """Flips found by comparing one term with all others from a random place on."""
    rank = np.uint64(terms.shape[1])
    done = 0
    while done < moves:
        state += places.GOLDEN
        z = places.mix(state)
        mode = (z & np.uint64(0xFFFF)) % np.uint64(3)
        r = ((z >> np.uint64(32)) * rank) >> np.uint64(32)
        offset = (z >> np.uint64(16)) & np.uint64(0xFFFF)
        for i in range(terms.shape[1]):
            s = (np.uint64(i) + offset) % rank
            if s != r and terms[mode, s] == terms[mode, r]:
                second, third = (mode + np.uint64(1)) % np.uint64(3), (mode + np.uint64(2)) % np.uint64(3)
                if terms[second, r] != terms[second, s] and terms[third, r] != terms[third, s]:
                    terms[third, r] ^= terms[third, s]
                    terms[second, s] ^= terms[second, r]
                    done += 1
                    break
    return state


class NoResume:
    """A run that nobody kills."""

    is_due = False

    def load(self) -> None:
        """There is nothing."""


def rate(run: Callable[[], object]) -> float:
    started = time.process_time()
    run()
    return FLIPS / (time.process_time() - started) / 1e6


def kernel(target: Target) -> dict[str, float]:
    """Median million flips per CPU second by mode, and of the row scan."""
    attempts = {name: mode.begin(start_at(standard(target), mode.ring), 0) for name, mode in MODES.items()}
    scanned = MODES["default"].ring.encode(standard(target))[:3].copy()
    rates: dict[str, list[float]] = {name: [] for name in (*MODES, "row scan")}

    def walk(name: str) -> None:
        attempts[name], _ = MODES[name].advanced(attempts[name], FLIPS)

    for number in range(1 + ROUNDS):  # the first compiles and is not counted
        for name in MODES:
            rates[name].append(rate(lambda name=name: walk(name)))
        rates["row scan"].append(rate(lambda number=number: scan_rows(scanned, np.uint64(number), FLIPS)))
    return {name: statistics.median(found[1:]) for name, found in rates.items()}


def symmetric(target: Target) -> dict[str, float]:
    """Median million moves of orbits per CPU second by group."""
    archive = WalkArchive(Origin("refinement", "cyclic"), 0, 1, [], MODES["default"].ring)
    starts = {name: mode.draw_fn(target, archive, np.random.default_rng(0)) for name, mode in GROUPS.items()}
    attempts = {name: mode.begin(starts[name], 0) for name, mode in GROUPS.items()}
    rates: dict[str, list[float]] = {name: [] for name in GROUPS}

    def walk(name: str) -> None:
        attempts[name], _ = GROUPS[name].advanced(attempts[name], FLIPS)

    for _ in range(1 + ROUNDS):  # the first compiles and is not counted
        for name in GROUPS:
            rates[name].append(rate(lambda name=name: walk(name)))
    return {name: statistics.median(found[1:]) for name, found in rates.items()}


def end_to_end(walk: FlipsWalk, cores: int) -> tuple[float, float]:
    """Million flips per wall second of the whole walk, and of its rounds alone if every core did nothing else."""
    walk_round, seconds = walk_lib.walk_round, []

    def timed(mode: Mode, schedule: Schedule, attempt: Attempt, number: int) -> Report:
        started = time.thread_time()
        report = walk_round(mode, schedule, attempt, number)
        seconds.append(time.thread_time() - started)
        return report

    started = time.monotonic()
    with mock.patch.object(walk_lib, "walk_round", timed):
        _, made = walk_lib.refine(
            walk, read_start(ROOT / walk.start), Origin("refinement", "standard"), NoResume(), Stopwatch()
        )
    return made / (time.monotonic() - started) / 1e6, made / sum(seconds) * cores / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20, help="of the walk end to end")
    given = parser.parse_args()
    columns = [*MODES, "row scan"]
    print("million flips/s, one core, median of", ROUNDS)
    print(f"{'size':8}" + "".join(f"{name:>12}" for name in columns) + f"{'ratio':>8}")
    for name in SIZES:
        medians = kernel(parse_target(name))
        ratio = medians[columns[0]] / medians["row scan"]
        print(f"{name:8}" + "".join(f"{medians[column]:12.1f}" for column in columns) + f"{ratio:8.1f}", flush=True)
    print("orbits moved, and terms:")
    for name in REVERSIBLE:
        moved = symmetric(parse_target(name)).items()
        columns = (f"{group} {value:.1f}, {value * GROUPS[group].symmetry.orbit:.0f}" for group, value in moved)
        print(f"{name:8}", "; ".join(columns), flush=True)
    cores = len(os.sched_getaffinity(0))
    flips = int(given.seconds * cores * medians["default"] * 1e6)
    end_to_end(WALKS["standard"].model_copy(update={"flips": WARM_UP}), cores)
    whole, bare = end_to_end(WALKS["standard"].model_copy(update={"flips": flips}), cores)
    print(f"walk standard, {cores} cores: {whole:.1f} million flips/s end to end, {bare:.1f} bare, ", end="")
    print(f"ratio {whole / bare:.2f}")


if __name__ == "__main__":
    main()
