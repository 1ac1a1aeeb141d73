"""What repeats in a trace: content, files, and commands that fail again.

A command that fails again is a loop only where nothing new was learnt in between: no edit, no message of the user, no
file seen for the first time, no other error. What came between two attempts is told with each of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem.traces.costs import total
from whyburn.postmortem.traces.model import USAGE
from whyburn.postmortem.traces.values import short

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whyburn.postmortem.traces.costs import Row
    from whyburn.postmortem.traces.model import Event

LEAST_TEXT = 50
"""Tokens from which a text that comes again is worth a line; short answers repeat everywhere."""


class Repeat(NamedTuple):
    """Content or a file that came more than once; its first appearance is not counted as repeated."""

    name: str
    rows: Sequence[Row]
    tokens: int
    """Of the later appearances; of an event with several files each has its part."""

    @property
    def later(self) -> Sequence[Row]:
        """The appearances after the first."""
        return self.rows[1:]

    @property
    def cost_pico(self) -> int | None:
        """What the events of the later appearances cost, with everything else that they did."""
        return total(self.later)

    @property
    def label(self) -> str:
        """Its name, fit for a sentence."""
        return short(self.name)


class Attempt(NamedTuple):
    """One failing run of a command."""

    row: Row
    changed: str
    """What was new since the run before; "" for nothing, "first" for the first run."""


class Loop(NamedTuple):
    """A command that failed again without anything new in between."""

    command: str
    attempts: Sequence[Attempt]

    @property
    def label(self) -> str:
        """The command, fit for a sentence."""
        return short(" ".join(self.command.split()))

    @property
    def again(self) -> list[Row]:
        """The runs before which nothing had changed."""
        return [one.row for one in self.attempts if not one.changed]


def events_of(rows: Sequence[Row]) -> list[Row]:
    """The rows that are events."""
    return [row for row in rows if row.event.category != USAGE]


def repeated_context(rows: Sequence[Row]) -> list[Repeat]:
    """Content that came again, the most tokens first."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in events_of(rows):
        if row.event.content_hash:
            groups[row.event.content_hash].append(row)
    found = [
        Repeat(name, group, sum(row.event.seen for row in group[1:]))
        for name, group in groups.items()
        if len(group) > 1
    ]
    kept = [one for one in found if one.rows[0].event.hash_basis != "text" or one.tokens >= LEAST_TEXT]
    return sorted(kept, key=lambda one: (-one.tokens, one.rows[0].event.line))


def repeated_files(rows: Sequence[Row]) -> list[Repeat]:
    """Files that came up in several events, the most tokens first."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in events_of(rows):
        for name in row.event.files:
            groups[name].append(row)
    found = [
        Repeat(name, group, sum(row.event.seen // len(row.event.files) for row in group[1:]))
        for name, group in groups.items()
        if len(group) > 1
    ]
    return sorted(found, key=lambda one: (-one.tokens, -len(one.rows), one.name))


def loops(rows: Sequence[Row]) -> list[Loop]:
    """Commands that failed again with nothing new in between, the longest loop first."""
    events = events_of(rows)
    news = _News(events)
    runs: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(events):
        if row.event.command_key:
            runs[row.event.command_key].append(place)
    found = [Loop(events[places[0]].event.command, list(_attempts(events, places, news))) for places in runs.values()]
    return sorted((one for one in found if one.again), key=lambda one: -len(one.again))


def _attempts(events: Sequence[Row], places: Sequence[int], news: _News) -> Iterator[Attempt]:
    """The failing runs among all runs of one command; one that went well begins anew."""
    before: int | None = None
    for place in places:
        if not events[place].event.failed:
            before = None
            continue
        yield Attempt(events[place], "first" if before is None else news.between(before, place))
        before = place


class _News:
    """The events from which something could be learnt."""

    def __init__(self, events: Sequence[Row]) -> None:
        self._events = events
        seen: set[str] = set()
        told = [(place, _learnt(row.event, seen)) for place, row in enumerate(events)]
        self._told = [(place, what) for place, what in told if what]
        self._places = [place for place, _ in self._told]

    def between(self, before: int, place: int) -> str:
        """What was new between two runs of one command; empty for nothing. No other run of it is in between."""
        if self._events[before].event.failure_key != self._events[place].event.failure_key:
            return "another error"
        found = bisect_right(self._places, before)
        return self._told[found][1] if found < len(self._told) and self._places[found] < place else ""


def _learnt(one: Event, seen: set[str]) -> str:
    """What an event tells that was not known before it; the files it names are known after it."""
    fresh = [name for name in one.files if name not in seen]
    seen.update(fresh)
    if "edit" in one.traits:
        return f"an edit{f' of {short(one.files[0])}' if one.files else ''}"
    if one.category == "user_message":
        return "a message of the user"
    if fresh:
        return f"{short(fresh[0])} seen for the first time"
    return f"the output of {short(one.command)}" if one.command and not one.failed else ""
