"""Why a session was expensive, in one label and one sentence.

The cause is the largest avoidable amount, with the confidence of its finding. Where nothing avoidable stands out, the
pattern of the work names it; where the log shows too little, it says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.postmortem.diagnosis import drivers
from whyburn.postmortem.diagnosis.words import Cause, Fact
from whyburn.postmortem.money import dollars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.diagnosis.words import Confidence, Driver
    from whyburn.postmortem.judge import Judged, Verdict
    from whyburn.postmortem.marginals import Row
    from whyburn.postmortem.quality import Quality

LABELS = {
    "big-output": "Output carryover", "low-signal-file": "Low-signal file in the context",
    "duplicate-read": "Stable context reloaded", "overlapping-read": "Stable context reloaded",
    "duplicate-block": "Stable context reloaded", "retry-loop": "Debug loop", "polling": "Polling loop",
    "tool-error": "Failing steps", "exploration": "Discovery never narrowed", "split-point": "Long-running drift",
    "cache-expired": "Pauses outlived the cache", "cache-model": "Model switches lost the cache",
    "cache-tools": "Changed tools lost the cache", "cache-version": "An update lost the cache",
    "cache-system": "Changed instructions lost the cache", "cache-history": "Rewritten history lost the cache",
    "cache-effort": "Changed effort lost the cache", "never-cached": "Context was never cached",
    "compaction-thrash": "Compaction thrown away again", "subagent-unused": "Unused sub-agents",
    "subagent-cold": "Many cold sub-agents", "strong-model-subagent": "Strong model for simple steps",
    "strong-model-run": "Strong model for simple steps", "speed-tier": "A faster tier than needed",
    "long-context-tier": "Prompts beyond a price tier", "unused-tools": "Tools that were never used",
    "serial-reads": "One read at a time", "discarded-output": "Output thrown away",
    "rewrite-for-edit": "Files rewritten for small edits", "write-never-read": "Cache written and never read",
}  # fmt: skip
"""The pattern that a finding stands for."""
_PATTERNS = (
    ((drivers.EXPLORATION, drivers.LONG_OUTPUT, drivers.REPEATED_FILE), "Mixed long session"),
    ((drivers.LONG_OUTPUT, drivers.RETRY_LOOP), "Debug loop carried raw logs"),
    ((drivers.LONG_OUTPUT, drivers.LOG_NOISE), "Debug loop carried raw logs"),
    ((drivers.ENVIRONMENT,), "Environment blocker"),
    ((drivers.EXPENSIVE_FILE,), "Low-signal files in the context"),
    ((drivers.REPEATED_FILE,), "Stable context reloaded"),
    ((drivers.REPEATED_CONTEXT,), "Stable context reloaded"),
    ((drivers.EXPLORATION,), "Discovery never narrowed"),
    ((drivers.LONG_OUTPUT,), "Output carryover"),
    ((drivers.DRIFT,), "Long-running drift"),
)  # fmt: skip
"""The first whose drivers all hold names the work."""
_KINDS = {
    "harness": "the system prompt and tools, carried by every call", "tool-result": "results of tools",
    "tool-call": "tool calls, mostly edits and scripts", "thinking": "reasoning", "assistant-text": "answers",
    "user": "prompts", "unlogged": "content that the log does not show", "carried": "history of another session",
    "attachment": "attachments and reminders", "instructions": "instructions", "skill": "skills", "tools": "tools",
    "memory": "memory files", "summary": "summaries", "image": "images", "server": "fees of the provider's tools",
}  # fmt: skip
_SUBTYPES = 2
_MOST_FACTS = 6


def pattern_of(found: Sequence[Driver]) -> str:
    """How the work went, by the drivers that hold."""
    names = {one.name for one in found}
    for needed, label in _PATTERNS:
        if names.issuperset(needed):
            return label
    if drivers.CACHE_HEAVY in names:
        return "Accounting signal, cause not visible"
    actionable = [one for one in found if not one.billing]
    return actionable[0].name if actionable else "No pattern stands out"


def subtype_of(found: Sequence[Driver]) -> str:
    """The two strongest patterns of the work."""
    names = [one.name.lower() for one in found if not one.billing and one.cost]
    return " + ".join(names[:_SUBTYPES])


def cause_of(
    anatomy: Anatomy, verdict: Verdict, quality: Quality, found: Sequence[Driver], kinds: Sequence[Row]
) -> Cause:
    """The likely cause of a session's cost."""
    subtype = subtype_of(found)
    if not anatomy.cost:
        return Cause("No prices", "none of its calls has a price, so there are tokens only", "low", subtype)
    largest = max((one for one in verdict.findings if one.incremental), key=_weight, default=None)
    if largest is None:
        return Cause("Nothing avoidable stands out", _ordinary(anatomy, kinds), _lowered("medium", quality), subtype)
    why = f"{largest.finding.title}: {dollars(largest.incremental)} of {dollars(anatomy.cost)} could have been avoided"
    label = LABELS.get(largest.finding.id, pattern_of(found))
    return Cause(label, why, _lowered(_confidence(largest, verdict), quality), subtype, largest.finding.id)


def _weight(one: Judged) -> tuple[bool, int, str]:
    """What is surer comes before what is larger: a guess must not name the cause while there is something better."""
    return one.confidence != "low" and one.notable, one.incremental, one.finding.id


def _confidence(largest: Judged, verdict: Verdict) -> Confidence:
    several = sum(one.incremental > 0 for one in verdict.findings) >= 2
    if largest.confidence == "high":
        return "high"
    return ("medium-high" if several else "medium") if largest.confidence == "medium" else "low"


def _lowered(confidence: Confidence, quality: Quality) -> Confidence:
    """What is not well attributed is not well explained."""
    if quality.level == "low":
        return "low"
    return "medium-high" if quality.level == "medium" and confidence == "high" else confidence


def _ordinary(anatomy: Anatomy, kinds: Sequence[Row]) -> str:
    if not kinds:
        return "nothing in it stands out"
    top = kinds[0]
    share = 100 * top.cost // anatomy.cost
    return f"nothing avoidable stands out; the largest part was {_KINDS.get(top.kind, top.kind)} ({share} %)"


def facts_of(anatomy: Anatomy, verdict: Verdict, found: Sequence[Driver], kinds: Sequence[Row]) -> list[Fact]:
    """At most six items of evidence: what could have been avoided, what was large, and billing signals apart."""
    facts = [
        Fact(one.finding.id, dollars(one.incremental), one.finding.title, "cause")
        for one in verdict.findings if one.incremental and one.notable
    ][:3]  # fmt: skip
    actionable = [one for one in found if not one.billing and one.cost]
    facts += [Fact(one.name, dollars(one.cost or 0), one.summary, "cause") for one in actionable[: 5 - len(facts)]]
    if kinds and anatomy.cost and len(facts) < _MOST_FACTS:
        top = kinds[0]
        facts.append(Fact("Largest part of the bill", f"{100 * top.cost // anatomy.cost} %",
                          f"{_KINDS.get(top.kind, top.kind)}: {dollars(top.cost)}", "cause"))  # fmt: skip
    billing = [one for one in found if one.billing]
    facts += [Fact(one.name, dollars(one.cost or 0), one.evidence[0], "billing") for one in billing]
    return facts[:_MOST_FACTS]
