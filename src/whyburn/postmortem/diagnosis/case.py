"""The diagnosis of a session: its likely cause, the evidence, and what to change before the next run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from whyburn.postmortem.diagnosis import advice, causes, drift, drivers, phases, risks, tables, value
from whyburn.postmortem.findings import attempts, work
from whyburn.postmortem.marginals import by_kind
from whyburn.postmortem.money import money

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.diagnosis.words import (
        Cause,
        CommandUse,
        Drift,
        Driver,
        Fact,
        FileUse,
        Lesson,
        Phase,
        Risk,
        Value,
    )
    from whyburn.postmortem.findings.attempts import Loop
    from whyburn.postmortem.judge import Verdict
    from whyburn.postmortem.marginals import Row
    from whyburn.postmortem.quality import Quality
    from whyburn.postmortem.report import Subject

_MOST_ROWS = 50
LIMITS = (
    "only what stands in local logs is known; requests that no log shows are not in the bill",
    "drivers may overlap; only the incremental savings of findings may be added up",
    "savings assume the same work otherwise; dollars are list prices, not the bill of a subscription",
)
CACHE_LIMIT = "cache reads are billed context, not a cause: they are kept apart from what the work did"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """See the module's text."""

    anatomy: Anatomy
    cause: Cause
    evidence: list[Fact]
    drivers: list[Driver]
    phases: list[Phase]
    shape: str
    risks: list[Risk]
    value: Value
    plan: list[str]
    lessons: list[Lesson]
    files: list[FileUse]
    commands: list[CommandUse]
    loops: list[Loop]
    drift: Drift | None
    limits: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The parts of a report that follow its attribution, as plain data."""
        anatomy = self.anatomy
        return {
            "likely_cause": asdict(self.cause),
            "evidence": [asdict(one) for one in self.evidence],
            "cost_drivers": [_driver(one) for one in self.drivers],
            "process": {"shape": self.shape, "phases": [_money(asdict(one)) for one in self.phases]},
            "risk_signals": [asdict(one) for one in self.risks],
            "value": {
                "level": self.value.level, "why": self.value.why, "signals": list(self.value.signals),
                "delivered_call": _from_one(self.value.delivered_call),
                **money(self.value.after_delivery, "after_delivery"),
            },
            "next_run_plan": self.plan,
            "workflow_lessons": [asdict(one) for one in self.lessons],
            "files": [_file(one) for one in self.files[:_MOST_ROWS]],
            "commands": [_money(asdict(one)) for one in self.commands[:_MOST_ROWS]],
            "retry_loops": [loop_as_dict(anatomy, one) for one in self.loops],
            "drift": _drift(self.drift),
            "tool_health": tool_health(anatomy),
            "limits": list(self.limits),
        }  # fmt: skip


def diagnose(
    subject: Subject, anatomy: Anatomy, verdict: Verdict, quality: Quality, sources: Sequence[Row]
) -> Diagnosis:
    """Everything that is said in words about a session."""
    kinds = by_kind(sources)
    used, loops = tables.files_of(anatomy, subject.cwd), attempts.loops(anatomy)
    splits = any(one.finding.id == "split-point" and one.notable for one in verdict.findings)
    seen, grown = phases.phases_of(anatomy), drift.drift_of(anatomy, splits=splits)
    found = drivers.drivers_of(drivers.Seen(anatomy, used, loops, verdict.findings, grown))
    shape = phases.shape_of(anatomy, seen, retries=bool(loops))
    warned = risks.risks_of(anatomy, subject.cwd, used=used, phases_seen=seen, found=found, loops=loops)
    return Diagnosis(
        anatomy, causes.cause_of(anatomy, verdict, quality, found, kinds),
        causes.facts_of(anatomy, verdict, found, kinds), found, seen, shape, warned,
        value.value_of(anatomy, shape, warned), advice.plan_of(verdict, used=used, risks=warned, drift=grown),
        advice.lessons_of(verdict, used=used, found=found, loops=loops, quality=quality.level, drift=grown),
        used, tables.commands_of(anatomy), loops, grown,
        (*LIMITS, CACHE_LIMIT) if any(call.r for call in anatomy.billed) else LIMITS,
    )  # fmt: skip


def tool_health(anatomy: Anatomy) -> dict[str, Any]:
    """How tool calls went, by action."""
    rows: dict[str, list[int]] = {}
    for use in anatomy.uses:
        row = rows.setdefault(tables.category_of(use), [0, 0, 0])
        row[0] += 1
        row[1] += work.failed(use)
        row[2] += use.result is None
    return {
        "calls": len(anatomy.uses), "failed": sum(row[1] for row in rows.values()),
        "unanswered": sum(row[2] for row in rows.values()),
        "by_category": [
            {"category": name, "calls": row[0], "failed": row[1], "unanswered": row[2]}
            for name, row in sorted(rows.items(), key=lambda pair: (-pair[1][0], pair[0]))
        ],
    }  # fmt: skip


def loop_as_dict(anatomy: Anatomy, loop: Loop) -> dict[str, Any]:
    """A retry loop with what changed before each attempt."""
    return {
        "subject": loop.subject,
        "attempts": [
            {
                "call": one.call + 1, "line": anatomy.pieces[anatomy.uses[one.use].request].line,
                "failed": one.failed,
                "fingerprint": f"{one.fingerprint:016x}" if one.fingerprint else None,
                "changed": list(one.between), "redundant": one.redundant, "without_effect": one.weak,
            }
            for one in loop.attempts
        ],
    }  # fmt: skip


def _from_one(call: int | None) -> int | None:
    return None if call is None else call + 1


def _money(found: dict[str, Any]) -> dict[str, Any]:
    cost = found.pop("cost")
    return {**found, **money(cost)}


def _driver(one: Driver) -> dict[str, Any]:
    return {
        "name": one.name, "impact_tokens": one.tokens, "impact_share": f"{one.share // 10}.{one.share % 10}",
        "summary": one.summary, "evidence": list(one.evidence), "billing": one.billing, **money(one.cost),
    }  # fmt: skip


def _file(one: FileUse) -> dict[str, Any]:
    found = _money(asdict(one))
    return {**found, "first_call": _from_one(one.first_call), "last_call": _from_one(one.last_call)}


def _drift(one: Drift | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {**asdict(one), "peak_call": one.peak_call + 1, "first_call": _from_one(one.first_call)}
