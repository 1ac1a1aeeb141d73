"""The bare command's screen: today, this week, this month, what cost most, what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn import clock
from whyburn.views import text
from whyburn.views.usage_parts import Block, cost, moment
from whyburn.views.usage_sessions import dearest_cells, short_ids
from whyburn.views.words import UNKNOWN, ago, bar, clean, count_of, money, path, percent, spark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whyburn.api.usage import Asked
    from whyburn.usage.overview import Overview
    from whyburn.usage.totals import Totals

_BAR = 11
_TOP_WORDS = {"today": "most expensive today", "this-week": "most expensive this week", "all": "most expensive ever"}
_DAY_MS = 86_400_000


def blocks(
    asked: Asked, report: Overview, on: text.Screen, *, demo: bool = False, causes: Mapping[int, str] | None = None
) -> list[Block]:
    """The whole screen; `causes` are those of the dearest sessions that are known, by row of the ledger.

    A demo names no commands that would ask for sessions the user does not have.
    """
    found: list[Block] = [*_head(asked, report, on), "", *_periods(report, on)]
    if report.top.rows:
        found += ["", on.paint(_TOP_WORDS[report.top_period], "bold"), _dearest(report, causes or {})]
    found += unpriced(report.month, on)
    first = short_ids([row.names["source_session_id"] for row in report.top.rows])[:1]
    why = text.flow("why:", [f"whyburn why {first[0]}"], on, indent=6) if first and not demo else []
    more = ["whyburn sources"] if demo else ["whyburn usage daily", "whyburn overview --open"]
    return [*found, "", *why, *text.flow("more:", more, on, gap=" · ", indent=6)]


def nothing_found(places: Sequence[tuple[str, list[str]]], on: text.Screen) -> list[str]:
    """Where logs were looked for, when there is not one."""
    found = [on.paint("whyburn found no logs of a coding agent on this machine", "bold"), "", "looked in"]
    found += [text_line for name, roots in places for text_line in _place(name, roots, on)]
    return [
        *found,
        "",
        *text.prose("if they are elsewhere: whyburn refresh --harness claude --source FOLDER", on, indent="  "),
    ]


def demo_title(on: text.Screen) -> list[str]:
    """What stands above numbers that are not the user's."""
    said = "DEMO — the numbers below are made up, from synthetic logs that come with whyburn"
    return ["", *text.prose(said, on, style="yellow"), ""]


def _place(name: str, roots: Sequence[str], on: text.Screen) -> list[str]:
    return text.flow(f"  {clean(name):<9}", [path(root) for root in roots] or ["(no usual place)"], on, gap=", ")


def _head(asked: Asked, report: Overview, on: text.Screen) -> list[str]:
    known = report.known
    tz = asked.zone.tz
    since = f", since {moment(known.first_ms, tz)[:10]}" if known.first_ms is not None else ""
    held = f"{count_of(len(known.harnesses), 'harness', 'harnesses')}, {count_of(known.sessions, 'session')}{since}"
    fresh = (
        f"refreshed {ago(known.refreshed_ms, clock.now_ms())}"
        if known.refreshed_ms is not None
        else "never fully refreshed"
    )
    return text.flow("", [on.paint("whyburn", "bold"), held, fresh, asked.zone.name], on, gap=" · ", indent=0)


def _periods(report: Overview, on: text.Screen) -> list[str]:
    amounts = [cost(sums) if sums.calls else "nothing" for sums in (report.today, report.week, report.month)]
    width = max(map(len, amounts))
    rows = [
        ("today", _today_picture(report, on), _today(report)),
        ("this week", spark(report.days) if on.pictures and any(report.days) else "", _week(report)),
        ("this month", "", _month(report)),
    ]
    found = []
    for (label, picture, said), amount in zip(rows, amounts, strict=True):
        shown = [on.paint(picture, "blue") + " " * (_BAR - len(picture))] if on.pictures else []
        found += text.flow(
            f"{label:<12}{on.paint(f'{amount:>{width}}', 'bold')}  ", [*shown, *said], on, indent=14 + width
        )
    return found


def _today_picture(report: Overview, on: text.Screen) -> str:
    """Today against the dearest day of the week."""
    return bar(report.days[-1], max(report.days), _BAR) if on.pictures and report.days else ""


def _today(report: Overview) -> list[str]:
    sums = report.today
    if not sums.calls:
        return []
    reads = f"cache reads {percent(sums.cache_read, sums.prompt)}"
    return [count_of(sums.calls, "call"), count_of(report.today_sessions, "session"), *([reads] if sums.prompt else [])]


def _week(report: Overview) -> list[str]:
    before, now = report.last_week.virtual_pico, report.week.virtual_pico
    if not before:
        return []
    change = ((now or 0) - before) * 100 // before
    return [f"last week {money(before)} ({change:+d}%)"]


def _month(report: Overview) -> list[str]:
    """At this pace, once a day of the month has gone; an estimate, and called one."""
    spent, window = report.month.virtual_pico, report.month_window
    if window.since_ms is None or window.until_ms is None or not spent:
        return []
    gone = clock.now_ms() - window.since_ms
    if not _DAY_MS <= gone < window.until_ms - window.since_ms:
        return []
    pace = spent * (window.until_ms - window.since_ms) // gone
    return [f"at this pace about ${pace // 10**12:,} by its end"]


def _dearest(report: Overview, causes: Mapping[int, str]) -> text.Table:
    table = text.Table([
        text.Column("", right=True), text.name("", least=5), text.name("", least=10), text.name("", least=10, drop=2),
        text.number("", drop=3), text.name("", least=8), text.name("", least=16, drop=1),
    ])  # fmt: skip
    ids = short_ids([row.names["source_session_id"] for row in report.top.rows])
    for row, short in zip(report.top.rows, ids, strict=True):
        table.add(*dearest_cells(row), short, (causes.get(row.ident) or UNKNOWN) if causes else "")
    return table


def unpriced(sums: Totals, on: text.Screen) -> list[str]:
    """A line about what the sums leave out."""
    if not sums.unpriced_calls:
        return []
    said = f"≥: {count_of(sums.unpriced_calls, 'call')} this month without a known price"
    return ["", *text.prose(said, on, style="yellow")]
