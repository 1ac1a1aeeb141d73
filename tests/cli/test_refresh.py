"""`whyburn refresh`, `init` and the global promises around them."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

import fresh
from tiny import CLAUDE, claude_line, write_claude
from whyburn.cli.app import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command in an empty home; (code, out, err)."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "WHYBURN_DB"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run([str(word) for word in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_init_creates_a_private_ledger_and_prints_its_path(ask: Any, tmp_path: Path) -> None:
    """At the usual place, readable by its owner only; a second time changes nothing."""
    code, out, _ = ask("init")
    again = ask("init")

    ledger = tmp_path / ".local/state/whyburn/whyburn.db"
    assert code == 0
    assert out == f"{ledger}\n"
    assert again[0] == 0
    assert stat.S_IMODE(ledger.stat().st_mode) == 0o600


def test_init_at_another_place_leaves_the_usual_one_alone(ask: Any, tmp_path: Path) -> None:
    """`--db` names the file."""
    ask("--db", str(tmp_path / "other.db"), "init")

    assert (tmp_path / "other.db").exists()
    assert not (tmp_path / ".local").exists()


def test_a_second_refresh_inserts_nothing(ask: Any, tmp_path: Path) -> None:
    """The first stores the calls, the second opens no file; sources stay as they are."""
    log = write_claude(tmp_path, [claude_line(1), claude_line(2)])
    before = _hash(log)

    first = json.loads(ask("refresh", "--json")[1])["results"][0]
    second = json.loads(ask("refresh", "--json")[1])["results"][0]

    assert (first["inserted"], first["files_read"]) == (2, 1)
    assert (second["inserted"], second["files_read"]) == (0, 0)
    assert _hash(log) == before


def test_only_the_tail_of_a_grown_file_is_read(ask: Any, tmp_path: Path) -> None:
    """Bytes read after an append are the bytes that were appended."""
    log = write_claude(tmp_path, [claude_line(1)])
    ask("refresh")
    extra = claude_line(2) + "\n"
    with log.open("a") as file:
        file.write(extra)

    done = json.loads(ask("refresh", "--json")[1])["results"][0]

    assert (done["inserted"], done["bytes_read"]) == (1, len(extra))


def test_a_dry_run_leaves_the_ledger_byte_for_byte(ask: Any, tmp_path: Path) -> None:
    """It tells what would be inserted, with and without harness and source."""
    ledger = tmp_path / "l.db"
    ask("--db", str(ledger), "init")
    before = _hash(ledger)
    write_claude(tmp_path, [claude_line(1)])

    plain = json.loads(ask("--db", str(ledger), "refresh", "--dry-run", "--json")[1])
    one = json.loads(ask("--db", str(ledger), "refresh", "--dry-run", "--harness", "claude", "--source",
                         str(tmp_path / CLAUDE), "--json")[1])  # fmt: skip

    assert plain["results"][0]["inserted"] == one["results"][0]["inserted"] == 1
    assert _hash(ledger) == before


def test_a_dry_run_without_a_ledger_makes_none(ask: Any, tmp_path: Path) -> None:
    """It imports into memory."""
    write_claude(tmp_path, [claude_line(1)])

    code, _, _ = ask("refresh", "--dry-run")

    assert code == 0
    assert not (tmp_path / ".local").exists()


def test_a_source_that_does_not_exist_is_one_line_and_exit_1(ask: Any) -> None:
    """Nothing on stdout, also with --json."""
    for extra in ((), ("--json",)):
        code, out, err = ask("refresh", "--harness", "claude", "--source", "/nowhere/at/all", *extra)

        assert (code, out) == (1, "")
        assert err == "whyburn: /nowhere/at/all does not exist\n"


@pytest.mark.parametrize("words", [["--source", "/tmp"], ["--harness", "nobody"]])
def test_a_source_needs_its_harness_and_a_harness_must_be_known(ask: Any, words: list[str]) -> None:
    """Both say what to give instead."""
    code, out, err = ask("refresh", *words)

    assert (code, out) == (1, "")
    assert "harness" in err


def test_missing_places_follow_the_setting(ask: Any, tmp_path: Path) -> None:
    """warn says so, skip is silent, error exits 1 for a configured place."""
    settings = tmp_path / ".config/whyburn/config.toml"
    settings.parent.mkdir(parents=True)
    for word, code in (("warn", 0), ("skip", 0), ("error", 1)):
        settings.write_text(f'[imports]\nmissing_source = "{word}"\n[imports.sources]\nclaude = "/not/here"\n')

        got, out, err = ask("refresh", "--harness", "claude", "--json")

        assert got == code, err
        if code == 0:
            message = json.loads(out)["results"][0]["message"]
            assert (message is None) == (word == "skip")


def test_one_session_can_be_read_alone_without_losing_the_others(ask: Any, tmp_path: Path) -> None:
    """--source-session takes the calls of that session; a later refresh takes the rest."""
    write_claude(tmp_path, [claude_line(1)], session="aaaa")
    write_claude(tmp_path, [claude_line(2)], session="bbbb")

    one = json.loads(ask("refresh", "--source-session", "aaaa", "--json")[1])["results"][0]
    rest = json.loads(ask("refresh", "--json")[1])["results"][0]

    assert (one["inserted"], rest["inserted"]) == (1, 1)


def test_raw_records_are_kept_only_on_request_and_can_be_erased(ask: Any, tmp_path: Path) -> None:
    """--raw keeps the log line, --no-raw does not whatever the settings say, --purge-raw leaves no trace."""
    secret = "planted-secret-sentence"
    write_claude(tmp_path, [claude_line(1, text=secret)], session="aaaa")
    ledger = tmp_path / "l.db"
    settings = tmp_path / ".config/whyburn/config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("[imports]\ninclude_raw_json = true\n")

    def stored() -> bool:
        return any(secret.encode() in path.read_bytes() for path in tmp_path.glob("l.db*"))

    ask("--db", str(ledger), "refresh", "--no-raw")
    without = stored()
    ask("--db", str(ledger), "refresh", "--full")
    with_setting = stored()
    ask("--db", str(ledger), "refresh", "--purge-raw", "--no-raw")

    assert (without, with_setting, stored()) == (False, True, False)


def test_a_full_refresh_mends_what_is_derived(ask: Any, tmp_path: Path) -> None:
    """Damaged sums and costs come right again, also when the log is gone."""
    log = write_claude(tmp_path, [claude_line(1), claude_line(2)])
    ledger = str(tmp_path / "l.db")
    ask("--db", ledger, "refresh")
    with sqlite3.connect(ledger) as db:
        db.execute("UPDATE rollup SET input = input + 7")
        db.execute("UPDATE call SET virtual_pico = 1")
    log.unlink()

    ask("--db", ledger, "refresh", "--full")

    code, out, _ = ask("--db", ledger, "doctor", "--deep", "--json")
    assert (code, json.loads(out)["wrong"]) == (0, [])


@pytest.mark.parametrize("damage", ["output = output + 0.5", "input = 'many'"])
def test_a_full_refresh_reads_damaged_calls_again(ask: Any, tmp_path: Path, damage: str) -> None:
    """A number that is no integer gives way to what the log says, although it may look like more."""
    write_claude(tmp_path, [claude_line(1), claude_line(2)])
    ledger = str(tmp_path / "l.db")
    ask("--db", ledger, "refresh")
    with sqlite3.connect(ledger) as db:
        db.execute(f"UPDATE call SET {damage} WHERE id = 1")

    ask("--db", ledger, "refresh", "--full")

    _, out, _ = ask("--db", ledger, "doctor", "--deep", "--json")
    assert json.loads(out)["wrong"] == []


def test_a_busy_ledger_is_left_alone_on_request(ask: Any, tmp_path: Path) -> None:
    """--if-idle does nothing while another refresh holds the lock."""
    from whyburn.ledger.database import refresh_lock

    ledger = str(tmp_path / "l.db")
    ask("--db", ledger, "init")
    write_claude(tmp_path, [claude_line(1)])
    with refresh_lock(ledger):
        code, out, _ = ask("--db", ledger, "refresh", "--if-idle", "--json")
        said = ask("--db", ledger, "refresh", "--if-idle")

    assert (code, json.loads(out)["results"]) == (0, [])
    assert tuple(said) == (0, "not refreshed: another refresh is running, or reports.refresh is never\n", "")


def test_a_dry_run_erases_nothing(ask: Any, tmp_path: Path) -> None:
    """--purge-raw stores, so the two are refused together, and the records are still there."""
    ledger = str(tmp_path / "l.db")
    write_claude(tmp_path, [claude_line(1)])
    ask("--db", ledger, "refresh", "--raw")

    code, out, err = ask("--db", ledger, "refresh", "--dry-run", "--purge-raw")

    assert (code, out, len(err.splitlines())) == (2, "", 1)
    with closing(sqlite3.connect(ledger)) as db:
        assert db.execute("SELECT count(*) FROM raw").fetchone() == (1,)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--db", "{dir}/text.db", "usage", "today"], 1),
        (["--db", "{dir}/newer.db", "usage", "today"], 1),
        (["--db", "{dir}/newer.db", "refresh"], 1),
        (["--db", "{dir}", "init"], 1),
        (["usage", "summary", "--since", "2026-13-01"], 1),
        (["usage", "summary", "--timezone", "Nowhere/Land"], 1),
        (["usage", "summary", "--no-such-option"], 2),
        (["usage", "today", "--since", "2026-01-01"], 2),
        (["bogus"], 2),
        (["refresh", "extra"], 2),
    ],
)
def test_every_error_is_one_line_and_nothing_on_stdout(
    ask: Any, tmp_path: Path, arguments: list[str], code: int
) -> None:
    """1 for data and values, 2 for syntax; never a traceback, and nothing is changed."""
    (tmp_path / "text.db").write_text("this is no ledger, but a long enough text to be looked at as a file " * 20)
    with sqlite3.connect(tmp_path / "newer.db") as db:
        db.execute("PRAGMA user_version = 999")
        db.execute("CREATE TABLE t(x)")
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.db")}

    got, out, err = ask(*(word.format(dir=tmp_path) for word in arguments))

    assert (got, out) == (code, "")
    assert err.startswith("whyburn: ")
    assert err.count("\n") == 1
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.db")} == before


def test_a_ledger_that_cannot_be_written_still_answers(ask: Any, tmp_path: Path) -> None:
    """Stored numbers on stdout, one line on stderr."""
    write_claude(tmp_path, [claude_line(1)])
    ledger = tmp_path / "state/l.db"
    ask("--db", str(ledger), "refresh")
    ledger.parent.chmod(0o500)
    ledger.chmod(0o400)
    try:
        code, out, err = fresh.ask_bound("--db", ledger, "usage", "summary", "--json", "--refresh")
    finally:
        ledger.parent.chmod(0o700)

    assert (code, json.loads(out)["totals"]["calls"]) == (0, 1)
    assert err.count("\n") == 1
