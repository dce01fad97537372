"""The rules of workflow/ and the stages of dvc.yaml say the same, for the parameters of the default run."""

from clones import ROOT
from graphs import dvc_graph, snakemake_graph


def test_both_engines_see_one_graph(monkeypatch):
    monkeypatch.chdir(ROOT)
    declared, scheduled = dvc_graph(), snakemake_graph()
    assert declared.keys() == scheduled.keys()
    for name, stage in declared.items():
        assert scheduled[name]._asdict() == stage._asdict(), name
