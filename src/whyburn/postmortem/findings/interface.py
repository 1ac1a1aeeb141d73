"""What a detector gets and what it yields."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from whyburn.postmortem.anatomy import Anatomy, Call, Grade, Prices
    from whyburn.postmortem.claims import Claim

CauseGrade = Literal[1, 2, 3, 4]
"""Arithmetic on billed counters; structural (equal hashes, same fingerprint); behavioural, side effects possible;
speculative, the model would have to behave differently."""


class Evidence(NamedTuple):
    """A place to look at."""

    call: int | None
    """Index of a call."""
    piece: int | None
    """Index of a piece; its block names the line of the log."""
    note: str = ""
    """What is to be seen there, in a few words; may hold texts from the log."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One avoidable (or merely expensive) thing."""

    id: str
    """From the catalogue: `big-output`, `cache-expired`, …"""
    subject: str
    """What it is about: a path, a command, a model; findings with the same id and subject are one."""
    title: str
    """One sentence without a final stop and without dollars; may hold texts from the log."""
    claim: Claim
    """Empty for an exposure."""
    fix: str
    """One concrete thing to do: a command with a limit, an ignore line, a setting, an instruction line."""
    size_grade: Grade
    cause_grade: CauseGrade
    evidence: tuple[Evidence, ...] = ()
    exposure: int | None = None
    """Pico-dollars involved that are not called a saving."""
    option: bool = False
    """One of several ways to avoid the same: shown with its saving, never added to the joint one."""
    tokens: int = 0
    """Tokens concerned, counted once."""
    rereads: int = 0
    """Calls that carried them again."""
    counter: tuple[str, ...] = ()
    """What speaks against it."""


class Market(Protocol):
    """What the detectors ask about prices and about other sessions."""

    def prices(self, call: Call, *, model: str | None = None, speed: str | None = None, tier: str | None = None,
               prompt: int | None = None) -> Prices | None:  # fmt: skip
        """What would have applied to a call under another model, speed, service tier or prompt size; None: unknown.

        `speed=""` and `tier=""` ask for the standard ones.
        """

    def cheaper(self, call: Call, used: Iterable[str]) -> str | None:
        """A cheaper model for simple steps: one of `used` (the same session's), else one the user has used before of
        the same provider, else None."""


Detector = Callable[["Anatomy", Market], Iterable[Finding]]
"""Looks at a whole session; yields findings in any order."""
