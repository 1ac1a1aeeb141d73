"""The made-up month: always the same, priced completely, gone afterwards, and with an example of everything."""

from __future__ import annotations

import importlib
import json
import os
import re
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import fresh
from whyburn import clock
from whyburn.api.postmortem.choose import Wanted, fitting
from whyburn.api.postmortem.explain import report_of
from whyburn.api.usage import usage_overview, usage_report, usage_sessions_report
from whyburn.demo import demo_workspace
from whyburn.demo.logs import AGO_MS, BUNDLE, ENDED_MS, bundled, write_logs
from whyburn.postmortem.diagnosis.drivers import NAMES
from whyburn.postmortem.findings.catalogue import CATALOGUE

NOW_MS = 1_793_000_000_000
DAY_MS = 86_400_000
STAMP = re.compile(r'(?<=":")\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z')
RESET = re.compile(r'(?<="resets_at":)\d+')


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a folder for temporary files, both empty."""
    fresh.move_in(monkeypatch, tmp_path / "home")
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path / "home"


@pytest.fixture
def build_demo(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script that makes the bundle."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "scripts"))
    return importlib.import_module("build_demo")


def _below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def _numbers() -> tuple[Any, ...]:
    """Everything of the demo that is not a date."""
    with demo_workspace() as demo:
        _, report = usage_report(demo)
        _, sessions = usage_sessions_report(demo)
    totals = report.totals._replace(first_ms=None, last_ms=None)
    return totals, [(row.names["source_session_id"], row.names["session_title"]) for row in sessions.rows]


def test_it_is_the_same_month_on_every_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens, costs, sessions, titles: only the dates follow the clock."""
    found = []
    for now in (ENDED_MS + AGO_MS, NOW_MS, NOW_MS + 3 * DAY_MS + 12_345_678, NOW_MS + 1_000 * DAY_MS):
        monkeypatch.setattr(clock, "now_ms", lambda now=now: now)
        found.append(_numbers())

    assert found == [found[0]] * 4


def test_the_logs_are_the_same_bytes_at_the_same_time(tmp_path: Path) -> None:
    """And of every other time only instants differ, each by the same amount."""
    later = 40 * DAY_MS + 12_345_678
    for name, now in (("one", NOW_MS), ("two", NOW_MS), ("later", NOW_MS + later)):
        write_logs(str(tmp_path / name), now)
    one, two, late = (_logs(tmp_path / name) for name in ("one", "two", "later"))
    moved = timedelta(milliseconds=later)

    assert one == two
    assert [_timeless(text) for text in one.values()] == [_timeless(text) for text in late.values()]
    assert {found for text in late.values() for found in _instants(text)} == {
        found + moved for text in one.values() for found in _instants(text)
    }


def _logs(folder: Path) -> dict[str, str]:
    """The text of every log, in the order of ids, which do not change."""
    paths = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.name[-41:])
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in paths}


def _timeless(text: str) -> str:
    return RESET.sub("", STAMP.sub("", text))


def _instants(text: str) -> list[datetime]:
    return [datetime.fromisoformat(found) for found in STAMP.findall(text)]


def test_a_rollout_is_named_by_the_time_of_its_first_line(tmp_path: Path) -> None:
    """In its folder and in its own name, whatever the day."""
    write_logs(str(tmp_path), NOW_MS)
    rollouts = [*tmp_path.rglob("rollout-*.jsonl")]
    began = [_instants(path.read_text("utf-8"))[0] for path in rollouts]

    assert [path.parent.relative_to(tmp_path / ".codex/sessions").as_posix() for path in rollouts] == [
        f"{one:%Y/%m/%d}" for one in began
    ]
    assert [path.name[:27] for path in rollouts] == [f"rollout-{one:%Y-%m-%dT%H-%M-%S}" for one in began]


