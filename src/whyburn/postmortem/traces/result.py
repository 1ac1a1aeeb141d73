"""The accounting of one trace as data, and its JSON form (kind `analysis`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from whyburn.postmortem.money import money
from whyburn.postmortem.traces import case as cases
from whyburn.postmortem.traces import patterns
from whyburn.postmortem.traces.accounting import (
    billed_of,
    breakdown,
    cost_of,
    latency_of,
    model_of,
    seen_of,
    step_of,
    summed,
)  # fmt: skip
from whyburn.postmortem.traces.drivers import drivers
from whyburn.postmortem.traces.findings import findings, over_budget
from whyburn.postmortem.traces.savings import joint, recommendations
from whyburn.postmortem.traces.values import short

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whyburn.postmortem.traces.accounting import Share, Summary
    from whyburn.postmortem.traces.case import CaseFile
    from whyburn.postmortem.traces.costs import Costing, Row
    from whyburn.postmortem.traces.drivers import Driver
    from whyburn.postmortem.traces.findings import Finding
    from whyburn.postmortem.traces.model import Event, Trace
    from whyburn.postmortem.traces.patterns import Repeat
    from whyburn.postmortem.traces.savings import Recommendation

MOST_EVENTS, MOST_FAILURES, MOST_SKIPPED, MOST_REPEATS = 20, 50, 50, 5
MOST_TEXT, MOST_SENTENCE = 160, 500


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that a view shows of a trace. Money in pico-dollars, None is unknown."""

    trace: Trace
    rows: Sequence[Row]
    summary: Summary
    budget_pico: int | None
    over_budget: bool | None
    """None without a budget, and where no cost is known."""
    prices: str
    """Where costs come from, in words."""
    findings: list[Finding]
    recommendations: list[Recommendation]
    context: list[Repeat]
    files: list[Repeat]
    case: CaseFile

    @property
    def saving_pico(self) -> int | None:
        """All savings together; None where none can be computed."""
        return joint(self.recommendations)

    @property
    def breakdowns(self) -> dict[str, list[Share]]:
        """By model and step: pico-dollars, tokens, milliseconds. The costs sum to the total, and so on."""
        rows = self.rows
        tokens = seen_of if self.summary.billed is None else billed_of
        return {
            "cost_by_model": breakdown(rows, model_of, cost_of), "cost_by_step": breakdown(rows, step_of, cost_of),
            "tokens_by_model": breakdown(rows, model_of, tokens),
            "latency_by_step_ms": breakdown(rows, step_of, latency_of),
        }  # fmt: skip

    @property
    def top(self) -> list[Row]:
        """The dearest events, by cost where it is known, then by tokens."""
        shown = [row for row in self.rows if row.cost.pico or row.event.seen]
        ranked = sorted(shown, key=lambda row: (-(row.cost.pico or 0), -row.event.seen, row.event.line))
        return ranked[:MOST_EVENTS]

    @property
    def failures(self) -> list[Row]:
        """Events that failed, in the order of the trace."""
        return [row for row in self.rows if row.event.failed]

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return _as_dict(self)


def analyse(trace: Trace, rows: Sequence[Row], costing: Costing, *, budget_pico: int | None, prices: str) -> Analysis:
    """Account for the priced rows of a trace."""
    summary = summed(rows)
    context, files, retried = patterns.repeated_context(rows), patterns.repeated_files(rows), patterns.loops(rows)
    advice = recommendations(rows, retried, costing)
    found = drivers(rows, context=context, files=files, retried=retried)
    return Analysis(
        trace, rows, summary, budget_pico, over_budget(summary, budget_pico), prices,
        findings(rows, summary, context=context, files=files, retried=retried, budget_pico=budget_pico), advice,
        context, files, cases.case_file(trace, rows, summary, found, files=files, retried=retried, advice=advice),
    )  # fmt: skip


# --- JSON -------------------------------------------------------------------------------------------------------------


def _as_dict(of: Analysis) -> dict[str, Any]:
    trace, advice = of.trace, [_recommendation(one) for one in of.recommendations]
    causes = [_driver(one, of) for one in of.case.drivers]
    found: dict[str, Any] = _cut({
        "source": trace.path, "adapter": trace.adapter, "prices": of.prices, **money(of.budget_pico, "budget"),
        "over_budget": of.over_budget, "session": _session(of), "summary": _summary(of), "tokens": _tokens(of),
        "breakdowns": _breakdowns(of), "top_events": [_event(row) for row in of.top],
        "findings": [one._asdict() for one in of.findings], "recommendations": advice,
        "failures": [_event(row) for row in of.failures[:MOST_FAILURES]], "cost_drivers": causes,
        "case_file": {**cases.as_dict(of.case, trace), "drivers": [one["name"] for one in causes],
                      "recommendations": [one["title"] for one in advice]},
        "diagnosis_scope": _scope(of),
        "skipped": {"records": len(trace.skipped),
                    "first": [one._asdict() for one in trace.skipped[:MOST_SKIPPED]]},
    })  # fmt: skip
    return found


def _session(of: Analysis) -> dict[str, Any]:
    trace = of.trace
    times = [row.event.at_ms for row in of.rows if row.event.at_ms is not None]
    return {
        "id": trace.session or None, "title": trace.title or None, "cwd": trace.cwd or None,
        "sessions": trace.sessions, "models": sorted({row.event.model for row in of.rows if row.event.model}),
        "first_ms": min(times, default=None), "last_ms": max(times, default=None),
    }  # fmt: skip


