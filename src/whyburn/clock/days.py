"""The days of a zone as instants, and instants as days; weeks and months in days.

A day is its proleptic ordinal (`date.toordinal`), so that calendar arithmetic is integer arithmetic.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from whyburn.errors import PeriodError

if TYPE_CHECKING:
    from datetime import tzinfo

    from whyburn.clock.zones import Zone

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
EPOCH_DAY = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day_start_ms(day: int, tz: tzinfo) -> int:
    """The first instant of a local day: midnight, the earlier of two, or when the clock jumped over midnight."""
    midnight = datetime.fromordinal(day).replace(tzinfo=tz)
    before, after = _wall_offset_ms(midnight), _wall_offset_ms(midnight.replace(fold=1))
    wall_ms = (day - EPOCH_DAY) * DAY_MS
    if after > before:
        return change_ms(wall_ms - after, wall_ms - before, tz)
    return wall_ms - before


def local_day(ms: int, zone: Zone) -> int:
    """The day that the zone's calendar shows at an instant."""
    return (ms + offset_at(ms, zone.tz)) // DAY_MS + EPOCH_DAY


def offset_at(ms: int, tz: tzinfo) -> int:
    """How far the zone's clocks are ahead of UTC at an instant, in milliseconds."""
    return _wall_offset_ms(datetime.fromtimestamp(ms // 1000, tz))


def change_ms(lo_ms: int, hi_ms: int, tz: tzinfo) -> int:
    """The first second in `(lo_ms, hi_ms]` whose offset is not that of `lo_ms`; both are whole seconds."""
    before = offset_at(lo_ms, tz)
    lo, hi = lo_ms // 1000, hi_ms // 1000
    while hi - lo > 1:
        middle = (lo + hi) // 2
        if offset_at(middle * 1000, tz) == before:
            lo = middle
        else:
            hi = middle
    return hi * 1000


def instant_ms(moment: datetime) -> int:
    """A moment that has a zone as an instant."""
    return _span_ms(moment - _EPOCH)


def first_of_week(day: int, first_weekday: int) -> int:
    """The first day of the week that holds a day; weekdays count from 0, Monday."""
    return day - (day - 1 - first_weekday) % 7


def first_of_month(on: date, step: int) -> int:
    """The first day of the month so many months after that of a date."""
    months = on.year * 12 + on.month - 1 + step
    return date(months // 12, months % 12 + 1, 1).toordinal()


def weekday_number(name: str) -> int:
    """0 for monday … 6 for sunday, in any letters."""
    if name.lower() not in WEEKDAYS:
        raise PeriodError(f"{name} is not a day a week can start on ({', '.join(WEEKDAYS)})")
    return WEEKDAYS.index(name.lower())


def weekday_name(day: int) -> str:
    """Mon, Tue …"""
    return WEEKDAYS[(day - 1) % 7][:3].title()


def _wall_offset_ms(moment: datetime) -> int:
    offset = moment.utcoffset()
    assert offset is not None
    return _span_ms(offset)


def _span_ms(span: timedelta) -> int:
    return span.days * DAY_MS + span.seconds * 1000 + span.microseconds // 1000
