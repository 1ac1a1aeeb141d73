"""Screens of the postmortem as files, as in `test_usage_golden`: what people see, at three widths.

After a change that is meant, write them again with

    WHYBURN_GOLDEN=write python -m pytest tests/cli/test_postmortem_golden.py

and read the diff, every line of it, before committing.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import daywork
from whyburn.views import text
from whyburn.views.words import width_of

GOLDEN = Path(__file__).parent.parent / "golden"
SCREENS = {
    "why": ("why", daywork.DEAR),
    "why-ordinary": ("why", daywork.SHORT),
    "why-unpriced": ("why", daywork.THREAD),
    "why-hidden": ("why", daywork.DEAR, "--redact", "share"),
    "explain": ("explain", daywork.DEAR),
    "explain-unpriced": ("explain", daywork.THREAD, "--budget", "1"),
    "scan": ("scan",),
    "analyze-session": ("analyze", "session", daywork.DEAR, "--bad-calls"),
    "analyze-cache": ("analyze", "cache", daywork.DEAR),
}
WIDTHS = (60, 80, 200)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_is_as_it_was(
    screen: str, width: int, day: daywork.Day, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """Same logs, same clock, same width: the same characters."""
    monkeypatch.setattr(text, "screen", lambda *_: text.Screen(width, colour=False, pictures=True))
    file = GOLDEN / f"{screen}-{width}.txt"

    shown = day.said(*SCREENS[screen])

    if os.environ.get("WHYBURN_GOLDEN") == "write":
        file.write_text(shown, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == shown


@pytest.mark.parametrize("width", [40, *WIDTHS])
@pytest.mark.parametrize("screen", SCREENS)
def test_no_line_is_wider_than_the_screen(
    screen: str, width: int, day: daywork.Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns drop or shorten, sentences go on below; only one word alone may be wider than a very narrow screen."""
    monkeypatch.setattr(text, "screen", lambda *_: text.Screen(width, colour=False, pictures=True))

    lines = day.said(*SCREENS[screen]).splitlines()

    assert [line for line in lines if width_of(line) > max(width, 60)] == []


@pytest.mark.parametrize("screen", SCREENS)
def test_colours_change_no_character(screen: str, day: daywork.Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """A coloured screen without its colours is the plain one."""
    monkeypatch.setattr(text, "screen", lambda *_: text.Screen(80, colour=True, pictures=True))
    coloured = day.said(*SCREENS[screen])
    monkeypatch.setattr(text, "screen", lambda *_: text.Screen(80, colour=False, pictures=True))

    assert "\x1b[" in coloured
    assert text.plain(coloured) == day.said(*SCREENS[screen])
