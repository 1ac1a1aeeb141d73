"""`whyburn doctor`: each thing that can be wrong is found and named, and nothing is changed by looking."""

from __future__ import annotations

import json
import os
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

import fresh
from tiny import claude_line, write_claude

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> fresh.Home:
    """A home with one session of three calls, read."""
    fresh.move_in(monkeypatch, tmp_path)
    found = fresh.Home(tmp_path, capsys)
    write_claude(tmp_path, [claude_line(1), claude_line(2, output=70), claude_line(3)])
    assert found.ask("refresh").code == 0
    return found


def _log(home: fresh.Home) -> str:
    return str(next(home.path.glob(".claude/projects/*/*.jsonl")))


def _damage(home: fresh.Home, sql: str) -> None:
    with sqlite3.connect(home.ledger) as db:
        db.execute(sql)
    db.close()


def _files(home: fresh.Home) -> dict[Path, bytes]:
    files = (path for path in home.path.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal")))
    return {path: path.read_bytes() for path in files}


def _diagnosed(home: fresh.Home, *options: str) -> dict[str, Any]:
    code, out, _ = home.ask("doctor", *options, "--json")
    assert code == 0
    return json.loads(out)


def _wrong(home: fresh.Home) -> list[dict[str, Any]]:
    return _diagnosed(home, "--deep")["wrong"]


def test_a_sound_ledger_is_called_sound_only_after_a_deep_look(home: fresh.Home) -> None:
    """Without --deep nothing was recomputed, and the screen says so and what to type."""
    plain = home.ask("doctor")
    deep = home.ask("doctor", "--deep")

    assert "3 calls, not checked in depth" in plain.out
    assert "whyburn doctor --deep" in plain.out
    assert "3 calls, sound" in deep.out
    assert "wrong" not in deep.out
    assert (plain.code, deep.code) == (0, 0)


def test_looking_changes_nothing(home: fresh.Home) -> None:
    """Ledger and logs are byte for byte what they were; only SQLite may lay its companions beside the ledger."""
    _damage(home, "UPDATE call SET virtual_pico = 1 WHERE id = 1")
    before = _files(home)

    home.ask("doctor", "--deep")

    assert _files(home) == before


@pytest.mark.parametrize(
    ("sql", "check", "said"),
    [
        ("UPDATE rollup SET input = input + 7", "sums", "the sum of session claude/aaaa at 2026-03-02 10:00 UTC"),
        ("UPDATE rollup SET virtual_pico = virtual_pico - 1", "sums", "session claude/aaaa"),
        ("DELETE FROM rollup", "sums", "session claude/aaaa at 2026-03-02 10:00 UTC is missing or differs"),
        ("UPDATE rollup SET slot = 1 << 60", "sums", "is too much"),
        ("UPDATE rollup_hour SET output = 1", "sums", "the hourly sum at 2026-03-02 10:00 UTC differs"),
        ("DELETE FROM rollup_hour", "sums", "the hourly sum at 2026-03-02 10:00 UTC differs"),
        ("UPDATE session SET calls = 9", "sums", "what is noted of session claude/aaaa differs from its sums"),
    ],
)
def test_a_damaged_sum_is_found_and_mended_by_what_comes_next(
    home: fresh.Home, sql: str, check: str, said: str
) -> None:
    """With the ledger's path and whose sum it is; `refresh --full` is suggested and is enough."""
    _damage(home, sql)

    found = _diagnosed(home, "--deep")
    home.ask("refresh", "--full")

    assert {(one["check"], one["file"]) for one in found["wrong"]} == {(check, str(home.ledger))}
    assert any(said in one["message"] for one in found["wrong"])
    assert found["next"][0] == "whyburn refresh --full"
    assert _wrong(home) == []


@pytest.mark.parametrize("column", ["virtual_pico", "actual_pico", "rate"])
def test_a_damaged_cost_of_one_call_is_found_with_file_and_line(home: fresh.Home, column: str) -> None:
    """The line is that of the record in the log; sums are said to be wrong too, because they are."""
    _damage(home, f"UPDATE call SET {column} = 0 WHERE id = 2")
    if column == "actual_pico":
        _damage(home, "UPDATE call SET actual_pico = 12 WHERE id = 2")

    found = [one for one in _wrong(home) if one["check"] == "costs"]
    home.ask("refresh", "--full")

    assert [(one["file"], one["line"]) for one in found] == [(_log(home), 2)]
    assert _wrong(home) == []


@pytest.mark.parametrize(
    ("value", "said"), [("100.5", "stored as real"), ("'many'", "stored as text"), ("-4", "has a negative count")]
)
def test_a_count_that_is_no_count_is_found_with_file_and_line(home: fresh.Home, value: str, said: str) -> None:
    """A float, a text, less than nothing: costs are not even asked for."""
    _damage(home, f"UPDATE call SET output = {value} WHERE id = 3")

    found = [one for one in _wrong(home) if one["check"] == "types"]

    assert [(one["file"], one["line"]) for one in found] == [(_log(home), 3)]
    assert said in found[0]["message"]


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        ("UPDATE source SET position = position - 1", 3),
        ("UPDATE source SET position = -5", None),
        ("UPDATE source SET position = position + 100", None),
        ("UPDATE source SET guard = x'00'", 4),
    ],
)
def test_a_damaged_checkpoint_is_found_with_the_log_it_speaks_of(home: fresh.Home, sql: str, line: int | None) -> None:
    """Its line where the position is one in the file; a full refresh sets it right."""
    _damage(home, sql)

    found = _wrong(home)
    home.ask("refresh", "--full")

    assert [(one["check"], one["file"], one["line"]) for one in found] == [("checkpoint", _log(home), line)]
    assert _wrong(home) == []


