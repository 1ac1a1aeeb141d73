"""The parts of a diagnosis as data. Money is pico-dollars, sizes tokens; texts may hold words from the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Confidence = Literal["low", "medium", "medium-high", "high"]
Severity = Literal["low", "medium", "high"]
PhaseName = Literal["discovery", "implementation", "verification", "debugging", "review_coordination", "other"]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the session was expensive."""

    label: str
    """A pattern of work, or what was the largest avoidable amount."""
    why: str
    """One sentence with dollars."""
    confidence: Confidence
    subtype: str = ""
    """The two patterns that show most, where any do."""
    finding: str = ""
    """Id of the finding that it rests on."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One piece of evidence."""

    name: str
    value: str
    detail: str
    supports: str
    """`cause`, or `billing` for what is a matter of accounting."""


@dataclass(frozen=True, slots=True)
class Driver:
    """A known pattern of cost. Impacts of several drivers may overlap."""

    name: str
    tokens: int
    """Tokens concerned, each counted once."""
    cost: int | None
    """What they cost over their life; None when nothing is priced."""
    share: int
    """Of the session's shown tokens, in thousandths, never above 1,000."""
    summary: str
    evidence: tuple[str, ...]
    billing: bool = False
    """A signal of accounting, not of how the work was done."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One kind of work."""

    name: PhaseName
    tokens: int
    cost: int
    events: int
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Risk:
    """Something to look at before the result is trusted."""

    name: str
    severity: Severity
    detail: str


@dataclass(frozen=True, slots=True)
class Value:
    """What the session delivered, as far as a log can tell."""

    level: Literal["strong", "mixed", "weak"]
    why: str
    signals: tuple[str, ...]
    delivered_call: int | None
    """Index of the last call that delivered something."""
    after_delivery: int
    """Pico-dollars after it. Not waste: a candidate for review."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Something to keep for other sessions."""

    title: str
    lesson: str
    trigger: str
    line: str
    """Ready to be pasted into the agent's memory file."""


@dataclass(frozen=True, slots=True)
class FileUse:
    """One file in the session."""

    path: str
    reads: int
    edits: int
    mentions: int
    tokens: int
    """Of everything that was read from it."""
    rereads: int
    cost: int
    duplicates: int
    """Reads of the same lines again without an edit between."""
    annotation: str | None
    first_call: int | None
    last_call: int | None
    after_first: int
    """Tokens read from it after the first time."""


@dataclass(frozen=True, slots=True)
class CommandUse:
    """One normalised command in the session."""

    command: str
    category: str
    runs: int
    failures: int
    tokens: int
    largest: int
    rereads: int
    cost: int


@dataclass(frozen=True, slots=True)
class Drift:
    """How prompts grew: mean tokens of the first and last calls, and where it went beyond twice the need."""

    early: int
    late: int
    peak: int
    peak_call: int
    first_call: int | None
    """The first call above 1.8 times the early mean; None when none was."""
    drifted: bool
