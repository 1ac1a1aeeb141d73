"""Planted secrets never reach a sink, a report for others names nothing of the work, and no talk is stored."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from fresh import CONFIG, LEDGER, move_in
from postmortem.planted import CONTENT, HOST, OUTPUT, PROMPT, SAID, SENTENCES, WORK, leaks, plant, secrets
from whyburn.api.postmortem import stored
from whyburn.api.postmortem.overview import overview
from whyburn.api.workspace import open_workspace
from whyburn.cli.app import run
from whyburn.clock import Zone
from whyburn.postmortem.redact import Redactor, masked
from whyburn.views.page.site import Look
from whyburn.web.app import hosts_of, make_app
from whyburn.web.keeper import Keeper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEARTS = [one.heart for one in secrets()]
LARGE = 60
"""Calls of the sessions that hold every secret everywhere."""


class Said(NamedTuple):
    """Everything that one level of hiding let through, by where it came out."""

    home: Path
    texts: dict[str, str]

    def leaking(self, words: list[str]) -> dict[str, list[str]]:
        """The sinks in which words, or pieces of them, stand."""
        return {sink: found for sink, text in self.texts.items() if (found := leaks(text, words))}


def ask(*words: str) -> str:
    """Run a command that succeeds; all that it printed."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(words)
    assert code == 0, (words, err.getvalue())
    return out.getvalue() + err.getvalue()


@contextlib.contextmanager
def at_home(home: Path) -> Iterator[None]:
    """The home as the environment of what runs in this process; every report is worth keeping."""
    with pytest.MonkeyPatch.context() as patch:
        move_in(patch, home)
        patch.chdir(home)
        patch.setattr(stored, "WORTH_KEEPING_SECONDS", -1.0)
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine with a name, and sessions of both programs that are full of secrets."""
    found = tmp_path_factory.mktemp("planted")
    plant(found, "claude")
    plant(found, "codex", seed=100)
    settings = found / CONFIG / "machine.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(f'[machine]\nname = "{HOST}"\n')
    return found


@pytest.fixture(scope="module")
def large(home: Path) -> list[str]:
    """The ids of the sessions that hold everything, one of each program."""
    with at_home(home):
        rows = json.loads(ask("scan", "--limit", "100", "--json"))["sessions"]
    found = [row["id"] for row in rows if row["calls"] > LARGE]
    assert len(found) == 2
    return found


def of_a_session(ident: str) -> list[list[str]]:
    """Every command that shows one session."""
    one = ["analyze", "session", ident]
    return [
        ["why", ident], ["explain", ident], ["explain", ident, "--json", "--blocks"], ["explain", ident, "--markdown"],
        ["explain", ident, "--out", f"made/{ident}.md"], ["report", ident, "--out", f"made/{ident}.html"],
        [*one, "--details"], [*one, "--details", "--json"], [*one, "--all-tool-calls"], [*one, "--bad-calls"],
        [*one, "--all-tool-calls", "--json", "--persist"], ["analyze", "cache", ident],
        ["analyze", "cache", ident, "--json"],
    ]  # fmt: skip


OF_MANY = [
    ["overview", "--limit", "100", "--session-reports", "--out", "made/overview.html"],
    ["overview", "--limit", "100", "--json"], ["overview", "--limit", "100", "--json", "--cache-dir", "made/cache"],
    ["dashboard", "--limit", "100", "--out", "made/site"], ["dashboard", "--limit", "100", "--json"],
    ["scan", "--limit", "100"], ["scan", "--limit", "100", "--json"], ["open", "--no-open", "--out", "made/open.html"],
]  # fmt: skip
OF_USAGE = [
    ["usage", "sessions", "--limit", "100", "--with-summary"], ["usage", "sessions", "--limit", "100", "--table"],
    ["usage", "sessions", "--limit", "100", "--with-summary", "--json"], [],
]  # fmt: skip
"""They have no levels: what they show is what `default` allows."""


def shown(home: Path, large: list[str], level: str) -> dict[str, str]:
    """What every command of the postmortem says and writes at a level."""
    commands = [*(words for ident in large for words in of_a_session(ident)), *OF_MANY]
    texts = {" ".join(words): ask(*words, "--redact", level) for words in commands}
    return texts | _files(home / "made")


def _but_its_logs(text: str) -> str:
    """Without the paths of a session's logs in JSON: who asks for them wants to open them."""
    return re.sub(r'"source_paths": \[[^]]*\]', "", text)


