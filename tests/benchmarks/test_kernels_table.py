"""The table of benchmarks/kernels.py: the first process chooses, the others are measured."""

from dataclasses import replace

from stages.contract import tables
from stages.contract.rows.kernels import TIMINGS, TimingRow

SCRIPT = "kernels"


def sample(variant: str, number: int, seconds: float, state: str = "warm") -> TimingRow:
    return TimingRow(
        implementation=f"abc {variant}" if variant else "numpy",
        variant=variant,
        scheme="",
        size="2x2x2",
        rank=7,
        n=4096,
        m=1024,
        p=4096,
        dtype="float32",
        state=state,
        round=number,
        seconds=seconds,
        error=4e-7 if variant else 1e-7,
        workspace=2**20,
        predicted=0.0,
        threads=1,
        device="cpu: cpu",
        cpu="A",
        versions="numpy 2",
    )


def test_the_first_process_chooses_and_the_others_count(judge):
    rows = [sample("c L1", number, 1.0) for number in range(3)] + [sample("c L2", number, 2.0) for number in range(3)]
    piece = judge.Piece((4096, 1024, 4096), "float32", 1, 1)
    assert judge.chosen(rows, piece) == "c L1"
    for state in judge.STATES:
        for number in range(3, 13):
            rows += [sample("c L1", number, 4.0, state), sample("", number, 8.0, state)]
            rows += [replace(sample("", number, 9.0, state), implementation="jax")]
    assert {judge.piece_of(row).process for row in rows} == {0, 1, 2}
    (line,) = list(judge.table(rows))[2:]
    rate = round(2 * 4096 * 1024 * 4096 / 8 / 1e9)
    speeds = " | ".join(["**2.00 [2.00, 2.00]**"] * 3)
    assert line == f"| 4096x1024x4096 | float32 | 1 | numpy | {rate} | 2x2x2:7 L1 | {speeds} | 4.0 | 1 |"


def test_every_piece_comes_once(judge):
    pieces = list(judge.pieces([1, 2]))
    assert len(set(pieces)) == len(pieces)
    assert {piece.threads for piece in pieces} == {1, 2}
    assert not any(piece.dtype == "float64" and max(piece.shape) > judge.MOST_OF_FLOAT64 for piece in pieces)


def test_samples_of_another_machine_or_other_kernels_are_left_alone(judge, tmp_path):
    here = {"device": "cpu: cpu", "cpu": "A", "versions": "numpy 2"}
    tracked = tmp_path / "kernels.parquet"
    assert judge.samples_of(here, {"abc"}, tracked) == tracked  # there are none yet
    tables.write(tracked, TIMINGS, [sample("c L1", 0, 1.0)])
    assert judge.samples_of(here, {"abc", "def"}, tracked) == tracked
    others = [(here, {"def"}), (here | {"cpu": "B"}, {"abc"}), (here | {"versions": "numpy 3"}, {"abc"})]
    files = [judge.samples_of(facts, kernels, tracked) for facts, kernels in others]
    assert len({*files, tracked}) == 4
    assert {file.parent.name for file in files} == {".records"}