def test_the_bundle_and_the_page_are_what_the_simulator_makes(build_demo: Any) -> None:
    """Nobody edits them by hand (mend: python scripts/build_demo.py)."""
    files, ids = build_demo.played()

    assert dict(bundled()) == files
    assert build_demo.tables(ids) in build_demo.PAGE.read_text("utf-8")
    assert os.path.getsize(BUNDLE) < 500_000


def test_every_finding_and_every_driver_is_found_where_the_page_says(build_demo: Any) -> None:
    """All ids of the catalogue and all names of drivers, by the real pipeline; nothing in sessions without fault."""
    with demo_workspace(NOW_MS) as demo:
        db = demo.reader("never")
        reports = [report_of(demo, db, session) for session in fitting(db, Wanted())]
    findings = {
        one.subject.title: {found.finding.id for found in one.verdict.findings if found.notable} for one in reports
    }
    drivers = {one.subject.title: {found.name for found in one.diagnosis.drivers} for one in reports}
    planned = {plot.title: set(plot.shows) for plot in build_demo.PLOTS}

    assert set().union(*findings.values()) == set(build_demo.IDS) == set(CATALOGUE)
    assert [title for title, shows in planned.items() if not shows <= findings[title] | drivers[title]] == []
    assert set(build_demo.SEEN_IN) == set(NAMES)
    assert [name for name, title in build_demo.SEEN_IN.items() if name not in drivers[title]] == []
    assert [title for title, shows in planned.items() if not shows and findings[title]] == []


def test_every_report_conserves_and_is_titled() -> None:
    """The bill that is explained is the ledger's, to the pico-dollar, and each list of parts sums to it."""
    with demo_workspace(NOW_MS) as demo:
        db = demo.reader("never")
        found = [(report_of(demo, db, session), _billed(db, session)) for session in fitting(db, Wanted())]

    for report, billed in found:
        lists = [report.kinds, report.sources, report.mechanisms, report.turns]
        assert [sum(row.cost for row in rows) for rows in lists] == [billed] * 4
        assert report.cost == billed
        assert report.subject.title


def _billed(db: Any, session: int) -> int:
    query = "SELECT sum(c.virtual_pico) FROM thread t JOIN call c ON c.thread = t.id WHERE t.session = ? AND c.counted"
    return int(db.execute(query, (session,)).fetchone()[0])


def test_the_reports_of_one_instant_are_the_same_twice() -> None:
    """Whatever folder they were made in: a site made from them has the same bytes."""
    assert _told() == _told()


def _told() -> list[str]:
    with demo_workspace(NOW_MS) as demo:
        db = demo.reader("never")
        told = [json.dumps(report_of(demo, db, session).as_dict(blocks=True)) for session in fitting(db, Wanted())]
        return [one.replace(demo.environ["HOME"], "~") for one in told]


def test_everything_is_priced_and_both_harnesses_work(build_demo: Any) -> None:
    """No unpriced call, no unknown count, no call with a doubt; every session is there, and the page says how many."""
    page = build_demo.PAGE.read_text("utf-8").replace("\n", " ")
    with demo_workspace() as demo:
        _, report = usage_report(demo)

    assert {row.names["harness"] for row in report.by_harness} == {"claude", "codex"}
    assert (report.totals.unpriced_calls, report.totals.unknown, report.unconfigured) == (0, 0, [])
    assert report.sessions == len(build_demo.PLOTS)
    assert f"{report.sessions} sessions" in page
    assert f"${round((report.totals.virtual_pico or 0) / 10**12)} of tokens" in page
    assert report.flagged == {}


def test_the_month_ends_before_now_and_today_is_not_empty() -> None:
    """No call lies in the future, none is older than a month; some are of the last half hour."""
    with demo_workspace() as demo:
        _, report = usage_report(demo)
        _, overview = usage_overview(demo)

    now = clock.now_ms()
    assert report.totals.first_ms is not None
    assert report.totals.last_ms is not None
    assert now - 30 * DAY_MS < report.totals.first_ms
    assert now - 1_800_000 < report.totals.last_ms < now
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
