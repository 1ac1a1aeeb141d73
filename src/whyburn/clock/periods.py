"""What people say when they mean a stretch of time: named periods, dates, ISO times, "the last 30 days"."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from whyburn.clock.days import (
    DAY_MS,
    day_start_ms,
    first_of_month,
    first_of_week,
    instant_ms,
    local_day,
    weekday_number,
)
from whyburn.errors import PeriodError

if TYPE_CHECKING:
    from whyburn.clock.zones import Zone

PERIODS = (
    "today",
    "yesterday",
    "this-week",
    "last-week",
    "this-month",
    "last-month",
    "last-24h",
    "last-7d",
    "last-30d",
    "this-year",
    "all",
)


class Window(NamedTuple):
    """A half-open stretch of time `[since_ms, until_ms)`; None is unbounded."""

    since_ms: int | None
    until_ms: int | None
    label: str | None
    """The words it was asked for with ("this-week"), None for plain boundaries."""


def period(name: str, *, now_ms: int, zone: Zone, week_start: str = "monday") -> Window:
    """The window of a named period. Days are the zone's; `last-7d` is today and the six days before it."""
    if name == "all":
        return Window(None, None, name)
    if name == "last-24h":
        return Window(now_ms - DAY_MS, now_ms, name)
    first, end = _period_days(name, local_day(now_ms, zone), weekday_number(week_start))
    return Window(day_start_ms(first, zone.tz), day_start_ms(end, zone.tz), name)


def _period_days(name: str, today: int, first_weekday: int) -> tuple[int, int]:
    """First day and day after the last, as proleptic ordinals."""
    on = date.fromordinal(today)
    week = first_of_week(today, first_weekday)
    month, january = first_of_month(on, 0), first_of_month(on, 1 - on.month)
    spans = {
        "today": (today, today + 1),
        "yesterday": (today - 1, today),
        "this-week": (week, week + 7),
        "last-week": (week - 7, week),
        "this-month": (month, first_of_month(on, 1)),
        "last-month": (first_of_month(on, -1), month),
        "last-7d": (today - 6, today + 1),
        "last-30d": (today - 29, today + 1),
        "this-year": (january, first_of_month(on, 13 - on.month)),
    }
    if name not in spans:
        raise PeriodError(f"{name} is not a period ({', '.join(PERIODS)})")
    return spans[name]


def window(
    *,
    period: str | None = None,
    since: str | None = None,
    until: str | None = None,
    through: str | None = None,
    last_days: int | None = None,
    now_ms: int,
    zone: Zone,
    week_start: str = "monday",
) -> Window:
    """The window that a command's period options mean: `until` exclusive, `through` a day inclusive.

    Options that contradict each other are refused; none at all is an unbounded window without a label.
    """
    _refuse_conflicts(period=period, since=since, until=until, through=through, last_days=last_days)
    if period is not None:
        return _named(period, now_ms=now_ms, zone=zone, week_start=week_start)
    if last_days is not None:
        return _last_days(last_days, local_day(now_ms, zone), zone)
    since_ms = None if since is None else instant(since, zone=zone, option="--since")
    until_ms = None if until is None else instant(until, zone=zone, option="--until")
    if through is not None:
        until_ms = _day_end(through, zone=zone, option="--through")
    if since_ms is not None and until_ms is not None and since_ms >= until_ms:
        end = f"--until {until}" if until is not None else f"the end of --through {through}"
        raise PeriodError(f"--since {since} is not before {end}")
    return Window(since_ms, until_ms, None)


_named = period  # inside `window` the word is an option


def _last_days(days: int, today: int, zone: Zone) -> Window:
    if not 1 <= days < today:
        raise PeriodError(f"--last-days {days} is not a number of days (1 is today)")
    label = "last day" if days == 1 else f"last {days} days"
    return Window(_day_start(today - days + 1, zone, f"--last-days {days}"), day_start_ms(today + 1, zone.tz), label)


def _refuse_conflicts(**given: object) -> None:
    """Period, last-days and boundaries exclude each other; of until and through there is one."""
    named = [f"--{name.replace('_', '-')}" for name, value in given.items() if value is not None]
    alone = [name for name in named if name in {"--period", "--last-days"}]
    if alone and len(named) > 1:
        others = [name for name in named if name != alone[0]]
        raise PeriodError(f"{alone[0]} already says when: it cannot be combined with {' and '.join(others)}")
    if "--until" in named and "--through" in named:
        raise PeriodError("--until (exclusive) and --through (inclusive) exclude each other")


def instant(text: str, *, zone: Zone, option: str) -> int:
    """A date or an ISO time as an instant; without an offset it is read on the zone's wall clock.

    A date is its first instant. A time that the clock showed twice is the first of the two.
    """
    stripped = text.strip()
    day = _day_or_none(stripped)
    if day is not None:
        return _day_start(day, zone, f"{option} {text}")
    moment = _moment_or_none(stripped)
    if moment is None:
        raise PeriodError(f"{option} {text} is not a date (YYYY-MM-DD, or an ISO time)")
    try:
        return _moment_ms(moment, zone)
    except (ValueError, OverflowError):
        raise _beyond(f"{option} {text}") from None


def _moment_ms(moment: datetime, zone: Zone) -> int:
    at_ms = instant_ms(moment if moment.tzinfo else moment.replace(tzinfo=zone.tz))
    local_day(at_ms, zone)  # an offset can lead out of the years that the zone's calendar shows
    return at_ms


def _day_start(day: int, zone: Zone, said: str) -> int:
    try:
        return day_start_ms(day, zone.tz)
    except (ValueError, OverflowError):
        raise _beyond(said) from None


def _beyond(said: str) -> PeriodError:
    return PeriodError(f"{said} is outside the years 1 to 9999")


def _moment_or_none(text: str) -> datetime | None:
    """A date with a time. ISO dates without one (2026-W03-1, 2026-05) are not among those we document."""
    if not any(mark in text[8:] for mark in "Tt "):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _day_end(text: str, *, zone: Zone, option: str) -> int:
    day = _day_or_none(text.strip())
    if day is None:
        raise PeriodError(f"{option} {text} is not a date (YYYY-MM-DD)")
    return _day_start(day + 1, zone, f"the end of {option} {text}")


def _day_or_none(text: str) -> int | None:
    digits = text[:4] + text[5:7] + text[8:] if len(text) == 10 and text[4] == text[7] == "-" else text
    if len(digits) != 8 or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).toordinal()
    except ValueError:
        return None
