import hashlib
import json

import pytest

from stages.summary.freshness import stale

RECORDED = {"agents.z2.seed": 0, "agents.z2.targets": ["2x2x2"]}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "code.json").write_text("{}")
    digest = hashlib.md5(b"{}", usedforsecurity=False).hexdigest()
    deps = [{"path": "code.json", "md5": digest}, {"path": "folder", "md5": "0.dir"}]
    record = {"deps": deps, "params": {"params.yaml": RECORDED}}
    gone = {"params": {"params.yaml": {"agents.gone.seed": 1}}}
    stages = {"search@z2": record, "search@gone": gone, "summary": gone, "kernels": {"deps": deps}}
    (tmp_path / "dvc.lock").write_text(json.dumps({"schema": "2.0", "stages": stages}))
    write_params(tmp_path)
    return tmp_path


def write_params(folder, **changes):
    z2 = {"seed": 0, "targets": ["2x2x2"]} | changes
    (folder / "params.yaml").write_text(json.dumps({"agents": {"z2": z2}, "walks": {}}))


def lines(folder) -> list[str]:
    return stale(folder / "dvc.lock", folder / "params.yaml")


def test_a_run_is_up_to_date(folder):
    assert lines(folder) == []


def test_changed_parameters_are_named(folder):
    write_params(folder, seed=1, targets=["2x2x3"])
    assert lines(folder) == ["search@z2: agents.z2.seed has changed", "search@z2: agents.z2.targets has changed"]


def test_changed_files_are_named(folder):
    (folder / "code.json").write_text("{ }")
    assert lines(folder) == ["search@z2: code.json has changed", "kernels: code.json has changed"]
