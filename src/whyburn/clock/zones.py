"""Time zones: by IANA name, and the machine's own where the system tells its name or only its rules."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from whyburn.errors import PeriodError

LOCAL = "local"
"""Name of the system's own zone where it has no IANA name (a POSIX rule in TZ, a copied /etc/localtime, Windows)."""


class Zone(NamedTuple):
    """A time zone by its IANA name, "UTC", or "local" for a system zone that has no name."""

    name: str

    @property
    def tz(self) -> tzinfo:
        """The rules behind the name."""
        if self.name == "UTC":
            return UTC
        if self.name == LOCAL:
            return _SystemRules()
        from zoneinfo import ZoneInfo  # noqa: PLC0415  see the package

        return ZoneInfo(self.name)


def named_zone(name: str) -> Zone:
    """The zone of a name, also in other letters; PeriodError, with near names, if there is none."""
    if name.upper() in {"UTC", "Z"}:
        return Zone("UTC")
    return Zone(name) if _exists(name) else _respelled(name)


def local_zone(localtime: str, timezone: str) -> Zone:
    """The machine's own zone: as TZ says, else the link `localtime` or the file `timezone`, else nameless rules."""
    named = os.environ.get("TZ")
    if named is not None:
        return _from_tz_variable(named)
    for target in (_link(localtime), os.path.realpath(localtime)):
        found = _zone_of_path(target)
        if found is not None:
            return found
    return _from_timezone_file(timezone) or Zone(LOCAL)


def _exists(name: str) -> bool:
    """Whether the zone database has it; odd names raise half a dozen kinds of errors, all meaning no."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415  see the package

    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return False
    return True


def _respelled(name: str) -> Zone:
    """A zone written in other letters ("europe/berlin", "America/New York"), or an error that names near ones."""
    from zoneinfo import available_timezones  # noqa: PLC0415  see the package

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


def _from_timezone_file(path: str) -> Zone | None:
    """Debian's /etc/timezone, unless the clock contradicts it: containers mount the host's localtime, not this file."""
    try:
        with open(path, encoding="utf-8") as file:
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
