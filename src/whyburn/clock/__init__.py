"""Zones, periods and windows: where wall clock time becomes instants, and nowhere else.

An instant is an integer: milliseconds since 1970 in UTC. A `Window` is half-open, `[since, until)`. Everything a person
says in days is meant in one named zone and resolved here, so that a day in July is cut where July's clock cut it, also
when the report runs in November; a day with a clock change has 23 or 25 hours, or 23½ on Lord Howe Island.

Only this module asks the machine: what its clock says (`now_ms`) and which zone it is in (`zone` without a name).
`zones` holds the rules behind names, `days` the arithmetic of a zone's days, `periods` what people say when they mean a
stretch of time, `calendar` how a stretch is cut into hours, days, weeks and months.

`zoneinfo` is imported by the functions that need it: every report imports this package, and one in UTC or over "all"
should not pay for a zone database.
"""

from __future__ import annotations

import time

from whyburn.clock.calendar import Bucket, Unit, buckets
from whyburn.clock.days import WEEKDAYS
from whyburn.clock.periods import PERIODS, Window, instant, period, window
from whyburn.clock.zones import LOCAL, Zone, local_zone, named_zone
from whyburn.errors import PeriodError

__all__ = [
    "LOCAL",
    "PERIODS",
    "WEEKDAYS",
    "Bucket",
    "Unit",
    "Window",
    "Zone",
    "buckets",
    "instant",
    "now_ms",
    "period",
    "window",
    "zone",
]

_LOCALTIME = "/etc/localtime"
_TIMEZONE = "/etc/timezone"


def now_ms() -> int:
    """The system clock, the only place that reads it."""
    return time.time_ns() // 1_000_000


def zone(name: str | None = None, *, utc: bool = False) -> Zone:
    """The named zone; without a name the local one, resolved to its IANA name where the system tells it."""
    if utc and name is not None:
        raise PeriodError(f"--utc and --timezone {name} exclude each other")
    if utc:
        return Zone("UTC")
    return local_zone(_LOCALTIME, _TIMEZONE) if name in {None, LOCAL} else named_zone(name)
