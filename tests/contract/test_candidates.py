"""Candidates: rows and JSON come back whole; malformed JSON ends with one line; collections stay distinct."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.algebra.factors import COEFFICIENT_LIMIT, Factors, Scheme, standard
from stages.algebra.invariants import invariant
from stages.algebra.targets import Size
from stages.contract import candidates, tables
from stages.contract.candidates import Candidate, Collection
from stages.errors import SchemeError, TableError
from tests import examples

GOOD = {"size": "1x1x1", "ring": "Z", "denominator": 1, "u": [[1, 2]], "v": [[1, 0]], "w": [[1, 5]]}
SCHEMES = {
    "strassen": examples.strassen(),
    "over Z2": examples.modulo_two(),
    "over Q": examples.halves(),
    "oblong": standard(Size(1, 2, 3)),
    "no term": Scheme(Size(2, 2, 2), "Z", Factors(*(np.zeros((4, 0), np.int64),) * 3)),
    "int32": Scheme(Size(1, 1, 1), "Z", Factors(*(np.array([[COEFFICIENT_LIMIT, -COEFFICIENT_LIMIT]]),) * 3)),
}


def candidate(scheme: Scheme, clock: int = 5) -> Candidate:
    return Candidate(scheme, "search:z:game", "abc", 2**31 - 1, clock)


def same(first: Scheme, second: Scheme) -> bool:
    """Equal in every part, the order of the terms included."""
    facts = [(scheme.size, scheme.ring, scheme.denominator, scheme.hash) for scheme in (first, second)]
    return facts[0] == facts[1] and all(map(np.array_equal, first.factors, second.factors))


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_json_round_trip(tmp_path, scheme):
    candidates.write_json(tmp_path / "new" / "scheme.json", scheme)
    assert same(candidates.read_json(tmp_path / "new" / "scheme.json"), scheme)


def test_table_round_trip(tmp_path):
    path = tmp_path / "candidates.parquet"
    given_candidates = [candidate(scheme, clock) for clock, scheme in enumerate(SCHEMES.values())]
    candidates.write(path, given_candidates)
    for found, expected in zip(candidates.read(path), given_candidates, strict=True):
        assert same(found.scheme, expected.scheme)
        assert (found.origin, found.parent, found.seed) == (expected.origin, expected.parent, expected.seed)
        assert found.clock == expected.clock
    assert [row["hash"] for row in tables.read_rows(path, tables.CANDIDATES)] == [s.hash for s in SCHEMES.values()]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": "2x2"}, "three numbers"),
        ({"size": "3x2x2"}, "n <= m <= p"),
        ({"ring": "F4"}, "got 'F4'"),
        ({"rank": 8}, "factor u: expected 4 x 8 entries, got 28"),
        ({"rank": -7}, "factor u"),
        ({"v": [1] * 27}, "factor v: expected 4 x 7 entries, got 27"),
        ({"w": [-(2**31)] * 28}, "within int32"),
        ({"denominator": 2}, "denominator"),
        ({"denominator": 0}, "denominator"),
    ],
)
def test_malformed_row_is_refused_with_its_file(tmp_path, changes, message):
    path = tmp_path / "candidates.parquet"
    tables.write_rows(path, tables.CANDIDATES, [candidates.to_row(candidate(examples.strassen())) | changes])
    with pytest.raises(SchemeError, match=message) as caught:
        candidates.read(path)
    assert str(path) in str(caught.value)


def test_missing_table_is_refused(tmp_path):
    with pytest.raises(TableError, match="no such file"):
        candidates.read(tmp_path / "none.parquet")


def refused(path) -> str:
    with pytest.raises(SchemeError) as caught:
        candidates.read_json(path)
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
    assert candidates.read_json(path).rank == 2
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
        scheme = candidates.read_json(path)
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
        assert candidates.read_json(path).size == Size(1, 1, 1)
    except SchemeError:
        refused(path)


def columns(*order: int) -> Scheme:
    """Terms over <1,1,2> that decompose nothing; the number of equal u tells their invariants apart."""
    eye = np.eye(2, dtype=np.int64)
    return Scheme(Size(1, 1, 2), "Z", Factors(np.ones((1, len(order)), int), eye[:, order], eye[:, order]))


def test_collection_keeps_the_first_of_each_invariant():
    collection = Collection(keep=2)
    first = candidate(examples.strassen())
    u, v, w = first.scheme.factors
    rotated = candidate(Scheme(Size(2, 2, 2), "Z", Factors(v, w, u)))
    assert collection.add(first)
    assert not collection.add(rotated)
    assert collection.add(candidate(columns(0, 0, 1)))
    assert collection.add(candidate(columns(0, 0, 0)))
    assert not collection.add(
        candidate(Scheme(Size(1, 1, 2), "Z", Factors(*(np.zeros((n, 3), int) for n in (1, 2, 2)))))
    )
    assert collection.is_full(Size(1, 1, 2), "Z", 3)
    assert not collection.is_full(Size(1, 1, 2), "Z2", 3)
    assert not collection.is_full(Size(2, 2, 2), "Z", 7)


def test_scheme_seen_before_costs_no_invariant(monkeypatch):
    computed = []
    monkeypatch.setattr(candidates, "invariant", lambda scheme: computed.append(scheme) or invariant(scheme))
    collection = Collection(keep=5)
    first, reordered, equivalent = columns(0, 0, 1), columns(1, 0, 0), columns(1, 1, 0)
    assert first.hash == reordered.hash != equivalent.hash
    assert collection.add(candidate(first))
    for clock, scheme in enumerate([reordered, equivalent, equivalent, reordered]):
        assert not collection.add(candidate(scheme, clock))
    assert computed == [first, equivalent]
    restored = Collection(keep=5)
    restored.restore(collection.to_array())
    assert not restored.add(candidate(first, 9))
    assert not restored.add(candidate(equivalent, 9))
    assert restored.add(candidate(columns(0, 0, 0), 9))
    assert [kept.clock for kept in restored.candidates()] == [5, 9]


def test_collection_is_sorted_and_knows_the_best_of_each_ring():
    collection = Collection(keep=5)
    schemes = [standard(Size(2, 2, 2)), examples.strassen(), columns(0, 1), examples.modulo_two(), columns(0, 0)]
    for clock, scheme in enumerate(schemes):
        assert collection.add(candidate(scheme, clock))
    found = [(c.scheme.size.name, c.scheme.ring, c.scheme.rank, c.clock) for c in collection.candidates()]
    assert found == [
        ("1x1x2", "Z", 2, 2),
        ("1x1x2", "Z", 2, 4),  # in the order of arrival
        ("2x2x2", "Z", 7, 1),
        ("2x2x2", "Z", 8, 0),
        ("2x2x2", "Z2", 7, 3),
    ]
    assert collection.best(Size(2, 2, 2), "Z") == 7
    assert collection.best(Size(2, 2, 2), "Q") is None
    assert Collection(keep=1).best(Size(2, 2, 2), "Z") is None
    assert [scheme.rank for scheme in collection.schemes(Size(1, 1, 2), "Z", 2)] == [2, 2]
    collection.forget_above(Size(2, 2, 2), "Z", 7)
    left = [(c.scheme.size.name, c.scheme.ring, c.scheme.rank) for c in collection.candidates()]
    assert left == [("1x1x2", "Z", 2), ("1x1x2", "Z", 2), ("2x2x2", "Z", 7), ("2x2x2", "Z2", 7)]


@pytest.mark.parametrize("count", [0, len(SCHEMES)])
def test_collection_restores_what_it_saved(count):
    collection, restored = Collection(keep=3), Collection(keep=3)
    for scheme in list(SCHEMES.values())[:count]:
        collection.add(candidate(scheme))
    restored.restore(collection.to_array())
    np.testing.assert_array_equal(restored.to_array(), collection.to_array(), strict=True)
    assert len(restored.candidates()) == count
    for first, second in zip(restored.candidates(), collection.candidates(), strict=True):
        assert same(first.scheme, second.scheme)
        assert (first.origin, first.parent, first.seed, first.clock) == (
            second.origin,
            second.parent,
            second.seed,
            second.clock,
        )
