"""The site is built without a warning and fetches nothing; its reference is that of the code."""

import dataclasses
import importlib
import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from stages.contract.tables import Table
from stages.params.whole import Params

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return folder


def words(page: Path) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", page.read_text()))


def test_every_page_is_reached(site):
    start = (site / "index.html").read_text()
    pages = {str(page.relative_to(site)) for page in site.rglob("*.html")} - {"404.html", "index.html"}
    assert len(pages) > 20
    assert [page for page in pages if f'href="{page}"' not in start] == []


def test_nothing_is_fetched_from_elsewhere(site):
    for file in [*site.rglob("*.html"), *site.rglob("*.css")]:
        fetched = r'(?:src=|<link[^>]*href=|url\(|@import )["\']?(?:https?:)?//'
        assert re.findall(fetched, file.read_text()) == [], file


def test_every_parameter_is_described(site):
    schema = Params.model_json_schema()
    page = words(site / "docs/parameters.html")
    for model in schema["$defs"].values():
        assert model["title"] in page
        for key, given in model["properties"].items():
            assert key in page
            assert " ".join(given.get("description", "").split()) in " ".join(page.split()), key


def test_values_are_those_of_the_default_run(site):
    page = words(site / "docs/parameters.html")
    assert re.search(r"keep\s+integer\s+≥ 1, ≤ 1,000,000\s+schemes kept per size and rank[^\n]*\s+100\s", page)


def test_every_column_is_listed(site):
    page = (site / "docs/schemas.html").read_text()
    for module in ("agents", "kernels", "schemes"):
        for table in vars(importlib.import_module(f"stages.contract.rows.{module}")).values():
            if isinstance(table, Table):
                part = page.split(f"<code>{table.name}</code>", 1)[1].split("<h3", 1)[0]
                columns = re.findall(r"<td><code>(\w+)</code></td>", part)
                assert columns == [field.name for field in dataclasses.fields(table.row)]


def test_every_module_is_described(site):
    page = words(site / "docs/stages.html")
    for module in (ROOT / "stages").rglob("*.py"):
        if not module.stem.startswith("__"):
            assert re.search(rf"\b{module.stem}\s+[^\s]", page), module


def test_the_game_ends_at_zero(site):
    page = (site / "docs/stages.html").read_text()
    picture = re.search(r"The residual of 2x2x2.*?</svg>", page)[0]
    opacities = re.findall(r'<rect [^>]*opacity="([\d.]+)"', picture)
    columns = [opacities[start : start + 4**3].count("1") for start in range(0, len(opacities), 4**3)]
    assert len(columns) == 7 + 1
    assert columns[0] == 8  # the non-zero entries of the target
    assert columns[-1] == 0


def test_pages_are_found_by_search(site):
    found = json.loads((site / "search/search_index.json").read_text())["docs"]
    assert any("additions_bound" in entry["text"] for entry in found)
