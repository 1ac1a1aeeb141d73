"""Recent sessions, newest first: what there is to be explained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from whyburn.api.postmortem.choose import Wanted, choose, fitting
from whyburn.postmortem.money import money

if TYPE_CHECKING:
    import sqlite3

    from whyburn.api.workspace import Policy, Workspace

_SUMS = """
SELECT t.session, max(c.ts_ms), count(*), sum(coalesce(c.input, 0) + coalesce(c.output, 0) + coalesce(c.cache_read, 0)
  + coalesce(c.w5, 0) + coalesce(c.w1, 0) + coalesce(c.wother, 0)), sum(c.virtual_pico)
FROM thread t JOIN call c ON c.thread = t.id WHERE t.session IN ({}) AND c.counted GROUP BY 1"""


@dataclass(frozen=True, slots=True)
class Scanned:
    """One session of a list."""

    names: dict[str, Any]
    """See `usage.sessions.session_names`."""
    last_ms: int | None
    calls: int
    tokens: int
    cost: int | None
    """Pico-dollars; None when nothing of it has a price."""

    def as_dict(self) -> dict[str, Any]:
        """The JSON form, with the names that the older tool gave to the same things."""
        names = self.names
        paths = names["source_paths"]
        older: dict[str, dict[str, Any]] = {
            "codex": {"rollout_path": paths[0] if paths else None},
            "claude": {"messages": self.calls},
        }
        return {
            "id": names["source_session_id"], "key": names["key"], "harness": names["harness"],
            "title": names["session_title"], "project": names["project"], "cwd": names["cwd"],
            "path": paths[0] if paths else None, "updated_at": _stamp(self.last_ms), "last_ms": self.last_ms,
            "tokens_used": self.tokens, "calls": self.calls, **money(self.cost),
            **older.get(names["harness"], {}),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scan:
    """Recent sessions; `of` counts all that fit, before the limit."""

    harness: str | None
    rows: list[Scanned]
    of: int

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"of": self.of, "sessions": [row.as_dict() for row in self.rows]}


def recent_sessions(
    workspace: Workspace, wanted: Wanted | None = None, *, limit: int = 10, policy: Policy | None = None
) -> Scan:
    """The newest `limit` sessions that fit."""
    wanted = wanted or Wanted()
    db = workspace.reader(policy)
    idents = fitting(db, wanted)
    shown = idents[:limit]
    if policy != "never" and workspace.describe(shown):
        db = workspace.reader("never")
    return Scan(wanted.harness, _rows(db, shown), len(idents))


def one_session(workspace: Workspace, wanted: Wanted) -> Scanned:
    """The usage of one session; `SelectionError` when it cannot be told which."""
    db = workspace.reader("never")
    return _rows(db, [choose(db, wanted)])[0]


def _rows(db: sqlite3.Connection, idents: list[int]) -> list[Scanned]:
    from whyburn.usage.sessions import session_names  # noqa: PLC0415

    names = session_names(db, idents)
    sums = {row[0]: row[1:] for row in db.execute(_SUMS.format(", ".join(map(str, idents))))}
    return [Scanned(names[ident], *sums.get(ident, (None, 0, 0, None))) for ident in idents]


def _stamp(ms: int | None) -> str | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
