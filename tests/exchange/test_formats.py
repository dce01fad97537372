"""Every format that is read or written: layouts of others, round trips of ours, and what is refused in one line."""

import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stages.algebra.check import check
from stages.algebra.factors import Factors, Scheme, canonical, standard
from stages.algebra.targets import Size
from stages.errors import SchemeError
from stages.exchange.findings import C_TRANSPOSED, C, Finding, examine, find
from stages.exchange.formats import archives, files
from stages.exchange.formats.candidate import Candidate
from tests import examples
from tests.exchange import layouts

STRASSEN, HALVES, MODULO_TWO = examples.strassen(), examples.halves(), examples.modulo_two()
LONG, LARGE = standard(Size(2, 3, 4).target), standard(Size(1, 11, 12).target)
ONE = standard(Size(1, 1, 1).target)


def thirds() -> Scheme:
    """Strassen with denominators 3: rational, and no float holds it."""
    u, v, w = STRASSEN.factors
    scale = np.array([3, 1, 1, 1, 1, 1, 1])
    return Scheme(STRASSEN.target, "Q", Factors(u * scale, v, w * (3 // scale)), 3)


def read(data: bytes, folder) -> list[Candidate]:
    path = folder / "file"
    path.write_bytes(data)
    candidates = list(files.read(path))
    assert all(isinstance(candidate, Candidate) for candidate in candidates), candidates
    return candidates


def refused(data: bytes, folder) -> str:
    """The one line of the file's one error."""
    path = folder / "file"
    path.write_bytes(data)
    try:
        errors = [candidate for candidate in files.read(path) if isinstance(candidate, SchemeError)]
        assert len(errors) == 1
        message = str(errors[0])
    except SchemeError as error:
        message = str(error)
    assert "\n" not in message
    assert len(message) < 300
    return message


def same_terms(given_factors: Factors, denominator: int, scheme: Scheme) -> bool:
    """Whether factors are the terms of a scheme in its order, scaled within a term as they may be."""

    def terms(factors: Factors, over: int) -> np.ndarray:
        return np.einsum("ir,jr,kr->rijk", *(factor.astype(object) for factor in factors)) * over

    return np.array_equal(terms(given_factors, scheme.denominator), terms(scheme.factors, denominator))


STACK = np.stack(list(STRASSEN.factors))


def array_file(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


LAYOUTS = {
    "npz, square": (layouts.factorizations({"2,2,2": STRASSEN}), STRASSEN, C_TRANSPOSED),
    "npz, objects": (layouts.factorizations({"2,3,4": LONG}, np.int32), LONG, C_TRANSPOSED),
    "npz, bytes": (layouts.factorizations({"2,3,4": LONG}, np.int8), LONG, C_TRANSPOSED),
    "npz, bool": (layouts.factorizations({"2,3,4": LONG}, bool), LONG, C_TRANSPOSED),
    "npz, floats": (layouts.factorizations({"2,3,4": LONG}, np.float64), LONG, C_TRANSPOSED),
    "npz, small floats": (layouts.factorizations({"2,2,2": STRASSEN}, np.float16), STRASSEN, C_TRANSPOSED),
    "npz, big endian": (layouts.factorizations({"2,3,4": LONG}, ">i8"), LONG, C_TRANSPOSED),
    "npz, halves": (layouts.factorizations({"2,2,2": HALVES}), HALVES, C_TRANSPOSED),
    "npz, one object array": (layouts.factorizations({"2,2,2": STRASSEN}, is_whole=True), STRASSEN, C_TRANSPOSED),
    "npy, flip-cpd select": (layouts.selected_array(STRASSEN), STRASSEN, C_TRANSPOSED),
    "npy, flip-cpd select, thirds": (layouts.selected_array(thirds()), thirds(), C_TRANSPOSED),
    "npy, flip-cpd select, 2x3x4": (layouts.selected_array(LONG), LONG, C_TRANSPOSED),
    "npy, flip-cpd lift": (layouts.lifted_array(STRASSEN), STRASSEN, C_TRANSPOSED),
    "npy, flip-cpd lift, thirds": (layouts.lifted_array(thirds()), thirds(), C_TRANSPOSED),
    "npy, [3, S, R]": (array_file(STACK), STRASSEN, C_TRANSPOSED),
    "npy, [R, 3, S]": (array_file(STACK.transpose(2, 0, 1)), STRASSEN, C_TRANSPOSED),
    "npy, [S, R, 3]": (array_file(STACK.transpose(1, 2, 0)), STRASSEN, C_TRANSPOSED),
    "npy, text": (array_file(STACK.astype(str)), STRASSEN, C_TRANSPOSED),
    "npy, fractions as text": (
        array_file(np.char.add(np.stack(list(HALVES.factors)).astype(str), np.array(["", "", "/2"])[:, None, None])),
        HALVES,
        C_TRANSPOSED,
    ),
    "npz, U V W": (layouts.members(LONG, "UVW"), LONG, C_TRANSPOSED),
    "npz, A B C": (layouts.members(LONG, "ABC"), LONG, C_TRANSPOSED),
    "npz, without names": (layouts.members(LONG, ("arr_0", "arr_1", "arr_2")), LONG, C_TRANSPOSED),
    "npz, rows are products": (layouts.members(LONG, "uvw", is_turned=True), LONG, C_TRANSPOSED),
    "npz, square, rows are products": (layouts.members(STRASSEN, "uvw", is_turned=True), STRASSEN, C_TRANSPOSED),
    "npz, compressed rows": (layouts.compressed_rows(HALVES), HALVES, C),
    "npz, matrices": (layouts.matrices(LONG), LONG, C_TRANSPOSED),
    "npz, matrices, square": (layouts.matrices(STRASSEN), STRASSEN, C_TRANSPOSED),
    "npz, key in parentheses": (layouts.factorizations({"(2, 2, 2)": STRASSEN}), STRASSEN, C_TRANSPOSED),
    "npz, key with x": (layouts.factorizations({"2x3x4": LONG}), LONG, C_TRANSPOSED),
    "npz, complex numbers that are real": (
        layouts.factorizations({"2,2,2": STRASSEN}, complex),
        STRASSEN,
        C_TRANSPOSED,
    ),
    "exp": (layouts.products(STRASSEN), STRASSEN, C_TRANSPOSED),
    "exp, lifted": (layouts.products(STRASSEN, "spaces"), STRASSEN, C_TRANSPOSED),
    "exp, juxtaposed": (layouts.products(LONG, "together"), LONG, C_TRANSPOSED),
    "exp, mod 2": (layouts.products(MODULO_TWO), MODULO_TWO, C_TRANSPOSED),
    "tensor text": (layouts.tensor_text(LONG), LONG, C_TRANSPOSED),
    "script": (layouts.script(LONG), LONG, C),
    "counted text": (layouts.counted_text(STRASSEN), STRASSEN, C),
    "counted text, 2x3x4": (layouts.counted_text(LONG), LONG, C),
    "m": (layouts.braces(LONG), LONG, C_TRANSPOSED),
    "maple": (layouts.maple(LONG), LONG, C_TRANSPOSED),
    "maple, halves": (layouts.maple(HALVES), HALVES, C_TRANSPOSED),
    "maple, matrices": (layouts.maple_matrices(LONG), LONG, C),
    "maple, equations": (layouts.maple_equations(LONG), LONG, C),
    "json": (layouts.catalogue(LONG), LONG, C_TRANSPOSED),
    "json, mod 2": (layouts.catalogue(MODULO_TWO), MODULO_TWO, C_TRANSPOSED),
    "json, thirds": (layouts.catalogue(thirds()), thirds(), C_TRANSPOSED),
    "json, fewer additions": (layouts.fewer_additions(STRASSEN), STRASSEN, C),
    "json, fewer additions, 2x3x4": (layouts.fewer_additions(LONG), LONG, C),
    "lines": (layouts.number_lines(LONG), LONG, C_TRANSPOSED),
    "lines, pairs": (layouts.number_lines(thirds(), is_fractional=True), thirds(), C_TRANSPOSED),
    "blocks": (layouts.blocks(LONG), LONG, C),
    "blocks, shared sums": (layouts.shared_blocks(STRASSEN), STRASSEN, C),
    "blocks, shared sums, 2x3x4": (layouts.shared_blocks(LONG), LONG, C),
    "bini": (layouts.bini(LONG), LONG, C),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layout_of_others_is_read(name, tmp_path):
    data, scheme, convention = LAYOUTS[name]
    (candidate,) = read(data, tmp_path)
    found = find(candidate)
    assert found.candidate.size == scheme.size
    assert found.convention == convention
    assert same_terms(found.factors, found.candidate.denominator, scheme)
    assert (
        found.rings
        == {
            "Z2": ("Z2",),
            "Z": ("Z2", "Z3", "Z", "Q"),
            "Q": ("Z2", "Z3", "Z", "Q"),  # the denominators of these two can be shifted within each term
        }[scheme.ring]
    )


def test_an_archive_of_many_keeps_their_keys(tmp_path):
    schemes = {"2,2,2": STRASSEN, "2,3,4": LONG, "1,11,12": LARGE}
    candidates = read(layouts.factorizations(schemes), tmp_path)
    assert [candidate.label for candidate in candidates] == list(schemes)
    assert [candidate.factors.rank for candidate in candidates] == [7, 24, 132]


def test_an_array_of_many_numbers_them(tmp_path):
    """[N, R, 3, S], as AlphaTensor's authors give 14,236 schemes; a scheme a row, as flip-cpd does."""
    data = zipped(**{"factorizations.npy": array_file(np.stack([STACK.transpose(2, 0, 1)] * 3).astype(np.int8))})
    candidates = read(data, tmp_path)
    assert [candidate.label for candidate in candidates] == ["factorizations 1", "factorizations 2", "factorizations 3"]
    assert all(find(candidate).rings == ("Z2", "Z3", "Z", "Q") for candidate in candidates)
    row = np.load(io.BytesIO(layouts.selected_array(STRASSEN)), allow_pickle=False)
    assert [candidate.label for candidate in read(array_file(np.concatenate([row, row])), tmp_path)] == ["1", "2"]


def test_members_beside_the_factors_are_compared_or_named(tmp_path):
    u, v, w = LONG.factors
    facts = {"n": 2, "m": np.int64(3), "p": 4.0, "rank": 24}
    (candidate,) = read(saved(u=u, v=v, w=w, losses=np.zeros(9), note="hello", **facts), tmp_path)
    assert candidate.unread == ("losses", "note")
    for name, value in (("rank", 23), ("n", 3), ("p", [4]), ("m", 1 / 2)):
        message = refused(saved(u=u, v=v, w=w, **(facts | {name: value})), tmp_path)
        assert message.startswith(f"{name}: expected {facts[name]:g}, as the factors have it, got")
    (candidate,) = read(saved(**{"2,2,2": STACK, "seed": 1}), tmp_path)
    assert candidate.unread == ("seed",)


def saved(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def test_compressed_rows_that_do_not_fit_are_refused(tmp_path):
    rows = dict(np.load(io.BytesIO(layouts.compressed_rows(STRASSEN))))
    (candidate,) = read(saved(**rows), tmp_path)
    assert candidate.unread == ("metadata_json",)
    for name, part, words in (
        ("u_indptr", rows["u_indptr"][::-1], "begin with 0 and end with the number"),
        ("u_indptr", rows["u_indptr"] * 2**40, "begin with 0 and end with the number"),
        ("v_indices", rows["v_indices"] - 1, "begin with 0 and end with the number"),
        ("v_denominators", rows["v_denominators"] * 0, "begin with 0 and end with the number"),
        ("w_numerators", rows["w_numerators"] / 2, "of integers, got fractions"),
        ("u_indptr", rows["u_indptr"] / 2, "of integers, got fractions"),
        ("w_numerators", rows["w_numerators"][1:], "begin with 0 and end with the number"),
        ("w_numerators", rows["w_numerators"][:, None], "lists of numbers"),
        ("u_indices", rows["u_indices"] * 0, "each entry at most once"),
        ("w_indices", rows["w_indices"] + 2**30, "equations, more than"),
    ):
        assert words in refused(saved(**rows | {name: part}), tmp_path)


def test_a_zip_of_other_files_is_one_line(tmp_path):
    members = {"s/data.pkl": b"", "s/data/0": b"0", "s/version": b"3"}
    assert refused(zipped(**members), tmp_path) == "a PyTorch file is not read: save the factors with numpy.savez"
    assert "an Office file is not read" in refused(zipped(**{"[Content_Types].xml": b""}), tmp_path)
    assert "unpack it, and give its files" in refused(zipped(**{"2x2x2.exp": layouts.products(STRASSEN)}), tmp_path)


def test_a_file_of_many_counts_them(tmp_path):
    for is_fractional in (False, True):
        candidates = read(layouts.number_lines(STRASSEN, LONG, is_fractional=is_fractional), tmp_path)
        assert [(candidate.label, candidate.size.name) for candidate in candidates] == [("1", "2x2x2"), ("2", "2x3x4")]


ROUND_TRIPS = [STRASSEN, MODULO_TWO, LONG, LARGE, standard(Size(10, 1, 11).target, "Z2"), HALVES, thirds()]


@pytest.mark.parametrize("name", files.WRITERS)
@pytest.mark.parametrize(
    "scheme", ROUND_TRIPS, ids=lambda scheme: f"{scheme.size.name}-{scheme.ring}-{scheme.denominator}"
)
def test_round_trip(name, scheme, tmp_path):
    if name == "npz" and scheme.denominator == 3:
        with pytest.raises(SchemeError, match="power of two as denominator, got 3"):
            files.WRITERS[name](scheme)
        return
    data = files.WRITERS[name](scheme)
    other = Factors(*(np.asfortranarray(factor) for factor in scheme.factors))  # equal, and not in memory
    assert data == files.WRITERS[name](Scheme(scheme.target, scheme.ring, other, scheme.denominator))
    (candidate,) = read(data, tmp_path)
    found = find(candidate)
    assert scheme.ring in found.rings
    assert same_terms(found.factors, candidate.denominator, scheme)
    if scheme.ring != "Q":
        for one, two in zip(canonical(found.factors, scheme.ring), canonical(scheme.factors, scheme.ring), strict=True):
            np.testing.assert_array_equal(one, two)


def test_equations_print_as_people_write_them():
    assert files.WRITERS["txt"](STRASSEN).decode().splitlines()[1:4] == [
        "m1 = (a11 + a22)*(b11 + b22)",
        "m2 = (a21 + a22)*(b11)",
        "m3 = (a11)*(b12 - b22)",
    ]
    latex = files.WRITERS["latex"](HALVES).decode()
    assert r"m_{1} &= (2\,a_{11} + 2\,a_{22})(b_{11} + b_{22}) \\" in latex
    assert r"c_{12} &= \tfrac{1}{2}m_{3} + \tfrac{1}{2}m_{5} \\" in latex
    assert latex.count(r"\begin{align*}") == latex.count(r"\end{align*}") == 2
    assert "a_{1,11}" in files.WRITERS["latex"](LARGE).decode()
    assert "a1_11" in files.WRITERS["exp"](LARGE).decode()


def zipped(packed: int = zipfile.ZIP_DEFLATED, **members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packed) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def lying_bomb() -> bytes:
    """A member of 16 MiB that says it has 128 bytes."""
    return zipped(**{"2,2,2.npy": bytes(2**24)}).replace((2**24).to_bytes(4, "little"), (128).to_bytes(4, "little"))


def two_of_one_name() -> bytes:
    member = array_file(np.stack(list(STRASSEN.factors)))
    return zipped(**{"2,2,2.npy": member, "2,2,3.npy": member}).replace(b"2,2,3.npy", b"2,2,2.npy")


def damaged_member() -> bytes:
    data = bytearray(layouts.factorizations({"2,2,2": STRASSEN}))
    data[120] ^= 1
    return bytes(data)


def array_for_a_number() -> np.ndarray:
    entries = np.stack(list(STRASSEN.factors)).astype(object)
    entries[0, 0, 0] = np.array([1, 0])
    return entries


JSON = layouts.catalogue(STRASSEN).decode()
BAD = {
    "nothing": (b"", "an empty file"),
    "blanks": (b" \n\n", "nothing but white space and comments"),
    "bytes": (b"\xfeA\xff", "neither text in UTF-8, or in UTF-16 with its mark, nor a NumPy file"),
    "a picture": (b"\x89PNG\r\n\x1a\n\xff\xfe", "a picture is not read"),
    "a MATLAB file": (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "a MATLAB file is not read: save the factors with"),
    "a pickle": (pickle.dumps([1]), "a pickle, such as one of PyTorch, is not read"),
    "zeros": (b"\0" * 50, "expected a number"),
    "an archive cut short": (layouts.factorizations({"2,2,2": STRASSEN})[:-40], "not a whole .npz archive"),
    "an archive changed": (damaged_member(), "2,2,2': damaged"),
    "two members of one name": (two_of_one_name(), "two members of one name"),
    "a bomb": (zipped(**{"2,2,2.npy": bytes(2**27 + 1)}), "unpacks to 134217729 bytes, more than 134217728"),
    "a bomb that tells a small size": (lying_bomb(), "2,2,2': damaged"),
    "a member packed by bzip2": (zipped(zipfile.ZIP_BZIP2, **{"2,2,2.npy": bytes(9)}), "stored or deflated"),
    "a member packed by LZMA": (zipped(zipfile.ZIP_LZMA, **{"2,2,2.npy": bytes(9)}), "stored or deflated"),
    "a member of a strange name": (zipped(**{"../x.npy": array_file(STACK), "y.npy": b""}), "expected members u, v, w"),
    "bytes behind an archive": (layouts.factorizations({"2,2,2": STRASSEN}) + b"x", "bytes behind its end"),
    "bytes behind an array": (array_file(STACK) + b"\0", "as many numbers as its shape says"),
    "a member that is none": (zipped(**{"2,2,2.npy": b"hello"}), "not an .npy array"),
    "a long shape": (array_file(STACK).replace(b"(3, 4, 7)", b"(3, 9, 9)"), "as many numbers as its shape says"),
    "NaN": (zipped(**{"2,2,2.npy": array_file(np.where(STACK == 1, np.nan, STACK))}), "got NaN or infinity"),
    "infinity": (zipped(**{"2,2,2.npy": array_file(np.full((3, 4, 7), np.inf))}), "got NaN or infinity"),
    "floats that are no fractions": (zipped(**{"2,2,2.npy": array_file(STACK * 0.1)}), "over a power of two"),
    "huge floats": (zipped(**{"2,2,2.npy": array_file(STACK * 1e300)}), "over a power of two"),
    "largest integers": (zipped(**{"2,2,2.npy": array_file(np.full((3, 4, 7), 2**64 - 1, np.uint64))}), "within int32"),
    "complex numbers": (
        zipped(**{"2,2,2.npy": array_file(STACK + 1j)}),
        "complex coefficients, which are in none of the rings",
    ),
    "a word in an array": (array_file(np.full((3, 4, 7), "one")), "expected a number, got 'one'"),
    "no text in an array": (
        array_file(np.full((3, 4, 7), "one")).replace("o".encode("utf-32-le"), b"\xff\xff\xff\xff"),
        "got text of other characters than ASCII's",
    ),
    "bytes in an array": (array_file(STACK.astype("S")), "expected an array of numbers, got the type 'S"),
    "another size": (zipped(**{"2,2,3.npy": array_file(STACK)}), "expected factors with rows [4, 6, 6], got [4, 4, 4]"),
    "an array for a number": (zipped(**{"2,2,2.npy": array_file(array_for_a_number())}), "expected integers"),
    "two axes": (zipped(**{"2,2,2.npy": array_file(STACK[0])}), "no factors of a matrix product"),
    "no term": (zipped(**{"2,2,2.npy": array_file(STACK[:, :, :0])}), "got [0, 0, 0]"),
    "JSON cut short": (JSON[:-30].encode(), "not JSON"),
    "a key twice": (JSON.replace('"m": 7', '"m": 7, "m": 7').encode(), "a key stands twice"),
    "JSON of another denominator": (
        JSON.replace('"m": 7', '"m": 7, "denominator": 3').encode(),
        "denominator: expected 1, as u, v and w have it, got 3",
    ),
    "JSON of another size": (JSON.replace('"m": 7', '"m": 7, "size": "2x3x2"').encode(), "size: expected [2, 2, 2]"),
    "JSON of a ring that is none": (JSON.replace('"m": 7', '"m": 7, "ring": 2').encode(), "ring: expected text, got 2"),
    "JSON with NaN": (JSON.replace('"m": 7', '"m": NaN').encode(), "expected numbers, got NaN"),
    "JSON with a huge number": (JSON.replace('"m": 7', f'"m": {"9" * 5000}').encode(), "at most 20 digits"),
    "JSON with an exponent": (
        JSON.replace('"m": 7', '"m": 1e999999999').encode(),
        "m: expected the number of products, got '1e999999999'",
    ),
    "JSON too deep": (b'{"u":' + b"[" * 100_000, "not JSON"),
    "JSON of something else": (b'{"size": "2x2x2"}', "expected u, v, w with size and ring"),
    "wrong counts": (JSON.replace('"m": 7', '"m": 8').encode(), "expected 8 rows, got 7"),
    "a huge count": (JSON.replace('"m": 7', '"m": 99999999').encode(), "coefficients, more than"),
    "a huge size": (b"99 99 99 1\n0", "or three blocks, got 5 numbers"),
    "a size of zero": (
        JSON.replace('"n": [\n        2,', '"n": [\n        0,').encode(),
        "expected three numbers 1..99",
    ),
    "lines cut short": (layouts.number_lines(STRASSEN)[:-4], "expected «n m p R»"),
    "lines that count too many": (b"9999999\n" + layouts.number_lines(STRASSEN), "expected «n m p R»"),
    "a denominator of zero": (b"1 1 1 1\n1 0\n1 1\n1 1", "the denominator zero"),
    "blocks of unlike rows": (b"1 1\n1\n#\n1\n#\n1", "expected rows of one length"),
    "two blocks": (b"1\n#\n1", "expected three blocks"),
    "products cut short": (layouts.products(STRASSEN)[:-5], "expected"),
    "a product of two": (b"(a11)*(b11)", "expected a sum over a, one over b and one over c"),
    "a sum of products": (b"(a11)*(b11)*(c11) + (a12)*(b21)*(c11)", "expected a sum of entries"),
    "three digits": (b"(a111)*(b11)*(c11)", "expected entries such as a11, a10_3 or a1"),
    "an entry of row zero": (b"(a01)*(b11)*(c11)", "1x2x2: entries of c up to row 2 and column 2"),
    "an entry outside": (b"(a11)*(b11)*(c19)", "entry 'c19': expected a column up to 1"),
    "an entry far out": (b"(a99_99)*(b99_99)*(c99_1)", "equations, more than"),
    "parentheses": (b"(" * 50_000, "parentheses within each other"),
    "a longer coefficient": (b"(" + b"9" * 5000 + b"*a11)*(b11)*(c11)", "expected a number"),
    "an undefined name": (b"m1 = (a11)*(b11)\nc11 = m1 + m2", "'m2' is not defined"),
    "a name twice": (b"m1 = (a11)*(b11)\nm1 = (a11)*(b11)\nc11 = m1", "line 2, column 1: m1 is defined twice"),
    "sums that explode": ("\n".join(f"t{i + 1} = 9*t{i}" if i else "t1 = a11" for i in range(99)).encode(), "int32"),
    "fractions that explode": (
        "\n".join(f"t{i + 1} = 1/7*t{i}" if i else "t1 = a11" for i in range(99)).encode(),
        "int32",
    ),
    "denominators without end": (
        b'{"n": 1, "m": 30, "u": [["1/' + b'"], ["1/'.join(b"%d" % (10**9 + 2 * i + 1) for i in range(30)) + b'"]], '
        b'"v": ' + b"[" + b"[1], " * 29 + b'[1]], "w": [' + b"[1], " * 29 + b"[1]]}",
        "a common one of at most 100 digits",
    ),
    "blank lines without end": (b"\n" * 10**6 + b"7", "expected «n m p R»"),
    "no products": (b"c11 = a11", "expected products and equations for c"),
    "braces cut short": (layouts.braces(STRASSEN)[:-9], "line 8, column 49: expected a number or a list, got the end"),
    "braces too deep": (b"{{" + b"{" * 50_000, "line 1, column 25: expected lists at most 24 within each other"),
    "braces with words": (b"{{{{a}}}}", "line 1, column 5: expected a number or a list, got 'a'"),
    "braces of unlike shapes": (b"{{{{1}},{{1}},{{1}}},{{{1,1}},{{1}},{{1}}}}", "of the same shapes throughout"),
    "braces with two matrices": (b"{{{{1}},{{1}}}}", "expected three matrices per product"),
    "Maple without matrices": (b"Triad([1])", "expected"),
    "Bini without rows": (b"Bini 2 2 2 7", "expected 7 rows"),
    "words": (b"hello world", "line 1, column 1: 'hello' is not defined"),
    "a web page": (b"<!DOCTYPE html><html lang='en'></html>", "a page of the web is not read"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_file_is_one_line(name, tmp_path):
    data, message = BAD[name]
    assert message in refused(data, tmp_path)


def test_what_is_no_file_is_one_line(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, message in (("none", "no such file"), (".", "a folder: give its files"), ("pipe", "not a regular file")):
        with pytest.raises(SchemeError, match=message):
            list(files.read(tmp_path / name))
    with pytest.raises(SchemeError, match=r"cannot be read|no such file"):
        list(files.read(tmp_path / "a\0b"))


def test_a_file_beyond_the_limit_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGEST_FILE", 10)
    assert "larger than 10 bytes" in refused(b"1" * 11, tmp_path)


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LARGEST_ARCHIVE", 100)
    assert "archive: unpacks to" in refused(layouts.factorizations({"2,2,2": STRASSEN}), tmp_path)


SEEDS = {
    name: data
    for name, data in (
        ("npz", layouts.factorizations({"1,2,1": standard(Size(1, 2, 1).target), "1,1,1": ONE})),
        ("npy", layouts.lifted_array(ONE)),
        ("exp", layouts.products(STRASSEN, "spaces")),
        ("script", layouts.script(STRASSEN)),
        ("counted", layouts.counted_text(STRASSEN)),
        ("m", layouts.braces(standard(Size(1, 2, 2).target))),
        ("maple", layouts.maple(HALVES)),
        ("json", layouts.catalogue(standard(Size(1, 2, 2).target))),
        ("reduced", layouts.fewer_additions(standard(Size(1, 2, 2).target))),
        ("certificate", files.WRITERS["certificate"](HALVES)),
        ("lines", layouts.number_lines(standard(Size(1, 2, 2).target), standard(Size(1, 1, 2).target))),
        ("blocks", layouts.blocks(standard(Size(1, 2, 2).target))),
        ("bini", layouts.bini(standard(Size(1, 2, 2).target))),
    )
}
PIECES = [b"", b"-", b"/0", b"1/3", b"99", b"(", b"))", b"{", b"}]", b"[", b",", b"=", b"a1", b"c99_99", b"m1", b"#\n"]
PIECES += [
    b"\n",
    b'"',
    b"NaN",
    b"1e9",
    b"0.5",
    b"true",
    b"null",
    b"9" * 30,
    b"\0",
    b"\xff",
    b"PK\x03\x04",
    b"\x93NUMPY",
]


ALPHABET = '0129/-+*.,;:=#(){}[]abcmpt_ \n"\\'


def assert_understood(path: Path, data: bytes) -> None:
    """A file ends in findings or lines; what is said to hold does so as it would be stored."""
    path.write_bytes(data)
    for found in examine(path):
        if isinstance(found, Finding):
            assert all(check(scheme) is None for scheme in found.schemes())
        else:
            assert "\n" not in str(found)


@given(
    st.sampled_from(sorted(SEEDS)),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 40), st.sampled_from(PIECES)), max_size=4),
)
@example("npz", [(26, 4, b"\xff")])
@settings(max_examples=400, deadline=None)
def test_any_change_of_a_file_gives_claims_or_one_line_each(tmp_path_factory, name, changes):
    data = SEEDS[name]
    for place, length, piece in changes:
        place %= len(data) + 1
        data = data[:place] + piece + data[place + length :]
    path = tmp_path_factory.getbasetemp() / "changed"
    assert_understood(path, data)


@given(st.sampled_from(sorted(SEEDS)), st.data())
@settings(max_examples=150, deadline=None)
def test_any_flipped_byte_of_a_file_gives_claims_or_one_line_each(tmp_path_factory, name, data):
    changed = bytearray(SEEDS[name])
    changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "flipped"
    assert_understood(path, bytes(changed))


@given(st.binary(max_size=200) | st.text(ALPHABET, max_size=200).map(str.encode))
@settings(max_examples=400, deadline=None)
def test_anything_gives_claims_or_one_line_each(tmp_path_factory, data):
    assert_understood(tmp_path_factory.getbasetemp() / "anything", data)
