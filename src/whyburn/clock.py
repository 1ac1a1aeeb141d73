"""Zones, periods and windows: where wall clock time becomes instants, and nowhere else.

An instant is an integer: milliseconds since 1970 in UTC. A `Window` is half-open, `[since, until)`. Everything a person
says in days is meant in one named zone and resolved here, so that a day in July is cut where July's clock cut it, also
when the report runs in November; a day with a clock change has 23 or 25 hours, or 23½ on Lord Howe Island.

`zoneinfo` is imported by the functions that need it: every report imports this module, and one in UTC or over "all"
should not pay for a zone database.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Literal

from whyburn.errors import PeriodError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCAL = "local"
"""Name of the system's own zone where it has no IANA name (a POSIX rule in TZ, a copied /etc/localtime, Windows)."""

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
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Unit = Literal["hour", "day", "week", "month"]

_LOCALTIME = "/etc/localtime"
_TIMEZONE = "/etc/timezone"
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def now_ms() -> int:
    """The system clock, the only place that reads it."""
    return time.time_ns() // 1_000_000


# --- zones -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone by its IANA name, "UTC", or "local" for a system zone that has no name."""

    name: str

    @property
    def tz(self) -> tzinfo:
        """The rules behind the name."""
        if self.name == "UTC":
            return UTC
        if self.name == LOCAL:
            return _SystemRules()
        from zoneinfo import ZoneInfo  # noqa: PLC0415  see the module

        return ZoneInfo(self.name)


def zone(name: str | None = None, *, utc: bool = False) -> Zone:
    """The named zone; without a name the local one, resolved to its IANA name where the system tells it."""
    if utc and name is not None:
        raise PeriodError(f"--utc and --timezone {name} exclude each other")
    if utc or (name is not None and name.upper() in {"UTC", "Z"}):
        return Zone("UTC")
    if name is None or name == LOCAL:
        return _local_zone()
    if _exists(name):
        return Zone(name)
    return _respelled(name)


def _exists(name: str) -> bool:
    """Whether the zone database has it; odd names raise half a dozen kinds of errors, all meaning no."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415  see the module

    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return False
    return True


def _respelled(name: str) -> Zone:
    """A zone written in other letters ("europe/berlin", "America/New York"), or an error that names near ones."""
    from zoneinfo import available_timezones  # noqa: PLC0415  see the module

    known = {zone_name.lower(): zone_name for zone_name in sorted(available_timezones())}
    wanted = name.strip().lower().replace(" ", "_")
    if wanted in known:
        return Zone(known[wanted])
    near = [zone_name for low, zone_name in known.items() if low.rpartition("/")[2] == wanted]
    if not near:
        from difflib import get_close_matches  # noqa: PLC0415  only to explain a mistake

        near = [known[low] for low in get_close_matches(wanted, known, n=3, cutoff=0.7)]
    hint = f" — did you mean {', '.join(near[:3])}?" if near else " (an IANA name such as Europe/Berlin, or UTC)"
    raise PeriodError(f"--timezone {name} is not a time zone{hint}")


def _local_zone() -> Zone:
    named = os.environ.get("TZ")
    if named is not None:
        return _from_tz_variable(named)
    for target in (_link(_LOCALTIME), os.path.realpath(_LOCALTIME)):
        found = _zone_of_path(target)
        if found is not None:
            return found
    return _from_timezone_file() or Zone(LOCAL)


def _from_tz_variable(text: str) -> Zone:
    """TZ holds a name, a path, or a POSIX rule such as CET-1CEST; what has no name is left to the system's own code."""
    name = text.removeprefix(":")
    if name in {"", "UTC", "UTC0"}:
        return Zone("UTC")
    if name.startswith("/"):
        return _zone_of_path(name) or _zone_of_path(os.path.realpath(name)) or Zone(LOCAL)
    return Zone(name) if _exists(name) else Zone(LOCAL)


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _zone_of_path(path: str) -> Zone | None:
    """`…/zoneinfo/Europe/Berlin` names a zone; `posix/` and `right/` are variants of the same tree."""
    name = path.rpartition("zoneinfo/")[2] if "zoneinfo/" in path else ""
    name = name.removeprefix("posix/").removeprefix("right/")
    if name in {"UTC", "Etc/UTC"}:
        return Zone("UTC")
    return Zone(name) if name and _exists(name) else None


def _from_timezone_file() -> Zone | None:
    """Debian's /etc/timezone, unless the clock contradicts it: containers mount the host's localtime, not this file."""
    try:
        with open(_TIMEZONE, encoding="utf-8") as file:
            name = file.readline().strip()
    except (OSError, UnicodeDecodeError):
        return None
    if not name or not _exists(name):
        return None
    rules = Zone(name).tz
    for instant_s in (time.time(), time.time() - 182 * 86_400):
        offset_s = time.localtime(instant_s).tm_gmtoff
        if datetime.fromtimestamp(instant_s, rules).utcoffset() != timedelta(seconds=offset_s):
            return None
    return Zone("UTC" if name == "Etc/UTC" else name)


