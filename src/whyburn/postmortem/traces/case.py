"""The case file of a trace: the likely cause with its evidence, what to do next time, and what cannot be known.

It has the parts of every session's case file, filled from what the trace itself records. Nothing is judged that the
events do not show: a part without data says so.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from whyburn.postmortem.money import dollars
from whyburn.postmortem.traces.drivers import TALK, drift_of
from whyburn.postmortem.traces.process import Process, process_of
from whyburn.postmortem.traces.values import many

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whyburn.postmortem.traces.accounting import Summary
    from whyburn.postmortem.traces.costs import Row
    from whyburn.postmortem.traces.drivers import Drift, Driver
    from whyburn.postmortem.traces.model import Trace
    from whyburn.postmortem.traces.patterns import Loop, Repeat
    from whyburn.postmortem.traces.savings import Recommendation

MOST_EVIDENCE, MOST_PLAN, MOST_LESSONS, MOST_FILES = 6, 3, 4, 10


class Fact(NamedTuple):
    """One item of evidence."""

    name: str
    value: str
    detail: str
    supports: str


class Cause(NamedTuple):
    """A likely cause."""

    name: str
    confidence: str
    why: str
    evidence: tuple[int, ...]
    """Lines."""


class Quality(NamedTuple):
    """How far the numbers carry."""

    level: str
    reason: str
    unclassified_share: float
    conversation_share: float


@dataclass(frozen=True, slots=True)
class CaseFile:
    """See the module's text."""

    facts: list[str]
    scopes: list[tuple[str, int | None, str]]
    """Token scopes that must never be added to each other: (scope, tokens, note)."""
    evidence: list[Fact]
    drivers: list[Driver]
    causes: list[Cause]
    sentence: str
    files: list[Repeat]
    drift: list[Drift]
    process: Process
    quality: Quality
    plan: list[str]
    lessons: list[tuple[str, str, str]]
    """(title, lesson, trigger)"""
    limits: list[str]


def case_file(
    trace: Trace, rows: Sequence[Row], summary: Summary, drivers: list[Driver], *, files: Sequence[Repeat],
    retried: Sequence[Loop], advice: Sequence[Recommendation],
) -> CaseFile:  # fmt: skip
    """Put the case together."""
    return CaseFile(
        facts=list(_facts(trace, rows, summary)), scopes=_scopes(summary), evidence=_evidence(drivers),
        drivers=drivers, causes=[_cause(one, advice) for one in drivers[:3]], sentence=_sentence(drivers),
        files=list(files[:MOST_FILES]), drift=drift_of(rows), process=process_of(rows, retried),
        quality=_quality(rows, summary), plan=_plan(drivers, summary),
        lessons=[(one.name, one.lesson, one.summary) for one in drivers[:MOST_LESSONS]],
        limits=list(_limits(trace, rows, summary)),
    )  # fmt: skip


def _facts(trace: Trace, rows: Sequence[Row], summary: Summary) -> Iterable[str]:
    calls = sum(row.event.usage is not None for row in rows)
    yield f"{many(summary.events, 'event')}, {many(calls, 'record')} with counted tokens"
    if summary.failures:
        yield many(summary.failures, "failure")
    categories = Counter(row.event.category for row in rows)
    if categories:
        yield ", ".join(f"{number:,} {name}" for name, number in categories.most_common(5))
    models = Counter(row.event.model for row in rows if row.event.model)
    if models:
        yield f"models: {', '.join(f'{name} ({number:,})' for name, number in models.most_common(5))}"
    if trace.skipped:
        yield f"{many(len(trace.skipped), 'record')} could not be read"


def _scopes(summary: Summary) -> list[tuple[str, int | None, str]]:
    billed = summary.billed
    return [
        ("billed", None if billed is None else billed.total, "counted by the provider, for each call or in sums"),
        ("cache", None if billed is None else billed.cache_read + billed.cache_write, "part of billed, priced apart"),
        ("observable", summary.observable, "text that the trace shows; estimated where it tells no number"),
    ]


def _evidence(drivers: Sequence[Driver]) -> list[Fact]:
    found = [Fact(one.name, f"{one.tokens:,} tokens", one.summary, one.cause) for one in drivers]
    return found[:MOST_EVIDENCE]


def _cause(driver: Driver, advice: Sequence[Recommendation]) -> Cause:
    """A driver as a cause: how sure we are depends on how much of it is measured in dollars and shown by events."""
    lines = tuple(one.line for one in driver.evidence)
    saves = any(one.saving_pico and set(one.lines) & set(lines) for one in advice)
    if driver.cost_pico is None:
        confidence = "medium" if len(lines) > 2 else "low"
    else:
        confidence = "high" if saves and len(lines) > 2 else "medium-high" if len(lines) > 2 else "medium"
    return Cause(driver.cause, confidence, driver.summary, lines)


