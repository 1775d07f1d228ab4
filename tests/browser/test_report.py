"""The report and the Data Docs in a real browser: they draw, fit, ask for nothing, and serve who cannot see them."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from hpefair.report import page as report_page
from tests.browser.pages import browser_page

pytestmark = [pytest.mark.browser, pytest.mark.pipeline]

MOST_BYTES = 5_000_000


@pytest.fixture
def address(made_workspace):
    """Of the report."""
    return (made_workspace / "data/report/report.html").as_uri()


@pytest.mark.parametrize("width", [1200, 400])
def test_the_report_draws_and_asks_for_nothing(address, chromium, width):
    """Headings, figures, tables; no request leaves the machine, nothing overflows, on a phone either."""
    with browser_page(chromium, width) as (page, outside):
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        page.goto(address)
        assert page.locator("h2").count() >= 8
        assert page.locator("svg").count() >= 4
        assert page.locator("svg").first.bounding_box()["height"] > 80
        assert page.locator("#answer").is_visible()
        assert page.locator(".answer").count() == 3
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert outside == []
        assert errors == []


@pytest.mark.parametrize("width", [1200, 400])
def test_axe_finds_nothing_serious(address, chromium, width):
    """In the whole page, every table unfolded."""
    with browser_page(chromium, width) as (page, _):
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
        found = Axe().run(page).response
    assert len(found["passes"]) > 20
    serious = [rule for rule in found["violations"] if rule["impact"] in ("serious", "critical")]
    assert not serious, [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in serious]


def test_it_is_used_without_a_mouse(address, chromium):
    """The first key press offers the way past the contents; every folded table opens by a key."""
    with browser_page(chromium) as (page, _):
        page.goto(address)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.locator(".skip").bounding_box()["x"] >= 0
        page.locator("summary").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("details").first.evaluate("part => part.open")


def test_it_prints_as_light_pages(address, chromium, made_workspace, tmp_path):
    """As PDF, contents left out, folded or not; and the file is small."""
    with browser_page(chromium) as (page, _):
        page.goto(address)
        page.emulate_media(media="print")
        assert not page.locator("nav").is_visible()
        page.pdf(path=str(tmp_path / "report.pdf"), format="A4")
    assert (tmp_path / "report.pdf").stat().st_size > 20_000
    assert (made_workspace / "data/report/report.html").stat().st_size < MOST_BYTES


@pytest.mark.parametrize("suite", ["balance", "people", "images"])
def test_data_docs_render_offline(made_workspace, chromium, suite):
    """Styled, with verdicts, without a request."""
    with browser_page(chromium) as (page, outside):
        page.goto((made_workspace / f"data/validate/original/{suite}.html").as_uri())
        assert page.locator(".pill").count() >= 5
        colour = page.locator(".pill").first.evaluate("node => getComputedStyle(node).backgroundColor")
        assert colour != "rgba(0, 0, 0, 0)"
        assert outside == []


def test_a_wide_picture_fits_a_phone(chromium):
    """Somebody who lies down is many times as wide as high."""
    css = (Path(report_page.__file__).parent / "report.css").read_text()
    wide = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='1500' height='200'/>"
    with browser_page(chromium, 400) as (page, _):
        page.set_content(
            f'<style>{css}</style><main><ul class="gallery"><li><img src="{wide}"><span>a</span></li></ul></main>'
        )
        assert page.locator("img").evaluate("img => img.naturalWidth") == 1500
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
