"""What a stage reaches, and what changes the meaning of a source: found by reading, without an import."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from stages.code import fingerprint, meaning
from stages.errors import CodeError

ROOT = Path(__file__).parents[2]
SOURCES = {
    "__init__.py": "",
    "errors.py": "class Error(Exception): pass\n",
    "algebra/__init__.py": "",
    "algebra/check.py": "from stages import errors\nLIMIT = 3\n",
    "algebra/basis.py": "import stages.algebra.check\n",
    "backends/__init__.py": "DEFAULT = 'c'\n",
    "backends/c/__init__.py": "import library.binding\n",
    "backends/c/emitter.py": "",
    "backends/c/gemm.c": "int a = 1; /* one */\n",
    "backends/c/templates/pack.h.in": "int b;\n",
    "backends/c/machines.json": '{"url": "https://one"}',
    "search/__init__.py": "",
    "search/__main__.py": "import json\n\ndef late():\n    from stages.algebra.basis import lazy\n",
    "kernels/__init__.py": "",
    "kernels/__main__.py": "from stages.backends.c.emitter import emit, other as another\n",
}
LIBRARY = {
    "__init__.py": "from library.binding import Kernel\n",
    "binding.py": "Kernel = 1\n",
    "alone.py": "",
    "kernels/kernels.c": "int a;\n",
}
SEARCHED = {"errors.py", "algebra/__init__.py", "algebra/check.py", "algebra/basis.py"}
EMITTED = {name for name in SOURCES if name.startswith("backends/")}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in SOURCES.items():
        path = tmp_path / "stages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, text in LIBRARY.items():
        path = tmp_path / "library" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "library/kernels/kernels.so").write_bytes(b"\xff")
    (tmp_path / "lock").write_text("numpy==1 ; linux \\\n    --hash=sha256:00\n# made by hand\n")
    return tmp_path


def write(tree: Path) -> dict[str, dict]:
    fingerprint.write(tree / "stages", tree / "library", tree / "lock", tree / "code")
    return {path.stem: json.loads(path.read_text()) for path in (tree / "code").iterdir()}


def changed(tree: Path, name: str, text: str) -> set[str]:
    """The programs whose fingerprint is another with that text in place of a source."""
    before = write(tree)
    (tree / "stages" / name).write_text(text)
    after = write(tree)
    return {program for program in before | after if before.get(program) != after.get(program)}


def test_reaches_packages_lazy_imports_and_files_that_are_no_python(tree):
    found = {program: set(written["sources"]) for program, written in write(tree).items()}
    assert found == {
        "search": {f"stages/{name}" for name in {"__init__.py", *SEARCHED} | own("search")},
        "kernels": {f"stages/{name}" for name in {"__init__.py", *EMITTED} | own("kernels")}
        | {f"library/{name}" for name in LIBRARY if name != "alone.py"},
    }


def own(stage: str) -> set[str]:
    return {f"{stage}/__init__.py", f"{stage}/__main__.py"}


@pytest.mark.parametrize(
    ("name", "text", "programs"),
    [
        ("algebra/check.py", "from stages import errors\nLIMIT = 4\n", {"search"}),
        ("algebra/check.py", '"""A limit."""\nfrom stages import (  # all\n    errors,\n)\n\nLIMIT = 3\n', set()),
        ("algebra/check.py", "from stages import errors\nLIMIT = 3\n'''Of a limit.'''\n", set()),
        ("algebra/check.py", "LIMIT = 3\n", {"search"}),
        ("errors.py", "class Error(ValueError): pass\n", {"search"}),
        ("__init__.py", "import sys\n", {"search", "kernels"}),
        ("backends/c/gemm.c", "/* two */ int   a = 1;\n\n// more\n", set()),
        ("backends/c/gemm.c", "int a = 2; /* one */\n", {"kernels"}),
        ("backends/c/templates/pack.h.in", "int c;\n", {"kernels"}),
        ("backends/c/templates/new.h.in", "\n", {"kernels"}),
        ("backends/c/machines.json", '{"url": "https://two"}', {"kernels"}),
        ("../library/binding.py", "Kernel = 2\n", {"kernels"}),
        ("../library/kernels/kernels.c", "int b;\n", {"kernels"}),
        ("../library/alone.py", "x = 1\n", set()),
        ("algebra/unused.py", "LIMIT = 3\n", set()),
        ("new/__main__.py", "import stages.errors\n", {"new"}),
    ],
)
def test_a_change_shows_in_the_programs_that_reach_it(tree, name, text, programs):
    (tree / "stages/new").mkdir()
    assert changed(tree, name, text) == programs


def test_the_lock_counts_by_its_versions(tree):
    first = write(tree)
    (tree / "lock").write_text("# made anew\nnumpy==1 ; linux \\\n    --hash=sha256:11\n")
    assert write(tree) == first
    (tree / "lock").write_text("numpy==2 ; linux \\\n    --hash=sha256:11\n")
    second = write(tree)
    assert {program for program in first if first[program] != second[program]} == {"search", "kernels"}


def test_a_fingerprint_that_is_right_stays_untouched_and_one_of_nothing_goes(tree):
    write(tree)
    files = {path: path.stat() for path in (tree / "code").iterdir()}
    (tree / "code/old.json").write_text("{}")
    (tree / "stages/backends/c/emitter.py").write_text("emit = 1\n")
    assert set(write(tree)) == {"search", "kernels"}
    same = {path.stem for path in (tree / "code").iterdir() if path.stat() == files[path]}
    assert same == {"search"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x =\n", "check.py:1: expected Python, got invalid syntax"),
        ("\nfrom . import basis\n", "check.py:2: expected an import by the full name, got a relative one"),
        ("x = '\udcff'\n", "check.py: expected text in UTF-8"),
    ],
)
def test_what_cannot_be_read_is_one_line(tree, text, message):
    (tree / "stages/algebra/check.py").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(CodeError, match=re.escape(message)):
        write(tree)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("def f():\n    '''a'''\n    return 1", "def f(): return 1  # b", True),
        ("class A:\n    x: int = Field(ge=1, description='a')", "class A:\n    x: int = Field(ge=1)", True),
        ("x = Field(ge=1, description='a')", "x = Field(ge=2, description='a')", False),
        ("x = Parser(description='a')", "x = Parser(description='b')", False),
        ("x = 'a'", "x = 'b'", False),
        ("x: 'a' = 1", "x: 'b' = 1", False),
        ("x = lambda: 'a'", "x = lambda: 'b'", False),
    ],
)
def test_meaning_of_python(one, other, is_same):
    assert (meaning.of_python(ast.parse(one)) == meaning.of_python(ast.parse(other))) == is_same


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("a /* don't */ b", 'a\tb // "', True),
        ("a\n\n  b", "a\nb\n", True),
        ("#define A\nb", "#define A b", False),
        ('x = "/* a */";', 'x = "/* b */";', False),
        ("x = '\\''; /* a */", "x = '\\''; /* b */", True),
        ("/*@SUMS@*/", "/*@TABLES@*/", False),
        ("ab", "a/**/b", False),
        ('x = "a  b";', 'x = "a b";', False),
    ],
)
def test_meaning_of_c(one, other, is_same):
    assert (meaning.of_c(one) == meaning.of_c(other)) == is_same


def test_all_that_a_stage_loads_is_in_its_fingerprint(tmp_path):
    """What Python imports at the start of each stage, against what was read off its sources."""
    fingerprint.write(ROOT / "stages", ROOT / "fastmm", ROOT / "requirements.lock", tmp_path)
    for stage in ("search", "refinement", "kernels", "summary"):
        listed = set(json.loads((tmp_path / f"{stage}.json").read_text())["sources"])
        ours = "print(*(name for name in sys.modules if name.startswith(('stages', 'fastmm'))))"
        script = f"import sys, stages.{stage}.__main__; {ours}"
        names = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
        loaded = {name.replace(".", "/") for name in names.stdout.split()}
        assert len(loaded) > 10
        assert loaded <= {name.removesuffix(".py").removesuffix("/__init__") for name in listed}


@pytest.mark.parametrize("stage", ["refinement", "verification"])
def test_the_exact_stages_load_no_jax(stage):
    """The import contract sees our imports; this sees those of the libraries too."""
    code = f"import sys, stages.{stage}.__main__; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
