"""Flips per second of the walk on one core, beside a walk without the pair list: python benchmarks/walk.py

Both walk over Z2 from the standard algorithm, interleaved, in process CPU seconds; printed: medians and their ratio.
«ternary» is the walk over Z with the default policy.
The baseline («row scan») is compiled by Numba too. It draws a term and a mode and compares the term with all others
until one shares the factor, as simple flip-graph programs do; it never reduces and has no plus transition, so it does
less per flip.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from stages.refinement.words import encode, encode_ternary

from stages.algebra.factors import standard
from stages.algebra.targets import parse_size
from stages.refinement import flips, pairs

SIZES = ("3x3x3", "4x4x4", "5x5x5")
ROUNDS = 5
FLIPS = 4_000_000
POLICIES = {"L = 50000": ((50_000, 50_000), (2, 2)), "default": ((50, 20_000), (2, 6))}


@pairs.compiled
def scan_rows(terms, state, moves):
    """Flips found by comparing one term with all others from a random place on."""
    rank = np.uint64(terms.shape[1])
    done = 0
    while done < moves:
        state += pairs.GOLDEN
        z = pairs.mix(state)
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


def _rate(run, *args) -> float:
    started = time.process_time()
    run(*args)
    return FLIPS / (time.process_time() - started) / 1e6


def _walk(advance: Callable, walker: flips.Walker, policy: flips.Policy) -> None:
    left = FLIPS
    while left:
        left -= int(advance(walker, policy, np.uint64(left)))


def main() -> None:
    columns = [*POLICIES, "ternary", "row scan"]
    print("million flips/s, one core, median of", ROUNDS)
    print(f"{'size':8}" + "".join(f"{name:>12}" for name in columns) + f"{'ratio':>8}")
    for name in SIZES:
        terms = encode(standard(parse_size(name)))
        policies = [flips.policy(*ranges) for ranges in POLICIES.values()]
        walkers = [flips.begin(terms, 256, 6, stream) for stream in range(len(policies))]
        ternary = flips.begin(encode_ternary(standard(parse_size(name))), 256, 6, 0)
        scanned = terms.copy()
        rates: dict[str, list[float]] = {column: [] for column in columns}
        for round_number in range(1 + ROUNDS):  # the first compiles and is not counted
            for column, walker, policy in zip(POLICIES, walkers, policies, strict=True):
                rates[column].append(_rate(_walk, flips.advance, walker, policy))
            rates["ternary"].append(_rate(_walk, flips.advance_ternary, ternary, policies[-1]))
            rates["row scan"].append(_rate(scan_rows, scanned, np.uint64(round_number), FLIPS))
        medians = [statistics.median(rates[column][1:]) for column in columns]
        print(f"{name:8}" + "".join(f"{median:12.1f}" for median in medians) + f"{medians[0] / medians[-1]:8.1f}")


if __name__ == "__main__":
    main()
