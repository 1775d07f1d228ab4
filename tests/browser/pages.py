"""Open pages in headless Chromium and list every request that would leave the machine."""

import contextlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextlib.contextmanager
def browser_page(chromium: str, width: int = 1200, height: int = 900) -> Iterator[tuple[Page, list[str]]]:
    """A page, and the list of addresses outside this machine that it asked for (all are refused)."""
    outside: list[str] = []

    def route(found):
        address = urlsplit(found.request.url)
        if address.scheme in ("file", "data", "blob") or address.hostname in ("127.0.0.1", "localhost"):
            found.continue_()
        else:
            outside.append(found.request.url)
            found.abort()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": width, "height": height})
        context.route("**/*", route)
        context.add_init_script("window.IS_PLAYWRIGHT = true")  # FiftyOne's own switch: no promotions
        yield context.new_page(), outside
        browser.close()
