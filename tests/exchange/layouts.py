"""Files as others publish them, laid out from our own schemes by the facts of each format."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence

import numpy as np

from stages.algebra.factors import Scheme
from stages.algebra.symmetry import as_matrices


def plain_third(scheme: Scheme) -> np.ndarray:
    """w [np, R] with rows i*p + k: C, not transposed."""
    _, _, w = as_matrices(scheme)  # [p, n, R]
    return w.transpose(1, 0, 2).reshape(-1, scheme.rank)


def factorizations(schemes: Mapping[str, Scheme], dtype: type = np.int64, is_whole: bool = False) -> bytes:
    """AlphaTensor's archive: «n,m,p» -> [3, n^2, R], or an object array of three (`is_whole`: one of numbers)."""
    members = {}
    for key, scheme in schemes.items():
        factors = [factor.astype(dtype) for factor in scheme.factors]
        if scheme.denominator > 1:
            factors[2] = factors[2].astype(np.float64) / scheme.denominator
        if len({factor.shape for factor in factors}) == 1:
            members[key] = np.array(factors, object if is_whole else None)
        else:
            members[key] = np.empty(3, object)
            members[key][:] = factors
    file = io.BytesIO()
    np.savez_compressed(file, **members)
    return file.getvalue()


def _with_denominators(scheme: Scheme) -> list[tuple[np.ndarray, np.ndarray]]:
    """Numerators and denominators [R, S] of u, v and w."""
    pairs = zip(scheme.factors, (1, 1, scheme.denominator), strict=True)
    return [(factor.T, np.full_like(factor.T, denominator)) for factor, denominator in pairs]


def _saved_row(parts: list[np.ndarray]) -> bytes:
    file = io.BytesIO()
    np.save(file, np.concatenate([part.ravel() for part in parts])[None])
    return file.getvalue()


def selected_array(scheme: Scheme) -> bytes:
    """flip-cpd's `select`: a scheme a row; u, v, w product by product, numerator and denominator side by side."""
    return _saved_row([np.stack(pair, axis=2) for pair in _with_denominators(scheme)])


def lifted_array(scheme: Scheme) -> bytes:
    """flip-cpd's `lift`: a scheme a row; all numerators of u, all its denominators, and v and w alike."""
    return _saved_row([part for pair in _with_denominators(scheme) for part in pair])


def members(scheme: Scheme, names: Sequence[str], is_turned: bool = False) -> bytes:
    """An archive with the three factors, [S, R] or [R, S]."""
    file = io.BytesIO()
    factors = (factor.T if is_turned else factor for factor in scheme.factors)
    np.savez(file, **dict(zip(names, factors, strict=True)))
    return file.getvalue()


def compressed_rows(scheme: Scheme) -> bytes:
    """khoruzhii/lita: a sparse matrix [R, S] for each factor, w for C; the sizes are said in a text beside."""
    arrays = {}
    sides = zip(
        "uvw", (scheme.factors.u, scheme.factors.v, plain_third(scheme)), (1, 1, scheme.denominator), strict=True
    )
    for name, factor, denominator in sides:
        products, places = factor.T.nonzero()
        numerators = factor.T[products, places]
        shared = np.gcd(numerators, denominator)
        arrays |= {
            f"{name}_indptr": np.searchsorted(products, np.arange(scheme.rank + 1)),
            f"{name}_indices": places.astype(np.int32),
            f"{name}_numerators": numerators // shared,
            f"{name}_denominators": denominator // shared,
        }
    facts = {"coefficient_field": "Q", "format": "fmmp.qcsr.v1", "rank": scheme.rank, "tensor": list(scheme.size)}
    file = io.BytesIO()
    np.savez_compressed(file, **arrays, metadata_json=np.asarray(json.dumps(facts, separators=(",", ":"))))
    return file.getvalue()


def matrices(scheme: Scheme) -> bytes:
    """An archive with a matrix per product for each factor, [R, n, m]."""
    file = io.BytesIO()
    np.savez(file, **{name: stack.transpose(2, 0, 1) for name, stack in zip("uvw", as_matrices(scheme), strict=True)})
    return file.getvalue()