class _SystemRules(tzinfo):
    """The C library's local time: exact for every instant, though nameless."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        if moment is None:
            return None
        seconds = moment.replace(tzinfo=None).timestamp()  # of a naive datetime: local time, its fold included
        return timedelta(seconds=time.localtime(seconds).tm_gmtoff)

    def dst(self, _moment: datetime | None) -> timedelta | None:
        return None

    def tzname(self, _moment: datetime | None) -> str:
        return LOCAL

    def fromutc(self, moment: datetime) -> datetime:
        seconds = moment.replace(tzinfo=UTC).timestamp()
        return datetime.fromtimestamp(seconds).replace(tzinfo=self)  # noqa: DTZ006


# --- periods and windows ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Window:
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
        return Window(now_ms - _DAY_MS, now_ms, name)
    first, end = _period_days(name, _local_day(now_ms, zone), _first_weekday(week_start))
    return Window(_day_start_ms(first, zone.tz), _day_start_ms(end, zone.tz), name)


def _period_days(name: str, today: int, first_weekday: int) -> tuple[int, int]:
    """First day and day after the last, as proleptic ordinals."""
    on = date.fromordinal(today)
    week = _week_start(today, first_weekday)
    month, january = _month_start(on, 0), _month_start(on, 1 - on.month)
    spans = {
        "today": (today, today + 1),
        "yesterday": (today - 1, today),
        "this-week": (week, week + 7),
        "last-week": (week - 7, week),
        "this-month": (month, _month_start(on, 1)),
        "last-month": (_month_start(on, -1), month),
        "last-7d": (today - 6, today + 1),
        "last-30d": (today - 29, today + 1),
        "this-year": (january, _month_start(on, 13 - on.month)),
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
        return _last_days(last_days, _local_day(now_ms, zone), zone)
    since_ms = None if since is None else instant(since, zone=zone, option="--since")
    until_ms = None if until is None else instant(until, zone=zone, option="--until")
    if through is not None:
        until_ms = _day_start_ms(_day(through, option="--through") + 1, zone.tz)
    if since_ms is not None and until_ms is not None and since_ms >= until_ms:
        end = f"--until {until}" if until is not None else f"the end of --through {through}"
        raise PeriodError(f"--since {since} is not before {end}")
    return Window(since_ms, until_ms, None)


_named = period  # inside `window` the word is an option


def _last_days(days: int, today: int, zone: Zone) -> Window:
    if not 1 <= days < today:
        raise PeriodError(f"--last-days {days} is not a number of days (1 is today)")
    label = "last day" if days == 1 else f"last {days} days"
    return Window(_day_start_ms(today - days + 1, zone.tz), _day_start_ms(today + 1, zone.tz), label)


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
        return _day_start_ms(day, zone.tz)
    moment = _moment_or_none(stripped)
    if moment is None:
        raise PeriodError(f"{option} {text} is not a date (YYYY-MM-DD, or an ISO time)")
    return _ms(moment if moment.tzinfo else moment.replace(tzinfo=zone.tz))


def _moment_or_none(text: str) -> datetime | None:
    """A date with a time. ISO dates without one (2026-W03-1, 2026-05) are not among those we document."""
    if not any(mark in text[8:] for mark in "Tt "):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _day(text: str, *, option: str) -> int:
    day = _day_or_none(text.strip())
    if day is None:
        raise PeriodError(f"{option} {text} is not a date (YYYY-MM-DD)")
    return day


def _day_or_none(text: str) -> int | None:
    digits = text[:4] + text[5:7] + text[8:] if len(text) == 10 and text[4] == text[7] == "-" else text
    if len(digits) != 8 or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).toordinal()
    except ValueError:
        return None


# --- buckets ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bucket:
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
        first, last = _local_day(first_ms, zone), _local_day(last_ms, zone)
        days = _edges(unit, first, last, _first_weekday(week_start))
        starts = [_day_start_ms(day, zone.tz) for day in days]
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
        return list(range(_week_start(first, first_weekday), last + 8, 7))
    start, end = date.fromordinal(first), date.fromordinal(last)
    months = (end.year - start.year) * 12 + end.month - start.month
    return [_month_start(start, step) for step in range(months + 2)]


def _labelled(unit: Unit, days: list[int], starts: list[int]) -> list[Bucket]:
    made = []
    for day, since_ms, until_ms in zip(days, starts, starts[1:], strict=False):
        on = date.fromordinal(day)
        key = on.isoformat()
        if unit == "day":
            label = f"{_weekday(day)} {key}"
        elif unit == "week":
            label = f"week of {key}"
        else:
            key, label = key[:7], f"{_MONTHS[on.month - 1]} {on.year}"
        made.append(Bucket(key, label, since_ms, until_ms))
    return made


def _hours(first_ms: int, last_ms: int, tz: tzinfo) -> list[Bucket]:
    """Wall clock hours. A clock change cuts the hour: a doubled hour is two buckets, half an hour a short one."""
    made: list[Bucket] = []
    for since_ms, until_ms, offset_ms in _stretches(first_ms - 2 * _HOUR_MS, last_ms + 2 * _HOUR_MS, tz):
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
        hi = min(lo + _HOUR_MS - (lo + offset_ms) % _HOUR_MS, until_ms)
        now_day, rest = divmod(lo + offset_ms, _DAY_MS)
        if now_day != day:
            day, text = now_day, _day_text(now_day + _EPOCH_DAY)
        clock = f"{rest // _HOUR_MS:02}:{rest // 60_000 % 60:02}"
        yield Bucket(f"{text[4:]}T{clock}{suffix}", f"{text} {clock}", lo, hi)
        lo = hi


def _told_apart(one: Bucket) -> Bucket:
    return Bucket(one.key, f"{one.label}{one.key[16:]}", one.since_ms, one.until_ms)


def _stretches(first_ms: int, last_ms: int, tz: tzinfo) -> list[tuple[int, int, int]]:
    """`(since, until, offset)` of constant offset that cover the range; a change is found to the second.

    Sampled every six hours: no zone has ever changed its clock twice in that time.
    """
    found = []
    since = lo = first_ms // _HOUR_MS * _HOUR_MS
    offset = _offset_ms(lo, tz)
    while lo < last_ms:
        hi = lo + 6 * _HOUR_MS
        after = _offset_ms(hi, tz)
        if after != offset:
            change = _change_ms(lo, hi, tz)
            found.append((since, change, offset))
            since, offset = change, after
        lo = hi
    return [*found, (since, lo, offset)]


def _change_ms(lo_ms: int, hi_ms: int, tz: tzinfo) -> int:
    """The first second in `(lo_ms, hi_ms]` whose offset is not that of `lo_ms`; both are whole seconds."""
    before = _offset_ms(lo_ms, tz)
    lo, hi = lo_ms // 1000, hi_ms // 1000
    while hi - lo > 1:
        middle = (lo + hi) // 2
        if _offset_ms(middle * 1000, tz) == before:
            lo = middle
        else:
            hi = middle
    return hi * 1000


# --- small arithmetic ------------------------------------------------------------------------------------------------


def _day_start_ms(day: int, tz: tzinfo) -> int:
    """The first instant of a local day: midnight, the earlier of two, or when the clock jumped over midnight."""
    midnight = datetime.fromordinal(day).replace(tzinfo=tz)
    before, after = _wall_offset_ms(midnight), _wall_offset_ms(midnight.replace(fold=1))
    wall_ms = (day - _EPOCH_DAY) * _DAY_MS
    if after > before:
        return _change_ms(wall_ms - after, wall_ms - before, tz)
    return wall_ms - before


def _local_day(ms: int, zone: Zone) -> int:
    return (ms + _offset_ms(ms, zone.tz)) // _DAY_MS + _EPOCH_DAY


def _offset_ms(ms: int, tz: tzinfo) -> int:
    return _wall_offset_ms(datetime.fromtimestamp(ms // 1000, tz))


def _wall_offset_ms(moment: datetime) -> int:
    offset = moment.utcoffset()
    assert offset is not None
    return _span_ms(offset)


def _ms(moment: datetime) -> int:
    return _span_ms(moment - _EPOCH)


def _span_ms(span: timedelta) -> int:
    return span.days * _DAY_MS + span.seconds * 1000 + span.microseconds // 1000


def _week_start(day: int, first_weekday: int) -> int:
    return day - (day - 1 - first_weekday) % 7


def _month_start(on: date, step: int) -> int:
    months = on.year * 12 + on.month - 1 + step
    return date(months // 12, months % 12 + 1, 1).toordinal()


def _first_weekday(name: str) -> int:
    if name.lower() not in WEEKDAYS:
        raise PeriodError(f"{name} is not a day a week can start on ({', '.join(WEEKDAYS)})")
    return WEEKDAYS.index(name.lower())


def _weekday(day: int) -> str:
    return WEEKDAYS[(day - 1) % 7][:3].title()


def _day_text(day: int) -> str:
    return f"{_weekday(day)} {date.fromordinal(day).isoformat()}"


def _offset_text(offset_ms: int) -> str:
    minutes, seconds = divmod(abs(offset_ms) // 1000, 60)
    tail = f":{seconds:02}" if seconds else ""
    return f"{'-' if offset_ms < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}{tail}"