def _files(folder: Path) -> dict[str, str]:
    pages = [path for path in folder.rglob("*.*") if path.is_file() and path.suffix != ".db"]
    return {path.name: path.read_text("utf-8", "replace") for path in pages}


@pytest.fixture(scope="module")
def default(home: Path, large: list[str]) -> Said:
    """Everything at level `default`."""
    with at_home(home):
        texts = shown(home, large, "default")
        texts |= {" ".join(words): _but_its_logs(ask(*words)) for words in OF_USAGE}
        return Said(home, texts | _traces(home) | _served(home))


@pytest.fixture(scope="module")
def share(home: Path, large: list[str], default: Said) -> Said:
    """Everything at level `share`, after the digests were made."""
    with at_home(home):
        return Said(home, shown(home, large, "share"))


def _traces(home: Path) -> dict[str, str]:
    """A trace and a telemetry export with every secret in every text."""
    trace, export = home / "trace.jsonl", home / "export.json"
    trace.write_text("".join(f"{json.dumps(one)}\n" for one in _trace_events()))
    export.write_text(json.dumps(_export()))
    words = [["analyze", "trace", str(trace)], ["claude", "import-otel", str(export)]]
    return {f"{one[1]} {form}": ask(*one, *form.split()) for one in words for form in ("", "--json", "--markdown")}


def _trace_events() -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    for one in secrets():
        at = {"timestamp": "2026-03-10T09:00:00Z", "cwd": f"/home/ana/{one.text}", "title": one.text}
        failed = {"step": "test", "tool": "shell", "command": f"make '{one.text}'", "error": one.text, "exit_code": 1}
        events += [
            {**at, "step": "user", "role": "user", "text": one.text},
            {**at, "step": "search", "model": "claude-opus-4-5", "text": one.text, "input_tokens": 9_000,
             "output_tokens": 90, "files": [f"src/{one.text}"]},
            *[{**at, **failed, "tokens": 900} for _ in range(3)],
        ]  # fmt: skip
    return events


def _export() -> dict[str, Any]:
    records = []
    for nth, one in enumerate(secrets()):
        told = {"event.name": "api_request", "session.id": f"s{nth}", "model": "claude-opus-4-5", "prompt": one.text,
                "error": one.text, "user.email": one.text, "cost_usd": "0.1", "input_tokens": "90",
                "output_tokens": "9"}  # fmt: skip
        attributes = [{"key": key, "value": {"stringValue": value}} for key, value in told.items()]
        body = {"stringValue": "claude_code.api_request"}
        records.append({"timeUnixNano": str(1_773_133_200_000_000_000 + nth), "body": body, "attributes": attributes})
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "claude-code"}}]}
    return {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]}


def _served(home: Path) -> dict[str, str]:
    """What the server answers to whoever asks for everything."""
    with open_workspace() as workspace, ThreadPoolExecutor(1) as pool:
        keeper = Keeper(workspace, str(home / "served"), Look("0", 1, Zone("UTC")),
                        lambda policy: overview(workspace, limit=100, policy=policy))  # fmt: skip
        keeper.start()
        keeper.close()
        with TestClient(make_app(keeper, pool, hosts=hosts_of("127.0.0.1", 80)), base_url="http://127.0.0.1") as client:
            texts = {f"served {name}": client.get(f"/{name}").text for name in [*keeper.names(), "nothing", "mark"]}
        pool.submit(keeper.close).result()
    return texts


# --- default ----------------------------------------------------------------------------------------------------------


def test_the_secrets_stand_in_the_logs(home: Path) -> None:
    """The tests below would find them if they were shown."""
    logs = "".join(path.read_text() for name in (".claude", ".codex") for path in (home / name).rglob("*.jsonl"))

    assert set(leaks(logs, [*HEARTS, PROMPT, CONTENT, OUTPUT, SAID])) == {*HEARTS, *SENTENCES}