def _summary(of: Analysis) -> dict[str, Any]:
    found, saving = of.summary, of.saving_pico
    projected = None if found.cost_pico is None or saving is None else found.cost_pico - saving
    return {
        "events": found.events, "usage_records": found.usage_records, **money(found.cost_pico, "total_cost"),
        **money(found.recorded_pico, "recorded_cost"), "total_tokens": found.tokens,
        "total_latency_ms": found.latency_ms, **money(saving, "estimated_savings"),
        **money(projected, "projected_cost"), "failures": found.failures, "unpriced_events": found.unpriced_events,
        "unpriced_tokens": found.unpriced_tokens,
        "cost_by_basis": [{"basis": basis, **money(pico)} for basis, pico in sorted(found.by_basis.items())],
    }  # fmt: skip


def _tokens(of: Analysis) -> dict[str, Any]:
    found, billed = of.summary, of.summary.billed
    return {
        "billed": None if billed is None else {
            "total": billed.total, "input": billed.input, "cache_read": billed.cache_read,
            "cache_write_5m": billed.write_5m, "cache_write_1h": billed.write_1h,
            "cache_write_other": billed.write_other, "output": billed.output, "unsorted": billed.unsorted,
        },
        "observable": found.observable, "estimated_events": found.estimated_events,
    }  # fmt: skip


def _breakdowns(of: Analysis) -> dict[str, Any]:
    shares = of.breakdowns
    return {
        "cost_by_model": _shares(shares["cost_by_model"], lambda one: money(one.value)),
        "cost_by_step": _shares(shares["cost_by_step"], lambda one: money(one.value)),
        "tokens_by_model": _shares(shares["tokens_by_model"], lambda one: {"tokens": one.value}),
        "latency_by_step_ms": _shares(shares["latency_by_step_ms"], lambda one: {"latency_ms": one.value}),
        "repeated_context": [_repeat("content_hash", one) for one in of.context[:MOST_REPEATS]],
        "repeated_items": [_repeat("path", one) for one in of.files[:MOST_REPEATS]],
    }  # fmt: skip


def _shares(shares: Sequence[Share], value: Callable[[Share], dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": one.name, "names": one.names, "events": one.events, **value(one)} for one in shares]


def _repeat(key: str, one: Repeat) -> dict[str, Any]:
    return {
        key: one.name, "events": len(one.rows), "repeated_tokens": one.tokens,
        **money(one.cost_pico, "exposed"), "lines": [row.event.line for row in one.rows[:MOST_EVENTS]],
    }  # fmt: skip


def _event(row: Row) -> dict[str, Any]:
    event = row.event
    return {
        "line": event.line, "category": event.category, "step": event.step or None, "tool": event.tool or None,
        "model": event.model or None, "command": event.command or None, "preview": event.preview or None,
        "tokens": event.seen, "estimated": event.estimated, **money(row.cost.pico),
        "cost_basis": row.cost.basis or None, "latency_ms": event.latency_ms, "status": event.status,
        "error": event.error or None, "files": list(event.files[:MOST_REPEATS]), "at": _iso(event),
    }  # fmt: skip


def _iso(event: Event) -> str | None:
    if event.at_ms is None:
        return None
    return datetime.fromtimestamp(event.at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _recommendation(one: Recommendation) -> dict[str, Any]:
    return {
        "title": one.title, "detail": one.detail, **money(one.saving_pico, "estimated_savings"),
        **money(one.exposed_pico, "exposed"), "inputs": [{"name": name, "value": value} for name, value in one.inputs],
        "lines": list(one.lines[:MOST_EVENTS]),
    }  # fmt: skip


def _driver(one: Driver, of: Analysis) -> dict[str, Any]:
    whole = sum(row.event.seen for row in of.rows)
    share = round(min(one.tokens / whole, 1), 4) if whole else 0
    return {
        "name": one.name, "impact_tokens": one.tokens, "impact_share": share,
        **money(one.cost_pico), "summary": one.summary, "evidence": [item._asdict() for item in one.evidence],
        "advice": one.advice,
    }  # fmt: skip


def _scope(of: Analysis) -> dict[str, Any]:
    calls = [row for row in of.rows if row.event.usage is not None and not row.event.sum_of_calls]
    notes = {
        True: "tokens are counted call by call: savings are differences of bills",
        False: "no tokens are counted call by call: exposed costs are shown, and no savings",
    }
    return {"kind": "trace", "per_call_usage": bool(calls), "calls": len(calls), "note": notes[bool(calls)]}


def _cut(value: Any, most: int = MOST_TEXT) -> Any:
    """The same with every text of the trace bounded; sentences of ours may be longer."""
    if isinstance(value, dict):
        return {key: _cut(one, MOST_SENTENCE if key in _SENTENCES else most) for key, one in value.items()}
    if isinstance(value, list):
        return [_cut(one, most) for one in value]
    return short(value, most) if isinstance(value, str) else value


_SENTENCES = frozenset({
    "source", "prices", "detail", "summary", "advice", "why", "note", "observed_facts", "cause_sentence",
    "next_run_plan", "lesson", "trigger", "limits", "narrative", "details",
})  # fmt: skip