def _sum(letter: str, column: np.ndarray, width: int, times: str, name) -> str:
    terms = []
    for row in np.flatnonzero(column):
        size = abs(int(column[row]))
        terms.append(
            ("-" if column[row] < 0 else "+") + ("" if size == 1 else f"{size}{times}") + name(letter, row, width)
        )
    text = " ".join(terms)
    return text.removeprefix("+")


def two_digits(letter: str, row: int, width: int) -> str:
    return f"{letter}{row // width + 1}{row % width + 1}"


def counted(letter: str, row: int, width: int) -> str:
    return f"{letter}{row + 1}"


def products(scheme: Scheme, style: str = "stars") -> bytes:
    """.exp: `(..)*(..)*(..)`; lifted files leave stars out, write `2 b31`, and put a minus before a whole line."""
    n, m, p = scheme.size
    lines = []
    for u, v, w in zip(*(factor.T for factor in scheme.factors), strict=True):
        if style == "stars":
            sums = [_sum(*part, "*", two_digits) for part in (("a", u, m), ("b", v, p), ("c", w, n))]
            lines.append("*".join(f"({text})" for text in sums))
        else:
            a, b, c = (_sum(*part, " ", two_digits) for part in (("a", -u, m), ("b", v, p), ("c", w, n)))
            a = f"({a})" if " " in a or a.startswith("-") else a
            space = " " if style == "spaces" else ""
            lines.append(f"-({a} {space}({b}){space}({c}))")
    return "\n".join(lines).encode()


def tensor_text(scheme: Scheme) -> bytes:
    """Products under a head of comments."""
    return b"#\n# File 's.tensor.txt'\n# Transposed form C = (A*B)^T\n#\n" + products(scheme) + b"\n\n#\n"


def script(scheme: Scheme) -> bytes:
    """A script for computer algebra: P1 := .., c11 := .., and its own tests."""
    _, m, p = scheme.size
    lines = ["# Yacas script", "#"]
    for r, (u, v) in enumerate(zip(scheme.factors.u.T, scheme.factors.v.T, strict=True), start=1):
        lines.append(f"P{r} := ({_sum('a', u, m, '*', two_digits)}) * ({_sum('b', v, p, '*', two_digits)});")
    for row, column in enumerate(plain_third(scheme)):
        lines.append(f"{two_digits('c', row, p)} := {_sum('P', column, 1, '*', counted)};")
    return "\n".join(
        [*lines, "Simplify(c11 - (a11*b11));", "# Algorithm properly fulfills all Brent Equations"]
    ).encode()


def counted_text(scheme: Scheme) -> bytes:
    """m1 = (a1 - a4)(b1 + b4), entries counted."""
    lines = []
    for r, (u, v) in enumerate(zip(scheme.factors.u.T, scheme.factors.v.T, strict=True), start=1):
        lines.append(f"m{r} = ({_sum('a', u, 1, '', counted)})({_sum('b', v, 1, '', counted)})")
    outputs = [f"c{row + 1} = {_sum('m', column, 1, '', counted)}" for row, column in enumerate(plain_third(scheme))]
    return "\n".join([*lines, "", *outputs]).encode()


def _maple_matrix(rows: list[list[object]]) -> str:
    text = ",".join("[" + ",".join(map(str, row)) + "]" for row in rows)
    return f"Matrix({len(rows)}, {len(rows[0])}, [{text}])"


def _maple_entries(letter: str, height: int, width: int) -> str:
    names = [[f"{letter}_{row + 1}_{column + 1}" for column in range(width)] for row in range(height)]
    return f"{letter}:={_maple_matrix(names)}:"


def maple(scheme: Scheme) -> bytes:
    """The catalogue's _tensor: a TriadSet, the third matrix p x n, as that of the entries of C; fractions over Q."""
    n, m, p = scheme.size
    triads = []
    for r in range(scheme.rank):
        parts = []
        for place, matrix in enumerate(as_matrices(scheme)):
            below = f"/{scheme.denominator}" if place == 2 and scheme.denominator > 1 else ""
            parts.append(_maple_matrix([[f"{entry}{below}" for entry in row] for row in matrix[:, :, r].tolist()]))
        triads.append(f"Triad([{', '.join(parts)}])")
    terms = [f"LinearAlgebra:-Transpose(op([1,i,1,{mode}],Tensor))" for mode in (1, 2, 3)]
    traces = [f"LinearAlgebra:-Trace({terms[0]}.A)", f"LinearAlgebra:-Trace({terms[1]}.B)", terms[2]]
    heads = [_maple_entries("A", n, m), _maple_entries("B", m, p), _maple_entries("C", p, n)]
    test = f"map(expand,A.B-add({'*'.join(traces)},i=1..{scheme.rank}));"
    return "\n".join([*heads, f"Tensor:=TriadSet([{', '.join(triads)}]):", test, ""]).encode()


