"""A walk: walkers side by side, target after target, until its flips are made.

Each walker makes attempts: at the target that `choice` names, from a start that the mode draws from all that is held,
until a while has gone by without a lower rank. Success comes fast or not at all, so many attempts beat a long one.
Walkers share nothing while they walk. What they find is checked, lifted and kept barrier by barrier and in the order of
the walkers, and an attempt begins from what all had found up to the barrier before its own. So the bytes do not depend
on the number of threads, and walkers go on while what they have found is lifted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from stages.algebra.factors import Scheme
from stages.algebra.targets import Target, parse_target
from stages.contract.command import Stopwatch, cores
from stages.contract.origin import Origin
from stages.contract.progress import Progress
from stages.contract.resume import Resume
from stages.params.walks import Walk
from stages.refinement import flips
from stages.refinement.archive import WalkArchive
from stages.refinement.choice import next_target
from stages.refinement.lanes import Lane, Report, lanes
from stages.refinement.modes import Attempt, Mode, mode_of
from stages.refinement.schedule import Schedule, schedule_of


def refine(
    walk: Walk, given: Sequence[Scheme], origin: Origin, resume: Resume, stopwatch: Stopwatch
) -> tuple[WalkArchive, int]:
    """Walks the whole schedule, or what a killed run has left of it.

    Args:
      walk: its start has been read into `given`. From no scheme over its ring nothing is found.
      origin: of what it finds.
    Returns:
      The archive, and the flips made.
    """
    mode = mode_of(walk)
    archive = WalkArchive(origin, walk.seed, walk.keep, given, mode.ring)
    if not archive.given:
        return archive, 0
    schedule, targets = schedule_of(walk), [parse_target(name, archive.named) for name in walk.targets]
    done, begun, attempts = 0, 0, []  # rounds, and attempts, which are numbered
    if saved := resume.load():
        done, begun = map(int, saved["counters"])
        archive.restore(saved)
        attempts = _unpack(saved, targets)
        stopwatch.add(*saved["seconds"].tolist())
    progress = Progress(str(origin), schedule.flips, "flips", schedule.round(done - 1).ends if done else 0)
    with lanes(walk.walkers, partial(walk_round, mode, schedule)) as walkers, ThreadPoolExecutor(cores()) as pool:
        to_offer = []  # schemes, their parents and the flips at which they came: starts, then what was found

        def begun_at(number: int, walker: Lane, beside: Sequence[Attempt]) -> Attempt:
            """A new attempt of a walker, under way from a round on, and counted; `beside` are those of the others."""
            nonlocal begun
            now, rng = schedule.round(number), np.random.default_rng((walk.seed, begun))
            target = next_target(targets, archive, [attempt.target for attempt in beside])
            start, begun = mode.draw_fn(target, archive, rng), begun + 1
            attempt = mode.begin(start, int(rng.integers(2**63)))
            walker.begin(attempt, number)
            to_offer.append((start.scheme, start.parent, now.begins))
            return attempt

        def offer() -> None:
            archive.lift_ahead([scheme for scheme, *_ in to_offer], pool)
            for scheme, parent, clock in to_offer:
                archive.offer(scheme, parent, clock)
            to_offer.clear()

        if not saved:
            # What is given lifts before the first flip.
            sources = [scheme for scheme in archive.given if scheme.ring in mode.ring.sources]
            to_offer += [(scheme, scheme.hash, 0) for scheme in sources if scheme.target in targets]
            for walker in walkers:
                attempts.append(begun_at(0, walker, attempts))
            offer()
        elif done < schedule.num_rounds:
            for walker, attempt in zip(walkers, attempts, strict=True):
                walker.begin(attempt, done)
        for number in range(done, schedule.num_rounds):
            now = schedule.round(number)
            reports = []
            for place, walker in enumerate(walkers):
                report = walker.report()
                reports.append(report)
                attempts[place] = report.attempt
                if report.is_over:
                    archive.attempts[report.attempt.target.name, min(scheme.rank for scheme in report.found)] += 1
                if report.is_over and not now.is_last:
                    attempts[place] = begun_at(number + 1, walker, attempts[:place] + attempts[place + 1 :])
            to_offer += [(scheme, one.attempt.parent, now.ends) for one in reports for scheme in one.found]
            offer()
            if resume.is_due:
                counters = np.array([number + 1, begun])
                seconds = np.array([stopwatch.cpu_s, stopwatch.wall_s])
                clocks = {"counters": counters, "seconds": seconds}
                resume.save(lambda clocks=clocks: clocks | archive.to_arrays() | _pack(attempts))
            progress.update(now.ends, archive.in_words(reports[0].attempt.target))
    return archive, schedule.flips


def walk_round(mode: Mode, schedule: Schedule, attempt: Attempt, number: int) -> Report:
    """An attempt through one round, on a thread of its own."""
    now = schedule.round(number)
    attempt, found = mode.advanced(attempt, now.flips)
    is_over = attempt.idle >= mode.restart_after or now.is_last
    return Report(attempt, [*found, *(mode.harvested(attempt) if is_over else ())], is_over)


def _pack(attempts: Sequence[Attempt]) -> dict[str, np.ndarray]:
    """The attempts under way as named arrays, for `contract.resume`."""
    arrays = {"parents": np.array([attempt.parent for attempt in attempts])}
    arrays["targets"] = np.array([attempt.target.name for attempt in attempts])
    arrays["idle"] = np.array([attempt.idle for attempt in attempts])
    for place, attempt in enumerate(attempts):
        named = attempt.walker._asdict() | {"fixed": attempt.fixed}
        arrays |= {f"{place} {name}": array for name, array in named.items()}
    return arrays


def _unpack(saved: Mapping[str, np.ndarray], targets: Sequence[Target]) -> list[Attempt]:
    by_name = {target.name: target for target in targets}

    def restored(place: int, name: str, parent: str, idle: int) -> Attempt:
        walker = flips.Walker(*(saved[f"{place} {name}"] for name in flips.Walker._fields))
        return Attempt(by_name[name], walker, saved[f"{place} fixed"], parent, idle)

    columns = (saved[name].tolist() for name in ("targets", "parents", "idle"))
    return [restored(place, *each) for place, each in enumerate(zip(*columns, strict=True))]
