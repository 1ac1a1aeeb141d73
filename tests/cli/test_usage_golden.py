"""Screens as files: `tests/golden/<screen>-<width>.txt`, as a terminal without colours shows them.

They are the contract of what people see. After a change that is meant, write them again with

    WHYBURN_GOLDEN=write python -m pytest tests/cli/test_usage_golden.py

and read the diff, every line of it, before committing: these files are only worth something if somebody has.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from whyburn.views import text
from whyburn.views.words import width_of

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent.parent / "golden"
SCREENS = {
    "home": (),
    "today": ("usage", "today"),
    "today-split": ("usage", "today", "--split-thinking", "--harness", "codex"),
    "daily": ("usage", "daily"),
    "daily-fill": ("usage", "daily", "--since", "2026-11-12", "--fill"),
    "weekly-breakdown": ("usage", "weekly", "--breakdown", "--limit", "2"),
    "monthly-instances": ("usage", "monthly", "--instances", "--limit", "2"),
    "sessions": ("usage", "sessions", "--limit", "4"),
    "sessions-breakdown": ("usage", "sessions", "--limit", "2", "--breakdown"),
    "sessions-table": ("usage", "sessions", "--table"),
    "machines": ("usage", "machines"),
    "by-project-model": ("usage", "by", "project,model"),
    "by-day-limit": ("usage", "by", "day", "--limit", "2"),
    "empty": ("usage", "summary", "--since", "2026-11-21T10:00"),
}
WIDTHS = (60, 80, 200)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_is_as_it_was(
    screen: str, width: int, said: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same ledger, same clock, same width: the same characters."""
    monkeypatch.setattr(text, "screen", lambda *_: text.Screen(width, colour=False, pictures=True))
    file = GOLDEN / f"{screen}-{width}.txt"

    shown = said(*SCREENS[screen])

    if os.environ.get("WHYBURN_GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(shown, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == shown


@pytest.mark.parametrize("width", [24, 40, *WIDTHS])
@pytest.mark.parametrize("screen", SCREENS)
def test_no_table_row_is_wider_than_the_screen(
    screen: str, width: int, said: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns drop or shorten; a line of prose may only be wider than a very narrow screen by one word."""
    monkeypatch.setattr(text, "screen", lambda *_: text.Screen(width, colour=False, pictures=True))

    lines = said(*SCREENS[screen]).splitlines()

    assert [line for line in lines if width_of(line) > max(width, 40)] == []


@pytest.mark.parametrize("screen", SCREENS)
def test_colours_change_no_character(screen: str, said: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A coloured screen without its colours is the plain one."""
    monkeypatch.setattr(text, "screen", lambda *_: text.Screen(80, colour=True, pictures=True))
    coloured = said(*SCREENS[screen])
    monkeypatch.setattr(text, "screen", lambda *_: text.Screen(80, colour=False, pictures=True))

    assert "\x1b[" in coloured
    assert text.plain(coloured) == said(*SCREENS[screen])
