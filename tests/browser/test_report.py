"""The report and the Data Docs in a real browser: they draw, fit, and ask for nothing."""

import pytest

from tests.browser.pages import browser_page

pytestmark = [pytest.mark.browser, pytest.mark.pipeline, pytest.mark.xdist_group("pipeline")]


def test_the_report_draws_and_asks_for_nothing(made_workspace, chromium):
    """Headings, figures, tables; no request leaves the machine, nothing overflows, on a phone either."""
    address = (made_workspace / "data/report/report.html").as_uri()
    for width in (1200, 400):
        with browser_page(chromium, width) as (page, outside):
            errors = []
            page.on("pageerror", lambda error, errors=errors: errors.append(str(error)))
            page.on("console", lambda line, errors=errors: errors.append(line.text) if line.type == "error" else None)
            page.goto(address)
            assert page.locator("h2").count() >= 8
            assert page.locator("svg").count() >= 4
            assert page.locator("svg").first.bounding_box()["height"] > 80
            assert page.get_by_text("The short answer").is_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert outside == []
            assert errors == []


@pytest.mark.parametrize("suite", ["balance", "people", "images"])
def test_data_docs_render_offline(made_workspace, chromium, suite):
    """Styled, with verdicts, without a request."""
    with browser_page(chromium) as (page, outside):
        page.goto((made_workspace / f"data/validate/original/{suite}.html").as_uri())
        assert page.locator(".pill").count() >= 5
        colour = page.locator(".pill").first.evaluate("node => getComputedStyle(node).backgroundColor")
        assert colour != "rgba(0, 0, 0, 0)"
        assert outside == []
