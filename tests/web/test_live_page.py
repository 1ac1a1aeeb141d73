"""An open page follows the logs: in a real browser, against a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from web.logs import START_MS, Claude, a_week
from web.serving import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from web.serving import Server

SOON_MS, STEP_MS = 2_000, 50
TRIES = 3
"""A machine that is busy elsewhere may be late once."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server over a week of sessions."""
    a_week(tmp_path)
    with serving(tmp_path) as found:
        yield found


@pytest.fixture
def visited(browser: Any, server: Server) -> Iterator[Callable[[str], Any]]:
    """Opens pages of the server; afterwards nothing was complained about and nobody else was asked."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    said: list[str] = []
    asked: list[str] = []

    def visit(path: str) -> Any:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(server.url + path)
        page.evaluate("window.stays = true")
        return page

    yield visit
    context.close()
    assert said == []
    assert [url for url in asked if not url.startswith((server.url, "data:"))] == []


def soon(page: Any, home: Path, changed: str, before: str) -> None:
    """Append a call; within two seconds an expression changes, and the page was not loaded again."""
    for at in range(TRIES):
        Claude(home, "3d1f0a52-aaaa", start_ms=START_MS + (5 + at) * 86_400_000).said()
        if _changes(page, changed, before):
            break
    else:
        raise AssertionError("never in time")
    assert page.evaluate("window.stays") is True


def _changes(page: Any, changed: str, before: str) -> bool:
    """Whether it does in time; the page's policy forbids waiting inside of it."""
    for _ in range(SOON_MS // STEP_MS):
        page.wait_for_timeout(STEP_MS)
        if page.evaluate(changed) != before:
            return True
    return False


def test_overview_follows(visited: Callable[[str], Any], tmp_path: Path) -> None:
    """A call that is appended to a log changes the open overview within two seconds, without loading it again."""
    page = visited("")
    calls = "document.querySelector('.facts').textContent"

    soon(page, tmp_path, calls, page.evaluate(calls))


def test_session_follows(visited: Callable[[str], Any], tmp_path: Path) -> None:
    """So it does on the page of the session."""
    page = visited("")
    page.click("text=<script>document.title")
    page.wait_for_url("**/sessions/claude-3d1f0a52-aaaa-*.html")
    page.evaluate("window.stays = true")
    calls = "document.querySelector('.facts').textContent"

    soon(page, tmp_path, calls, page.evaluate(calls))


def test_choices_stay(visited: Callable[[str], Any], tmp_path: Path) -> None:
    """Filter, order, theme and place stay as the reader left them when the content is renewed, and still work."""
    page = visited("")
    page.click("#theme")
    theme = page.evaluate("document.documentElement.dataset.theme")
    page.click("#sessions th:nth-child(4) button")
    order = page.get_attribute("#sessions th:nth-child(4)", "aria-sort")
    field = page.locator("input.filter").first
    field.fill("web")
    page.evaluate("scrollTo(0, 300)")
    facts = "document.querySelector('.facts').textContent"
    soon(page, tmp_path, facts, page.evaluate(facts))

    assert page.locator("input.filter").first.input_value() == "web"
    assert page.locator("#sessions tbody tr:visible").count() == 1
    assert page.get_attribute("#sessions th:nth-child(4)", "aria-sort") == order
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert page.locator("#theme").count() == 1
    assert page.evaluate("scrollY") == 300

    page.locator("input.filter").first.fill("")

    assert page.locator("#sessions tbody tr:visible").count() == 3
