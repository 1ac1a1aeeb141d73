"""The aggregate report: totals of a window, and the same totals by provider, harness, machine, model and agent.

One question is asked of the engine, by all of these at once; each table is that answer folded, so all of them sum to
the totals by construction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from whyburn.model import FLAG_NAMES
from whyburn.usage import engine
from whyburn.usage.totals import Totals

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Sequence

    from whyburn.clock import Window
    from whyburn.usage.engine import Row
    from whyburn.usage.selection import Selection

Sort = Literal["virtual", "actual", "savings", "tokens", "calls", "provider", "model", "unpriced"]
_ASKED = ("provider", "harness", "machine", "model", "effort", "agent", "flags")


@dataclass(frozen=True, slots=True)
class Display:
    """Which model rows are shown, and how; totals are never touched."""

    price_state: Literal["all", "priced", "unpriced"] = "all"
    min_calls: int = 0
    min_tokens: int = 0
    sort: Sort | None = None
    limit: int | None = None
    split_effort: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "price_state": self.price_state, "min_calls": self.min_calls, "min_tokens": self.min_tokens,
            "sort": self.sort or "virtual", "limit": self.limit,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """One row of a breakdown: its names by dimension, and its sums."""

    names: dict[str, Any]
    totals: Totals

    def as_dict(self) -> dict[str, Any]:
        """The JSON form: names and sums side by side."""
        return {**self.names, **self.totals.as_dict()}


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The whole report."""

    totals: Totals
    sessions: int
    by_provider: list[Group]
    by_harness: list[Group]
    by_machine: list[Group]
    by_model: list[Group]
    by_agent: list[Group]
    unconfigured: list[Group]
    """Models in use for which no price is known."""
    flagged: dict[str, int] = field(default_factory=dict)
    """Calls per flag: how much of the totals has to be read with care."""
    display: Display = Display()

    @property
    def unpriced_models(self) -> int:
        """How many pairs of provider and model have no price."""
        return len({(row.names["provider"], row.names["model"]) for row in self.unconfigured})

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "totals": {**self.totals.as_dict(), "sessions": self.sessions, "unpriced_models": self.unpriced_models},
            "unpriced_models": self.unpriced_models,
            "unpriced_tokens": self.totals.unpriced_tokens,
            "by_provider": [row.as_dict() for row in self.by_provider],
            "by_harness": [row.as_dict() for row in self.by_harness],
            "by_machine": [row.as_dict() for row in self.by_machine],
            "by_model": [row.as_dict() for row in self.by_model],
            "by_activity": [row.as_dict() for row in self.by_agent],
            "unconfigured_models": [row.as_dict() for row in self.unconfigured],
            "flags": self.flagged,
            "display_filters": self.display.as_dict(),
        }


def aggregate(
    db: sqlite3.Connection, window: Window, where: Selection | None = None, display: Display | None = None
) -> Aggregate:
    """The report over a window."""
    display = display or Display()
    rows = engine.ask(db, window, _ASKED, where=where)
    machines = machine_names(db)
    without = engine.ask(
        db, window, ("harness", "provider", "model", "model_raw", "effort"), where=where, unpriced=True
    )
    model_names = ("provider", "model", "effort") if display.split_effort else ("provider", "model")
    by_model = shown(_fold(rows, _ASKED, model_names), display)
    unconfigured = _fold(without, ("harness", "provider", "model", "model_raw", "effort"),
                         ("harness", "provider", "model", "model_raw"))  # fmt: skip
    return Aggregate(
        totals=sum((row.totals for row in rows), Totals()),
        sessions=engine.session_count(db, window, where),
        by_provider=ranked(_fold(rows, _ASKED, ("provider",))),
        by_harness=ranked(_fold(rows, _ASKED, ("harness",))),
        by_machine=ranked([_named_machine(row, machines) for row in _fold(rows, _ASKED, ("machine",))]),
        by_model=by_model,
        by_agent=ranked(_fold(rows, _ASKED, ("agent",))),
        unconfigured=[] if display.price_state == "priced" else sorted(
            unconfigured, key=lambda row: (-row.totals.tokens, row.names["model"])
        ),
        flagged=_flagged(rows),
        display=display,
    )  # fmt: skip


def ranked(rows: list[Group]) -> list[Group]:
    """Dearest first, then most tokens, then by name."""
    return sorted(rows, key=lambda row: (-(row.totals.virtual_pico or 0), -row.totals.tokens, _name(row)))


def shown(rows: list[Group], display: Display) -> list[Group]:
    """The rows that pass the display filters, in the order asked for."""
    kept = [
        row
        for row in rows
        if row.totals.calls >= display.min_calls
        and row.totals.tokens >= display.min_tokens
        and (display.price_state == "all" or (display.price_state == "unpriced") == bool(row.totals.unpriced_calls))
    ]
    keys: dict[str, Callable[[Group], Any]] = {
        "actual": lambda row: -(row.totals.actual_pico or 0),
        "savings": lambda row: -(row.totals.savings_pico or 0),
        "tokens": lambda row: -row.totals.tokens,
        "calls": lambda row: -row.totals.calls,
        "unpriced": lambda row: -row.totals.unpriced_tokens,
        "provider": lambda row: (row.names.get("provider", ""), row.names.get("model", "")),
        "model": lambda row: row.names.get("model", ""),
    }
    kept = ranked(kept)
    if display.sort in keys:
        kept.sort(key=keys[display.sort])
    return kept[: display.limit] if display.limit is not None else kept


def machine_names(db: sqlite3.Connection) -> dict[int, tuple[str, str, str]]:
    """(uid, name, label) of every machine; two machines of one name get their id into the label."""
    rows = db.execute("SELECT id, uid, name FROM machine").fetchall()
    names = [row[2] for row in rows]
    return {ident: (uid, name, f"{name} ({uid[:8]})" if names.count(name) > 1 else name) for ident, uid, name in rows}


def _named_machine(row: Group, machines: dict[int, tuple[str, str, str]]) -> Group:
    uid, name, label = machines.get(row.names["machine"], ("", "", ""))
    return Group({"machine_id": uid, "machine_name": name, "machine_label": label}, row.totals)


def _fold(rows: Iterable[Row], asked: Sequence[str], names: Sequence[str]) -> list[Group]:
    places = [asked.index(name) for name in names]
    sums: dict[tuple[Any, ...], Totals] = {}
    for row in rows:
        key = tuple(row.key[place] for place in places)
        sums[key] = sums[key] + row.totals if key in sums else row.totals
    return [Group(dict(zip(names, key, strict=True)), value) for key, value in sums.items()]


def _flagged(rows: Iterable[Row]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        flags = row.key[_ASKED.index("flags")]
        for bit, name in FLAG_NAMES.items():
            if flags & bit:
                counts[name] = counts.get(name, 0) + row.totals.calls
    return counts


def _name(row: Group) -> tuple[str, ...]:
    return tuple(str(value) for value in row.names.values())
