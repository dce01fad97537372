"""The time and the memory of a file: what needs more is stopped in one line, and the next file is done."""

import itertools
import resource
import sys

import pytest

from stages.exchange import check, findings
from stages.exchange.findings import Wanted
from stages.exchange.formats import files
from stages.exchange.formats.candidate import Candidate
from stages.exchange.limits import MEMORY, Allowance, OutOfTimeError, bounded_memory
from tests import examples
from tests.exchange import layouts


def test_what_is_left_is_shared_by_all_calls():
    allowance = Allowance(0.05)
    assert allowance.run(max, 1, 2) == 2
    with pytest.raises(OutOfTimeError):
        allowance.run(lambda: [None for _ in itertools.count() if False])
    with pytest.raises(OutOfTimeError):  # short calls count too, and nothing is left
        allowance.run(lambda: [None for _ in itertools.count() if False])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the memory of a process")
def test_memory_is_bounded_within_the_block_alone():
    before = resource.getrlimit(resource.RLIMIT_AS)
    with bounded_memory(), pytest.raises(MemoryError):
        bytearray(2 * MEMORY)
    assert resource.getrlimit(resource.RLIMIT_AS) == before


@pytest.mark.parametrize(
    ("function", "line"),
    [
        (lambda _: [None for _ in itertools.count() if False], "stopped after 0.05 CPU seconds, with 0 schemes done"),
        (lambda _: bytearray(2**62), "stopped, with 0 schemes done: it takes more memory than"),
    ],
)
def test_a_file_that_takes_too_much_is_one_line(function, line, tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(layouts.products(examples.strassen()))
    read = files.read
    monkeypatch.setattr(files, "read", lambda path: function(path) if path.name == "one" else read(path))
    (first, second) = check.check([tmp_path / "one", tmp_path / "two"], None, Wanted(seconds=0.05))
    assert not first[0]
    assert f"one: not done: {line}" in first[1]
    assert second[0]


def test_every_scheme_of_a_file_counts(tmp_path, monkeypatch):
    """A scheme that takes long is stopped, though those before it took little."""
    candidates: list[Candidate] = list(files.read(_saved(tmp_path)))
    slow = iter([candidates[0], candidates[0]])
    monkeypatch.setattr(files, "read", lambda _: itertools.chain(slow, (None for _ in itertools.count() if False)))
    *done, last = findings.examine(tmp_path / "one", Wanted(seconds=0.2))
    assert len(done) == 2
    assert "with 2 schemes done; --seconds gives more" in str(last)


def _saved(folder):
    path = folder / "one"
    path.write_bytes(layouts.products(examples.strassen()))
    return path
