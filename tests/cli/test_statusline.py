"""The statusline: one line, at once, in every prompt, whatever state the ledger is in."""

from __future__ import annotations

import io
import json
import sqlite3
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

import fresh
from tiny import claude_line, write_claude
from whyburn.cli import statusline

if TYPE_CHECKING:
    from pathlib import Path

DEAR_MODULES = {
    "click", "msgspec", "dataclasses", "tomllib", "rich", "inspect", "typing", "pathlib", "datetime.zoneinfo",
    "zoneinfo", "importlib.metadata", "subprocess", "whyburn.api", "whyburn.cli.app", "whyburn.ledger",
    "whyburn.harnesses", "whyburn.prices", "whyburn.settings.loader",
}  # fmt: skip
POPEN = subprocess.Popen
LINE = "claude · claude-sonnet-4-5-20250929 · 220 tok · +2.0k cached · v<$0.01"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> fresh.Home:
    """A home without anything; processes are not started."""
    fresh.move_in(monkeypatch, tmp_path)
    monkeypatch.setattr(subprocess, "Popen", _refused)
    return fresh.Home(tmp_path, capsys)


@pytest.fixture
def filled(home: fresh.Home) -> fresh.Home:
    """That home after a refresh: one session, two calls."""
    write_claude(home.path, [claude_line(1), claude_line(2)])
    assert home.ask("refresh").code == 0
    return home


def _refused(*_: Any, **__: Any) -> None:
    raise AssertionError("a process was started")


