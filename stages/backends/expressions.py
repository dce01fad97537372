"""What the texts of all emitters share: how a sum of blocks is written, and the line that says what a program is."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from stages.program.costs import additions, growth
from stages.program.program import Program
from stages.program.sums import Combination

WIDTH = 100  # of lines, where a text is wrapped
_MAIN = """\
if __name__ == "__main__":
    check()
    print("scheme {scheme}, size {size}, rank {products}: right")"""


def unpacked(names: Sequence[str], value: str) -> list[str]:
    """Lines that give the elements of a list names; none breaks before the equals sign, where no line may begin."""
    lines = textwrap.wrap(f"[{', '.join(names)}]", WIDTH, subsequent_indent=" ")
    return [*lines[:-1], f"{lines[-1]} = {value}"]


def expression(combination: Combination, registers: Sequence[str], cast: str = "") -> str:
    """Text of a combination, a positive term first where there is one: no sign costs an operation of its own.

    Args:
      registers: names of the inputs and the temporaries.
      cast: what stands before a coefficient, such as the type that it is to have.
    """
    (coefficient, register), *rest = positive_first(combination)
    text = ("-" if coefficient < 0 else "") + multiple(coefficient, registers[register], cast)
    return text + "".join((" - " if c < 0 else " + ") + multiple(c, registers[r], cast) for c, r in rest)


def positive_first(combination: Combination) -> Combination:
    """The terms with a positive coefficient, then the others, each in their order."""
    return tuple(sorted(combination, key=lambda term: term[0] < 0))


def multiple(coefficient: int, name: str, cast: str = "") -> str:
    """Text of |coefficient| * name."""
    return name if abs(coefficient) == 1 else f"{cast}{abs(coefficient)} * {name}"


def facts(program: Program) -> str:
    """One line for the head of a text."""
    return (
        f"size {program.size.name}, ring {program.ring}, {program.products} products instead of "
        f"{program.size.naive_rank}, {additions(program)} block additions, growth {growth(program):g}"
    )


def module_fields(program: Program, scheme: str) -> dict[str, str | int]:
    """What the templates of the Python modules share, by the names of their places.

    Args:
      program: over Z or Q.
      scheme: hash of the scheme, for the header.
    """
    n, m, p = program.size
    is_rational = program.denominator > 1
    named = {"scheme": scheme, "size": program.size.name, "products": program.products}
    return {
        **named,
        **{"facts": facts(program), "main": _MAIN.format(**named)},
        **{"n": n, "m": m, "p": p, "nm": n * m, "mp": m * p, "np": n * p},
        "types": "floating-point" if is_rational else "numeric",
        "kind": "inexact" if is_rational else "number",
        # Integers wrap at any number of levels; rationals need that no value passes 2^53.
        "exact": "float64" if is_rational else "int64",
    }