def maple_matrices(scheme: Scheme) -> bytes:
    """The catalogue's _LRP: L and R column by column, P row by row."""
    u, v, _ = as_matrices(scheme)  # [n, m, R], [m, p, R]
    sides = [stack.transpose(2, 1, 0).reshape(scheme.rank, -1).tolist() for stack in (u, v)]
    matrices = ", ".join(map(_maple_matrix, [*sides, plain_third(scheme).tolist()]))
    return f"Warning: the following LRP representation is no plinopt's\nLRP:=[{matrices}]:\n".encode()


def maple_nonzeros(scheme: Scheme) -> bytes:
    """The same as Maple writes matrices of few non-zeros."""
    u, v, _ = as_matrices(scheme)
    sides = [stack.transpose(2, 1, 0).reshape(scheme.rank, -1) for stack in (u, v)]
    texts = []
    for matrix in (*sides, plain_third(scheme)):
        entries = [f"({row + 1}, {column + 1}) = {matrix[row, column]}" for row, column in np.argwhere(matrix)]
        texts.append(f"Matrix({matrix.shape[0]}, {matrix.shape[1]}, {{{', '.join(entries)}}})")
    return f"LRP := [{', '.join(texts)}]:\n".encode()


def maple_equations(scheme: Scheme) -> bytes:
    """The catalogue's _raw: two lists of equations, each ended by 0=0."""
    n, m, p = scheme.size

    def entry(letter: str, row: int, width: int) -> str:
        return f"{letter}_{row // width + 1}_{row % width + 1}"

    lines = [_maple_entries("A", n, m), _maple_entries("B", m, p), _maple_entries("C", n, p), "MUL:=["]
    for r, (u, v) in enumerate(zip(scheme.factors.u.T, scheme.factors.v.T, strict=True), start=1):
        lines.append(f"m_{r}=({_sum('A', u, m, '*', entry)})*({_sum('B', v, p, '*', entry)}),".replace(" ", ""))
    lines += ["0=0]:", "ADD:=["]
    for row, column in enumerate(plain_third(scheme)):
        total = _sum("m_", column, 1, "*", lambda letter, r, _: f"{letter}{r + 1}")
        lines.append(f"{entry('C', row, p)}={total},".replace(" ", ""))
    return "\n".join([*lines, "0=0]:", "map(expand,subs(subs(MUL,ADD),C-A.B));", ""]).encode()


def braces(scheme: Scheme) -> bytes:
    """.m over several lines."""
    rows = []
    for r in range(scheme.rank):
        parts = [str(matrix[:, :, r].tolist()) for matrix in as_matrices(scheme)]
        rows.append("{" + ", ".join(parts) + "}")
    return ("{\n" + ",\n".join(rows) + "\n}").replace("[", "{").replace("]", "}").encode()


def catalogue(scheme: Scheme) -> bytes:
    """{"n", "m", "z2", "u", "v", "w"} with further facts; rows are products."""
    u, v, w = (factor.T.tolist() for factor in scheme.factors)
    if scheme.denominator > 1:
        w = [[f"{entry}/{scheme.denominator}" for entry in row] for row in w]
    facts = {"multiplications": ["m1 = .."], "elements": ["c11 = .."]}
    head = {"n": list(scheme.size), "m": scheme.rank, "z2": scheme.ring == "Z2"}
    return json.dumps(head | facts | {"u": u, "v": v, "w": w}, indent=4).encode()


def nonzeros(scheme: Scheme, is_mapped: bool = False) -> bytes:
    """The sparse form of another catalogue: of each product the rows and their coefficients, side by side or mapped."""
    given: dict[str, object] = {"n": list(scheme.size), "m": scheme.rank}
    for name, factor in zip("uvw", scheme.factors, strict=True):
        products = [{row: entry for row, entry in enumerate(column) if entry} for column in factor.T.tolist()]
        sides = {column: {"i": [*product], "c": [*product.values()]} for column, product in enumerate(products)}
        given[f"{name}_sparse"] = products if is_mapped else sides
    return json.dumps(given).encode()


