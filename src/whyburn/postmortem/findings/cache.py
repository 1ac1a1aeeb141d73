"""Money that was paid twice because the cache was lost: one finding for each cause, with all calls that it hit.

The premium of such a call, what it paid beyond reading the cache, is arithmetic on billed counters; only the cause may
be uncertain. What the provider forgot by itself, and what nothing explains, is shown and not called a saving.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem.claims import Claim
from whyburn.postmortem.findings.interface import Evidence, Finding
from whyburn.postmortem.findings.measures import MOST_EVIDENCE, count, lasting, summary_tokens
from whyburn.postmortem.findings.pauses import advice, pause_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from whyburn.postmortem.anatomy import Anatomy, CacheEvent
    from whyburn.postmortem.findings.interface import CauseGrade, Market


class _Cause(NamedTuple):
    """How one cause is told."""

    what: str
    """Begins the title; `{}` is its detail."""
    fix: str
    grade: CauseGrade


_CAUSES: dict[str, _Cause] = {
    "model": _Cause(
        "Switching the model ({})",
        "Switch models where a task ends, after clearing the conversation, or give the other model a sub-agent: each "
        "model has its own cache", 1,
    ),
    "tools": _Cause(
        "A change of the tools{}",
        "Connect all servers before the first prompt and leave them connected until the end", 2,
    ),
    "version": _Cause("An update of the harness{}", "Update between sessions: a new version has other tools", 2),
    "system": _Cause("A changed system prompt{}", "Edit instructions and memory between sessions, not within", 2),
    "history": _Cause(
        "A change in the earlier conversation{}",
        "Avoid what rewrites earlier messages: resuming a session, background tasks that end after the next prompt, "
        "switching thinking on or off",
        3,
    ),
    "effort": _Cause("A change of the thinking effort{}", "Set the effort before the first prompt and keep it", 2),
}  # fmt: skip
_NOT_AVOIDABLE = {
    "provider-miss": ("provider-miss", "The provider's cache missed", "Nothing to do: the provider did not keep it"),
    "unknown": ("cache-unknown", "The cache was lost for no reason that the log shows",
                "Look at what happened just before the calls named"),
}  # fmt: skip


def cache_expired(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Pauses longer than the cache lives."""
    events = _dear(anatomy, "expired")
    if not events:
        return
    options = pause_options(anatomy, events[0], summary=summary_tokens(anatomy))
    sure = any(not event.likely for event in events)
    yield Finding(
        "cache-expired", "pauses", _pause_title(events), _premiums(events), advice(events[0], options), "A",
        1 if sure else 2, _evidence(events), tokens=_lost(events), counter=_doubts(events),
    )  # fmt: skip


def cache_causes(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """All other causes that could have been avoided; each direction of a model switch is its own finding."""
    for cause, told in _CAUSES.items():
        for subject, events in _subjects(anatomy, cause).items():
            reported = all(event.reported for event in events)
            yield Finding(
                f"cache-{cause}", subject, _title(told, subject, cause, events), _premiums(events), told.fix, "A",
                1 if reported else told.grade, _evidence(events), tokens=_lost(events), counter=_doubts(events),
            )  # fmt: skip


def not_avoidable(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """What the provider forgot by itself or for an unknown reason: exposure."""
    for cause, (name, title, fix) in _NOT_AVOIDABLE.items():
        events = _dear(anatomy, cause)
        if events:
            yield Finding(
                name, "cache", f"{title} in {count(len(events), 'call')}: {_tokens(events)}", Claim(), fix, "A", 3,
                _evidence(events), exposure=sum(event.premium or 0 for event in events), tokens=_lost(events),
            )  # fmt: skip


def _dear(anatomy: Anatomy, cause: str) -> list[CacheEvent]:
    """The events of a cause that cost something, dearest first."""
    found = [event for event in anatomy.events if event.cause == cause and event.premium]
    return sorted(found, key=lambda event: (-(event.premium or 0), event.call))


def _subjects(anatomy: Anatomy, cause: str) -> dict[str, list[CacheEvent]]:
    found: dict[str, list[CacheEvent]] = {}
    for event in _dear(anatomy, cause):
        models = f"{anatomy.calls[event.call - 1].model} → {anatomy.calls[event.call].model}"
        found.setdefault(models if cause == "model" else cause, []).append(event)
    return found


def _premiums(events: Iterable[CacheEvent]) -> Claim:
    return Claim(premiums=frozenset(event.call for event in events))


def _lost(events: Iterable[CacheEvent]) -> int:
    return sum(event.lost for event in events)


def _tokens(events: list[CacheEvent]) -> str:
    again, sent = sum(event.rewritten for event in events), sum(event.resent for event in events)
    if again and sent:
        return f"{again:,} tokens were written again and {sent:,} sent uncached"
    return f"{sent:,} tokens were sent uncached" if sent else f"{again:,} tokens were written again"


def _pause_title(events: list[CacheEvent]) -> str:
    longest = lasting(max(event.gap_ms or 0 for event in events))
    lives = {event.lifetime_ms for event in events if event.lifetime_ms}
    cache = f"the {lasting(lives.pop())} cache" if len(lives) == 1 else "the cache"
    if len(events) == 1:
        return f"A pause of {longest} outlived {cache}: {_tokens(events)}"
    return f"{len(events)} pauses, the longest {longest}, outlived {cache}: {_tokens(events)}"


def _title(told: _Cause, subject: str, cause: str, events: list[CacheEvent]) -> str:
    detail = subject if cause == "model" else next((f" ({event.detail})" for event in events if event.detail), "")
    often = f" {len(events)} times" if len(events) > 1 else ""
    return f"{told.what.format(detail)} lost the cache{often}: {_tokens(events)}"


def _evidence(events: list[CacheEvent]) -> tuple[Evidence, ...]:
    return tuple(Evidence(event.call, event.piece, _note(event)) for event in events[:MOST_EVIDENCE])


def _note(event: CacheEvent) -> str:
    gap = "" if event.gap_ms is None else f" {lasting(event.gap_ms)} after the call before"
    return f"{event.lost:,} tokens lost{gap}{', ' + event.detail if event.detail else ''}"


def _doubts(events: list[CacheEvent]) -> tuple[str, ...]:
    unsure = sum(event.likely for event in events)
    return (f"in {count(unsure, 'call')} the cause is the likeliest one, not a certain one",) if unsure else ()
