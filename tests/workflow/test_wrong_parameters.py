"""Parameters come from params.yaml, are checked whole, and what is wrong with them is one line; nothing runs then."""

import clones
import pytest


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return clones.clone_working_tree(tmp_path_factory.mktemp("clone"))


def test_parameters_come_from_their_file_only(clone):
    process = clones.start(clone, "snakemake", "--config", "benchmarking=3")
    printed, _ = process.communicate()
    assert process.returncode == 1
    assert "parameters live in params.yaml" in printed


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("agents.z2.network.width", 7, "Input should be greater than or equal to 8, got 7"),
        ("benchmarking.sparsity", 3, "expected no such key"),
    ],
)
def test_a_wrong_parameter_is_one_line_and_nothing_runs(clone, key, value, message):
    clones.run(clone, "git", "checkout", "--quiet", ".")
    clones.set_param(clone, key, value)
    line = f"error: params.yaml: {key}: {message}"
    for engine, code in {"snakemake": 1, "dvc repro": 255}.items():
        process = clones.start(clone, *engine.split())
        printed, _ = process.communicate()
        assert process.returncode == code
        lines = printed.splitlines()
        assert lines.count(line) == 1
        if engine == "snakemake":
            assert [other for other in lines if "profile" not in other] == [line]
        for written in ("dvc.lock", "data/demonstrations", "results"):
            assert not (clone / written).exists()
        assert not [*(clone / "logs").rglob("*.log")]  # of progress there may be a line
