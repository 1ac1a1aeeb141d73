"""What the server answers, and what it refuses."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from fresh import move_in
from web.logs import START_MS, Claude, a_week
from whyburn.api.postmortem.overview import overview
from whyburn.api.postmortem.site import DATA, INDEX
from whyburn.api.workspace import open_workspace
from whyburn.clock import Zone
from whyburn.views.page.site import Look
from whyburn.web import keeper as keeping
from whyburn.web.app import hosts_of, make_app
from whyburn.web.keeper import Keeper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BASE = "http://127.0.0.1:8787"
LOOK = Look("0", 1, Zone("UTC"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a week of sessions."""
    move_in(monkeypatch, tmp_path)
    a_week(tmp_path)
    return tmp_path


@pytest.fixture
def keeper(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeper]:
    """A started keeper of that home's site; it looks whenever it is asked."""
    monkeypatch.setattr(keeping, "_SHORTEST_WAIT", 0.0)
    monkeypatch.setattr(keeping, "_PATIENCE", 0)
    with open_workspace() as workspace:
        found = Keeper(workspace, str(home / "site"), LOOK, lambda policy: overview(workspace, policy=policy))
        found.start()
        found.close()
        yield found


@pytest.fixture
def client(keeper: Keeper) -> Iterator[TestClient]:
    """A browser's side of the server."""
    with ThreadPoolExecutor(1) as pool:
        app = make_app(keeper, pool, hosts=hosts_of("127.0.0.1", 8787))
        with TestClient(app, base_url=BASE) as found:
            yield found
        pool.submit(keeper.close).result()


def test_pages(client: TestClient, keeper: Keeper) -> None:
    """The overview, its data and every listed session are served as what they are."""
    kinds = {name: client.get(f"/{name}").headers["content-type"] for name in keeper.names()}

    assert len(kinds) == 5
    assert kinds.pop(DATA) == "application/json"
    assert set(kinds.values()) == {"text/html; charset=utf-8"}
    assert client.get("/").text == client.get(f"/{INDEX}").text


def test_headers(client: TestClient) -> None:
    """Every answer, also a refusal, forbids keeping, sniffing, framing and all scripts but the page's own."""
    for path in ("/", f"/{DATA}", "/mark", "/nothing", "/sessions/"):
        headers = client.get(path).headers

        assert headers["cache-control"] == "no-store", path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["x-frame-options"] == "DENY", path
        assert headers["content-security-policy"].startswith("default-src 'none'"), path
        assert "unsafe" not in headers["content-security-policy"], path


def test_only_own_server(client: TestClient) -> None:
    """A page may ask its own server and nobody else; what is no page may ask nobody."""
    assert "connect-src 'self'" in client.get("/").headers["content-security-policy"]
    assert "connect-src" not in client.get(f"/{DATA}").headers["content-security-policy"]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8787", "127.0.0.1:80", "127.0.0.1", "", "10.0.0.1:8787"]
)
def test_foreign_host(client: TestClient, host: str) -> None:
    """A request under another name than the server's gets nothing but a refusal."""
    answer = client.get("/", headers={"host": host})

    assert answer.status_code == 421
    assert "Where did" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8787", "localhost:8787", "LOCALHOST:8787", "[::1]:8787"])
def test_own_hosts(client: TestClient, host: str) -> None:
    """The loopback names with the right port are answered."""
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "/sessions/../../ledger.db",
     "//etc/passwd", "/sessions/..%5c..%5cwhyburn.db", "/index.html%00.json", "/./index.html", "/secret.txt",
     "/sessions/%2e%2e/secret.txt"],
)  # fmt: skip
def test_climbing(client: TestClient, keeper: Keeper, path: str) -> None:
    """No path leads to a file that is not a page of the site, not even one in the site's folder."""
    with open(os.path.join(keeper.folder, "secret.txt"), "w", encoding="utf-8") as file:
        file.write("secret")

    answer = client.send(client.build_request("GET", BASE + path))

    assert answer.status_code in {200, 404}
    if answer.status_code == 200:
        assert answer.text == client.get("/").text, "a path that the client itself had simplified"
    assert "secret" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_reading_only(client: TestClient, method: str) -> None:
    """There is nothing to send."""
    assert client.request(method, "/").status_code == 405


def test_hostile_title(client: TestClient) -> None:
    """A title from a log is text, without the characters that reorder it."""
    page = client.get("/").text

    assert "&lt;script&gt;document.title" in page
    assert "<script>document.title" not in page
    assert "\u202e" not in page


def test_mark(client: TestClient, keeper: Keeper) -> None:
    """A page carries the mark that the server names for it, the overview and each session its own."""
    for name in (one for one in keeper.names() if one != DATA):
        mark = client.get("/mark", params={"page": f"/{name}"}).json()["mark"]

        assert f'<meta name="whyburn-mark" content="{mark}">' in client.get(f"/{name}").text

    assert client.get("/mark", params={"page": "/nothing"}).json() == {"mark": None}


def test_new_call(client: TestClient, keeper: Keeper, home: Path) -> None:
    """A call that is appended changes the marks of the overview and of its session, and of no other page."""
    pages = [name for name in keeper.names() if name != DATA]

    def marks() -> dict[str, str]:
        return {name: client.get("/mark", params={"page": f"/{name}"}).json()["mark"] for name in pages}

    before, bill = marks(), client.get(f"/{DATA}").json()["summary"]["cost_pico_usd"]
    Claude(home, "77aa10b0-bbbb", cwd="/home/ana/web", start_ms=START_MS + 3 * 86_400_000).said("one more")
    after = marks()

    assert {name for name in pages if before[name] != after[name]} == {
        INDEX, next(name for name in pages if "77aa10b0" in name)
    }  # fmt: skip
    assert client.get(f"/{DATA}").json()["summary"]["cost_pico_usd"] > bill


def test_new_session(client: TestClient, keeper: Keeper, home: Path) -> None:
    """A session that begins while the server runs gets its row and its page."""
    client.get("/")

    Claude(home, "b00c0000-dddd").asked("hello").said()
    page = client.get("/").text

    assert "claude-b00c0000-dddd" in page
    assert client.get(f"/{next(name for name in keeper.names() if 'b00c0000' in name)}").status_code == 200


def test_any_address(keeper: Keeper) -> None:
    """A server for other machines answers to addresses, which nobody can have pointed at it, and to no foreign name."""
    hosts = ("192.168.1.7:8787", "[fe80::1]:8787", "evil.example:8787", "1.2.3.4.example")
    with ThreadPoolExecutor(1) as pool:
        app = make_app(keeper, pool, hosts=hosts_of("0.0.0.0", 8787), any_address=True)
        client = TestClient(app, base_url=BASE)
        codes = [client.get("/mark", headers={"host": host}).status_code for host in hosts]
        pool.submit(keeper.close).result()

    assert codes == [200, 200, 421, 421]
