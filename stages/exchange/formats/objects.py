"""JSON: our own files and certificates, and the catalogues of flip-graph schemes, whole, sparse or with shared sums.

Ours have rows per entry and name size, ring and denominator. The catalogues have n, m, z2 or fields, and rows per
product; fractions are text, "1/2". In files with fewer additions (u_fresh, ..) u, v, w are sparse, fresh sums are
numbered after the entries (products, for w), and w has one sum per entry of C. Large sizes have only the non-zeros of
each product (u_sparse, ..). Other tools write a list of products, each an object of u, v, w.

Members that hold neither a part of the scheme nor a fact, such as a program, are named as not read.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from stages.algebra.factors import Scheme
from stages.algebra.targets import Size
from stages.contract import scheme_files
from stages.contract.named_targets import NAME
from stages.errors import SchemeError
from stages.exchange.formats import expressions, nested
from stages.exchange.formats.candidate import (
    COMPLEX,
    LONGEST_NUMBER,
    Candidate,
    Matrix,
    Number,
    candidate_of,
    check_extent,
    checked_size,
    facts_of,
    matrix_of_rows,
    matrix_of_terms,
    meant,
    number,
    short,
)
from stages.exchange.formats.grammar import Tokens, combination, literal

_FRESH, _SPARSE = ([f"{name}_{kind}" for name in "uvw"] for kind in ("fresh", "sparse"))
_FIELDS = {"Z": "Z", "Q": "Q", "F2": "Z2"}  # as one catalogue calls our rings, what implies the others first
_NO_SCHEME = {
    "non_bilinear": "a scheme of products that mix entries of A and B, which is no bilinear one",
    "stub": "a scheme without its factors, of which only the way to make them is said",
}
_SIZE = re.compile(r"\(?[0-9]{1,2}(?:, ?|x)[0-9]{1,2}(?:, ?|x)[0-9]{1,2}\)?", re.ASCII)


def read(text: str) -> Iterator[Candidate]:
    given = load(text)
    if not isinstance(given, dict):
        raise SchemeError(f"expected an object, got {type(given).__name__}")
    if given and all(_SIZE.fullmatch(key) for key in given):
        for key, value in given.items():
            yield nested.candidate(value, checked_size(*map(int, re.findall("[0-9]+", key))), label=key)
        return
    kind = given.get("scheme_type")
    if isinstance(kind, str) and kind in _NO_SCHEME:
        raise SchemeError(_NO_SCHEME[kind])
    is_sparse = {*_SPARSE, "n", "m"} <= given.keys()
    are_sides = {"p", "k"} & given.keys() and not isinstance(given.get("n"), list)  # n and m are, as p or k is
    if is_sparse or ({*"uvw", "n", "m"} <= given.keys() and not are_sides):
        candidate = _catalogue(given, is_sparse)
        said = {"n", "m", "z2", "ring", "fields", *(_SPARSE if is_sparse else "uvw")}
        if "u_fresh" in given and not is_sparse:
            said |= {*_FRESH}
    elif {*"uvw", "size", "ring"} <= given.keys():
        candidate, said = _own(given), {*"uvw", "size", "ring", "denominator"}
        if candidate.target:  # a certificate's own tensor, which its script compares; a check takes that of the name
            said |= given.keys() & {"modes", "entries"}
    else:
        said = _factors(given)
        value = {key: given[key] for key in said}
        candidate = nested.candidate(value if len(said) == 3 else value.popitem()[1])
        candidate = dataclasses.replace(candidate, ring=_ring(given))
        said |= {"ring", "z2", "fields"}
    if not is_sparse and (parts := sorted(given.keys() & {*_FRESH, *_SPARSE} - said)):
        raise SchemeError(f"{', '.join(parts)}: expected n and m and all parts of a scheme beside")
    unread = [key for key in given if key not in said and not _is_fact(key, given, candidate)]
    yield dataclasses.replace(candidate, unread=tuple(unread))


def _factors(given: dict[str, Any]) -> set[str]:
    """The names of the three factors, or of the one list of products."""
    for names in ("uvw", "abc"):
        if len(said := {key for key in given if key.lower() in {*names}}) == 3:
            return said
    said = {key for key, value in given.items() if nested.is_products(value)}
    if len(said) != 1:
        raise SchemeError(f"expected u, v, w with size and ring, or with n and m, got {short(sorted(given))}")
    return said


def _ring(given: dict[str, Any]) -> str:
    """The ring that an object names, in our words or the catalogue's; empty where it names none."""
    is_modulo_two, ring, fields = given.get("z2", False), given.get("ring", ""), given.get("fields", [])
    if not isinstance(is_modulo_two, bool):
        raise SchemeError(f"z2: expected true or false, got {short(is_modulo_two)}")
    if not isinstance(ring, str):
        raise SchemeError(f"ring: expected text, got {short(ring)}")
    if not isinstance(fields, list):
        raise SchemeError(f"fields: expected a list, got {short(fields)}")
    if fields == ["C"]:
        raise SchemeError(COMPLEX)
    ring = ring or next((_FIELDS[field] for field in _FIELDS if field in fields), "")
    return "Z2" if is_modulo_two else "Z" if ring == "ZT" else ring  # ZT: integers -1, 0, 1


