"""The parts that usage screens share: the title with its window and filters, cost cells, empty results, what next."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from whyburn import clock
from whyburn.views import text
from whyburn.views.words import UNKNOWN, clean, count_of, money, path, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    from whyburn.api.usage import Asked
    from whyburn.usage.overview import Known
    from whyburn.usage.totals import Totals

Block = text.Block
_MOST_PLACES = 4
_FILTER_WORDS = {"effort": "thinking"}


def title(words: str, asked: Asked, on: text.Screen, *, span: Totals | None = None, note: str = "") -> list[str]:
    """The heading: what was asked for, over which instants of which zone, and with which filters."""
    parts = [f"{window_text(asked, span)}, {asked.zone.name}", filters_text(asked)]
    if note:
        parts.insert(0, note)
    return text.flow("", [on.paint(words, "bold"), *parts], on, gap=" · ", indent=0)


def window_text(asked: Asked, span: Totals | None = None) -> str:
    """The resolved window, half-open: "2026-11-21 00:00 – now"; without bounds, what the calls span."""
    since, until = asked.window.since_ms, asked.window.until_ms
    tz = asked.zone.tz
    if since is None and until is None:
        if span is None or span.first_ms is None or span.last_ms is None:
            return "all time"
        return f"all time ({moment(span.first_ms, tz)[:10]} – {moment(span.last_ms, tz)[:10]})"
    start = "first call" if since is None else moment(since, tz)
    end = "now" if until is None or until > clock.now_ms() else moment(until, tz)
    return f"{start} – {end}"


def filters_text(asked: Asked) -> str:
    """The filters in words; "all harnesses" when there are none."""
    found = [f"{_FILTER_WORDS.get(name, name)} {' or '.join(map(clean, values))}"
             for name, values in asked.filters.as_dict().items()]  # fmt: skip
    return " · ".join(found) or "all harnesses"


def moment(at_ms: int, tz: tzinfo) -> str:
    """An instant on the zone's wall clock."""
    return datetime.fromtimestamp(at_ms // 1000, tz).strftime("%Y-%m-%d %H:%M")


def cost(sums: Totals) -> str:
    """The list price in a table: "—" when nothing of it could be priced, "≥" when a part could not."""
    if sums.unpriced_calls and sums.virtual_pico is not None:
        return f"≥{money(sums.virtual_pico).removeprefix('<')}"
    return money(sums.virtual_pico)


def weight(sums: Totals, *, priced: bool) -> int:
    """What a bar shows: money, or tokens where nothing has a price."""
    return (sums.virtual_pico or 0) if priced else sums.tokens


def is_priced(many: Iterable[Totals]) -> bool:
    """Whether bars can show money."""
    return any(one.virtual_pico for one in many)


def pays(many: Iterable[Totals]) -> bool:
    """Whether what was paid differs from the list price and from nothing: then tables have a column for it."""
    return any(one.actual_pico and one.actual_pico != one.virtual_pico for one in many)


SUM_COLUMNS = [
    text.number("calls", drop=3),
    text.number("prompt", drop=2),
    text.number("output", drop=2),
    text.number("cost"),
]
PAID_COLUMN = text.number("paid", drop=1)


def sum_cells(sums: Totals, *, paid: bool) -> list[str]:
    """The cells of `SUM_COLUMNS` (and `PAID_COLUMN`)."""
    cells = [f"{sums.calls:,}", tokens(sums.prompt), tokens(sums.output), cost(sums)]
    return [*cells, money(sums.actual_pico)] if paid else cells


def sum_columns(*, paid: bool) -> list[text.Column]:
    """Calls, prompt, output, cost, and paid where it says something."""
    return [*SUM_COLUMNS, PAID_COLUMN] if paid else list(SUM_COLUMNS)


def unpriced_line(sums: Totals, on: text.Screen) -> list[str]:
    """One line under a table about what is not in its costs."""
    if not sums.unpriced_calls:
        return []
    said = (
        f"≥ and —: {count_of(sums.unpriced_calls, 'call')}, {tokens(sums.unpriced_tokens)} tokens have no known price"
    )
    more = "and are not in the cost (whyburn prices list --missing-only)"
    return ["", *text.prose(f"{said} {more}", on, style="yellow")]


def empty(asked: Asked, known: Known, places: Sequence[tuple[str, list[str]]], on: text.Screen) -> list[str]:
    """Why there is nothing to show, where calls were looked for, and what to try."""
    tz = asked.zone.tz
    since, until = asked.window.since_ms, asked.window.until_ms
    when = ""
    if since is not None:
        when = (
            f" since {moment(since, tz)}" if until is None or until > clock.now_ms() else f" from {window_text(asked)}"
        )
    elif until is not None:
        when = f" before {moment(until, tz)}"
    of = f" with {filters_text(asked)}" if asked.filters.as_dict() else ""
    found = [f"no calls{when}{of}"]
    if known.last_ms is not None and known.first_ms is not None:
        held = ", ".join(f"{clean(name)} {count_of(number, 'session')}" for name, number in known.harnesses.items())
        span = f"{moment(known.first_ms, tz)} to {moment(known.last_ms, tz)}"
        found += text.prose(f"the ledger holds calls from {span}: {held}", on)
    roots = [f"{path(root)} ({clean(name)})" for name, paths in places for root in paths]
    more = f" and {len(roots) - _MOST_PLACES} more" if len(roots) > _MOST_PLACES else ""
    found += text.prose(f"looked in {', '.join(roots[:_MOST_PLACES])}{more}", on) if roots else []
    tip = "whyburn refresh" if known.last_ms is None or known.refreshed_ms is None else "whyburn usage summary"
    return [*found, *text.flow("try:", [tip, "whyburn sources"], on, gap=" · ", indent=5)]


def next_line(commands: Sequence[str], on: text.Screen) -> list[str]:
    """What a curious person would type next; for people only, so not in a pipe."""
    if not on.pictures:
        return []
    return ["", *(on.paint(line, "dim") for line in text.flow("more:", commands, on, gap=" · ", indent=6))]


def name_cell(dimension: str, value: object) -> str:
    """A value of a dimension as people read it."""
    if value in (None, ""):
        return UNKNOWN if dimension != "effort" else "none"
    return path(str(value)) if dimension == "project" else clean(value)


def prompt_parts(sums: Totals) -> list[str]:
    """What the prompts consisted of, and for how long what was written is kept."""
    lifetimes = [(sums.write_1h, "1h"), (sums.write_5m, "5m"), (sums.write_other, "lifetime unknown")]
    by = ", ".join(f"{word} {tokens(number)}" for number, word in lifetimes if number)
    written = f"written {tokens(sums.cache_write)}" + (f" ({by})" if by else "")
    return [f"new {tokens(sums.input)}", f"cache read {tokens(sums.cache_read)}", written]


def output_text(sums: Totals) -> str:
    """What was generated, and how much of it was reasoning."""
    reasoning = f" (reasoning {tokens(sums.reasoning)})" if sums.reasoning else ""
    return f"{tokens(sums.output)}{reasoning}"
