"""A real browser for the tests of pages: Debian's chromium by its path, driven by playwright; skipped without them."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

CHROMIUM = os.environ.get("WHYBURN_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (the dev extra)")
    if not os.path.exists(CHROMIUM):
        pytest.skip(f"no browser at {CHROMIUM}: apt-get install chromium, or set WHYBURN_CHROMIUM")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Callable[..., AbstractContextManager[Any]]:
    """Opens HTML as a file; afterwards no error was printed and nothing but that file was asked for."""

    @contextmanager
    def open_page(
        html: str, *, width: int = 1280, scheme: str = "light", script: bool = True, fragment: str = ""
    ) -> Iterator[Any]:  # fmt: skip
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
        )
        page = context.new_page()
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri() + fragment)
        yield page
        context.close()
        assert said == []
        assert [url.partition("#")[0] for url in asked if not url.startswith("data:")] == [path.as_uri()]

    return open_page
