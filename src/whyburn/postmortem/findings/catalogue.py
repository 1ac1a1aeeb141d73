"""The catalogue: every finding by its id, and the detector that makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.postmortem.findings import (
    cache,
    content,
    duplicates,
    exploration,
    lifetimes,
    models,
    outputs,
    overhead,
    retries,
    steps,
    structure,
    subagents,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.findings.interface import Detector, Finding, Market

CATALOGUE: dict[str, Detector] = {
    # results that entered the prompt
    "big-output": content.big_output, "low-signal-file": content.low_signal_file,
    "duplicate-read": duplicates.duplicate_read, "overlapping-read": duplicates.overlapping_read,
    "duplicate-block": duplicates.duplicate_block,
    # what every prompt carries
    "fixed-overhead": overhead.fixed_overhead, "unused-tools": overhead.unused_tools,
    "unlogged-growth": overhead.unlogged_growth, "stale-context": overhead.stale_context,
    "thinking": overhead.thinking,
    # the cache
    "cache-expired": cache.cache_expired,
    **dict.fromkeys(
        ("cache-model", "cache-tools", "cache-version", "cache-system", "cache-history", "cache-effort"),
        cache.cache_causes,
    ),
    **dict.fromkeys(("provider-miss", "cache-unknown"), cache.not_avoidable),
    "never-cached": lifetimes.never_cached, "ttl-too-short": lifetimes.ttl_too_short,
    "ttl-too-long": lifetimes.ttl_too_long, "write-never-read": lifetimes.write_never_read,
    # models and prices
    "long-context-tier": models.long_context_tier, "speed-tier": models.speed_tier,
    "strong-model-subagent": models.strong_model_subagent, "strong-model-run": models.strong_model_run,
    # steps of work
    "retry-loop": retries.retry_loop, "polling": steps.polling, "tool-error": steps.tool_error,
    "serial-reads": steps.serial_reads, "discarded-output": outputs.discarded_output,
    "rewrite-for-edit": outputs.rewrite_for_edit, "exploration": exploration.exploration,
    # how the session was cut
    "split-point": structure.split_point, "compaction-thrash": structure.compaction_thrash,
    "subagent-unused": subagents.subagent_unused, "subagent-cold": subagents.subagent_cold,
}  # fmt: skip
DETECTORS: tuple[Detector, ...] = tuple(dict.fromkeys(CATALOGUE.values()))
"""Each once."""


def find(anatomy: Anatomy, market: Market) -> list[Finding]:
    """Everything that any detector finds in a session."""
    return [one for detect in DETECTORS for one in detect(anatomy, market)]


def unique(findings: Iterable[Finding]) -> list[Finding]:
    """One finding for an id and a subject: the first."""
    seen: dict[tuple[str, str], Finding] = {}
    for one in findings:
        seen.setdefault((one.id, one.subject), one)
    return list(seen.values())
