"""A real browser, where there is one; a provider to offer; and the program."""

import shutil
import sys

import pytest

from command_line import folder, offer, tryon

__all__ = ["folder", "offer", "tryon"]

_NAMES = ("chromium-headless-shell", "chromium")


@pytest.fixture(scope="session")
def chromium():
    """Chromium of the system, started once."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip("needs Chromium: the package chromium-headless-shell of Debian")
    with api.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def look(chromium):
    """Open an address in a window of some size; nothing may be fetched, and nothing may go wrong.

    Called as `look(address, size=(1280, 900), scheme="light")`; gives Playwright's page. With
    `is_quiet=False` the console may say something.
    """
    contexts, wrong = [], []

    def opened(address, *, size=(1280, 900), scheme="light", is_quiet=True, **options):
        width, height = size
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, **options
        )
        contexts.append(context)
        page = context.new_page()
        if is_quiet:
            page.on("console", lambda said: wrong.append(said.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: wrong.append(asked.url) if _leaves(asked.url) else None)
        page.goto(str(address))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def _leaves(url):
    return not url.startswith(("file:", "data:", "http://127.0.0.1:"))


@pytest.fixture
def no_indicators(monkeypatch):
    """Scikit-image is not installed, which makes comparisons quick; nor is the page written."""
    monkeypatch.setattr("tryon_report.run_page.listening.PageWriter.written", lambda *_: None)
    monkeypatch.setattr("tryon_report.run_page.listening.PageWriter.ended", lambda _: None)
    monkeypatch.setitem(sys.modules, "skimage.color", None)
    monkeypatch.delitem(sys.modules, "tryon_report.comparing.indicators", raising=False)
