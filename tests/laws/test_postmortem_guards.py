"""Law 5 for every command of the postmortem: logs are only read, no network, and pages that ask nobody for anything."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from laws.test_guards import set_modes, state_of
from simulator import seeded
from simulator.emit import emit

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMANDS = [
    "", "why", "explain", "explain --json --blocks", "explain --markdown --out made/one.md",
    "explain --redact none", "explain --redact share --no-content", "claude explain --last",
    "codex explain --last --json", "report --out made/report.html", "codex report --last --out made/codex.html",
    "overview --out made/overview.html --session-reports",
    "overview --json --no-cache", "overview --json --cache-dir made/cache", "dashboard --out made/site",
    "dashboard --json", "dashboard --demo --out made/demo-dashboard", "demo-site --out made/demo",
    "open --no-open --out made/open.html", "scan --json", "analyze session --details",
    "analyze session --all-tool-calls --persist", "analyze cache --json", "analyze trace trace.jsonl",
    "usage sessions --with-summary", "overview --claude-home .claude --json",
    "claude explain --last --claude-home .claude --json",
]  # fmt: skip
TRACE = '{"step": "plan", "model": "claude-opus-4-5", "input_tokens": 9200, "output_tokens": 640, "cost_usd": 0.5}\n'
OUTWARD = re.compile(
    r"""(?ix) (?:src|href|srcset|action|formaction|poster|data|ping|manifest)\s*=\s*["']?\s*(?:[a-z]+:)?//
    | url\(\s*["']?(?!\#|data:) | @import
    | <(?:script|link|img|iframe|object|embed)[^>]+(?:src|href)\s*=\s*["'](?!data:)
    | \bfetch\s*\(|\b(?:XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts)\b"""
)
"""What makes a browser ask for something."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a session of each program."""
    found = tmp_path_factory.mktemp("guarded")
    emit(seeded("duplicate-read", 1, "claude").script, str(found))
    emit(seeded("retry-loop", 2, "codex").script, str(found), seed=2)
    (found / "trace.jsonl").write_text(TRACE)
    return found


@pytest.fixture(scope="module")
def seen(home: Path) -> Iterator[list[dict[str, Any]]]:
    """What every command did, over logs that nobody may write; they are compared with what they were."""
    folders = [home / ".claude", home / ".codex"]
    for folder in folders:
        set_modes(folder, 0o400, 0o500)
    before = [state_of(folder) for folder in folders]
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    environ = {**kept, "HOME": str(home), "TZ": "UTC", "PYTHONPATH": str(Path(__file__).parents[1])}
    report = home / "events.json"
    command = [sys.executable, "-m", "laws.audited_commands", str(report), *COMMANDS]
    subprocess.run(command, check=True, cwd=home, env=environ)
    after = [state_of(folder) for folder in folders]
    yield [*json.loads(report.read_text()), {"before": before, "after": after}]
    for folder in folders:
        set_modes(folder, 0o600, 0o700)


def test_every_command_works_and_does_nothing_that_is_forbidden(seen: list[dict[str, Any]]) -> None:
    """No socket, no other program, no log opened for writing, nothing changed beside one."""
    told = seen[:-1]

    assert [one["command"] for one in told] == COMMANDS
    assert [one for one in told if one["code"] != 0] == []
    assert {one["command"]: one["forbidden"] for one in told if one["forbidden"]} == {}
    assert sum(one["reads"] for one in told) > len(COMMANDS)


def test_logs_are_left_exactly_as_they_were(seen: list[dict[str, Any]]) -> None:
    """Bytes, times, modes and listings."""
    assert seen[-1]["before"] == seen[-1]["after"]


def test_the_demo_reads_no_log(seen: list[dict[str, Any]]) -> None:
    """Not one is opened, though there are some."""
    reads = {one["command"]: one["reads"] for one in seen[:-1]}

    assert [reads[command] for command in COMMANDS if "demo" in command] == [0, 0]


def test_no_page_asks_for_anything(seen: list[dict[str, Any]], home: Path) -> None:
    """Reports, overviews, sites and the demo: nothing is loaded, sent or fetched, and the page itself forbids it."""
    pages = sorted((home / "made").rglob("*.html"))
    asking = {page.name: found[0] for page in pages if (found := OUTWARD.search(page.read_text()))}

    assert len(seen) > 1
    assert len(pages) > 20
    assert asking == {}
    for page in pages:
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page.read_text())
        assert policy is not None, page
        assert "default-src 'none'" in policy[1]


def test_the_search_for_requests_would_find_one() -> None:
    """Each way to ask somebody else."""
    for text in ('<img src="x.png">', "<a href='https://example.org'>", "url(//example.org/a)", "fetch('/x')",
                 '<script src="a.js">', "@import 'x'", '<form action="//example.org">'):  # fmt: skip
        assert OUTWARD.search(text), text
    assert not OUTWARD.search('<a href="#call-3">call 3</a><a href="sessions/a.html">a</a> url(#stripes)')
