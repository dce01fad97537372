"""The tables of the documentation are those that their files make; files and keys that the pages name exist."""

import importlib.util
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs/tables.py"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("data/**/README.md")])


@pytest.fixture(scope="module")
def tables():
    spec = importlib.util.spec_from_file_location("tables", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tables_are_those_of_their_files(tmp_path):
    """As both stand in git: a run leaves other timings in the folder, and the pages are not of that run."""
    subprocess.run(["git", "checkout-index", "--all", f"--prefix={tmp_path}/"], cwd=ROOT, check=True)
    script = tmp_path / SCRIPT.relative_to(ROOT)
    checked = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_a_number_that_is_no_files_number_is_replaced(tables):
    page = "before\n<!-- table: targets -->\n| skew3 | 3x3x3 | 5 |\n<!-- end -->\nafter\n"
    made = tables.rewritten(page)
    assert "| skew3 | 3x3x3 | 6 |" in made
    assert made.startswith("before\n<!-- table: targets -->\n")
    assert made.endswith("<!-- end -->\nafter\n")


def test_what_was_trained_is_told_by_the_run_that_trained_it(tables, tmp_path, monkeypatch):
    # params.yaml may be newer than dvc.lock: each stage has the parameters with which it ran.
    stages = {
        "pretraining@a": {"agents.a.pretraining": {"steps": 5}, "agents.a.ring": "Z2", "walks.b": {"flips": 1}},
        "search@a": {"agents.a.search": {"rounds": 2}, "agents.a.ring": "Z2", "agents": {"a": {}}},
    }
    lock = {"stages": {name: {"params": {"params.yaml": given}} for name, given in stages.items()}}
    (tmp_path / "dvc.lock").write_text(yaml.safe_dump(lock))
    monkeypatch.setattr("page_tables.recorded.ROOT", tmp_path)
    recorded_parameters = tables.default_run.recorded_parameters
    agent = {"pretraining": {"steps": 5}, "ring": "Z2", "search": {"rounds": 2}}
    assert recorded_parameters("agents") == {"a": agent}
    assert recorded_parameters("walks") == {"b": {"flips": 1}}


def test_every_table_stands_on_a_page(tables):
    shown = re.findall(r"<!-- table: (\w+) -->", "".join(page.read_text() for page in tables.PAGES))
    assert sorted(shown) == sorted(tables.TABLES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page):
    links = re.findall(r"\]\((?!https:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_a_page_names_are_there(page):
    named = re.findall(r"\b(?:benchmarks|docs|runs|stages|tests|workflow)/[\w./]*\w", page.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_keys_of_an_agent_are_those_of_a_run():
    agent = yaml.safe_load((ROOT / "runs/records.yaml").read_text())["agents"]["z_spelled"]
    rows = re.findall(r"^\| (`[^|]+`) \|", (ROOT / "docs/agent.md").read_text(), re.MULTILINE)
    keys = re.findall(r"`([\w.]+)`", " ".join(rows))
    assert len(keys) > 10
    for key in keys:
        node = agent
        for part in key.split("."):
            assert part in node, key
            node = node[part]


def test_pages_name_the_date_of_the_published_ranks(tables):
    dates = {row["as_of"] for row in tables.records.read_csv("data/known_ranks.csv")}
    for page in ("README.md", "docs/results.md", "docs/records.md", "data/README.md"):
        assert set(re.findall(r"tables\s+of\s+(\w+ \d{4})", (ROOT / page).read_text())) == dates


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 100


def test_code_of_the_questions_multiplies(monkeypatch):
    monkeypatch.chdir(ROOT)
    code = re.search(r"(?m)^    import json\n(?:(?:    .*)?\n)*", (ROOT / "docs/faq.md").read_text())[0]
    defined = {}
    exec(textwrap.dedent(code), defined)
    assert defined["c"].tolist() == (defined["a"] @ defined["b"]).tolist()