@pytest.mark.parametrize(
    "sql",
    ["UPDATE call SET thread = 99 WHERE id = 1", "UPDATE call SET facet = 99 WHERE id = 1", "DELETE FROM call_key"],
)
def test_rows_that_hang_in_the_air_are_found(home: fresh.Home, sql: str) -> None:
    """They are named as damage of the file; nothing that needs those rows is asked."""
    _damage(home, sql)

    assert "file" in {one["check"] for one in _wrong(home)}


def test_a_log_that_can_no_longer_be_read_is_no_damage(home: fresh.Home) -> None:
    """Its checkpoint cannot be checked, so it is not called wrong."""
    os.chmod(_log(home), 0)

    code, out, err = fresh.ask_bound("doctor", "--deep", "--json")

    assert (code, err, json.loads(out)["wrong"]) == (0, "", [])


def test_bad_settings_are_named_with_file_and_line(home: fresh.Home) -> None:
    """A wrong value, an unknown key and a price row that cannot be used, also without --deep."""
    config = home.settings("config.toml", '[reports]\n\nrefresh = "sometimes"\nnonsense = 1\n')
    prices = home.settings("prices.toml", '[[pricing.virtual]]\nprovider = "x"\nmodel = "y"\ninput_usd_per_1m = "3"\n')

    found = _diagnosed(home)

    named = {(one["check"], one["file"], one["line"]) for one in found["wrong"]}
    assert {("settings", str(config), 3), ("settings", str(config), 4), ("settings", str(prices), 4)} <= named
    assert "whyburn config validate" in found["next"]
    assert f"{prices}:4: ".replace(str(home.path), "~") in home.ask("doctor").out


def test_settings_that_are_odd_but_used_are_noticed_and_not_wrong(home: fresh.Home) -> None:
    """A cached price above the fresh one may be meant; JSON has the level."""
    row = '[[pricing.virtual]]\nprovider = "x"\nmodel = "y"\ninput_usd_per_1m = 1\noutput_usd_per_1m = 1\n'
    home.settings("prices.toml", row + "cached_input_usd_per_1m = 2\n")

    out = home.ask("doctor").out

    assert [one["level"] for one in _diagnosed(home)["wrong"]] == ["warning"]
    assert "noticed    ~/.config/whyburn/prices.toml:6: " in out
    assert "\nwrong" not in out


@pytest.mark.skipif(os.name != "posix", reason="modes are a matter of POSIX")
def test_a_ledger_that_others_can_read_is_named_with_the_command_that_helps(home: fresh.Home) -> None:
    """The path in the command is quoted where a shell needs it."""
    home.ledger.chmod(0o644)

    found = _diagnosed(home)["wrong"]

    assert [(one["check"], one["file"]) for one in found] == [("mode", str(home.ledger))]
    assert found[0]["message"] == f"others can read it (mode 0644): chmod 600 {home.ledger}"


