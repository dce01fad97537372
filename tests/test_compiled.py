"""What Numba compiled is found again, and made anew where a function that it calls from another file has changed."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CALLER = """
from stages.compiled import compiled
from callee import one

@compiled
def two():
    return 2 * one()

if __name__ == "__main__":
    print(two(), sum(two.stats.cache_hits.values()))
"""
CALLEE = """
from stages.compiled import compiled

@compiled
def one():
    return {}
"""


def run(folder: Path, **variables: str) -> list[str]:
    command = [sys.executable, "caller.py"]
    environment = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"} | variables
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_changed_callee_is_compiled_anew(tmp_path: Path):
    (tmp_path / "caller.py").write_text(CALLER)
    for value, hits in ((1, "0"), (1, "1"), (2, "0")):
        (tmp_path / "callee.py").write_text(CALLEE.format(value))
        assert run(tmp_path) == [str(2 * value), hits]


def test_checkouts_share_a_folder_by_what_their_sources_say(tmp_path: Path):
    """Folders of one name, as a package has in every checkout."""
    first, second = tmp_path / "first/package", tmp_path / "second/package"
    first.mkdir(parents=True)
    (first / "caller.py").write_text(CALLER)
    (first / "callee.py").write_text(CALLEE.format(1))
    shutil.copytree(first, second)
    cache = str(tmp_path / "cache")
    assert [run(folder, NUMBA_CACHE_DIR=cache) for folder in (first, second)] == [["2", "0"], ["2", "1"]]
    (second / "callee.py").write_text(CALLEE.format(2))
    assert run(second, NUMBA_CACHE_DIR=cache) == ["4", "0"]
