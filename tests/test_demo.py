"""The made-up week: always the same, priced completely, gone afterwards, and never in anybody's way."""

from __future__ import annotations

import hashlib
import os
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

import fresh
from whyburn import clock
from whyburn.api.usage import usage_overview, usage_report, usage_sessions_report
from whyburn.demo import demo_workspace
from whyburn.demo.logs import SESSIONS, write_logs

if TYPE_CHECKING:
    from pathlib import Path

NOW_MS = 1_793_000_000_000
DAY_MS = 86_400_000


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a folder for temporary files, both empty."""
    fresh.move_in(monkeypatch, tmp_path / "home")
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path / "home"


def _below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def _numbers() -> tuple[Any, ...]:
    """Everything of the demo that is not a date."""
    with demo_workspace() as demo:
        _, report = usage_report(demo)
        _, sessions = usage_sessions_report(demo)
    totals = report.totals._replace(first_ms=None, last_ms=None)
    return totals, [(row.names["source_session_id"], row.names["session_title"]) for row in sessions.rows]


def test_it_is_the_same_week_on_every_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens, costs, sessions, titles: only the dates follow the clock."""
    found = []
    for now in (NOW_MS, NOW_MS + 3 * DAY_MS + 12_345_678):
        monkeypatch.setattr(clock, "now_ms", lambda now=now: now)
        found.append(_numbers())

    assert found[0] == found[1]


def test_the_logs_are_the_same_bytes_at_the_same_time(tmp_path: Path) -> None:
    """Whatever was drawn at random before."""
    written = []
    for name in ("one", "two"):
        write_logs(str(tmp_path / name), NOW_MS)
        files = [path for path in sorted((tmp_path / name).rglob("*")) if path.is_file()]
        written.append([(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files])

    assert written[0] == written[1]
    assert len(written[0]) == len(SESSIONS)


def test_everything_is_priced_and_both_harnesses_work() -> None:
    """No unpriced call, no unknown count, no call with a doubt; every session of the table is there."""
    with demo_workspace() as demo:
        _, report = usage_report(demo)

    assert {row.names["harness"] for row in report.by_harness} == {"claude", "codex"}
    assert (report.totals.unpriced_calls, report.totals.unknown, report.unconfigured) == (0, 0, [])
    assert report.sessions == len(SESSIONS)
    assert report.totals.calls == sum(row[4] for row in SESSIONS)
    assert (report.totals.virtual_pico or 0) > 10**12
    assert report.flagged == {}


def test_the_week_ends_before_now_and_today_is_not_empty() -> None:
    """No call lies in the future, none is older than a week; some are of the last three hours."""
    with demo_workspace() as demo:
        _, report = usage_report(demo)
        _, overview = usage_overview(demo)

    now = clock.now_ms()
    assert report.totals.first_ms is not None
    assert report.totals.last_ms is not None
    assert now - 7 * DAY_MS < report.totals.first_ms
    assert now - 3 * 3_600_000 < report.totals.last_ms < now
    assert overview.top.rows


def test_it_leaves_nothing_behind_and_never_touches_the_home(empty_home: Path) -> None:
    """Everything lies in one folder for temporary files, which is gone at the end, also after an exception."""
    temporary = empty_home.parent / "tmp"
    with pytest.raises(ZeroDivisionError), demo_workspace() as demo:  # noqa: PT012  the failure inside is meant
        inside = [*_below(temporary)]
        assert demo.paths.db.startswith(str(temporary))
        raise ZeroDivisionError

    assert inside
    assert _below(temporary) == []
    assert _below(empty_home) == []


def test_the_owner_s_logs_and_settings_do_not_show_in_it(empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that move logs, settings or the ledger are those of the owner and not of the demo."""
    plain = _numbers()
    (empty_home / "bad.toml").write_text("[reports]\nrefresh = 3\n")
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_STATE_HOME", "WHYBURN_DB", "TOKTRAIL_DB"):
        monkeypatch.setenv(name, str(empty_home / "mine"))
    monkeypatch.setenv("WHYBURN_CONFIG", str(empty_home / "bad.toml"))

    with demo_workspace() as demo:
        problems = demo.settings.problems

    assert problems == ()
    assert _numbers() == plain
    assert not os.path.exists(empty_home / "mine")
