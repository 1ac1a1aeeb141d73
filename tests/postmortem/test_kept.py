"""Digests and kept reports: they hold exactly as long as what they were made of."""

from __future__ import annotations

import json
import os
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from simulator import clean, emit
from whyburn.api.postmortem import stored
from whyburn.api.postmortem.choose import Wanted, choose
from whyburn.api.postmortem.digests import Digests
from whyburn.api.workspace import open_workspace
from whyburn.settings.paths import resolve_paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from whyburn.api.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A ledger over one simulated session; every report is worth keeping."""
    monkeypatch.setattr(stored, "WORTH_KEEPING_SECONDS", -1.0)
    emit(clean(3, "claude"), tmp_path, "claude", seed=3)
    environ = {"HOME": str(tmp_path)}
    with open_workspace(resolve_paths(environ=environ), environ=environ) as found:
        yield found


def explained(workspace: Workspace) -> dict[str, Any]:
    """The only session, explained."""
    db = workspace.reader("always")
    return stored.explained(workspace, db, choose(db, Wanted()))


def held(workspace: Workspace, kind: str) -> bool:
    """Whether something of the only session is stored and holds."""
    db = workspace.reader("never")
    return Digests(workspace).body(db, choose(db, Wanted()), kind) is not None


def log_of(workspace: Workspace) -> str:
    """The session's log."""
    (path,) = workspace.reader("never").execute("SELECT path FROM source").fetchone()
    return str(path)


def test_whoever_explains_keeps_the_report_and_its_digest(workspace: Workspace) -> None:
    """Both hold while nothing changes, and the report is the same then."""
    first = explained(workspace)

    assert held(workspace, stored.KIND)
    assert held(workspace, stored.DIGEST)
    assert first == explained(workspace)


def test_a_log_that_grew_while_it_was_read_is_read_again(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was kept belongs to the log as it was before the reading, so it does not hold for the longer one."""
    report_of = stored.report_of

    def read_while_growing(*arguments: Any, **named: Any) -> Any:
        report = report_of(*arguments, **named)
        with open(log_of(workspace), "a", encoding="utf-8") as log:
            log.write(json.dumps({"type": "mode", "mode": "normal"}) + "\n")
        return report

    with monkeypatch.context() as patch:
        patch.setattr(stored, "report_of", read_while_growing)
        explained(workspace)

    assert not held(workspace, stored.KIND)
    assert not held(workspace, stored.DIGEST)


def test_a_title_that_is_learnt_later_is_shown(workspace: Workspace) -> None:
    """A kept report names the session as the ledger does now; the logs have not changed."""
    before = os.stat(log_of(workspace) if explained(workspace) else "").st_mtime_ns
    with sqlite3.connect(workspace.paths.db) as db:
        db.execute("UPDATE session SET title = 'mend the cart'")

    assert explained(workspace)["session"]["title"] == "mend the cart"
    assert os.stat(log_of(workspace)).st_mtime_ns == before
