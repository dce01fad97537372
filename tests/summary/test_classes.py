from stages.summary.classes import COLUMNS, class_rows

ROW = {"size": "2x2x10", "ring": "Z", "rank": 7, "origin": "refinement:plain", "class": "a"}
ROW |= {"additions": 18, "growth": 14.828, "omega": 2.80735}


def test_own_classes_are_counted_by_size_ring_and_rank():
    given = [
        ROW,
        ROW | {"additions": 16, "growth": 17.0},
        ROW | {"class": "b", "additions": 17, "growth": 15.0},
        ROW | {"class": "c", "origin": "imported:x.json", "additions": 1},
        ROW | {"class": "d", "ring": "Z2"},
        ROW | {"class": "e", "size": "2x2x3"},
    ]
    rows = [[row[column] for column in COLUMNS] for row in class_rows(given)]
    assert rows == [
        ["2x2x3", "Z", 7, 1, 18, 14.83, 2.8074],
        ["2x2x10", "Z", 7, 2, 16, 14.83, 2.8074],
        ["2x2x10", "Z2", 7, 1, 18, "", 2.8074],
    ]
