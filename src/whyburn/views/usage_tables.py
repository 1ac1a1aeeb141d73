"""Flat tables: usage by any dimensions, and by machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.views import text
from whyburn.views.usage_aggregate import group_table
from whyburn.views.usage_parts import (
    Block,
    is_priced,
    moment,
    next_line,
    pays,
    sum_cells,
    sum_columns,
    title,
    unpriced_line,
    weight,
)
from whyburn.views.words import UNKNOWN, count_of

if TYPE_CHECKING:
    from whyburn.api.usage import Asked
    from whyburn.usage.aggregate import Aggregate
    from whyburn.usage.grouping import Grouping


def grouping_blocks(asked: Asked, report: Grouping, on: text.Screen) -> list[Block]:
    """The screen of `usage by`."""
    paid = pays([report.totals])
    words = f"usage by {', '.join(report.dimensions)}"
    table = group_table([(one, one) for one in report.dimensions], report.rows, paid=paid, keep=True)
    shown = len(report.rows)
    if shown > 1 or shown < report.of:
        first = "all rows" if shown < report.of else "total"
        table.total(first, *[""] * (len(report.dimensions) - 1), *sum_cells(report.totals, paid=paid))
    found: list[Block] = [*title(words, asked, on, span=report.totals), "", table]
    if shown < report.of:
        found += ["", f"{shown:,} of {count_of(report.of, 'row')} shown"]
    return [
        *found,
        *unpriced_line(report.totals, on),
        *next_line(["whyburn usage sessions", "whyburn usage daily"], on),
    ]


def machine_blocks(asked: Asked, report: Aggregate, on: text.Screen) -> list[Block]:
    """The screen of `usage machines`."""
    paid = pays([report.totals])
    rows = report.by_machine
    names = [text.name("machine", least=8), text.Column("id", drop=4)]
    table = text.Table([*names, *sum_columns(paid=paid), text.Column("last call", drop=5)])
    priced = is_priced(row.totals for row in rows)
    for row in rows:
        last = moment(row.totals.last_ms, asked.zone.tz) if row.totals.last_ms is not None else UNKNOWN
        ident = row.names["machine_id"][:8]
        cells = sum_cells(row.totals, paid=paid)
        table.add(row.names["machine_name"], ident, *cells, last, weight=weight(row.totals, priced=priced))
    if len(rows) > 1:
        table.total("total", "", *sum_cells(report.totals, paid=paid), "")
    found: list[Block] = [*title("usage machines", asked, on, span=report.totals), "", table]
    return [*found, *unpriced_line(report.totals, on), *next_line(["whyburn usage by machine,harness"], on)]
