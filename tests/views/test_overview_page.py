"""The overview as a page: sums that agree, links, text that stays text."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import pytest

from fresh import move_in
from web.logs import HOSTILE, START_MS, a_session, a_week
from whyburn.api.postmortem.overview import Overview, overview
from whyburn.api.workspace import open_workspace
from whyburn.clock import Zone
from whyburn.postmortem.redact import Redactor
from whyburn.views.page.overview import SYNTHETIC, render_overview

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

UTC = Zone("UTC")


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Overview:
    """The overview of a week of sessions."""
    move_in(monkeypatch, tmp_path)
    a_week(tmp_path)
    with open_workspace() as workspace:
        return overview(workspace, zone=UTC)


def page_of(found: Overview, **more: Any) -> str:
    """Its page."""
    return render_overview(found, generated_ms=START_MS, version="0", **more)


def rows_of(page: str, table: str) -> list[list[str]]:
    """The exact values (or else texts) of a table's body."""
    body = re.search(rf'<table id="{table}".*?<tbody>(.*?)</tbody>', page, re.DOTALL)
    assert body is not None, table
    return [
        [re.sub(r"<[^>]+>", " ", cell[2]) if not cell[1] else cell[1] for cell in
         re.findall(r'<td([^>]*?)(?: data-v="(-?\d+)")?>(.*?)</td>', row, re.DOTALL)]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", body[1], re.DOTALL)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "column"), [("kinds", 2), ("causes", 3), ("ways", 1), ("projects", 2), ("models", 3)]
)
def test_tables_sum(found: Overview, table: str, column: int) -> None:
    """What it was spent on, what would have saved it, how it was billed, where and on which model: each is the bill."""
    assert sum(int(row[column]) for row in rows_of(page_of(found), table)) == found.cost


def test_pictures_sum(found: Overview) -> None:
    """The bar of kinds and the columns of days sum to the bill too."""
    page = page_of(found)
    bar = re.search(r'<svg class="cause".*?</svg>', page, re.DOTALL)
    days = re.search(r'<section id="time">.*?</section>', page, re.DOTALL)

    assert bar is not None
    assert days is not None
    for drawn in (bar[0], days[0]):
        assert sum(map(int, re.findall(r'data-pico="(\d+)"', drawn))) == found.cost


def test_days(found: Overview) -> None:
    """Days without a call are there, so that the axis is time."""
    assert [one.key for one in found.spend.periods] == ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]
    assert found.as_dict()["over_time"][1]["calls"] == 0


def test_shown(found: Overview) -> None:
    """The page says how many of how many are listed, and sums over all that were analysed."""
    many = replace(found, rows=found.rows * 9, of=40)
    page = page_of(many)

    assert "20 of 27 shown" in page
    assert "the newest of 40" in page
    assert len(rows_of(page, "sessions")) == 20


def test_order(found: Overview) -> None:
    """The dearest session comes first."""
    costs = [int(row[3]) for row in rows_of(page_of(found), "sessions")]

    assert costs == sorted(costs, reverse=True)
    assert costs[0] > costs[-1]


def test_links(found: Overview) -> None:
    """Only sessions that have a page are linked."""
    key = found.rows[0].subject.key
    page = page_of(found, links={key: "sessions/one.html"})

    assert 'href="sessions/one.html"' in page
    assert set(re.findall(r'href="(?!#|data:)([^"]+)"', page)) == {"sessions/one.html"}


def test_hostile(found: Overview) -> None:
    """A title from a log is text, without what reorders it."""
    page = page_of(found)

    assert HOSTILE[:-4] in unescape(page)
    assert "<script>document" not in page
    assert "\u202e" not in page


def test_share(found: Overview) -> None:
    """At level share nothing names the work, and our own words and numbers stay."""
    page = page_of(found, redact=Redactor("share"))

    for word in ("package-lock", "owned", "/home/ana", "shop", "why is the cart"):
        assert word not in page, word
    assert "Stable context reloaded" in page
    assert sum(int(row[2]) for row in rows_of(page, "kinds")) == found.cost


def test_synthetic(found: Overview) -> None:
    """Made-up sessions are called so, real ones are not."""
    assert SYNTHETIC in page_of(found, synthetic=True)
    assert "Synthetic" not in page_of(found)


def test_empty() -> None:
    """Without sessions the page says so."""
    page = page_of(Overview(None, [], 0))

    assert "No sessions to show" in page
    assert "<table" not in page


def test_unreadable(found: Overview) -> None:
    """Sessions that could not be analysed are counted on top and named at the end."""
    page = page_of(replace(found, unreadable=["box/claude/x: no step data"]))

    assert "1 session could not be analysed" in page
    assert "box/claude/x: no step data" in page


def test_trend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stretch of days is compared with as many days before, over all sessions, also those beyond the limit."""
    move_in(monkeypatch, tmp_path)
    for day, reads in enumerate((2, 4, 6, 6)):
        a_session(tmp_path, f"aaaa000{day}-bbbb", start_ms=START_MS + day * 86_400_000, reads=reads)
    with open_workspace() as workspace:
        found = overview(workspace, zone=UTC, limit=2)
        every = overview(workspace, zone=UTC)
    costs = {row.subject.id: row.cost for row in every.rows}

    assert found.spend.days == 2
    assert found.spend.whole == found.cost == costs["aaaa0002-bbbb"] + costs["aaaa0003-bbbb"]
    assert found.spend.before == costs["aaaa0000-bbbb"] + costs["aaaa0001-bbbb"]
    assert "the 2 days before" in page_of(found)
    assert every.spend.before is None
    assert "before cost nothing" in page_of(every)


def test_long_stretch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many days become weeks or months; none of the money is lost."""
    move_in(monkeypatch, tmp_path)
    units = []
    for day in (0, 200, 900):
        a_session(tmp_path, f"aaaa{day:04}-bbbb", start_ms=START_MS - day * 86_400_000)
        with open_workspace() as workspace:
            found = overview(workspace, zone=UTC, policy="always")
        units.append(found.spend.unit)

        assert sum(part.totals.virtual_pico or 0 for part in found.spend.parts) == found.cost

    assert units == ["day", "week", "month"]