def _printed(home: fresh.Home, *words: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What the short path prints."""
    capsys.readouterr()
    assert statusline.can_answer(list(words))
    assert statusline.run(list(words)) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def _store(home: fresh.Home, key: str, value: str) -> None:
    with sqlite3.connect(home.ledger) as db:
        db.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (key, value))
    db.close()


@pytest.mark.parametrize("words", [["statusline", "--no-refresh"], ["usage", "statusline", "--no-refresh"]])
def test_the_short_path_imports_nothing_dear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    """A real process: the budget is in names, and a few dozen of our own and of Python's are all there are."""
    fresh.move_in(monkeypatch, tmp_path)
    write_claude(tmp_path, [claude_line(1), claude_line(2)])
    subprocess.run([sys.executable, "-m", "whyburn", "refresh"], check=True, capture_output=True)

    said, names = fresh.imported(fresh.PROGRAM, *words)

    assert (said.code, said.out, said.err) == (0, LINE + "\n", "")
    assert names & DEAR_MODULES == set()
    assert {name for name in names if name.startswith("whyburn.")} == {
        "whyburn.cli", "whyburn.cli.prompt_line", "whyburn.cli.statusline", "whyburn.settings",
        "whyburn.settings.paths", "whyburn.views", "whyburn.views.words",
    }  # fmt: skip


@pytest.mark.parametrize("words", [["statusline"], ["usage", "statusline"]])
def test_both_names_and_both_paths_say_the_same(
    filled: fresh.Home, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The short path, the click command behind a global option, the older name."""
    short = _printed(filled, *words, "--no-refresh", capsys=capsys)
    long = filled.ask("--db", filled.ledger, *words, "--no-refresh")

    assert short == LINE + "\n"
    assert (long.code, long.out) == (0, short)


def test_what_the_short_path_does_not_know_goes_to_the_command_line(filled: fresh.Home) -> None:
    """Help and mistakes are answered as for any command."""
    assert not statusline.can_answer(["statusline", "--help"])
    assert not statusline.can_answer(["usage", "statusline", "--nonsense"])
    assert not statusline.can_answer(["sources", "statusline"])
    assert filled.ask("statusline", "--nonsense").code == 2


def test_without_data_it_says_so(home: fresh.Home, capsys: pytest.CaptureFixture[str]) -> None:
    """No ledger and an empty one: a line, exit 0, nothing created."""
    none = _printed(home, "statusline", "--no-refresh", capsys=capsys)
    created = home.ledger.exists()
    home.ask("init")
    empty = _printed(home, "statusline", "--no-refresh", capsys=capsys)

    assert none == empty == "whyburn: no usage sources\n"
    assert not created


def test_json_holds_the_line_and_its_parts(filled: fresh.Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Integers for machines, the line as it would be printed, and how old it is."""
    found = json.loads(_printed(filled, "statusline", "--no-refresh", "--json", capsys=capsys))

    assert (found["schema_version"], found["kind"], found["type"]) == (1, "statusline", "statusline")
    assert found["line"] == LINE
    assert (found["harness"], found["source_session_id"], found["calls"]) == ("claude", "aaaa", 2)
    assert (found["model_id"], found["provider_id"]) == ("claude-sonnet-4-5-20250929", "anthropic")
    assert found["tokens"] == {"total": 220, "cache_read": 2_000, "accounting_total": 2_620}
    assert found["costs"]["virtual_cost_pico_usd"] == 5_160_000_000
    assert found["stale_seconds"] in range(60)
    assert json.loads(filled.ask("statusline", "--no-refresh", "--json").out).keys() == found.keys()


def test_json_without_data_is_still_json(home: fresh.Home, capsys: pytest.CaptureFixture[str]) -> None:
    """The line and no invented numbers."""
    found = json.loads(_printed(home, "statusline", "--no-refresh", "--json", capsys=capsys))

    assert found["line"] == "whyburn: no usage sources"
    assert found["stale_seconds"] is None
    assert "tokens" not in found


def test_names_from_logs_cannot_touch_the_terminal(home: fresh.Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Escapes, newlines, reversed text and endless names: one printable line of bounded length."""
    write_claude(home.path, [claude_line(1, model="evil\x1b[2J\x1b]0;owned\x07\n\r\u202e\u0000" + "x" * 500)])
    home.ask("refresh")

    line = _printed(home, "statusline", "--no-refresh", capsys=capsys)

    assert line.count("\n") == 1
    assert line.strip("\n").isprintable()
    assert len(line) < 120


def test_an_output_that_lacks_the_characters_gets_others(filled: fresh.Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ASCII terminal is no reason for a traceback in every prompt."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii", write_through=True))

    code = statusline.run(["statusline", "--no-refresh"])

    assert (code, raw.getvalue().decode("ascii")) == (0, LINE.replace("·", "|") + "\n")


def test_the_newest_session_wins_over_all_harnesses(filled: fresh.Home, capsys: pytest.CaptureFixture[str]) -> None:
    """By its last call, not by its first and not by when it was read."""
    later, earlier = "2026-03-02T12:00:00.000Z", "2026-03-02T08:00:00.000Z"
    write_claude(filled.path, [claude_line(5, stamp=earlier, output=5)], session="cccc")
    write_claude(filled.path, [claude_line(3, stamp=earlier), claude_line(4, stamp=later, output=9)], session="bbbb")
    filled.ask("refresh")

    found = json.loads(_printed(filled, "statusline", "--no-refresh", "--json", capsys=capsys))

    assert (found["source_session_id"], found["calls"], found["last_ms"]) == ("bbbb", 2, 1_772_452_800_000)


def test_unpriced_calls_are_counted_and_never_cost_nothing(
    home: fresh.Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """A question mark with their number; no dollar sign where nothing could be priced."""
    write_claude(home.path, [claude_line(1, model="claude-from-tomorrow")])
    home.ask("refresh")

    line = _printed(home, "statusline", "--no-refresh", capsys=capsys)

    assert line == "claude · claude-from-tomorrow · 110 tok · +1.0k cached · ?1\n"


def test_a_refresh_that_is_due_is_started_and_not_waited_for(
    filled: fresh.Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Detached, quiet, giving way to another one, with the ledger and the settings that were asked for."""
    started: list[tuple[list[str], dict[str, Any]]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **how: started.append((command, how)))
    _store(filled, "refreshed_ms", "1000")

    short = _printed(filled, "statusline", capsys=capsys)
    filled.ask("--config", "/etc/own.toml", "statusline")

    (command, how), (second, _) = started
    assert short == LINE + "\n"
    assert command == [sys.executable, "-m", "whyburn", "--db", str(filled.ledger), "refresh", "--if-idle", "--json"]
    assert second[5:7] == ["--config", "/etc/own.toml"]
    assert (how["start_new_session"], how["stdin"], how["stdout"]) == (True, subprocess.DEVNULL, subprocess.DEVNULL)


def test_no_refresh_is_started_when_it_is_not_due_or_not_wanted(
    filled: fresh.Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """The fixture fails the test if a process is started."""
    _printed(filled, "statusline", capsys=capsys)
    _store(filled, "refreshed_ms", "1000")
    _printed(filled, "statusline", "--no-refresh", capsys=capsys)


def test_a_refresh_that_cannot_be_started_is_nobody_s_trouble(
    filled: fresh.Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Out of processes: the stored line is printed all the same."""

    def fail(*_: Any, **__: Any) -> None:
        raise OSError("Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", fail)
    _store(filled, "refreshed_ms", "1000")

    assert _printed(filled, "statusline", capsys=capsys) == LINE + "\n"


def test_the_started_refresh_is_a_command_that_works(filled: fresh.Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is handed to the process is a command line of this program."""
    started: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: started.append(command))
    _store(filled, "refreshed_ms", "1000")
    statusline.run(["statusline"])
    write_claude(filled.path, [claude_line(7)], session="eeee")

    code, out, _ = filled.ask(*started[0][3:])

    assert (code, json.loads(out)["results"][0]["inserted"]) == (0, 1)


@pytest.mark.parametrize("missing", ["cwd", "calls", "all_tokens"])
def test_json_of_a_row_with_fewer_fields_says_what_is_known(filled: fresh.Home, missing: str) -> None:
    """A row that an older refresh prepared: null, not a traceback."""
    with sqlite3.connect(filled.ledger) as db:
        prepared = json.loads(db.execute("SELECT value FROM meta WHERE key = 'statusline'").fetchone()[0])
    db.close()
    del prepared["row"][missing]
    _store(filled, "statusline", json.dumps(prepared))

    code, out, err = filled.ask("statusline", "--no-refresh", "--json")

    assert (code, err, json.loads(out)["line"]) == (0, "", LINE)


def test_the_settings_say_how_often_a_prompt_refreshes(
    filled: fresh.Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`reports.min_refresh_interval_secs` holds for prompts too."""
    started: list[object] = []
    monkeypatch.setattr(subprocess, "Popen", lambda *words, **_: started.append(words))
    filled.settings("config.toml", "[reports]\nmin_refresh_interval_secs = 3600\n")
    filled.ask("refresh")
    for age_s, count in ((1800, 0), (3700, 1)):
        _store(filled, "refreshed_ms", str(time.time_ns() // 1_000_000 - age_s * 1000))
        _printed(filled, "statusline", capsys=capsys)
        assert len(started) == count


@pytest.mark.parametrize("content", [b"not a database, only a text " * 100, b"", b"SQLite format 3\0" + b"\xff" * 9000])
def test_a_file_that_is_no_ledger_gives_a_line(
    home: fresh.Home, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    """It does not pretend that there is no usage: it names the command that tells more."""
    home.ledger.parent.mkdir(parents=True)
    home.ledger.write_bytes(content)

    for words in (["statusline", "--no-refresh"], ["usage", "statusline", "--no-refresh"]):
        assert _printed(home, *words, capsys=capsys) == "whyburn: the ledger cannot be read (whyburn doctor)\n"
    found = json.loads(_printed(home, "statusline", "--no-refresh", "--json", capsys=capsys))
    assert found["line"].startswith("whyburn: the ledger cannot be read")


@pytest.mark.parametrize("row", ["[{}]", "[1]", "{", '[{"harness": "claude"}]', '{"a": 1}'])
def test_a_row_of_another_version_gives_a_line(
    filled: fresh.Home, capsys: pytest.CaptureFixture[str], row: str
) -> None:
    """What was prepared by a program of another age is not worth a traceback."""
    _store(filled, "statusline", row)

    assert "cannot be read" in _printed(filled, "statusline", "--no-refresh", capsys=capsys)
    assert "cannot be read" in _printed(filled, "statusline", "--no-refresh", "--json", capsys=capsys)


def test_a_ledger_that_is_being_written_is_read_all_the_same(
    filled: fresh.Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """A refresh in the middle of its transaction hides nothing that was stored before."""
    writer = sqlite3.connect(filled.ledger, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM meta")
    try:
        line = _printed(filled, "statusline", "--no-refresh", capsys=capsys)
    finally:
        writer.execute("ROLLBACK")
        writer.close()

    assert line == LINE + "\n"


def test_a_ledger_in_a_folder_that_cannot_be_written_is_read_all_the_same(
    filled: fresh.Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite cannot lay its shared memory there: the file is read as one that nobody changes."""
    filled.ledger.parent.chmod(0o500)
    monkeypatch.setattr(subprocess, "Popen", POPEN)
    try:
        said = fresh.ask_bound("statusline", "--no-refresh")
    finally:
        filled.ledger.parent.chmod(0o700)

    assert said == (0, LINE + "\n", "")


def test_a_locked_ledger_gives_a_line_soon(filled: fresh.Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Another program holds the whole file: a prompt waits a fifth of a second and no longer."""
    writer = sqlite3.connect(filled.ledger, isolation_level=None)
    writer.execute("PRAGMA journal_mode = DELETE")
    writer.execute("BEGIN EXCLUSIVE")
    try:
        line = _printed(filled, "statusline", "--no-refresh", capsys=capsys)
    finally:
        writer.execute("ROLLBACK")
        writer.close()

    assert line == "whyburn: the ledger cannot be read (whyburn doctor)\n"


def _settings(home: fresh.Home, text: str) -> None:
    path = home.path / ".config/whyburn/config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_settings_choose_elements_basis_and_width(home: fresh.Home, capsys: pytest.CaptureFixture[str]) -> None:
    """They are stored with the row by the refresh, so that no prompt has to read them."""
    write_claude(home.path, [claude_line(1), claude_line(2)])
    _settings(home, '[statusline]\nelements = ["cost", "session", "cache_ratio", "cwd"]\n')
    home.ask("refresh")
    chosen = _printed(home, "statusline", "--no-refresh", capsys=capsys)
    _settings(home, '[statusline]\nelements = ["cost", "harness"]\nbasis = "actual"\n')
    home.ask("refresh")
    paid = _printed(home, "statusline", "--no-refresh", capsys=capsys)
    _settings(home, "[statusline]\nmax_width = 20\n")
    home.ask("refresh")
    narrow = _printed(home, "statusline", "--no-refresh", capsys=capsys)

    assert chosen == "v<$0.01 · aaaa · cache 82% · /home/ana/shop\n"
    assert paid == "a$0.00 · claude\n"
    assert narrow == LINE[:19] + "…\n"


def test_refresh_never_starts_no_process(home: fresh.Home, capsys: pytest.CaptureFixture[str]) -> None:
    """The setting holds for prompts too, and a timer that asks all the same reads nothing."""
    write_claude(home.path, [claude_line(1)])
    _settings(home, '[reports]\nrefresh = "never"\n')
    assert home.ask("refresh").code == 0
    _store(home, "refreshed_ms", "0")

    line = _printed(home, "statusline", capsys=capsys)
    asked = home.ask("refresh", "--if-idle", "--json")

    assert line.startswith("claude")
    assert json.loads(asked.out)["results"] == []


def test_reported_rate_limits_are_shown(home: fresh.Home, capsys: pytest.CaptureFixture[str]) -> None:
    """The newest state of each window, told by its length."""
    limits = {"limit_id": "codex", "primary": {"used_percent": 62.4, "window_minutes": 300, "resets_at": 1},
              "secondary": {"used_percent": 8, "window_minutes": 10080, "resets_at": 1}}  # fmt: skip
    counts = {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110}
    rows: list[tuple[str, dict[str, Any]]] = [
        ("session_meta", {"id": "0199a1f0-3c11-7d20-9f52-2b8f64f1aa01", "cwd": "/home/ana/shop"}),
        ("turn_context", {"model": "gpt-5.1-codex"}),
        ("event_msg", {"type": "token_count", "rate_limits": limits,
                       "info": {"total_token_usage": counts, "last_token_usage": counts}}),
    ]  # fmt: skip
    path = (
        home.path / ".codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-0199a1f0-3c11-7d20-9f52-2b8f64f1aa01.jsonl"
    )
    path.parent.mkdir(parents=True)
    stamp = "2026-11-20T10:00:00.000Z"
    path.write_text(
        "".join(json.dumps({"timestamp": stamp, "type": kind, "payload": body}) + "\n" for kind, body in rows)
    )
    home.ask("refresh")

    assert " · 5h 62% 1w 8%" in _printed(home, "statusline", "--no-refresh", capsys=capsys)
