"""`whyburn dashboard` and `whyburn demo-site`: folders of static pages."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from fresh import Home, move_in
from schema_check import faults
from web.logs import START_MS, a_session, a_week


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Home:
    """A home with a week of sessions, as the working folder."""
    move_in(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    a_week(tmp_path)
    return Home(tmp_path, capsys)


SCHEMA = json.loads((Path(__file__).parents[2] / "docs/json/dashboard.schema.json").read_text(encoding="utf-8"))


def files_of(folder: Path) -> dict[str, bytes]:
    """Relative name to content of every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_site(home: Home) -> None:
    """The site is an index, its data and one page per session, each linked and named by its full id."""
    said = home.ask("dashboard", "--session-reports")
    files = files_of(home.path / "reports/dashboard")
    pages = [name for name in files if name.startswith("sessions/")]
    index = files["index.html"].decode()

    assert said.code == 0
    assert "3 sessions" in said.out
    assert "reports/dashboard/index.html" in said.out
    assert len(files) == 5
    assert all(f'href="{name}"' in index for name in pages)
    assert {"claude-3d1f0a52-aaaa", "claude-77aa10b0-bbbb", "claude-90cc31f7-cccc"} == {
        os.path.basename(name).rpartition("-")[0] for name in pages
    }


def test_without_pages(home: Home) -> None:
    """Without --session-reports nothing is linked, and pages of an earlier run are gone."""
    home.ask("dashboard", "--session-reports")
    home.ask("dashboard")
    files = files_of(home.path / "reports/dashboard")

    assert set(files) == {"index.html", "overview.json"}
    assert b'href="sessions/' not in files["index.html"]


def test_stale_pages(home: Home) -> None:
    """Pages of sessions that are not listed any more go; a file that somebody put beside them stays."""
    home.ask("dashboard", "--session-reports")
    folder = home.path / "reports/dashboard/sessions"
    (folder / "notes-00000000.html").write_text("mine")
    home.ask("dashboard", "--session-reports", "--limit", 1)

    assert sorted(path.name.rpartition("-")[0] for path in folder.iterdir()) == ["claude-90cc31f7-cccc", "notes"]


def test_private(home: Home) -> None:
    """Whatever is written is for its owner only, also the folders that had to be made."""
    home.ask("dashboard", "--session-reports", "--out", "a/b/site")

    made = list(os.walk(home.path / "a"))
    assert [len(names) for _, _, names in made] == [0, 0, 2, 3]
    for folder, _, names in made:
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        assert {stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) for name in names} <= {0o600}


def test_one_page(home: Home) -> None:
    """--out FILE.html writes that page, and the sessions' pages beside it."""
    said = home.ask("dashboard", "--session-reports", "--out", "out/week.html")
    files = files_of(home.path / "out")

    assert said.code == 0
    assert "out/week.html and 3 pages of sessions" in said.out
    assert sorted({name.split("/")[0] for name in files}) == ["week-sessions", "week.html"]
    assert b'href="week-sessions/claude-3d1f0a52-aaaa-' in files["week.html"]


def test_foreign_index(home: Home) -> None:
    """A page that somebody else wrote is not replaced."""
    (home.path / "index.html").write_text("<html>mine</html>")
    said = home.ask("dashboard", "--out", ".")

    assert said.code == 1
    assert said.err.count("\n") == 1
    assert "not written by whyburn" in said.err
    assert (home.path / "index.html").read_text() == "<html>mine</html>"


def test_json(home: Home) -> None:
    """--json prints the contract, which the schema describes, with the same sums as the page's data."""
    home.ask("dashboard")
    said = home.ask("dashboard", "--json")
    found = json.loads(said.out)
    overview = found["overview"]

    assert list(faults(found, SCHEMA, SCHEMA)) == []
    assert (found["kind"], found["source"], found["summary"]["sessions_analyzed"]) == ("dashboard", "all", 3)
    assert found["summary"]["top_session"].endswith("/claude/3d1f0a52-aaaa")
    for name in ("causes", "mechanisms", "models", "over_time", "projects"):
        assert sum(row["cost_pico_usd"] or 0 for row in overview[name]) == found["summary"]["cost_pico_usd"], name
    assert found == json.loads((home.path / "reports/dashboard/overview.json").read_text())


