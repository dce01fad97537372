"""Code is a dependency by what it means: of an edit that no stage can see, `code` alone takes note, in both engines."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import clones
import pytest
from graphs import dvc_graph, dvc_stale, followers, snakemake_planned


def replace(pattern: str, text: str) -> Callable[[str], str]:
    def edit(source: str) -> str:
        edited, count = re.subn(pattern, text, source)
        assert count
        return edited

    return edit


# By what is edited: the file, and how. Nothing that these say or look like is part of a result.
WITHOUT_MEANING = {
    "docstring": ("stages/search/__main__.py", replace(r'\A"""', '"""In other words: ')),
    "layout": ("stages/algebra/check.py", replace(r"\n\n\ndef ", "\n\n# Next.\n\n\n\ndef ")),
    "C comment": ("stages/backends/c/gemm.c", replace(r"\A", "/* A new comment. */\n")),
    "description": ("stages/params/agents.py", replace(r'description="', 'description="rather ')),
    "lock of tests": ("requirements-dev.lock", replace(r"(?m)^(pytest==)\S+", r"\g<1>0.1")),
    "pins' hashes": ("requirements.lock", replace(r"sha256:0", "sha256:1")),
    "file format": ("stages/exchange/formats/files.py", replace(r"\Z", "\nLIMIT = 3\n")),
}


def users(clone: Path, source: str) -> set[str]:
    """The stages whose fingerprint lists a source."""
    fingerprints = [
        path for path in (clone / "results/code").iterdir() if source in json.loads(path.read_text())["sources"]
    ]
    programs = {path.stem for path in fingerprints}
    return {stage for stage in clones.lock(clone) if stage.split("@")[0] in programs}


@pytest.mark.parametrize("name", WITHOUT_MEANING)
def test_what_says_the_same_makes_nothing_stale(name, edited):
    path, edit = WITHOUT_MEANING[name]
    (edited / path).write_text(edit((edited / path).read_text()))
    assert snakemake_planned() == dvc_stale() == set()


def test_all_that_says_the_same_makes_code_run_alone(copy):
    """In one copy of a run by DVC, and then, with one more comment, by Snakemake."""
    for path, edit in WITHOUT_MEANING.values():
        (copy / path).write_text(edit((copy / path).read_text()))
    assert re.findall("Running stage '(.*)'", clones.run(copy, "dvc", "repro")) == ["code"]
    with (copy / "stages/errors.py").open("a") as file:
        file.write("# A new comment.\n")
    assert re.findall("Running stage '(.*)'", clones.run(copy, "snakemake")) == ["code"]


@pytest.mark.parametrize(
    ("path", "some", "others"),
    [
        ("stages/algebra/check.py", {"search", "refinement", "verification"}, {"demonstrations", "summary"}),
        ("stages/backends/c/gemm.c", {"kernels", "benchmarking"}, {"verification", "summary"}),
    ],
)
def test_a_changed_line_makes_exactly_its_users_stale(path, some, others, edited):
    changed = users(edited, path)
    kinds = {stage.split("@")[0] for stage in changed}
    assert some <= kinds
    assert not others & kinds
    with (edited / path).open("a") as file:
        file.write("int new;\n" if path.endswith(".c") else "new = 1\n")
    assert snakemake_planned() == followers(changed, dvc_graph())
    assert dvc_stale() == changed


def test_another_version_of_a_library_makes_all_stale(edited):
    lock = edited / "requirements.lock"
    lock.write_text(replace(r"(?m)^(numpy==)\S+", r"\g<1>0.1")(lock.read_text()))
    every = set(clones.lock(edited)) - {"code"}
    assert snakemake_planned() == every
    assert dvc_stale() == every
