"""The shared ledger, built once, and the ways to ask it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

import daywork
import shop
from whyburn.cli.app import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="session")
def built_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with logs, settings and a ledger; not to be written to."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        shop.stand_still(patch, home)
        shop.build(home)
    return home


@pytest.fixture
def home(built_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That home, as this test's environment."""
    shop.stand_still(monkeypatch, built_home)
    return built_home


@pytest.fixture
def own_home(built_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that home that a test may change."""
    copy = tmp_path / "home"
    shutil.copytree(built_home, copy)
    shop.stand_still(monkeypatch, copy)
    return copy


@pytest.fixture
def said(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command on the shared ledger; what it printed."""

    def ask(*arguments: str) -> str:
        capsys.readouterr()
        code = run(["--db", str(home / "ledger.db"), *arguments])
        out, err = capsys.readouterr()
        assert code == 0, err
        return out

    return ask


@pytest.fixture
def answered(said: Callable[..., str]) -> Callable[..., dict[str, Any]]:
    """Run a command with --json; what it printed, read."""
    return lambda *arguments: json.loads(said(*arguments, "--json"))


@pytest.fixture
def refused(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run a command that fails; its exit code and its one line."""

    def ask(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = run(["--db", str(home / "ledger.db"), *arguments])
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        return code, err

    return ask


@pytest.fixture(scope="session")
def built_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with the logs of `daywork` and a ledger; not to be written to."""
    home = tmp_path_factory.mktemp("day")
    with pytest.MonkeyPatch.context() as patch:
        shop.stand_still(patch, home)
        daywork.build(home)
    return home


@pytest.fixture
def day(
    built_day: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> daywork.Day:
    """A copy of that home, as this test's environment and working folder; its ledger speaks of the copied logs."""
    home = tmp_path / "home"
    shutil.copytree(built_day, home)
    db = sqlite3.connect(home / "ledger.db")
    with db:
        db.execute("UPDATE source SET path = replace(path, ?, ?)", (str(built_day), str(home)))
    db.close()
    shop.stand_still(monkeypatch, home)
    monkeypatch.chdir(home)
    return daywork.Day(home, capsys)
