"""Sessions: two lines each (when, what; how much, of what), or one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.views import text
from whyburn.views.usage_parts import (
    Block,
    cost,
    is_priced,
    moment,
    name_cell,
    next_line,
    pays,
    sum_cells,
    sum_columns,
    title,
    unpriced_line,
    weight,
)
from whyburn.views.words import UNKNOWN, clean, count_of, cut, duration, shorten, spark, tokens, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.api.usage import Asked
    from whyburn.usage.sessions import SessionRow, Sessions

_SHORTEST_ID = 8
_LEAST_PROJECT = 12


def blocks(asked: Asked, report: Sessions, on: text.Screen, *, table: bool) -> list[Block]:
    """The whole screen."""
    shown = len(report.rows)
    which = "newest" if report.order == "desc" else "oldest"
    note = f"{which} {shown:,} of {report.of:,}" if shown < report.of else f"{which} first, {shown:,}"
    found: list[Block] = [*title("usage sessions", asked, on, note=note), ""]
    if table:
        found.append(_table(asked, report))
    else:
        ids = short_ids([row.names["source_session_id"] for row in report.rows])
        machines = len({row.names["machine_id"] for row in report.rows}) > 1
        for row, short in zip(report.rows, ids, strict=True):
            found += _lines(asked, row, short, on, machine=machines, breakdown=report.breakdown)
            found += _summary(report, row, on)
        found += _total(report, on)
    found += unpriced_line(report.totals, on)
    return [*found, *next_line(["whyburn usage sessions --today --table", "whyburn usage by project"], on)]


def short_ids(natives: Sequence[str]) -> list[str]:
    """The shortest prefixes, of one length, that still tell the ids of a list apart."""
    shown = [clean(native) for native in natives]
    for length in range(_SHORTEST_ID, max(map(len, shown), default=0) + 1):
        if len({one[:length] for one in shown}) == len(set(shown)):
            return [one[:length] for one in shown]
    return shown


def models_text(row: SessionRow) -> str:
    """Its models, dearest first, with their calls."""
    return ", ".join(f"{clean(one.names['model'])} {one.totals.calls:,}" for one in row.by_model)


def _lines(
    asked: Asked, row: SessionRow, short: str, on: text.Screen, *, machine: bool, breakdown: bool
) -> list[Block]:
    names, sums = row.names, row.totals
    at = moment(sums.last_ms, asked.zone.tz) if sums.last_ms is not None else UNKNOWN
    place = f"{clean(names['machine_label'])}/" if machine else ""
    start = f"{at}  {place}{clean(names['harness'])}  {short}"
    project = name_cell("project", names["project"])
    heading = clean(names["session_title"] or "")
    room = max(_LEAST_PROJECT, on.width - width_of(start) - 2)
    both = bool(heading) and room >= 2 * _LEAST_PROJECT + 2
    about = shorten(project, room - 2 - min(width_of(heading), room // 2) if both else room)
    first = cut(f"{start}  {about}", on.width)
    if both:
        first += "  " + on.paint(cut(heading, on.width - width_of(first) - 2), "bold")
    facts = [on.paint(cost(sums), "bold"), count_of(sums.calls, "call"), f"prompt {tokens(sums.prompt)}",
             f"output {tokens(sums.output)}", duration((sums.last_ms or 0) - (sums.first_ms or 0))]  # fmt: skip
    picture = [on.paint(spark(row.spark, 12), "blue")] if on.pictures and any(row.spark) else []
    second = text.flow("    ", [*facts, *picture, *([] if breakdown else [models_text(row)])], on, gap="  ", indent=4)
    second = [line if text.visible(line) <= on.width else cut(line, on.width) for line in second]
    table: list[Block] = [_by_model(row)] if breakdown else []
    return [first, *second, *table]


def _summary(report: Sessions, row: SessionRow, on: text.Screen) -> list[str]:
    """Why it was dear, where that was asked for and is known."""
    said = (report.summaries or {}).get(row.ident)
    return [cut(f"    {clean(said)}", on.width)] if said else []


def _by_model(row: SessionRow) -> text.Table:
    paid = pays([row.totals])
    table = text.Table([text.Column("", least=3), text.name("model"), *sum_columns(paid=paid)])
    for one in row.by_model:
        table.add("    ", name_cell("model", one.names["model"]), *sum_cells(one.totals, paid=paid))
    return table


def _total(report: Sessions, on: text.Screen) -> list[str]:
    if len(report.rows) < 2:
        return []
    sums = report.totals
    these = count_of(len(report.rows), "session")
    parts = [on.paint(cost(sums), "bold"), count_of(sums.calls, "call"), f"prompt {tokens(sums.prompt)}",
             f"output {tokens(sums.output)}"]  # fmt: skip
    return ["", *text.flow(f"these {these}  ", parts, on, gap="  ", indent=4)]


def _table(asked: Asked, report: Sessions) -> text.Table:
    paid = pays([report.totals])
    rows = report.rows
    machines = len({row.names["machine_id"] for row in rows}) > 1
    session = text.name("session", least=22 if report.breakdown else 8)
    costs = [one._replace(drop=6 if one.drop else 0) for one in sum_columns(paid=paid)[3:]]
    table = text.Table(
        [
            text.Column("last", drop=2), text.name("machine", drop=5), text.name("harness", least=6, drop=3), session,
            text.name("project", least=12, drop=4), text.name("title", least=12, drop=6),
            text.name("models", least=12, drop=9), text.number("calls", drop=7), text.number("prompt", drop=8),
            text.number("output", drop=8), *costs, text.name("summary", least=16, drop=1),
        ]
    )  # fmt: skip
    why = report.summaries or {}
    priced = is_priced(row.totals for row in rows)
    ids = short_ids([row.names["source_session_id"] for row in rows])
    for row, short in zip(rows, ids, strict=True):
        names, sums = row.names, row.totals
        table.add(
            moment(sums.last_ms, asked.zone.tz) if sums.last_ms is not None else UNKNOWN,
            names["machine_label"] if machines else "", names["harness"], short,
            name_cell("project", names["project"]), names["session_title"] or "", models_text(row),
            *sum_cells(sums, paid=paid), why.get(row.ident, ""), weight=weight(sums, priced=priced),
        )  # fmt: skip
        if report.breakdown:
            for one in row.by_model:
                model = f"  {name_cell('model', one.names['model'])}"
                table.add("", "", "", model, "", "", "", *sum_cells(one.totals, paid=paid), "")
    if len(rows) > 1:
        table.total("", "", "", "total", "", "", "", *sum_cells(report.totals, paid=paid), "")
    return table


def dearest_cells(row: SessionRow) -> tuple[str, str, str, str, str]:
    """A session in the bare command's list: cost, harness, project, title, length."""
    names, sums = row.names, row.totals
    project = name_cell("project", names["project"]).replace("\\", "/").rstrip("/")
    return (
        cost(sums), clean(names["harness"]), "/".join(project.split("/")[-2:]), clean(names["session_title"] or ""),
        duration((sums.last_ms or 0) - (sums.first_ms or 0)),
    )  # fmt: skip
