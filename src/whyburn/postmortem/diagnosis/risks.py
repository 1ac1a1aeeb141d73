"""What to look at before the result of a session is trusted. At most eight, gravest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.postmortem import files
from whyburn.postmortem.diagnosis import drivers, phases
from whyburn.postmortem.diagnosis.words import Risk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.diagnosis.words import Driver, FileUse, Phase, Severity
    from whyburn.postmortem.findings.attempts import Loop

_MOST, _LARGE, _VERY_LARGE, _LEAST_REVIEW = 8, 50, 200, 3
_GRAVITY: dict[Severity, int] = {"high": 0, "medium": 1, "low": 2}
_POLLUTING = frozenset({drivers.REPEATED_FILE, drivers.REPEATED_CONTEXT, drivers.LONG_OUTPUT})


def risks_of(
    anatomy: Anatomy, cwd: str | None, *, used: Sequence[FileUse], phases_seen: Sequence[Phase],
    found: Sequence[Driver], loops: Sequence[Loop],
) -> list[Risk]:  # fmt: skip
    """All risks of a session."""
    edited = [one.path for one in used if one.edits and files.is_project(one.path, cwd)]
    names = {one.name for one in found}
    risks = [*_verification(anatomy), *_sensitive(edited), *_surface(edited)]
    if names & _POLLUTING:
        risks.append(Risk("Context pollution", "medium", f"{', '.join(sorted(names & _POLLUTING)).lower()}"))
    if loops:
        risks.append(Risk("Retry loop before final answer", "medium", f"{loops[-1].subject} failed again and again"))
    if drivers.ENVIRONMENT in names:
        risks.append(Risk("Environment workaround", "medium", "a fault of the environment may have been worked around"))
    noted = [one.path for one in used if one.annotation and one.tokens]
    if noted:
        risks.append(Risk("Generated artifact", "medium", f"{noted[0]} was read as if it were source"))
    risks += _review(phases_seen, edited=bool(edited), sensitive=any(one.name.startswith("Sensitive") for one in risks))
    return sorted(risks, key=lambda one: _GRAVITY[one.severity])[:_MOST]


def _verification(anatomy: Anatomy) -> list[Risk]:
    if not phases.edits(anatomy) or phases.verified_last(anatomy):
        return []
    return [Risk("Weak verification", "medium", "nothing was tested, built or checked after the last edit")]


def _sensitive(edited: Sequence[str]) -> list[Risk]:
    """Only edited files count: a test that a failing run printed was not touched."""
    for severity in ("high", "medium"):
        hits = [path for path in edited if files.sensitive(path) == severity]
        if hits:
            more = f" and {len(hits) - 1} more" if len(hits) > 1 else ""
            return [Risk("Sensitive area touched", "high" if severity == "high" else "medium", hits[0] + more)]
    return []


def _surface(edited: Sequence[str]) -> list[Risk]:
    if len(edited) < _LARGE:
        return []
    severity: Severity = "high" if len(edited) >= _VERY_LARGE else "medium"
    return [Risk("Large review surface", severity, f"{len(edited)} files were edited")]


def _review(seen: Sequence[Phase], *, edited: bool, sensitive: bool) -> list[Risk]:
    whole = sum(one.tokens for one in seen)
    reviewed = sum(one.tokens for one in seen if one.name == "review_coordination")
    if not edited or not whole or 100 * reviewed >= _LEAST_REVIEW * whole:
        return []
    return [Risk("Review-light", "medium" if sensitive else "low", "the changes were hardly looked at again")]
