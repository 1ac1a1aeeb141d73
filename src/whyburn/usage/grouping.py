"""`usage by`: any dimensions in one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whyburn.clock import buckets
from whyburn.usage import engine
from whyburn.usage.aggregate import Display, Group, machine_names, shown
from whyburn.usage.sessions import session_names
from whyburn.usage.totals import Totals

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from whyburn.clock import Window, Zone
    from whyburn.usage.selection import Selection


@dataclass(frozen=True, slots=True)
class Grouping:
    """The whole report; `of` counts the rows before the limit, `totals` are those of all of them."""

    dimensions: tuple[str, ...]
    rows: list[Group]
    of: int
    totals: Totals

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "dimensions": list(self.dimensions), "of": self.of, "rows": [row.as_dict() for row in self.rows],
            "totals": self.totals.as_dict(),
        }  # fmt: skip


def group_by(
    db: sqlite3.Connection, window: Window, dimensions: Sequence[str], *, zone: Zone, where: Selection | None = None,
    week_start: str = "monday", display: Display | None = None,
) -> Grouping:  # fmt: skip
    """Sums by dimensions; periods come newest first, everything else dearest first."""
    cut = []
    unit = next((name for name in dimensions if name in engine.TIME), None)
    if unit is not None:
        span = engine.span(db, window, where)
        cut = [] if span is None else buckets(unit, span[0], span[1], zone=zone, week_start=week_start)  # type: ignore[arg-type]
    rows = engine.ask(db, window, dimensions, where=where, buckets=cut)
    machines = machine_names(db)
    labels: dict[str, dict[Any, Any]] = {
        "machine": {ident: names[2] for ident, names in machines.items()},
        "session": {},
    }
    if "session" in dimensions:
        names = session_names(db, sorted({row.key[dimensions.index("session")] for row in rows}))
        labels["session"] = {ident: one["key"] for ident, one in names.items()}
    if unit is not None:
        labels[unit] = {n: one.key for n, one in enumerate(cut)}
    groups = [
        Group(
            {name: labels.get(name, {}).get(value, value) for name, value in zip(dimensions, row.key, strict=True)},
            row.totals,
        )
        for row in rows
    ]
    display = display or Display()
    kept = shown(groups, Display(display.price_state, display.min_calls, display.min_tokens, display.sort))
    if unit is not None and display.sort is None:
        kept.sort(key=lambda row: str(row.names[unit]), reverse=True)
    limited = kept if display.limit is None else kept[: display.limit]
    return Grouping(tuple(dimensions), limited, len(kept), sum((row.totals for row in groups), Totals()))
