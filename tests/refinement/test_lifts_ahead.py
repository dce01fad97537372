"""What the archive of a walk begins to lift ahead changes nothing of what it keeps."""

from concurrent.futures import ThreadPoolExecutor

from stages.algebra.factors import Factors, Scheme
from stages.contract.origin import Origin
from stages.refinement.archive import WalkArchive
from stages.refinement.packed import Z2
from tests.examples import modulo_two


def kept(is_ahead: bool, *schemes: Scheme) -> list[tuple]:
    archive = WalkArchive(Origin("refinement", "test"), 0, 4, [], Z2())
    with ThreadPoolExecutor(2) as pool:
        if is_ahead:
            archive.lift_ahead(schemes, pool)
        for scheme in schemes:
            archive.offer(scheme, "", 0)
    held = [candidate.scheme for candidate in archive.held.candidates()]
    return [(scheme.ring, *(matrix.tolist() for matrix in scheme.factors)) for scheme in held]


def test_a_lift_is_of_the_scheme_itself_and_not_of_one_with_its_hash():
    """Its terms stand in the order of the scheme's."""
    scheme = modulo_two()
    turned = Scheme(scheme.target, "Z2", Factors(*(matrix[:, ::-1] for matrix in scheme.factors)))
    assert scheme.hash == turned.hash
    alone = kept(False, scheme, turned)
    assert [ring for ring, *_ in alone] == ["Z", "Z2"]
    assert kept(True, scheme, turned) == alone != kept(True, turned, scheme)
