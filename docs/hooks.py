"""What `mkdocs build` does with the pages: they keep the places they have here, and the reference is put in.

A page holds a line `<!-- reference: NAME -->` where a function of `reference` puts what it reads from the code.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

import reference  # noqa: E402

PAGES = ("*.md", "*.svg", "LICENSE", "CITATION.cff", "Dockerfile", ":!tests")  # and what they link to


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The site's files: those of the theme, and each file of git that is a page, or that pages link to, at its path."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *PAGES],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return Files([File.generated(config, path, abs_src_path=str(ROOT / path)) for path in listed])


def on_page_markdown(markdown: str, **_: object) -> str:
    return re.sub(r"<!-- reference: (\w+) -->", lambda found: "\n".join(reference.PARTS[found[1]]()), markdown)
