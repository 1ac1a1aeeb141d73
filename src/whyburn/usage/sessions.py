"""Usage by session, newest first: who, where, when, what for, how much."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from whyburn.usage import engine
from whyburn.usage.aggregate import Group, machine_names, ranked
from whyburn.usage.selection import Selection
from whyburn.usage.totals import Totals

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from whyburn.clock import Window

SPARK_POINTS = 24
"""Points of the sparkline of a session: its calls' cost from first to last."""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session with its usage in the window."""

    ident: int
    """Its row in the ledger."""
    names: dict[str, Any]
    totals: Totals
    by_model: list[Group]
    spark: list[int] = field(default_factory=list)
    """Pico-dollars (tokens where nothing is priced) over the session's time, in equal steps."""

    def as_dict(self, *, breakdown: bool) -> dict[str, Any]:
        """The JSON form."""
        found = {
            **self.names, "first_ms": self.totals.first_ms, "last_ms": self.totals.last_ms, **self.totals.as_dict(),
            "providers": sorted({row.names["provider"] for row in self.by_model}),
            "models": [f"{row.names['provider']}/{row.names['model']}" for row in self.by_model],
        }  # fmt: skip
        if breakdown:
            found["by_model"] = [row.as_dict() for row in self.by_model]
        return found


@dataclass(frozen=True, slots=True)
class Sessions:
    """The whole report; `of` counts the sessions before the limit, `totals` sums the rows that are shown."""

    order: Literal["asc", "desc"]
    rows: list[SessionRow]
    of: int
    totals: Totals
    breakdown: bool = False
    summaries: Mapping[int, str] | None = None
    """Why each was dear, by row of the ledger, for those of which that is known; None when it was not asked for."""

    def with_summaries(self, summaries: Mapping[int, str]) -> Sessions:
        """The same report with these lines."""
        return replace(self, summaries=summaries)

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "order": self.order, "of": self.of, "sessions": [self._row(row) for row in self.rows],
            "totals": self.totals.as_dict(),
        }  # fmt: skip

    def _row(self, row: SessionRow) -> dict[str, Any]:
        found = row.as_dict(breakdown=self.breakdown)
        return found if self.summaries is None else {**found, "summary": self.summaries.get(row.ident)}


def sessions(
    db: sqlite3.Connection, window: Window, *, where: Selection | None = None, order: Literal["asc", "desc"] = "desc",
    limit: int | None = None, breakdown: bool = False, spark: bool = False, dearest: bool = False,
) -> Sessions:  # fmt: skip
    """The sessions with a call in the window, by their last call (or, `dearest`, by cost)."""
    where = where or Selection(hourly={})
    if (
        window.since_ms is None
        and window.until_ms is None
        and where.facets is None
        and where.threads is None
        and not dearest
    ):
        idents, of = _newest(db, order, limit)
    else:
        found = [(row.key[0], row.totals) for row in engine.ask(db, window, ("session",), where=where)]
        of = len(found)
        if dearest:
            found.sort(key=lambda row: (-(row[1].virtual_pico or 0), -row[1].tokens, row[0]))
        else:
            found.sort(key=lambda row: (row[1].last_ms or 0, row[0]), reverse=order == "desc")
        idents = [ident for ident, _ in (found if limit is None else found[:limit])]
    rows = _rows(db, window, where, idents, spark=spark)
    return Sessions(order, rows, of, sum((row.totals for row in rows), Totals()), breakdown)


def _newest(db: sqlite3.Connection, order: str, limit: int | None) -> tuple[list[int], int]:
    direction = "DESC" if order == "desc" else "ASC"
    rows = db.execute(
        f"SELECT id FROM session WHERE calls > 0 ORDER BY last_ms {direction}, id {direction} LIMIT ?",
        (-1 if limit is None else limit,),
    ).fetchall()
    of = db.execute("SELECT count(*) FROM session WHERE calls > 0").fetchone()[0]
    return [row[0] for row in rows], of


def _rows(
    db: sqlite3.Connection, window: Window, where: Selection, idents: Sequence[int], *, spark: bool
) -> list[SessionRow]:
    threads = threads_of(db, idents)
    if where.threads is not None:
        threads &= where.threads
    narrowed = Selection(where.facets, frozenset(threads))
    models: dict[int, list[Group]] = {}
    for row in engine.ask(db, window, ("session", "provider", "model"), where=narrowed):
        group = Group({"provider": row.key[1], "model": row.key[2]}, row.totals)
        models.setdefault(row.key[0], []).append(group)
    names = session_names(db, idents)
    found = []
    for ident in idents:
        groups = ranked(models.get(ident, []))
        sums = sum((row.totals for row in groups), Totals())
        line = _spark(db, ident, sums, narrowed) if spark else []
        found.append(SessionRow(ident, names[ident], sums, groups, line))
    return found


def threads_of(db: sqlite3.Connection, sessions: Sequence[int]) -> set[int]:
    """The threads of some sessions."""
    marks = ", ".join(map(str, sessions))
    return {row[0] for row in db.execute(f"SELECT id FROM thread WHERE session IN ({marks})")}


def session_names(db: sqlite3.Connection, sessions: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What identifies and describes sessions: key, machine, harness, ids, project, title, relations."""
    machines = machine_names(db)
    rows = db.execute(
        f"""SELECT s.id, s.machine, s.harness, s.native, s.cwd, p.root, p.remote, s.branch, s.title, s.parent, s.root,
              s.relation,
              (SELECT json_group_array(path) FROM (SELECT o.path FROM sighting g JOIN source o ON o.id = g.source
               WHERE g.session = s.id ORDER BY o.path))
            FROM session s LEFT JOIN place p ON p.machine = s.machine AND p.cwd = s.cwd
            WHERE s.id IN ({", ".join(map(str, sessions))})"""
    )
    return {row[0]: _names(row, machines) for row in rows}


def _names(row: tuple[Any, ...], machines: dict[int, tuple[str, str, str]]) -> dict[str, Any]:
    import json  # noqa: PLC0415  5 ms that only lists of sessions need

    _, machine, harness, native, cwd, root, remote, branch, title, parent, top, relation, paths = row
    uid, name, label = machines[machine]
    return {
        "key": f"{label}/{harness}/{native}", "machine_id": uid, "machine_name": name, "machine_label": label,
        "harness": harness, "source_session_id": native, "session_title": title, "cwd": cwd, "git_root": root,
        "git_remote": remote, "project": root or cwd, "branch": branch, "parent_session_id": parent,
        "root_session_id": top, "relation": relation, "source_paths": json.loads(paths),
    }  # fmt: skip


def _spark(db: sqlite3.Connection, session: int, sums: Totals, where: Selection) -> list[int]:
    """The session's money over its time, in equal steps."""
    if sums.first_ms is None or sums.last_ms is None or sums.last_ms == sums.first_ms:
        return []
    width = (sums.last_ms - sums.first_ms) // SPARK_POINTS + 1
    points = [0] * SPARK_POINTS
    weight = "coalesce(c.virtual_pico, 0)" if sums.virtual_pico else "coalesce(c.input, 0) + coalesce(c.output, 0)"
    tests = " AND ".join(["TRUE", *engine.restrictions(where, "c")])
    for at, value in db.execute(
        f"""SELECT (c.ts_ms - ?) / ?, sum({weight}) FROM thread t JOIN call c ON c.thread = t.id
            WHERE t.session = ? AND c.counted AND c.ts_ms BETWEEN ? AND ? AND {tests} GROUP BY 1""",
        (sums.first_ms, width, session, sums.first_ms, sums.last_ms),
    ):
        points[at] += value
    return points