def fewer_additions(scheme: Scheme) -> bytes:
    """The catalogue's sparse form; the first two entries of each side also stand in a fresh sum."""
    given = {"n": list(scheme.size), "m": scheme.rank, "z2": False, "complexity": {"naive": 24, "reduced": 15}}
    sides = {"u": scheme.factors.u.T, "v": scheme.factors.v.T, "w": plain_third(scheme)}
    for name, forms in sides.items():
        inputs = forms.shape[1]
        given[f"{name}_fresh"] = [[{"index": 0, "value": 1}, {"index": 1, "value": 1}]]
        sums = []
        for form in forms.tolist():
            shared = form[0] if form[0] == form[1] else 0
            terms = [{"index": inputs, "value": shared}] if shared else []
            rest = [0, 0, *form[2:]] if shared else form
            sums.append(terms + [{"index": index, "value": entry} for index, entry in enumerate(rest) if entry])
        given[name] = sums
    return json.dumps(given).encode()


def spaced(scheme: Scheme, matrix: str, row: str) -> bytes:
    """Three matrices without commas, by the text around one and between its rows."""
    rows = (row.join(" ".join(f"{entry:2}" for entry in line) for line in factor.tolist()) for factor in scheme.factors)
    return "\n".join(matrix.format(name, text) for name, text in zip("UVW", rows, strict=True)).encode()


def number_lines(*schemes: Scheme, is_fractional: bool = False) -> bytes:
    """«n m p R», then U, V, W product by product; several schemes begin with their count; pairs over Q."""
    lines = [str(len(schemes))] if len(schemes) > 1 else []
    for scheme in schemes:
        lines.append(" ".join(map(str, (*scheme.size, scheme.rank))))
        for factor, denominator in zip(scheme.factors, (1, 1, scheme.denominator), strict=True):
            entries = factor.T.ravel().tolist()
            lines.append(" ".join(f"{entry} {denominator}" if is_fractional else str(entry) for entry in entries))
    return "\n".join(lines).encode()


def blocks(scheme: Scheme) -> bytes:
    """Coefficients in three blocks parted by #; the third has a row per entry of C."""
    parts = (scheme.factors.u, scheme.factors.v, plain_third(scheme))
    text = "\n#\n".join("\n".join(" ".join(map(str, row)) for row in part.tolist()) for part in parts)
    return ("# Some algorithm with a base case\n" + text).encode()


def shared_blocks(scheme: Scheme) -> bytes:
    """Blocks where the first two entries of A, and the first two products, are also in a sum of their own."""
    u, v, w = scheme.factors.u.tolist(), scheme.factors.v.tolist(), plain_third(scheme).tolist()
    both = [first if first == second else 0 for first, second in zip(u[0], u[1], strict=True)]
    u[:2] = [[entry - taken for entry, taken in zip(row, both, strict=True)] for row in u[:2]]
    u.append(both)
    w = [[0, 0, *row[2:], row[0]] if row[0] == row[1] else [*row, 0] for row in w]
    sums = [[[1, 1] + [0] * (len(u) - 3)], [], [[1, 1] + [0] * (scheme.rank - 2)]]
    parts = ["\n".join(" ".join(map(str, row)) for row in part) for part in (u, v, w, *sums)]
    text = "\n#\n".join(parts[:3]) + "\n# Substitution information\n" + "\n#\n".join(parts[3:])
    return ("# Eliminated version of some algorithm\n" + text + "\n").encode()


def bini(scheme: Scheme) -> bytes:
    n, m, p = scheme.size
    lines = ["#", f"Bini {n} {m} {p} {scheme.rank}", "", "product Gamma  Alpha  Beta"]
    columns = zip(plain_third(scheme).T, scheme.factors.u.T, scheme.factors.v.T, strict=True)
    for r, parts in enumerate(columns, start=1):
        lines.append(f"  {r} ; " + " ; ".join(" ".join(map(str, part.tolist())) for part in parts))
    return "\n".join([*lines, "", "#"]).encode()