def test_json_file(home: Home) -> None:
    """--json --out writes the same to a file and leaves stdout empty."""
    said = home.ask("dashboard", "--json", "--out", "x.json")

    assert (said.code, said.out) == (0, "")
    assert json.loads((home.path / "x.json").read_text())["kind"] == "dashboard"


def test_empty_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without any session the JSON is whole and empty, and the page says where to look."""
    move_in(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    home = Home(tmp_path, capsys)
    found = json.loads(home.ask("dashboard", "--json").out)
    said = home.ask("dashboard")

    assert list(faults(found, SCHEMA, SCHEMA)) == []
    assert (found["summary"]["sessions_analyzed"], found["overview"]["sessions"]) == (0, [])
    assert said.code == 0
    assert "No sessions to show" in (tmp_path / "reports/dashboard/index.html").read_text()


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        (("--json", "--session-reports"), 2, "--session-reports"), (("--demo", "--cwd", "/x"), 2, "--cwd"),
        (("--demo", "--source", "claude", "--refresh"), 2, "--refresh"), (("--limit", "0"), 2, "--limit"),
        (("--no-cache", "--cache-dir", "x"), 2, "--cache-dir"), (("--source", "nowhere"), 2, "nowhere"),
        (("--harness", "nothing"), 1, "nothing"), (("--redact", "some"), 1, "--redact"),
    ],
)  # fmt: skip
def test_refused(home: Home, options: tuple[str, ...], code: int, word: str) -> None:
    """What contradicts itself or does not exist is refused in one line, and nothing is written."""
    said = home.ask("dashboard", *options)

    assert (said.code, said.out) == (code, "")
    assert said.err.count("\n") == 1
    assert word in said.err
    assert not (home.path / "reports").exists()


def test_source_path(home: Home, tmp_path: Path) -> None:
    """--source PATH reads that folder only, and none of it gets into the ledger."""
    a_session(tmp_path / "elsewhere", "ffff0000-eeee", start_ms=START_MS)
    found = json.loads(home.ask("dashboard", "--source", tmp_path / "elsewhere", "--json").out)

    assert [row["id"] for row in found["overview"]["sessions"]] == ["ffff0000-eeee"]
    assert json.loads(home.ask("dashboard", "--json").out)["summary"]["sessions_analyzed"] == 3


def test_share(home: Home) -> None:
    """At level share no title, path or name of the work is in any file."""
    home.ask("dashboard", "--session-reports", "--redact", "share")
    whole = b"".join(files_of(home.path / "reports/dashboard").values())

    for word in (b"package-lock", b"owned", b"/home/ana", b"shop", b"cart"):
        assert word not in whole, word


def test_prices(home: Home) -> None:
    """Prices of one's own hold for the bill, its parts, its days and its models alike."""
    found = json.loads(home.ask(
        "dashboard", "--json", "--input-price-per-mtok", 3, "--cache-write-price-per-mtok", 3,
        "--cached-input-price-per-mtok", 3, "--output-price-per-mtok", 3,
    ).out)  # fmt: skip
    tokens = sum(row["tokens"] for row in found["overview"]["models"])

    assert found["summary"]["cost_pico_usd"] == tokens * 3_000_000
    for name in ("causes", "models", "over_time"):
        assert sum(row["cost_pico_usd"] or 0 for row in found["overview"][name]) == tokens * 3_000_000, name


def test_demo_site(home: Home) -> None:
    """The demo is the same to the byte every time, says that it is made up, and holds nothing of this home."""
    home.ask("demo-site", "--out", "one")
    said = home.ask("demo-site", "--out", "two")
    one, two = files_of(home.path / "one"), files_of(home.path / "two")

    assert said.code == 0
    assert "made-up" in said.out
    assert one == two
    assert len(one) > 5
    assert b"Synthetic" in one["index.html"]
    for word in (b"3d1f0a52", b"/home/ana", str(home.path).encode()):
        assert word not in b"".join(one.values())


def test_demo_untouched(home: Home) -> None:
    """Neither the demo site nor a demo dashboard makes a ledger here."""
    home.ask("demo-site")
    home.ask("dashboard", "--demo", "--session-reports")
    shown = json.loads((home.path / "reports/dashboard/overview.json").read_text())

    assert shown["synthetic"] is True
    assert not home.ledger.exists()
