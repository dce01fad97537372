"""The page as a reader has it: a headless Chromium clicks, types and looks."""

import shutil

import pytest

from tests import chromium, examples
from tests.summary.test_summary import run_stage, timing, with_program

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not PROGRAM, reason="needs Chromium, such as Debian's package chromium"),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    schemes = [
        with_program(examples.strassen(), "search:z:game"),
        with_program(examples.modulo_two(), "refinement:plain"),
    ]
    rows = timing("numpy", "", 512, [4.0] * 3) + timing("k", "s", 512, [2.0] * 3)
    return run_stage(tmp_path_factory.mktemp("page"), schemes, rows) / "page.html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium.page(PROGRAM, tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture(params=[(1400, 900, "light"), (390, 844, "dark")], ids=["wide, light", "narrow, dark"])
def page(browser, path, request, tmp_path):
    """The page, drawn; its picture lies beside the test's other files at the end."""
    browser.open(path, *request.param)
    browser.wait_for("document.querySelectorAll('[data-drawn]').length === 5")
    yield browser
    browser.save_picture(tmp_path / "end.png")


def shown(page) -> list[str]:
    """Size and ring of the lines that the table shows, from the top."""
    return page.ask(
        "[...document.querySelectorAll('#table-sizes tbody tr')].filter(row => row.checkVisibility())"
        ".map(row => row.cells[0].textContent + ' ' + row.cells[1].textContent)"
    )


def test_page_is_no_wider_than_the_window(page):
    assert page.ask("document.documentElement.scrollWidth <= innerWidth")


def test_charts_are_drawn(page):
    assert page.ask("[...document.querySelectorAll('.chart svg')].length") == 5
    assert "512×512×512" in page.ask("document.getElementById('chart-speedups').textContent")


def test_ink_is_that_of_the_scheme(page):
    ink, paper = page.ask("['color', 'backgroundColor'].map(name => getComputedStyle(document.body)[name])")
    text = page.ask("getComputedStyle(document.querySelector('#chart-ranks text')).fill")
    assert text == ink != paper


def test_table_is_filtered_by_text_and_ring(page):
    everything = ["2x2x2 Z2", "2x2x2 Z", "2x2x3 Z2", "2x2x3 Z"]
    assert shown(page) == everything
    page.ask("document.getElementById('filter-text').focus()")
    page.call("Input.insertText", text="2x2x3")
    assert shown(page) == everything[2:]
    assert page.ask("document.getElementById('filter-count').textContent") == "2 lines"
    page.ask(
        "const box = document.getElementById('filter-ring'); box.value = 'Z'; box.dispatchEvent(new Event('input'))"
    )
    assert shown(page) == everything[3:]


def test_table_is_sorted_by_keyboard(page):
    page.ask("document.querySelectorAll('#table-sizes thead button')[5].focus()")  # of the standard algorithm
    page.press("Enter")
    page.press("Enter")
    assert shown(page) == ["2x2x3 Z2", "2x2x3 Z", "2x2x2 Z2", "2x2x2 Z"]
    assert page.ask("document.querySelector('#table-sizes [aria-sort]').ariaSort") == "descending"


def test_what_is_empty_stands_last_either_way(page):
    for _ in range(2):
        page.ask("document.querySelectorAll('#table-sizes thead button')[2].click()")  # rank
        assert shown(page)[2:] == ["2x2x3 Z2", "2x2x3 Z"]


def test_a_size_opens_its_scheme(page):
    assert not page.ask("document.getElementById('2x2x2_Z_7').checkVisibility()")
    page.ask("document.querySelector('#table-sizes tbody a').focus()")
    page.press("Enter")
    page.wait_for("document.getElementById('2x2x2_Z_7').checkVisibility()")
    assert page.ask("document.activeElement.id") == "2x2x2_Z_7"
    page.wait_for("document.querySelectorAll('#\\\\32x2x2_Z_7 .matrix').length === 3")  # drawn once it is open
    labels = page.ask("[...document.querySelectorAll('#\\\\32x2x2_Z_7 .matrix')].map(matrix => matrix.ariaLabel)")
    assert [label.split(":")[0] for label in labels] == ["u", "v", "w"]
    assert all("4 rows, 7 columns, 12 entries" in label for label in labels)
    squares = "[...document.querySelectorAll('#\\\\32x2x2_Z_7 .matrix rect')]"
    assert page.ask(f"{squares}.length") == 36
    hollow = page.ask(f"{squares}.filter(one => one.getAttribute('fill') === 'none').length")
    assert hollow == sum(int((factor < 0).sum()) for factor in examples.strassen().factors)
    page.ask("document.querySelector('.scheme:target a').click()")
    page.wait_for("!document.getElementById('2x2x2_Z_7').checkVisibility()")
