"""What the archive of a walk lifts, and that lifting ahead changes nothing of what it keeps."""

from concurrent.futures import ThreadPoolExecutor

from stages.algebra.factors import Factors, Scheme, modulo
from stages.algebra.invariants import invariant
from stages.algebra.symmetry import oriented
from stages.contract.origin import Origin
from stages.refinement import archive as archive_lib
from stages.refinement.archive import WalkArchive
from stages.refinement.lift import lift
from stages.refinement.packed import Z2
from tests.examples import modulo_two, strassen_in_another_basis


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


def test_of_one_invariant_schemes_are_lifted_until_one_has(monkeypatch):
    """In a killed walk that goes on, too."""
    scheme, turned = modulo_two(), modulo(strassen_in_another_basis(), "Z2")
    third = oriented(turned, (1, 0, 2))
    assert len({one.hash for one in (scheme, turned, third)}) == 3
    assert len({invariant(one) for one in (scheme, turned, third)}) == 1
    lifted = []

    def failing_once(scheme: Scheme) -> Scheme | None:
        lifted.append(scheme)
        return lift(scheme) if len(lifted) > 1 else None

    monkeypatch.setattr(archive_lib, "lift", failing_once)
    killed, resumed = (WalkArchive(Origin("refinement", "test"), 0, 4, [], Z2()) for _ in range(2))
    killed.offer(scheme, "", 0)
    killed.offer(turned, "", 0)
    assert lifted == [scheme, turned]
    assert [candidate.scheme.ring for candidate in killed.held.candidates()] == ["Z", "Z2"]
    resumed.restore(killed.to_arrays())
    for archive in (killed, resumed):
        archive.offer(third, "", 0)
    assert len(lifted) == 2
