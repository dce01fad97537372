"""python check_certificate.py FILE...: proves certificates of bilinear maps. Needs Python 3.8 or later, nothing else.

All numbers are integers of any size. Exit code 0 when every certificate is right, else 1.
"""

import hashlib
import json
import pathlib
import sys

TEXTS = {
    "format": "matrix product certificate 1",
    "target": "size n x m x p; T[a*m + b][b*p + c][c*n + a] = 1, else 0",
    "claim": "sum over r of u[i][r] * v[j][r] * w[k][r] = denominator * T[i][j][k] over the ring, for all i, j, k",
}
OTHER_TEXTS = {  # of what is no matrix product
    "format": "bilinear map certificate 1",
    "target": "modes are its lengths; T[i][j][k] = value for each [i, j, k, value] of entries, else 0",
    "claim": TEXTS["claim"],
}
KEYS = ["ring", "denominator", "rank", "equations", "u", "v", "w", "sha256"]


def demand(is_so: bool, what: str) -> None:
    if not is_so:
        raise ValueError(what)


def product(size: str) -> "tuple[tuple[int, ...], dict[tuple[int, int, int], int]]":
    n, m, p = map(int, size.split("x"))
    demand(size == f"{n}x{m}x{p}" and min(n, m, p) > 0, "size")
    places = [(a * m + b, b * p + c, c * n + a) for a in range(n) for b in range(m) for c in range(p)]
    return (n * m, m * p, p * n), {place: 1 for place in places}


def other(modes: "list[int]", entries: "list[list[int]]") -> "tuple[tuple[int, ...], dict[tuple[int, int, int], int]]":
    target = {(i, j, k): value for i, j, k, value in entries}
    demand(all(type(number) is int for row in (modes, *entries) for number in row), "numbers of modes or entries")
    demand(len(modes) == 3 and len(target) == len(entries) > 0 and all(target.values()), "modes or entries")
    demand(all(0 <= x < length for place in target for x, length in zip(place, modes)), "places")  # noqa: B905
    return tuple(modes), target


def prove(text: str) -> str:
    pairs = json.loads(text, object_pairs_hook=list)  # keys in their order: two of one name are seen
    demand(isinstance(pairs, list) and len(pairs) > 0, "keys")
    is_product = pairs[0] == ("format", TEXTS["format"])
    texts, names = (TEXTS, ["size"]) if is_product else (OTHER_TEXTS, ["size", "modes", "entries"])
    demand([pair[0] for pair in pairs] == [*texts, *names, *KEYS], "keys")
    given = dict(pairs)
    demand(given.pop("sha256") == hashlib.sha256(json.dumps(given).encode()).hexdigest(), "sha256")
    demand(all(given[key] == words for key, words in texts.items()), "format, target or claim")
    demand(type(given["size"]) is str and (is_product or given["size"].isidentifier()), "size")
    modes, target = product(given["size"]) if is_product else other(given["modes"], given["entries"])
    demand(given["equations"] == modes[0] * modes[1] * modes[2], "number of equations")
    ring, rank, d = given["ring"], given["rank"], given["denominator"]
    demand(type(rank) is int and type(d) is int, "rank or denominator")
    demand((ring in ("Z2", "Z3", "Z") and d == 1) or (ring == "Q" and d > 0), "ring or denominator")
    terms = {}  # factor -> for each product its non-zero (row, coefficient)
    for name, length in zip("uvw", modes):  # noqa: B905
        rows = given[name]
        demand(len(rows) == length and all(len(row) == rank for row in rows), f"shape of {name}")
        demand(all(type(entry) is int for row in rows for entry in row), f"numbers of {name}")
        terms[name] = [[(i, row[r]) for i, row in enumerate(rows) if row[r]] for r in range(rank)]
    # What the terms sum to, less what they should: every equation not named here reads 0 = 0.
    rest = {place: -d * value for place, value in target.items()}
    for u, v, w in zip(terms["u"], terms["v"], terms["w"]):  # noqa: B905
        for place, value in (((i, j, k), x * y * z) for i, x in u for j, y in v for k, z in w):
            rest[place] = rest.get(place, 0) + value
    wrong = [place for place, value in rest.items() if (value % int(ring[1]) if ring in ("Z2", "Z3") else value)]
    demand(not wrong, f"equation {min(wrong, default=None)}")
    return f"{given['size']}, {rank} products over {ring}: all {given['equations']} equations hold"


if __name__ == "__main__":
    code = 0 if sys.argv[1:] else "no file given"
    for name in sys.argv[1:]:
        try:
            print(f"{name}: right: {prove(pathlib.Path(name).read_text('utf-8'))}")
        except Exception as error:  # whatever is wrong with a file, it proves nothing
            print(f"{name}: WRONG: {error!r}")
            code = 1
    sys.exit(code)
