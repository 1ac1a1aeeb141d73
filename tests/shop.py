"""A small ledger that the tests of screens and commands share: five days alike, made from logs by the real commands.

On each day, in Berlin: a Claude session with a sub-agent just after midnight (so that zones matter), a Codex session
with two efforts, one of its models without a price, and a Claude session on another machine. The clock stands still on
Saturday 2026-11-21 15:00. Prices are those of the fixture's own `prices.toml`, so no price snapshot can change a golden
file.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from whyburn import clock
from whyburn.cli.app import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NOW_MS = int(datetime(2026, 11, 21, 14, 0, tzinfo=UTC).timestamp() * 1000)
DAYS = ("2026-11-20T23:30", "2026-11-19T23:30", "2026-11-15T23:30", "2026-11-11T23:30", "2026-10-31T23:30",
        "2026-10-14T22:30", "2026-07-01T22:30")  # fmt: skip
"""Half past midnight in Berlin: today, yesterday, Monday, last week, the first of November, October, 2 July."""
LAPTOP = "1a9709aa000000000000000000000000"
DESK = "de5c0000000000000000000000000000"
TITLE = "fix cart \x1b[31mrounding\x1b]0;owned\x07\u202e"
CONFIG = """
[reports]
refresh = "never"
timezone = "Europe/Berlin"
[[actual_cost]]
harness = "claude"
mode = "zero"
[[actual_cost]]
harness = "codex"
mode = "pricing"
"""
PRICES = """
[[pricing.virtual]]
provider = "anthropic"
model = "claude-atlas-5"
input_usd_per_1m = 5
output_usd_per_1m = 25
cached_input_usd_per_1m = 0.5
cache_write_usd_per_1m = 6.25
cache_write_1h_usd_per_1m = 10
[[pricing.virtual]]
provider = "anthropic"
model = "claude-mini-5"
input_usd_per_1m = 0.5
output_usd_per_1m = 2.5
[[pricing.virtual]]
provider = "openai"
model = "forge-1"
input_usd_per_1m = 2
output_usd_per_1m = 10
cached_input_usd_per_1m = 0.2
[[pricing.actual]]
provider = "openai"
model = "forge-1"
input_usd_per_1m = 1
output_usd_per_1m = 5
"""


def build(home: Path) -> Path:
    """Write the logs and settings below a home folder and read them; the ledger's path."""
    for nth, day in enumerate(DAYS):
        _claude(home, f"3d1f0a5{nth}-aaaa", f"{day}:00", "/home/ana/shop", title=TITLE, size=nth + 1)
        _claude(home, f"77aa10b{nth}-bbbb", f"{day}:20", "/home/ana/漢字の店/web", title=None, size=1)
        _codex(home, nth, day)
    config = home / ".config/whyburn"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(CONFIG)
    (config / "prices.toml").write_text(PRICES)
    (config / "machine.toml").write_text('[machine]\nname = "desk"\n')
    ledger = home / "ledger.db"
    assert run(["--db", str(ledger), "refresh"]) == 0
    _adorn(ledger)
    return ledger


