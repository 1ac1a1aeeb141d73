"""A harness that logs usage and nothing else: no postmortem, a plain answer, and usage as ever; absent is never zero.

The harness is somebody else's, installed as another package would be, and runs in processes of the real program.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harnesses.examples import ticks
from postmortem.program import whyburn
from simulator import clean
from simulator.emit import emit

if TYPE_CHECKING:
    from collections.abc import Callable

    from fresh import Said

    Ask = Callable[..., Said]

TESTS = str(Path(__file__).parents[1])
NOTHING = "no step data"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the logs of two programs, the newest of one that tells usage only."""
    found = tmp_path_factory.mktemp("ticking")
    (found / ".ticker").mkdir()
    (found / ".ticker/a.ticks").write_bytes(ticks(1, 5, "ticking"))
    (found / "outside.ticks").write_bytes(ticks(1, 5, "outside"))
    info = found / "site/acme_ticker-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-ticker\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[whyburn.harnesses]\nticker = harnesses.examples:TICKER\n")
    emit(clean(3), str(found), now_ms=1_786_000_000_000)
    return found


@pytest.fixture(scope="module")
def ask(home: Path) -> Ask:
    """Run the program where that harness is installed."""
    path = os.pathsep.join([TESTS, str(home / "site")])
    return lambda *words: whyburn(home, *words, PYTHONPATH=path)


@pytest.mark.parametrize("words", [
    ["explain"], ["explain", "ticking", "--json"], ["why"], ["report"], ["ticker", "explain", "--last"],
    ["analyze", "session"], ["analyze", "cache", "--json"], ["analyze", "session", "--all-tool-calls"],
    ["explain", "--session-file", "outside.ticks"],
], ids=" ".join)  # fmt: skip
def test_one_session_cannot_be_taken_apart(words: list[str], ask: Ask) -> None:
    """Exit 1, one line that says why and what to type next, and no half of a report."""
    said = ask(*words)

    assert (said.code, said.err.count("\n")) == (1, 1)
    assert NOTHING in said.err
    assert "whyburn sources session ticker" in said.err
    assert "{" not in said.out


def test_its_usage_is_still_told(ask: Ask) -> None:
    """By `explain` itself, beside its error, and by the commands for usage."""
    assert "5 calls" in ask("explain").out
    assert json.loads(ask("usage", "sessions", "--harness", "ticker", "--json").out)["totals"]["calls"] == 5
    assert "ticking" in ask("ticker", "scan").out
    assert ask().code == 0


def test_an_overview_passes_over_it_and_counts_it(ask: Ask) -> None:
    """The other sessions are analysed as ever."""
    summary = json.loads(ask("overview", "--json").out)["summary"]

    assert (summary["of"], summary["sessions_analyzed"], len(summary["unreadable"])) == (2, 1, 1)
    assert NOTHING in summary["unreadable"][0]
    assert "1 session could not be analysed" in ask("overview").out


def test_a_site_is_made_of_the_others(ask: Ask, home: Path) -> None:
    """A page for the session that can be explained, and one line about the one that cannot."""
    said = ask("dashboard", "--out", "site-of-pages")

    assert said.code == 0
    assert NOTHING in said.err
    assert len(list((home / "site-of-pages").rglob("*.html"))) >= 1
    assert "claude" in ask("open", "--no-open", "--out", "open.html").out


def test_the_demo_does_not_stand_in_silently(ask: Ask) -> None:
    """Where the only sessions have no steps, the made-up ones are called so."""
    said = ask("open", "--no-open", "--harness", "ticker")

    assert (said.code, said.out) == (1, "")
    assert NOTHING.split(maxsplit=1)[1] in said.err


# --- what a harness does not record -----------------------------------------------------------------------------------


def test_absent_data_is_told_as_absent(tmp_path: Path, ask: Ask) -> None:
    """Logs of an older Claude Code do not count reasoning: null in JSON, words on the console, never 0."""
    script = replace(clean(5), counts="growing", version="2.0.14")
    path = emit(script, str(tmp_path)).files[0]
    data: dict[str, Any] = json.loads(ask("explain", "--session-file", path, "--json").out)
    text = " ".join(ask("explain", "--session-file", path).out.split())

    assert data["billed"]["tokens"]["reasoning"] is None
    assert "reasoning 0" not in text
    assert "not recorded by this harness" in text
