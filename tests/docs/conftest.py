"""A home with the logs of the demo, for commands that stand in the documentation."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from whyburn import clock
from whyburn.demo.logs import write_logs

if TYPE_CHECKING:
    from pathlib import Path

NOW_MS = 1_795_294_800_000
"""Saturday 2026-11-21, 21:00 UTC: the day of the captures."""


@pytest.fixture
def demo_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with the demo's logs, as this test's environment, with nothing of the machine's own."""
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr(clock, "now_ms", lambda: NOW_MS)
    write_logs(str(tmp_path), NOW_MS)
    return tmp_path


@pytest.fixture
def fresh_home(tmp_path: Path) -> Path:
    """The same for commands in processes of their own: the logs end now."""
    write_logs(str(tmp_path), time.time_ns() // 1_000_000)
    return tmp_path
