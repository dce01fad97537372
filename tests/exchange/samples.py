"""A text of every format and layout that is read, each of a scheme that holds, by its name."""

from __future__ import annotations

import json
from pathlib import Path

from stages.algebra.factors import standard
from stages.algebra.targets import Size
from stages.exchange.formats import files
from tests import examples
from tests.exchange import layouts

FILES = Path(__file__).parent / "files"
REFUSED = {"555m93_lifted.exp", "bini223-10-52-approx", "complex.txt", "s2x2x2_07.brent.txt", "README.md"}
WITH_FACTS = {"strassen-2x2x2_m7_a18.json", "rank7_smt.json"}  # which say more than the scheme
BESIDE = REFUSED | WITH_FACTS

_STRASSEN, _HALVES, _LONG = examples.strassen(), examples.halves(), standard(Size(1, 2, 3).target)
_U, _V, _W = (factor.tolist() for factor in _LONG.factors)
_ROWS = [factor.T.tolist() for factor in _LONG.factors]
_SHARED = {  # without facts beside the scheme
    name: value
    for name, value in json.loads(layouts.fewer_additions(_STRASSEN)).items()
    if name not in ("z2", "complexity")
}

TEXTS: dict[str, bytes] = {
    "exp": layouts.products(_STRASSEN),
    "exp, lifted": layouts.products(_STRASSEN, "spaces"),
    "tensor text": layouts.tensor_text(_LONG),
    "script": layouts.script(_STRASSEN),
    "counted text": layouts.counted_text(_STRASSEN),
    "txt": files.WRITERS["txt"](_HALVES),
    "latex": files.WRITERS["latex"](_HALVES),
    "m": layouts.braces(_STRASSEN),
    "m, fractions": files.WRITERS["m"](_HALVES),
    "json": json.dumps({"n": list(_LONG.size), "m": _LONG.rank} | dict(zip("uvw", _ROWS, strict=True))).encode(),
    "json, non-zeros": layouts.nonzeros(_STRASSEN),
    "json, non-zeros in maps": layouts.nonzeros(_LONG, is_mapped=True),
    "json, list of products": json.dumps(
        [dict(zip("uvw", product, strict=True)) for product in zip(*_ROWS, strict=True)]
    ).encode(),
    "json, fewer additions": json.dumps(_SHARED).encode(),
    "certificate": files.WRITERS["certificate"](_LONG),
    "python, factors": repr([_U, _V, _W]).encode(),
    "python, dictionary": repr({"u": _U, "v": _V, "w": _W}).encode(),
    "python, sizes": repr({tuple(_LONG.size): (_U, _V, _W)}).encode(),
    "python, products": repr([list(product) for product in zip(*_ROWS, strict=True)]).encode(),
    "python, arrays": f"import numpy as np\nU = np.array({_U})\nV = np.array({_V})\nW = np.array({_W})\n".encode(),
    "python, typed arrays": (
        f"u = np.array({_U}, dtype=np.int64)\nv = np.array({_V}, dtype=int)\nw = np.array({_W}, dtype=object)"
    ).encode(),
    "python, fractions": f"from fractions import Fraction\nu = {_U}\nv = {_V}\nw = {_W}\n".replace(
        "[1,", "[Fraction(1, 1),"
    ).encode(),
    "python, tuple of arrays": (
        f"import numpy as np\n\nn = 1\nm = 2\np = 3\nrank = 6\n\n"
        f"decomposition_123 = (np.array({_U}, dtype=np.float32), np.array({_V}), np.array({_W}))\n"
    ).encode(),
    "matlab": layouts.spaced(_STRASSEN, "{} = [{}];", ";\n     "),
    "julia": layouts.spaced(_LONG, "{} = [{}]", "\n"),
    "numpy, printed": layouts.spaced(_STRASSEN, "{} =\n[[{}]]\n", "]\n ["),
    "lines": layouts.number_lines(_LONG),
    "lines, pairs": b"1 1 1 1\n2 3\n5 1\n3 10",
    "lines under a comment": b"#\n# a scheme\n#\n" + layouts.number_lines(_LONG),
    "csv": layouts.number_lines(_LONG).replace(b" ", b","),
    "blocks": layouts.blocks(_LONG),
    "blocks, empty lines": "\n\n".join("\n".join(";".join(map(str, row)) for row in part) for part in _ROWS).encode(),
    "blocks, shared sums": layouts.shared_blocks(_STRASSEN),
    "bini": layouts.bini(_LONG),
    "maple, triads": layouts.maple(_LONG),
    "maple, matrices": layouts.maple_matrices(_LONG),
    "maple, non-zeros": layouts.maple_nonzeros(_STRASSEN),
    "maple, equations": layouts.maple_equations(_LONG),
} | {path.name: path.read_bytes() for path in sorted(FILES.iterdir()) if path.is_file() and path.name not in BESIDE}