def stand_still(patch: pytest.MonkeyPatch, home: Path) -> None:
    """An environment that has nothing of the machine's own: home, zone, clock, width, colours."""
    for name in ("NO_COLOR", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        patch.delenv(name, raising=False)
    patch.setenv("HOME", str(home))
    patch.setenv("TZ", "Europe/Berlin")
    patch.setenv("COLUMNS", "80")
    patch.setattr(clock, "now_ms", lambda: NOW_MS)


def more(home: Path) -> None:
    """One more session, of today."""
    _claude(home, "ffff0000-cccc", "2026-11-21T09:00:00", "/home/ana/shop", title=None, size=3)


def _adorn(ledger: Path) -> None:
    """A second machine, fixed ids, hostile titles: what this machine's logs alone cannot give."""
    db = sqlite3.connect(ledger)
    with db:
        db.execute("UPDATE machine SET uid = ?", (DESK,))
        db.execute("UPDATE meta SET value = ? WHERE key = 'machine'", (DESK,))
        db.execute("INSERT INTO machine SELECT 2, ?, 'laptop', first_ms, last_ms FROM machine", (LAPTOP,))
        db.execute("UPDATE session SET machine = 2 WHERE native LIKE '77aa%'")
        db.execute("UPDATE session SET title = ? WHERE native LIKE '3d1f%'", (TITLE,))
        db.execute("INSERT OR IGNORE INTO stale_hour SELECT DISTINCT hour FROM rollup_hour")
    db.close()


def _claude(home: Path, session: str, at: str, cwd: str, *, title: str | None, size: int) -> None:
    folder = home / ".claude/projects/p"
    start = datetime.fromisoformat(at)
    records: list[dict[str, Any]] = []
    steps = (("claude-atlas-5", 2_000 * size), ("claude-atlas-5", 500), ("claude-mini-5", 90))
    for step, (model, output) in enumerate(steps):
        stamp = start.replace(second=start.second + step * 10).isoformat() + ".000Z"
        hour, five = 20_000 * (step == 0), 700 * (step == 1)
        usage = {
            "input_tokens": 1_200 + step, "output_tokens": output, "cache_creation_input_tokens": hour + five,
            "cache_read_input_tokens": 90_000 * size * (step == 1),
            "cache_creation": {"ephemeral_1h_input_tokens": hour, "ephemeral_5m_input_tokens": five},
        }  # fmt: skip
        records.append({
            "type": "assistant", "sessionId": session, "cwd": cwd, "timestamp": stamp, "version": "2.1.220",
            "isSidechain": step == 2, "uuid": f"{session}-{step}", "requestId": f"req_{session}_{step}",
            "message": {"id": f"msg_{session}_{step}", "role": "assistant", "model": model, "usage": usage},
            **({"agentId": "ab12"} if step == 2 else {}),
        })  # fmt: skip
    if title is not None:
        records.append({"type": "custom-title", "customTitle": title, "sessionId": session})
    main = [record for record in records if not record.get("isSidechain")]
    _lines(folder / f"{session}.jsonl", main)
    _lines(
        folder / session / "subagents" / "agent-ab12.jsonl", [record for record in records if record.get("isSidechain")]
    )


def _codex(home: Path, nth: int, day: str) -> None:
    thread = f"019a000{nth}-0000-7000-8000-000000000001"
    lines: list[dict[str, Any]] = [
        _event(
            day,
            1,
            "session_meta",
            {"id": thread, "cwd": "/home/ana/infra", "model_provider": "openai", "cli_version": "0.150.0"},
        )
    ]
    whole = dict.fromkeys(("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens"), 0)
    for step, (model, effort) in enumerate((("forge-1", "high"), ("forge-1", "low"), ("mystery-model", "high"))):
        lines.append(
            _event(day, 2 + step * 5, "turn_context", {"cwd": "/home/ana/infra", "model": model, "effort": effort})
        )
        last = {
            "input_tokens": 50_000,
            "cached_input_tokens": 30_000,
            "output_tokens": 900 + step,
            "reasoning_output_tokens": 400,
        }
        whole = {name: whole[name] + last[name] for name in whole}
        info = {"total_token_usage": _total(whole), "last_token_usage": _total(last)}
        lines.append(_event(day, 3 + step * 5, "event_msg", {"type": "token_count", "info": info}))
    _lines(home / f".codex/sessions/2026/rollout-2026-07-03T10-00-00-{thread}.jsonl", lines)


def _total(counts: dict[str, int]) -> dict[str, int]:
    return {**counts, "total_tokens": counts["input_tokens"] + counts["output_tokens"]}


def _event(day: str, second: int, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"timestamp": f"{day}:{second:02d}.000Z", "type": kind, "payload": payload}


def _lines(path: Path, records: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records))