def test_no_secret_reaches_a_sink(default: Said) -> None:
    """Console, JSON, Markdown, pages, sites, the server, traces: not even a piece of one."""
    assert len(default.texts) > 100
    assert default.leaking(HEARTS) == {}


def test_something_is_still_said(default: Said, large: list[str]) -> None:
    """What is harmless stays: files by their names inside the project, commands, titles."""
    text = default.texts[f"explain {large[0]} --json --blocks"]

    assert f"{WORK[3]}/" in text
    assert "pytest -q tests/test_cart.py" in text
    assert WORK[2] in text
    assert "[secret]" in text
    assert "[env file]" in text


def test_prompts_contents_and_outputs_are_not_shown(default: Said) -> None:
    """Reports speak of sizes and sources; what was said, read or printed is left in the log."""
    assert default.leaking(list(SENTENCES)) == {}


# --- what is stored ---------------------------------------------------------------------------------------------------


def bodies(db: Path) -> Iterator[bytes]:
    """Everything that digests say, readable."""
    with contextlib.closing(sqlite3.connect(db)) as found:
        for kind, body in found.execute("SELECT kind, body FROM digest").fetchall():
            yield zstandard.decompress(body) if kind == stored.KIND else body


def test_digests_hold_no_secret_and_no_text_of_a_talk(default: Said) -> None:
    """Neither in the ledger nor in a folder of their own."""
    kept = b"\n".join([*bodies(default.home / LEDGER), *bodies(default.home / "made/cache/digests.db")])

    assert b"[secret]" in kept
    assert leaks(kept.decode("utf-8", "replace"), [*HEARTS, *SENTENCES]) == []


def test_no_text_of_a_talk_is_in_the_files_of_the_ledger(default: Said) -> None:
    """The bytes of the database, of its write-ahead log and of the cache folder, freed pages too."""
    files = [*(default.home / LEDGER).parent.glob("*.db*"), *(default.home / "made/cache").glob("*")]
    stored_bytes = b"".join(path.read_bytes() for path in files).decode("latin-1")

    assert leaks(stored_bytes, list(SENTENCES)) == []


def test_only_names_of_a_session_may_bring_a_secret_into_the_ledger(tmp_path: Path) -> None:
    """A secret in prompts, commands, paths and outputs is not in the ledger's bytes, at any level of hiding."""
    plant(tmp_path, "claude", named=False)
    with at_home(tmp_path):
        ask("explain", "--redact", "none")
        ask("overview", "--json", "--redact", "none")
        ask("usage", "sessions", "--with-summary")
    files = (tmp_path / LEDGER).parent.glob("*.db*")

    assert leaks(b"".join(path.read_bytes() for path in files).decode("latin-1"), HEARTS) == []


