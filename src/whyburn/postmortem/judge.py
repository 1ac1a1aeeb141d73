"""From findings to a verdict: confidence, order, and what they save together.

A finding's own saving is what it would save alone; its incremental saving is what it adds to those above it. Only
increments are summed, so the joint saving never exceeds the bill.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from whyburn.postmortem.claims import Savings, saving

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whyburn.postmortem.anatomy import Anatomy, Grade
    from whyburn.postmortem.findings.interface import Finding

Confidence = Literal["high", "medium", "low"]
CENT2 = 20_000_000_000
"""Two cents: what is below, and below a hundredth of the session, stays in the appendix."""
WIDTHS: dict[Grade, int] = {"A": 3, "B": 20, "C": 40, "D": 100}
"""Percent by which a saving may be off, by the grade of its sizes."""
_RANKS: dict[Confidence, int] = {"high": 0, "medium": 1, "low": 2}


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding with its money, in pico-dollars."""

    finding: Finding
    saving: int
    incremental: int
    low: int
    high: int
    confidence: Confidence
    notable: bool
    """Large enough to be shown outside the appendix."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings of a session, and what could have been avoided in all."""

    findings: list[Judged]
    avoidable: int
    """Pico-dollars that the notable findings would have saved together; options are not among them."""

    @property
    def sure(self) -> int:
        """The part of it that does not rest on a finding of low confidence."""
        return sum(one.incremental for one in self.findings if one.confidence != "low")


def judge(anatomy: Anatomy, findings: Iterable[Finding]) -> Verdict:
    """Order findings by confidence and saving, take overlaps out, sum up."""
    least = max(CENT2, anatomy.cost // 100)
    alone = [(one, saving(anatomy, one.claim)) for one in findings]
    alone = [(one, amount) for one, amount in alone if amount > 0 or one.exposure]
    alone.sort(key=lambda pair: _order(pair[0], pair[1]))
    joint = Savings(anatomy)
    judged = []
    for one, amount in alone:
        counts = not one.option and amount >= least
        increment = min(joint.add(one.claim), amount) if counts else 0
        judged.append(_judged(one, amount, increment, notable=max(amount, one.exposure or 0) >= least))
    return Verdict(judged, sum(one.incremental for one in judged))


def _order(finding: Finding, amount: int) -> tuple[bool, int, int, int, str, str]:
    return (
        not amount, _RANKS[confidence(finding)], -amount, -(finding.exposure or 0), finding.id, finding.subject,
    )  # fmt: skip


def confidence(finding: Finding) -> Confidence:
    """The lower of the two grades: A and B with 1 and 2 are high, C with these or A and B with 3 medium."""
    if finding.size_grade == "D" or finding.cause_grade == 4:
        return "low"
    sure = finding.size_grade in {"A", "B"}
    if finding.cause_grade <= 2:
        return "high" if sure else "medium"
    return "medium" if sure else "low"


def _judged(finding: Finding, amount: int, increment: int, *, notable: bool) -> Judged:
    width = 0 if finding.claim.premiums and not finding.claim.pieces else WIDTHS[finding.size_grade]
    low, high = amount * (100 - width) // 100, amount * (100 + width) // 100
    return Judged(finding, amount, increment, low, high, confidence(finding), notable)
