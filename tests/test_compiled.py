"""What Numba compiled is found again, and made anew where it has changed, is damaged or has no place to lie."""

import importlib
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher

from stages.compiled import compiled, fma

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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of two functions, the second of which is called by the first: together they give 2."""
    (tmp_path / "caller.py").write_text(CALLER)
    (tmp_path / "callee.py").write_text(CALLEE.format(1))
    return tmp_path


def run(folder: Path, *before: str, **variables: str) -> list[str]:
    """What the caller prints: its value, and how often its machine code was found."""
    command = [*before, sys.executable, "caller.py"]
    environment = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"} | variables
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_a_changed_callee_is_compiled_anew(folder):
    """A file beside it that is not imported changes nothing."""
    for value, hits in ((1, "0"), (1, "1"), (2, "0")):
        (folder / "callee.py").write_text(CALLEE.format(value))
        (folder / "other.py").write_text(hits)
        assert run(folder) == [str(2 * value), hits]


PACKAGE = {  # each imports the one before in another form
    "__init__": "",
    "second": "from .other import add",
    "third": "from package import (  # (all of it)\n    second,\n)\nadd = second.add",
    "fourth": "if True:\n    import os, package.third\nadd = package.third.add",
}


def test_a_changed_callee_of_a_callee_in_another_package_is_compiled_anew(folder):
    package = folder / "package"
    package.mkdir()
    for name, text in PACKAGE.items():
        (package / f"{name}.py").write_text(f"{text}\n")
    (folder / "callee.py").write_text(
        CALLEE.format("add()").replace("import compiled\n", "import compiled\nfrom package.fourth import add\n")
    )
    for value, hits in ((1, "0"), (1, "1"), (2, "0")):
        (package / "other.py").write_text(CALLEE.format(value).replace("def one", "def add"))
        assert run(folder) == [str(2 * value), hits]


def test_what_is_damaged_is_compiled_anew(folder):
    """The index of one function and the code of the other, empty or cut off; what is made then is found again."""
    assert run(folder) == ["2", "0"]
    for kinds, size in ((("nbi", "nbc"), 0), (("nbc", "nbi"), 20)):
        for name, kind in zip(("one", "two"), kinds, strict=True):
            (path,) = folder.glob(f"__pycache__/*.{name}-*.{kind}")
            whole = path.read_bytes()
            assert len(whole) > 20
            path.write_bytes(whole[:size])
        assert run(folder) == ["2", "0"], (kinds, size)
    assert run(folder) == ["2", "1"]


def test_an_index_never_names_the_machine_code_of_other_sources(folder):
    """Killed between the two files, an edit that is taken back leaves what was there."""
    assert run(folder) == ["2", "0"]
    (index,) = folder.glob("__pycache__/*.one-*.nbi")
    (other,) = folder.glob("__pycache__/*.two-*.nbi")
    before = {path: path.read_bytes() for path in (index, other)}
    (code,) = folder.glob("__pycache__/*.two-*.nbc")
    kept = code.read_bytes()
    (folder / "callee.py").write_text(CALLEE.format(100))
    assert run(folder) == ["200", "0"]
    (changed,) = folder.glob("__pycache__/*.two-*.nbc")
    assert changed.name != code.name
    code.write_bytes(kept)  # it goes only when the new index stands
    for path, data in before.items():
        path.write_bytes(data)
    (folder / "callee.py").write_text(CALLEE.format(1))
    assert run(folder) == ["2", "1"]


def test_what_has_no_place_to_lie_is_compiled_in_each_process(folder):
    """Neither the folder nor a home is there: a file stands in the place of each."""
    (folder / "__pycache__").write_text("")
    nowhere = str(folder / "caller.py")
    assert run(folder, HOME=nowhere, XDG_CACHE_HOME=nowhere) == ["2", "0"]


def test_what_has_no_room_is_compiled_in_each_process(folder):
    limited = ("bash", "-c", 'ulimit -f 0; exec "$@"', "limited")
    for _ in range(2):
        assert run(folder, *limited) == ["2", "0"]


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


@compiled
def _sum(x, y, z):
    return fma(x, y, z)


def test_a_product_and_its_sum_are_rounded_once():
    near = np.float32(1 + 2**-12)
    assert _sum(near, near, np.float32(-1 - 2**-11)) == 2.0**-24  # 0 where the product is rounded first
    with pytest.raises(numba.TypingError, match="expected three floats of one type, got float32, float32, float64"):
        _sum(near, near, 1.0)


def test_no_compiler_may_change_the_order_of_a_sum():
    """Else its bits depend on what LLVM had inlined, and so on what was found in the cache."""
    found = {}
    for path in (ROOT / "stages").rglob("*.py"):
        if "@compiled" in path.read_text():
            module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            found |= {value.py_func: value for value in vars(module).values() if isinstance(value, Dispatcher)}
    assert len(found) > 100
    assert {value.targetoptions.get("fastmath") for value in found.values()} <= {None, False}
