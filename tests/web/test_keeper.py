"""How the server's files stay fresh without being made again and again."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from fresh import move_in
from web.logs import START_MS, Claude, a_week
from whyburn.api.postmortem.overview import overview
from whyburn.api.postmortem.site import DATA, INDEX
from whyburn.api.workspace import open_workspace
from whyburn.clock import Zone
from whyburn.errors import SourceError
from whyburn.views.page import site as pages
from whyburn.views.page.site import Look
from whyburn.web import keeper as keeping
from whyburn.web.keeper import Keeper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Counting(Keeper):
    """A keeper whose work is counted."""

    asked = 0


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counting]:
    """A started keeper over a week of sessions that looks at every request."""
    move_in(monkeypatch, tmp_path)
    monkeypatch.setattr(keeping, "_SHORTEST_WAIT", 0.0)
    monkeypatch.setattr(keeping, "_PATIENCE", 0)
    a_week(tmp_path)
    with open_workspace() as workspace:

        def ask(policy: object) -> object:
            found.asked += 1
            return overview(workspace, policy=policy)  # type: ignore[arg-type]

        found = Counting(workspace, str(tmp_path / "site"), Look("0", 1, Zone("UTC")), ask)  # type: ignore[arg-type]
        found.start()
        yield found


def _session(kept: Keeper, ident: str) -> str:
    return next(name for name in kept.names() if ident in name)


def test_nothing_new(kept: Counting) -> None:
    """While no log changes, looking asks the ledger for nothing and pages are made once."""
    name, made = _session(kept, "3d1f0a52"), []
    original = pages.session_page
    pages.session_page = lambda *given: made.append(given[2].subject.id) or original(*given)  # type: ignore[assignment,func-returns-value]
    try:
        for _ in range(5):
            kept.page(name)
            kept.mark(INDEX)
    finally:
        pages.session_page = original

    assert kept.asked == 1
    assert made == ["3d1f0a52-aaaa"]


def test_only_changed(kept: Counting, tmp_path: Path) -> None:
    """After an append only the page of that session is made again."""
    names = [name for name in kept.names() if name not in {INDEX, DATA}]
    before = {name: kept.page(name) for name in names}
    Claude(tmp_path, "90cc31f7-cccc", start_ms=START_MS + 4 * 86_400_000).said()
    after = {name: kept.page(name) for name in names}

    assert [name for name in names if before[name] != after[name]] == [_session(kept, "90cc31f7")]
    assert kept.asked == 2


def test_patience(kept: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two looks there is a pause: until it is over, what was known is served."""
    monkeypatch.setattr(keeping, "_SHORTEST_WAIT", 3600.0)
    monkeypatch.setattr(keeping, "_LONGEST_WAIT", 3600.0)
    before = kept.mark(INDEX)
    Claude(tmp_path, "90cc31f7-cccc", start_ms=START_MS + 4 * 86_400_000).said()

    assert kept.mark(INDEX) == before
    assert kept.asked == 1


def test_private(kept: Counting) -> None:
    """Files and folders of the site are for their owner only."""
    kept.page(_session(kept, "3d1f0a52"))
    modes = {stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
             for folder, _, names in os.walk(kept.folder) for name in names}  # fmt: skip

    assert modes == {0o600}
    assert stat.S_IMODE(os.stat(kept.folder).st_mode) == 0o700


def test_removed_file(kept: Counting) -> None:
    """A page that somebody removed is made again when it is asked for again."""
    name = _session(kept, "3d1f0a52")
    kept.page(name)
    os.unlink(os.path.join(kept.folder, name))
    kept.page(name)

    assert kept.page(name) is not None


def test_log_gone(kept: Counting, tmp_path: Path) -> None:
    """A session whose log is removed while the server runs keeps a page, which says so."""
    name = _session(kept, "90cc31f7")
    for path in tmp_path.rglob("90cc31f7-cccc.jsonl"):
        path.unlink()

    found = kept.page(name)

    assert found is not None
    assert "1 of 1 log files of this session are gone" in found[1]


def test_foreign_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with somebody else's index is refused and left as it was."""
    move_in(monkeypatch, tmp_path)
    a_week(tmp_path)
    (tmp_path / "site").mkdir()
    index = tmp_path / "site/index.html"
    index.write_text("<html>mine</html>")
    with open_workspace() as workspace, pytest.raises(SourceError, match="not written by whyburn"):
        Keeper(workspace, str(tmp_path / "site"), Look("0", 1, Zone("UTC")),
               lambda policy: overview(workspace, policy=policy)).start()  # fmt: skip

    assert index.read_text() == "<html>mine</html>"
    assert os.listdir(tmp_path / "site") == ["index.html"]
