"""One product a line, `(a11+a22)*(b11-2*b22)*(c12)`: .exp and «tensor» text files of the flip-graph tools.

The third sum says where the product goes: c_ki as a rule, C transposed, c_ik in some files.
"""

from __future__ import annotations

from collections.abc import Iterator

from stages.algebra.factors import Scheme
from stages.errors import SchemeError
from stages.exchange.formats import expressions
from stages.exchange.formats.candidate import Candidate, candidate_of, check_extent, checked_size, matrix_of_terms
from stages.exchange.formats.grammar import LINE_COMMENT, Form, Tokens, expression


def read(text: str) -> Iterator[Candidate]:
    tokens = Tokens(text.lower(), LINE_COMMENT, is_by_line=True)
    products = [_sides(tokens, place) for place in tokens.statements()]
    places = expressions.indices(tokens, (name for sides in products for form in sides.values() for name in form))
    size = expressions.size_of_entries(places)
    if size is None:
        lengths = [1 + max(place.row for name, place in places.items() if name[0] == letter) for letter in "abc"]
        check_extent(lengths, len(products))
        columns = {"a": 0, "b": 0, "c": 0}
    else:
        n, m, p = checked_size(*size)
        check_extent(size.modes, len(products))
        lengths = list(size.modes)
        rows_c = 1 + max(place.row for name, place in places.items() if name[0] == "c")
        columns_c = 1 + max(place.column or 0 for name, place in places.items() if name[0] == "c")
        # Where only one of C and C transposed has room for the entries, it is that one.
        columns = {"a": m, "b": p, "c": n if rows_c <= p and columns_c <= n else p}
        if rows_c * columns["c"] > lengths[2]:
            raise SchemeError(f"{size.name}: entries of c up to row {rows_c} and column {columns_c}")
    factors = []
    for letter, length in zip("abc", lengths, strict=True):
        terms = [
            {expressions.row_of(name, places[name], columns[letter]): entry for name, entry in sides[letter].items()}
            for sides in products
        ]
        factors.append(matrix_of_terms(terms, length))
    yield candidate_of(factors, size)


def _sides(tokens: Tokens, begin: int) -> dict[str, Form]:
    """The sums over a, b and c of one product; its number goes to a."""
    scale, forms = expression(tokens)
    sides: dict[str, Form] = {}
    for form in forms:
        for name in form:
            if not expressions.is_entry(name):
                raise tokens.unknown(name, begin)
        letters = {name[0] for name in form}
        if len(letters) != 1:
            raise tokens.refusal("expected sums over one of a, b and c", begin)
        sides[letters.pop()] = form
    if len(sides) < 3:
        raise tokens.refusal(f"expected a sum over a, one over b and one over c, got {len(forms)} sums", begin)
    return sides | {"a": {name: scale * entry for name, entry in sides["a"].items()}}


def write(scheme: Scheme) -> bytes:
    n, m, p = scheme.target.lengths or (0, 0, 0)
    lines = []
    for u, v, w in zip(*(factor.T.tolist() for factor in scheme.factors), strict=True):
        sums = []
        for letter, column, width, denominator in (("a", u, m, 1), ("b", v, p, 1), ("c", w, n, scheme.denominator)):
            terms = [
                (expressions.over(entry, denominator), expressions.entry_name(letter, row, width))
                for row, entry in enumerate(column)
                if entry
            ]
            sums.append(f"({expressions.sum_text(terms)})")
        if "(0)" not in sums:  # a term that adds nothing
            lines.append("*".join(sums))
    return ("\n".join(lines) + "\n").encode()
