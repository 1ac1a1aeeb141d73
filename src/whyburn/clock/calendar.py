"""Time cut into buckets: the hours, days, weeks and months of a zone, whole and touching."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple

from whyburn.clock.days import (
    DAY_MS,
    EPOCH_DAY,
    HOUR_MS,
    change_ms,
    day_start_ms,
    first_of_month,
    first_of_week,
    local_day,
    offset_at,
    weekday_name,
    weekday_number,
)
from whyburn.errors import PeriodError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from whyburn.clock.zones import Zone

Unit = Literal["hour", "day", "week", "month"]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Bucket(NamedTuple):
    """One hour, day, week or month of a zone, `[since_ms, until_ms)`."""

    key: str
    """Sorts and identifies: 2026-11-21; the first day for a week; 2026-11; 2026-11-21T14:00+01:00 for an hour."""
    label: str
    """What people read: "Sat 2026-11-21"."""
    since_ms: int
    until_ms: int


def buckets(unit: Unit, first_ms: int, last_ms: int, *, zone: Zone, week_start: str = "monday") -> list[Bucket]:
    """The whole, touching buckets from the one that holds `first_ms` to the one that holds `last_ms`, both included.

    `last_ms` is an instant inside the last bucket: for a half-open window pass `until_ms - 1`.
    """
    if last_ms < first_ms:
        return []
    try:
        if unit == "hour":
            return _hours(first_ms, last_ms, zone.tz)
        first, last = local_day(first_ms, zone), local_day(last_ms, zone)
        days = _edges(unit, first, last, weekday_number(week_start))
        starts = [day_start_ms(day, zone.tz) for day in days]
    except (ValueError, OverflowError):
        raise PeriodError(f"no calendar for {first_ms} to {last_ms} ms: outside the years 1 to 9999") from None
    found = _labelled(unit, days, starts)
    # Where a clock went back across midnight (00:01 to 23:01, Newfoundland until 2011), the neighbour holds an edge.
    return [one for one in found if one.until_ms > one.since_ms]


def _edges(unit: Unit, first: int, last: int, first_weekday: int) -> list[int]:
    """The first days of the buckets, and the day after the last bucket."""
    if unit == "day":
        return list(range(first, last + 2))
    if unit == "week":
        return list(range(first_of_week(first, first_weekday), last + 8, 7))
    start, end = date.fromordinal(first), date.fromordinal(last)
    months = (end.year - start.year) * 12 + end.month - start.month
    return [first_of_month(start, step) for step in range(months + 2)]


def _labelled(unit: Unit, days: list[int], starts: list[int]) -> list[Bucket]:
    made = []
    for day, since_ms, until_ms in zip(days, starts, starts[1:], strict=False):
        on = date.fromordinal(day)
        key = on.isoformat()
        if unit == "day":
            label = f"{weekday_name(day)} {key}"
        elif unit == "week":
            label = f"week of {key}"
        else:
            key, label = key[:7], f"{_MONTHS[on.month - 1]} {on.year}"
        made.append(Bucket(key, label, since_ms, until_ms))
    return made


def _hours(first_ms: int, last_ms: int, tz: tzinfo) -> list[Bucket]:
    """Wall clock hours. A clock change cuts the hour: a doubled hour is two buckets, half an hour a short one."""
    made: list[Bucket] = []
    for since_ms, until_ms, offset_ms in _stretches(first_ms - 2 * HOUR_MS, last_ms + 2 * HOUR_MS, tz):
        made += _even_hours(since_ms, until_ms, offset_ms)
    found = [one for one in made if one.until_ms > first_ms and one.since_ms <= last_ms]
    times: dict[str, int] = {}
    for one in found:
        times[one.label] = times.get(one.label, 0) + 1
    return [one if times[one.label] == 1 else _told_apart(one) for one in found]


def _even_hours(since_ms: int, until_ms: int, offset_ms: int) -> Iterator[Bucket]:
    """The wall clock hours of a stretch without a clock change; the first and the last may be cut short by its ends."""
    suffix = _offset_text(offset_ms)
    day, text = -1, ""
    lo = since_ms
    while lo < until_ms:
        hi = min(lo + HOUR_MS - (lo + offset_ms) % HOUR_MS, until_ms)
        now_day, rest = divmod(lo + offset_ms, DAY_MS)
        if now_day != day:
            day, text = now_day, _day_text(now_day + EPOCH_DAY)
        clock = f"{rest // HOUR_MS:02}:{rest // 60_000 % 60:02}"
        yield Bucket(f"{text[4:]}T{clock}{suffix}", f"{text} {clock}", lo, hi)
        lo = hi


def _told_apart(one: Bucket) -> Bucket:
    return Bucket(one.key, f"{one.label}{one.key[16:]}", one.since_ms, one.until_ms)


def _stretches(first_ms: int, last_ms: int, tz: tzinfo) -> list[tuple[int, int, int]]:
    """`(since, until, offset)` of constant offset that cover the range; a change is found to the second.

    Sampled every six hours: no zone has ever changed its clock twice in that time.
    """
    found = []
    since = lo = first_ms // HOUR_MS * HOUR_MS
    offset = offset_at(lo, tz)
    while lo < last_ms:
        hi = lo + 6 * HOUR_MS
        after = offset_at(hi, tz)
        if after != offset:
            change = change_ms(lo, hi, tz)
            found.append((since, change, offset))
            since, offset = change, after
        lo = hi
    return [*found, (since, lo, offset)]


def _day_text(day: int) -> str:
    return f"{weekday_name(day)} {date.fromordinal(day).isoformat()}"


def _offset_text(offset_ms: int) -> str:
    minutes, seconds = divmod(abs(offset_ms) // 1000, 60)
    tail = f":{seconds:02}" if seconds else ""
    return f"{'-' if offset_ms < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}{tail}"
