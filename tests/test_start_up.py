"""Start-up: what a command imports is a promise, checked by names in a fresh interpreter and not by a clock."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

import fresh
from tiny import claude_line, write_claude

if TYPE_CHECKING:
    from pathlib import Path

SURFACES = {"rich", "textual", "jinja2", "starlette", "pydantic", "psycopg", "pyarrow", "mcp"}
"""What only a command that is made for it may load."""
READING = {"msgspec", "zstandard", "whyburn.prices.book", "whyburn.ledger.ingest", "whyburn.ledger.store"}
"""What only reading logs and pricing calls need; no report that finds nothing new does."""
WRITING = {"tomlkit", "importlib.metadata", "tempfile", "whyburn.settings.writer"}
FILES = {"tomllib", "decimal", "whyburn.settings.files"}
"""What only people with settings files pay for."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one session of today, read a while ago."""
    fresh.move_in(monkeypatch, tmp_path)
    today = time.strftime("%Y-%m-%dT00:00:00.000Z", time.gmtime())
    write_claude(tmp_path, [claude_line(1, stamp=today), claude_line(2, stamp=today)])
    subprocess.run([sys.executable, "-m", "whyburn", "refresh"], check=True, capture_output=True)
    return tmp_path


def _within(names: set[str], forbidden: set[str]) -> set[str]:
    """The modules that are forbidden, or lie inside a forbidden package."""
    return {name for name in names for one in forbidden if name == one or name.startswith(f"{one}.")}


@pytest.mark.parametrize(
    ("code", "forbidden"),
    [
        ("import whyburn", {"whyburn.api", "click", "typing", "dataclasses", "sqlite3", "json"}),
        ("import whyburn.api", {"whyburn.api.workspace", "whyburn.usage", "click", "dataclasses", "sqlite3", "json"}),
        ("from whyburn import api; api.When", {"click", "msgspec", "whyburn.harnesses"} | WRITING | FILES),
    ],
)
def test_importing_the_package_is_free(code: str, forbidden: set[str]) -> None:
    """A script that imports us pays for what it uses, when it uses it."""
    said, names = fresh.imported(code)

    assert (said.code, said.err) == (0, "")
    assert _within(names, SURFACES | READING | forbidden) == set()


def test_the_version_is_answered_by_hand() -> None:
    """Nothing of ours but the package and no library at all."""
    said, names = fresh.imported(fresh.PROGRAM, "--version")

    assert (said.code, said.out.startswith("whyburn ")) == (0, True)
    assert {name for name in names if name.startswith("whyburn")} == {"whyburn"}
    assert _within(names, {"click", "json", "sqlite3", "dataclasses"}) == set()


@pytest.mark.parametrize("format_option", [(), ("--json",)])
def test_a_report_of_what_is_stored_reads_no_logs(home: Path, format_option: tuple[str, ...]) -> None:
    """`--no-refresh` knows neither harnesses nor prices."""
    said, names = fresh.imported(fresh.PROGRAM, "usage", "today", "--no-refresh", *format_option)

    assert said.code == 0
    assert "claude-sonnet-4-5" in said.out
    assert _within(names, SURFACES | READING | WRITING | FILES | {"whyburn.harnesses", "whyburn.demo"}) == set()


@pytest.mark.parametrize("words", [("usage", "today"), ("usage", "daily", "--json"), ("usage", "sessions", "--table")])
def test_a_report_after_which_nothing_is_new_parses_nothing(home: Path, words: tuple[str, ...]) -> None:
    """It looks at every log and loads neither the decoder of lines nor the price book."""
    said, names = fresh.imported(fresh.PROGRAM, *words, "--refresh")

    assert said.code == 0
    assert (
        _within(names, SURFACES | WRITING | {"msgspec", "tomllib", "zstandard", "whyburn.prices.book", "whyburn.demo"})
        == set()
    )


def test_a_grown_log_is_what_loads_the_reading_half(home: Path) -> None:
    """The counterpart: the names above are those of modules that exist and that reading does load."""
    with (home / ".claude/projects/-home-ana-shop/aaaa.jsonl").open("a") as file:
        file.write(claude_line(3) + "\n")

    _, names = fresh.imported(fresh.PROGRAM, "usage", "today", "--refresh")

    assert {"msgspec", "whyburn.prices.book", "whyburn.ledger.ingest", "whyburn.ledger.store"} <= names


def test_help_imports_no_command() -> None:
    """The list of commands comes from a table."""
    said, names = fresh.imported(fresh.PROGRAM, "--help")

    commands = {name for name in names if name.startswith("whyburn.cli.")}
    assert said.code == 0
    assert commands == {"whyburn.cli.app"}
    assert _within(names, SURFACES | READING | WRITING | FILES | {"sqlite3"}) == set()
