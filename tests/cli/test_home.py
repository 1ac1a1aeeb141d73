"""Bare `whyburn`: the answer first; on a machine without logs, where it looked and a demo that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import shop
from whyburn.cli.app import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_it_says_today_this_week_and_this_month(said: Callable[..., str]) -> None:
    """The sums are those of the reports, the dearest sessions follow, and only commands that exist are named."""
    text = said()

    assert "2 harnesses, 21 sessions, since 2026-07-02" in text
    assert "today       ≥$0.76  9 calls   3 sessions" in text
    assert "most expensive today" in text
    assert "whyburn usage daily" in text


def test_the_most_expensive_are_of_the_shortest_period_that_has_any(
    home: Path, monkeypatch: pytest.MonkeyPatch, said: Callable[..., str]
) -> None:
    """Nothing today: this week; nothing this week: ever."""
    monkeypatch.setattr("whyburn.clock.now_ms", lambda: shop.NOW_MS + 86_400_000)
    sunday = said()
    monkeypatch.setattr("whyburn.clock.now_ms", lambda: shop.NOW_MS + 9 * 86_400_000)

    assert "today       nothing" in sunday
    assert "most expensive this week" in sunday
    assert "most expensive ever" in said()


def _bare(home: Path, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert run(["--db", str(home / "ledger.db")]) == 0
    return capsys.readouterr().out


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which no agent has ever run."""
    shop.stand_still(monkeypatch, tmp_path)
    return tmp_path


def test_without_logs_it_says_where_it_looked(empty_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names and places of all harnesses, and how to name another place."""
    text = _bare(empty_home, capsys)

    assert "found no logs" in text
    assert "claude" in text
    assert "~/.claude/projects" in text
    assert "~/.codex/sessions" in text
    assert "--source FOLDER" in text


def test_without_logs_it_shows_a_demo_marked_as_one(empty_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same screen, on the made-up logs that come with the program, under a line that says so."""
    text = _bare(empty_home, capsys)

    assert text.index("found no logs") < text.index("DEMO") < text.index("8 sessions")
    assert "made up" in text
