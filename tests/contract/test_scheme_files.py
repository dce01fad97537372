"""Schemes come back whole from JSON; whatever else a file holds ends with one line."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.algebra.targets import Size
from stages.contract import scheme_files
from stages.errors import SchemeError
from tests.contract.schemes import SCHEMES, same

GOOD = {"size": "1x1x1", "ring": "Z", "denominator": 1, "u": [[1, 2]], "v": [[1, 0]], "w": [[1, 5]]}


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_json_round_trip(tmp_path, scheme):
    scheme_files.write(tmp_path / "new" / "scheme.json", scheme)
    assert same(scheme_files.read(tmp_path / "new" / "scheme.json"), scheme)


def refused(path) -> str:
    with pytest.raises(SchemeError) as caught:
        scheme_files.read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"size": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"[]", "got list"),
        (b"null", "got NoneType"),
        (b"{}", "got []"),
    ],
)
def test_file_that_holds_no_scheme_is_refused(tmp_path, content, part):
    path = tmp_path / "scheme.json"
    path.write_bytes(content)
    assert part in refused(path)


def test_missing_file_and_folder_are_refused(tmp_path):
    refused(tmp_path / "none.json")
    refused(tmp_path)


BAD_KEYS = [
    ("size", 5),
    ("size", None),
    ("size", ["1x1x1"]),
    ("size", "1x1"),
    ("size", "2x1x1"),
    ("size", "1x1x2"),
    ("ring", "R"),
    ("ring", 2),
    ("ring", ["Z"]),
    ("denominator", 0),
    ("denominator", -1),
    ("denominator", 2),
    ("denominator", 1.0),
    ("denominator", True),
    ("denominator", "1"),
    ("denominator", None),
    ("denominator", 10**30),
    ("u", []),
    ("u", None),
    ("u", 1),
    ("u", "1"),
    ("u", {}),
    ("u", [1, 2]),
    ("u", [[1, 2], [1, 2]]),
    ("u", [[1], [2, 3]]),
    ("u", [[1, 2, 3]]),
    ("u", [[]]),
    ("u", [[1.0, 2]]),
    ("u", [[True, 2]]),
    ("u", [["1", 2]]),
    ("u", [[None, 2]]),
    ("u", [[[1], [2]]]),
    ("u", [[2**31, 2]]),
    ("u", [[-(2**31), 2]]),
    ("u", [[10**40, 2]]),
    ("u", [[float("nan"), 2]]),
    ("u", [[float("inf"), 2]]),
]


@pytest.mark.parametrize(("key", "value"), BAD_KEYS, ids=[f"{key}={value!r}" for key, value in BAD_KEYS])
def test_wrong_value_is_refused(tmp_path, key, value):
    path = tmp_path / "scheme.json"
    path.write_text(json.dumps(GOOD))
    assert scheme_files.read(path).rank == 2
    path.write_text(json.dumps(GOOD | {key: value}))
    refused(path)


@pytest.mark.parametrize("key", GOOD)
def test_missing_and_unknown_keys_are_refused(tmp_path, key):
    path = tmp_path / "scheme.json"
    path.write_text(json.dumps({name: value for name, value in GOOD.items() if name != key}))
    refused(path)
    path.write_text(json.dumps(GOOD | {key.upper(): 1}))
    assert repr(key.upper()) in refused(path)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(GOOD)), anything)
@settings(max_examples=100, deadline=None)
def test_any_json_value_is_a_scheme_or_refused(tmp_path_factory, key, value):
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(GOOD | {key: value}))
    try:
        scheme = scheme_files.read(path)
    except SchemeError:
        refused(path)
    else:
        assert scheme.size == Size(1, 1, 1)
        assert scheme.rank == 2
        assert (getattr(scheme.factors, key).tolist() if key in "uvw" else getattr(scheme, key)) in (value, scheme.size)


@given(st.binary(max_size=40), st.integers(0, 120))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_scheme_or_refused(tmp_path_factory, inserted, place):
    path = tmp_path_factory.getbasetemp() / "bytes.json"
    text = json.dumps(GOOD).encode()
    path.write_bytes(text[:place] + inserted + text[place + 1 :])
    try:
        assert scheme_files.read(path).size == Size(1, 1, 1)
    except SchemeError:
        refused(path)