def test_none_shows_everything_and_stores_nothing_of_it(home: Path, large: list[str], default: Said) -> None:
    """Who asks for the raw text gets it, and the digests stay as they were."""
    before = list(bodies(home / LEDGER))
    with at_home(home):
        raw = [ask("explain", ident, "--json", "--blocks", "--redact", "none") for ident in large]

    assert all(len(leaks(text, HEARTS)) > len(HEARTS) // 2 for text in raw)
    assert list(bodies(home / LEDGER)) == before


def test_everything_is_private(default: Said) -> None:
    """Files that were written can be read by their owner only, and so can the folders that were made for them."""
    folders = [(default.home / LEDGER).parent, default.home / "made", default.home / "served"]
    made = [path for folder in folders for path in (folder, *folder.rglob("*"))]
    open_to_others = [path for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077]

    assert len(made) > 50
    assert open_to_others == []


# --- for others -------------------------------------------------------------------------------------------------------


def test_share_names_nothing_of_the_work(share: Said) -> None:
    """No path, command, title, branch, project, machine, and no secret either."""
    words = [*WORK, HOST, "test_cart", "CLAUDE.md", "shop.example.org", str(share.home), "/home/ana"]
    named = {sink: [word for word in words if word in _but_where_it_was_put(text, share.home)]
             for sink, text in share.texts.items()}  # fmt: skip

    assert {sink: found for sink, found in named.items() if found} == {}
    assert share.leaking([*HEARTS, *SENTENCES]) == {}


def _but_where_it_was_put(text: str, home: Path) -> str:
    """Without the places of written files, which the user typed."""
    return text.replace(f"{home}/made", "")


def test_share_keeps_counts_and_dollars(share: Said, default: Said, large: list[str]) -> None:
    """The numbers are the same, to the pico-dollar."""
    for ident in large:
        shared, plain = (json.loads(one.texts[f"explain {ident} --json --blocks"].splitlines()[0])
                         for one in (share, default))  # fmt: skip
        assert shared["billed"] == plain["billed"]
        assert shared["avoidable"] == plain["avoidable"]
        assert [row["cost_pico_usd"] for row in shared["blocks"]] == [row["cost_pico_usd"] for row in plain["blocks"]]


@pytest.mark.parametrize("form", ["why", "explain", "explain --json --blocks", "explain --markdown"])
def test_no_content_leaves_out_every_text(form: str, home: Path, large: list[str]) -> None:
    """Not even a name that stands in the log, nor a pseudonym for it."""
    with at_home(home):
        said = [ask(*form.split(), ident, "--no-content") for ident in large]

    for text in said:
        assert [word for word in (*WORK, "test_cart", "CLAUDE.md", "/home/ana", "text-", "path-") if word in text] == []
        assert leaks(text, [*HEARTS, *SENTENCES]) == []


# --- the redactor -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", secrets(), ids=lambda one: one.kind)
@given(before=st.sampled_from(["", "run ", "'", '{"a": "', "mcp__shop__", "x=", "(", "\t"]), cut=st.integers(0, 200))
def test_a_secret_is_masked_wherever_it_stands_and_wherever_it_is_cut(secret: Any, before: str, cut: int) -> None:
    """A label that ends inside a key shows less than eight characters of it."""
    whole = f"{before}{secret.text} and more"
    shorter = whole[: len(before) + cut]

    assert leaks(masked(whole), [secret.heart]) == []
    if secret.kind != "mail":  # whose end makes it one
        assert leaks(masked(shorter), [secret.heart]) == []
        assert leaks(masked(f"{shorter}…"), [secret.heart]) == []


@pytest.mark.parametrize("text", [
    "pytest -q tests/test_cart.py -k rounding", "git commit -m 'settle the tokens of the parser'", "src/keys/token.py",
    "http://localhost:8787/overview", "pip install scikit-learn==1.5.0", "sk-learn", "rg 'api_key' src", "npm_config_x",
    "process.env.SHOP_REGION", "python -m basic authentication", "make .envrc", "react@18.2.0",
])  # fmt: skip
def test_harmless_words_stay(text: str) -> None:
    """What only looks like a secret from afar is shown as it is."""
    assert masked(text) == text


@pytest.mark.parametrize(
    "text", ["a-", "a.", "a@", "hf_", "hf_1_", "a/", "://a:", "--a", "-----BEGIN ", "token ", "eyJa."]
)
def test_no_text_keeps_the_search_busy(text: str) -> None:
    """Words of a log that nearly match, again and again: every pattern passes over them once."""
    for end in ("", "key", "!", "@", ".env", "=x"):
        assert masked(text * 20_000 + end)


def test_the_folder_of_a_projects_logs_does_not_name_the_project() -> None:
    """Claude Code names it by the project's path."""
    redact = Redactor("default", "/home/ana/shop-on-the-moon", "/home/ana")

    assert redact.path("/home/ana/.claude/projects/-home-ana-shop-on-the-moon/3d1f.jsonl") == (
        "~/.claude/projects/[project]/3d1f.jsonl"
    )


def test_the_same_text_gets_the_same_name(home: Path) -> None:
    """Whoever reads a shared report can tell one file from another, over reports too."""
    redact = Redactor.of("share", environ=dict(os.environ, HOME=str(home)))

    assert redact.path("src/cart.py") == redact.path("src/cart.py") != redact.path("src/tax.py")
    assert redact.machine(f"{HOST}/claude/3d1f").endswith("/claude/3d1f")
