"""Usage over time: a row for each period, a bar for its money, a total under them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.views import text
from whyburn.views.usage_parts import (
    Block,
    is_priced,
    name_cell,
    next_line,
    pays,
    sum_cells,
    sum_columns,
    title,
    unpriced_line,
    weight,
)
from whyburn.views.words import NONE, clean, count_of, path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.api.usage import Asked
    from whyburn.usage.series import Instance, Period, Series
    from whyburn.usage.totals import Totals


def blocks(words: str, asked: Asked, report: Series, on: text.Screen) -> list[Block]:
    """The whole screen."""
    shown = len(report.periods if report.instances is None else report.instances)
    found: list[Block] = [*title(words, asked, on, span=report.totals if shown == report.of else None), ""]
    if report.instances is None:
        found.append(_table(report, report.periods, report.totals, _foot(report)))
    else:
        for one in report.instances:
            found += [*_instance_title(one, on), _table(report, one.periods, one.totals, ""), ""]
        found.append(f"{f'{shown:,} of ' if shown < report.of else ''}{count_of(report.of, 'session')}, dearest first")
    found += unpriced_line(report.totals, on)
    return [*found, *next_line(["whyburn usage sessions", "whyburn usage by project"], on)]


def _table(report: Series, periods: Sequence[Period], sums: Totals, foot: str) -> text.Table:
    paid = pays([report.totals])
    table = text.Table([text.name(report.unit, least=10), *sum_columns(paid=paid)])
    priced = is_priced(one.totals for one in periods)
    for one in periods:
        cells = sum_cells(one.totals, paid=paid) if one.totals.calls or one.totals.tokens else [NONE] * (4 + paid)
        table.add(one.bucket.label, *cells, weight=weight(one.totals, priced=priced))
        if report.breakdown:
            for row in one.by_model:
                table.add(*_indented(name_cell("model", row.names["model"])), *sum_cells(row.totals, paid=paid))
    if len(periods) > 1:
        table.total(foot, *sum_cells(sums, paid=paid))
    return table


def _indented(name: str) -> list[str]:
    return [f"  {name}"]


def _foot(report: Series) -> str:
    shown = len(report.periods)
    return f"{shown:,} of {count_of(report.of, report.unit)}" if shown < report.of else "total"


def _instance_title(one: Instance, on: text.Screen) -> list[str]:
    names = one.names
    parts = [names["harness"], names["source_session_id"], path(names["project"] or ""), names["session_title"] or ""]
    return text.prose(on.paint("  ".join(clean(part) for part in parts if part), "bold"), on, indent="  ")