def test_without_a_ledger_it_says_what_there_would_be_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is created; the next command is the one that reads."""
    fresh.move_in(monkeypatch, tmp_path)
    empty = fresh.Home(tmp_path, capsys)
    write_claude(tmp_path, [claude_line(1)])

    for options in ((), ("--deep",)):
        code, out, _ = empty.ask("doctor", *options)

        assert code == 0
        assert "not made yet: whyburn refresh" in out
        assert "1 not yet read" in out
    assert not empty.ledger.parent.exists()
    assert _diagnosed(empty)["next"] == ["whyburn refresh"]


@pytest.mark.parametrize(
    "content", [b"this is no ledger at all, only a text of some length. " * 40, b"SQLite format 3\0"]
)
def test_a_file_that_is_no_ledger_is_a_finding_and_not_an_error(home: fresh.Home, content: bytes) -> None:
    """The doctor is called for just that: exit 0, the path, what to do, and no advice that would fail."""
    home.ledger.write_bytes(content)

    found = _diagnosed(home, "--deep")

    assert [(one["check"], one["file"]) for one in found["wrong"]] == [("file", str(home.ledger))]
    assert found["ledger"]["checked"] is False
    assert "damaged" in home.ask("doctor").out


def test_pages_torn_out_of_the_file_are_found(home: fresh.Home) -> None:
    """Damage in the middle of the file does not end in an exception, whatever part of the examination meets it."""
    data = bytearray(home.ledger.read_bytes())
    data[4096 * 2 : 4096 * 20] = b"\xa5" * (4096 * 18)
    home.ledger.write_bytes(data)

    assert "file" in {one["check"] for one in _wrong(home)}


def test_record_types_that_may_hide_usage_are_counted_by_version(home: fresh.Home) -> None:
    """A line of an unknown type with a billing key counts; one without it, and known types, do not."""
    strange = json.loads(claude_line(8)) | {"type": "assistant_v2", "version": "3.0.0"}
    ordinary = {"type": "telemetry", "sessionId": "aaaa", "version": "3.0.0", "note": "nothing was billed here"}
    hook = {"type": "system", "sessionId": "aaaa", "usage": {"output_tokens": 3}}
    with open(_log(home), "a") as file:
        file.writelines(json.dumps(one) + "\n" for one in (strange, strange, ordinary, hook))
    home.ask("refresh")

    found = _diagnosed(home)["unknown"]

    expected = {"harness": "claude", "version": "3.0.0", "kind": "assistant_v2", "field": "output_tokens", "count": 2}
    assert found == [expected]
    assert "claude 3.0.0 writes a record type we do not know: assistant_v2 (2×)" in home.ask("doctor").out


def test_models_without_a_price_and_lines_that_cannot_be_read_are_noticed(home: fresh.Home) -> None:
    """Neither is wrong; both come with the command that lists them."""
    with open(_log(home), "a") as file:
        file.write(claude_line(9, model="claude-from-tomorrow") + "\n" + '{"output_tokens": broken\n')
    home.ask("refresh")

    found = _diagnosed(home)

    assert found["unpriced"] == ["claude-from-tomorrow via anthropic"]
    assert (found["unreadable_lines"], found["wrong"]) == (1, [])
    assert found["next"][:2] == ["whyburn prices list --missing-only", "whyburn sources skipped"]


def test_every_command_it_suggests_exists_and_runs(home: fresh.Home) -> None:
    """Collected over homes in trouble of every kind; `config validate` says with exit 1 that there is some."""
    suggested = set(_diagnosed(home)["next"]) | set(_diagnosed(home, "--deep")["next"])
    with open(_log(home), "a") as file:
        file.write(claude_line(9, model="claude-from-tomorrow") + "\n" + '{"output_tokens": broken\n')
    suggested |= set(_diagnosed(home)["next"])
    home.ask("refresh")
    home.settings("config.toml", "[reports]\nnonsense = 1\n")
    _damage(home, "UPDATE rollup SET input = 1")
    suggested |= set(_diagnosed(home, "--deep")["next"])

    codes = {command: home.ask(*command.split()[1:]).code for command in suggested}

    assert codes == dict.fromkeys(codes, 0) | {"whyburn config validate": 1}
    assert set(codes) == {
        "whyburn usage today", "whyburn doctor --deep", "whyburn refresh", "whyburn refresh --full",
        "whyburn prices list --missing-only", "whyburn sources skipped", "whyburn config validate",
    }  # fmt: skip
