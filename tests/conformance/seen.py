"""What a ledger says, in the shape of `expected.toml`."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from whyburn.ledger.database import open_reader
from whyburn.ledger.rollups import SLOT_MS
from whyburn.model import FLAG_NAMES, INHERITED

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable
    from pathlib import Path

_TOKENS = ("input", "output", "cache_read", "w5", "w1", "wother")
_COUNTS = ("calls", *_TOKENS, "reasoning", "searches")
_ROWS = f"""SELECT r.slot, s.native AS session, t.agent, f.model_raw AS model, f.flags, r.rate, r.virtual_pico,
  r.source_pico,
  {", ".join("r." + name for name in _COUNTS)}
  FROM rollup r JOIN thread t ON t.id = r.thread JOIN session s ON s.id = t.session JOIN facet f ON f.id = r.facet"""
NOTHING: dict[str, Any] = {
    **dict.fromkeys(_COUNTS, 0), "unpriced": 0, "problems": 0, "copied_only": 0, "flags": [], "source_usd": None,
    "cost_usd": "unpriced",
}  # fmt: skip
"""A total of no calls."""


def ledger_says(path: Path, zone: str) -> dict[str, Any]:
    """Totals and every breakdown of a ledger file."""
    db = open_reader(str(path))
    assert db is not None
    try:
        rows = _dicts(db, _ROWS)
        problems, copied = (
            db.execute(query).fetchone()[0]
            for query in (
                "SELECT coalesce(sum(problems), 0) FROM source",
                f"SELECT count(*) FROM call WHERE evidence = {INHERITED} AND NOT counted",
            )
        )
        sessions = {row.pop("native"): row for row in _dicts(db, "SELECT native, parent, relation FROM session")}
        names = {row["key"]: {"name": row["name"]} for row in _dicts(db, _AGENT_NAMES)}
        return {
            "total": {**_sums(rows), "problems": problems, "copied_only": copied},
            "session": _by(rows, lambda row: row["session"], sessions),
            "agent": _by(rows, lambda row: f"{row['session']}/{row['agent']}", names),
            "model": _by(rows, lambda row: row["model"]),
            "day": _by(rows, lambda row: _instant(row["slot"] * SLOT_MS, ZoneInfo(zone)).date().isoformat()),
            "quota": [_quota(row) for row in _dicts(db, "SELECT * FROM quota ORDER BY limit_id, window_min, slot")],
        }
    finally:
        db.close()


_AGENT_NAMES = "SELECT s.native || '/' || t.agent AS key, t.name FROM thread t JOIN session s ON s.id = t.session"


def _dicts(db: sqlite3.Connection, query: str) -> list[dict[str, Any]]:
    cursor = db.execute(query)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _by(
    rows: Iterable[dict[str, Any]], key: Callable[[dict[str, Any]], str], more: dict[str, dict[str, Any]] | None = None
) -> dict[str, dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return {name: {**_sums(group), **(more or {}).get(name, {})} for name, group in groups.items()}


def _sums(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    rows = list(rows)
    sums: dict[str, Any] = {name: sum(row[name] for row in rows) for name in _COUNTS}
    flags = {name for row in rows for bit, name in FLAG_NAMES.items() if row["flags"] & bit}
    return {
        **sums,
        "tokens": sum(sums[name] for name in _TOKENS),
        "unpriced": sum(row["calls"] for row in rows if not row["rate"]),
        "flags": sorted(flags),
        "source_usd": _dollars(rows, "source_pico"),
        "cost_usd": _dollars(rows, "virtual_pico") or "unpriced",
    }


def _dollars(rows: Iterable[dict[str, Any]], column: str) -> str | None:
    known = [row[column] for row in rows if row[column] is not None]
    return _decimal(Decimal(sum(known)).scaleb(-12)) if known else None


def _decimal(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _quota(row: dict[str, Any]) -> dict[str, Any]:
    times = (_instant(row[name], UTC).isoformat().replace("+00:00", "Z") for name in ("at_ms", "resets_ms"))
    at, resets = times
    used = _decimal(Decimal(row["used_bp"]).scaleb(-2))
    return {"limit": row["limit_id"], "window_min": row["window_min"], "at": at, "used_percent": used, "resets": resets}


def _instant(ms: int, zone: Any) -> datetime:
    return datetime.fromtimestamp(ms / 1000, zone)