def _is_fact(key: str, given: dict[str, Any], candidate: Candidate) -> bool:
    """Whether a further member is a fact in words and numbers.

    Raises:
      SchemeError: it says something else than the scheme does.
    """
    value = given[key]
    size, rank = list(candidate.size or ()), candidate.factors.rank
    expected = {"rank": rank, "m": rank, "n": size, "denominator": candidate.denominator, "size": size}
    if "p" in given or "k" in given:
        expected |= facts_of(candidate, given)
    elif key == "n" and type(value) is int:
        value = [value] * 3
    if key == "size" and isinstance(value, str):
        value = [int(side) for side in re.findall("[0-9]+", value)] if _SIZE.fullmatch(value) else value
    if key in expected and value != expected[key]:
        raise SchemeError(
            f"{key}: expected {expected[key]}, as u, v and w have it, got {short(value)}{meant(key, given)}"
        )
    if key == "sha256":
        body = json.dumps({name: entry for name, entry in given.items() if name != key}, default=str)
        if value != hashlib.sha256(body.encode()).hexdigest():
            raise SchemeError("sha256: expected that of the other members")
    return _is_simple(value)


def _is_simple(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_is_simple, value.values()))
    return not isinstance(value, list) or not any(isinstance(item, (list, dict)) for item in value)


def load(text: str) -> object:
    """JSON with every key once and no NaN, or the same as Python prints it; decimals are exact fractions.

    Raises:
      SchemeError: anything else.
    """
    if not re.match(r"\s*\{\s*(\"|\})", text):
        tokens = Tokens(text)
        given = literal(tokens)
        if tokens.next:
            raise tokens.fault("the end")
        return given
    try:
        return json.loads(
            text,
            object_pairs_hook=_once,
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=_no_number,
        )
    except (ValueError, RecursionError) as error:
        raise SchemeError(f"not JSON ({short(str(error))})") from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, Any]:
    given = dict(pairs)
    if len(given) < len(pairs):
        raise SchemeError("a key stands twice in one object")
    return given


def _integer(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise SchemeError(f"expected a number of at most {LONGEST_NUMBER} digits, got {short(text)}")
    return int(text)


def _decimal(text: str) -> Number | str:
    """An exact number; what is none that could be a coefficient, such as 1e-3, stays text, as a fact may be it."""
    try:
        return number(text)
    except SchemeError:
        return text


def _no_number(text: str) -> None:
    raise SchemeError(f"expected numbers, got {text}")


def _own(given: dict[str, Any]) -> Candidate:
    if not isinstance(given["size"], str) or not isinstance(given["ring"], str):
        raise SchemeError("expected size and ring as text")
    name = given["size"]
    is_size, is_named = (re.fullmatch(pattern, name, re.ASCII) for pattern in ("[0-9]{1,2}(x[0-9]{1,2}){2}", NAME))
    if not is_size and not is_named:
        raise SchemeError(f"size: expected three numbers like 3x4x5 or a target's name, got {short(name)}")
    denominator = given.get("denominator", 1)
    if type(denominator) is not int or denominator < 1:
        raise SchemeError(f"denominator: expected an integer from 1, got {short(denominator)}")
    u, v, w = (matrix_of_rows(_rows(given[name], name), name) for name in "uvw")
    w = Matrix(w.integers, w.denominator * denominator)
    if is_named:
        return candidate_of([u, v, w], ring=given["ring"], target=name)
    return candidate_of([u, v, w], Size(*map(int, name.split("x"))), ring=given["ring"])


def _catalogue(given: dict[str, Any], is_sparse: bool) -> Candidate:
    sides = [given["n"]] * 3 if isinstance(given["n"], int) else given["n"]
    if not isinstance(sides, list) or len(sides) != 3:
        raise SchemeError(f"n: expected three numbers, got {short(sides)}")
    size, rank, ring = checked_size(*sides), given["m"], _ring(given)
    if type(rank) is not int or rank < 1:
        raise SchemeError(f"m: expected the number of products, got {short(rank)}")
    check_extent(size.modes, rank)
    if is_sparse:
        parts = zip(_SPARSE, size.modes, strict=True)
        factors = [_of_nonzeros(given[name], name, length, rank) for name, length in parts]
    elif "u_fresh" in given:
        factors = _shared_sums(given, size, rank)
    else:
        factors = []
        for name in "uvw":
            rows = _rows(given[name], name)
            if len(rows) != rank:
                raise SchemeError(f"factor {name}: expected {rank} rows, got {len(rows)}")
            factors.append(matrix_of_rows(list(zip(*rows, strict=True)), name))
    return candidate_of(factors, size, ring=ring)


def _rows(rows: object, name: str) -> list[list[Number]]:
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) for row in rows):
        raise SchemeError(f"factor {name}: expected rows of numbers")
    for count, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise SchemeError(f"factor {name}: expected rows of {len(rows[0])} numbers, got {len(row)} in row {count}")
    return [[entry if type(entry) is int else _entry(entry, name) for entry in row] for row in rows]


