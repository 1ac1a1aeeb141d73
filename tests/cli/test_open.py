"""`whyburn open`: the best page there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fresh import Home, move_in
from tiny import claude_line
from web.logs import START_MS, Claude, a_week

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that the browser was asked to open."""
    found: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: found.append(address) or True)
    return found


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Home:
    """An empty home, as the working folder."""
    move_in(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    return Home(tmp_path, capsys)


def test_newest(home: Home, shown: list[str]) -> None:
    """The newest session is written and opened; the mode is said first."""
    a_week(home.path)
    said = home.ask("open")
    page = home.path / "reports/session.html"

    assert said.code == 0
    assert said.out.splitlines()[0] == "mode: session"
    assert "90cc31f7" in said.out
    assert "90cc31f7-cccc" in page.read_text()
    assert shown == [page.as_uri()]


def test_no_open(home: Home, shown: list[str]) -> None:
    """--no-open only writes, to where --out says."""
    a_week(home.path)
    said = home.ask("open", "--no-open", "--project", "web", "--out", "x/mine.html")

    assert said.code == 0
    assert "77aa10b0-bbbb" in (home.path / "x/mine.html").read_text()
    assert shown == []


def test_nothing(home: Home, shown: list[str]) -> None:
    """Without any session the demo is opened, and says that it is made up."""
    said = home.ask("open")
    index = home.path / "reports/demo-site/index.html"

    assert said.code == 0
    assert said.out.splitlines()[0] == "mode: demo (synthetic)"
    assert "Synthetic" in index.read_text()
    assert shown == [index.as_uri()]


@pytest.mark.parametrize(
    "options", [("--harness", "codex"), ("--source", "codex"), ("--cwd", "/nowhere"), ("--project", "nothing")]
)
def test_forced(home: Home, shown: list[str], options: tuple[str, ...]) -> None:
    """A harness, folder or project that was asked for and has no session is an error, not a demo."""
    a_week(home.path)
    said = home.ask("open", *options)

    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("whyburn: no session")
    assert said.err.count("\n") == 1
    assert shown == []


def test_without_steps(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newest session whose log shows no steps is passed over, unless the limit ends the search."""
    a_week(home.path)
    Claude(home.path, "eeee0000-ffff", start_ms=START_MS + 9 * 86_400_000).said()
    from whyburn.api.postmortem import explain

    original = explain.report_of

    def refusing(workspace: object, db: object, session: int, **more: object) -> object:
        subject = explain.subject_of(db, session)  # type: ignore[arg-type]
        if subject.id == "eeee0000-ffff":
            raise explain.NoStepsError(subject)
        return original(workspace, db, session, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(explain, "report_of", refusing)
    said = home.ask("open", "--no-open")
    few = home.ask("open", "--no-open", "--limit", 1, "--harness", "claude")

    assert "90cc31f7" in said.out
    assert few.code == 1
    assert "step data" in few.err


def test_foreign_file(home: Home) -> None:
    """A file that whyburn did not write is not replaced."""
    a_week(home.path)
    (home.path / "notes.html").write_text("mine")
    said = home.ask("open", "--no-open", "--out", "notes.html")

    assert said.code == 1
    assert (home.path / "notes.html").read_text() == "mine"


def test_hostile(home: Home) -> None:
    """What a log holds stays text."""
    path = Claude(home.path, "0bad0000-aaaa").path
    path.write_text(claude_line(1, session="0bad0000-aaaa", text="<img src=x onerror=alert(1)>") + "\n")
    home.ask("open", "--no-open")

    assert "<img" not in (home.path / "reports/session.html").read_text()
