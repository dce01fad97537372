"""benchmarks/clusters.py picks one scheme of each cluster of behaviours, and counts equal ones once."""

from types import SimpleNamespace

SCRIPT = "clusters"


def _sampled(judge, name, behaviour, its_class="c"):
    return judge.Sampled(SimpleNamespace(hash=name), None, its_class, behaviour)


def test_equal_behaviours_of_a_class_count_once_and_fewest_additions_come_first(judge):
    given = [("a", (9.0, 1.0), "c"), ("b", (9.0, 1.0), "c"), ("d", (9.0, 1.0), "e"), ("f", (7.0, 5.0), "c")]
    found = judge.distinct([_sampled(judge, *one) for one in given])
    assert [one.behaviour for one in found] == [(7.0, 5.0), (9.0, 1.0), (9.0, 1.0)]
    assert {one.equivalence_class for one in found[1:]} == {"c", "e"}


def test_one_of_each_cluster_is_picked_and_of_it_the_one_of_fewest_additions(judge):
    groups = [(0.0, 0.0), (50.0, 0.0), (0.0, 50.0)]
    every = [
        _sampled(judge, f"{group}{step}", (x + step, y + step))
        for group, (x, y) in enumerate(groups)
        for step in range(4)
    ]
    schemes = judge.distinct(every)
    assert {one.scheme.hash for one in judge.clustered(schemes, 3)} == {"00", "10", "20"}
    assert [one.scheme.hash for one in judge.clustered(schemes, 1)] == ["00"]
    assert len(judge.clustered(schemes, 100)) == len(schemes)
    alike = [_sampled(judge, str(number), (1.0, 1.0)) for number in range(3)]
    assert len(judge.clustered(alike, 3)) == 1
