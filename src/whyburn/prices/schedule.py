"""Prices by time of day: windows in UTC, weekdays, and a calendar of holidays.

DeepSeek sells cheaper outside the working hours of its own country. A rule has several versions, each with the instant
from which it held; a version names its windows, whether it knows weekends, and its holiday calendar. Outside its dates
it does not exist.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 86_400_000


class Calendar(NamedTuple):
    """Days without peak hours, in the seller's own zone."""

    days: frozenset[int]
    """As `date.toordinal()`."""
    offset_ms: int


class Rule(NamedTuple):
    """One version of the rule."""

    from_ms: int
    until_ms: int | None
    label: str
    """`peak` or `off-peak`: what the windows are called."""
    windows: tuple[tuple[int, int], ...]
    """Start and end as milliseconds of the UTC day; a window may run past midnight."""
    weekdays_only: bool
    holidays: Calendar | None
    factor: tuple[int, int]
    models: frozenset[str]
    """The models it holds for; empty: all of the provider."""


class Schedule(NamedTuple):
    """All versions of one provider's rule that hold for one model."""

    rules: tuple[Rule, ...]

    def rule_at(self, at_ms: int) -> int:
        """The index of the rule whose window an instant falls into, or -1 for the ordinary price."""
        for index, rule in enumerate(self.rules):
            if rule.from_ms <= at_ms and (rule.until_ms is None or at_ms < rule.until_ms):
                return index if _inside(rule, at_ms) else -1
        return -1


def _inside(rule: Rule, at_ms: int) -> bool:
    clock = at_ms % _DAY
    hit = any(start <= clock < end if start <= end else clock >= start or clock < end for start, end in rule.windows)
    if not hit:
        return False
    if rule.weekdays_only and (at_ms // _DAY + 3) % 7 >= 5:  # 1970-01-01 was a Thursday
        return False
    calendar = rule.holidays
    return calendar is None or _EPOCH + (at_ms + calendar.offset_ms) // _DAY not in calendar.days


def read_rules(raw: list[dict[str, object]], calendars: dict[str, dict[str, object]]) -> tuple[Rule, ...]:
    """The rules of one snapshot file."""
    made = {name: _calendar(body) for name, body in calendars.items()}
    return tuple(_rule(body, made) for body in raw)


def _rule(body: dict[str, object], calendars: dict[str, Calendar]) -> Rule:
    windows: list[list[str]] = body["windows"]  # type: ignore[assignment]
    factor: list[int] = body["factor"]  # type: ignore[assignment]
    models: list[str] = body.get("models", [])  # type: ignore[assignment]
    until = body.get("until")
    return Rule(
        from_ms=int(str(body["from"])),
        until_ms=None if until is None else int(str(until)),
        label=str(body["label"]),
        windows=tuple((_clock(start), _clock(end)) for start, end in windows),
        weekdays_only=bool(body.get("weekdays_only", False)),
        holidays=calendars.get(str(body.get("holidays", ""))),
        factor=(factor[0], factor[1]),
        models=frozenset(models),
    )


def _calendar(body: dict[str, object]) -> Calendar:
    days: list[str] = body["days"]  # type: ignore[assignment]
    return Calendar(
        days=frozenset(date.fromisoformat(day).toordinal() for day in days),
        offset_ms=int(str(body["utc_offset_hours"])) * 3_600_000,
    )


def _clock(text: str) -> int:
    hours, minutes = text.split(":")
    return (int(hours) * 60 + int(minutes)) * 60_000


def iso(at_ms: int | None) -> str | None:
    """An instant as RFC 3339 in UTC, without a fraction when it has none."""
    if at_ms is None:
        return None
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)
    return moment.isoformat(timespec="seconds" if at_ms % 1000 == 0 else "milliseconds").replace("+00:00", "Z")
