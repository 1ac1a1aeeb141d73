"""`whyburn serve`: how it starts, what it refuses, how it ends."""

from __future__ import annotations

import itertools
import json
import signal
import socket
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from fresh import PROGRAM, Home, imported, move_in
from web.logs import a_week
from web.serving import serving

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Home:
    """An empty home, as the working folder."""
    move_in(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    return Home(tmp_path, capsys)


def fetched(address: str, **headers: str) -> tuple[int, str]:
    """Status and body."""
    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_serving(home: Home) -> None:
    """It says where it listens, what it shows and where the files are, serves them, and ends well with Ctrl-C."""
    a_week(home.path)
    with serving(home.path) as server:
        status, page = fetched(server.url)
        foreign, _ = fetched(server.url, Host="evil.example")
        code, err = server.stop()

    assert server.said["source"] == "all harnesses"
    assert server.said["sessions"] == "3"
    assert server.said["folder"] == str(home.path / "reports/site")
    assert server.url.startswith("http://127.0.0.1:")
    assert (status, foreign) == (200, 421)
    assert "Where did" in page
    assert (code, err) == (0, "")


def test_told_to_end(home: Home) -> None:
    """SIGTERM ends it as well as Ctrl-C does, and the made-up logs go with it."""
    temporary = home.path / "tmp"
    temporary.mkdir()
    with serving(home.path, "--demo", TMPDIR=str(temporary)) as server:
        code, err = server.stop(signal.SIGTERM)

    assert (code, err) == (0, "")
    assert list(temporary.iterdir()) == []


def test_first_session(home: Home) -> None:
    """A server that began without any session shows the first one."""
    with serving(home.path) as server:
        _, empty = fetched(server.url)
        a_week(home.path)
        marks = (fetched(f"{server.url}mark?page=/")[1] for _ in iter(lambda: time.sleep(0.1), 1))
        before = next(marks)
        assert any(mark != before for mark in itertools.islice(marks, 100))
        _, page = fetched(server.url)

    assert "No sessions to show" in empty
    assert "3d1f0a52-aaaa" in page


def test_unwritable_folder(home: Home) -> None:
    """A folder that cannot be made costs one line."""
    (home.path / "file").write_text("")
    said = home.ask("serve", "--port", 0, "--site-dir", "file/site")

    assert (said.code, said.out) == (1, "")
    assert said.err.count("\n") == 1


def test_demo(home: Home) -> None:
    """The demo server shows made-up sessions, says so, and leaves the home's logs and ledger alone."""
    a_week(home.path)
    with serving(home.path, "--demo", "--site-dir", "pages") as server:
        _, page = fetched(server.url)
        _, data = fetched(f"{server.url}overview.json")
        server.stop()

    assert server.said["source"].startswith("synthetic")
    assert "Synthetic" in page
    assert json.loads(data)["synthetic"] is True
    assert "3d1f0a52" not in page
    assert not home.ledger.exists()


def test_busy_port(home: Home) -> None:
    """A port that is taken costs one line and exit code 1, before anything is analysed."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = home.ask("serve", "--port", taken.getsockname()[1])

    assert (said.code, said.out) == (1, "")
    assert said.err.count("\n") == 1
    assert "--port 0" in said.err
    assert not home.ledger.exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "example.org"])
def test_remote_host(home: Home, host: str) -> None:
    """A host that others can reach needs a word of its own."""
    said = home.ask("serve", "--host", host)

    assert (said.code, said.out) == (1, "")
    assert "--allow-remote" in said.err


def test_needless_word(home: Home) -> None:
    """That word without such a host is refused: it would do nothing."""
    assert home.ask("serve", "--allow-remote").code == 2


def test_port_out_of_range(home: Home) -> None:
    """A port that cannot be is a wrong value."""
    assert home.ask("serve", "--port", 70000).code == 1


def test_only_here() -> None:
    """No other command pays for the server's libraries."""
    said, modules = imported(PROGRAM, "dashboard", "--help")

    assert said.code == 0
    assert not {name for name in modules if name.split(".")[0] in {"starlette", "uvicorn", "anyio", "jinja2"}}
