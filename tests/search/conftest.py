"""No test of a search finds or leaves state in the checkout."""

import pytest

from stages.contract import resume


@pytest.fixture(autouse=True)
def _state_in_a_new_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(resume, "FOLDER", tmp_path / "resume")
