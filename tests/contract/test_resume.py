"""State to resume from: comes back whole, belongs to its parameters, inputs and code, and never holds a pickle."""

import contextlib
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.contract import resume as resume_lib
from stages.contract.resume import Resume
from stages.errors import TableError

ARRAYS = {"weights": np.arange(6.0).reshape(2, 3), "found": np.frombuffer(b"{}", np.uint8), "step": np.array(7)}


@pytest.fixture(autouse=True)
def _in_a_new_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def same(loaded: dict[str, np.ndarray]) -> bool:
    return list(loaded) == list(ARRAYS) and all(
        loaded[name].dtype == array.dtype and np.array_equal(loaded[name], array) for name, array in ARRAYS.items()
    )


def test_saved_state_comes_back_and_is_cleared(tmp_path):
    resume = Resume("search-z2", {"a": 1}, [])
    assert resume.load() is None
    resume.clear()
    resume.save(lambda: {"old": np.zeros(2)})
    resume.save(lambda: ARRAYS)
    assert same(Resume("search-z2", {"a": 1}, []).load())
    assert [path.name for path in (tmp_path / ".resume").iterdir()] == [resume.path.name]
    resume.clear()
    assert resume.load() is None
    assert list((tmp_path / ".resume").iterdir()) == []


def test_name_follows_params_and_inputs(tmp_path):
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    one.write_bytes(b"1")
    two.write_bytes(b"2")

    def path(name="search-z", params=(1, {"b": 2, "a": 1}), inputs=(one, two)):
        return Resume(name, params, inputs).path

    first = path()
    assert first == path() == path(inputs=(two, one)) == path(params=(1, {"a": 1, "b": 2}))
    others = [path(name="search-z2"), path(params=(2, {"b": 2, "a": 1})), path(inputs=(one,)), path(inputs=())]
    two.write_bytes(b"3")
    others.append(path())
    two.write_bytes(b"2")
    assert path() == first
    assert len({first, *others}) == 1 + len(others)


def test_input_counts_by_its_name_and_not_by_its_folder(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "data.parquet").write_bytes(b"1")
    one, two = (Resume("search@z", {}, [tmp_path / name / "data.parquet"]).path for name in ("one", "two"))
    assert one == two


def test_an_input_that_cannot_be_read_is_one_line(tmp_path):
    with pytest.raises(TableError, match=r"search\.json: No such file"):
        Resume("search@z", {}, [tmp_path / "search.json"])


def test_saving_removes_what_earlier_runs_of_the_name_left(tmp_path):
    old, new = Resume("search@z", {"a": 1}, []), Resume("search@z", {"a": 2}, [])
    others = [Resume(name, {}, []) for name in ("search@z2", "search@z-2", "pretraining@z")]
    for resume in [old, *others]:
        resume.save(lambda: ARRAYS)
    folder = tmp_path / ".resume"
    for resume in (old, new, others[0]):
        (folder / f".{resume.path.name}.123.tmp").write_bytes(b"half")
    new.save(lambda: ARRAYS)
    new.save(lambda: ARRAYS)
    kept = {resume.path.name for resume in [new, *others]} | {f".{others[0].path.name}.123.tmp"}
    assert {path.name for path in folder.iterdir()} == kept
    assert same(new.load())


def test_a_save_is_due_at_first_and_again_when_saving_took_a_twentieth_of_the_time(monkeypatch):
    readings = iter([100, 100, 110, 110, 299, 300])
    monkeypatch.setattr(resume_lib, "time", SimpleNamespace(monotonic=lambda: float(next(readings))))
    resume = Resume("search@z", {}, [])
    assert resume.is_due
    resume.save(lambda: ARRAYS)  # takes 10 s, from 100 to 110: a twentieth of the 200 s until 300
    assert [resume.is_due for _ in range(3)] == [False, False, True]
    assert next(readings, None) is None


def test_the_time_of_packing_counts_as_time_of_saving(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(resume_lib, "time", SimpleNamespace(monotonic=lambda: clock[0]))

    def pack():
        clock[0] += 10
        return ARRAYS

    resume = Resume("search@z", {}, [])
    resume.save(pack)
    clock[0] = 299
    assert not resume.is_due
    clock[0] = 300
    assert resume.is_due


def test_object_array_is_refused_in_both_directions(tmp_path):
    resume = Resume("search-z", {}, [])
    resume.save(lambda: ARRAYS)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        resume.save(lambda: {"objects": np.array([{}], object)})
    assert same(resume.load())
    assert len(list((tmp_path / ".resume").iterdir())) == 1
    np.savez(resume.path.with_suffix(""), objects=np.array([{}], object))
    with pytest.raises(TableError, match="damaged state"):
        resume.load()


@pytest.mark.parametrize(
    "content",
    [b"", b"no zip", b"PK\x03\x04", b"\x80\x04]\x94.", b"\x93NUMPY\x01\x00"],
    ids=["empty", "text", "zip", "pickle", "npy"],
)
def test_foreign_file_is_refused(content):
    resume = Resume("search-z", {}, [])
    resume.save(lambda: ARRAYS)
    resume.path.write_bytes(content)
    with pytest.raises(TableError, match=resume.path.name) as caught:
        resume.load()
    assert "\n" not in str(caught.value)


def test_single_array_in_place_of_the_state_is_refused():
    resume = Resume("search-z", {}, [])
    resume.save(lambda: ARRAYS)
    with resume.path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(TableError, match="damaged"):
        resume.load()


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_damaged_byte_is_refused_or_harmless(data):
    resume = Resume("search-z", {}, [])
    resume.save(lambda: ARRAYS)
    content = bytearray(resume.path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    resume.path.write_bytes(bytes(content))
    with contextlib.suppress(TableError):
        loaded = resume.load()
        assert all(np.array_equal(array, ARRAYS[name]) for name, array in loaded.items() if name in ARRAYS)


def test_cut_file_is_refused():
    resume = Resume("search-z", {}, [])
    resume.save(lambda: ARRAYS)
    whole = resume.path.read_bytes()
    for length in range(0, len(whole), 7):
        resume.path.write_bytes(whole[:length])
        with pytest.raises(TableError, match="damaged"):
            resume.load()
