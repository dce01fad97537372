"""What tests of schemes in play and of windows in spans share: whether a scheme is exact."""

from stages.algebra.check import check
from stages.algebra.targets import parse_target
from stages.game.support import unpack_factors
from stages.search.games import orbits
from stages.search.span_schemes import cost
from stages.search.starts import scheme_of_terms
from tests.agents import span_agent


def exact(terms, rank, name, is_cyclic=False):
    """Whether terms as words, or moves in full, sum to a target; beyond the rank there are none."""
    given = unpack_factors(terms[:rank], max(parse_target(name).modes))
    given = orbits(given) if is_cyclic else given
    assert not terms[rank:].any()
    assert len(given) == cost(terms, rank, is_cyclic)
    return check(scheme_of_terms(given, parse_target(name), span_agent("2x2x2"))) is None
