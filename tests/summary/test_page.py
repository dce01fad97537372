"""The page's data and structure, read without a browser."""

import json
import re
from collections import Counter

import pytest

from tests import examples
from tests.summary.test_summary import run_stage, timing, with_program

HOSTILE = "</script><b>&"


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> str:
    schemes = [
        with_program(examples.strassen(), "search:z:game"),
        with_program(examples.modulo_two(), "refinement:plain"),
    ]
    rows = timing("numpy", "", 512, [4.0] * 3) + timing("k", "s", 512, [2.0] * 3)
    rows = [type(row)(**vars(row) | {"cpu": HOSTILE, "versions": HOSTILE}) for row in rows]
    return (run_stage(tmp_path_factory.mktemp("page"), schemes, rows) / "page.html").read_text()


def markup(page: str) -> str:
    """The page without its scripts."""
    return re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def table_of_sizes(page: str) -> list[list[str]]:
    body = re.search(r'<table id="table-sizes">.*?<tbody>(.*?)</tbody>', page, re.DOTALL)[1]
    return [
        [
            " ".join(re.sub("<[^>]*>", "", cell).split())
            for cell in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)
    ]


def test_nothing_is_fetched(page):
    assert not re.search(r"""(src|href|url)[=(]["']?http""", page)
    assert not re.search(r"<(link|img|iframe|script[^>]*src)", markup(page))


def test_every_text_is_escaped(page):
    assert "&lt;/script&gt;&lt;b&gt;&amp;" in page
    assert HOSTILE not in page


def test_marks_are_unique_and_links_lead_to_them(page):
    ids = Counter(re.findall(r'\bid="([^"]+)"', markup(page)))
    assert set(ids.values()) == {1}
    asked = re.findall(r'href="#([^"]+)"', markup(page)) + re.findall(r'aria-labelledby="([^"]+)"', page)
    assert asked
    assert set(asked) <= set(ids)


def test_every_part_has_a_heading_and_every_control_a_label(page):
    said = markup(page)
    assert said.count("<section") == len(re.findall(r"<section[^>]*aria-labelledby", said)) == said.count("<h2")
    assert len(re.findall(r"<label>[^<]*<(?:input|select)", said)) == len(re.findall(r"<(?:input|select)\b", said)) == 3
    assert '<html lang="en">' in said


def test_table_of_sizes_has_a_line_per_size_and_ring(page):
    rows = table_of_sizes(page)
    assert [row[:8] for row in rows] == [
        ["2x2x2", "Z2", "7", "7", "7", "8", "agent z", "4"],
        ["2x2x2", "Z", "7", "7", "7", "8", "agent z", "4"],
        ["2x2x3", "Z2", "–", "–", "–", "12", "–", "–"],
        ["2x2x3", "Z", "–", "–", "–", "12", "–", "–"],
    ]
    heads = re.search(r'<table id="table-sizes">.*?<thead>(.*?)</thead>', page, re.DOTALL)[1]
    assert {len(row) for row in rows} == {heads.count("<th ")}


def test_a_size_leads_to_its_scheme(page):
    assert page.count('<a href="#2x2x2_Z_7">2x2x2</a>') == 2  # over Z2 too: a scheme over Z counts there
    (article,) = re.findall(r'<article class="scheme" id="2x2x2_Z_7".*?</article>', page, re.DOTALL)
    for part in ("7 products", "agent z by games", "holds over", "m7 = (", "c22 = "):
        assert part in article
    assert 'download="2x2x2_Z_7.json"' in article
    assert "2x2x2:7 c L1F" in article
    assert "2.000 to 2.000" in article


def test_charts_are_the_ones_of_the_figures(page):
    given = json.loads(re.search(r'id="specifications">(.*?)</script>', page, re.DOTALL)[1])
    assert sorted(given) == ["controls", "learning", "ranks", "refinement", "speedups"]
    for name in given:
        assert f'id="chart-{name}"' in page


def test_lead_gives_five_numbers(page):
    numbers = re.findall(r"<dd>(.*?)</dd>", markup(page))
    assert numbers == ["1 of 1", "1 of 1", "2", "0.3", "2.00 ×"]


def test_what_is_out_of_date_is_said(page):
    assert "<li>kernels: known.csv has changed</li>" in page
