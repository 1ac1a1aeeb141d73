"""One question, one answer: JSON, text tables and the Python interface agree, and every breakdown sums to its total.

The ledger is random but always the same: sessions of two harnesses over nine days that cross a clock change and the
end of a month, several models (one without a price), sub-agents, efforts, projects, and two machines.
"""

from __future__ import annotations

import json
import random
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

import fresh
from whyburn import api, clock
from whyburn.usage.engine import DIMENSIONS
from whyburn.usage.totals import Totals
from whyburn.views.words import money, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

BEGIN_MS = int(datetime(2026, 10, 24, 5, tzinfo=UTC).timestamp() * 1000)
NOW_MS = int(datetime(2026, 11, 3, 12, tzinfo=UTC).timestamp() * 1000)
SPAN_MS = 9 * 86_400_000
MODELS = ("claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "claude-from-tomorrow")
COUNTED = (
    "calls", "unknown_calls", "input", "output", "reasoning", "cache_read", "cache_write", "cache_write_5m",
    "cache_write_1h", "cache_write_other", "prompt_total", "output_total", "accounting_total", "total", "web_searches",
    "source_cost_pico_usd", "actual_cost_pico_usd", "virtual_cost_pico_usd", "unpriced_calls", "unpriced_tokens",
)  # fmt: skip
"""What is a sum, in the names of JSON."""
WINDOWS = {
    "all time": (),
    "days": ("--since", "2026-10-25", "--until", "2026-10-30"),
    "odd minutes": ("--since", "2026-10-25T01:07:11", "--until", "2026-10-28T21:52:49"),
    "one harness": ("--harness", "claude", "--timezone", "Asia/Kathmandu"),
    "one project": ("--project", "shop", "--since", "2026-10-26"),
}
QUESTIONS = [("summary",), ("daily",), ("weekly",), ("monthly",), ("sessions", "--order", "asc"), ("machines",),
             *(("by", one) for one in DIMENSIONS), ("by", "day,harness,model"), ("by", "project,agent"),
             ("daily", "--instances"), ("daily", "--fill")]  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home with its logs read."""
    home = tmp_path_factory.mktemp("numbers")
    rng = random.Random("same numbers")
    for number in range(9):
        _claude(home, rng, f"{number:04x}aaaa")
    for number in range(5):
        _codex(home, rng, f"019a0000-0000-7000-8000-00000000000{number}")
    (home / fresh.CONFIG).mkdir(parents=True)
    (home / fresh.CONFIG / "config.toml").write_text('[[actual_cost]]\nharness = "claude"\nmode = "source"\n')
    with pytest.MonkeyPatch.context() as patch:
        _settle(patch, home)
        with api.open_workspace() as workspace:
            workspace.refresh()
            ledger = workspace.paths.db
    with sqlite3.connect(ledger) as db:
        db.execute("INSERT INTO machine(uid, name, first_ms, last_ms) VALUES('feed', 'laptop', 0, 0)")
        db.execute("UPDATE session SET machine = 2 WHERE id % 3 = 0")
        db.execute("INSERT OR IGNORE INTO stale_hour SELECT DISTINCT hour FROM rollup_hour")
    db.close()
    return home


@pytest.fixture
def home(built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> fresh.Home:
    """That home as this test's environment."""
    _settle(monkeypatch, built)
    return fresh.Home(built, capsys)


def _settle(patch: pytest.MonkeyPatch, home: Path) -> None:
    fresh.move_in(patch, home)
    patch.setenv("TZ", "Europe/Berlin")
    patch.setenv("COLUMNS", "240")
    patch.setattr(clock, "now_ms", lambda: NOW_MS)


def _stamp(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _claude(home: Path, rng: random.Random, session: str) -> None:
    cwd = rng.choice(("/home/ana/shop", "/home/ana/infra"))
    start = BEGIN_MS + rng.randrange(SPAN_MS - 7_200_000)
    rows: dict[str, list[dict[str, Any]]] = {"": [], "ab12": []}
    for step in range(rng.randrange(4, 14)):
        agent = rng.choice(("", "", "ab12"))
        five, hour = rng.randrange(9_000), rng.choice((0, 0, 7_000))
        usage = {
            "input_tokens": rng.randrange(3_000), "output_tokens": rng.randrange(1, 4_000),
            "cache_read_input_tokens": rng.randrange(250_000), "cache_creation_input_tokens": five + hour,
            "cache_creation": {"ephemeral_5m_input_tokens": five, "ephemeral_1h_input_tokens": hour},
            "server_tool_use": {"web_search_requests": rng.choice((0, 0, 2))},
        }  # fmt: skip
        message = {"id": f"msg_{session}_{step}", "role": "assistant", "model": rng.choice(MODELS), "usage": usage}
        rows[agent].append({
            "type": "assistant", "sessionId": session, "cwd": cwd,
            "timestamp": _stamp(start + rng.randrange(7_200_000)),
            "requestId": f"req_{session}_{step}", "uuid": f"{session}-{step}", "version": "2.1.220", "message": message,
            "isSidechain": bool(agent), **({"agentId": agent} if agent else {"costUSD": 0.000123} if step % 2 else {}),
        })  # fmt: skip
    folder = home / ".claude/projects/p"
    _write(folder / f"{session}.jsonl", rows[""])
    _write(folder / session / "subagents" / "agent-ab12.jsonl", rows["ab12"])


def _codex(home: Path, rng: random.Random, thread: str) -> None:
    at_ms = BEGIN_MS + rng.randrange(SPAN_MS - 7_200_000)
    lines = [_event(at_ms, "session_meta", {"id": thread, "cwd": "/home/ana/infra", "model_provider": "openai"})]
    whole = dict.fromkeys(("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens"), 0)
    for _ in range(rng.randrange(3, 9)):
        at_ms += rng.randrange(1, 900_000)
        turn = {"cwd": "/home/ana/infra", "model": "gpt-5.1-codex", "effort": rng.choice(("low", "high"))}
        lines.append(_event(at_ms, "turn_context", turn))
        prompt, output = rng.randrange(1_000, 200_000), rng.randrange(1, 3_000)
        last = dict(zip(whole, (prompt, rng.randrange(prompt), output, rng.randrange(output)), strict=True))
        whole = {name: whole[name] + last[name] for name in whole}
        info = {"total_token_usage": _total(whole), "last_token_usage": _total(last)}
        lines.append(_event(at_ms + 5, "event_msg", {"type": "token_count", "info": info}))
    _write(home / f".codex/sessions/2026/rollout-2026-10-21T10-00-00-{thread}.jsonl", lines)


def _total(counts: dict[str, int]) -> dict[str, int]:
    return {**counts, "total_tokens": counts["input_tokens"] + counts["output_tokens"]}


def _event(at_ms: int, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"timestamp": _stamp(at_ms), "type": kind, "payload": payload}


def _write(path: Path, records: Iterable[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records))


def _read(home: fresh.Home, *words: str) -> dict[str, Any]:
    code, out, err = home.ask("usage", *words, "--no-refresh", "--json")
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


def _sums(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in COUNTED}


def _added(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Sums by name; what no row knows stays unknown."""
    listed = list(rows)
    known = {name: [row[name] for row in listed if row[name] is not None] for name in COUNTED}
    return {name: sum(values) if values else None for name, values in known.items()}


def _parts(found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Every list of parts in an answer, by its name."""
    names = ("by_provider", "by_harness", "by_machine", "by_model", "by_activity", "buckets", "sessions", "rows",
             "instances")  # fmt: skip
    parts = {name: found[name] for name in names if name in found}
    if "instances" in parts:
        parts["buckets of instances"] = [one for row in parts["instances"] for one in row["buckets"]]
        parts["instances"] = [row["totals"] for row in parts["instances"]]
    return parts


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
@pytest.mark.parametrize("window", WINDOWS)
def test_parts_sum_to_the_total_that_every_view_shows(home: fresh.Home, window: str, question: tuple[str, ...]) -> None:
    """In integers, for every breakdown; and the total is that of `usage summary` over the same window."""
    options = WINDOWS[window]
    if question[0] == "sessions":
        options = (*options, "--limit", "1000")

    found = _read(home, *question, *options)
    whole = _sums(_read(home, "summary", *WINDOWS[window])["totals"])

    parts = _parts(found)
    assert parts
    assert {name: _added(rows) for name, rows in parts.items()} == dict.fromkeys(parts, whole)
    assert _sums(found["totals"]) == whole
    assert all(isinstance(value, int) for value in whole.values() if value is not None)


def test_the_ledger_of_these_tests_has_what_they_are_about(home: fresh.Home) -> None:
    """Several of everything, some of it unpriced, recorded costs, searches: nothing above is true of zeros only."""
    found = _read(home, "summary")

    assert [name for name in COUNTED if found["totals"][name] in (0, None)] == ["unknown_calls", "cache_write_other"]
    assert [len(found[name]) for name in ("by_harness", "by_machine", "by_model", "by_activity")] == [2, 2, 4, 2]


@pytest.mark.parametrize("options", WINDOWS.values(), ids=WINDOWS)
def test_a_report_that_answers_from_calls_agrees_with_one_that_answers_from_sums(
    home: fresh.Home, options: tuple[str, ...]
) -> None:
    """The stored calls, added up one by one, are what the rollups say."""
    found = _read(home, "summary", *options)
    since, until = found["filters"]["since_ms"], found["filters"]["until_ms"]
    harness, project = found["filters"].get("harness"), found["filters"].get("project")

    with sqlite3.connect(home.ledger) as db:
        rows = db.execute(
            """SELECT c.requests, c.input, c.output, c.cache_read, c.w5, c.w1, c.virtual_pico, c.ts_ms, f.harness, p.cwd
               FROM call c JOIN facet f ON f.id = c.facet JOIN place p ON p.id = f.place WHERE c.counted"""
        ).fetchall()
    db.close()
    kept = [row for row in rows if (since or 0) <= row[7] < (until or NOW_MS) and (not harness or row[8] in harness)
            and (not project or row[9].endswith(f"/{project[0]}"))]  # fmt: skip

    names = ("calls", "input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "virtual_cost_pico_usd")
    assert [sum(row[at] or 0 for row in kept) for at in range(7)] == [found["totals"][name] for name in names]


def _in_python(question: str) -> Totals:
    """The same question, asked of the Python interface."""
    with api.open_workspace() as workspace:
        reports: dict[str, Any] = {
            "summary": lambda: api.usage_report(workspace, policy="never"),
            "daily": lambda: api.usage_series_report(workspace, "day", policy="never"),
            "weekly": lambda: api.usage_series_report(workspace, "week", policy="never"),
            "monthly": lambda: api.usage_series_report(workspace, "month", policy="never"),
            "sessions": lambda: api.usage_sessions_report(workspace, limit=1000, policy="never"),
            "machines": lambda: api.usage_report(workspace, policy="never"),
            "by model": lambda: api.usage_by(workspace, ("model",), policy="never"),
            "by day,project": lambda: api.usage_by(workspace, ("day", "project"), policy="never"),
        }
        _, report = reports[question]()
    found = report.totals
    assert isinstance(found, Totals)
    return found


ASKED = ["summary", "daily", "weekly", "monthly", "sessions", "machines", "by model", "by day,project"]


@pytest.mark.parametrize("question", ASKED)
def test_python_json_and_text_give_the_same_total(home: fresh.Home, question: str) -> None:
    """To the pico-dollar in the first two; as it is written on screen in the third."""
    words = (*question.split(), *(("--limit", "1000", "--table") if question == "sessions" else ()))
    asked = tuple(word for word in words if word != "--table")

    python = _in_python(question)
    in_json = _read(home, *asked)["totals"]
    screen = home.ask("usage", *words, "--no-refresh").out

    assert {name: in_json[name] for name in COUNTED} == {name: python.as_dict()[name] for name in COUNTED}
    if question == "summary":
        line = next(line for line in screen.splitlines() if line.startswith("cost"))
        shown = [money(python.virtual_pico), money(python.actual_pico), money(python.source_pico)]
    else:
        line = next(line for line in screen.splitlines() if "total" in line.split())
        shown = [f"{python.calls:,}", tokens(python.prompt), tokens(python.output), f"≥{money(python.virtual_pico)}"]
    assert [one for one in shown if one not in line.split()] == []


def test_rows_on_screen_are_the_rows_of_json(home: fresh.Home) -> None:
    """Every day, its calls, its tokens and its cost, in the same order."""
    rows = _read(home, "daily")["buckets"]
    screen = home.ask("usage", "daily", "--no-refresh").out.splitlines()

    for row in rows:
        cost = money(row["virtual_cost_pico_usd"])
        marked = f"≥{cost}" if row["unpriced_calls"] and row["virtual_cost_pico_usd"] is not None else cost
        cells = [f"{row['calls']:,}", tokens(row["prompt_total"]), tokens(row["output_total"]), marked]
        line = next(line for line in screen if line.startswith(row["label"]))
        assert line.removeprefix(row["label"]).split()[:4] == cells
    order = [line[:10] for line in screen if line[:10] in {row["label"][:10] for row in rows}]
    assert order == [row["label"][:10] for row in rows]
