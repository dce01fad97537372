"""Arrays inside pickles are read and nothing else is: no name is imported, no function called."""

import ast
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stages.errors import SchemeError
from stages.exchange.formats.pickles import Array, DType, decode

ROOT = Path(__file__).parents[2]


def three() -> np.ndarray:
    array = np.empty(3, object)
    array[:] = [np.arange(8).reshape(4, 2), np.ones((6, 2), np.int8), np.asfortranarray(np.ones((6, 2), ">f4"))]
    return array


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_arrays_are_read(protocol):
    found = decode(pickle.dumps(three(), protocol))
    assert isinstance(found, Array)
    assert (found.shape, found.dtype.code) == ((3,), "O8")
    first, second, third = found.content
    assert (first.shape, first.dtype.code, first.dtype.order) == ((4, 2), "i8", "<")
    assert first.content == np.arange(8).tobytes()
    assert (second.dtype.code, len(second.content)) == ("i1", 12)
    assert (third.dtype.code, third.dtype.order, third.is_fortran) == ("f4", ">", True)


def test_names_of_older_numpy_are_known():
    data = pickle.dumps(three(), 3)
    assert data.replace(b"numpy._core.multiarray", b"numpy.core.multiarray") != data
    assert isinstance(decode(data.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")), Array)


def test_scalars_and_numbers_are_read():
    found = decode(pickle.dumps(np.array([1, 2**100, np.int16(3), 0.5], object), 3))
    one, large, scalar, half = found.content
    assert (one, large, half) == (1, 2**100, 1 / 2)
    assert isinstance(scalar, Array)
    assert (scalar.dtype.code, scalar.content) == ("i2", b"\3\0")


class Runs:
    """What an unpickler would run."""

    def __init__(self, function, *arguments) -> None:
        self._call = (function, arguments)

    def __reduce__(self):
        return self._call


FORBIDDEN = {
    "a command": (Runs(os.system, "touch TOUCHED"), "posix.system' is not allowed"),
    "an evaluation": (Runs(eval, "open('TOUCHED', 'w')"), "builtins.eval' is not allowed"),
    "a file": (Runs(open, "TOUCHED", "w"), "io.open' is not allowed"),
    "NumPy's own loader": (Runs(np.load, "TOUCHED"), "numpy.load' is not allowed"),
    "a loader in an array": (np.array([Runs(os.system, "touch TOUCHED"), 1], object), "system' is not allowed"),
    "text": ("text", None),
    "a dictionary": ({"a": 1}, "opcode EMPTY_DICT is not allowed"),
    "a set": ({1}, "is not allowed"),
    "NaN": (np.array([float("nan")], object), "not a pickle of NumPy arrays"),
    "a structured array": (np.zeros(2, [("a", int), ("b", object)]), "a call that they do not need"),
    "a date": (np.zeros(2, "M8[s]"), "a call that they do not need"),
}


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("name", FORBIDDEN)
def test_nothing_else_is_read(name, protocol, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    value, message = FORBIDDEN[name]
    data = pickle.dumps(value, protocol)
    if message is None:
        assert not isinstance(decode(data), Array)
    else:
        with pytest.raises(SchemeError, match="not a pickle of NumPy arrays") as caught:
            decode(data)
        assert "\n" not in str(caught.value)
        if protocol == 3:
            assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["stages", "benchmarks"])
def test_no_unpickler_is_within_reach(folder):
    """No code of the project imports one, and none lets NumPy make one."""
    modules = {"pickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
    paths = list((ROOT / folder).rglob("*.py"))
    assert paths
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Import(names=names):
                    assert not {name.name.split(".")[0] for name in names} & modules, path
                case ast.ImportFrom(module=str() as module):
                    assert module.split(".")[0] not in modules, path
                case ast.keyword(arg="allow_pickle", value=value):
                    assert isinstance(value, ast.Constant), path
                    assert value.value is False, path
                case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr="load"), keywords=keywords):
                    assert "allow_pickle" in {keyword.arg for keyword in keywords}, path


CRAFTED = {
    "nothing": b"",
    "no end": b"\x80\x03",
    "an end and nothing": b".",
    "two values": b"K\x01K\x02.",
    "a mark": b"(.",
    "a tuple without a mark": b"t.",
    "a memo that is empty": b"h\x05.",
    "an append to a number": b"K\x01K\x02a.",
    "a call of a number": b"K\x01)R.",
    "a state for a number": b"K\x01)b.",
    "a name made of numbers": b"K\x01K\x02\x93.",
    "a name made of tuples that double": b")" + b"q\x00h\x00\x86" * 99 + b"K\x02\x93.",
    "marks without end": b"K\x01" * 10**5 + b"(t" * 10**5 + b".",
    "a list within itself": b"]q\x00h\x00a.",
    "a long text that is cut": b"X\xff\xff\xff\x7fabc.",
    "a strange escape in a name": b"cnumpy\\core\\Xmultiarray\n_reconstruct\n.",
}


@pytest.mark.parametrize("name", CRAFTED)
def test_crafted_opcodes_give_a_value_or_one_line(name):
    try:
        assert name == "a list within itself" or not isinstance(decode(CRAFTED[name]), Array)
    except SchemeError as error:
        message = str(error)
        assert message.startswith("not a pickle of NumPy arrays")


@given(st.integers(0, 3), st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=4))
@example(1, [(10, ord("\\"))])
@example(0, [(39, ord("."))])  # it ends with the name of a function
@settings(max_examples=200, deadline=None)
def test_any_change_of_a_pickle_gives_a_value_or_a_refusal(kind, changes):
    values = [(three(), 2), (three(), 3), (three(), 4), (np.array([[1, 0.5], [np.int8(1), 2**40]], object), 3)]
    data = bytearray(pickle.dumps(*values[kind]))
    for place, byte in changes:
        data[place % len(data)] = byte
    try:
        found = decode(bytes(data))
    except SchemeError as error:
        found = str(error)
    assert isinstance(found, str | int | bytes | tuple | list | None | Array | DType) or found.denominator
