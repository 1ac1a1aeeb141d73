"""The accounting of a trace, on a terminal and as Markdown: the same sections, drawn in two ways.

The conclusion comes first: what it cost, whether that is within the budget, and the likely cause. Then the findings,
what would have cost less, where the money and the time went, and what cannot be known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from whyburn.views import text
from whyburn.views.postmortem.markdown import plain
from whyburn.views.words import UNKNOWN, clean, count_of, duration, money, path, percent, shorten, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whyburn.postmortem.traces.accounting import Share
    from whyburn.postmortem.traces.costs import Row
    from whyburn.postmortem.traces.result import Analysis

_LABEL = 8
_EVENTS, _FAILURES = 8, 8
_COLOUR = {"high": "red", "warning": "yellow", "info": ""}


class Grid(NamedTuple):
    """A table: columns as (title, whether it holds numbers), and rows of finished texts with their weight."""

    columns: Sequence[tuple[str, bool]]
    rows: Sequence[tuple[Sequence[str], int | None]]


class Section(NamedTuple):
    """A heading with sentences and a table below it."""

    title: str
    lines: Sequence[tuple[str, str]] = ()
    """(label, sentence)"""
    grid: Grid | None = None


def write(analysis: Analysis) -> None:
    """Print the analysis."""
    on = text.screen()
    text.show(blocks(analysis, on), on, rich=False)


def blocks(analysis: Analysis, on: text.Screen) -> list[text.Block]:
    """The analysis as lines and tables."""
    found: list[text.Block] = [on.paint(shorten(clean(_heading(analysis)), on.width), "bold")]
    for section in sections(analysis):
        if section.title:
            found += ["", on.paint(section.title, "bold")]
        width = max((len(label) for label, _ in section.lines), default=0)
        for label, line in section.lines:
            found += _labelled(label, line, max(width, _LABEL) if width else 0, on)
        if section.grid is not None:
            found.append(_table(section.grid))
    return found


def markdown(analysis: Analysis) -> str:
    """The analysis as Markdown; texts of the trace are escaped, so that they stay text."""
    parts = [f"# {plain(_heading(analysis))}", ""]
    for section in sections(analysis):
        if section.title:
            parts += [f"## {section.title}", ""]
        parts += [f"- {f'**{plain(label)}**: ' if label else ''}{plain(line)}" for label, line in section.lines]
        parts += [""] if section.lines else []
        if section.grid is not None:
            parts += [*_rows(section.grid), ""]
    return "\n".join(parts).rstrip("\n") + "\n"


# --- what is said -----------------------------------------------------------------------------------------------------


def sections(analysis: Analysis) -> list[Section]:
    """Everything that is shown, in order; what has no data is left out."""
    shares, case = analysis.breakdowns, analysis.case
    unit = analysis.rows[0].event.unit if analysis.rows else "line"
    found = [
        Section("", list(_head(analysis))),
        Section("Findings", [(one.severity, f"{one.title}: {one.detail}") for one in analysis.findings]),
        Section("What would cost less", list(_advice(analysis))),
        Section("Next run", [("", line) for line in case.plan]),
        Section("Cost by model", (), _costs(shares["cost_by_model"])),
        Section("Cost by step", (), _costs(shares["cost_by_step"])),
        Section("Drivers", (), _drivers(analysis)),
        Section("Dearest events", (), _events(analysis.top[:_EVENTS], unit)),
        Section("Failures", (), _failed(analysis.failures[:_FAILURES], unit)),
        Section("Time by step", (), _times(shares["latency_by_step_ms"])),
        Section("Limits", [("", line) for line in case.limits]),
    ]
    return [one for one in found if one.lines or (one.grid is not None and one.grid.rows)]


def _heading(analysis: Analysis) -> str:
    trace = analysis.trace
    name = trace.title or trace.session or path(trace.path)
    return name if not trace.session or name == trace.session else f"{name} · {trace.session}"


def _head(analysis: Analysis) -> Iterable[tuple[str, str]]:
    found, trace = analysis.summary, analysis.trace
    yield "file", path(trace.path)
    lower = " at least" if found.unpriced_events and found.cost_pico is not None else ""
    yield "cost", f"{money(found.cost_pico)}{lower} ({analysis.prices})"
    if found.recorded_pico is not None and found.recorded_pico != found.cost_pico:
        yield "recorded", money(found.recorded_pico)
    if analysis.budget_pico is not None:
        yield "budget", _verdict(analysis, analysis.budget_pico)
    yield "tokens", _tokens(analysis)
    yield "events", ", ".join(_counted(analysis))
    if found.events:
        yield "cause", analysis.case.sentence
        quality = analysis.case.quality
        yield "quality", f"{quality.level}: {quality.reason}"


def _verdict(analysis: Analysis, budget_pico: int) -> str:
    spent = analysis.summary.cost_pico
    if analysis.over_budget is None:
        return f"{money(budget_pico)}: cannot be judged, no cost is known"
    if analysis.over_budget:
        return f"{money(budget_pico)}: exceeded by {money((spent or 0) - budget_pico)}"
    return f"{money(budget_pico)}: within, {money(budget_pico - (spent or 0))} left"


def _tokens(analysis: Analysis) -> str:
    billed = analysis.summary.billed
    if billed is None:
        return f"{tokens(analysis.summary.observable)} in texts; none are recorded as billed"
    parts = (("input", billed.input), ("cache read", billed.cache_read), ("cache write", billed.cache_write),
             ("output", billed.output), ("of unknown kind", billed.unsorted))  # fmt: skip
    return f"{tokens(billed.total)} billed: {', '.join(f'{tokens(n)} {name}' for name, n in parts if n)}"


def _counted(analysis: Analysis) -> Iterable[str]:
    found, skipped = analysis.summary, len(analysis.trace.skipped)
    yield count_of(found.events, "event")
    if found.failures:
        yield count_of(found.failures, "failure")
    if found.latency_ms is not None:
        yield f"{duration(found.latency_ms)} in all"
    if analysis.trace.sessions > 1:
        yield count_of(analysis.trace.sessions, "session")
    if skipped:
        yield f"{count_of(skipped, 'record')} skipped, the first in line {analysis.trace.skipped[0].line}"


def _advice(analysis: Analysis) -> Iterable[tuple[str, str]]:
    for one in analysis.recommendations:
        if one.saving_pico is not None:
            inputs = f" ({', '.join(f'{name}: {value}' for name, value in one.inputs)})" if one.inputs else ""
            yield f"saves {money(one.saving_pico)}", f"{one.title}. {one.detail}{inputs}"
        else:
            yield f"exposed {money(one.exposed_pico)}", f"{one.title}. {one.detail}"
    if analysis.saving_pico is not None:
        yield "together", f"{money(analysis.saving_pico)} of {money(analysis.summary.cost_pico)}"


# --- tables -----------------------------------------------------------------------------------------------------------


def _costs(shares: Sequence[Share]) -> Grid:
    whole = sum(one.value for one in shares)
    rows = [((_name(one), f"{one.events:,}", money(one.value), percent(one.value, whole)), one.value) for one in shares]
    return Grid((("name", False), ("events", True), ("cost", True), ("share", True)), rows)


def _times(shares: Sequence[Share]) -> Grid:
    rows = [((_name(one), f"{one.events:,}", duration(one.value)), one.value) for one in shares]
    return Grid((("name", False), ("events", True), ("time", True)), rows)


def _name(share: Share) -> str:
    return f"{share.names} others" if share.names > 1 else share.name


def _drivers(analysis: Analysis) -> Grid:
    rows = [((one.name, tokens(one.tokens), money(one.cost_pico), one.summary), None) for one in analysis.case.drivers]
    return Grid((("driver", False), ("tokens", True), ("cost", True), ("what", False)), rows)


def _events(shown: Sequence[Row], unit: str) -> Grid:
    rows = [
        ((str(row.event.line), row.event.name, row.event.model or row.event.command or row.event.preview,
          tokens(row.event.seen), money(row.cost.pico)), None)
        for row in shown
    ]  # fmt: skip
    return Grid(((unit, True), ("step", False), ("what", False), ("tokens", True), ("cost", True)), rows)


def _failed(shown: Sequence[Row], unit: str) -> Grid:
    rows = [
        ((str(row.event.line), row.event.command or row.event.name, row.event.status,
          row.event.error or row.event.preview), None)
        for row in shown
    ]  # fmt: skip
    return Grid(((unit, True), ("what", False), ("status", False), ("error", False)), rows)


# --- how it is drawn --------------------------------------------------------------------------------------------------


def _labelled(label: str, line: str, width: int, on: text.Screen) -> list[str]:
    """A sentence with its label before it; without one, a dash."""
    head = f"{label:<{width}}" if width else "-"
    first, *more = text.prose(f"{head} {clean(line)}", on, indent=" " * (len(head) + 1))
    style = _COLOUR.get(label, "")
    return [on.paint(first[: len(head)], style) + first[len(head) :], *more]


def _table(grid: Grid) -> text.Table:
    columns = [text.number(title) if right else text.name(title, least=10) for title, right in grid.columns]
    table = text.Table(columns)
    for cells, weight in grid.rows:
        table.add(*(cell or UNKNOWN for cell in cells), weight=weight)
    return table


def _rows(grid: Grid) -> list[str]:
    head = [f"| {' | '.join(title for title, _ in grid.columns)} |"]
    head.append(f"| {' | '.join('---:' if right else '---' for _, right in grid.columns)} |")
    return [*head, *(f"| {' | '.join(plain(cell or UNKNOWN) for cell in cells)} |" for cells, _ in grid.rows)]
