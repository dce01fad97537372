"""Code is a dependency by what it means: of an edit that no stage can see, `code` alone takes note, in both engines."""

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


C_SOURCE = str(min((clones.ROOT / "stages/backends/c").rglob("*.c")).relative_to(clones.ROOT))

# Edits of which no stage can see anything.
WITHOUT_MEANING = {
    "stages/search/__main__.py": replace(r'\A"""', '"""In other words: '),
    "stages/algebra/check.py": replace(r"\n\n\ndef ", "\n\n# Next.\n\n\n\ndef "),
    "stages/params/agents.py": replace(r'description="', 'description="rather '),
    "stages/exchange/formats/files.py": replace(r"\Z", "\nLIMIT = 3\n"),
    C_SOURCE: replace(r"\A", "/* A new comment. */\n"),
    "requirements.lock": replace(r"sha256:0", "sha256:1"),
    "requirements-dev.lock": replace(r"(?m)^(pytest==)\S+", r"\g<1>0.1"),
}


def users(clone: Path, source: str) -> set[str]:
    """The stages whose fingerprint lists a source."""
    return {stage for stage in clones.lock(clone) if stage != "code" and source in clones.sources(clone, stage)}


def test_what_says_the_same_makes_code_run_alone(copy):
    """By DVC all at once, and then, after one more comment, by Snakemake."""
    for path, edit in WITHOUT_MEANING.items():
        (copy / path).write_text(edit((copy / path).read_text()))
    assert re.findall("Running stage '(.*)'", clones.run(copy, "dvc", "repro")) == ["code"]
    with (copy / "stages/errors.py").open("a") as file:
        file.write("# A new comment.\n")
    assert re.findall("Running stage '(.*)'", clones.run(copy, "snakemake")) == ["code"]


@pytest.mark.parametrize(
    ("path", "some", "others"),
    [
        ("stages/algebra/check.py", {"search", "refinement", "verification", "summary"}, {"demonstrations"}),
        ("stages/params/walks.py", {"refinement", "summary"}, {"demonstrations", "search", "verification"}),
        (C_SOURCE, {"kernels", "benchmarking"}, {"verification", "summary"}),
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
