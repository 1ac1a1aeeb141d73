"""Usage reports: a question in the user's words, answered as plain data with the window it was answered for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from whyburn import clock
from whyburn.usage.selection import Filters, Selection, resolve

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from whyburn.api.workspace import Policy, Workspace
    from whyburn.clock import Unit, Window, Zone
    from whyburn.usage.aggregate import Aggregate, Display
    from whyburn.usage.grouping import Grouping
    from whyburn.usage.overview import Known, Overview
    from whyburn.usage.series import Series
    from whyburn.usage.sessions import Sessions


@dataclass(frozen=True, slots=True)
class When:
    """A window in the user's words; see `clock.window`."""

    period: str | None = None
    since: str | None = None
    until: str | None = None
    through: str | None = None
    last_days: int | None = None
    timezone: str | None = None
    utc: bool = False
    week_start: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report was asked for and over which instants: echoed in every header and in JSON."""

    window: Window
    zone: Zone
    filters: Filters
    period: str | None
    week_start: str

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "period": self.period, "since_ms": self.window.since_ms, "until_ms": self.window.until_ms,
            "timezone": self.zone.name, **self.filters.as_dict(),
        }  # fmt: skip


def usage_report(
    workspace: Workspace, when: When | None = None, filters: Filters | None = None, *, display: Display | None = None,
    policy: Policy | None = None,
) -> tuple[Asked, Aggregate]:  # fmt: skip
    """Totals and breakdowns of a window."""
    from whyburn.usage.aggregate import aggregate  # noqa: PLC0415  each report pays for itself only

    db, asked, where = _ask(workspace, when, filters, policy)
    return asked, aggregate(db, asked.window, where, display)


def usage_series_report(
    workspace: Workspace, unit: Unit, when: When | None = None, filters: Filters | None = None, *,
    order: Literal["asc", "desc"] = "desc", limit: int | None = None, fill: bool = False, breakdown: bool = False,
    instances: bool = False, policy: Policy | None = None,
) -> tuple[Asked, Series]:  # fmt: skip
    """Usage by hour, day, week or month."""
    from whyburn.usage.series import series  # noqa: PLC0415

    db, asked, where = _ask(workspace, when, filters, policy)
    return asked, series(
        db, asked.window, unit, zone=asked.zone, where=where, week_start=asked.week_start, order=order, limit=limit,
        fill=fill, breakdown=breakdown, instances=instances,
    )  # fmt: skip


def usage_sessions_report(
    workspace: Workspace, when: When | None = None, filters: Filters | None = None, *,
    order: Literal["asc", "desc"] = "desc", limit: int | None = None, breakdown: bool = False, spark: bool = False,
    dearest: bool = False, policy: Policy | None = None,
) -> tuple[Asked, Sessions]:  # fmt: skip
    """Usage by session."""
    from whyburn.usage.sessions import sessions  # noqa: PLC0415

    db, asked, where = _ask(workspace, when, filters, policy)

    def answer(on: sqlite3.Connection) -> Sessions:
        return sessions(on, asked.window, where=where, order=order, limit=limit, breakdown=breakdown, spark=spark,
                        dearest=dearest)  # fmt: skip

    found = answer(db)
    if policy != "never" and workspace.describe([row.ident for row in found.rows]):
        found = answer(workspace.reader("never"))
    return asked, found


def usage_by(
    workspace: Workspace, dimensions: Sequence[str], when: When | None = None, filters: Filters | None = None, *,
    display: Display | None = None, policy: Policy | None = None,
) -> tuple[Asked, Grouping]:  # fmt: skip
    """Usage by any dimensions."""
    from whyburn.usage.grouping import group_by  # noqa: PLC0415

    db, asked, where = _ask(workspace, when, filters, policy)
    return asked, group_by(
        db, asked.window, dimensions, zone=asked.zone, where=where, week_start=asked.week_start, display=display
    )


def usage_overview(workspace: Workspace, *, policy: Policy | None = None) -> tuple[Asked, Overview]:
    """What the bare command shows; the window echoed is today's."""
    from whyburn.usage.overview import overview  # noqa: PLC0415

    db, asked, _ = _ask(workspace, When(period="today"), None, policy)
    now = clock.now_ms()
    found = overview(db, zone=asked.zone, now_ms=now, week_start=asked.week_start)
    if policy != "never" and workspace.describe([row.ident for row in found.top.rows]):
        found = overview(workspace.reader("never"), zone=asked.zone, now_ms=now, week_start=asked.week_start)
    return asked, found


def ledger_contents(workspace: Workspace) -> Known:
    """What the ledger holds, as it is."""
    from whyburn.usage.overview import known  # noqa: PLC0415

    return known(workspace.reader("never"))


def _ask(
    workspace: Workspace, when: When | None, filters: Filters | None, policy: Policy | None
) -> tuple[Any, Asked, Selection]:
    when, filters = when or When(), filters or Filters()
    zone = workspace.zone(when.timezone, utc=when.utc)
    week_start = when.week_start or workspace.settings.reports.week_start
    window = clock.window(
        period=when.period, since=when.since, until=when.until, through=when.through, last_days=when.last_days,
        now_ms=clock.now_ms(), zone=zone, week_start=week_start,
    )  # fmt: skip
    db = workspace.reader(policy)
    return db, Asked(window, zone, filters, when.period, week_start), resolve(db, filters)