def _entry(entry: object, name: str) -> Number:
    if isinstance(entry, str):
        return number(entry)
    if isinstance(entry, Fraction):
        return entry
    raise SchemeError(f"factor {name}: expected numbers, got {short(entry)}")


def _of_nonzeros(products: object, name: str, length: int, rank: int) -> Matrix:
    """A factor from {"0": {"i": rows, "c": coefficients}, ..} or [{"row": coefficient, ..}, ..], by product."""
    if isinstance(products, dict):
        products = [products.get(str(column)) for column in range(len(products))]
    if not isinstance(products, list) or len(products) != rank:
        raise SchemeError(f"{name}: expected {rank} products, counted from 0")
    terms = []
    for column, product in enumerate(products):
        match product:
            case {"i": list() as places, "c": list() as entries} if len(product) == 2:
                pass
            case dict():
                places = [int(row) if row.isdecimal() and len(row) < 9 else row for row in product]
                entries = [*product.values()]
            case _:
                places, entries = [None], []
        in_range = all(type(row) is int and 0 <= row < length for row in places)
        if not in_range or not len({*places}) == len(places) == len(entries):
            raise SchemeError(f"{name}: expected rows below {length}, each once, and as many coefficients in {column}")
        numbers = [entry if type(entry) is int else _entry(entry, name) for entry in entries]
        terms.append(dict(zip(places, numbers, strict=True)))
    return matrix_of_terms(terms, length)


def _shared_sums(given: dict[str, Any], size: Size, rank: int) -> list[Matrix]:
    u, v = (_expanded(given, name, length, rank) for name, length in zip("uv", size.modes, strict=False))
    outputs = _expanded(given, "w", rank, size.modes[2])
    w: list[dict[int, Number]] = [{} for _ in range(rank)]
    for row, form in enumerate(outputs):
        for column, entry in form.items():
            w[column][row] = entry
    return [matrix_of_terms(terms, length) for terms, length in zip((u, v, w), size.modes, strict=True)]


def _expanded(given: dict[str, Any], name: str, inputs: int, count: int) -> list[dict[int, Number]]:
    """`count` sums over `inputs`, fresh sums put in."""
    known: list[dict[int, Number]] = [{index: 1} for index in range(inputs)]
    fresh = given.get(f"{name}_fresh")
    if not isinstance(fresh, list) or not isinstance(given[name], list) or len(given[name]) != count:
        raise SchemeError(f"{name}: expected fresh sums and {count} sums")
    sums: list[dict[int, Number]] = []
    for place, terms in enumerate([*fresh, *given[name]]):
        if not isinstance(terms, list):
            raise SchemeError(f"{name}: expected a list of terms, got {short(terms)}")
        pairs = []
        for term in terms:
            match term:
                case {"index": int() as index, "value": value} if type(index) is int and 0 <= index < len(known):
                    pairs.append((value if type(value) is int else _entry(value, name), known[index]))
                case _:
                    raise SchemeError(f"{name}: expected an index of what stands above and a value, got {short(term)}")
        (known if place < len(fresh) else sums).append(combination(pairs))
    return sums


def write(scheme: Scheme) -> bytes:
    """The catalogue's layout; over Q fractions of w are text. What is no matrix product is in the layout of ours."""
    if not scheme.target.lengths:
        return (json.dumps(scheme_files.to_json(scheme)) + "\n").encode()
    u, v, w = (factor.T.tolist() for factor in scheme.factors)
    if scheme.denominator > 1:
        w = [[_json_number(expressions.over(entry, scheme.denominator)) for entry in row] for row in w]
    head = {"n": list(scheme.size), "m": scheme.rank, "z2": scheme.ring == "Z2"}
    if scheme.ring == "Z3":  # which the catalogue does not know
        head["ring"] = scheme.ring
    return (json.dumps(head | {"u": u, "v": v, "w": w}) + "\n").encode()


def _json_number(value: Number) -> int | str:
    return value if isinstance(value, int) else str(value)
