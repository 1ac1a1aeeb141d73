"""`whyburn sources`: what is on disk, what was read of it, sessions straight from logs, and what could not be read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from whyburn.cli.app import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Ask = Callable[..., tuple[int, str, str]]
    Told = Callable[..., dict[str, Any]]


def call(nth: int, session: str, *, model: str = "claude-opus-4-6", output: int = 100, day: int = 20) -> str:
    """One call of 1,000 prompt tokens."""
    usage = {"input_tokens": 1_000, "output_tokens": output}
    message = {
        "id": f"msg_{session}{nth}",
        "role": "assistant",
        "model": model,
        "usage": usage,
        "stop_reason": "end_turn",
    }
    stamp = f"2026-11-{day}T10:00:{nth:02d}.000Z"
    envelope = {"type": "assistant", "sessionId": session, "requestId": f"r{session}{nth}", "cwd": "/shop"}
    return json.dumps({**envelope, "timestamp": stamp, "message": message}) + "\n"


BAD = '{"type":"assistant","message":{"usage":{"output_tokens":9}\n'


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Claude logs: an older, dearer session and a newer one with a model that nobody lists. No Codex logs."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TZ", "Europe/Berlin")
    monkeypatch.setenv("COLUMNS", "220")
    folder = tmp_path / ".claude/projects/p"
    folder.mkdir(parents=True)
    (folder / "aaaa-old.jsonl").write_text(call(1, "aaaa-old", output=9_000, day=18) + call(9, "aaaa-old", day=18))
    (folder / "bbbb-new.jsonl").write_text(call(2, "bbbb-new", model="claude-omega-7"))
    return folder


@pytest.fixture
def ask(logs: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run a command; exit code, stdout, stderr."""

    def asked(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(arguments)
        return code, *capsys.readouterr()

    return asked


@pytest.fixture
def told(ask: Ask) -> Told:
    """Run `whyburn sources … --json`; what it printed, read."""
    return lambda *arguments: json.loads(ask("sources", *arguments, "--json")[1])


def row_of(found: dict[str, Any], harness: str) -> dict[str, Any]:
    """The row of a harness."""
    return next(row for row in found["sources"] if row["harness"] == harness)


class TestList:
    def test_before_anything_was_read(self, told: Told, tmp_path: Path) -> None:
        """Files and bytes are those on disk, counts are none, all of it is unread; nothing is created."""
        row = row_of(told(), "claude")

        assert tuple(row[name] for name in ("exists", "files", "sessions", "calls", "unread_files")) == (
            True,
            2,
            0,
            0,
            2,
        )
        assert row["bytes"] == row["unread_bytes"] > 0
        assert not (tmp_path / ".local").exists()

    def test_after_a_refresh(self, ask: Ask, told: Told, logs: Path) -> None:
        """Counts come from the ledger; what was appended since is unread, to the byte."""
        ask("refresh")
        with (logs / "bbbb-new.jsonl").open("a") as file:
            file.write(more := call(3, "bbbb-new"))

        row = row_of(told(), "claude")

        assert (2, 3, 12_200, "ledger", 1, len(more)) == tuple(
            row[name] for name in ("sessions", "calls", "tokens", "counted_from", "unread_files", "unread_bytes")
        )

    def test_deep_counts_the_logs(self, ask: Ask, told: Told, logs: Path) -> None:
        """--deep reads them, also what no refresh has seen, and stores nothing."""
        ask("refresh")
        with (logs / "bbbb-new.jsonl").open("a") as file:
            file.write(call(3, "bbbb-new"))

        assert tuple(row_of(told("--deep"), "claude")[name] for name in ("calls", "counted_from")) == (4, "logs")
        assert row_of(told(), "claude")["calls"] == 3

    def test_every_harness_has_the_same_keys(self, told: Told) -> None:
        """Missing ones too."""
        found = told()["sources"]

        assert {"claude", "codex"} <= {row["harness"] for row in found}
        assert len({tuple(row) for row in found}) == 1
        assert row_of({"sources": found}, "codex")["warning"] == "missing"

    def test_one_path(self, ask: Ask, told: Told, logs: Path) -> None:
        """--source counts that file only; `sources list` is the same command."""
        found = told("list", "--harness", "claude", "--source", str(logs / "aaaa-old.jsonl"))

        assert [(row["files"], row["sessions"], row["calls"]) for row in found["sources"]] == [(1, 1, 2)]

    def test_a_missing_path_is_a_row(self, ask: Ask) -> None:
        """It says missing, exit 0."""
        code, out, _ = ask("sources", "--harness", "claude", "--source", "/nowhere")

        assert code == 0
        assert "missing" in out
        assert "/nowhere" in out

    def test_files_that_are_gone_are_counted(self, ask: Ask, told: Told, logs: Path) -> None:
        """The harness deleted a log: its calls stay, the row says so."""
        ask("refresh")
        (logs / "aaaa-old.jsonl").unlink()

        assert tuple(row_of(told(), "claude")[name] for name in ("files", "gone_files", "calls")) == (1, 1, 3)

    def test_configured_paths_are_looked_at(self, told: Told, logs: Path, tmp_path: Path) -> None:
        """All of them, and a harness that is not read is marked."""
        settings = tmp_path / ".config/whyburn"
        settings.mkdir(parents=True)
        text = f'[imports]\nharnesses = ["claude"]\n[imports.sources]\nclaude = ["{logs}", "/nowhere"]\n'
        (settings / "config.toml").write_text(text)

        found = told()

        assert row_of(found, "claude")["missing_paths"] == ["/nowhere"]
        assert [str(logs), "/nowhere"] == row_of(found, "claude")["paths"]
        assert tuple(row_of(found, "codex")[name] for name in ("enabled", "warning")) == (
            False,
            "missing, not in imports.harnesses",
        )

    def test_text_names_the_next_step(self, ask: Ask) -> None:
        """Unread logs: whyburn refresh."""
        assert "whyburn refresh" in ask("sources")[1]


class TestSessions:
    def test_newest_first_and_first_before_last(self, told: Told) -> None:
        """Read from the logs, with tokens and costs as `usage sessions` has them."""
        found = told("sessions", "claude")

        assert [row["source_session_id"] for row in found["sessions"]] == ["bbbb-new", "aaaa-old"]
        old = found["sessions"][1]
        assert old["first_ms"] < old["last_ms"]
        assert tuple(old[name] for name in ("calls", "input", "output", "unpriced_models")) == (2, 2_000, 9_100, 0)
        assert found["sessions"][0]["unpriced_models"] == 1

    def test_nothing_is_stored(self, ask: Ask, told: Told, tmp_path: Path) -> None:
        """No ledger is made, and one that is there keeps its bytes."""
        told("sessions", "claude")
        assert not (tmp_path / ".local").exists()

        ask("refresh")
        before = (tmp_path / ".local/state/whyburn/whyburn.db").read_bytes()
        told("sessions", "claude")
        assert before == (tmp_path / ".local/state/whyburn/whyburn.db").read_bytes()

    def test_the_numbers_are_those_of_usage_sessions(self, ask: Ask, told: Told) -> None:
        """The same session gives the same sums from the log and from the ledger."""
        ask("refresh")
        stored = json.loads(ask("usage", "sessions", "--no-refresh", "--json")[1])["sessions"]
        read = told("sessions", "claude")["sessions"]

        for name in ("source_session_id", "calls", "accounting_total", "virtual_cost_pico_usd", "first_ms", "last_ms"):
            assert [row[name] for row in stored] == [row[name] for row in read]

    @pytest.mark.parametrize("sort", ["tokens", "virtual"])
    def test_sorts(self, told: Told, sort: str) -> None:
        """The largest first."""
        assert told("sessions", "claude", "--sort", sort)["sessions"][0]["source_session_id"] == "aaaa-old"

    def test_limits(self, told: Told) -> None:
        """--last is one row; `of` counts all."""
        found = told("sessions", "claude", "--last")

        assert (len(found["sessions"]), found["of"]) == (1, 2)
        assert len(told("sessions", "claude", "--limit", "1")["sessions"]) == 1

    def test_an_id_or_its_beginning(self, told: Told) -> None:
        """Only that session."""
        assert [row["source_session_id"] for row in told("sessions", "claude", "aaaa")["sessions"]] == ["aaaa-old"]

    def test_columns_in_the_order_asked_for(self, ask: Ask) -> None:
        """The names of the older tool work; an unknown one is named."""
        out = ask("sources", "sessions", "claude", "--columns", "msgs,source_session_id")[1].splitlines()

        assert out[2].split() == ["calls", "session"]
        code, out_of_bad, err = ask("sources", "sessions", "claude", "--columns", "bogus")
        assert (code, out_of_bad, err.count("\n")) == (1, "", 1)
        assert "source_session_id" in err

    def test_breakdown(self, ask: Ask, told: Told) -> None:
        """By model and by agent."""
        row = told("sessions", "claude", "--breakdown")["sessions"][1]

        assert [one["model"] for one in row["by_model"]] == ["claude-opus-4-6"]
        assert [(one["agent"], one["calls"]) for one in row["by_activity"]] == [("main", 2)]
        assert "agent" in ask("sources", "sessions", "claude", "--breakdown")[1]

    def test_utc(self, ask: Ask, told: Told) -> None:
        """Times are local unless --utc."""
        assert "2026-11-20 11:00" in ask("sources", "sessions", "claude")[1]
        assert "2026-11-20 10:00" in ask("sources", "sessions", "claude", "--utc")[1]
        assert told("sessions", "claude", "--utc")["timezone"] == "UTC"

    def test_no_logs(self, ask: Ask, told: Told) -> None:
        """An empty list says where it looked; JSON is valid."""
        assert told("sessions", "codex")["sessions"] == []
        assert "~/.codex/sessions" in ask("sources", "sessions", "codex")[1]

    def test_rich_shows_the_same_sessions(self, ask: Ask) -> None:
        """--rich draws the same table."""
        assert "aaaa-old" in ask("sources", "sessions", "claude", "--rich")[1]


class TestSession:
    def test_says_when_what_and_how_much(self, ask: Ask) -> None:
        """First, last, calls, tokens, costs, files."""
        out = ask("sources", "session", "claude", "aaaa-old", "--utc")[1]

        for text in ("first 2026-11-18 10:00", "calls     2", "new 2.0k", "9.1k", "list price $0.2", "aaaa-old.jsonl"):
            assert text in out

    def test_json(self, told: Told) -> None:
        """One object, with breakdowns when asked for."""
        assert "by_model" not in told("session", "claude", "aaaa-old")["session"]
        assert "by_activity" in told("session", "claude", "aaaa-old", "--breakdown")["session"]

    def test_an_unknown_id_names_near_ones(self, ask: Ask) -> None:
        """Exit 1, one line, nothing on stdout."""
        code, out, err = ask("sources", "session", "claude", "aaaa-odd")

        assert (code, out, err.count("\n")) == (1, "", 1)
        assert "aaaa-old" in err

    def test_another_path(self, ask: Ask, told: Told, logs: Path) -> None:
        """--source reads that file; one that is not there is an error."""
        assert ask("sources", "session", "claude", "aaaa-old", "--source", str(logs / "bbbb-new.jsonl"))[0] == 1
        code, out, err = ask("sources", "session", "claude", "aaaa-old", "--source", "/nowhere")
        assert (code, out, err) == (1, "", "whyburn: /nowhere does not exist\n")


class TestSkipped:
    @pytest.fixture
    def spoiled(self, ask: Ask, logs: Path) -> Path:
        """A log with a bad third line, read."""
        (logs / "cccc.jsonl").write_text(call(1, "cccc") + "\n" + BAD + call(2, "cccc"))
        ask("refresh")
        return logs

    def test_names_file_line_and_reason(self, ask: Ask, told: Told, spoiled: Path) -> None:
        """The line number is that of an editor, the position that of the ledger."""
        found = told("skipped")

        (row,) = found["skipped"]
        assert (str(spoiled / "cccc.jsonl"), "line", 3) == (row["path"], row["what"], row["line"])
        assert len(call(1, "cccc")) + 1 == row["position"]
        assert row["reason"]
        assert "cccc.jsonl:3: " in ask("sources", "skipped")[1]

    def test_sources_says_so(self, told: Told, ask: Ask, spoiled: Path) -> None:
        """The list of harnesses warns and names the command."""
        assert row_of(told(), "claude")["warning"] == "1 line could not be read"
        assert "whyburn sources skipped" in ask("sources")[1]

    def test_a_file_that_is_gone_keeps_its_position(self, told: Told, spoiled: Path) -> None:
        """Without the file there is no line number, and no invented one."""
        (spoiled / "cccc.jsonl").unlink()

        assert (told("skipped")["skipped"][0]["line"], told("skipped")["skipped"][0]["position"] > 0) == (None, True)

    def test_of_one_harness(self, told: Told, spoiled: Path) -> None:
        """--harness restricts the list."""
        assert told("skipped", "--harness", "codex")["skipped"] == []
        assert len(told("skipped", "--harness", "claude")["skipped"]) == 1

    def test_clear_forgets(self, ask: Ask, told: Told, spoiled: Path) -> None:
        """Nothing is listed afterwards, and no call is lost or read again."""
        assert told("skipped", "--clear", "--harness", "codex")["cleared"]["lines"] == 0
        assert told("skipped", "--clear")["cleared"] == {"lines": 1, "files": 0}

        assert told("skipped")["skipped"] == []
        assert row_of(told(), "claude")["calls"] == 5
        assert "every line" in ask("sources", "skipped")[1]

    def test_a_forgotten_file_is_tried_again(
        self, ask: Ask, told: Told, logs: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A log that could not be opened is not taken for read once its error is forgotten."""
        from whyburn.ledger import ingest

        def refuse(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        with monkeypatch.context() as patch:
            patch.setattr(ingest, "open_source", refuse)
            ask("refresh")
        assert [(row["what"], row["line"]) for row in told("skipped")["skipped"]] == [("file", None)] * 2

        assert told("skipped", "--clear")["cleared"] == {"lines": 0, "files": 2}
        ask("refresh")

        assert row_of(told(), "claude")["calls"] == 3

    def test_without_a_ledger(self, ask: Ask, told: Told, tmp_path: Path) -> None:
        """Nothing to list, nothing to forget, nothing created."""
        assert told("skipped")["skipped"] == []
        assert ask("sources", "skipped", "--clear")[1] == "nothing to forget\n"
        assert not (tmp_path / ".local").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--source", "/x"), ("--harness", "claude", "--source", "/x", "--deep"), ("--deep", "list"), ("--rich",),
        ("sessions",), ("sessions", "claude", "--json", "--columns", "first"),
        ("sessions", "claude", "--json", "--rich"), ("sessions", "claude", "aaaa", "--last"),
        ("sessions", "claude", "--last", "--limit", "5"),
        ("sessions", "claude", "--breakdown", "--columns", "first"), ("session", "claude"),
        ("session", "claude", "x", "--rich"), ("sessions", "claude", "--limit", "few"),
        ("skipped", "--deep"), ("bogus",),
    ],
)  # fmt: skip
def test_bad_syntax_is_exit_2(ask: Ask, arguments: tuple[str, ...]) -> None:
    """Options that are unknown, exclude each other or would do nothing: one line, nothing on stdout."""
    code, out, err = ask("sources", *arguments)

    assert (code, out, err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    "arguments",
    [("--harness", "cluade"), ("sessions", "cluade"), ("session", "cluade", "x"), ("skipped", "--harness", "x")],
)
def test_an_unknown_harness_is_exit_1(ask: Ask, arguments: tuple[str, ...]) -> None:
    """The known ones are named in one line."""
    code, out, err = ask("sources", *arguments)

    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "claude, codex" in err


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--sort", "bogus", "is not one of last, tokens, actual"), ("--limit", "0", "is too small: at least 1")],
)
def test_a_wrong_value_is_exit_1(ask: Ask, option: str, value: str, said: str) -> None:
    """Good syntax with a value that there is not: one line that tells what would be right."""
    code, out, err = ask("sources", "sessions", "claude", option, value)

    assert (code, out, err.count("\n")) == (1, "", 1)
    assert f"{option} {value} {said}" in err
