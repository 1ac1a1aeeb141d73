"""The overview in a real browser, as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fresh import move_in
from web.logs import START_MS, a_week
from whyburn.api.postmortem.overview import overview
from whyburn.api.workspace import open_workspace
from whyburn.clock import Zone
from whyburn.views.page.overview import render_overview

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    Opened = Callable[..., AbstractContextManager[Any]]

COST = "#sessions th:nth-child(4)"


@pytest.fixture
def html(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The overview of a week of sessions."""
    move_in(monkeypatch, tmp_path)
    a_week(tmp_path)
    with open_workspace() as workspace:
        return render_overview(overview(workspace, zone=Zone("UTC")), generated_ms=START_MS, version="0")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_fits(html: str, opened: Opened, width: int, scheme: str) -> None:
    """The page fits its window at both widths and in both schemes, complains of nothing and asks for nothing."""
    with opened(html, width=width, scheme=scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_sorting(html: str, opened: Opened) -> None:
    """A click on a header sorts by the exact values, another one turns the order round."""
    with opened(html) as page:
        seen = []
        for _ in range(2):
            page.click(f"{COST} button")
            values = [int(cell.get_attribute("data-v")) for cell in page.locator("#sessions td:nth-child(4)").all()]
            seen.append((page.get_attribute(COST, "aria-sort"), values))
    orders = dict(seen)

    assert orders["descending"] == sorted(orders["descending"], reverse=True)
    assert orders["ascending"] == sorted(orders["ascending"])


def test_filtering(html: str, opened: Opened) -> None:
    """Words in the field leave the rows that have them."""
    with opened(html) as page:
        page.locator("input.filter").first.fill("ana/web")

        assert page.locator("#sessions tbody tr:visible").count() == 1


def test_without_scripts(html: str, opened: Opened) -> None:
    """Without scripts everything is there to read."""
    with opened(html, script=False) as page:
        assert page.locator("#sessions tbody tr:visible").count() == 3
        assert page.locator("#time rect title").count() == 3
