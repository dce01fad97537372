import numpy as np
import pytest

from stages import timing
from stages.timing import Pauses, before, interleave, ratio

NO_PAUSES = Pauses(0.0, 0.0)


def nothing() -> None:
    pass


def _record(rounds: int, seed: int) -> tuple[list[str], dict]:
    noted: list[str] = []
    calls = {name: (lambda name=name: noted.append(name)) for name in "abc"}
    return noted, interleave(calls, rounds, seed, before("warm", nothing, NO_PAUSES))


def test_every_call_comes_twice_in_a_row_in_every_round():
    calls, seconds = _record(4, 0)
    assert {name: len(samples) for name, samples in seconds.items()} == {"a": 4, "b": 4, "c": 4}
    for start in range(0, 24, 6):
        assert calls[start : start + 6 : 2] == calls[start + 1 : start + 6 : 2]  # untimed, then timed
        assert sorted(calls[start : start + 6]) == list("aabbcc")


def test_the_order_varies_with_round_and_seed_and_repeats():
    calls, _ = _record(8, 0)
    assert len({tuple(calls[start : start + 6]) for start in range(0, 48, 6)}) > 1
    assert calls == _record(8, 0)[0]
    assert calls != _record(8, 1)[0]


def test_samples_are_the_time_of_the_second_call(monkeypatch):
    clock = iter([10.0, 10.5, 20.0, 22.0])  # read before and after the timed call of each round
    monkeypatch.setattr(timing.time, "perf_counter", lambda: next(clock))
    assert interleave({"a": nothing}, 2, 0, lambda call: call())["a"].tolist() == [0.5, 2.0]


@pytest.mark.parametrize(
    ("state", "expected"), [("warm", ["sleep", "a", "a"]), ("idle", ["long sleep", "a"]), ("after", ["other", "a"])]
)
def test_what_goes_before_a_call(state, expected, monkeypatch):
    calls: list[str] = []
    monkeypatch.setattr(timing.time, "sleep", lambda s: calls.append("long sleep" if s == 2 else "sleep"))
    prepare = before(state, lambda: calls.append("other"), Pauses(1.0, 2.0))
    interleave({"a": lambda: calls.append("a")}, 1, 0, prepare)
    assert calls == expected


def test_rounds_are_announced():
    done: list[int] = []
    interleave({"a": nothing}, 3, 0, lambda call: call(), on_round=done.append)
    assert done == [1, 2, 3]


def test_ratio_is_taken_within_a_round():
    # Every round has the ratio 2, whatever the order of the samples would make of medians.
    interval = ratio(np.array([2.0, 4.0, 1.0]), np.array([1.0, 2.0, 0.5]), seed=0)
    assert interval == (2.0, 2.0, 2.0)


def test_interval_encloses_the_median_and_repeats():
    rng = np.random.default_rng(0)
    samples = rng.uniform(1.0, 2.0, 25)
    interval = ratio(samples, np.ones(25), seed=0)
    assert interval.median == np.median(samples)
    assert samples.min() < interval.low < interval.median < interval.high < samples.max()
    assert interval == ratio(samples, np.ones(25), seed=0)
