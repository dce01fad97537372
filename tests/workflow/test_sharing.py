"""A remote: what one pushes, a colleague's clone pulls, and nothing is computed again."""

import clones


def test_a_colleague_pulls_and_nothing_runs_again(copy, tmp_path):
    remote, colleague = tmp_path / "remote", tmp_path / "colleague"
    clones.run(copy, "dvc", "remote", "add", "--default", "lab", str(remote))
    clones.run(copy, "dvc", "push")
    clones.commit(copy)
    clones.run(tmp_path, "git", "clone", "--quiet", str(copy), str(colleague))
    clones.run(colleague, "dvc", "pull")
    weights = "results/search/parameters/z2.parquet"
    assert (colleague / weights).read_bytes() == (copy / weights).read_bytes()
    done = clones.run(colleague, "dvc", "repro")
    assert "Data and pipelines are up to date." in done
    assert "Running stage" not in done
