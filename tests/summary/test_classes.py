from dataclasses import replace

from stages.contract.origin import Origin
from stages.contract.rows.schemes import VerifiedRow
from stages.summary.classes import ClassRow, class_rows
from tests.examples import strassen
from tests.rows import verified_row

FACTS = {"equivalence_class": "a", "additions": 18, "growth": 14.828, "omega": 2.80735}


def row(**changes: object) -> VerifiedRow:
    return replace(verified_row(strassen(), **FACTS), **({"target": "2x2x10"} | changes))


def test_own_classes_are_counted_by_size_ring_and_rank():
    given = [
        row(),
        row(additions=16, growth=17.0),
        row(equivalence_class="b", additions=17, growth=15.0),
        row(equivalence_class="c", origin=Origin("imported", "x.json"), additions=1),
        row(equivalence_class="d", ring="Z2"),
        row(equivalence_class="e", target="2x2x3"),
    ]
    assert class_rows(given) == [
        ClassRow("2x2x3", "Z", 7, 1, 18, 14.828, 2.80735),
        ClassRow("2x2x10", "Z", 7, 2, 16, 14.828, 2.80735),
        ClassRow("2x2x10", "Z2", 7, 1, 18, None, 2.80735),
    ]
