"""Logs as people read them: where they are, what is in them, what could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn import clock
from whyburn.errors import SelectionError
from whyburn.views import text
from whyburn.views.usage_parts import moment, output_text, prompt_parts
from whyburn.views.words import UNKNOWN, ago, clean, count_of, money, path, size, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whyburn.api.sources.found import SourceRow
    from whyburn.api.sources.scan import SourceSession, SourceSessions
    from whyburn.api.sources.skipped import Forgotten, Skipped, SkippedList
    from whyburn.clock import Zone
    from whyburn.usage.aggregate import Group
    from whyburn.usage.totals import Totals

_INDENT = 10


# --- harnesses -------------------------------------------------------------------------------------------------------


def write_sources(rows: Sequence[SourceRow]) -> None:
    """Print a row for each harness."""
    text.write(_sources(rows, text.screen(), clock.now_ms()))


def _sources(rows: Sequence[SourceRow], on: text.Screen, now_ms: int) -> list[text.Block]:
    table = text.Table(
        [
            text.name("harness", least=8), text.name("state", least=0), text.number("files"),
            text.number("size", drop=4), text.number("sessions", drop=1), text.number("calls"), text.number("tokens"),
            text.number("not yet read", drop=2), text.name("newest", least=0, drop=3), text.name("place", least=16),
        ]
    )  # fmt: skip
    for row in rows:
        here = [one for one in row.paths if one not in row.missing_paths] or row.paths
        more = f" (+{len(here) - 1})" if len(here) > 1 else ""
        state = "missing" if not row.exists else "found" if row.enabled else "off"
        unread = f"{row.unread_files:,} files, {size(row.unread_bytes)}" if row.unread_files else ""
        table.add(
            row.harness, state, f"{row.files:,}", size(row.bytes), f"{row.sessions:,}", f"{row.calls:,}",
            tokens(row.tokens), unread.replace("1 files", "1 file") if row.unread_files == 1 else unread,
            ago(row.newest_ms, now_ms) if row.newest_ms is not None else "", path(here[0]) + more if here else "",
        )  # fmt: skip
    lines: list[text.Block] = [table]
    noted = [row for row in rows if row.exists and row.warning]
    if noted:
        lines.append("")
        lines += [on.paint(f"{clean(row.harness)}: {clean(row.warning)}", "yellow") for row in noted]
    following = []
    if any(row.unread_files and row.enabled and row.counted_from == "ledger" for row in rows):
        following.append("whyburn refresh")
    if any("could not" in (row.warning or "") for row in rows):
        following.append("whyburn sources skipped")
    if following:
        lines += ["", f"{'next':<{_INDENT}}{' · '.join(following)}"]
    return lines


# --- sessions --------------------------------------------------------------------------------------------------------


def _sums(one: SourceSession) -> Totals:
    return one.row.totals


def _at(at_ms: int | None, zone: Zone) -> str:
    return UNKNOWN if at_ms is None else moment(at_ms, zone.tz)


def _models(one: SourceSession) -> str:
    return ", ".join(group.names["model"] for group in one.row.by_model)


COLUMNS: dict[str, tuple[text.Column, Callable[[SourceSession, Zone], str]]] = {
    "source_session_id": (text.name("session", least=8), lambda one, _: one.row.names["source_session_id"]),
    "first": (text.name("first", least=0, drop=4), lambda one, zone: _at(_sums(one).first_ms, zone)),
    "last": (text.name("last", least=0), lambda one, zone: _at(_sums(one).last_ms, zone)),
    "calls": (text.number("calls"), lambda one, _: f"{_sums(one).calls:,}"),
    "input": (text.number("input", drop=3), lambda one, _: tokens(_sums(one).input)),
    "output": (text.number("output", drop=2), lambda one, _: tokens(_sums(one).output)),
    "reasoning": (text.number("reasoning", drop=6), lambda one, _: tokens(_sums(one).reasoning)),
    "cache_r": (text.number("cache read", drop=3), lambda one, _: tokens(_sums(one).cache_read)),
    "cache_w": (text.number("written", drop=3), lambda one, _: tokens(_sums(one).cache_write)),
    "total": (text.number("tokens"), lambda one, _: tokens(_sums(one).tokens)),
    "actual": (text.number("paid"), lambda one, _: money(_sums(one).actual_pico)),
    "virtual": (text.number("cost"), lambda one, _: money(_sums(one).virtual_pico)),
    "savings": (text.number("savings"), lambda one, _: money(_sums(one).savings_pico)),
    "source_cost": (text.number("recorded"), lambda one, _: money(_sums(one).source_pico)),
    "providers": (
        text.name("providers", least=8),
        lambda one, _: ", ".join(sorted({group.names["provider"] for group in one.row.by_model})),
    ),
    "models": (text.name("models", least=12), lambda one, _: _models(one)),
    "source_paths": (
        text.name("files", least=16), lambda one, _: ", ".join(path(file) for file in one.row.names["source_paths"]),
    ),
}  # fmt: skip
"""What `--columns` takes: the names of the older tool, with the heads that all screens use."""
_USUAL = ("source_session_id", "first", "last", "calls", "input", "cache_r", "cache_w", "output", "virtual", "models")
_SAME = {"msgs": "calls"}


def chosen(asked: str) -> tuple[str, ...]:
    """The columns of a comma-separated list; `SelectionError` for one that does not exist."""
    names = [_SAME.get(name, name) for part in asked.split(",") if (name := part.strip().lower().replace("-", "_"))]
    for name in names:
        if name not in COLUMNS:
            raise SelectionError(f"no column {name!r}: known are {', '.join(COLUMNS)}")
    if not names:
        raise SelectionError(f"--columns names none: known are {', '.join(COLUMNS)}")
    return tuple(dict.fromkeys(names))


def write_sessions(report: SourceSessions, zone: Zone, *, columns: Sequence[str] | None, rich: bool) -> None:
    """Print the sessions of one harness."""
    text.show(_sessions(report, zone, columns or _USUAL, text.screen()), rich=rich)


def _sessions(report: SourceSessions, zone: Zone, columns: Sequence[str], on: text.Screen) -> list[text.Block]:
    if not report.rows:
        places = ", ".join(path(root) for root in report.roots)
        return [*text.prose(f"no sessions of {clean(report.harness)}; looked in {places}", on)]
    shown = f"{len(report.rows):,} of " if len(report.rows) < report.of else ""
    title = on.paint(f"sources sessions {clean(report.harness)}", "bold")
    lines: list[text.Block] = [f"{title} · {shown}{count_of(report.of, 'session')} in the logs, {zone.name}", ""]
    if report.breakdown:
        for one in report.rows:
            lines += [*_session(one, zone, on, breakdown=True), ""]
    else:
        table = text.Table([COLUMNS[name][0] for name in columns])
        for one in report.rows:
            table.add(*(COLUMNS[name][1](one, zone) for name in columns))
        lines.append(table)
    if report.problems:
        if not report.breakdown:
            lines.append("")
        lines.append(on.paint(f"{count_of(report.problems, 'line')} could not be read", "yellow"))
    return lines


def write_session(one: SourceSession, zone: Zone, *, breakdown: bool, rich: bool) -> None:
    """Print one session."""
    text.show(_session(one, zone, text.screen(), breakdown=breakdown), rich=rich)


def _session(one: SourceSession, zone: Zone, on: text.Screen, *, breakdown: bool) -> list[text.Block]:
    names, sums = one.row.names, one.row.totals
    head = [on.paint(clean(names["source_session_id"]), "bold"), clean(names["harness"])]
    head += [clean(names["session_title"])] if names["session_title"] else []
    head += [path(names["project"])] if names["project"] else []
    lines: list[text.Block] = [*text.flow(head[0], [f" · {part}" for part in head[1:]], on, gap="", indent=0)]
    when = [f"first {_at(sums.first_ms, zone)}", f"last {_at(sums.last_ms, zone)}", zone.name]
    lines += text.flow("calls", [f"{sums.calls:,}", *when], on, indent=_INDENT)
    lines += text.flow("prompt", prompt_parts(sums), on, indent=_INDENT)
    lines += text.flow("output", [output_text(sums)], on, indent=_INDENT)
    costs = (("list price", sums.virtual_pico), ("paid", sums.actual_pico), ("recorded by harness", sums.source_pico))
    lines += text.flow("cost", [f"{word} {money(pico)}" for word, pico in costs], on, indent=_INDENT)
    if sums.unpriced_calls:
        said = f"{count_of(sums.unpriced_calls, 'call')}, {tokens(sums.unpriced_tokens)} tokens — not in the cost"
        lines += text.flow("unpriced", [on.paint(said, "yellow")], on, indent=_INDENT)
    if not breakdown:
        lines += text.flow("models", [clean(group.names["model"]) for group in one.row.by_model], on, indent=_INDENT)
    lines += text.flow("files", [path(file) for file in names["source_paths"]], on, indent=_INDENT)
    if breakdown:
        lines += ["", _groups("model", one.row.by_model), "", _groups("agent", one.by_agent)]
    return lines


def _groups(dimension: str, groups: Sequence[Group]) -> text.Table:
    sums_of = [text.number(title) for title in ("calls", "prompt", "output", "cost")]
    table = text.Table([text.name(dimension, least=12), *sums_of])
    for group in groups:
        sums = group.totals
        table.add(
            group.names[dimension], f"{sums.calls:,}", tokens(sums.prompt), tokens(sums.output),
            money(sums.virtual_pico), weight=sums.virtual_pico or 0,
        )  # fmt: skip
    return table


# --- what could not be read ------------------------------------------------------------------------------------------


def write_skipped(report: SkippedList) -> None:
    """Print every line and file that could not be read."""
    text.write(_skipped(report, text.screen()))


def _skipped(report: SkippedList, on: text.Screen) -> list[text.Block]:
    if not report.rows and not report.uncounted:
        return ["every line of every log could be read"]
    lines: list[text.Block] = []
    for row in report.rows:
        place = on.paint(f"{path(row.path)}{_place(row)}", "yellow")
        lines.append(f"{place}: {clean(row.reason)} ({clean(row.harness)})")
    number = sum(row.what == "line" for row in report.rows) + report.uncounted
    files = len(report.rows) - number + report.uncounted
    counts = [count_of(number, "line")] * bool(number) + [count_of(files, "file")] * bool(files)
    more = f", {report.uncounted:,} of them only counted" if report.uncounted else ""
    return [*lines, "", f"{' and '.join(counts)} could not be read{more}; forget them with --clear"]


def _place(row: Skipped) -> str:
    if row.line is not None:
        return f":{row.line}"
    return "" if row.position is None else f" at byte {row.position:,}"


def write_forgotten(gone: Forgotten) -> None:
    """Print what was forgotten."""
    if not gone.lines and not gone.files:
        text.write(["nothing to forget"])
    else:
        text.write([f"forgot {count_of(gone.lines, 'line')} and {count_of(gone.files, 'file')} that could not be read"])
