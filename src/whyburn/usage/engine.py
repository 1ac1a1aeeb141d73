"""The one query engine: sums of calls by any dimensions, over any window and selection.

Whole quarters of an hour come from `rollup`, the at most two odd edges of a window from calls. Where only hours,
machines, harnesses, providers and models are asked for, the hourly sums answer. Periods are rows made by `clock`,
joined by range: no date arithmetic happens in SQL, and every zone is exact over its clock changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from whyburn.ledger.rollups import SLOT_MS
from whyburn.usage.selection import Selection
from whyburn.usage.totals import Totals

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from whyburn.clock import Bucket, Window

TIME = ("hour", "day", "week", "month")
"""Dimensions of time; at most one in a question."""
_HOUR_MS = 4 * SLOT_MS
_COLUMNS = {
    "harness": "f.harness",
    "provider": "f.provider",
    "model": "f.model",
    "effort": "f.effort",
    "agent": "coalesce(t.name, CASE t.agent WHEN '' THEN 'main' ELSE 'subagent' END)",
    "project": "coalesce(p.root, p.cwd, '')",
    "machine": "s.machine",
    "session": "t.session",
    "flags": "f.flags",
    "model_raw": "f.model_raw",
}
"""Dimensions and the SQL that tells them; `session` and `machine` give row ids."""
DIMENSIONS = (*TIME, "harness", "provider", "model", "agent", "effort", "project", "machine", "session")
_HOURLY = {"harness": "r.harness", "provider": "r.provider", "model": "r.model", "machine": "r.machine"}
_SUMS = (
    "sum(r.calls), sum(r.unknown), sum(r.input), sum(r.output), sum(r.reasoning), sum(r.cache_read), sum(r.w5), "
    "sum(r.w1), sum(r.wother), sum(r.searches), sum(r.source_pico), sum(r.actual_pico), sum(r.virtual_pico), "
    "sum(CASE r.rate WHEN 0 THEN r.calls ELSE 0 END), "
    "sum(CASE r.rate WHEN 0 THEN r.input + r.output + r.cache_read + r.w5 + r.w1 + r.wother ELSE 0 END), "
    "min(r.first_ms), max(r.last_ms)"
)
_EDGE = f"""(SELECT c.ts_ms / {SLOT_MS} AS slot, c.thread, c.facet, c.rate, c.requests AS calls,
  (c.input IS NULL OR c.output IS NULL) AS unknown, coalesce(c.input, 0) AS input, coalesce(c.output, 0) AS output,
  coalesce(c.reasoning, 0) AS reasoning, coalesce(c.cache_read, 0) AS cache_read, coalesce(c.w5, 0) AS w5,
  coalesce(c.w1, 0) AS w1, coalesce(c.wother, 0) AS wother, c.searches, c.source_pico, c.actual_pico, c.virtual_pico,
  c.ts_ms AS first_ms, c.ts_ms AS last_ms FROM call c
  WHERE c.counted AND c.ts_ms >= {{low}} AND c.ts_ms < {{high}}
  AND c.thread IN (SELECT thread FROM rollup WHERE slot = {{slot}}))"""


class Row(NamedTuple):
    """The sums of one combination of the dimensions asked for, in their order."""

    key: tuple[Any, ...]
    totals: Totals


class _Part(NamedTuple):
    """A relation in the shape of `rollup` that covers a part of a window."""

    relation: str
    low: int | None = None
    high: int | None = None
    hourly: bool = False


def ask(
    db: sqlite3.Connection, window: Window, by: Sequence[str] = (), *, where: Selection | None = None,
    buckets: Sequence[Bucket] = (), unpriced: bool = False,
) -> list[Row]:  # fmt: skip
    """Sums by the dimensions in `by`, unordered; a dimension of time takes its periods from `buckets`.

    The key of a period is its index in `buckets`. `unpriced` asks for calls without a price only.
    """
    where = where or Selection(hourly={})
    found: dict[tuple[Any, ...], Totals] = {}
    for part in _parts(db, window, by, where, buckets):
        for row in db.execute(_sql(part, by, where, buckets, unpriced=unpriced)):
            if row[len(by)] is None:
                continue
            key, sums = tuple(row[: len(by)]), Totals(*row[len(by) :])
            found[key] = found[key] + sums if key in found else sums
    return [Row(key, sums) for key, sums in found.items()]


def total(db: sqlite3.Connection, window: Window, where: Selection | None = None) -> Totals:
    """The sums of everything selected."""
    rows = ask(db, window, where=where)
    return rows[0].totals if rows else Totals()


def session_count(db: sqlite3.Connection, window: Window, where: Selection | None = None) -> int:
    """How many sessions have a call in the window."""
    where = where or Selection(hourly={})
    sessions: set[int] = set()
    for part in _parts(db, window, ("session",), where, ()):
        source = f"{part.relation} r JOIN thread t ON t.id = r.thread"
        rows = db.execute(f"SELECT DISTINCT t.session FROM {source}{_where(_tests(part, where))}")
        sessions.update(row[0] for row in rows)
    return len(sessions)


def span(db: sqlite3.Connection, window: Window, where: Selection | None = None) -> tuple[int, int] | None:
    """First and last instant of the calls selected, None if there are none."""
    sums = total(db, window, where)
    if sums.first_ms is None or sums.last_ms is None:
        return None
    return sums.first_ms, sums.last_ms


def _parts(
    db: sqlite3.Connection, window: Window, by: Sequence[str], where: Selection, buckets: Sequence[Bucket]
) -> list[_Part]:
    bounds = [window.since_ms, window.until_ms, *(edge for one in buckets for edge in (one.since_ms, one.until_ms))]
    if (
        where.hourly is not None
        and all(name in _HOURLY or name in TIME for name in by)
        and all(at is None or at % _HOUR_MS == 0 for at in bounds)
        and db.execute("SELECT 1 FROM stale_hour LIMIT 1").fetchone() is None
    ):
        return [_Part("rollup_hour", _div(window.since_ms, _HOUR_MS), _div(window.until_ms, _HOUR_MS), hourly=True)]
    since, until = window.since_ms, window.until_ms
    if since is not None and until is not None and since // SLOT_MS == until // SLOT_MS and since % SLOT_MS:
        return [_edge(since, until)] if since < until else []
    parts = []
    if since is not None and since % SLOT_MS:
        parts.append(_edge(since, (since // SLOT_MS + 1) * SLOT_MS))
        since = (since // SLOT_MS + 1) * SLOT_MS
    if until is not None and until % SLOT_MS:
        parts.append(_edge(until // SLOT_MS * SLOT_MS, until))
    return [*parts, _Part("rollup", _div(since, SLOT_MS), _div(until, SLOT_MS))]


def _edge(low: int, high: int) -> _Part:
    return _Part(_EDGE.format(low=low, high=high, slot=low // SLOT_MS))


def _div(at: int | None, unit: int) -> int | None:
    return None if at is None else at // unit


def _sql(part: _Part, by: Sequence[str], where: Selection, buckets: Sequence[Bucket], *, unpriced: bool) -> str:
    columns = ["b.n" if name in TIME else (_HOURLY if part.hourly else _COLUMNS)[name] for name in by]
    source, head = f"{part.relation} r", ""
    if "b.n" in columns:
        slot, unit = _slot(part)
        # Without any period the one row of the list is empty.
        cuts = [(n, one.since_ms // unit, one.until_ms // unit) for n, one in enumerate(buckets)] or [(0, 0, 0)]
        head = f"WITH bucket(n, low, high) AS (VALUES {', '.join(map(str, cuts))}) "
        source = f"bucket b CROSS JOIN {source} ON {slot} >= b.low AND {slot} < b.high"
    if not part.hourly:
        source += _joins(columns)
    tests = [*_tests(part, where), *(["r.rate = 0"] if unpriced else [])]
    return f"{head}SELECT {', '.join([*columns, _SUMS])} FROM {source}{_where(tests)}" + (
        f" GROUP BY {', '.join(str(n + 1) for n in range(len(columns)))}" if columns else ""
    )


def _slot(part: _Part) -> tuple[str, int]:
    return ("r.hour", _HOUR_MS) if part.hourly else ("r.slot", SLOT_MS)


def _tests(part: _Part, where: Selection) -> list[str]:
    """What restricts a part to its share of the window and to the selection."""
    slot, _ = _slot(part)
    low = [] if part.low is None else [f"{slot} >= {part.low}"]
    high = [] if part.high is None else [f"{slot} < {part.high}"]
    return [*low, *high, *(_hourly(where) if part.hourly else restrictions(where, "r"))]


def _where(tests: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(tests)}" if tests else ""


def _joins(columns: Sequence[str]) -> str:
    text = " ".join(columns)
    joins = ""
    if "f." in text or "p." in text:
        joins += " JOIN facet f ON f.id = r.facet"
    if "p." in text:
        joins += " LEFT JOIN place p ON p.id = f.place"
    if "t." in text or "s." in text:
        joins += " JOIN thread t ON t.id = r.thread"
    if "s." in text:
        joins += " JOIN session s ON s.id = t.session"
    return joins


def _hourly(where: Selection) -> list[str]:
    return [f"r.{column} IN ({_literals(values)})" for column, values in (where.hourly or {}).items()]


def restrictions(where: Selection, table: str) -> list[str]:
    """What restricts calls, or their quarter-hour sums, to a selection; `table` is the name they have in the query."""
    tests = []
    if where.facets is not None:
        tests.append(f"{table}.facet IN ({_literals(sorted(where.facets))})")
    if where.threads is not None:
        tests.append(f"{table}.thread IN ({_literals(sorted(where.threads))})")
    return tests


def _literals(values: Sequence[Any]) -> str:
    """Numbers, and names that `names.identity` has cut down to letters, digits, dots and dashes."""
    return ", ".join(str(value) if isinstance(value, int) else f"'{value}'" for value in values)