def _sentence(drivers: Sequence[Driver]) -> str:
    if not drivers:
        return "No cause stands out in what the trace records."
    top = drivers[0]
    cost = "" if top.cost_pico is None else f", {dollars(top.cost_pico)}"
    return f"Most likely: {top.cause} ({top.tokens:,} tokens{cost}). {top.summary}"


def _quality(rows: Sequence[Row], summary: Summary) -> Quality:
    whole = sum(row.event.seen for row in rows) or 1
    talk = sum(row.event.seen for row in rows if row.event.category in TALK) / whole
    other = sum(row.event.seen for row in rows if not row.event.step and not row.event.tool) / whole
    counted = summary.billed.total if summary.billed is not None else 0
    if not counted:
        return Quality("low", "no tokens are counted: sizes come from texts", other, talk)
    if all(row.event.sum_of_calls for row in rows if row.event.usage is not None):
        return Quality("low", "tokens are counted in sums, not call by call", other, talk)
    if sum(row.event.seen for row in rows if row.event.sum_of_calls) * 10 > counted:
        return Quality("medium", "part of the tokens is counted in sums, not call by call", other, talk)
    if summary.unpriced_tokens * 10 > counted:
        return Quality("medium", "part of the counted tokens has no cost", other, talk)
    return Quality("high", "tokens are counted call by call and have a cost", other, talk)


def _plan(drivers: Sequence[Driver], summary: Summary) -> list[str]:
    lines = list(dict.fromkeys(one.advice for one in drivers))[:MOST_PLAN]
    if not lines and summary.events:
        lines = ["Record tokens and cost for each model call: then what was avoidable can be told in dollars."]
    return lines


def _limits(trace: Trace, rows: Sequence[Row], summary: Summary) -> Iterable[str]:
    yield "Only what the trace records is known; drivers overlap and are not to be added."
    if summary.estimated_events:
        yield f"The tokens of {many(summary.estimated_events, 'event')} are estimated from the length of their text."
    if summary.unpriced_events:
        yield f"{many(summary.unpriced_events, 'record')} with billed tokens: no cost known, the total is too low."
    if not any(row.event.usage is not None and not row.event.sum_of_calls for row in rows):
        yield "No tokens are recorded call by call: costs that are exposed are shown, and no savings."
    if any(row.cost.basis in {"given", "list"} for row in rows):
        yield "Computed costs are list prices of tokens, not the bill of a subscription."
    yield from trace.notes


def as_dict(case: CaseFile, trace: Trace) -> dict[str, Any]:
    """The JSON form, but for drivers and recommendations, which stand beside it in the same shape."""
    process, quality = case.process, case.quality
    return {
        "session_id": trace.session or None, "source": trace.adapter, "title": trace.title or None,
        "cwd": trace.cwd or None, "observed_facts": case.facts,
        "token_attribution": [{"scope": name, "tokens": n, "note": note} for name, n, note in case.scopes],
        "evidence": [one._asdict() for one in case.evidence],
        "likely_causes": [{**one._asdict(), "evidence": list(one.evidence)} for one in case.causes],
        "cause_sentence": case.sentence,
        "file_carryovers": [_file(one) for one in case.files],
        "drift_timeline": [one._asdict() for one in case.drift],
        "process_summary": {
            "shape": process.shape, "narrative": process.narrative,
            "phases": [{**one._asdict(), "lines": list(one.lines)} for one in process.phases],
        },
        "risk_signals": [one._asdict() for one in process.risks],
        "attribution_quality": {**quality._asdict(), "unclassified_share": round(quality.unclassified_share, 4),
                                "conversation_share": round(quality.conversation_share, 4)},
        "value_evidence": {"level": process.value, "why": process.value_why, "signals": list(process.value_signals)},
        "next_run_plan": case.plan,
        "workflow_lessons": [{"title": a, "lesson": b, "trigger": c} for a, b, c in case.lessons],
        "limits": case.limits,
    }  # fmt: skip


def _file(one: Repeat) -> dict[str, Any]:
    rows = one.rows
    return {
        "path": one.name,
        "appearances": len(rows),
        "tokens_after_first": one.tokens,
        "first_line": rows[0].event.line,
        "last_line": rows[-1].event.line,
        "categories": sorted({row.event.category for row in rows}),
    }
