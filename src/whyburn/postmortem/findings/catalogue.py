"""All detectors, and the names of what they find."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.findings.interface import Detector, Finding, Market

_MODULES = ("content", "overhead", "cache", "models", "retries", "steps", "structure")


def detectors() -> list[Detector]:
    """Every detector, in a fixed order."""
    found: list[Detector] = []
    for name in _MODULES:
        found.extend(import_module(f"whyburn.postmortem.findings.{name}").DETECTORS)
    return found


def find(anatomy: Anatomy, market: Market) -> list[Finding]:
    """Everything that any detector finds in a session."""
    found: list[Finding] = []
    for detect in detectors():
        found.extend(detect(anatomy, market))
    return found


def unique(findings: Iterable[Finding]) -> list[Finding]:
    """One finding for an id and a subject: the first."""
    seen: dict[tuple[str, str], Finding] = {}
    for one in findings:
        seen.setdefault((one.id, one.subject), one)
    return list(seen.values())
