"""A report in short: what an overview, a list of sessions and the home screen show of one session.

Plain JSON data, a few kilobytes, redacted before it is stored. Sums over many digests are sums of these integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whyburn.postmortem import marginals

if TYPE_CHECKING:
    from collections.abc import Callable

    from whyburn.postmortem.report import Report

_MOST_FINDINGS = 12
_TITLE = 160


def digest_of(report: Report, redact: Callable[[str], str]) -> dict[str, Any]:
    """The digest of a report; every text from the log goes through `redact`."""
    anatomy, diagnosis = report.anatomy, report.diagnosis
    return {
        "cost_pico": report.cost if any(call.prices for call in anatomy.billed) else None,
        "calls": anatomy.requests, "tokens": sum(call.prompt + call.o for call in anatomy.billed),
        "quality": report.quality.level, "avoidable_pico": report.verdict.avoidable,
        "cause": redact(diagnosis.cause.label), "why": redact(diagnosis.cause.why)[:400],
        "confidence": diagnosis.cause.confidence, "cause_finding": diagnosis.cause.finding,
        "headline": redact(_headline(report))[:_TITLE],
        "evidence": [redact(one.detail)[:_TITLE] for one in diagnosis.evidence[:3]],
        "next": [redact(line) for line in diagnosis.plan], "shape": diagnosis.shape,
        "lessons": [[one.title, redact(one.lesson)[:400]] for one in diagnosis.lessons],
        "drivers": [[one.name, one.tokens, one.cost] for one in diagnosis.drivers],
        "kinds": [[row.kind, row.cost, row.tokens] for row in report.kinds],
        "mechanisms": [[row.kind, row.cost] for row in report.mechanisms],
        "findings": [
            [one.finding.id, redact(one.finding.subject)[:_TITLE], redact(one.finding.title)[:_TITLE], one.saving,
             one.incremental, one.confidence]
            for one in report.verdict.findings if one.notable
        ][:_MOST_FINDINGS],
        "summary_tokens": [
            marginals.tokens_of(anatomy, piece.index)
            for piece in anatomy.pieces if piece.kind == "summary" and piece.tiles
        ],
        "ratios": [[one.family, one.texture, one.milli, one.samples] for one in anatomy.ratios
                   if one.origin == "measured"],
    }  # fmt: skip


def _headline(report: Report) -> str:
    """The finding that the cause rests on, in its own sentence; without one, the reason that was given."""
    cause = report.diagnosis.cause
    titles = [
        one.finding.title for one in report.verdict.findings if one.finding.id == cause.finding and one.incremental
    ]
    return titles[0] if titles else cause.why
