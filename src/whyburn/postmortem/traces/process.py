"""How the work in a trace went: its phases, their shape, what is risky about it, and what speaks for its worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem.traces.patterns import events_of
from whyburn.postmortem.traces.values import many, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.postmortem.traces.costs import Row
    from whyburn.postmortem.traces.patterns import Loop

PHASES = ("discovery", "implementation", "verification", "debugging", "conversation", "other")
SURFACE = 50
"""Edited files from which a change is large to review."""


class Phase(NamedTuple):
    """One kind of work."""

    name: str
    events: int
    tokens: int
    lines: tuple[int, ...]
    """Where it shows, at most three."""


class Signal(NamedTuple):
    """Something that speaks for or against the result."""

    name: str
    severity: str
    detail: str


class Process(NamedTuple):
    """The whole."""

    shape: str
    narrative: str
    phases: Sequence[Phase]
    risks: Sequence[Signal]
    value: str
    """strong | mixed | weak | not recorded"""
    value_why: str
    value_signals: Sequence[str]


def process_of(rows: Sequence[Row], retried: Sequence[Loop]) -> Process:
    """What kind of session it was."""
    events = events_of(rows)
    named = [(phase_of(row), row) for row in events]
    phases = [_phase(name, [row for one, row in named if one == name]) for name in PHASES]
    phases = [one for one in phases if one.events]
    edits = [place for place, (name, _) in enumerate(named) if name == "implementation"]
    tests = [place for place, (name, _) in enumerate(named) if name == "verification"]
    verified = bool(tests) and (not edits or tests[-1] > edits[-1])
    passed = verified and not named[tests[-1]][1].event.failed
    risks = list(_risks(events, edits=bool(edits), verified=verified, retried=retried))
    value, why = _value(bool(edits), verified, passed, len(risks))
    shape = _shape({one.name for one in phases}, verified=verified, retried=bool(retried))
    return Process(
        shape, _narrative(phases), phases, risks, value, why, _signals(len(edits), len(tests), passed=passed)
    )


def phase_of(row: Row) -> str:
    """What an event was for, by its tool and command, never by words in its output."""
    event = row.event
    if "edit" in event.traits:
        return "implementation"
    if "test" in event.traits:
        return "verification"
    if event.failed:
        return "debugging"
    if "search" in event.traits or (event.tool and "simple" in event.traits):
        return "discovery"
    talk = event.category.endswith("_message") or event.category in {"model_call", "model_usage", "user_prompt"}
    return "conversation" if talk else "other"


def _phase(name: str, rows: Sequence[Row]) -> Phase:
    return Phase(name, len(rows), sum(row.event.seen for row in rows), tuple(row.event.line for row in rows[:3]))


def _shape(names: set[str], *, verified: bool, retried: bool) -> str:
    if retried:
        return "debug loop"
    if "implementation" in names:
        return "implementation with verification" if verified else "implementation without verification"
    if "discovery" in names and "verification" not in names:
        return "discovery-heavy, weak verification"
    return "mixed" if len(names - {"conversation", "other"}) > 1 else "low-signal"


def _narrative(phases: Sequence[Phase]) -> str:
    parts = [f"{one.name} {one.events}" for one in sorted(phases, key=lambda one: -one.events)]
    return f"events by phase: {', '.join(parts)}" if parts else "no events"


def _risks(events: Sequence[Row], *, edits: bool, verified: bool, retried: Sequence[Loop]) -> list[Signal]:
    found = []
    if edits and not verified:
        found.append(Signal("Weak verification", "medium", "files were edited and no test ran after the last edit"))
    edited = [row.event for row in events if "edit" in row.event.traits]
    changed = list(dict.fromkeys(name for one in edited for name in one.files))
    sensitive = list(dict.fromkeys(name for one in edited if "sensitive" in one.traits for name in one.files))
    if sensitive:
        found.append(Signal("Sensitive area touched", "high", ", ".join(map(short, sensitive[:3]))))
    if len(changed) >= SURFACE:
        found.append(Signal("Large review surface", "medium", f"{len(changed)} files were edited"))
    if retried:
        found.append(Signal("Retry loop", "medium", retried[0].label))
    return found


def _value(edits: bool, verified: bool, passed: bool, risks: int) -> tuple[str, str]:
    if not edits and not verified:
        return "not recorded", "the trace shows neither edits nor tests: what came of it is a review candidate"
    if passed and not risks:
        return "strong", "the last test run came after the last edit and passed"
    if not passed and risks > 1:
        return "weak", "no passing test follows the last edit, and there are other risks: a review candidate"
    return "mixed", "some of it is verified: a review candidate"


def _signals(edits: int, tests: int, *, passed: bool) -> list[str]:
    found = [many(edits, "edit")] if edits else []
    if tests:
        found.append(many(tests, "test run") + (", the last one after all edits and passing" if passed else ""))
    return found
